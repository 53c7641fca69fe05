/*
 * Event channels, the two-level way (event_channel.h): a bit for each port in
 * shared_info, a word of summary bits in each VCPU's vcpu_info.
 */
#include <string.h>

#include "pv.h"
#include "../common/xencons.h"

#define NPORT		(sizeof(xen_ulong_t) * sizeof(xen_ulong_t) * 64)
#define WORD(port)	((port) / 64)
#define BIT(port)	(1UL << (port) % 64)

static struct plat_irq *ports[NPORT];
static struct plat_irq *freelist;
static struct plat_irq *running[MAXCPU];	/* its handler runs there */
static struct plat_irq timers[MAXCPU], kicks[MAXCPU], console;
static uint32_t lock;

/* ---- ports ---- */

void
xen_evtchn_mask(evtchn_port_t port)
{

	__atomic_fetch_or(&xen_shared_info->evtchn_mask[WORD(port)], BIT(port),
	    __ATOMIC_SEQ_CST);
}

void
xen_event_set(struct plat_irq *p, evtchn_port_t port, unsigned cpu,
    plat_irq_fn fn, void *arg)
{

	p->fn = fn;
	p->arg = arg;
	p->port = port;
	p->cpu = cpu;
	__atomic_store_n(&ports[port], p, __ATOMIC_SEQ_CST);
	xen_evtchn_unmask(port);
}

static void
run(evtchn_port_t port, unsigned cpu)
{
	struct plat_irq *p = __atomic_load_n(&ports[port], __ATOMIC_SEQ_CST);
	plat_irq_fn fn;

	/* Its bit stays, for the CPU that it belongs to. */
	if (p != NULL && p->cpu != cpu)
		return;
	/* Whoever frees it waits for this mark to go (plat_irq_free). */
	__atomic_store_n(&running[cpu], p, __ATOMIC_SEQ_CST);
	if (p != NULL && ports[port] == p &&
	    (fn = __atomic_load_n(&p->fn, __ATOMIC_SEQ_CST)) != NULL) {
		__atomic_fetch_and(&xen_shared_info->evtchn_pending[WORD(port)],
		    ~BIT(port), __ATOMIC_SEQ_CST);
		fn(p->arg);
	} else
		xen_evtchn_mask(port);
	__atomic_store_n(&running[cpu], NULL, __ATOMIC_RELEASE);
}

/* Events masked, on an event stack. */
void
xen_event_dispatch(void)
{
	struct plat_cpu *c = xen_self();
	struct vcpu_info *v = xen_vcpu[c->num];
	unsigned long sel, bits;
	unsigned w;

	do {
		__atomic_store_n(&v->evtchn_upcall_pending, 0,
		    __ATOMIC_SEQ_CST);
		sel = __atomic_exchange_n(&v->evtchn_pending_sel, 0,
		    __ATOMIC_SEQ_CST);
		for (; sel != 0; sel &= sel - 1) {
			w = (unsigned)__builtin_ctzl(sel);
			bits = __atomic_load_n(
			    &xen_shared_info->evtchn_pending[w],
			    __ATOMIC_SEQ_CST) & ~__atomic_load_n(
			    &xen_shared_info->evtchn_mask[w],
			    __ATOMIC_SEQ_CST);
			for (; bits != 0; bits &= bits - 1)
				run(w * 64 + (unsigned)__builtin_ctzl(bits),
				    (unsigned)c->num);
		}
	} while (__atomic_load_n(&v->evtchn_upcall_pending, __ATOMIC_SEQ_CST));
}

/* ---- the platform's own ---- */

static void
kick(void *arg)
{

	kern_resched_intr();
}

static void
console_intr(void *arg)
{

	kern_console_intr();
}

static void
must(int error, const char *what)
{

	if (error != 0)
		kern_panic("xen: %s: error %d", what, error);
}

