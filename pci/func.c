/*
 * func.c: functions: what they are, who owns which, their configuration space;
 * by way of the host, which found them.
 *
 * None is ever freed: who has one keeps the pointer.  One that goes away stays
 * in the list, out of sight; it becomes another one that comes, if nobody has
 * anything of it.
 */
#include <stdio.h>
#include <string.h>
#include "pci_impl.h"

struct pci_list pci_funcs = TAILQ_HEAD_INITIALIZER(pci_funcs);
const struct pci_host *pci_host;
static struct kern_spin own_lock = KERN_SPIN_INIT;

void
pci_set_host(const struct pci_host *h)
{

	pci_host = h;
}

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

/* ---- finding them ---- */

static struct pci_func *
present(struct pci_func *f)
{

	while (f != NULL && f->away)
		f = TAILQ_NEXT(f, link);
	return f;
}

struct pci_func *
pci_first(void)
{

	return present(TAILQ_FIRST(&pci_funcs));
}

struct pci_func *
pci_next(struct pci_func *f)
{

	return present(TAILQ_NEXT(f, link));
}

struct pci_func *
pci_find(unsigned bus, unsigned dev, unsigned fun)
{
	struct pci_func *f;

	for (f = pci_first(); f != NULL; f = pci_next(f))
		if (f->bus == bus && f->dev == dev && f->fun == fun)
			return f;
	return NULL;
}

/* ---- configuration space ---- */

static bool
valid(unsigned bus, unsigned dev, unsigned fun, unsigned off, unsigned width)
{

	return pci_host != NULL && bus < 256 && dev < 32 && fun < 8 &&
	    off < 4096 && (width == 1 || width == 2 || width == 4) &&
	    (off & (width - 1)) == 0;
}

static uint32_t
all_ones(unsigned width)
{

	return width == 1 ? 0xff : width == 2 ? 0xffff : 0xffffffff;
}

uint32_t
pci_conf_read(unsigned bus, unsigned dev, unsigned fun, unsigned off,
    unsigned width)
{

	if (!valid(bus, dev, fun, off, width))
		return all_ones(width);
	return pci_host->read(bus, dev, fun, off, width);
}

void
pci_conf_write(unsigned bus, unsigned dev, unsigned fun, unsigned off,
    unsigned width, uint32_t v)
{

	if (valid(bus, dev, fun, off, width))
		pci_host->write(bus, dev, fun, off, width, v);
}

uint32_t
pci_read(const struct pci_func *f, unsigned off, unsigned width)
{

	return f->away ? all_ones(width) :
	    pci_conf_read(f->bus, f->dev, f->fun, off, width);
}

void
pci_write(const struct pci_func *f, unsigned off, unsigned width, uint32_t v)
{

	if (!f->away)
		pci_conf_write(f->bus, f->dev, f->fun, off, width, v);
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

/* ---- owners ---- */

int
pci_claim(struct pci_func *f, const char *owner)
{
	const char *had;
	unsigned long s;

	s = kern_spin_lock(&own_lock);
	if ((had = f->owner) == NULL && !f->away) {
		(void)snprintf(f->ownername, sizeof(f->ownername), "%s",
		    owner);
		f->owner = f->ownername;
	}
	kern_spin_unlock(&own_lock, s);
	if (had != NULL) {
		pci_report(f, "%s can't have it: it is %s's", owner, had);
		return EBUSY;
	}
	if (f->away)
		return ENXIO;
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

/* ---- they come and go ---- */

static uint32_t changes = 1;

static void
changed(void)
{

	__atomic_add_fetch(&changes, 1, __ATOMIC_SEQ_CST);
	(void)kern_futex_wake(&changes, INT32_MAX);
}

uint32_t
pci_wait_change(uint32_t seen)
{

	if (pci_host == NULL || !pci_host->changes)
		return 0;
	if (seen != 0)
		(void)kern_futex_wait(&changes, seen, UINT64_MAX);
	return __atomic_load_n(&changes, __ATOMIC_SEQ_CST);
}

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

static void
read_all(struct pci_node *n, uint32_t id)
{
	struct pci_func *f = &n->f;
	uint32_t v;

	n->header = pci_read(f, PCI_HEADER + 2, 1) & 0x7f;
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
}

/* Into the place in the list of one that is away and that nobody has, if any. */
static struct pci_node *
node_put(struct pci_node *n)
{
	struct pci_func *f;
	struct pci_node *old;

	TAILQ_FOREACH(f, &pci_funcs, link)
		if (f->away && f->owner == NULL && f->nirq == 0)
			break;
	if (f == NULL) {
		TAILQ_INSERT_TAIL(&pci_funcs, &n->f, link);
		return n;
	}
	old = pci_node(f);
	n->f.away = true;
	n->f.link = f->link;
	*old = *n;
	kern_free(n);
	return old;
}

struct pci_node *
pci_func_new(unsigned bus, unsigned dev, unsigned fun, struct pci_node *parent)
{
	static uint32_t lives;
	struct pci_node *n;
	uint32_t id;

	id = pci_conf_read(bus, dev, fun, PCI_ID, 4);
	if ((id & 0xffff) == 0xffff || (id & 0xffff) == 0)
		return NULL;
	if ((n = kern_zalloc(sizeof(*n))) == NULL) {
		kern_printf("pci %x:%x.%x: no memory for it\n", bus, dev, fun);
		return NULL;
	}
	n->parent = parent;
	n->f.bus = bus;
	n->f.dev = dev;
	n->f.fun = fun;
	n->f.life = ++lives;
	read_all(n, id);
	n = node_put(n);
	kern_mutex_init(&n->lock, "pci");
	LIST_INIT(&n->irqs);
	n->f.away = false;
	return n;
}

struct pci_func *
pci_func_comes(unsigned bus, unsigned dev, unsigned fun)
{
	struct pci_node *n = pci_func_new(bus, dev, fun, NULL);

	if (n == NULL)
		return NULL;
	changed();
	return &n->f;
}

void
pci_func_goes(struct pci_func *f)
{
	struct pci_node *n = pci_node(f);
	const char *owner;
	unsigned long s;

	if (f->owner != NULL)
		pci_enable(f, false);
	kern_mutex_lock(&n->lock);
	pci_irq_close_all(n);
	s = kern_spin_lock(&own_lock);
	f->away = true;
	owner = f->owner;
	kern_spin_unlock(&own_lock, s);
	if (pci_host->gone != NULL)
		pci_host->gone(f);
	kern_mutex_unlock(&n->lock);
	if (owner != NULL)
		pci_report(f, "taken away from %s", owner);
	else
		pci_report(f, "gone");
	changed();
}
