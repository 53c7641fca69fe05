/*
 * p9front.h: a channel to a 9P server in another domain (Xen public
 * io/9pfs.h): the device (p9front.c) and its messages (p9front_io.c).
 *
 * One lock, pf.lock.  Handlers of events are threads, so it is a mutex.
 */
#ifndef SIRLOIN_XEN_P9FRONT_H
#define SIRLOIN_XEN_P9FRONT_H

#include <string.h>
#include <dev.h>
#include <xen.h>
#include <xen/io/ring.h>
#include "control.h"
#include "event.h"
#include "grant.h"
#include "xenbus.h"

#define PF_MAXRING	2	/* a back end answers one request of a ring at a time */
#define PF_MAXORDER	6	/* 64 pages, 128 KB each way */
#define PF_MINORDER	3
#define PF_MAXMSG	(64 * 1024)
#define PF_HEADER	7	/* of any message: size, type, tag */
#define PF_PATIENCE	15	/* s, for a back end that went or a reply at a suspend */

/* The page of indexes: struct xen_9pfs_data_intf. */
struct pf_intf {
	volatile uint32_t in_cons, in_prod;
	uint8_t		pad1[56];
	volatile uint32_t out_cons, out_prod;
	uint8_t		pad2[56];
	uint32_t	order;
	grant_ref_t	ref[1 << PF_MAXORDER];
};
/* A request that waits for its reply, or for room. */
struct pf_call {
	uint16_t	tag;
	uint8_t		*reply;
	size_t		room, len;
	int		error;
	bool		done;
	struct kern_cv	cv;
	TAILQ_ENTRY(pf_call) link;
};
struct pf_ring {
	struct pf	*f;
	struct pf_intf	*intf;
	uint8_t		*data;		/* replies, then requests */
	/* Ours: what is in the page is for the other side, which may change it. */
	grant_ref_t	intf_ref, ref[1 << PF_MAXORDER];
	uint32_t	in_cons, out_prod;
	unsigned	ncalls;		/* in the list */
	struct xen_event event;
	TAILQ_HEAD(, pf_call) calls;
};
struct pf {
	struct p9dev	dev;		/* first */
	struct xenbus_dev *xd;
	struct kern_mutex lock;
	struct kern_cv	cv;		/* anything below has changed */
	bool		open, present, connected, closing, suspending;
	bool		fresh;		/* p9_begin() has not been called since */
	uint32_t	session;	/* connections that there were */
	uint64_t	lost;		/* when the last one ended */
	unsigned	inside;		/* between enter and leave */
	unsigned	nring, order;
	struct pf_ring	ring[PF_MAXRING];
	struct xen_suspender suspender;
};

static inline uint32_t
pf_size(const struct pf *f)		/* of a ring, one way */
{

	return XEN_FLEX_RING_SIZE(f->order);
}

int	pf_rpc(struct p9dev *, const void *, size_t, void *, size_t, size_t *);
int	pf_intr(void *);
/* The connection is over: those who wait get EIO.  The lock is held. */
void	pf_fail(struct pf *);

#endif /* SIRLOIN_XEN_P9FRONT_H */
