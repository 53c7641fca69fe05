/*
 * cap.c: capability lists (PCI 3.0, 6.7).  A list has at most 48 members, as
 * they are four bytes at least and lie in 192 bytes: whoever points on after
 * that many runs in circles.
 */
#include "pci_impl.h"

#define CAP_MAX		48

/* fn returns true to end the walk.  False: the list is damaged. */
static bool
walk(const struct pci_func *f, bool (*fn)(unsigned off, unsigned id, void *),
    void *arg)
{
	unsigned off, n;
	uint32_t v;

	if ((pci_read(f, PCI_COMMAND, 4) & PCI_STATUS_CAPS) == 0)
		return true;
	off = pci_read(f, PCI_CAPS, 1) & 0xfc;
	for (n = 0; off != 0; n++) {
		if (off < 0x40 || n == CAP_MAX)
			return false;
		v = pci_read(f, off, 2);
		if (v == 0xffff)
			return false;
		if (fn(off, v & 0xff, arg))
			return true;
		off = v >> 8 & 0xfc;
	}
	return true;
}

struct want { unsigned id, from, found; bool past; };

static bool
match(unsigned off, unsigned id, void *arg)
{
	struct want *w = arg;

	if (w->past && id == w->id) {
		w->found = off;
		return true;
	}
	if (off == w->from)
		w->past = true;
	return false;
}

unsigned
pci_cap_find(const struct pci_func *f, unsigned id, unsigned from)
{
	struct want w = { id, from, 0, from == 0 };

	(void)walk(f, match, &w);
	return w.found;
}

static bool
note(unsigned off, unsigned id, void *arg)
{
	struct pci_func *f = arg;

	/* Whole ones only: 14 and 12 bytes. */
	if (id == PCI_CAP_MSI && f->cap_msi == 0 && off <= 0x100 - 14)
		f->cap_msi = off;
	if (id == PCI_CAP_MSIX && f->cap_msix == 0 && off <= 0x100 - 12)
		f->cap_msix = off;
	if (id == PCI_CAP_PCIE && f->cap_pcie == 0)
		f->cap_pcie = off;
	return false;
}

void
pci_cap_init(struct pci_node *n)
{

	if (walk(&n->f, note, &n->f))
		return;
	pci_report(&n->f, "capability list is damaged: not used");
	n->f.cap_msi = n->f.cap_msix = n->f.cap_pcie = 0;
}
