/* control.h: between control.c, suspend.c and the drivers. */
#ifndef SIRLOIN_XEN_CONTROL_H
#define SIRLOIN_XEN_CONTROL_H

#include <kern.h>

/*
 * refuse (may be NULL): why the domain can't be suspended; NULL: it can.
 * before (may be NULL): no more talk with other domains but xenstore.  after: begin again
 * (cancelled: where it stopped).  Both in the watch thread, in the order of
 * the list and backwards.
 */
struct xen_suspender {
	const char	*(*refuse)(void *);
	void		(*before)(void *);
	void		(*after)(void *, bool cancelled);
	void		*arg;
	TAILQ_ENTRY(xen_suspender) link;
};
void	xen_on_suspend(struct xen_suspender *);
void	xen_do_suspend(void);		/* watch thread */

#endif /* SIRLOIN_XEN_CONTROL_H */
