/*
 * assign.c: addresses for BARs that firmware left empty (QEMU's qboot, microvm
 * with pcie=on, cards that firmware had no room for).
 *
 * The space is what the host bridge's resources in the DSDT say: memory below
 * 4 GB, memory above, I/O ports.  Without a DSDT that shows any: memory from
 * the end of RAM (at least 3 GB, where QEMU's and most chip sets' hole begins)
 * to the I/O APIC at 0xfec00000, and ports 0xc000..0xffff.  What other BARs
 * have is left out, and so is all that a machine keeps in that space by
 * custom: 0xfeb00000 (microvm's own devices) and up, and the ECAM window.
 *
 * Memory goes below 4 GB; 64-bit BARs that find no room there go above.
 * Bridges get memory windows only.
 */
#include <dsdt.h>
#include "pci_impl.h"

#define MAXWIN	8
#define HOLE	0xc0000000ull
#define HOLEEND	0xfeb00000ull

struct window { uint64_t base, end; bool io; };
static struct window win[MAXWIN];
static int nwin;
static uint64_t ram_end;		/* below 4 GB */

/* ---- where there is space ---- */

static void
add_window(uint64_t base, uint64_t end, bool io)
{

	if (!io && base < ram_end)
		base = ram_end;
	if (!io && base < 1ull << 32 && end > HOLEEND)
		end = HOLEEND;
	if (io && base < 0x1000)	/* the old devices' ports */
		base = 0x1000;
	if (base < end && nwin < MAXWIN)
		win[nwin++] = (struct window){ base, end, io };
}

static void
host_bridge(const char *hid, const struct dsdt_res *r, int n, void *arg)
{
	int i;

	/* Only a host bridge has a range of bus numbers. */
	for (i = 0; i < n; i++)
		if (r[i].kind == DSDT_BUS && r[i].base == 0)
			break;
	if (i == n)
		return;
	for (i = 0; i < n; i++)
		if (r[i].window && r[i].kind != DSDT_BUS &&
		    r[i].base >= 0x100000 * (r[i].kind == DSDT_MEM))
			add_window(r[i].base, r[i].base + r[i].size,
			    r[i].kind == DSDT_IO);
}

static void
find_windows(void)
{
	struct plat_range r[64];
	int i, n;

	n = plat_mem_ranges(r, 64);
	for (i = 0; i < n && i < 64; i++)
		if (r[i].base < 1ull << 32 && r[i].base + r[i].size > ram_end)
			ram_end = r[i].base + r[i].size;
	dsdt_each_crs(host_bridge, NULL);
	if (nwin == 0) {
		add_window(HOLE, HOLEEND, false);
		add_window(0xc000, 0x10000, true);
	}
}

/* ---- finding room ---- */

static bool
is_above(const struct pci_node *b, const struct pci_node *below)
{

	for (; below != NULL; below = below->parent)
		if (below == b)
			return true;
	return false;
}

/*
 * Push *at beyond whatever [*at, *at + size) collides with, other than the
 * windows of the bridge behind which we are.
 */
static bool
collides(uint64_t *at, uint64_t size, bool io, const struct pci_node *behind)
{
	struct pci_func *f;
	uint64_t start, end;
	uint32_t v;
	int i;

	TAILQ_FOREACH(f, &pci_funcs, link) {
		for (i = 0; i < 6; i++) {
			if (f->bar[i].addr == 0 || f->bar[i].io != io)
				continue;
			end = f->bar[i].addr + f->bar[i].size;
			if (f->bar[i].addr < *at + size && *at < end) {
				*at = end;
				return true;
			}
		}
		if (io || pci_node(f)->header != 1 ||
		    is_above(pci_node(f), behind))
			continue;
		v = pci_read(f, PCI_BRIDGE_MEM, 4);
		start = (uint64_t)(v & 0xfff0) << 16;
		end = (uint64_t)(v | 0xfffff) + 1;
		if (start != 0 && start < end && start < *at + size &&
		    *at < end) {
			*at = end;
			return true;
		}
	}
	return false;
}

static uint64_t
room(const struct window *w, uint64_t size, uint64_t align,
    const struct pci_node *behind)
{
	uint64_t at = w->base;

	do {
		at = (at + align - 1) & ~(align - 1);
		if (at > w->end || w->end - at < size)
			return 0;
	} while (collides(&at, size, w->io, behind));
	return at;
}

