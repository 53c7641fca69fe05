/*
 * pcifront.h: the PCI bus of a PV guest: functions that the PCI back end lets us
 * have (Xen public io/pciif.h).  Thread context.
 */
#ifndef SIRLOIN_XEN_PCIFRONT_H
#define SIRLOIN_XEN_PCIFRONT_H

#include <kern.h>
#include <pci.h>
#include <xen.h>
#include <xen/io/pciif.h>

/* ---- pciop.c: the shared page ---- */

struct xenbus_dev;
/* Make the page and its channel; the keys to publish.  errno. */
int	pciop_open(struct xenbus_dev *, grant_ref_t *, evtchn_port_t *);
/* Nothing is answered any more; who waits gets ENXIO. */
void	pciop_close(void);
/* The same, but the page stays: the back end need not be asked any more. */
void	pciop_dead(void);

/*
 * One operation (XEN_PCI_OP_*): op is what is asked, and the answer, which was
 * read once; its `value' and MSI-X entries may be anything.  ENXIO: there is no
 * back end (any more), EIO: it refuses.
 */
int	pciop(struct xen_pci_op *);
/* For op: the function that it is about. */
static inline void
pciop_for(struct xen_pci_op *op, uint32_t cmd, unsigned bus, unsigned dev,
    unsigned fun)
{

	op->cmd = cmd;
	op->domain = 0;
	op->bus = bus;
	op->devfn = dev << 3 | fun;
}

/*
 * A write to configuration space when all is at an end (xen.h: xen_at_end):
 * no lock, no sleep, nothing longer than until `limit'.
 */
void	pciop_last_write(unsigned bus, unsigned dev, unsigned fun, unsigned off,
	    unsigned width, uint32_t, uint64_t limit);

/* struct pci_host's calls. */
uint32_t pciop_read(unsigned bus, unsigned dev, unsigned fun, unsigned off,
	    unsigned width);
void	pciop_write(unsigned bus, unsigned dev, unsigned fun, unsigned off,
	    unsigned width, uint32_t);

/* ---- pciirq.c ---- */

unsigned pciirq_msix(struct pci_func *);
int	pciirq_open(struct pci_func *, enum pci_kind, unsigned entry,
	    const char *name, int cpu, int (*fn)(void *), void *arg, void **);
void	pciirq_gone(struct pci_func *);
/* Before it is switched on. */
void	pciirq_hold(const struct pci_func *);
void	pciirq_close(struct pci_func *, enum pci_kind, unsigned entry, void *);

/* ---- dmapool.c ---- */

void	*dmapool_alloc(size_t n, size_t align, uint64_t max);
void	dmapool_free(void *, size_t n);

#endif /* SIRLOIN_XEN_PCIFRONT_H */
