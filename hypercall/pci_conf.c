/*
 * pci_conf.c: configuration space for drivers above the line.
 *
 * NetBSD's kernel touches every function that it finds, before any driver does:
 * it switches memory decoding on (pci_make_tag) and sizes all BARs by writing
 * ones (pci_probe_device).  That must not make it the owner of what a driver of
 * the platform may want later.  So for a function without an owner these writes
 * are believed and not done.
 *
 * Nor is a BAR sized, or decoding switched off, for an owner: pci/ knows the
 * sizes, and a change of the memory map is something that QEMU before 8.1 does
 * not survive on several CPUs (docs/devices.md).
 */
#include "pci.h"

#define REG_COMMAND	0x04
#define CMD_DECODE	0x0003		/* I/O and memory */
#define REG_BAR0	0x10
#define REG_BAREND	0x28

/* BARs get their addresses when somebody looks at them. */
static void
place_bars(struct pci_func *f)
{
	int nlocks = hyp_unschedule(NULL);

	pci_bar_probe(f);
	hyp_schedule(nlocks, NULL);
}

/* What a BAR reads as when ones were written to it. */
static uint32_t
bar_mask(const struct pci_func *f, int i)
{
	const struct pci_bar *b = &f->bar[i];

	if (i > 0 && b[-1].mem64)
		return b[-1].size != 0 ? ~(b[-1].size - 1) >> 32 : 0;
	if (b->size == 0)
		return 0;
	if (b->io)
		return (uint32_t)~(b->size - 1) | 1;
	return (uint32_t)~(b->size - 1) | (b->mem64 ? 4 : 0) |
	    (b->prefetch ? 8 : 0);
}

int
rumpcomp_pci_confread(unsigned bus, unsigned dev, unsigned fun, int reg,
    unsigned int *v)
{
	struct pci_func *f = hyp_pci_visible(bus, dev, fun);
	int i = (reg - REG_BAR0) / 4;

	*v = 0xffffffff;
	if (reg < 0 || reg > 0xffc || (reg & 3) != 0)
		return EINVAL;
	if (f == NULL)
		return ENXIO;
	if (reg >= REG_BAR0 && reg < REG_BAREND) {
		place_bars(f);
		if ((f->sizing >> i & 1) != 0) {
			*v = bar_mask(f, i);
			return 0;
		}
	}
	*v = pci_read(f, (unsigned)reg, 4);
	if (*v == 0xffffffff && reg <= REG_COMMAND)
		(void)pci_alive(f);
	if (reg == REG_COMMAND && f->owner == NULL && *v != 0xffffffff)
		*v |= f->decode;
	return 0;
}

/* True: the write was one of those that size a BAR, or changes nothing. */
static bool
sizes_bar(struct pci_func *f, int reg, uint32_t v)
{
	int i = (reg - REG_BAR0) / 4;

	if (reg < REG_BAR0 || reg >= REG_BAREND)
		return false;
	place_bars(f);
	if (v == 0xffffffff) {
		f->sizing |= 1 << i;
		return true;
	}
	f->sizing &= ~(1 << i);
	return v == pci_read(f, (unsigned)reg, 4);
}

/* True: the write to a function that nobody has changes decoding only. */
static bool
decodes(struct pci_func *f, int reg, uint32_t v)
{

	if (f->owner != NULL || reg != REG_COMMAND ||
	    ((v ^ pci_read(f, REG_COMMAND, 2)) & 0xffff & ~CMD_DECODE) != 0)
		return false;
	f->decode = v & CMD_DECODE;
	return true;
}

int
rumpcomp_pci_confwrite(unsigned bus, unsigned dev, unsigned fun, int reg,
    unsigned int v)
{
	struct pci_func *f = hyp_pci_visible(bus, dev, fun);

	if (reg < 0 || reg > 0xffc || (reg & 3) != 0)
		return EINVAL;
	if (f == NULL)
		return ENXIO;
	if (sizes_bar(f, reg, v) || decodes(f, reg, v))
		return 0;
	if (hyp_pci_take(f) != 0)
		return EBUSY;
	if (reg == REG_COMMAND)
		v |= pci_read(f, REG_COMMAND, 2) & CMD_DECODE;
	pci_write(f, (unsigned)reg, 4, v);
	return 0;
}

void
hyp_pci_decode(struct pci_func *f)
{
	uint16_t cmd;

	f->sizing = 0;
	if (f->decode == 0)
		return;
	cmd = pci_read(f, REG_COMMAND, 2);
	if ((cmd | f->decode) != cmd)
		pci_write(f, REG_COMMAND, 2, cmd | f->decode);
}
