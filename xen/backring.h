/*
 * backring.h: a shared ring as its back end sees it (Xen public io/ring.h), the
 * other half of ring.h.  Pure code: no locks, no allocation, no hypercall.
 *
 * The page is the front end's, which writes to it whenever it likes.  Requests
 * are copied out before anybody looks at them; an index that claims more of
 * them than there can be marks the ring broken, which gives nothing more.
 */
#ifndef SIRLOIN_XEN_BACKRING_H
#define SIRLOIN_XEN_BACKRING_H

#include "ring.h"

struct bring {
	volatile struct xring_page *page;
	uint32_t	size;		/* entries, a power of two */
	uint32_t	entry;		/* bytes of one */
	uint32_t	req_cons;	/* next to take */
	uint32_t	rsp_prod;	/* next to fill */
	uint32_t	published;	/* responses that the other side sees */
	const char	*why;		/* broken, or NULL */
};

/*
 * Over pages that the front end has set up.  Begins at the index that they
 * say, so that a front end with another back end before can go on.
 */
void	bring_init(struct bring *, void *page, size_t bytes, uint32_t entry);
/*
 * How many requests wait, as the other side says now.  Sets why if it can't be
 * true.
 */
uint32_t bring_pending(struct bring *);
/* Copy out the next request; only as often as bring_pending() said. */
void	bring_get(struct bring *, void *req, size_t len);
/* Requests that were taken and not answered. */
static inline uint32_t
bring_owed(const struct bring *r)
{

	return r->req_cons - r->rsp_prod;
}
/* Add a response; one is owed. */
void	bring_put(struct bring *, const void *rsp, size_t len);
/* Show the responses; true: the other side wants to be notified. */
bool	bring_publish(struct bring *);
/*
 * Ask for an event when there are `after' more requests than have been taken
 * (1: the next); false: they are there already, and no event may come.
 */
bool	bring_want(struct bring *, uint32_t after);

#endif /* SIRLOIN_XEN_BACKRING_H */
