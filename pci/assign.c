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

/* ---- what wants room on a bus: BARs, and windows of bridges ---- */

#define MAX_BEHIND	(1ull << 30)	/* a BAR behind a bridge; else no room */

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

typedef void (*item_fn)(struct pci_node *, int bar, uint64_t size,
    uint64_t align, void *arg);

/*
 * What still wants room on the bus below parent (NULL: the root), the largest
 * alignment first, so that there are no gaps; bar -1 is a bridge's window.
 */
static void
each_item(struct pci_node *parent, item_fn fn, void *arg)
{
	struct pci_func *f;
	struct pci_node *n;
	uint64_t align;
	int i;

	for (align = 1ull << 40; align >= 4; align >>= 1)
		TAILQ_FOREACH(f, &pci_funcs, link) {
			n = pci_node(f);
			if (n->parent != parent)
				continue;
			for (i = 0; i < 6; i++)
				if (f->bar[i].addr == 0 &&
				    f->bar[i].size == align)
					fn(n, i, align, align, arg);
			if (n->want_align == align)
				fn(n, -1, n->want, align, arg);
		}
}

struct sum { uint64_t size, align; };

static void
add_up(struct pci_node *n, int bar, uint64_t size, uint64_t align, void *arg)
{
	struct sum *s = arg;

	if (bar >= 0 && (n->f.bar[bar].io || size > MAX_BEHIND))
		return;
	s->size = ((s->size + align - 1) & ~(align - 1)) + size;
	if (align > s->align)
		s->align = align;
}

/* Memory that the functions behind a bridge still want; 1 MB steps. */
static void
measure(struct pci_node *b)
{
	struct sum s = { 0, 0x100000 };
	struct pci_func *f;
	struct window w;

	TAILQ_FOREACH(f, &pci_funcs, link)
		if (pci_node(f)->parent == b && pci_node(f)->header == 1)
			measure(pci_node(f));
	b->want = b->want_align = 0;
	if (bridge_window(b, &w))
		return;			/* firmware's; what fits, fits */
	each_item(b, add_up, &s);
	if (s.size == 0)
		return;
	b->want = (s.size + 0xfffff) & ~0xfffffull;
	b->want_align = s.align;
}

/* ---- giving it ---- */

static void
open_bridge(struct pci_node *b, uint64_t at)
{

	pci_write(&b->f, PCI_BRIDGE_MEM, 4,
	    (uint32_t)(at + b->want - 1) >> 16 << 16 | (uint32_t)at >> 16);
	pci_write(&b->f, PCI_BRIDGE_PREFETCH, 4, 0x0000fff0);	/* closed */
	pci_write(&b->f, PCI_BRIDGE_IO, 2, 0x00f0);		/* closed */
	pci_write(&b->f, PCI_COMMAND, 2, pci_read(&b->f, PCI_COMMAND, 2) |
	    PCI_CMD_MEM | PCI_CMD_MASTER);
}

static void
place(struct pci_node *n, int bar, uint64_t size, uint64_t align, void *arg)
{
	bool io = bar >= 0 && n->f.bar[bar].io;
	struct window w;
	uint64_t at = 0;

	if (n->parent != NULL) {
		if (!io && bridge_window(n->parent, &w))
			at = room(&w, size, align, n->parent);
	} else {
		at = host_room(size, align, io, false);
		if (at == 0 && bar >= 0 && n->f.bar[bar].mem64)
			at = host_room(size, align, false, true);
	}
	if (at != 0 && bar >= 0)
		pci_bar_set(&n->f, bar, at);
	else if (at != 0)
		open_bridge(n, at);
	else if (bar < 0)
		pci_report(&n->f, "no room for 0x%lx bytes behind the bridge",
		    (unsigned long)size);
	else if (!io)		/* ports are often not needed */
		pci_report(&n->f, "no room for BAR %d of 0x%lx bytes", bar,
		    (unsigned long)size);
}

static void
place_below(struct pci_node *parent)
{
	struct pci_func *f;

	each_item(parent, place, NULL);
	TAILQ_FOREACH(f, &pci_funcs, link)
		if (pci_node(f)->parent == parent && pci_node(f)->header == 1)
			place_below(pci_node(f));
}

/* Now, so that the memory map stays as it is from here on (pci_bar_probe). */
static void
decode_memory(struct pci_func *f)
{
	uint16_t cmd;
	int i;

	for (i = 0; i < 6; i++)
		if (f->bar[i].addr != 0 && !f->bar[i].io)
			break;
	if (i == 6)
		return;
	cmd = pci_read(f, PCI_COMMAND, 2);
	if ((cmd & PCI_CMD_MEM) == 0)
		pci_write(f, PCI_COMMAND, 2, cmd | PCI_CMD_MEM);
}

void
pci_assign(void)
{
	struct pci_func *f;

	if (nwin == 0)
		find_windows();
	TAILQ_FOREACH(f, &pci_funcs, link)
		pci_bar_size_all(pci_node(f));
	TAILQ_FOREACH(f, &pci_funcs, link)
		if (pci_node(f)->header == 1 && pci_node(f)->parent == NULL)
			measure(pci_node(f));
	place_below(NULL);
	TAILQ_FOREACH(f, &pci_funcs, link)
		decode_memory(f);
}