void
xen_event_cpu(unsigned cpu)
{
	struct evtchn_bind_ipi ipi = { .vcpu = cpu };
	evtchn_port_t port;

	must(xen_evtchn_virq(VIRQ_TIMER, cpu, &port), "timer event");
	xen_event_set(&timers[cpu], port, cpu, xen_timer_intr, NULL);
	must(xen_event_op(EVTCHNOP_bind_ipi, &ipi), "wake-up event");
	xen_event_set(&kicks[cpu], ipi.port, cpu, kick, NULL);
}

void
plat_cpu_kick(unsigned n)
{

	xen_evtchn_notify(kicks[n].port);
}

/* Everything masked: an event can only come where there is a handler. */
void
xen_event_init(void)
{

	memset(xen_shared_info->evtchn_mask, 0xff,
	    sizeof(xen_shared_info->evtchn_mask));
	xen_event_cpu(0);
	if (xencons_port() != 0)
		xen_event_set(&console, xencons_port(), 0, console_intr, NULL);
}

void
xen_event_forget(void)
{
	unsigned port;

	for (port = 0; port < NPORT; port++)
		if (ports[port] != NULL) {
			ports[port]->port = 0;
			ports[port] = NULL;
		}
}

/* ---- plat.h ---- */

static struct plat_irq *
take(void)
{
	struct plat_irq *p, *page = NULL;
	unsigned long s;
	size_t i;

	if (__atomic_load_n(&freelist, __ATOMIC_RELAXED) == NULL &&
	    (page = kern_page_alloc(1, 0, KERN_PG_ZERO)) == NULL)
		return NULL;
	s = x86_lock(&lock);
	for (i = 0; page != NULL && i < PAGE_SIZE / sizeof(*p); i++) {
		page[i].next = freelist;
		freelist = &page[i];
	}
	if ((p = freelist) != NULL)
		freelist = p->next;
	x86_unlock(&lock, s);
	return p;
}

int
plat_irq_event(unsigned port, unsigned cpu, plat_irq_fn fn, void *arg,
    struct plat_irq **pp)
{
	struct evtchn_bind_vcpu b = { .port = port, .vcpu = cpu };
	struct plat_irq *p;
	int error;

	if (port == 0 || port >= NPORT || cpu >= MAXCPU ||
	    xen_cpus[cpu] == NULL)
		return EINVAL;
	if (ports[port] != NULL)
		return EBUSY;
	if ((error = xen_event_op(EVTCHNOP_bind_vcpu, &b)) != 0)
		return error;
	if ((p = take()) == NULL)
		return ENOMEM;
	*pp = p;
	xen_event_set(p, port, cpu, fn, arg);
	return 0;
}

void
plat_irq_mask(struct plat_irq *p)
{

	if (p->port != 0)
		xen_evtchn_mask(p->port);
}

void
plat_irq_unmask(struct plat_irq *p)
{

	if (p->port != 0)
		xen_evtchn_unmask(p->port);
}

void
plat_irq_free(struct plat_irq *p)
{
	evtchn_port_t port = p->port;
	unsigned long s;

	if (port != 0) {
		xen_evtchn_mask(port);
		__atomic_store_n(&ports[port], NULL, __ATOMIC_SEQ_CST);
		while (__atomic_load_n(&running[p->cpu], __ATOMIC_SEQ_CST) == p)
			plat_pause();
		xen_evtchn_close(port);
	}
	s = x86_lock(&lock);
	p->next = freelist;
	freelist = p;
	x86_unlock(&lock, s);
}

/* Lines and messages are a PCI front end's, which does not exist yet. */
int
plat_irq_msi(unsigned cpu, plat_irq_fn fn, void *arg, struct plat_irq **pp,
    uint64_t *addr, uint32_t *data)
{

	return ENXIO;
}

int
plat_irq_line(unsigned gsi, unsigned flags, plat_irq_fn fn, void *arg,
    struct plat_irq **pp)
{

	return ENXIO;
}
