/*
 * pci_bus.c: pci/ on a bus made of memory (pci_fake.h): firmware's machine and
 * one that nobody set up, devices that lie, and random configuration space.
 */
#include "../../pci/scan.c"
#include "pci_fake.h"
#include "rnd.h"

static void
reset(void)
{
	struct pci_func *f;

	while ((f = TAILQ_FIRST(&pci_funcs)) != NULL) {
		TAILQ_REMOVE(&pci_funcs, f, link);
		free(f);
	}
	memset(bus_seen, 0, sizeof(bus_seen));
	bus_max = 0;
	fake_reset();
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

	rnd_start(1);
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
