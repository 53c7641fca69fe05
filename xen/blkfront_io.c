/*
 * blkfront_io.c: requests to a disk's back end (Xen public io/blkif.h).  One
 * that is too large goes in parts; its done() comes when the last part is back,
 * with the first error.  What finds no room, or no connection, waits in a list
 * that completions move on.  A request is begun again from its start when the
 * connection was lost before it was done.
 */
#include <string.h>
#include "blkfront.h"

#define SECTOR		512u
#define COMPLAINTS	10
#define MAXDIRECT	BLKIF_MAX_SEGMENTS_PER_REQUEST

/* ---- one part ---- */

static void
copy(struct bf_page *p, char *data, size_t len, bool to_pages)
{
	size_t k;

	for (; len > 0; p = p->next, data += k, len -= k) {
		k = len < PAGE_SIZE ? len : PAGE_SIZE;
		if (to_pages)
			memcpy(p->va, data, k);
		else
			memcpy(data, p->va, k);
	}
}

/* Segments of whole pages, the last one perhaps shorter; their count. */
static unsigned
segments(const struct bf_page *p, size_t len, struct blkif_request_segment *seg)
{
	unsigned n = 0;
	size_t k;

	for (; len > 0; p = p->next, len -= k, n++) {
		k = len < PAGE_SIZE ? len : PAGE_SIZE;
		seg[n].gref = p->ref;
		seg[n].first_sect = 0;
		seg[n].last_sect = k / SECTOR - 1;
	}
	return n;
}

static void
put_direct(struct bf_ring *r, struct bf_slot *s, unsigned op, uint64_t sector)
{
	struct blkif_request q;

	memset(&q, 0, sizeof(q));
	q.operation = op;
	q.handle = r->b->handle;
	q.id = s - r->slots;
	q.sector_number = sector;
	q.nr_segments = segments(s->pages, s->len, q.seg);
	xring_put(&r->ring, &q, sizeof(q));
}

static void
put_indirect(struct bf_ring *r, struct bf_slot *s, unsigned op, uint64_t sector)
{
	struct blkif_request_indirect q;

	memset(&q, 0, sizeof(q));
	q.operation = BLKIF_OP_INDIRECT;
	q.indirect_op = op;
	q.handle = r->b->handle;
	q.id = s - r->slots;
	q.sector_number = sector;
	q.nr_segments = segments(s->pages, s->len, s->indirect->va);
	q.indirect_grefs[0] = s->indirect->ref;
	xring_put(&r->ring, &q, sizeof(q));
}

static void
put_discard(struct bf_ring *r, struct bf_slot *s, const struct blk_req *req)
{
	struct blkif_request_discard q;

	memset(&q, 0, sizeof(q));
	q.operation = BLKIF_OP_DISCARD;
	q.handle = r->b->handle;
	q.id = s - r->slots;
	q.sector_number = req->off / SECTOR;
	q.nr_sectors = req->len / SECTOR;
	xring_put(&r->ring, &q, sizeof(q));
}

/* The next ring with room, round and round; NULL. */
static struct bf_ring *
ring_with_room(struct bf *b)
{
	unsigned i;

	for (i = 0; i < b->nring; i++) {
		struct bf_ring *r = &b->ring[b->turn++ % b->nring];

		if (r->up && r->free != NULL && xring_room(&r->ring) > 0)
			return r;
	}
	return NULL;
}

/* Pages for at most len bytes, and what describes so many; less if need be. */
static size_t
take_pages(struct bf *b, struct bf_slot *s, size_t len)
{
	unsigned n = (len + PAGE_SIZE - 1) / PAGE_SIZE;

	if (n > b->maxseg)
		n = b->maxseg;
	if (n > MAXDIRECT && (s->indirect = bf_pages_get(b, 1)) == NULL)
		n = MAXDIRECT;
	while (n > 0 && (s->pages = bf_pages_get(b, n)) == NULL)
		n /= 2;
	if (n <= MAXDIRECT && s->indirect != NULL) {
		bf_pages_put(b, s->indirect);
		s->indirect = NULL;
	}
	return len < n * PAGE_SIZE ? len : n * PAGE_SIZE;
}

