/*
 * pci_bus.c: pci/ on a bus made of memory: firmware's machine and one that
 * nobody set up, devices that lie, and random configuration space.  Device
 * memory is allocated to the byte, so ASan sees any access outside a BAR.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dsdt.h>
#include "../../pci/scan.c"

#define CHECK(e)							\
	do {								\
		if (!(e)) {						\
			printf("not ok: %s:%d: %s\n%s", __FILE__,	\
			    __LINE__, #e, said);			\
			exit(1);					\
		}							\
	} while (0)

/* ---- a bus ---- */

struct fake {
	unsigned	bus, dev, fun;
	uint8_t		conf[256];
	uint8_t		mask[256];	/* bits that can be written */
	bool		gone;
	uint64_t	mem_base;	/* of the mapping handed out */
};
#define MAXFAKE	64
static struct fake fakes[MAXFAKE];
static unsigned nfake;
static char said[65536];
static unsigned second_root;		/* a bus with a host bridge of its own */
static uint64_t window_base = 0xc0000000, window_size = 0x10000000;

/* A secondary bus is seen only through the bridges that lead there. */
static bool
routed(unsigned bus, unsigned depth)
{
	unsigned i;

	if (bus == 0 || (second_root != 0 && bus == second_root))
		return true;
	for (i = 0; i < nfake && depth < 8; i++) {
		struct fake *k = &fakes[i];

		if ((k->conf[0x0e] & 0x7f) == 1 && k->conf[0x19] == bus &&
		    k->bus != bus && routed(k->bus, depth + 1))
			return true;
	}
	return false;
}

/* Functions behind a bridge name it instead of a number: 0x100 + index. */
static unsigned
bus_of(const struct fake *k)
{

	return k->bus < 0x100 ? k->bus : fakes[k->bus - 0x100].conf[0x19];
}

static struct fake *
at(unsigned bus, unsigned dev, unsigned fun)
{
	unsigned i;

	for (i = 0; i < nfake; i++)
		if (fakes[i].dev == dev && fakes[i].fun == fun &&
		    bus_of(&fakes[i]) == bus &&
		    (fakes[i].bus >= 0x100 ? bus != 0 : routed(bus, 0)))
			return &fakes[i];
	return NULL;
}

uint32_t
pci_conf_read(unsigned bus, unsigned dev, unsigned fun, unsigned off,
    unsigned width)
{
	struct fake *k = at(bus, dev, fun);
	uint32_t v = ~0u;

	CHECK(off + width <= 256 && (off & (width - 1)) == 0);
	if (k != NULL && !k->gone)
		memcpy(&v, k->conf + off, width);
	return width == 4 ? v : v & ((1u << 8 * width) - 1);
}

void
pci_conf_write(unsigned bus, unsigned dev, unsigned fun, unsigned off,
    unsigned width, uint32_t v)
{
	struct fake *k = at(bus, dev, fun);
	unsigned i;

	CHECK(off + width <= 256 && (off & (width - 1)) == 0);
	for (i = 0; k != NULL && !k->gone && i < width; i++, v >>= 8)
		k->conf[off + i] = (k->conf[off + i] & ~k->mask[off + i]) |
		    (v & k->mask[off + i]);
}

bool pci_conf_init(void) { return true; }
bool pci_conf_open_bus(unsigned bus) { return true; }

/* ---- what pci/ stands on ---- */

void *kern_zalloc(size_t n) { return calloc(1, n); }
void kern_free(void *p) { free(p); }
void kern_mutex_init(struct kern_mutex *m, const char *name) { }
void kern_mutex_lock(struct kern_mutex *m) { }
void kern_mutex_unlock(struct kern_mutex *m) { }
unsigned long kern_spin_lock(struct kern_spin *s) { return 0; }
void kern_spin_unlock(struct kern_spin *s, unsigned long v) { }
const char *kern_option(const char *name, size_t *len) { return NULL; }
unsigned kern_ncpu(void) { return 2; }
static const char *hypervisor = "TCG";
const char *plat_hypervisor(void) { return hypervisor; }

void
kern_printf(const char *fmt, ...)
{
	size_t n = strlen(said);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(said + n, sizeof(said) - n, fmt, ap);
	va_end(ap);
}

static int nirq, last_gsi;

int
kern_irq_msi(const char *name, int cpu, int (*fn)(void *), void *arg,
    struct kern_irq **out, uint64_t *addr, uint32_t *data)
{

