/*
 * msg.c: interrupts of a function on the machine's own bus: MSI-X, MSI, INTx.
 * PCI 3.0: 6.8.1 (MSI), 6.8.2 (MSI-X), 6.2.2 (the INTx disable bit).
 */
#include "pci_impl.h"

/* Message control: the upper half of the capability's first word. */
#define MSI_ENABLE	0x0001
#define MSI_MULTI	0x0070
#define MSI_64BIT	0x0080
#define MSIX_SIZE	0x07ff
#define MSIX_MASKALL	0x4000
#define MSIX_ENABLE	0x8000
#define MSIX_ENTRY	4		/* words */
#define MSIX_VECMASK	1u

/* Map the MSI-X table once, if it lies within a memory BAR. */
unsigned
pci_msg_count(struct pci_func *f)
{
	struct pci_node *n = pci_node(f);
	unsigned bir, count;
	uint32_t v, off;
	char *base;

	if (n->msix_table != NULL)
		return n->msix_count;
	if (f->cap_msix == 0)
		return 0;
	count = (pci_read(f, f->cap_msix + 2, 2) & MSIX_SIZE) + 1;
	v = pci_read(f, f->cap_msix + 4, 4);
	bir = v & 7;
	off = v & ~7u;
	pci_bar_probe(f);
	if (bir > 5 || f->bar[bir].io || f->bar[bir].addr == 0 ||
	    off > f->bar[bir].size ||
	    f->bar[bir].size - off < count * 16ul) {
		pci_report(f, "MSI-X table of %u entries at 0x%x is outside "
		    "BAR %u: not used", count, off, bir);
		f->cap_msix = 0;
		return 0;
	}
	if ((base = pci_bar_map(f, bir)) == NULL) {
		f->cap_msix = 0;
		return 0;
	}
	n->msix_count = count;
	n->msix_table = (volatile uint32_t *)(base + off);
	return n->msix_count;
}

static void
open_msix(struct pci_func *f, unsigned entry, uint64_t addr, uint32_t data)
{
	struct pci_node *n = pci_node(f);
	volatile uint32_t *e = n->msix_table + entry * MSIX_ENTRY;
	unsigned i;

	if (f->nirq == 0) {
		pci_write(f, f->cap_msix + 2, 2, MSIX_ENABLE | MSIX_MASKALL);
		/* An entry that we don't know must not fire. */
		for (i = 0; i < n->msix_count; i++)
			n->msix_table[i * MSIX_ENTRY + 3] = MSIX_VECMASK;
	}
	e[3] = MSIX_VECMASK;
	e[0] = addr;
	e[1] = addr >> 32;
	e[2] = data;
	e[3] = 0;
	if (f->nirq == 0)
		pci_write(f, f->cap_msix + 2, 2, MSIX_ENABLE);
}

static void
open_msi(struct pci_func *f, uint64_t addr, uint32_t data)
{
	unsigned off = f->cap_msi;
	uint16_t ctl;

	ctl = pci_read(f, off + 2, 2) & ~(MSI_ENABLE | MSI_MULTI);
	pci_write(f, off + 2, 2, ctl);
	pci_write(f, off + 4, 4, addr);
	if (ctl & MSI_64BIT) {
		pci_write(f, off + 8, 4, addr >> 32);
		pci_write(f, off + 12, 2, data);
	} else
		pci_write(f, off + 8, 2, data);
	pci_write(f, off + 2, 2, ctl | MSI_ENABLE);
}

int
pci_msg_open(struct pci_func *f, enum pci_kind kind, unsigned entry,
    const char *name, int cpu, int (*fn)(void *), void *arg, void **cookie)
{
	struct kern_irq *irq;
	unsigned gsi, flags;
	uint64_t addr;
	uint32_t data;
	int error;

	if (kind != PCI_INTX)
		error = kern_irq_msi(name, cpu, fn, arg, &irq, &addr, &data);
	else if ((error = pci_route(pci_node(f), &gsi, &flags)) == 0)
		error = kern_irq_line(name, gsi, flags, fn, arg, &irq);
	if (error != 0)
		return error;
	if (kind == PCI_MSIX)
		open_msix(f, entry, addr, data);
	else if (kind == PCI_MSI)
		open_msi(f, addr, data);
	*cookie = irq;
	return 0;
}

void
pci_msg_close(struct pci_func *f, enum pci_kind kind, unsigned entry,
    void *cookie)
{

	if (kind == PCI_MSIX) {
		pci_node(f)->msix_table[entry * MSIX_ENTRY + 3] = MSIX_VECMASK;
		if (f->nirq == 0)
			pci_write(f, f->cap_msix + 2, 2, 0);
	} else if (kind == PCI_MSI)
		pci_write(f, f->cap_msi + 2, 2,
		    pci_read(f, f->cap_msi + 2, 2) & ~MSI_ENABLE);
	kern_irq_free(cookie);
}