/* One more part of io; false: no room now. */
static bool
issue_part(struct bf *b, struct bf_io *io)
{
	struct blk_req *q = io->req;
	struct bf_ring *r;
	struct bf_slot *s;
	unsigned op;

	/* It waited, and this back end has nothing to flush or discard. */
	if ((q->op == BLK_FLUSH && b->flush_op == 0) ||
	    (q->op == BLK_DISCARD && !b->discard)) {
		io->issued = q->len;
		return true;
	}
	if ((r = ring_with_room(b)) == NULL)
		return false;
	s = r->free;
	s->len = 0;
	s->pages = s->indirect = NULL;
	if (q->op == BLK_FLUSH || q->op == BLK_DISCARD)
		op = b->flush_op;
	else {
		op = q->op == BLK_WRITE ? BLKIF_OP_WRITE : BLKIF_OP_READ;
		s->len = take_pages(b, s, q->len - io->issued);
		if (s->len == 0)
			return false;
	}
	r->free = s->next;
	s->io = io;
	s->data = (char *)q->data + io->issued;
	if (q->op == BLK_WRITE)
		copy(s->pages, s->data, s->len, true);
	if (q->op == BLK_DISCARD) {
		put_discard(r, s, q);
		io->issued = q->len;
	} else if (s->indirect != NULL)
		put_indirect(r, s, op, (q->off + io->issued) / SECTOR);
	else
		put_direct(r, s, op, (q->off + io->issued) / SECTOR);
	io->issued += s->len;
	io->parts++;
	return true;
}

/* ---- requests ---- */

static struct bf_io *
io_new(struct bf *b)
{
	struct bf_io *io = kern_malloc(sizeof(*io), 0);

	if (io == NULL && !b->spare_used) {
		b->spare_used = true;
		io = &b->spare;
	}
	return io;
}

static void
io_free(struct bf *b, struct bf_io *io)
{

	if (io == &b->spare)
		b->spare_used = false;
	else
		kern_free(io);
}

static void
count(struct bf *b, const struct blk_req *r)
{
	struct blk_stats *st = &b->bd.stats;

	if (r->op == BLK_READ) {
		st->reads++;
		st->rbytes += r->len;
	} else if (r->op == BLK_WRITE) {
		st->writes++;
		st->wbytes += r->len;
	} else if (r->op == BLK_FLUSH)
		st->flushes++;
}

static void
finish(struct bf *b, struct bf_io *io, struct bf_reqq *done)
{
	struct blk_req *r = io->req;

	TAILQ_REMOVE(&b->active, io, link);
	if ((r->error = io->error) != 0)
		b->bd.stats.errors++;
	else
		count(b, r);
	STAILQ_INSERT_TAIL(done, r, link);
	io_free(b, io);
}

static bool
begin(struct bf *b)
{
	struct blk_req *r = STAILQ_FIRST(&b->pending);
	struct bf_io *io;

	if (r == NULL || (io = io_new(b)) == NULL)
		return false;
	STAILQ_REMOVE_HEAD(&b->pending, link);
	memset(io, 0, sizeof(*io));
	io->req = r;
	TAILQ_INSERT_TAIL(&b->active, io, link);
	b->cur = io;
	return true;
}

/* Issue what there is room for.  Lock held. */
static void
push(struct bf *b, struct bf_reqq *done)
{
	struct bf_io *io;
	struct bf_ring *r;
	unsigned i;

	while (b->connected && (b->cur != NULL || begin(b))) {
		if (!issue_part(b, io = b->cur))
			break;
		if (io->req->op != BLK_FLUSH && io->issued < io->req->len)
			continue;
		b->cur = NULL;
		if (io->parts == 0)
			finish(b, io, done);
	}
	for (i = 0; i < b->nring; i++) {
		r = &b->ring[i];
		if (r->up && xring_publish(&r->ring))
			xen_event_notify(&r->event);
	}
}

static void
complain(struct bf *b, const struct blk_req *r, int status)
{
	static const char *const ops[] = { "read", "write", "flush",
	    "discard" };

	if (b->complaints++ < COMPLAINTS)
		kern_printf("%s: %s of %lu bytes at %lu failed, status %d\n",
		    b->bd.name, ops[r->op], (unsigned long)r->len,
		    (unsigned long)r->off, status);
}

