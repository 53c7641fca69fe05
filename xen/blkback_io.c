/*
 * blkback_io.c: from a ring to the disk and back.  One thread at a time takes
 * requests (bb.lock), several at a time answer them: those of the program that
 * does the I/O.  A request that finds no room, or a barrier that has to wait, is
 * held; the next one that ends brings it on.
 */
#include <string.h>
#include "blkback.h"
#include <xen/io/blkif.h>

#define REFUSALS	16
#define REFUSAL_PAUSE	1000000ull	/* ns, after so many */

/* ---- answers ---- */

static void
respond(struct bb_ring *r, uint32_t at, const struct blk_want *w, int error)
{
	struct bb_answer *a;
	bool notify = false;

	kern_mutex_lock(&r->lock);
	if (r->up) {
		a = &r->answers[at & (r->ring.size - 1)];
		blk_respond(a->e, w->id, w->opcode, error == 0 ?
		    BLKIF_RSP_OKAY : error == EOPNOTSUPP ?
		    BLKIF_RSP_EOPNOTSUPP : BLKIF_RSP_ERROR);
		a->done = true;
		/* Each is seen as soon as it is there: see bb_answer. */
		while ((a = &r->answers[r->ring.rsp_prod &
		    (r->ring.size - 1)])->done) {
			a->done = false;
			bring_put(&r->ring, a->e, blk_answer(r->b->abi));
			notify |= bring_publish(&r->ring);
		}
	}
	kern_mutex_unlock(&r->lock);
	if (notify)
		xen_event_notify(&r->event);
}

/* Nobody gets far with nonsense alone, and not at the others' expense. */
static void
refuse(struct bb *b, struct bb_io *io, int error)
{

	if (++b->user.refused % REFUSALS == 0)
		kern_sleep_until(plat_clock() + REFUSAL_PAUSE);
	respond(io->r, io->at, &io->w, error);
	bb_io_put(b, io);
}

static void
count(struct export_user *u, const struct bb_io *io, int error)
{

	switch (io->w.op) {
	case EXPORT_READ:
		u->reads++;
		u->rbytes += io->w.len;
		break;
	case EXPORT_WRITE:
	case EXPORT_BARRIER:
		u->writes += io->w.len > 0;
		u->wbytes += io->w.len;
		u->flushes += io->w.op == EXPORT_BARRIER;
		break;
	case EXPORT_FLUSH:
		u->flushes++;
		break;
	case EXPORT_DISCARD:
		u->discards++;
		break;
	}
	u->errors += error != 0;
}

/* What the program has read, into the front end's pages. */
static int
give(struct bb *b, struct bb_io *io)
{
	struct gnttab_copy op[2 * BLK_MAXSEG];
	unsigned n = 0, i;

	bb_copy(b, io, false, op, &n);
	if (n > 0 && xen_grant_copy(op, n) != 0)
		return EIO;
	for (i = 0; i < n; i++)
		if (op[i].status != GNTST_okay)
			return EIO;
	return 0;
}

/* The last word of somebody who needs b: b may be gone after this. */
static void
unref(struct bb *b)
{
	struct backbus_dev *d = b->d;
	unsigned long s;
	bool last;

	s = kern_spin_lock(&b->spin);
	last = --b->refs == 0 && !b->linked;
	kern_spin_unlock(&b->spin, s);
	if (last)
		backbus_look(d);
}

static void
done(struct export_io *x, int error)
{
	struct bb_io *io = (struct bb_io *)x;
	struct bb_ring *r = io->r;
	struct bb *b = r->b;
	struct blk_want w;
	uint32_t at = io->at;
	unsigned long s;

	if (error == 0 && io->w.op == EXPORT_READ && r->up)
		error = give(b, io);
	w.id = io->w.id;
	w.opcode = io->w.opcode;
	s = kern_spin_lock(&b->spin);
	count(&b->user, io, error);
	b->user.depth = --b->depth;
	kern_spin_unlock(&b->spin, s);
	if (io->w.op == EXPORT_BARRIER)
		__atomic_store_n(&b->barrier, false, __ATOMIC_SEQ_CST);
	bb_io_put(b, io);
	respond(r, at, &w, error);
	bb_run(b);
	unref(b);
}

/* ---- requests ---- */