static uint64_t
host_room(uint64_t size, uint64_t align, bool io, bool above)
{
	uint64_t at;
	int i;

	for (i = 0; i < nwin; i++)
		if (win[i].io == io && (io || above == (win[i].base >> 32 != 0)))
			if ((at = room(&win[i], size, align, NULL)) != 0)
				return at;
	return 0;
}

/* ---- bridges ---- */

/* Memory that the functions behind a bridge still want; 1 MB steps. */
static uint64_t
wanted_behind(struct pci_node *bridge)
{
	struct pci_func *f;
	uint64_t sum = 0;
	int i;

	TAILQ_FOREACH(f, &pci_funcs, link) {
		if (pci_node(f)->parent != bridge)
			continue;
		pci_bar_size_all(pci_node(f));
		for (i = 0; i < 6; i++)
			if (f->bar[i].addr == 0 && f->bar[i].size != 0 &&
			    !f->bar[i].io)
				sum = ((sum + f->bar[i].size - 1) &
				    ~(f->bar[i].size - 1)) + f->bar[i].size;
		if (pci_node(f)->header == 1)
			sum = ((sum + 0xfffff) & ~0xfffffull) +
			    wanted_behind(pci_node(f));
	}
	return (sum + 0xfffff) & ~0xfffffull;
}

/* The window of a bridge as it is set; empty: false. */
static bool
bridge_window(struct pci_node *b, struct window *w)
{
	uint32_t v = pci_read(&b->f, PCI_BRIDGE_MEM, 4);

	w->base = (uint64_t)(v & 0xfff0) << 16;
	w->end = (uint64_t)(v | 0xfffff) + 1;
	w->io = false;
	return w->base != 0 && w->base < w->end;
}

static void
open_bridge(struct pci_node *b)
{
	struct window w;
	uint64_t size, align, at;

	if (bridge_window(b, &w) || (size = wanted_behind(b)) == 0)
		return;
	for (align = 0x100000; align < size && align < 1 << 28; align <<= 1)
		continue;
	if (b->parent == NULL)
		at = host_room(size, align, false, false);
	else
		at = bridge_window(b->parent, &w) ?
		    room(&w, size, align, b->parent) : 0;
	if (at == 0) {
		pci_report(&b->f, "no room for 0x%lx bytes behind the bridge",
		    (unsigned long)size);
		return;
	}
	pci_write(&b->f, PCI_BRIDGE_MEM, 4,
	    (uint32_t)(at + size - 1) >> 16 << 16 | (uint32_t)at >> 16);
	pci_write(&b->f, PCI_BRIDGE_PREFETCH, 4, 0x0000fff0);	/* closed */
	pci_write(&b->f, PCI_BRIDGE_IO, 2, 0x00f0);		/* closed */
	pci_write(&b->f, PCI_COMMAND, 2, pci_read(&b->f, PCI_COMMAND, 2) |
	    PCI_CMD_MEM | PCI_CMD_MASTER);
}

/* ---- all of them ---- */

static void
assign_bar(struct pci_node *n, int i)
{
	struct pci_bar *b = &n->f.bar[i];
	struct window w;
	uint64_t at = 0;

	if (n->parent != NULL) {
		if (!b->io && bridge_window(n->parent, &w))
			at = room(&w, b->size, b->size, n->parent);
	} else {
		at = host_room(b->size, b->size, b->io, false);
		if (at == 0 && b->mem64)
			at = host_room(b->size, b->size, false, true);
	}
	if (at != 0)
		pci_bar_set(&n->f, i, at);
	else if (!b->io)	/* ports are often not needed */
		pci_report(&n->f, "no room for BAR %d of 0x%lx bytes", i,
		    (unsigned long)b->size);
}

void
pci_assign(void)
{
	struct pci_func *f;
	struct pci_node *n;
	int i;

	if (nwin == 0)
		find_windows();
	TAILQ_FOREACH(f, &pci_funcs, link)
		pci_bar_size_all(pci_node(f));
	/* Parents stand before children in the list. */
	TAILQ_FOREACH(f, &pci_funcs, link) {
		n = pci_node(f);
		if (n->header == 1)
			open_bridge(n);
		for (i = 0; i < 6; i++)
			if (f->bar[i].size != 0 && f->bar[i].addr == 0)
				assign_bar(n, i);
	}
}
