/*
 * pcifront.c: which functions there are: the back end's keys (Xen's docs/misc/
 * xenstore-paths and Linux's xen-pciback): num_devs, and for each vdev-N, where
 * it is to be ("0000:00:01.00"), and state-N; root_num and root-N, the buses.
 *
 * They come and go while both sides are connected: the back end goes to state
 * Reconfiguring with the state-N of those that leave at Closing; we let go of
 * them and follow; it adds and removes, goes to Reconfigured; we look at what is
 * new and are Connected again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "control.h"
#include "pcifront.h"
#include "xenbus.h"

#define MAXFUNC		256
#define MAXROOT		64
#define PCI_COMMAND	4
#define DECODES		3	/* its I/O ports, its memory */
#define LAST_WORDS	1000000000ull	/* ns for all of them */

static struct xenbus_dev *bus_of;	/* there is one bus */
static grant_ref_t ref;
static evtchn_port_t port;

/* ---- places ---- */

struct place { unsigned long part[4]; unsigned n; };

/* Hexadecimal numbers with ':' and '.' between them, and no more. */
static int
parse(const char *s, struct place *p)
{
	char *end;

	for (p->n = 0; p->n < 4; s = end + 1) {
		p->part[p->n++] = strtoul(s, &end, 16);
		if (end == s)
			return EINVAL;
		if (*end == '\0')
			return 0;
		if (*end != ':' && *end != '.')
			return EINVAL;
	}
	return EINVAL;
}

static int
read_place(const char *key, unsigned i, unsigned parts, struct place *p)
{
	char name[24], text[40];
	int error;

	(void)snprintf(name, sizeof(name), "%s-%u", key, i);
	error = xs_read_str(0, bus_of->backend, name, text, sizeof(text));
	if (error == 0)
		error = parse(text, p);
	if (error == 0 && (p->n != parts || p->part[1] > 255 || (parts == 4 &&
	    (p->part[2] > 31 || p->part[3] > 7))))
		error = EINVAL;
	if (error == 0 && p->part[0] != 0) {
		kern_printf("pci: %s %s: only segment 0 is used\n", name, text);
		error = ENXIO;
	}
	if (error == EINVAL)
		kern_printf("pci: %s: makes no sense\n", name);
	return error;
}

static unsigned
function_state(unsigned i)
{
	char name[24];

	(void)snprintf(name, sizeof(name), "state-%u", i);
	return (unsigned)xenbus_peer_num(bus_of, name, XenbusStateReconfigured,
	    XenbusStateUnknown);
}

static unsigned
number_of(const char *key, unsigned max)
{
	uint64_t n = xenbus_peer_num(bus_of, key, UINT32_MAX, 0);

	if (n > max)
		kern_printf("pci: %s is %u: the first %u are used\n", key,
		    (unsigned)n, max);
	return n < max ? (unsigned)n : max;
}

/* ---- they come ---- */

static void
comes(unsigned bus, unsigned dev, unsigned fun, bool named)
{
	struct pci_func *f;

	if (pci_find(bus, dev, fun) != NULL)
		return;
	if ((f = pci_func_comes(bus, dev, fun)) == NULL) {
		if (named)
			kern_printf("pci %x:%x.%x: does not answer: not used\n",
			    bus, dev, fun);
		return;
	}
	kern_printf("pci %x:%x.%x %04x:%04x: from domain %u\n", bus, dev, fun,
	    f->vendor, f->device, bus_of->dom);
}

/* A back end that does not say where: look everywhere. */
static void
look_everywhere(void)
{
	unsigned i, dev, fun, n = number_of("root_num", MAXROOT);
	struct place p;

	for (i = 0; i < n; i++) {
		if (read_place("root", i, 2, &p) != 0)
			continue;
		for (dev = 0; dev < 32; dev++)
			for (fun = 0; fun < 8; fun++)
				comes(p.part[1], dev, fun, false);
	}
}

static void
look(void)
{
	unsigned i, n = number_of("num_devs", MAXFUNC), state;
	bool everywhere = false;
	struct place p;
	int error;

	for (i = 0; i < n; i++) {
		state = function_state(i);
		if (state == XenbusStateClosing || state == XenbusStateClosed)
			continue;
		if ((error = read_place("vdev", i, 4, &p)) == 0)
			comes(p.part[1], p.part[2], p.part[3], true);
		else if (error == ENOENT)
			everywhere = true;
	}
	if (everywhere)
		look_everywhere();
}

/* ---- they go ---- */

