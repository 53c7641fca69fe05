/* pci_impl.h: what the files of pci/ share. */
#ifndef SIRLOIN_PCI_IMPL_H
#define SIRLOIN_PCI_IMPL_H

#include <pci.h>

/* Configuration registers (PCI 3.0, 6.1; bridges: PCI-to-PCI Bridge 1.2). */
#define PCI_ID			0x00
#define PCI_COMMAND		0x04
#define  PCI_CMD_IO		0x0001
#define  PCI_CMD_MEM		0x0002
#define  PCI_CMD_MASTER		0x0004
#define  PCI_CMD_INTX_OFF	0x0400
#define  PCI_STATUS_CAPS	0x00100000	/* of the whole register */
#define PCI_CLASS		0x08
#define PCI_HEADER		0x0c
#define PCI_BAR0		0x10
#define PCI_SUBSYS		0x2c
#define PCI_CAPS		0x34
#define PCI_INT			0x3c
#define PCI_BRIDGE_BUSES	0x18
#define PCI_BRIDGE_IO		0x1c
#define PCI_BRIDGE_MEM		0x20
#define PCI_BRIDGE_PREFETCH	0x24

#define PCI_CAP_MSI		0x05
#define PCI_CAP_PCIE		0x10
#define PCI_CAP_MSIX		0x11

/* A function with what only this room knows of it. */
struct pci_node {
	struct pci_func	f;		/* first */
	struct pci_node	*parent;	/* the bridge above, NULL: root bus */
	uint8_t		header;		/* type, without the multi bit */
	uint8_t		secondary;	/* of a bridge, 0: none */
	bool		probed;		/* BARs are sized */
	bool		placed;		/* and have addresses, if they can */
	bool		gone;		/* and reported */
	uint64_t	want, want_align; /* of a bridge: assign.c's */
	uint16_t	msix_count;	/* valid with msix_table */
	volatile uint32_t *msix_table;
	struct kern_mutex lock;		/* for the interrupt set-up */
	LIST_HEAD(, pci_irq) irqs;
};
TAILQ_HEAD(pci_list, pci_func);
extern struct pci_list pci_funcs;
extern const struct pci_host *pci_host;

static inline struct pci_node *
pci_node(struct pci_func *f)
{

	return (struct pci_node *)f;
}

/* "pci 0:3.0: " and the message. */
void	pci_report(const struct pci_func *, const char *, ...)
	    __attribute__((format(printf, 2, 3)));

/* cap.c: note where the capabilities of common interest are. */
void	pci_cap_init(struct pci_node *);

/* func.c: a function, if there is one, behind a bridge (NULL: at the root). */
struct pci_node *pci_func_new(unsigned bus, unsigned dev, unsigned fun,
	    struct pci_node *behind);

/*
 * irq.c: no interrupts any more; their owners need not have let go of them.
 * The lock is held.
 */
void	pci_irq_close_all(struct pci_node *);

/* The machine's own bus: struct pci_host's calls.  conf.c, msg.c */
uint32_t pci_machine_read(unsigned bus, unsigned dev, unsigned fun,
	    unsigned off, unsigned width);
void	pci_machine_write(unsigned bus, unsigned dev, unsigned fun,
	    unsigned off, unsigned width, uint32_t);
unsigned pci_msg_count(struct pci_func *);
int	pci_msg_open(struct pci_func *, enum pci_kind, unsigned entry,
	    const char *name, int cpu, int (*fn)(void *), void *arg, void **);
void	pci_msg_close(struct pci_func *, enum pci_kind, unsigned entry, void *);

/* conf.c: find a way to the configuration space; false: there is no PCI. */
bool	pci_conf_init(void);
/* Make a bus reachable; false: it is beyond the ECAM window. */
bool	pci_conf_open_bus(unsigned bus);

/* assign.c: give an address to every BAR that has none. */
void	pci_assign(void);
/* Forget BARs that make no sense; sizes the rest.  bar.c */
void	pci_bar_size_all(struct pci_node *);
void	pci_bar_set(struct pci_func *, int bar, uint64_t addr);

/* route.c: GSI of the function's pin and flags for kern_irq_line; errno. */
int	pci_route(struct pci_node *, unsigned *gsi, unsigned *flags);

#endif /* SIRLOIN_PCI_IMPL_H */
