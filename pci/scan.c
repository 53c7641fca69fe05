/*
 * scan.c: the machine's own bus: finding all functions, through bridges.
 *
 * Bridges that firmware left without a secondary bus get the next free number.
 * A bridge that names a bus that was seen already is reported and not entered,
 * so no loop of bridges can hold the scan.  Root buses other than 0 are where
 * the DSDT says.
 */
#include <string.h>
#include <dsdt.h>
#include "pci_impl.h"

static uint32_t bus_seen[256 / 32];
static unsigned bus_max;

static void scan_bus(unsigned bus, struct pci_node *parent);

static void
scan_function(unsigned bus, unsigned dev, unsigned fun, struct pci_node *parent,
    bool *multi)
{

	if (pci_func_new(bus, dev, fun, parent) != NULL && fun == 0)
		*multi = pci_conf_read(bus, dev, fun, PCI_HEADER + 2, 1) &
		    0x80;
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

static const struct pci_host machine = {
	.read = pci_machine_read,
	.write = pci_machine_write,
	.assign = pci_assign,
	.msix = pci_msg_count,
	.open = pci_msg_open,
	.close = pci_msg_close,
};

static void
pci_init(void)
{

	pci_set_host(&machine);
	if (!pci_conf_init())
		return;
	scan_bus(0, NULL);
	if (may_have_roots())
		dsdt_each_crs(root_bus, NULL);
}
KERN_INIT(KERN_INIT_BUS, pci_init);
