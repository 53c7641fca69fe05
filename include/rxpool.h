/*
 * rxpool.h: receive buffers that nobody has, of a network driver.  A driver's
 * buffer begins as a struct rxbuf does.
 */
#ifndef SIRLOIN_RXPOOL_H
#define SIRLOIN_RXPOOL_H

#include <kern.h>
#include <rump/netpkt.h>

struct rxbuf {
	struct netpkt	pkt;		/* of the packet that starts here */
	void		*next;		/* of the same packet; free list */
};
struct rxpool {
	struct kern_spin lock;
	void		*free;
	unsigned	n, max;		/* that exist, that may */
};
/*
 * NULL: there is none; *more: the caller may make one, which counts already.
 * Any thread.
 */
void	*rxpool_get(struct rxpool *, bool *more);
void	rxpool_put(struct rxpool *, void *);	/* a chain */
/* One less; it failed for want of memory: more there may not be, if above least. */
void	rxpool_less(struct rxpool *, bool failed, unsigned least);

#endif /* SIRLOIN_RXPOOL_H */
