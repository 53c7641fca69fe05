/*
 * xenevent.h: event channels and their handlers, for both platforms on Xen:
 * the FIFO table where the hypervisor has it, else two levels of bits.
 */
#ifndef SIRLOIN_XENEVENT_H
#define SIRLOIN_XENEVENT_H

#include <kern.h>
#include <xen.h>

struct xen_port {
	plat_irq_fn	fn;
	void		*arg;
	evtchn_port_t	port;
	unsigned	vcpu;		/* where fn runs */
	unsigned	cpu;		/* where it is to run */
	unsigned	life;		/* of the domain: it is resumed to another */
};

/*
 * Choose a table; mask everything.  Again after a resume: all ports are dead.
 * xen_shared_info is mapped.  Boot CPU; no events come yet.
 */
void	xen_events_init(void);
bool	xen_events_fifo(void);
/* fn on CPU cpu, in interrupt context; unmasked.  EINVAL, ENOMEM. */
int	xen_port_open(struct xen_port *, evtchn_port_t, unsigned cpu,
	    plat_irq_fn, void *arg);
/* Closes the port, waits until fn does not run.  Thread context. */
void	xen_port_close(struct xen_port *);
/* The upcall of CPU cpu: interrupts masked. */
void	xen_upcall(unsigned cpu);

/* The platform's: Xen's number of our CPU, what it shares with Xen, and a
 * zeroed page, for ever (NULL: no memory; a lock is held). */
unsigned xen_vcpu(unsigned cpu);
volatile struct vcpu_info *xen_vcpu_info(unsigned cpu);
void	*xen_event_page(void);

#endif /* SIRLOIN_XENEVENT_H */
