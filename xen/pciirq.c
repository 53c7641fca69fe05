/*
 * pciirq.c: interrupts of the back end's functions: each is a number that Xen
 * knows ("pirq"), which is bound to an event channel.  The line's is in the
 * register 0x3c; those of messages are the back end's answer, and the device's
 * tables are Xen's work.
 */
#include <stdio.h>
#include <string.h>
#include "pcifront.h"

#define MSIX_SIZE	0x07ff
#define LINE	(PLAT_IRQ_LEVEL | PLAT_IRQ_LOW | PLAT_IRQ_FOREIGN)

/* Of a function with MSI-X: all its entries are switched on at once. */
struct msix {
	unsigned	n;
	uint16_t	pirq[SH_INFO_MAX_VEC];
};

/* A message: what kern_irq_event() calls, and what that calls. */
struct msg {
	struct kern_irq	*irq;
	unsigned	pirq;
	int		(*fn)(void *);
	void		*arg;
};

/* The next one may come from here on: a message is no level. */
static int
message(void *arg)
{
	struct msg *m = arg;

	xen_pirq_eoi(m->pirq);
	return m->fn(m->arg);
}

/* ---- a line that nobody of ours listens to yet ---- */

/*
 * A function that is switched on may have its line raised by who had it before, or
 * by its driver, which has gone.  dom0, whose pciback then listens, would take one
 * interrupt after the other; but Xen waits for all who are bound, a millisecond at
 * most.  So the line is bound before, and after.  By number of the line, which is a
 * byte.
 */
static struct kern_irq *held[256];
static uint32_t opened[256];

static int
nobody(void *arg)
{

	return 0;
}

static void
let_go(unsigned line)
{
	struct kern_irq *i;

	i = __atomic_exchange_n(&held[line], NULL, __ATOMIC_SEQ_CST);
	if (i != NULL)
		kern_irq_free(i);
}

static bool
has_line(const struct pci_func *f)
{

	return f->intpin != 0 && f->intline != 0 && f->intline != 255;
}

