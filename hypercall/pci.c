/*
 * pci.c: the PCI bus for a rump kernel's own drivers (include/rump/pci.h):
 * functions, their owners, configuration space, BARs.  Interrupts are in
 * pci_irq.c, memory for devices in pci_dma.c.
 *
 * A function is the rump kernel's from the moment a driver of its claims it,
 * writes to it, reads a BAR of it or asks for its interrupt.  Functions of the
 * platform's drivers are not on the bus that it sees.
 */
#include "pci.h"
#include <stdio.h>

#define OWNER		"rump kernel"	/* nobody claimed it by name */
#define PREFIX		"rump "		/* of all owners above the line */

#define REG_COMMAND	0x04
#define CMD_MEM		0x0002
#define REG_BAR0	0x10
#define REG_BAREND	0x28

static bool
pci_ours(const struct pci_func *f)
{

	return f->owner != NULL &&
	    strncmp(f->owner, PREFIX, sizeof(PREFIX) - 1) == 0;
}

struct pci_func *
hyp_pci_visible(unsigned bus, unsigned dev, unsigned fun)
{
	struct pci_func *f = pci_find(bus, dev, fun);

	return f == NULL || f->kept || (f->owner != NULL && !pci_ours(f)) ?
	    NULL : f;
}

int
hyp_pci_take(struct pci_func *f)
{
	int nlocks, error;

	if (f->owner != NULL)
		return 0;
	nlocks = hyp_unschedule(NULL);
	error = pci_claim(f, OWNER);
	hyp_schedule(nlocks, NULL);
	return error == 0 || pci_ours(f) ? 0 : error;
}

int
rumpcomp_pci_func(unsigned n, unsigned *bus, unsigned *dev, unsigned *fun)
{
	struct pci_func *f;

	for (f = pci_first(); f != NULL; f = pci_next(f))
		if ((f->owner == NULL || pci_ours(f)) && n-- == 0) {
			*bus = f->bus;
			*dev = f->dev;
			*fun = f->fun;
			return 0;
		}
	return ENXIO;
}

int
rumpcomp_pci_claim(unsigned bus, unsigned dev, unsigned fun, const char *name)
{
	struct pci_func *f = pci_find(bus, dev, fun);
	char *owner;
	int nlocks, error;

	if (f == NULL)
		return ENXIO;
	if ((owner = kern_malloc(32, 0)) == NULL)
		return ENOMEM;
	(void)snprintf(owner, 32, PREFIX "%s", name);
	nlocks = hyp_unschedule(NULL);
	error = pci_claim(f, owner);
	hyp_schedule(nlocks, NULL);
	if (error != 0)
		kern_free(owner);
	return error;
}

void
rumpcomp_pci_release(unsigned bus, unsigned dev, unsigned fun)
{
	struct pci_func *f = pci_find(bus, dev, fun);
	const char *owner;

	if (f == NULL || !pci_ours(f))
		return;
	owner = f->owner;
	pci_enable(f, false);
	pci_release(f);
	if (strcmp(owner, OWNER) != 0)
		kern_free((void *)(uintptr_t)owner);
}

int
rumpcomp_pci_confread(unsigned bus, unsigned dev, unsigned fun, int reg,
    unsigned int *v)
{
	struct pci_func *f = hyp_pci_visible(bus, dev, fun);

	*v = 0xffffffff;
	if (reg < 0 || reg > 0xffc || (reg & 3) != 0)
		return EINVAL;
	if (f == NULL)
		return ENXIO;
	if (reg >= REG_BAR0 && reg < REG_BAREND && hyp_pci_take(f) != 0)
		return EBUSY;
	*v = pci_read(f, (unsigned)reg, 4);
	return 0;
}

int
rumpcomp_pci_confwrite(unsigned bus, unsigned dev, unsigned fun, int reg,
    unsigned int v)
{
	struct pci_func *f = hyp_pci_visible(bus, dev, fun);

	if (reg < 0 || reg > 0xffc || (reg & 3) != 0)
		return EINVAL;
	if (f == NULL)
		return ENXIO;
	/*
	 * NetBSD switches memory decoding on for whatever it finds: that is
	 * no driver's doing, and the addresses may not be there yet.
	 */
	if (reg == REG_COMMAND && f->owner == NULL &&
	    ((v ^ pci_read(f, REG_COMMAND, 2)) & 0xffff) == CMD_MEM)
		return 0;
	if (hyp_pci_take(f) != 0)
		return EBUSY;
	pci_write(f, (unsigned)reg, 4, v);
	return 0;
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
