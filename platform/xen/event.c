/*
 * The platform's own events, and those of plat.h.
 */
#include "pv.h"
#include "../common/xencons.h"
#include "../common/xenevent.h"

struct plat_irq {
	struct xen_port	port;
	bool		line;
	unsigned	pirq;		/* of a line */
	struct plat_irq	*next;		/* line */
};

static struct xen_port timers[MAXCPU], kicks[MAXCPU], console;
static struct plat_irq *lines;
static uint32_t lines_lock;

/* ---- for xenevent.c ---- */

unsigned
xen_vcpu(unsigned cpu)
{

	return cpu;
}

volatile struct vcpu_info *
xen_vcpu_info(unsigned cpu)
{

	return xen_vi[cpu];
}

void *
xen_event_page(void)
{

	return xen_pt_page();
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
	must(xen_port_open(&timers[cpu], port, cpu, xen_timer_intr, NULL),
	    "timer event");
	must(xen_event_op(EVTCHNOP_bind_ipi, &ipi), "wake-up event");
	must(xen_port_open(&kicks[cpu], ipi.port, cpu, kick, NULL),
	    "wake-up event");
}

void
plat_cpu_kick(unsigned n)
{

	xen_evtchn_notify(kicks[n].port);
}

void
xen_event_init(void)
{

	xen_events_init();
	xen_event_cpu(0);
	if (xencons_port() != 0)
		must(xen_port_open(&console, xencons_port(), 0, console_intr,
		    NULL), "console event");
}

/* ---- plat.h ---- */

int
plat_irq_event(unsigned port, unsigned cpu, plat_irq_fn fn, void *arg,
    struct plat_irq **pp)
{
	struct plat_irq *p;
	int error;

	if (cpu >= MAXCPU || xen_cpus[cpu] == NULL)
		return EINVAL;
	if ((p = kern_zalloc(sizeof(*p))) == NULL)
		return ENOMEM;
	if ((error = xen_port_open(&p->port, port, cpu, fn, arg)) != 0) {
		kern_free(p);
		return error;
	}
	*pp = p;
	return 0;
}

void
plat_irq_mask(struct plat_irq *p)
{

	xen_evtchn_mask(p->port.port);
}

/* A line may be raised again from here on, or still be. */
void
plat_irq_unmask(struct plat_irq *p)
{

	if (p->line)
		xen_pirq_eoi(p->pirq);
	xen_evtchn_unmask(p->port.port);
}

static void
line_add(struct plat_irq *p)
{
	unsigned long s = x86_lock(&lines_lock);

	p->next = lines;
	lines = p;
	x86_unlock(&lines_lock, s);
}

static void
line_remove(const struct plat_irq *p)
{
	unsigned long s = x86_lock(&lines_lock);
	struct plat_irq **pp;

	for (pp = &lines; *pp != NULL; pp = &(*pp)->next)
		if (*pp == p) {
			*pp = p->next;
			break;
		}
	x86_unlock(&lines_lock, s);
}

void
xen_lines_end(void)
{
	struct plat_irq *p;

	for (p = lines; p != NULL; p = p->next)
		xen_evtchn_close(p->port.port);
}

void
plat_irq_free(struct plat_irq *p)
{

	if (p->line)
		line_remove(p);
	xen_port_close(&p->port);
	kern_free(p);
}

/* gsi: Xen's number for this domain ("pirq"). */
int
plat_irq_line(unsigned gsi, unsigned flags, plat_irq_fn fn, void *arg,
    struct plat_irq **pp)
{
	evtchn_port_t port;
	struct plat_irq *p;
	int error;

	if ((p = kern_zalloc(sizeof(*p))) == NULL)
		return ENOMEM;
	p->line = true;
	p->pirq = gsi;
	if ((error = xen_pirq_port(gsi, &port)) != 0) {
		kern_free(p);
		return error;
	}
	*pp = p;
	if ((error = xen_port_open(&p->port, port, 0, fn, arg)) != 0) {
		xen_evtchn_close(port);
		kern_free(p);
		return error;
	}
	plat_irq_mask(p);
	line_add(p);
	return 0;
}

/* What a device would write is Xen's: xen/pciirq.c asks for messages. */
int
plat_irq_msi(unsigned cpu, plat_irq_fn fn, void *arg, struct plat_irq **pp,
    uint64_t *addr, uint32_t *data)
{

	return ENXIO;
}
