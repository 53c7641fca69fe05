/*
 * pci.c: the bus for the drivers in builtin/dev: who drives what, and dev.h's
 * calls over the PCI hypercalls.
 */
#include <stdarg.h>
#include <stdio.h>
#include "dev.h"
#include <rump/pci.h>

#define REG_ID		0x00
#define REG_COMMAND	0x04
#define REG_CLASS	0x08
#define REG_SUBSYS	0x2c

#define MAXUNIT		64		/* drivers with units of their own */

extern const struct pcidriver *const __start_link_set_pci_drivers[]
    __attribute__((weak));
extern const struct pcidriver *const __stop_link_set_pci_drivers[]
    __attribute__((weak));

/* What pci.c knows of a function beside what drivers do. */
struct function {
	struct pcidev	d;		/* first */
	char		name[16];
	unsigned	life;		/* rumpcomp_pci_life() */
	LIST_ENTRY(function) link;	/* of those that have a driver */
	STAILQ_HEAD(, vector) vectors;
};
struct vector {
	void		*handle;
	STAILQ_ENTRY(vector) link;
};
#define FUNCTION(d)	((struct function *)(void *)(uintptr_t)(d))

static void __attribute__((format(printf, 2, 3)))
say(const struct pcidev *d, const char *fmt, ...)
{
	char text[96];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	k_printf("%s at pci %02x:%02x.%x %04x:%04x: %s\n",
	    d->name != NULL ? d->name : "device", d->bus, d->dev, d->fun,
	    d->vendor, d->device, text);
}

/* ---- configuration space, BARs ---- */

uint32_t
pcidev_read(const struct pcidev *d, unsigned reg)
{
	unsigned v;

	(void)rumpcomp_pci_confread(d->bus, d->dev, d->fun, (int)reg, &v);
	return v;
}

void
pcidev_write(const struct pcidev *d, unsigned reg, uint32_t v)
{

	(void)rumpcomp_pci_confwrite(d->bus, d->dev, d->fun, (int)reg, v);
}

/* The upper half is the status, whose bits are cleared by writing ones. */
void
pcidev_enable(const struct pcidev *d, enum pcidev_use use)
{
	uint32_t v = pcidev_read(d, REG_COMMAND) & 0xffff;

	v &= ~(uint32_t)PCIDEV_MASTER;
	pcidev_write(d, REG_COMMAND, v | use);
}

volatile void *
pcidev_map(const struct pcidev *d, int bar, size_t *len)
{
	unsigned long pa, size = 0;
	void *va = NULL;
	int error;

	error = rumpcomp_pci_bar(d->bus, d->dev, d->fun, bar, &pa, &size);
	if (error == 0 && (va = rumpcomp_pci_map(pa, size)) == NULL)
		error = ENOMEM;
	if (error != 0)
		say(d, "no memory BAR %d (error %d)", bar, error);
	*len = size;
	return va;
}

/* ---- interrupts ---- */

int
pcidev_vectors(const struct pcidev *d)
{

	return rumpcomp_pci_irq_vectors(d->bus, d->dev, d->fun);
}

int
pcidev_intr(struct pcidev *d, int n, int (*fn)(void *), void *arg)
{
	static unsigned cookie;		/* attach is one thread's */
	struct vector *v = kmem_zalloc(sizeof(*v));
	int error = ENOMEM;

	if (v != NULL) {
		cookie++;
		error = n == 0 && pcidev_vectors(d) == 0 ?
		    rumpcomp_pci_irq_map(d->bus, d->dev, d->fun, 0, cookie) :
		    rumpcomp_pci_irq_map_vector(d->bus, d->dev, d->fun, n,
		    cookie);
	}
	if (error == 0 && (v->handle = rumpcomp_pci_irq_establish(cookie, fn,
	    arg)) == NULL)
		error = EIO;
	if (error == 0) {
		STAILQ_INSERT_TAIL(&FUNCTION(d)->vectors, v, link);
		return 0;
	}
	if (v != NULL)
		kmem_free(v, sizeof(*v));
	say(d, "no interrupt %d (error %d)", n, error);
	return error;
}

/* ---- memory for devices ---- */

