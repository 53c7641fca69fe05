/*
 * pci.c: the PCI bus for a rump kernel's own drivers (include/rump/pci.h):
 * functions, their owners, BARs.  Configuration space is in pci_conf.c,
 * interrupts in pci_irq.c, memory for devices in pci_dma.c.
 *
 * A function is the rump kernel's from the moment a driver of its claims it,
 * writes to it, or asks for a BAR or its interrupt.  Functions of the platform's
 * drivers are not on the bus that it sees.
 *
 * NetBSD's rump kernel looks at bus 0 only, and has no driver for bridges.  So a
 * device behind bridges is at a free device number of bus 0, too.
 */
#include "pci.h"
#include <stdio.h>

#define OWNER		"rump kernel"	/* nobody claimed it by name */
#define PREFIX		"rump "		/* of all owners above the line */

static bool
pci_ours(const struct pci_func *f)
{

	return f->owner != NULL &&
	    strncmp(f->owner, PREFIX, sizeof(PREFIX) - 1) == 0;
}

/* It is ours or nobody's, and not kept for a driver of the platform. */
static bool
may_have(const struct pci_func *f)
{

	return f->owner != NULL ? pci_ours(f) : !f->kept;
}

#define NDEV	32

static struct pci_func *behind[NDEV];	/* function 0 of who is shown there */

static void
pci_show_behind(void)
{
	struct pci_func *f;
	unsigned dev = 0;

	for (f = pci_first(); f != NULL; f = pci_next(f)) {
		if (f->bus == 0 || f->fun != 0)
			continue;
		while (dev < NDEV && pci_find(0, dev, 0) != NULL)
			dev++;
		if (dev == NDEV)
			break;
		behind[dev++] = f;
	}
}
KERN_INIT(KERN_INIT_LATE, pci_show_behind);

static struct pci_func *
find(unsigned bus, unsigned dev, unsigned fun)
{
	struct pci_func *f;

	if (bus == 0 && dev < NDEV && (f = behind[dev]) != NULL)
		return pci_find(f->bus, f->dev, fun);
	return pci_find(bus, dev, fun);
}

struct pci_func *
hyp_pci_visible(unsigned bus, unsigned dev, unsigned fun)
{
	struct pci_func *f = find(bus, dev, fun);

	return f != NULL && may_have(f) ? f : NULL;
}

int
hyp_pci_take(struct pci_func *f)
{
	int nlocks, error;

	if (f->owner != NULL)
		return 0;
	nlocks = hyp_unschedule(NULL);
	if ((error = pci_claim(f, OWNER)) == 0)
		hyp_pci_decode(f);
	hyp_schedule(nlocks, NULL);
	return error == 0 || pci_ours(f) ? 0 : error;
}

int
rumpcomp_pci_func(unsigned n, unsigned *bus, unsigned *dev, unsigned *fun)
{
	struct pci_func *f;

	for (f = pci_first(); f != NULL; f = pci_next(f))
		if (may_have(f) && n-- == 0) {
			*bus = f->bus;
			*dev = f->dev;
			*fun = f->fun;
			return 0;
		}
	return ENXIO;
}

unsigned
rumpcomp_pci_life(unsigned bus, unsigned dev, unsigned fun)
{
	struct pci_func *f = hyp_pci_visible(bus, dev, fun);

	return f != NULL ? f->life : 0;
}

unsigned
rumpcomp_pci_wait(unsigned seen)
{
	unsigned now;
	int nlocks;

	nlocks = hyp_unschedule(NULL);
	now = pci_wait_change(seen);
	hyp_schedule(nlocks, NULL);
	return now;
}

int
rumpcomp_pci_claim(unsigned bus, unsigned dev, unsigned fun, const char *name)
{
	struct pci_func *f = find(bus, dev, fun);
	char owner[32];
	int nlocks, error;

	if (f == NULL)
		return ENXIO;
	(void)snprintf(owner, sizeof(owner), PREFIX "%s", name);
	nlocks = hyp_unschedule(NULL);
	error = pci_claim(f, owner);
	hyp_schedule(nlocks, NULL);
	return error;
}

void
rumpcomp_pci_release(unsigned bus, unsigned dev, unsigned fun)
{
	struct pci_func *f = find(bus, dev, fun);

	if (f == NULL || !pci_ours(f))
		return;
	pci_enable(f, false);
	pci_release(f);
}

void *
rumpcomp_pci_map(unsigned long pa, unsigned long len)
{
	unsigned long in = pa & (PAGE_SIZE - 1);
	char *va;

	if (len == 0 || pa + len < pa)
		return NULL;
	va = plat_map_io(pa - in, (len + in + PAGE_SIZE - 1) &
	    ~(PAGE_SIZE - 1));
	if (va == NULL)
		kern_printf("pci: cannot map %lu bytes at 0x%lx\n", len, pa);
	return va != NULL ? va + in : NULL;
}

int
rumpcomp_pci_iospace_init(void)
{

	return 0;		/* ports are open to all of us */
}

int
rumpcomp_pci_bar(unsigned bus, unsigned dev, unsigned fun, int bar,
    unsigned long *pa, unsigned long *size)
{
	struct pci_func *f = hyp_pci_visible(bus, dev, fun);

	*pa = *size = 0;
	if (f == NULL || bar < 0 || bar > 5)
		return ENXIO;
	if (hyp_pci_take(f) != 0)
		return EBUSY;
	if (f->bar[bar].io || f->bar[bar].addr == 0 || f->bar[bar].size == 0)
		return ENXIO;
	*pa = f->bar[bar].addr;
	*size = f->bar[bar].size;
	return 0;
}
