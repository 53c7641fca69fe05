/*
 * pci_irq.c: interrupts of PCI functions for drivers above the line.  A cookie
 * of theirs stands for a line or a vector; a handler runs in the interrupt's
 * thread, with the rump kernel's context and the big lock.
 */
#include "pci.h"
#include <stdio.h>

struct pci_handler {
	struct pci_func	*func;
	int		entry;		/* of pci_irq_establish() */
	unsigned	cookie;
	bool		used;		/* established */
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

/* handlers_lock held. */
static struct pci_handler *
pci_handler_find(unsigned cookie)
{
	struct pci_handler *h;

	LIST_FOREACH(h, &handlers, link)
		if (h->cookie == cookie)
			break;
	return h;
}

/* cookie stands for this from now on, whatever it was, if it was not in use. */
static int
pci_handler_map(struct pci_func *f, int entry, unsigned cookie)
{
	struct pci_handler *h, *new = kern_zalloc(sizeof(*new));
	unsigned long s;
	int error = 0;

	if (new == NULL)
		return ENOMEM;
	s = kern_spin_lock(&handlers_lock);
	if ((h = pci_handler_find(cookie)) == NULL) {
		h = new;
		new = NULL;
		h->cookie = cookie;
		LIST_INSERT_HEAD(&handlers, h, link);
	}
	if (h->used)
		error = EBUSY;
	else {
		h->func = f;
		h->entry = entry;
	}
	kern_spin_unlock(&handlers_lock, s);
	kern_free(new);
	return error;
}

/*
 * The caller, NetBSD's pci_intr_map(), takes no notice of an error: it must be
 * seen on the console.
 */
int
rumpcomp_pci_irq_map(unsigned bus, unsigned dev, unsigned fun, int intrline,
    unsigned cookie)
{
	struct pci_func *f = hyp_pci_visible(bus, dev, fun);
	int error = f == NULL ? ENXIO : hyp_pci_take(f);

	(void)intrline;		/* pci/ knows the line better than 0x3c */
	if (error == 0)
		error = pci_handler_map(f, PCI_IRQ_LINE, cookie);
	if (error != 0)
		kern_printf("pci: %02x:%02x.%x: no interrupt (error %d)\n",
		    bus, dev, fun, error);
	return error;
}

int
rumpcomp_pci_irq_vectors(unsigned bus, unsigned dev, unsigned fun)
{
	struct pci_func *f = hyp_pci_visible(bus, dev, fun);
	int nlocks, n = 0;

	if (f == NULL || hyp_pci_take(f) != 0)
		return 0;
	nlocks = hyp_unschedule(NULL);
	if (strcmp(pci_irq_best(f), "intx") != 0)
		n = pci_irq_count(f);
	hyp_schedule(nlocks, NULL);
	return n;
}

int
rumpcomp_pci_irq_map_vector(unsigned bus, unsigned dev, unsigned fun, int n,
    unsigned cookie)
{
	struct pci_func *f = hyp_pci_visible(bus, dev, fun);

	if (f == NULL)
		return ENXIO;
	if (n < 0 || n >= rumpcomp_pci_irq_vectors(bus, dev, fun))
		return EINVAL;
	return pci_handler_map(f, n, cookie);
}

void *
rumpcomp_pci_irq_establish(unsigned cookie, int (*fn)(void *), void *arg)
{
	struct pci_handler *h;
	unsigned long s;
	char name[32];
	int nlocks, error;

	s = kern_spin_lock(&handlers_lock);
	if ((h = pci_handler_find(cookie)) != NULL && h->used)
		h = NULL;
	if (h != NULL)
		h->used = true;
	kern_spin_unlock(&handlers_lock, s);
	if (h == NULL)
		return NULL;
	h->fn = fn;
	h->arg = arg;
	(void)snprintf(name, sizeof(name),
	    h->entry > 0 ? "%s %02x:%02x.%x/%d" : "%s %02x:%02x.%x",
	    h->func->owner != NULL ? h->func->owner : "rump", h->func->bus,
	    h->func->dev, h->func->fun, h->entry);
	nlocks = hyp_unschedule(NULL);
	error = pci_irq_establish(h->func, h->entry, name, KERN_CPU_ANY,
	    pci_handle, h, &h->irq);
	hyp_schedule(nlocks, NULL);
	if (error != 0)
		h->used = false;
	return error == 0 ? h : NULL;
}

void
rumpcomp_pci_irq_disestablish(void *handle)
{
	struct pci_handler *h = handle;
	unsigned long s;
	int nlocks;

	nlocks = hyp_unschedule(NULL);
	pci_irq_free(h->irq);
	hyp_schedule(nlocks, NULL);
	s = kern_spin_lock(&handlers_lock);
	LIST_REMOVE(h, link);
	kern_spin_unlock(&handlers_lock, s);
	kern_free(h);
}