	*out = calloc(1, 1);
	*addr = 0xfee00000;
	*data = 0x40 + nirq++;
	return 0;
}

int
kern_irq_line(const char *name, unsigned gsi, unsigned flags,
    int (*fn)(void *), void *arg, struct kern_irq **out)
{

	last_gsi = gsi;
	nirq++;
	*out = calloc(1, 1);
	return 0;
}

void
kern_irq_free(struct kern_irq *ki)
{

	nirq--;
	free(ki);
}

int
plat_mem_ranges(struct plat_range *r, int max)
{

	r[0] = (struct plat_range){ 0x100000, 0x7f00000 };
	return 1;
}

/* Device memory ends where the function's mapped BAR ends. */
static void *maps[4096];
static unsigned nmaps;

void *
plat_map_io(paddr_t pa, size_t size)
{

	CHECK((pa & 4095) == 0 && (size & 4095) == 0 && size != 0);
	if (size > 1 << 22 || nmaps == 4096)
		return NULL;
	return maps[nmaps++] = calloc(1, size);
}

void
dsdt_each_crs(void (*fn)(const char *hid, const struct dsdt_res *, int n,
    void *), void *arg)
{
	struct dsdt_res r[] = {
		{ DSDT_BUS, true, 0, 256, 0 },
		{ DSDT_MEM, true, window_base, window_size, 0 },
		{ DSDT_MEM, true, 1ull << 39, 1ull << 38, 0 },
		{ DSDT_IO, true, 0xc000, 0x4000, 0 }
	};
	struct dsdt_res other = { DSDT_BUS, true, second_root, 8, 0 };

	fn("PNP0A08", r, 4, arg);
	if (second_root != 0)
		fn("PNP0A08", &other, 1, arg);
}

/* ---- building ---- */

static void
put(struct fake *k, unsigned off, unsigned width, uint32_t v)
{

	memcpy(k->conf + off, &v, width);
}

static struct fake *
add(unsigned bus, unsigned dev, unsigned fun)
{
	struct fake *k = &fakes[nfake++];

	memset(k, 0, sizeof(*k));
	k->bus = bus;
	k->dev = dev;
	k->fun = fun;
	put(k, 0, 4, 0x10001af4);
	put(k, 8, 4, 0x02000000);
	put(k, 0x3c, 2, 0x0100);
	memset(k->mask + 4, 0xff, 2);
	return k;
}

static void
bar(struct fake *k, int i, uint32_t bits, uint64_t size, uint64_t addr)
{
	uint64_t mask = ~(size - 1);

	put(k, 0x10 + 4 * i, 4, (uint32_t)addr | bits);
	mask &= bits & 1 ? ~3ull : ~15ull;
	memcpy(k->mask + 0x10 + 4 * i, &mask, bits & 4 ? 8 : 4);
	if (bits & 4)
		put(k, 0x14 + 4 * i, 4, addr >> 32);
}

static void
cap(struct fake *k, unsigned off, unsigned id, unsigned next)
{

	k->conf[6] |= 0x10;
	if (k->conf[0x34] == 0)
		k->conf[0x34] = off;
	k->conf[off] = id;
	k->conf[off + 1] = next;
}

static void
msix(struct fake *k, unsigned off, unsigned count, unsigned bir, uint32_t table)
{

	put(k, off + 2, 2, count - 1);
	k->mask[off + 3] = 0xc0;
	put(k, off + 4, 4, table | bir);
}

static struct fake *
bridge(unsigned bus, unsigned dev, unsigned sec, unsigned sub)
{
	struct fake *k = add(bus, dev, 0);

	k->conf[0x0e] = 1;
	put(k, 8, 4, 0x06040000);
	put(k, 0x18, 4, sub << 16 | sec << 8);
	memset(k->mask + 0x18, 0xff, 16);
	k->mask[0x20] = k->mask[0x22] = k->mask[0x24] = k->mask[0x26] = 0xf0;
	return k;
}

static void
reset(void)
{
	struct pci_func *f;

	while ((f = TAILQ_FIRST(&pci_funcs)) != NULL) {
		TAILQ_REMOVE(&pci_funcs, f, link);
		free(f);
	}
	while (nmaps > 0)
		free(maps[--nmaps]);
	memset(bus_seen, 0, sizeof(bus_seen));
	bus_max = 0;
	nfake = 0;
	nirq = 0;
	said[0] = '\0';
}

static unsigned
count(void)
{
	struct pci_func *f;
	unsigned n = 0;

	for (f = pci_first(); f != NULL; f = pci_next(f))
		n++;
	return n;
}

