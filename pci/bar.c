/*
 * bar.c: sizes of BARs (PCI 3.0, 6.2.5.1), decoding, mapping.
 */
#include "pci_impl.h"

#define MEM_MAX		(1ull << 40)	/* nobody has a larger BAR */
#define IO_MAX		(1u << 16)
#define CLASS_BRIDGE	6

static bool
size_ok(const struct pci_bar *b)
{

	if (b->size & (b->size - 1))
		return false;
	if (b->addr & (b->size - 1) || b->addr + b->size < b->addr)
		return false;
	if (b->io)
		return b->size <= IO_MAX && b->addr <= IO_MAX - b->size;
	return b->size <= MEM_MAX &&
	    (b->mem64 || b->addr + b->size <= 1ull << 32);
}

/* Write all ones, read what stuck, put the address back. */
static uint32_t
probe(struct pci_func *f, unsigned reg)
{
	uint32_t old, v;

	old = pci_read(f, reg, 4);
	pci_write(f, reg, 4, ~0u);
	v = pci_read(f, reg, 4);
	pci_write(f, reg, 4, old);
	return v;
}

static void
size_one(struct pci_func *f, int i)
{
	struct pci_bar *b = &f->bar[i];
	unsigned reg = PCI_BAR0 + 4 * i;
	uint64_t mask;

	mask = probe(f, reg);
	if (mask == 0) {			/* not there */
		b->addr = b->size = 0;
		return;
	}
	if (b->io) {
		/* The upper half may be hard-wired to zero. */
		mask = (mask & ~3ull) | 0xffffffffffff0000ull;
	} else {
		mask &= ~15ull;
		mask |= b->mem64 ? (uint64_t)probe(f, reg + 4) << 32 :
		    0xffffffff00000000ull;
	}
	b->size = ~mask + 1;
	if (b->size != 0 && size_ok(b))
		return;
	pci_report(f, "BAR %d of size 0x%lx at 0x%lx makes no sense: not used",
	    i, (unsigned long)b->size, (unsigned long)b->addr);
	b->addr = b->size = 0;
}

void
pci_bar_size_all(struct pci_node *n)
{
	struct pci_func *f = &n->f;
	int i, last = n->header == 0 ? 6 : n->header == 1 ? 2 : 0;
	uint32_t cmd;

	if (n->probed)
		return;
	n->probed = true;
	if (!pci_alive(f) || last == 0)
		return;
	cmd = pci_read(f, PCI_COMMAND, 2);
	if (cmd & (PCI_CMD_IO | PCI_CMD_MEM))
		pci_write(f, PCI_COMMAND, 2, cmd & ~(PCI_CMD_IO | PCI_CMD_MEM));
	for (i = 0; i < last; i++) {
		size_one(f, i);
		if (f->bar[i].mem64)
			i++;
	}
	if (cmd & (PCI_CMD_IO | PCI_CMD_MEM))
		pci_write(f, PCI_COMMAND, 2, cmd);
}

/*
 * All at once, when the first is wanted and none is busy yet: QEMU before 8.1
 * loses accesses of one CPU while another one changes the memory map.
 */
static void
size_devices(void)
{
	struct pci_func *f;

	TAILQ_FOREACH(f, &pci_funcs, link)
		if (pci_node(f)->header == 0 && f->class != CLASS_BRIDGE)
			pci_bar_size_all(pci_node(f));
}

void
pci_bar_probe(struct pci_func *f)
{
	static struct kern_mutex lock;
	static bool ready;
	int i;

	if (pci_node(f)->placed)
		return;
	if (!__atomic_exchange_n(&ready, true, __ATOMIC_ACQ_REL))
		kern_mutex_init(&lock, "pcibar");
	kern_mutex_lock(&lock);
	if (kern_ncpu() > 1)
		size_devices();
	pci_bar_size_all(pci_node(f));
	for (i = 0; i < 6; i++)
		if (f->bar[i].size != 0 && f->bar[i].addr == 0) {
			if (pci_host->assign != NULL)
				pci_host->assign();
			break;
		}
	pci_node(f)->placed = true;
	kern_mutex_unlock(&lock);
}

void
pci_bar_set(struct pci_func *f, int i, uint64_t addr)
{
	unsigned reg = PCI_BAR0 + 4 * i;

	f->bar[i].addr = addr;
	pci_write(f, reg, 4, addr);
	if (f->bar[i].mem64)
		pci_write(f, reg + 4, 4, addr >> 32);
}

void
pci_enable(struct pci_func *f, bool on)
{
	uint16_t cmd, bits = PCI_CMD_MASTER;
	int i;

	for (i = 0; i < 6; i++)
		if (f->bar[i].addr != 0)
			bits |= f->bar[i].io ? PCI_CMD_IO : PCI_CMD_MEM;
	cmd = pci_read(f, PCI_COMMAND, 2);
	if (on && (cmd & bits) != bits)
		pci_write(f, PCI_COMMAND, 2, cmd | bits);
	else if (!on)
		pci_write(f, PCI_COMMAND, 2, cmd & ~PCI_CMD_MASTER);
}

void *
pci_bar_map(struct pci_func *f, int i)
{
	struct pci_bar *b;
	paddr_t first;
	char *p;

	if (i < 0 || i > 5)
		return NULL;
	pci_bar_probe(f);
	b = &f->bar[i];
	if (b->addr == 0 || b->size == 0 || b->io)
		return NULL;
	/* BARs may be smaller than a page. */
	first = b->addr & ~(PAGE_SIZE - 1);
	p = plat_map_io(first, (b->addr + b->size - first + PAGE_SIZE - 1) &
	    ~(PAGE_SIZE - 1));
	if (p == NULL) {
		pci_report(f, "BAR %d at 0x%lx can't be mapped", i,
		    (unsigned long)b->addr);
		return NULL;
	}
	return p + (b->addr - first);
}
