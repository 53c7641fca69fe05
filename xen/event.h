/*
 * event.h: an event channel with its interrupt thread.  Thread context unless
 * a line says more.
 */
#ifndef SIRLOIN_XEN_EVENT_H
#define SIRLOIN_XEN_EVENT_H

#include <kern.h>
#include <xen.h>

struct xen_event {
	evtchn_port_t	port;
	struct kern_irq	*irq;		/* NULL: there is none */
};

/*
 * A channel for domain dom to connect to; fn as for kern_irq, in a thread
 * started on CPU cpu (KERN_CPU_ANY).
 */
int	xen_event_alloc(struct xen_event *, const char *name, domid_t dom,
	    int cpu, int (*fn)(void *), void *arg);
/* A port that exists. */
int	xen_event_bind(struct xen_event *, const char *name, evtchn_port_t,
	    int cpu, int (*fn)(void *), void *arg);
/* Closes it; fn does not run and will not.  Fine when there is none. */
void	xen_event_free(struct xen_event *);
/* Any context. */
static inline void
xen_event_notify(const struct xen_event *e)
{

	xen_evtchn_notify(e->port);
}

#endif /* SIRLOIN_XEN_EVENT_H */