static int handler(void *arg) { return 1; }

/* ---- what must work, what must be refused ---- */

static void
good_device(void)
{
	struct pci_irq *irq[3], *x;
	struct fake *k;
	struct pci_func *f;
	uint32_t *table;

	reset();
	k = add(0, 3, 0);
	bar(k, 0, 1, 0x20, 0xc000);
	bar(k, 1, 0, 0x1000, 0xfeb00000);
	bar(k, 4, 0xc, 0x4000, 0x8000000000);
	put(k, 4, 2, 3);
	cap(k, 0x40, PCI_CAP_MSIX, 0x50);
	msix(k, 0x40, 3, 1, 0x800);
	cap(k, 0x50, 0x09, 0x60);
	cap(k, 0x60, 0x09, 0);
	pci_init();
	CHECK(count() == 1 && (f = pci_find(0, 3, 0)) != NULL);
	CHECK(f->cap_msix == 0x40 && f->cap_msi == 0);
	CHECK(pci_cap_find(f, 9, 0) == 0x50 && pci_cap_find(f, 9, 0x50) == 0x60);
	CHECK(pci_cap_find(f, 9, 0x60) == 0 && pci_cap_find(f, 7, 0) == 0);
	CHECK(pci_claim(f, "one") == 0 && pci_claim(f, "two") == EBUSY);
	CHECK(strstr(said, "two can't have it: it is one's") != NULL);
	CHECK(f->bar[0].io && f->bar[0].size == 0x20 && f->bar[0].addr == 0xc000);
	CHECK(f->bar[1].size == 0x1000 && f->bar[1].addr == 0xfeb00000);
	CHECK(f->bar[4].mem64 && f->bar[4].size == 0x4000 &&
	    f->bar[4].addr == 0x8000000000 && f->bar[5].size == 0);
	CHECK((k->conf[4] & 3) == 3);		/* as it was */
	CHECK(pci_bar_map(f, 0) == NULL && pci_bar_map(f, 4) != NULL);
	CHECK(pci_bar_map(f, 2) == NULL && pci_bar_map(f, 6) == NULL &&
	    pci_bar_map(f, -1) == NULL);
	CHECK(strcmp(pci_irq_best(f), "msix") == 0 && pci_irq_count(f) == 3);
	CHECK(pci_irq_establish(f, 3, "x", 0, handler, NULL, &x) == EINVAL);
	for (int i = 0; i < 3; i++)
		CHECK(pci_irq_establish(f, i, "x", -1, handler, NULL,
		    &irq[i]) == 0);
	table = (uint32_t *)(uintptr_t)pci_node(f)->msix_table;
	CHECK(table[0] == 0xfee00000 && table[6] == 0x41 && table[11] == 0);
	CHECK((k->conf[0x43] & 0xc0) == 0x80 && (k->conf[5] & 4));
	for (int i = 0; i < 3; i++)
		pci_irq_free(irq[i]);
	CHECK(nirq == 0 && (k->conf[0x43] & 0x80) == 0 && (table[3] & 1));
	pci_release(f);
	CHECK(pci_claim(f, "two") == 0);
}