/* A part is back.  Lock held. */
static void
completed(struct bf_ring *r, struct bf_slot *s, int status,
    struct bf_reqq *done)
{
	struct bf *b = r->b;
	struct bf_io *io = s->io;

	if (status == BLKIF_RSP_OKAY && io->req->op == BLK_READ)
		copy(s->pages, s->data, s->len, false);
	else if (status != BLKIF_RSP_OKAY && io->error == 0) {
		io->error = status == BLKIF_RSP_EOPNOTSUPP ? EOPNOTSUPP : EIO;
		complain(b, io->req, status);
	}
	bf_pages_put(b, s->pages);
	bf_pages_put(b, s->indirect);
	s->pages = s->indirect = NULL;
	s->io = NULL;
	s->next = r->free;
	r->free = s;
	if (--io->parts == 0 && io != b->cur)
		finish(b, io, done);
}

static void
give_back(struct bf_reqq *done)
{
	struct blk_req *r, *next;

	for (r = STAILQ_FIRST(done); r != NULL; r = next) {
		next = STAILQ_NEXT(r, link);
		r->done(r, r->error);
	}
}

/* What has come on a ring; what it says is looked at in our own copy. */
static void
collect(struct bf_ring *r, struct bf_reqq *done)
{
	struct blkif_response p;

	while (xring_get(&r->ring, &p, sizeof(p))) {
		if (p.id >= r->ring.size || r->slots[p.id].io == NULL) {
			r->ring.why = "an answer to nothing that was asked";
			break;
		}
		completed(r, &r->slots[p.id], p.status, done);
	}
}

int
bf_intr(void *arg)
{
	struct bf_ring *r = arg;
	struct bf *b = r->b;
	struct bf_reqq done = STAILQ_HEAD_INITIALIZER(done);
	const char *why = NULL;

	kern_mutex_lock(&b->lock);
	if (r->up) {
		do
			collect(r, &done);
		while (!xring_want(&r->ring, 1));
		if ((why = r->ring.why) != NULL)
			b->connected = false;
		push(b, &done);
	}
	kern_mutex_unlock(&b->lock);
	give_back(&done);
	if (why != NULL)
		xenbus_trouble(b->xd, why);
	return 1;
}

void
bf_submit(struct blkdev *bd, struct blk_req *r)
{
	struct bf *b = (struct bf *)bd;
	struct bf_reqq done = STAILQ_HEAD_INITIALIZER(done);
	int error;

	kern_mutex_lock(&b->lock);
	error = !b->present ? ENXIO : blkdev_check(bd, r);
	if (error != 0 || blkdev_idle(bd, r)) {
		bd->stats.errors += error != 0;
		kern_mutex_unlock(&b->lock);
		r->done(r, error);
		return;
	}
	STAILQ_INSERT_TAIL(&b->pending, r, link);
	push(b, &done);
	kern_mutex_unlock(&b->lock);
	give_back(&done);
}

void
bf_start(struct bf *b)
{

	struct bf_reqq done = STAILQ_HEAD_INITIALIZER(done);

	kern_mutex_lock(&b->lock);
	b->connected = true;
	push(b, &done);
	kern_mutex_unlock(&b->lock);
	give_back(&done);
}

/* The rings are down: nothing of this comes back from the other side. */
void
bf_requeue(struct bf *b, bool gone)
{
	struct bf_reqq done = STAILQ_HEAD_INITIALIZER(done);
	struct blk_req *r;
	struct bf_io *io;

	kern_mutex_lock(&b->lock);
	b->cur = NULL;
	/* The last one begun goes to the list's head first. */
	while ((io = TAILQ_LAST(&b->active, bf_ioq)) != NULL) {
		TAILQ_REMOVE(&b->active, io, link);
		STAILQ_INSERT_HEAD(&b->pending, io->req, link);
		io_free(b, io);
	}
	while (gone && (r = STAILQ_FIRST(&b->pending)) != NULL) {
		STAILQ_REMOVE_HEAD(&b->pending, link);
		b->bd.stats.errors++;
		r->error = EIO;
		STAILQ_INSERT_TAIL(&done, r, link);
	}
	kern_mutex_unlock(&b->lock);
	give_back(&done);
}
