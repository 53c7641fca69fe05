/*
 * scan.c: finding all functions, through bridges; who owns which.
 *
 * Bridges that firmware left without a secondary bus get the next free number.
 * A bridge that names a bus that was seen already is reported and not entered,
 * so no loop of bridges can hold the scan.  Root buses other than 0 are where
 * the DSDT says.
 */
#include <stdio.h>
#include <string.h>
#include <dsdt.h>
#include "pci_impl.h"

struct pci_list pci_funcs = TAILQ_HEAD_INITIALIZER(pci_funcs);
static struct kern_spin own_lock = KERN_SPIN_INIT;
static uint32_t bus_seen[256 / 32];
static unsigned bus_max;

static void scan_bus(unsigned bus, struct pci_node *parent);

void
pci_report(const struct pci_func *f, const char *fmt, ...)
{
	char text[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	kern_printf("pci %x:%x.%x %04x:%04x: %s\n", f->bus, f->dev, f->fun,
	    f->vendor, f->device, text);
}

struct pci_func *
pci_first(void)
{

	return TAILQ_FIRST(&pci_funcs);
}

struct pci_func *
pci_next(struct pci_func *f)
{

	return TAILQ_NEXT(f, link);
}

struct pci_func *
pci_find(unsigned bus, unsigned dev, unsigned fun)
{
	struct pci_func *f;

	TAILQ_FOREACH(f, &pci_funcs, link)
		if (f->bus == bus && f->dev == dev && f->fun == fun)
			return f;
	return NULL;
}

bool
pci_alive(struct pci_func *f)
{

	if (pci_read(f, PCI_ID, 2) != 0xffff)
		return true;
	if (!__atomic_exchange_n(&pci_node(f)->gone, true, __ATOMIC_RELAXED))
		pci_report(f, "%s: does not answer any more",
		    f->owner != NULL ? f->owner : "nobody's");
	return false;
}

int
pci_claim(struct pci_func *f, const char *owner)
{
	const char *had;
	unsigned long s;

	s = kern_spin_lock(&own_lock);
	if ((had = f->owner) == NULL) {
		(void)snprintf(f->ownername, sizeof(f->ownername), "%s",
		    owner);
		f->owner = f->ownername;
	}
	kern_spin_unlock(&own_lock, s);
	if (had != NULL) {
		pci_report(f, "%s can't have it: it is %s's", owner, had);
		return EBUSY;
	}
	pci_bar_probe(f);
	/*
	 * Its line is off until somebody listens (pci/irq.c): a driver may
	 * start the device before, and QEMU's I/O APIC does not notice a line
	 * that was raised before its pin was made level-triggered.
	 */
	pci_write(f, PCI_COMMAND, 2, pci_read(f, PCI_COMMAND, 2) |
	    PCI_CMD_INTX_OFF);
	return 0;
}

void
pci_release(struct pci_func *f)
{
	unsigned long s;

	s = kern_spin_lock(&own_lock);
	f->owner = NULL;
	kern_spin_unlock(&own_lock, s);
}

/* ---- the scan ---- */

static void
read_bars(struct pci_node *n)
{
	struct pci_func *f = &n->f;
	int i, last = n->header == 0 ? 6 : n->header == 1 ? 2 : 0;
	uint32_t v;

	for (i = 0; i < last; i++) {
		struct pci_bar *b = &f->bar[i];

		v = pci_read(f, PCI_BAR0 + 4 * i, 4);
		b->io = v & 1;
		if (b->io) {
			b->addr = v & ~3u;
			continue;
		}
		b->addr = v & ~15u;
		b->prefetch = v & 8;
		b->mem64 = (v & 6) == 4 && i + 1 < last;
		if (b->mem64)
			b->addr |= (uint64_t)pci_read(f, PCI_BAR0 + 4 * ++i,
			    4) << 32;
	}
}

static struct pci_node *
new_function(unsigned bus, unsigned dev, unsigned fun, uint32_t id,
    uint32_t header, struct pci_node *parent)
{
	struct pci_node *n;
	struct pci_func *f;
	uint32_t v;

	if ((n = kern_zalloc(sizeof(*n))) == NULL) {
		kern_printf("pci %x:%x.%x: no memory for it\n", bus, dev, fun);
		return NULL;
	}
	f = &n->f;
	n->parent = parent;
	n->header = header & 0x7f;
	kern_mutex_init(&n->lock, "pci");
	f->bus = bus;
	f->dev = dev;
	f->fun = fun;
	f->vendor = id;
	f->device = id >> 16;
	v = pci_read(f, PCI_CLASS, 4);
	f->rev = v;
	f->progif = v >> 8;
	f->subclass = v >> 16;
	f->class = v >> 24;
	if (n->header == 0) {
		v = pci_read(f, PCI_SUBSYS, 4);
		f->subvendor = v;
		f->subdevice = v >> 16;
	}
	v = pci_read(f, PCI_INT, 4);
	f->intline = v;
	f->intpin = (v >> 8 & 0xff) <= 4 ? v >> 8 : 0;
	pci_cap_init(n);
	read_bars(n);
	TAILQ_INSERT_TAIL(&pci_funcs, f, link);
	return n;
}

static void
scan_function(unsigned bus, unsigned dev, unsigned fun, struct pci_node *parent,
    bool *multi)
{
	uint32_t id, header;

	id = pci_conf_read(bus, dev, fun, PCI_ID, 4);
	if ((id & 0xffff) == 0xffff || (id & 0xffff) == 0)
		return;
	header = pci_conf_read(bus, dev, fun, PCI_HEADER + 2, 1);
	if (fun == 0)
		*multi = header & 0x80;
	(void)new_function(bus, dev, fun, id, header, parent);
}

/* A PCI Express port leads to one device (PCI Express 4.0, 7.3.1). */
static bool
one_device_below(struct pci_node *n)
{
	unsigned type;

	if (n == NULL || n->f.cap_pcie == 0)
		return false;
	type = pci_read(&n->f, n->f.cap_pcie + 2, 1) >> 4;
	return type == 4 || type == 6;
}

static void
enter_bridge(struct pci_node *n)
{
	uint32_t v = pci_read(&n->f, PCI_BRIDGE_BUSES, 4);
	unsigned sec = v >> 8 & 0xff, sub = v >> 16 & 0xff;
	bool fresh = sec == 0;

	if (fresh) {
		if (bus_max == 255) {
			pci_report(&n->f, "no bus number left for the bridge");
			return;
		}
		sec = bus_max + 1;
		v = (v & 0xff000000) | 0xffu << 16 | sec << 8 | n->f.bus;
		pci_write(&n->f, PCI_BRIDGE_BUSES, 4, v);
	} else if (sec <= n->f.bus || sub < sec ||
	    (bus_seen[sec / 32] >> sec % 32 & 1)) {
		pci_report(&n->f, "bridge to bus %u..%u makes no sense: "
		    "not entered", sec, sub);
		return;
	} else if (sub != 255 && sub > bus_max)
		bus_max = sub;		/* firmware's, though perhaps empty */
	n->secondary = sec;
	scan_bus(sec, n);
	if (fresh)
		pci_write(&n->f, PCI_BRIDGE_BUSES + 2, 1, bus_max);
}

static void
scan_bus(unsigned bus, struct pci_node *parent)
{
	struct pci_func *f;
	struct pci_node *n;
	unsigned dev, fun, ndev = one_device_below(parent) ? 1 : 32;
	bool multi;
	int fresh;

	bus_seen[bus / 32] |= 1u << bus % 32;
	if (bus > bus_max)
		bus_max = bus;
	if (!pci_conf_open_bus(bus))
		return;
	for (dev = 0; dev < ndev; dev++) {
		multi = false;
		scan_function(bus, dev, 0, parent, &multi);
		for (fun = 1; multi && fun < 8; fun++)
			scan_function(bus, dev, fun, parent, &multi);
	}
	/* Bridges with numbers first: the others get what is free then. */
	for (fresh = 0; fresh < 2; fresh++)
		TAILQ_FOREACH(f, &pci_funcs, link) {
			n = pci_node(f);
			if (f->bus != bus || n->header != 1 || n->secondary)
				continue;
			if ((pci_read(f, PCI_BRIDGE_BUSES + 1, 1) == 0) == fresh)
				enter_bridge(n);
		}
}

/* A host bridge's range of buses, by its resources in the DSDT. */
static void
root_bus(const char *hid, const struct dsdt_res *r, int n, void *arg)
{
	unsigned bus;
	int i;

	for (i = 0; i < n; i++) {
		if (r[i].kind != DSDT_BUS || r[i].base >= 256)
			continue;
		bus = r[i].base;
		if ((bus_seen[bus / 32] >> bus % 32 & 1) == 0)
			scan_bus(bus, NULL);
	}
}

/* More host bridges than one on bus 0: so QEMU shows its pxb. */
static bool
may_have_roots(void)
{
	struct pci_func *f;
	int n = 0;

	TAILQ_FOREACH(f, &pci_funcs, link)
		n += f->class == 6 && f->subclass == 0;
	return n > 1 || strcmp(plat_hypervisor(), "hardware") == 0;
}

static void
pci_init(void)
{

	if (!pci_conf_init())
		return;
	scan_bus(0, NULL);
	if (may_have_roots())
		dsdt_each_crs(root_bus, NULL);
}
KERN_INIT(KERN_INIT_BUS, pci_init);