static void
bad_devices(void)
{
	struct pci_irq *irq;
	struct pci_func *f;
	struct fake *k;
	unsigned i;

	/* A list of capabilities that runs in a circle, one that leaves. */
	reset();
	k = add(0, 1, 0);
	cap(k, 0x40, 0x09, 0x48);
	cap(k, 0x48, PCI_CAP_MSI, 0x40);
	k = add(0, 2, 0);
	cap(k, 0x40, PCI_CAP_MSI, 0x10);
	add(0, 3, 0);
	pci_init();
	CHECK(count() == 3);
	for (i = 1; i <= 2; i++) {
		CHECK((f = pci_find(0, i, 0)) != NULL && f->cap_msi == 0);
		CHECK(pci_cap_find(f, 0x77, 0) == 0);
	}
	CHECK(strstr(said, "pci 0:1.0 1af4:1000: capability list is damaged"));
	CHECK(strstr(said, "pci 0:2.0 1af4:1000: capability list is damaged"));
	CHECK(strstr(said, "pci 0:3.0") == NULL);

	/* MSI-X tables outside: of the BAR, of any BAR, in ports. */
	reset();
	for (i = 1; i <= 4; i++) {
		k = add(0, i, 0);
		bar(k, 0, 1, 0x20, 0xc000 + 0x20 * i);
		bar(k, 1, 0, 0x1000, 0xfeb00000 + 0x1000 * i);
		cap(k, 0x40, PCI_CAP_MSIX, 0);
		msix(k, 0x40, i == 1 ? 2048 : 4, i == 2 ? 7 : i == 3 ? 0 : 1,
		    i == 4 ? 0xfffffff8 : 0xfd0);
	}
	put(add(0, 31, 0), 0, 4, 0x29188086);
	pci_init();
	for (i = 1; i <= 4; i++) {
		f = pci_find(0, i, 0);
		CHECK(strcmp(pci_irq_best(f), "intx") == 0);
		CHECK(pci_irq_establish(f, 0, "x", -1, handler, NULL, &irq) == 0);
		CHECK(last_gsi == 20 + (int)i % 4);
		pci_irq_free(irq);
	}
	CHECK(strstr(said, "pci 0:4.0 1af4:1000: MSI-X table of 4 entries"));

	/* BARs of absurd sizes, one that holds other bits. */
	reset();
	k = add(0, 1, 0);
	bar(k, 0, 4, 1ull << 50, 0);
	bar(k, 2, 0, 0x1000, 0xfeb01000);
	k->mask[0x19] = 0x0f;			/* not a power of two */
	k->mask[0x1b] = 0x0f;
	bar(k, 3, 0, 0x1000, 0xfeb02000);
	pci_init();
	f = pci_find(0, 1, 0);
	CHECK(pci_claim(f, "x") == 0 && f->bar[0].size == 0 &&
	    f->bar[2].size == 0 && f->bar[3].size == 0x1000);
	CHECK(strstr(said, "BAR 0 of size") && strstr(said, "BAR 2 of size"));

	/* One that goes away after the scan. */
	reset();
	k = add(0, 1, 0);
	bar(k, 0, 0, 0x1000, 0xfeb00000);
	cap(k, 0x40, PCI_CAP_MSIX, 0);
	msix(k, 0x40, 4, 0, 0);
	add(0, 2, 0);
	pci_init();
	k->gone = true;
	f = pci_find(0, 1, 0);
	CHECK(pci_claim(f, "x") == 0 && pci_bar_map(f, 0) == NULL);
	CHECK(strstr(said, "pci 0:1.0 1af4:1000: x: does not answer"));
	CHECK(strcmp(pci_irq_best(f), "intx") == 0);

	/* Bridges in circles, backwards, to themselves. */
	reset();
	bridge(0, 1, 1, 2);
	bridge(1, 1, 2, 2);
	bridge(2, 1, 1, 1);
	bridge(0, 2, 1, 1);
	bridge(0, 3, 9, 4);
	pci_init();
	CHECK(count() == 5 && strstr(said, "makes no sense: not entered"));
}

static bool
overlap(const struct pci_func *a, int i, const struct pci_func *b, int k)
{
	const struct pci_bar *x = &a->bar[i], *y = &b->bar[k];

	return (a != b || i != k) && x->io == y->io && x->addr != 0 &&
	    y->addr != 0 && x->addr < y->addr + y->size &&
	    y->addr < x->addr + x->size;
}