/* To the disk with those whose data is here. */
static void
flush_batch(struct bb *b)
{
	struct bb_batch *t = b->batch;
	struct bb_io *io;
	unsigned long s;
	unsigned i;
	bool failed;

	failed = t->nop > 0 && xen_grant_copy(t->op, t->nop) != 0;
	for (i = 0; i < t->nop; i++)
		if (failed || t->op[i].status != GNTST_okay)
			t->of[i]->bad = true;
	t->nop = t->nio = 0;
	while ((io = STAILQ_FIRST(&t->ios)) != NULL) {
		STAILQ_REMOVE_HEAD(&t->ios, link);
		s = kern_spin_lock(&b->spin);
		b->refs++;
		b->user.depth = ++b->depth;
		if (b->depth > b->user.most)
			b->user.most = b->depth;
		kern_spin_unlock(&b->spin, s);
		io->x.req.op = io->w.op;
		io->x.req.off = io->w.off;
		io->x.req.len = io->w.len;
		io->x.done = done;
		if (io->bad)
			done(&io->x, EIO);
		else
			export_submit(b->ex, &io->x);
	}
}

/*
 * Can it be begun?  A barrier waits for all that is under way, and what comes
 * after it for the barrier.
 */
static bool
ready(struct bb *b, struct bb_io *io)
{
	unsigned depth = __atomic_load_n(&b->depth, __ATOMIC_SEQ_CST) +
	    b->batch->nio;

	if (depth >= BB_MAXDEPTH ||
	    __atomic_load_n(&b->barrier, __ATOMIC_SEQ_CST) ||
	    (io->w.op == EXPORT_BARRIER && depth > 0))
		return false;
	return bb_data_get(b, io);
}

static void
begin(struct bb *b, struct bb_io *io)
{
	struct bb_batch *t = b->batch;
	unsigned first = t->nop;

	STAILQ_INSERT_TAIL(&t->ios, io, link);
	t->nio++;
	if (io->w.op == EXPORT_BARRIER)
		__atomic_store_n(&b->barrier, true, __ATOMIC_SEQ_CST);
	if (io->w.op == EXPORT_WRITE || io->w.op == EXPORT_BARRIER)
		bb_copy(b, io, true, t->op, &t->nop);
	for (; first < t->nop; first++)
		t->of[first] = io;
	if (t->nio == BB_NIO || t->nop + 2 * BLK_MAXSEG > BB_NOPS)
		flush_batch(b);
}

/* One request; false: no more now. */
static bool
take(struct bb *b, struct bb_ring *r)
{
	uint8_t e[BLK_ENTRY_MAX];
	struct bb_io *io;
	int error;

	if ((io = bb_io_get(b)) == NULL)
		return false;
	io->at = r->ring.req_cons;
	bring_get(&r->ring, e, blk_entry(b->abi));
	io->r = r;
	error = blk_parse(b->abi, e, &io->w);
	if (error == 0 && io->w.indirect)
		error = bb_indirect(b, io);
	if (error == 0)
		error = blk_check(&io->w, export_info(b->ex), b->readonly);
	if (error != 0)
		refuse(b, io, error);
	else if (ready(b, io))
		begin(b, io);
	else {
		b->held = io;
		return false;
	}
	return true;
}

/* How many requests a ring has; a ring that lies has none any more. */
static uint32_t
pending(struct bb_ring *r)
{
	const char *why = NULL;
	uint32_t n = 0;

	kern_mutex_lock(&r->lock);
	if (r->up) {
		n = bring_pending(&r->ring);
		if ((why = r->ring.why) != NULL)
			r->up = false;
	}
	kern_mutex_unlock(&r->lock);
	if (why != NULL)
		backbus_trouble(r->b->d, why);
	return n;
}

/* All that a ring has, and what comes meanwhile, once round. */
static bool
drain(struct bb *b, struct bb_ring *r)
{
	uint32_t n;

	do {
		for (n = pending(r); n > 0; n--)
			if (!take(b, r))
				return false;
	} while (r->up && !bring_want(&r->ring, 1) && pending(r) > 0);
	return true;
}

static void
consume(struct bb *b)
{
	struct bb_io *io = b->held;
	unsigned i;

	if (io != NULL) {
		if (!ready(b, io))
			return;
		b->held = NULL;
		begin(b, io);
	}
	for (i = 0; i < b->nring; i++)
		if (!drain(b, &b->ring[i]))
			break;
	flush_batch(b);
}

/*
 * Who finds somebody at work leaves word for him; so this may be called from
 * within itself, by an answer that comes at once.
 */
void
bb_run(struct bb *b)
{

	__atomic_store_n(&b->again, true, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&b->again, __ATOMIC_SEQ_CST) &&
	    kern_mutex_trylock(&b->lock) == 0) {
		__atomic_store_n(&b->again, false, __ATOMIC_SEQ_CST);
		if (b->linked)
			consume(b);
		kern_mutex_unlock(&b->lock);
	}
}

int
bb_intr(void *arg)
{
	struct bb_ring *r = arg;

	bb_run(r->b);
	return 1;
}
