/*
 * rump/pci.h: the PCI hypercalls, for drivers above the line.  The names and
 * types are those of NetBSD's sys/rump/dev/lib/libpci/pci_user.h, with both
 * features (RUMPCOMP_USERFEATURE_PCI_DMAFREE, _IOSPACE).
 */
#ifndef SIRLOIN_RUMP_PCI_H
#define SIRLOIN_RUMP_PCI_H

#include <stddef.h>

/* Device memory, uncached, for ever.  NULL. */
void	*rumpcomp_pci_map(unsigned long pa, unsigned long len);
/* Aligned words.  *v is all ones where there is nothing, and on an error. */
int	rumpcomp_pci_confread(unsigned bus, unsigned dev, unsigned fun,
	    int reg, unsigned int *v);
int	rumpcomp_pci_confwrite(unsigned bus, unsigned dev, unsigned fun,
	    int reg, unsigned int v);
/*
 * cookie (the caller's choice) stands for the function's line, which is a
 * message of its own where the function has MSI (not with the option "nomsi").
 * establish runs fn in a thread of its own, with the context and the big lock,
 * and gives NULL when it cannot.
 */
int	rumpcomp_pci_irq_map(unsigned bus, unsigned dev, unsigned fun,
	    int intrline, unsigned cookie);
void	*rumpcomp_pci_irq_establish(unsigned cookie, int (*fn)(void *),
	    void *arg);
/* Zeroed, contiguous, below 4 GB.  align in bytes. */
int	rumpcomp_pci_dmalloc(size_t size, size_t align, unsigned long *pa,
	    unsigned long *va);
void	rumpcomp_pci_dmafree(unsigned long va, size_t size);
struct rumpcomp_pci_dmaseg {
	unsigned long	ds_pa;
	unsigned long	ds_len;
	unsigned long	ds_vacookie;
};
int	rumpcomp_pci_dmamem_map(struct rumpcomp_pci_dmaseg *, size_t nseg,
	    size_t totlen, void **va);
/* Machine address; all ones when it is not mapped. */
unsigned long rumpcomp_pci_virt_to_mach(void *);
int	rumpcomp_pci_iospace_init(void);

/*
 * The rest is ours, not NetBSD's.
 */

/* The nth function on the bus that is not the platform's; ENXIO: no more. */
int	rumpcomp_pci_func(unsigned n, unsigned *bus, unsigned *dev,
	    unsigned *fun);
/*
 * A number of the function's own: another one that comes in its place has
 * another.  0: there is none, or it is the platform's.
 */
unsigned rumpcomp_pci_life(unsigned bus, unsigned dev, unsigned fun);
/*
 * Sleeps until a function has come or gone since it returned `seen' (0: all
 * those that are there), returns the next one.  On a bus where none do: 0.
 */
unsigned rumpcomp_pci_wait(unsigned seen);
/*
 * The function is that driver's (the name is shown, and copied); EBUSY: it has
 * another owner.  Who does without becomes its nameless owner by writing to it, or
 * by asking for a BAR or its interrupt.  release: no bus
 * mastering, no owner; its interrupts were disestablished.
 */
int	rumpcomp_pci_claim(unsigned bus, unsigned dev, unsigned fun,
	    const char *name);
void	rumpcomp_pci_release(unsigned bus, unsigned dev, unsigned fun);
/*
 * Private vectors of a function: MSI-X entries, 1 for MSI alone, 0 when it has
 * a line only.  irq_map_vector makes cookie stand for vector n < irq_vectors(),
 * spread over the CPUs; then irq_establish() as above.  irq_disestablish waits
 * for a handler that runs, so it is not for handlers; the cookie is free then.
 */
int	rumpcomp_pci_irq_vectors(unsigned bus, unsigned dev, unsigned fun);
int	rumpcomp_pci_irq_map_vector(unsigned bus, unsigned dev, unsigned fun,
	    int n, unsigned cookie);
void	rumpcomp_pci_irq_disestablish(void *);
/*
 * dmalloc with limits: no byte above maxaddr, no boundary (a power of 2, 0:
 * none) crossed.  EINVAL; ENOMEM.  Freed by dmafree.
 */
int	rumpcomp_pci_dmalloc_limit(size_t size, size_t align, size_t boundary,
	    unsigned long maxaddr, unsigned long *pa, unsigned long *va);
/* A memory BAR's address and size, 64 bits wide or not; ENXIO: not there. */
int	rumpcomp_pci_bar(unsigned bus, unsigned dev, unsigned fun, int bar,
	    unsigned long *pa, unsigned long *size);

#endif /* SIRLOIN_RUMP_PCI_H */
