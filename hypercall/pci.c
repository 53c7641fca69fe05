/*
 * pci.c: the PCI bus for a rump kernel's own drivers (include/rump/pci.h).
 *
 * A function is the rump kernel's from the moment a driver of its writes to
 * it, reads a BAR of it or asks for its interrupt.  Functions of the
 * platform's drivers are not on the bus that it sees.
 */
#include <stdio.h>
#include "hyp.h"
#include <pci.h>
#include <rump/pci.h>

#define OWNER		"rump kernel"

#define REG_COMMAND	0x04
#define CMD_MEM		0x0002
#define REG_BAR0	0x10
#define REG_BAREND	0x28

static struct pci_func *
pci_visible(unsigned bus, unsigned dev, unsigned fun)
{
	struct pci_func *f = pci_find(bus, dev, fun);

	if (f == NULL || (f->owner != NULL && strcmp(f->owner, OWNER) != 0))
		return NULL;
	return f;
}

/* It becomes ours if it is nobody's; BARs are sized and have addresses then. */
static int
pci_take(struct pci_func *f)
{

	return f->owner != NULL ? 0 : pci_claim(f, OWNER);
}

int
rumpcomp_pci_confread(unsigned bus, unsigned dev, unsigned fun, int reg,
    unsigned int *v)
{
	struct pci_func *f = pci_visible(bus, dev, fun);

	*v = 0xffffffff;
	if (reg < 0 || reg > 0xffc || (reg & 3) != 0)
		return EINVAL;
	if (f == NULL)
		return ENXIO;
	if (reg >= REG_BAR0 && reg < REG_BAREND && pci_take(f) != 0)
		return EBUSY;
	*v = pci_read(f, (unsigned)reg, 4);
	return 0;
}

int
rumpcomp_pci_confwrite(unsigned bus, unsigned dev, unsigned fun, int reg,
    unsigned int v)
{
	struct pci_func *f = pci_visible(bus, dev, fun);

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
	if (pci_take(f) != 0)
		return EBUSY;
	pci_write(f, (unsigned)reg, 4, v);
	return 0;
}

void *
rumpcomp_pci_map(unsigned long pa, unsigned long len)
{
	unsigned long in = pa & (PAGE_SIZE - 1);
	char *va;

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

/* ---- interrupts ---- */

struct pci_handler {
	struct pci_func	*func;
	unsigned	cookie;
	int		(*fn)(void *);
	void		*arg;
	struct pci_irq	*irq;
	LIST_ENTRY(pci_handler) link;
};
static LIST_HEAD(, pci_handler) handlers = LIST_HEAD_INITIALIZER(handlers);
static struct kern_spin handlers_lock = KERN_SPIN_INIT;

/* In the interrupt's thread.  The kernel forgets MPSAFE: with the big lock. */
static int
pci_handle(void *arg)
{
	struct pci_handler *h = arg;
	int mine;

	hyp_enter(1);
	mine = h->fn(h->arg);
	hyp_leave();
	return mine;
}

/*
 * cookie stands for the function's line from now on.  The caller, NetBSD's
 * pci_intr_map(), takes no notice of an error: it must be seen on the console.
 */
int
rumpcomp_pci_irq_map(unsigned bus, unsigned dev, unsigned fun, int intrline,
    unsigned cookie)
{
	struct pci_func *f = pci_visible(bus, dev, fun);
	struct pci_handler *h;
	unsigned long s;
	int error = f == NULL ? ENXIO : pci_take(f);

	(void)intrline;		/* pci/ knows the line better than 0x3c */
	if (error == 0 && (h = kern_zalloc(sizeof(*h))) == NULL)
		error = ENOMEM;
	if (error != 0) {
		kern_printf("pci: %02x:%02x.%x: no interrupt (error %d)\n",
		    bus, dev, fun, error);
		return error;
	}
	h->func = f;
	h->cookie = cookie;
	s = kern_spin_lock(&handlers_lock);
	LIST_INSERT_HEAD(&handlers, h, link);
	kern_spin_unlock(&handlers_lock, s);
	return 0;
}

void *
rumpcomp_pci_irq_establish(unsigned cookie, int (*fn)(void *), void *arg)
{
	struct pci_handler *h;
	unsigned long s;
	char name[32];
	int nlocks, error;

	s = kern_spin_lock(&handlers_lock);
	LIST_FOREACH(h, &handlers, link)
		if (h->cookie == cookie)
			break;
	kern_spin_unlock(&handlers_lock, s);
	if (h == NULL || h->irq != NULL)
		return NULL;
	h->fn = fn;
	h->arg = arg;
	(void)snprintf(name, sizeof(name), "rump %02x:%02x.%x", h->func->bus,
	    h->func->dev, h->func->fun);
	nlocks = hyp_unschedule(NULL);
	error = pci_irq_establish(h->func, PCI_IRQ_INTX, name, KERN_CPU_ANY,
	    pci_handle, h, &h->irq);
	hyp_schedule(nlocks, NULL);
	return error == 0 ? h : NULL;
}

/* ---- memory that devices read and write ---- */

/*
 * One piece, below 4 GB: the kernel gives no limits, and there are devices
 * and drivers that need one.
 */
int
rumpcomp_pci_dmalloc(size_t size, size_t align, unsigned long *pap,
    unsigned long *vap)
{
	size_t n = (size + PAGE_SIZE - 1) >> PAGE_SHIFT;
	void *va;

	if (size == 0 || (align & (align - 1)) != 0)
		return EINVAL;
	va = kern_page_alloc(n, align > PAGE_SIZE ? align : 0,
	    KERN_PG_LOW4G | KERN_PG_ZERO);
	if (va == NULL)
		return ENOMEM;
	*pap = plat_virt_to_phys(va);
	*vap = (unsigned long)va;
	return 0;
}

void
rumpcomp_pci_dmafree(unsigned long va, size_t size)
{

	kern_page_free((void *)va, (size + PAGE_SIZE - 1) >> PAGE_SHIFT);
}

/* What dmalloc gave is mapped already, and is one piece. */
int
rumpcomp_pci_dmamem_map(struct rumpcomp_pci_dmaseg *segs, size_t nseg,
    size_t totlen, void **vap)
{

	if (nseg != 1 || totlen > segs->ds_len)
		return EOPNOTSUPP;
	*vap = (void *)segs->ds_vacookie;
	return 0;
}

unsigned long
rumpcomp_pci_virt_to_mach(void *va)
{

	return plat_virt_to_phys(va);
}
