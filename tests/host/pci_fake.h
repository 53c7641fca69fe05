/*
 * pci_fake.h: what pci/ stands on in its test: a bus made of memory, whose
 * device memory is allocated to the byte, so that ASan sees any access outside
 * a BAR.
 */
#ifndef PCI_FAKE_H
#define PCI_FAKE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dsdt.h>
#include "../../pci/pci_impl.h"

#define CHECK_SAID	said
#include "check.h"

struct fake {
	unsigned	bus, dev, fun;
	uint8_t		conf[256];
	uint8_t		mask[256];	/* bits that can be written */
	bool		gone;
	uint64_t	mem_base;	/* of the mapping handed out */
};
extern unsigned nfake;
extern char said[65536];		/* the console */
extern unsigned second_root;		/* a bus with a host bridge of its own */
extern uint64_t window_base, window_size;
extern int nirq, last_gsi;

void	fake_reset(void);		/* no functions, mappings, words */
struct fake *at(unsigned bus, unsigned dev, unsigned fun);
/* A function; behind a bridge: bus is 0x100 + the bridge's index. */
struct fake *add(unsigned bus, unsigned dev, unsigned fun);
struct fake *bridge(unsigned bus, unsigned dev, unsigned sec, unsigned sub);
void	put(struct fake *, unsigned off, unsigned width, uint32_t v);
void	bar(struct fake *, int i, uint32_t bits, uint64_t size, uint64_t addr);
void	cap(struct fake *, unsigned off, unsigned id, unsigned next);
void	msix(struct fake *, unsigned off, unsigned count, unsigned bir,
	    uint32_t table);

#endif /* PCI_FAKE_H */
