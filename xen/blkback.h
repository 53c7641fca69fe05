/*
 * blkback.h: the disk back end's files: blkback.c (device), blkback_io.c
 * (requests), blkback_data.c (their data), blkproto.c (what a request says).
 *
 * Data goes through memory of our own: the hypervisor copies it from and to the
 * front end's pages, or we do where the front end lets us keep them mapped
 * (persistent grants).  So the disk's drivers never see a page of another
 * domain's, and a front end that dies takes nothing with it.
 */
#ifndef SIRLOIN_XEN_BLKBACK_H
#define SIRLOIN_XEN_BLKBACK_H

#include <export.h>
#include "backbus.h"
#include "backring.h"
#include "blkproto.h"
#include "grant.h"

#define BB_MAXRING	4
#define BB_MAXORDER	2
#define BB_MAXDEPTH	64		/* requests at the disk */
#define BB_MAXBYTES	(BLK_MAXSEG * PAGE_SIZE)
#define BB_NOPS		(4 * BLK_MAXSEG)	/* copies in one hypercall */
#define BB_NIO		32		/* requests in one go */

struct bb_ring;
struct bb_io {
	struct export_io x;		/* first */
	struct bb_ring	*r;
	uint32_t	at;		/* its place in the ring */
	struct blk_want	w;
	unsigned	npages;		/* of x.req.data; 0: none of its own */
	bool		reserve;	/* it has the reserve's */
	bool		bad;		/* a copy failed */
	STAILQ_ENTRY(bb_io) link;	/* in a batch */
};
STAILQ_HEAD(bb_ioq, bb_io);

/*
 * Answers go into the ring in the order of the requests, whose entries they take
 * over: so those without an answer are still there for a back end that comes
 * after this one has crashed.
 */
struct bb_answer {
	uint8_t		e[16];
	bool		done;
};

struct bb_ring {
	struct bb	*b;
	struct kern_mutex lock;		/* of answers, and `up' */
	struct bb_answer *answers;	/* ring.size */
	struct bring	ring;
	struct backbus_map map;
	struct xen_event event;
	bool		up;
};

/* A batch on its way in: what is to be copied, and for whom. */
struct bb_batch {
	struct gnttab_copy op[BB_NOPS];
	struct bb_io	*of[BB_NOPS];
	unsigned	nop, nio;
	struct bb_ioq	ios;
};

struct bb_pool;
struct bb {
	struct backbus_dev *d;
	struct export	*ex;
	struct export_user user;
	bool		readonly;
	enum blk_abi	abi;
	unsigned	nring;
	struct bb_ring	ring[BB_MAXRING];

	/* lock: of what is taken from the rings; answers don't need it */
	struct kern_mutex lock;
	bool		again;		/* look once more; atomic */
	bool		barrier;	/* one is at the disk */
	struct bb_io	*held;		/* taken, can't be begun now */
	struct bb_batch	*batch;
	void		*page;		/* for an indirect page's segments */
	struct bb_pool	*pool;		/* persistent grants, or NULL */

	/* spin: of these */
	struct kern_spin spin;
	bool		linked;
	unsigned	refs;		/* threads and requests that need us */
	unsigned	depth;		/* requests at the disk */
	size_t		memory, maxmemory;	/* bytes for data */
	/* So that there is always a way on: one request, and its data. */
	struct bb_io	spare;
	void		*reserve;	/* BB_MAXBYTES */
	bool		spare_used, reserve_used;
};

/* ---- blkback_io.c ---- */

int	bb_intr(void *);		/* a ring's channel */
/* Take what the rings have, as far as there is room. */
void	bb_run(struct bb *);

/* ---- blkback_data.c ---- */

struct bb_io *bb_io_get(struct bb *);	/* NULL: not now */
void	bb_io_put(struct bb *, struct bb_io *);
/* Memory for a request's data; false: not now. */
bool	bb_data_get(struct bb *, struct bb_io *);
/* Segments of an indirect request; errno. */
int	bb_indirect(struct bb *, struct bb_io *);
/*
 * Copy a request's data, from the front end or to it: what needs the hypervisor
 * is added to op[*nop] (room for 2 * BLK_MAXSEG), all else is done.
 */
void	bb_copy(struct bb *, struct bb_io *, bool in, struct gnttab_copy *op,
	    unsigned *nop);

/* ---- blkback_pool.c: pages of the front end that stay mapped ---- */

int	bb_pool_make(struct bb *);
void	bb_pool_free(struct bb *);	/* fine when there is none */
/*
 * Copy n bytes from or to the page ref.  False: it can't be mapped, or there is
 * no pool.
 */
bool	bb_pool_copy(struct bb *, grant_ref_t ref, size_t at, void *p, size_t n,
	    bool in);

#endif /* SIRLOIN_XEN_BLKBACK_H */
