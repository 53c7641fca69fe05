/*
 * blkfront.h: the disk front end's files: blkfront.c (device), blkfront_io.c
 * (requests), blkpool.c (pages).
 *
 * Data goes through pages of our own that stay granted as long as the
 * connection lasts (the protocol's persistent grants, which work with any back
 * end): the other side never has a page of anybody else's.
 *
 * One lock, bf.lock, for requests, rings and pages.
 */
#ifndef SIRLOIN_XEN_BLKFRONT_H
#define SIRLOIN_XEN_BLKFRONT_H

#include <dev.h>
#include <xen.h>
#include <xen/io/blkif.h>
#include <xen/io/protocols.h>
#include "event.h"
#include "grant.h"
#include "ring.h"
#include "xenbus.h"

#define BF_MAXRING	4
#define BF_MAXORDER	2
#define BF_MAXSEG	64		/* 256 KB */
#define BF_MAXPAGES	2048		/* of the pool: 8 MB */
#define BF_MINPAGES	16		/* there from the start */

struct bf_page {
	void		*va;
	grant_ref_t	ref;
	struct bf_page	*next;
};
/* A caller's request, perhaps in several parts; in the order of their start. */
struct bf_io {
	struct blk_req	*req;
	size_t		issued;		/* bytes */
	unsigned	parts;		/* at the back end */
	int		error;
	TAILQ_ENTRY(bf_io) link;
};
/* A request in the ring. */
struct bf_slot {
	struct bf_io	*io;		/* NULL: free */
	char		*data;		/* the caller's */
	size_t		len;
	struct bf_page	*pages;		/* in the order of the data */
	struct bf_page	*indirect;	/* of segments */
	struct bf_slot	*next;
};
struct bf_ring {
	struct bf	*b;
	struct xring	ring;
	void		*pages;
	grant_ref_t	ref[1 << BF_MAXORDER];
	struct xen_event event;
	struct bf_slot	*slots, *free;
	bool		up;
};
STAILQ_HEAD(bf_reqq, blk_req);
TAILQ_HEAD(bf_ioq, bf_io);

struct bf {
	struct blkdev	bd;		/* first */
	struct xenbus_dev *xd;
	uint16_t	handle;		/* virtual-device */
	struct kern_mutex lock;
	bool		open, present;	/* present: else ENXIO */
	bool		connected;	/* requests may be put in rings */
	bool		closing;	/* xenbus wants to know when not busy */
	bool		waiter;		/* a thread waits for the back end */
	uint64_t	lost;		/* when the last one ended */
	unsigned	nring, order, maxseg, turn;
	unsigned	flush_op;	/* 0: none */
	bool		discard;
	struct bf_ring	ring[BF_MAXRING];
	struct bf_reqq	pending;
	struct bf_ioq	active;		/* begun, in order */
	struct bf_io	*cur;		/* issued in part */
	struct bf_io	spare;		/* when there is no memory for one */
	bool		spare_used;
	unsigned	complaints;
	struct bf_page	*pool;
	unsigned	npages, maxpages;
};

/* blkpool.c: n pages, or NULL: there are not so many now.  b->lock held. */
struct bf_page *bf_pages_get(struct bf *, unsigned n);
void	bf_pages_put(struct bf *, struct bf_page *);
void	bf_pool_empty(struct bf *);	/* the connection is over */
/* End the grants of a list of pages and free them. */
void	bf_pages_free(struct bf *, struct bf_page *);

void	bf_submit(struct blkdev *, struct blk_req *);
int	bf_intr(void *);
/* After a connection: take back what was under way, and fail or keep it. */
void	bf_requeue(struct bf *, bool gone);
void	bf_start(struct bf *);		/* what waits goes on */

#endif /* SIRLOIN_XEN_BLKFRONT_H */