int
dma_alloc(struct dma *m, size_t size, size_t align)
{
	unsigned long pa, va;
	int error;

	error = rumpcomp_pci_dmalloc(size, align, &pa, &va);
	if (error != 0)
		return error;
	m->va = (void *)va;
	m->pa = pa;
	m->size = size;
	return 0;
}

void
dma_free(struct dma *m)
{

	if (m->va != NULL)
		rumpcomp_pci_dmafree((unsigned long)m->va, m->size);
	m->va = NULL;
}

/* ---- who drives what ---- */

static const struct pcidriver *
driver_for(const struct pcidev *d, size_t *n)
{
	const struct pcidriver *const *p = __start_link_set_pci_drivers;

	for (; p < __stop_link_set_pci_drivers; p++)
		if ((*p)->match(d)) {
			*n = p - __start_link_set_pci_drivers;
			return *p;
		}
	return NULL;
}

static void
detach(struct function *f)
{
	struct vector *v;

	pcidev_enable(&f->d, PCIDEV_OFF);
	while ((v = STAILQ_FIRST(&f->vectors)) != NULL) {
		STAILQ_REMOVE_HEAD(&f->vectors, link);
		rumpcomp_pci_irq_disestablish(v->handle);
		kmem_free(v, sizeof(*v));
	}
	rumpcomp_pci_release(f->d.bus, f->d.dev, f->d.fun);
}

/* True when a driver has it. */
static bool
offer(struct function *f)
{
	static uint8_t unit[MAXUNIT];
	const struct pcidriver *drv;
	struct pcidev *d = &f->d;
	size_t n;
	int error;

	if ((drv = driver_for(d, &n)) == NULL || n >= MAXUNIT)
		return false;
	snprintf(f->name, sizeof(f->name), "%s%u", drv->name, unit[n]);
	d->name = f->name;
	error = rumpcomp_pci_claim(d->bus, d->dev, d->fun, d->name);
	if (error == 0 && (error = drv->attach(d)) != 0)
		detach(f);
	if (error != 0) {
		say(d, "not attached (error %d)", error);
		return false;
	}
	unit[n]++;
	return true;
}

static void
describe(struct pcidev *d)
{
	uint32_t v;

	v = pcidev_read(d, REG_ID);
	d->vendor = v;
	d->device = v >> 16;
	v = pcidev_read(d, REG_CLASS);
	d->rev = v;
	d->progif = v >> 8;
	d->subclass = v >> 16;
	d->class = v >> 24;
	v = pcidev_read(d, REG_SUBSYS);
	d->subvendor = v;
	d->subdevice = v >> 16;
}

static LIST_HEAD(, function) driven = LIST_HEAD_INITIALIZER(driven);

static bool
is_driven(unsigned life)
{
	struct function *f;

	LIST_FOREACH(f, &driven, link)
		if (f->life == life)
			return true;
	return false;
}

/* Offer the nth function, unless it has a driver; false: there is none. */
static bool
look_at(unsigned n)
{
	struct function *f = kmem_zalloc(sizeof(*f));

	if (f == NULL ||
	    rumpcomp_pci_func(n, &f->d.bus, &f->d.dev, &f->d.fun) != 0) {
		kmem_free(f, sizeof(*f));
		return false;
	}
	STAILQ_INIT(&f->vectors);
	f->life = rumpcomp_pci_life(f->d.bus, f->d.dev, f->d.fun);
	if (!is_driven(f->life)) {
		describe(&f->d);
		if (offer(f)) {
			LIST_INSERT_HEAD(&driven, f, link);
			return true;	/* the driver's, for ever */
		}
	}
	kmem_free(f, sizeof(*f));
	return true;
}

static void
look(void)
{
	unsigned n;

	for (n = 0; look_at(n); n++)
		continue;
}

/* Functions that come later.  Of those that went the driver sees only ones. */
static void
look_again(void *arg)
{
	unsigned seen = (unsigned)(uintptr_t)arg;

	while ((seen = rumpcomp_pci_wait(seen)) != 0)
		look();
}

static int
pci_attach_all(void)
{
	unsigned seen = rumpcomp_pci_wait(0);

	look();
	return seen == 0 ? 0 : kthread_create("pcibus", look_again,
	    (void *)(uintptr_t)seen);
}
RUMP_COMPONENT(COMPONENT_DEV, pci_attach_all);