/* Nobody set anything up: everything gets an address of its own. */
static void
no_firmware(void)
{
	struct pci_func *f, *g;
	struct fake *k, *b1, *b2;
	unsigned i, n, m;
	int a, c;

	reset();
	b1 = bridge(0, 5, 0, 0);
	n = nfake - 1;
	b2 = bridge(0x100 + n, 1, 0, 0);
	m = nfake - 1;
	for (i = 0; i < 12; i++) {
		k = add(i < 6 ? 0 : i < 9 ? 0x100 + n : 0x100 + m, 10 + i, 0);
		bar(k, 0, 1, 0x80, 0);
		bar(k, 1, 0, 0x1000u << i % 5, 0);
		bar(k, 2, 0xc, 0x4000u << i % 7, 0);
	}
	bar(add(0, 9, 0), 0, 0xc, 1ull << 32, 0);	/* only above 4 GB */
	bar(add(0, 8, 0), 0, 0, 1ull << 31, 0);		/* nowhere */
	pci_init();
	CHECK(count() == 16 && b1->conf[0x19] == 1 && b2->conf[0x19] == 2);
	CHECK(b1->conf[0x1a] == 2 && b2->conf[0x1a] == 2 && b2->conf[0x18] == 1);
	for (f = pci_first(); f != NULL; f = pci_next(f))
		CHECK(pci_claim(f, "x") == 0);
	for (f = pci_first(); f != NULL; f = pci_next(f))
		for (a = 0; a < 6; a++) {
			if (f->bar[a].size == 0 || f->bar[a].addr == 0)
				continue;
			CHECK((f->bar[a].addr & (f->bar[a].size - 1)) == 0);
			CHECK(f->bar[a].io || f->bar[a].addr >= window_base);
			for (g = pci_first(); g != NULL; g = pci_next(g))
				for (c = 0; c < 6; c++)
					CHECK(!overlap(f, a, g, c));
			/* Behind a bridge: within its window. */
			if (f->bus != 0 && !f->bar[a].io) {
				k = f->bus == 1 ? b1 : b2;
				CHECK(f->bar[a].addr >> 16 >=
				    (k->conf[0x21] << 8 | k->conf[0x20]));
				CHECK((f->bar[a].addr + f->bar[a].size - 1) >> 16
				    <= (unsigned)(k->conf[0x23] << 8 |
				    k->conf[0x22] | 0xf));
			}
		}
	for (i = 10; i < 22; i++) {
		f = pci_find(i < 16 ? 0 : i < 19 ? 1 : 2, i, 0);
		CHECK(f->bar[1].addr != 0 && f->bar[2].addr != 0);
		CHECK(i >= 16 || f->bar[0].addr != 0);
	}
	CHECK(pci_find(0, 9, 0)->bar[0].addr >= 1ull << 39);
	CHECK(pci_find(0, 8, 0)->bar[0].addr == 0);
	CHECK(strstr(said, "pci 0:8.0 1af4:1000: no room for BAR 0"));
}

/* For drivers that know lines: MSI in their place, MSI-X never. */
static void
lines(void)
{
	struct pci_irq *irq, *x;
	struct pci_func *f;
	struct fake *k;
	int i;

	reset();
	put(add(0, 31, 0), 0, 4, 0x29188086);
	for (i = 1; i <= 3; i++) {
		k = add(0, i, 0);
		bar(k, 1, 0, 0x1000, 0xfeb00000 + 0x1000 * i);
		if (i == 1)
			cap(k, 0x50, PCI_CAP_MSI, 0);
		if (i == 2) {
			cap(k, 0x40, PCI_CAP_MSIX, 0);
			msix(k, 0x40, 4, 1, 0);
		}
		memset(k->mask + 0x50, 0xff, 16);
	}
	pci_init();
	f = pci_find(0, 1, 0);
	CHECK(pci_irq_establish(f, PCI_IRQ_LINE, "x", -1, handler, NULL,
	    &irq) == 0 && strcmp(pci_irq_kind(irq), "msi") == 0);
	CHECK(f->nirq == 1 && strcmp(f->irqkind, "msi") == 0);
	CHECK(pci_irq_establish(f, PCI_IRQ_LINE, "x", -1, handler, NULL,
	    &x) == EBUSY);
	CHECK(pci_irq_establish(f, PCI_IRQ_INTX, "x", -1, handler, NULL,
	    &x) == EBUSY);
	pci_irq_free(irq);
	CHECK(f->nirq == 0 && f->irqkind == NULL);
	CHECK(pci_irq_establish(f, PCI_IRQ_INTX, "x", -1, handler, NULL,
	    &irq) == 0 && strcmp(pci_irq_kind(irq), "intx") == 0);
	/* A line has any number of handlers. */
	CHECK(pci_irq_establish(f, PCI_IRQ_INTX, "x", -1, handler, NULL,
	    &x) == 0);
	pci_irq_free(irq);
	CHECK((at(0, 1, 0)->conf[5] & 4) == 0);
	pci_irq_free(x);
	for (i = 2; i <= 3; i++) {
		f = pci_find(0, i, 0);
		CHECK(pci_irq_establish(f, PCI_IRQ_LINE, "x", -1, handler,
		    NULL, &irq) == 0 &&
		    strcmp(pci_irq_kind(irq), "intx") == 0);
		pci_irq_free(irq);
	}
	/* An entry of MSI-X has one handler. */
	f = pci_find(0, 2, 0);
	CHECK(pci_irq_establish(f, 2, "x", -1, handler, NULL, &irq) == 0);
	CHECK(pci_irq_establish(f, 2, "x", -1, handler, NULL, &x) == EBUSY);
	CHECK(pci_irq_establish(f, 1, "x", -1, handler, NULL, &x) == 0);
	pci_irq_free(x);
	pci_irq_free(irq);
}

