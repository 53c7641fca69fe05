/*
 * pci.h: the PCI bus: configuration space, BARs, capabilities, interrupts,
 * ownership.  Facts: PCI Local Bus 3.0 chapter 6, PCI Express 4.0 section 7.
 */
#ifndef SIRLOIN_PCI_H
#define SIRLOIN_PCI_H

#include <kern.h>

struct pci_bar {
	uint64_t	addr;		/* bus address; 0: not there */
	uint64_t	size;
	bool		io, mem64, prefetch;
};
struct pci_func {
	uint8_t		bus, dev, fun;
	uint8_t		class, subclass, progif, rev;
	uint16_t	vendor, device, subvendor, subdevice;
	uint8_t		intpin;		/* 0: none, 1..4: INTA..INTD */
	uint8_t		intline;	/* register 0x3c as firmware left it */
	uint16_t	cap_msi, cap_msix, cap_pcie; /* offsets, 0: none */
	struct pci_bar	bar[6];		/* sizes: after pci_bar_probe() */
	const char	*owner;		/* NULL: free; else ownername */
	char		ownername[24];
	bool		kept;		/* for a driver below the line */
	const char	*irqkind;	/* "msix" "msi" "intx"; NULL: none yet */
	uint16_t	nirq;		/* vectors established */
	uint8_t		sizing, decode;	/* hypercall/pci_conf.c's */
	bool		away;		/* the host has taken it from us */
	uint32_t	life;		/* a number of its own, not 0 */
	void		*host;		/* the host's own */
	TAILQ_ENTRY(pci_func) link;
};

/*
 * Functions found at boot, in bus order, and those that came later; without
 * those that are away.  NULL at the end.
 */
struct pci_func *pci_first(void);
struct pci_func *pci_next(struct pci_func *);
struct pci_func *pci_find(unsigned bus, unsigned dev, unsigned fun);

/*
 * Sleeps until a function has come or gone since it returned `seen' (0: all
 * those that are there), returns the next one.  On a bus where none do: 0.
 */
uint32_t pci_wait_change(uint32_t seen);

/* Claim for a driver, whose name is copied; EBUSY and a message when it has another owner. */
int	pci_claim(struct pci_func *, const char *owner);
void	pci_release(struct pci_func *);

/*
 * Configuration space; width 1, 2 or 4 bytes, off aligned to it, off < 4096
 * (< 256 without ECAM: reads give all ones, as they do when it is away).
 * Atomic per access.  Thread context, where the bus is another domain's; else
 * any.
 */
uint32_t pci_conf_read(unsigned bus, unsigned dev, unsigned fun, unsigned off,
	    unsigned width);
void	pci_conf_write(unsigned bus, unsigned dev, unsigned fun, unsigned off,
	    unsigned width, uint32_t v);
uint32_t pci_read(const struct pci_func *, unsigned off, unsigned width);
void	pci_write(const struct pci_func *, unsigned off, unsigned width,
	    uint32_t v);

/* Does it still answer?  When not, that is reported once.  Thread context. */
bool	pci_alive(struct pci_func *);

/* Next capability with this id after `from' (0: the first); 0: none. */
unsigned pci_cap_find(const struct pci_func *, unsigned id, unsigned from);

/*
 * Size the BARs, and assign those that firmware left empty, once.  Done by
 * pci_claim() and pci_bar_map(); the scan at boot doesn't, because switching
 * decoding off and on again is slow under emulation.  Thread context.
 */
void	pci_bar_probe(struct pci_func *);
/* Switch on decoding (memory, I/O) and bus mastering; false: the latter off. */
void	pci_enable(struct pci_func *, bool on);
/* Map a memory BAR uncached; NULL: not a memory BAR, or it cannot be had. */
void	*pci_bar_map(struct pci_func *, int bar);

/*
 * Interrupts: MSI-X entry n, or MSI (n = 0), or INTx, as the function has;
 * the handler runs as kern_irq says.  pci_irq_count: vectors to be had.
 * n = PCI_IRQ_INTX: INTx whatever else there is.  PCI_IRQ_LINE: for a driver
 * that knows lines only: one MSI where the function has it, as one message
 * says what the line would; never MSI-X, whose entries such a driver does not
 * tell the device to use; else INTx.
 */
#define PCI_IRQ_INTX	(-1)
#define PCI_IRQ_LINE	(-2)
struct pci_irq;
int	pci_irq_count(struct pci_func *);
int	pci_irq_establish(struct pci_func *, int n, const char *name, int cpu,
	    int (*fn)(void *), void *arg, struct pci_irq **);
void	pci_irq_free(struct pci_irq *);
const char *pci_irq_kind(const struct pci_irq *); /* "msix" "msi" "intx" */
const char *pci_irq_best(struct pci_func *);	/* what establish(n >= 0) uses */

/*
 * Memory for devices: n pages in one piece for them, with no byte above max
 * (a bus address), aligned for them to align (a power of 2, 0: a page); zeroed.
 * NULL.  Thread context.  plat_virt_to_bus() has the address for the device.
 */
void	*pci_dma_alloc(size_t n, size_t align, uint64_t max);
void	pci_dma_free(void *, size_t n);

/* ---- what the bus is: the machine's (pci/scan.c), or another domain's ---- */

enum pci_kind { PCI_MSIX, PCI_MSI, PCI_INTX };
struct pci_host {
	/* As pci_conf_read() and pci_conf_write(), whose arguments are right. */
	uint32_t (*read)(unsigned bus, unsigned dev, unsigned fun,
		    unsigned off, unsigned width);
	void	(*write)(unsigned bus, unsigned dev, unsigned fun,
		    unsigned off, unsigned width, uint32_t v);
	/* Give an address to every BAR that has none; NULL: that is not done. */
	void	(*assign)(void);
	/*
	 * Interrupts; all with the function's lock.  msix: entries that can be
	 * had, 0 for none.  open: message `entry', or the line, to fn, and let
	 * the device raise it; f->nirq is 0 for the first one.  close: the
	 * opposite; f->nirq is 0 for the last one.
	 */
	unsigned (*msix)(struct pci_func *);
	int	(*open)(struct pci_func *, enum pci_kind, unsigned entry,
		    const char *name, int cpu, int (*fn)(void *), void *arg,
		    void **cookie);
	void	(*close)(struct pci_func *, enum pci_kind, unsigned entry,
		    void *cookie);
	bool	changes;		/* functions come and go */
	/* It is away; its interrupts are closed.  The lock is held; NULL. */
	void	(*gone)(struct pci_func *);
	/* As pci_dma_alloc(); NULL: pages of kern.h do. */
	void	*(*dma_alloc)(size_t n, size_t align, uint64_t max);
	void	(*dma_free)(void *, size_t n);
};
/* Once, before there is a function. */
void	pci_set_host(const struct pci_host *);
/*
 * A function that came: what it is is read from its configuration space.
 * NULL: there is none, or no memory.  One at a time.
 */
struct pci_func *pci_func_comes(unsigned bus, unsigned dev, unsigned fun);
/*
 * It is away from now on, and nobody finds it or reaches its registers; that
 * is reported, with its owner, who keeps what it has of it.  Interrupts stop.
 */
void	pci_func_goes(struct pci_func *);

#endif /* SIRLOIN_PCI_H */