void
pciirq_hold(const struct pci_func *f)
{
	struct kern_irq *i, *none = NULL;
	unsigned line = f->intline;
	char name[32];

	if (!has_line(f) || f->nirq != 0 || held[line] != NULL ||
	    __atomic_load_n(&opened[line], __ATOMIC_SEQ_CST) != 0)
		return;
	(void)snprintf(name, sizeof(name), "pci %x:%x.%x", f->bus, f->dev,
	    f->fun);
	if (kern_irq_line(name, line, LINE, nobody, NULL, &i) != 0)
		return;
	if (!__atomic_compare_exchange_n(&held[line], &none, i, false,
	    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		kern_irq_free(i);
}

/* ---- MSI-X ---- */

static void
simple_op(const struct pci_func *f, uint32_t cmd)
{
	struct xen_pci_op op;

	memset(&op, 0, offsetof(struct xen_pci_op, msix_entries));
	pciop_for(&op, cmd, f->bus, f->dev, f->fun);
	(void)pciop(&op);
}

static void
msix_off(struct pci_func *f)
{

	if (f->host == NULL)
		return;
	simple_op(f, XEN_PCI_OP_disable_msix);
	kern_free(f->host);
	f->host = NULL;
}

void
pciirq_gone(struct pci_func *f)
{

	msix_off(f);
	let_go(f->intline);
}

/* As many as a driver finds use for, of those that there are. */
static unsigned
msix_wanted(const struct pci_func *f)
{
	unsigned n = (pci_read(f, f->cap_msix + 2, 2) & MSIX_SIZE) + 1;
	unsigned most = 2 * kern_ncpu() + 6;

	if (n > most)
		n = most;
	return n < SH_INFO_MAX_VEC ? n : SH_INFO_MAX_VEC;
}

/* n entries on.  What the back end says they are is Xen's to check. */
static int
msix_on(struct pci_func *f, unsigned n)
{
	struct xen_pci_op *op;
	struct msix *m;
	unsigned i;
	int error;

	m = kern_zalloc(sizeof(*m));
	op = kern_zalloc(sizeof(*op));
	error = m != NULL && op != NULL ? 0 : ENOMEM;
	if (error == 0) {
		pciop_for(op, XEN_PCI_OP_enable_msix, f->bus, f->dev, f->fun);
		op->value = n;
		for (i = 0; i < n; i++)
			op->msix_entries[i].entry = (uint16_t)i;
		error = pciop(op);
	}
	if (error == 0) {
		m->n = n;
		for (i = 0; i < n; i++)
			m->pirq[i] = op->msix_entries[i].vector;
		f->host = m;
	} else
		kern_free(m);
	kern_free(op);
	return error;
}

unsigned
pciirq_msix(struct pci_func *f)
{
	unsigned n;

	if (f->host == NULL && f->cap_msix != 0) {
		for (n = msix_wanted(f); n > 0; n /= 2)
			if (msix_on(f, n) != EIO)
				break;
		if (f->host == NULL) {
			kern_printf("pci %x:%x.%x: no MSI-X to be had\n",
			    f->bus, f->dev, f->fun);
			f->cap_msix = 0;
		}
	}
	return f->host != NULL ? ((struct msix *)f->host)->n : 0;
}

/* ---- all kinds ---- */

static int
msi_on(struct pci_func *f, unsigned *pirq)
{
	struct xen_pci_op op;
	int error;

	memset(&op, 0, offsetof(struct xen_pci_op, msix_entries));
	pciop_for(&op, XEN_PCI_OP_enable_msi, f->bus, f->dev, f->fun);
	error = pciop(&op);
	*pirq = op.value;
	return error;
}

static int
bind(struct msg *m, const char *name, int cpu)
{
	evtchn_port_t port;
	int error;

	if ((error = xen_evtchn_pirq(m->pirq, false, &port)) != 0)
		return error;
	error = kern_irq_event(name, port, cpu, message, m, &m->irq);
	if (error != 0)
		xen_evtchn_close(port);
	return error;
}

static int
open_message(struct pci_func *f, enum pci_kind kind, unsigned entry,
    const char *name, int cpu, struct msg *m)
{
	int error;

	if (kind == PCI_MSIX)
		m->pirq = ((struct msix *)f->host)->pirq[entry];
	else if ((error = msi_on(f, &m->pirq)) != 0)
		return error;
	if ((error = bind(m, name, cpu)) != 0 && kind == PCI_MSI)
		simple_op(f, XEN_PCI_OP_disable_msi);
	return error;
}

int
pciirq_open(struct pci_func *f, enum pci_kind kind, unsigned entry,
    const char *name, int cpu, int (*fn)(void *), void *arg, void **cookie)
{
	struct msg *m;
	int error;

	if (kind != PCI_MSIX)
		msix_off(f);
	if ((m = kern_zalloc(sizeof(*m))) == NULL)
		return ENOMEM;
	m->fn = fn;
	m->arg = arg;
	if (kind != PCI_INTX)
		error = open_message(f, kind, entry, name, cpu, m);
	else if (!has_line(f))
		error = ENXIO;
	else
		error = kern_irq_line(name, f->intline, LINE, fn, arg, &m->irq);
	if (error != 0) {
		kern_free(m);
		return error;
	}
	if (kind == PCI_INTX)
		__atomic_fetch_add(&opened[f->intline], 1, __ATOMIC_SEQ_CST);
	let_go(f->intline);
	*cookie = m;
	return 0;
}

void
pciirq_close(struct pci_func *f, enum pci_kind kind, unsigned entry,
    void *cookie)
{
	struct msg *m = cookie;

	if (kind == PCI_INTX &&
	    __atomic_fetch_sub(&opened[f->intline], 1, __ATOMIC_SEQ_CST) == 1)
		pciirq_hold(f);
	kern_irq_free(m->irq);
	if (kind == PCI_MSI)
		simple_op(f, XEN_PCI_OP_disable_msi);
	else if (kind == PCI_MSIX && f->nirq == 0)
		msix_off(f);
	kern_free(m);
}