/* Bridges below bridges, with BARs that fit only in the right order. */
static void
deep_bridges(void)
{
	struct pci_func *f;
	unsigned bus = 0, i, level;

	reset();
	for (level = 0; level < 6; level++) {
		bridge(bus, 1, 0, 0);
		bus = 0x100 + nfake - 1;
		for (i = 2; i < 6; i++) {
			struct fake *k = add(bus, i, 0);

			bar(k, 0, 0, 0x100u << (level + i), 0);
			bar(k, 1, 0, 0x200000u >> (i * level % 7), 0);
			bar(k, 2, 4, 0x100000u << (i % 3), 0);
		}
	}
	bar(add(bus, 7, 0), 0, 12, 1ull << 33, 0);	/* no room, no harm */
	pci_init();
	CHECK(count() == 6 * 5 + 1);
	for (f = pci_first(); f != NULL; f = pci_next(f)) {
		CHECK(pci_claim(f, "x") == 0);
		if (pci_node(f)->header == 1 || f->dev == 7)
			continue;
		for (i = 0; i < 3; i++)
			CHECK(f->bar[i].addr != 0 && pci_bar_map(f, i) != NULL);
	}
	CHECK(strstr(said, "no room for BAR 0 of 0x200000000 bytes") != NULL);
	CHECK(strstr(said, "behind the bridge") == NULL);
}

/* A root bus that only the DSDT shows, with a bridge below it. */
static void
two_roots(void)
{

	reset();
	second_root = 64;
	add(0, 1, 0);
	add(64, 2, 0);
	bridge(64, 3, 65, 65);
	add(65, 0, 0);
	pci_init();
	CHECK(count() == 1);		/* nothing says that there is more */
	reset();
	put(add(0, 0, 0), 8, 4, 0x06000000);
	put(add(0, 9, 0), 8, 4, 0x06000000);
	add(64, 2, 0);
	bridge(64, 3, 65, 65);
	add(65, 0, 0);
	pci_init();
	CHECK(count() == 5 && pci_find(65, 0, 0) != NULL);
	second_root = 0;
}

/* ---- anything at all ---- */

static uint64_t seed = 1;

static unsigned
rnd(void)
{

	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return seed >> 33;
}

static void
random_bus(void)
{
	struct pci_irq *irq;
	struct pci_func *f;
	struct fake *k;
	unsigned i, j, n = 1 + rnd() % 20;

	reset();
	for (i = 0; i < n; i++) {
		k = add(rnd() % 4, rnd() % 32, rnd() % 8);
		for (j = 4; j < 256; j++) {
			if (rnd() % 3)
				k->conf[j] = rnd();
			k->mask[j] = rnd() % 3 ? rnd() : rnd() & 1 ? 0xff : 0;
		}
		k->conf[0x0e] = rnd() % 3 ? rnd() % 2 : rnd();
		for (j = 0x40; j < 0xf0; j += 4 * (1 + rnd() % 6))
			cap(k, j, rnd() % 3 ? PCI_CAP_MSIX - rnd() % 2 * 12 :
			    rnd(), rnd() % 4 ? j + 4 : rnd());
	}
	pci_init();
	CHECK(count() <= nfake);
	for (f = pci_first(); f != NULL; f = pci_next(f)) {
		if ((k = at(f->bus, f->dev, f->fun)) != NULL && rnd() % 8 == 0)
			k->gone = true;
		if (pci_claim(f, "x") != 0)
			continue;
		pci_enable(f, true);
		for (i = 0; i < 6; i++)
			(void)pci_bar_map(f, i);
		for (i = 0; i < 256; i++)
			(void)pci_cap_find(f, i, rnd() % 256);
		n = pci_irq_count(f);
		for (i = 0; i < n && i < 3; i++)
			if (pci_irq_establish(f, i * (n - 1) / 2, "x", -1,
			    handler, NULL, &irq) == 0)
				pci_irq_free(irq);
		pci_enable(f, false);
		pci_release(f);
	}
}

int
main(int argc, char **argv)
{
	unsigned long i, n = argc > 1 ? strtoul(argv[1], NULL, 0) : 2000;

	good_device();
	bad_devices();
	no_firmware();
	lines();
	deep_bridges();
	two_roots();
	for (i = 0; i < n; i++)
		random_bus();
	reset();
	printf("pci_bus: %lu random buses, ok\n", n);
	return 0;
}
