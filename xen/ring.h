/*
 * ring.h: a shared ring as its front end sees it (Xen public io/ring.h).
 * Pure code: no locks, no allocation, no hypercall; it builds on any host.
 *
 * The other side can write to the page whenever it likes.  What is read from
 * it is read once: responses are copied out before anybody looks at them, and
 * an index that claims more responses than there are requests marks the ring
 * broken.  A broken ring gives nothing more; `why' says what was wrong.
 */
#ifndef SIRLOIN_XEN_RING_H
#define SIRLOIN_XEN_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The head of the page; entries follow at RING_HEAD. */
struct xring_page {
	uint32_t	req_prod, req_event;
	uint32_t	rsp_prod, rsp_event;
	uint8_t		pad[48];
};
#define XRING_HEAD	64

/* How many entries pages have: a power of two. */
static inline uint32_t
xring_entries(size_t bytes, uint32_t entry)
{
	uint32_t n = (bytes - XRING_HEAD) / entry, size;

	for (size = 1; size * 2 <= n; )
		size *= 2;
	return size;
}

/* Entry i, modulo size. */
static inline volatile uint8_t *
xring_slot(volatile struct xring_page *page, uint32_t size, uint32_t entry,
    uint32_t i)
{

	return (volatile uint8_t *)page + XRING_HEAD +
	    (i & (size - 1)) * (size_t)entry;
}

/* Order as other CPUs see it; also of a store before a load. */
static inline void
xring_fence(void)
{

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

struct xring {
	volatile struct xring_page *page;
	uint32_t	size;		/* entries, a power of two */
	uint32_t	entry;		/* bytes of one */
	uint32_t	req_prod;	/* next to fill */
	uint32_t	published;	/* what the other side may see */
	uint32_t	rsp_cons;	/* next to take */
	const char	*why;		/* broken, or NULL */
};

/* Over zeroed pages of `bytes' bytes. */
void	xring_init(struct xring *, void *page, size_t bytes, uint32_t entry);
/* Requests that find room. */
static inline uint32_t
xring_room(const struct xring *r)
{

	return r->why != NULL ? 0 : r->size - (r->req_prod - r->rsp_cons);
}
/* Responses that are owed. */
static inline uint32_t
xring_owed(const struct xring *r)
{

	return r->req_prod - r->rsp_cons;
}
/* Add a request (len bytes, at most an entry); there is room. */
void	xring_put(struct xring *, const void *req, size_t len);
/* Show the other side what was added; true: it wants to be notified. */
bool	xring_publish(struct xring *);
/* Copy out the next response; false: there is none. */
bool	xring_get(struct xring *, void *rsp, size_t len);
/* Whether xring_get() has something to look at. */
bool	xring_pending(const struct xring *);
/*
 * Ask for an event once `after' more responses (1: the next) have come; false
 * when that has happened already, so that none may come.
 */
bool	xring_want(struct xring *, uint32_t after);

#endif /* SIRLOIN_XEN_RING_H */
