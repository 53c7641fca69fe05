/* event.c: event channels with interrupt threads. */
#include "event.h"

int
xen_event_bind(struct xen_event *e, const char *name, evtchn_port_t port,
    int cpu, int (*fn)(void *), void *arg)
{

	e->port = port;
	return kern_irq_event(name, port, cpu, fn, arg, &e->irq);
}

int
xen_event_alloc(struct xen_event *e, const char *name, domid_t dom, int cpu,
    int (*fn)(void *), void *arg)
{
	evtchn_port_t port;
	int error;

	if ((error = xen_evtchn_alloc(dom, &port)) != 0)
		return error;
	if ((error = xen_event_bind(e, name, port, cpu, fn, arg)) != 0)
		xen_evtchn_close(port);
	return error;
}

void
xen_event_free(struct xen_event *e)
{

	if (e->irq != NULL)
		kern_irq_free(e->irq);
	e->irq = NULL;
	e->port = 0;
}