static void
gone(struct pci_func *f)
{
	int i;

	/* first dom0, which listens to the lines of those that are on (pciirq.c) */
	pciop_write(f->bus, f->dev, f->fun, PCI_COMMAND, 2, 0);
	pciirq_gone(f);
	for (i = 0; i < 6; i++)
		if (!f->bar[i].io && f->bar[i].addr != 0 && f->bar[i].size != 0)
			xen_io_revoke(f->bar[i].addr, f->bar[i].size);
}

static void
some_go(void)
{
	unsigned i, n = number_of("num_devs", MAXFUNC);
	struct pci_func *f;
	struct place p;

	for (i = 0; i < n; i++)
		if (function_state(i) == XenbusStateClosing &&
		    read_place("vdev", i, 4, &p) == 0 &&
		    (f = pci_find(p.part[1], p.part[2], p.part[3])) != NULL)
			pci_func_goes(f);
}

/* ---- the connection ---- */

static int
probe(struct xenbus_dev *d)
{

	if (bus_of != NULL && bus_of != d)
		return EBUSY;		/* there is one bus */
	bus_of = d;
	return 0;
}

static int
connect(struct xenbus_dev *d)
{

	return pciop_open(d, &ref, &port);
}

static int
publish(struct xenbus_dev *d, xs_txn t)
{
	int error;

	error = xs_printf(t, d->node, "pci-op-ref", "%u", ref);
	if (error == 0)
		error = xs_printf(t, d->node, "event-channel", "%u", port);
	if (error == 0)
		error = xs_write(t, d->node, "magic", XEN_PCI_MAGIC);
	return error;
}

static int
connected(struct xenbus_dev *d, bool first)
{

	if (first)
		look();
	return 0;
}

static enum xenbus_state
reconfigure(struct xenbus_dev *d)
{

	if (d->peer == XenbusStateReconfiguring &&
	    d->state == XenbusStateConnected) {
		some_go();
		return XenbusStateReconfiguring;
	}
	if (d->peer == XenbusStateReconfigured &&
	    d->state == XenbusStateReconfiguring) {
		look();
		return XenbusStateConnected;
	}
	return d->state;
}

static void
attach(struct xenbus_dev *d, bool hot)
{
}

static void
disconnect(struct xenbus_dev *d, bool gone)
{
	struct pci_func *f, *next;

	if (!d->linked)
		return;
	/* Else its last words, as far as it still listens, are "no more DMA". */
	if (d->trouble != 0 || (d->peer != XenbusStateConnected &&
	    d->peer != XenbusStateClosing))
		pciop_dead();
	for (f = pci_first(); f != NULL; f = next) {
		next = pci_next(f);
		pci_func_goes(f);
	}
	pciop_close();
}

static struct xenbus_driver driver = {
	.type = "pci",
	.after = XenbusStateInitialised,
	.probe = probe,
	.connect = connect,
	.publish = publish,
	.connected = connected,
	.reconfigure = reconfigure,
	.attach = attach,
	.disconnect = disconnect,
};

/* ---- suspend ---- */

/* A device does not go to another life. */
static const char *
may_suspend(void *arg)
{

	return pci_first() != NULL ? "it has PCI devices" : NULL;
}

static void
after_suspend(void *arg, bool cancelled)
{
}

static struct xen_suspender suspender = {
	.refuse = may_suspend, .after = after_suspend
};

/* ---- the end ---- */

/*
 * Functions that somebody drives are switched off.  Linux's pciback has a
 * handler on the line of one that is on, and keeps it until long after we are
 * gone: a line that stays raised then keeps dom0 busy for 100,000 interrupts.
 */
static void
last_words(void)
{
	uint64_t limit = plat_clock() + LAST_WORDS;
	struct pci_func *f;

	for (f = pci_first(); f != NULL; f = pci_next(f))
		if (f->owner != NULL)
			pciop_last_write(f->bus, f->dev, f->fun, PCI_COMMAND,
			    2, 0, limit);
}

static void
conf_write(unsigned bus, unsigned dev, unsigned fun, unsigned off,
    unsigned width, uint32_t v)
{
	const struct pci_func *f;

	if (off == PCI_COMMAND && (v & DECODES) != 0 &&
	    (f = pci_find(bus, dev, fun)) != NULL)
		pciirq_hold(f);
	pciop_write(bus, dev, fun, off, width, v);
}

static const struct pci_host host = {
	.read = pciop_read,
	.write = conf_write,
	.msix = pciirq_msix,
	.open = pciirq_open,
	.close = pciirq_close,
	.changes = true,
	.gone = gone,
	.dma_alloc = dmapool_alloc,
	.dma_free = dmapool_free,
};

static void
pcifront_init(void)
{

	pci_set_host(&host);
	xenbus_driver(&driver);
	xen_on_suspend(&suspender);
	xen_at_end(last_words);
}
KERN_INIT(KERN_INIT_BUS, pcifront_init);
