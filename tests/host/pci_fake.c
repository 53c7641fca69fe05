/* pci_fake.c: see pci_fake.h. */
#include <stdarg.h>
#include "pci_fake.h"

/* ---- a bus ---- */

#define MAXFAKE	64
static struct fake fakes[MAXFAKE];
unsigned nfake;
char said[65536];
unsigned second_root;
uint64_t window_base = 0xc0000000, window_size = 0x10000000;

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

struct fake *
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
pci_machine_read(unsigned bus, unsigned dev, unsigned fun, unsigned off,
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
pci_machine_write(unsigned bus, unsigned dev, unsigned fun, unsigned off,
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
int kern_futex_wake(uint32_t *a, int n) { return 0; }
int kern_futex_wait(uint32_t *a, uint32_t v, uint64_t t) { return EAGAIN; }
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

int nirq, last_gsi;

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

void
put(struct fake *k, unsigned off, unsigned width, uint32_t v)
{

	memcpy(k->conf + off, &v, width);
}

struct fake *
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

void
bar(struct fake *k, int i, uint32_t bits, uint64_t size, uint64_t addr)
{
	uint64_t mask = ~(size - 1);

	put(k, 0x10 + 4 * i, 4, (uint32_t)addr | bits);
	mask &= bits & 1 ? ~3ull : ~15ull;
	memcpy(k->mask + 0x10 + 4 * i, &mask, bits & 4 ? 8 : 4);
	if (bits & 4)
		put(k, 0x14 + 4 * i, 4, addr >> 32);
}

void
cap(struct fake *k, unsigned off, unsigned id, unsigned next)
{

	k->conf[6] |= 0x10;
	if (k->conf[0x34] == 0)
		k->conf[0x34] = off;
	k->conf[off] = id;
	k->conf[off + 1] = next;
}

void
msix(struct fake *k, unsigned off, unsigned count, unsigned bir, uint32_t table)
{

	put(k, off + 2, 2, count - 1);
	k->mask[off + 3] = 0xc0;
	put(k, off + 4, 4, table | bir);
}

struct fake *
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

void
fake_reset(void)
{

	while (nmaps > 0)
		free(maps[--nmaps]);
	nfake = 0;
	nirq = 0;
	said[0] = '\0';
}
