/*
 * blk_io.c: requests to a virtio-blk device (virtio 1.1, 5.2.6).  A request
 * that is too large or in too many pieces goes in parts; its done() comes when
 * the last part is back, with the first error.  What finds no room waits in a
 * list that completions move on.
 */
#include <string.h>
#include "blk.h"

#define COMPLAINTS	10

/*
 * Pieces of at most len bytes at p, whole blocks of them; the bytes taken, 0:
 * the memory is not mapped or in crumbs.
 */
static size_t
pieces(struct vblk *b, const char *p, size_t len, struct vring_sg *sg, int *n)
{
	size_t k, cut, taken = 0;
	paddr_t pa;

	*n = 0;
	while (taken < len) {
		k = PAGE_SIZE - ((uintptr_t)p & (PAGE_SIZE - 1));
		if (k > len - taken)
			k = len - taken;
		if (k > b->segsize)
			k = b->segsize;
		if ((pa = plat_virt_to_phys(p)) == PADDR_NONE)
			return 0;
		if (*n > 0 && sg[*n - 1].addr + sg[*n - 1].len == pa &&
		    sg[*n - 1].len + k <= b->segsize)
			sg[*n - 1].len += k;
		else if (*n == (int)b->maxseg)
			break;
		else {
			sg[*n].addr = pa;
			sg[(*n)++].len = k;
		}
		taken += k;
		p += k;
	}
	/* No half blocks at the end of a part. */
	cut = taken & (b->bd.blksize - 1);
	for (taken -= cut; cut > 0; cut -= k) {
		k = sg[*n - 1].len < cut ? sg[*n - 1].len : cut;
		if ((sg[*n - 1].len -= k) == 0)
			(*n)--;
	}
	return taken;
}

/* Put a request with n pieces of data in the ring; false: no room. */
static bool
issue(struct vblk *b, struct vblk_io *io, uint32_t type, uint64_t sector,
    struct vring_sg *sg, int n, bool write)
{
	struct vblk_slot *s = SLIST_FIRST(&b->freeslots);
	unsigned nout = write ? n + 1 : 1;
	bool table = b->indirect && n > 1;

	/* sg[0] is kept for the header, sg[n + 1] for the status. */
	sg[0].addr = s->pa + __builtin_offsetof(struct vblk_dma, hdr);
	sg[0].len = sizeof(s->dma->hdr);
	sg[n + 1].addr = s->pa + __builtin_offsetof(struct vblk_dma, status);
	sg[n + 1].len = 1;
	s->dma->hdr.type = type;
	s->dma->hdr.reserved = 0;
	s->dma->hdr.sector = sector;
	s->dma->status = 0xff;
	s->io = io;
	if (vring_add(&b->q->ring, sg, nout, n + 2 - nout, s,
	    table ? s->dma->table : NULL,
	    s->pa + __builtin_offsetof(struct vblk_dma, table)) != 0)
		return false;
	SLIST_REMOVE_HEAD(&b->freeslots, link);
	io->parts++;
	return true;
}

/* One more part of io; false: no room now. */
static bool
issue_part(struct vblk *b, struct vblk_io *io)
{
	struct vring_sg sg[BLK_MAXSEG + 2];
	struct blk_req *r = io->req;
	bool write = r->op == BLK_WRITE;
	size_t k;
	int n;

	if (r->op == BLK_FLUSH)
		return issue(b, io, VB_T_FLUSH, 0, sg, 0, false);
	k = pieces(b, (char *)r->data + io->issued, r->len - io->issued,
	    sg + 1, &n);
	if (k == 0) {
		io->error = EFAULT;
		io->issued = r->len;
		return true;
	}
	if (!issue(b, io, write ? VB_T_OUT : VB_T_IN,
	    (r->off + io->issued) >> 9, sg, n, write))
		return false;
	io->issued += k;
	return true;
}

static void
finish(struct vblk *b, struct vblk_io *io, struct blk_reqq *done)
{
	struct blk_req *r = io->req;
	struct blk_stats *st = &b->bd.stats;

	if (r != NULL) {
		if (io->error != 0)
			st->errors++;
		r->error = io->error;
		STAILQ_INSERT_TAIL(done, r, link);
	}
	SLIST_INSERT_HEAD(&b->freeios, io, link);
}

static void
count(struct vblk *b, const struct blk_req *r)
{
	struct blk_stats *st = &b->bd.stats;

	switch (r->op) {
	case BLK_READ:
		st->reads++;
		st->rbytes += r->len;
		break;
	case BLK_WRITE:
		st->writes++;
		st->wbytes += r->len;
		break;
	case BLK_FLUSH:
		st->flushes++;
		break;
	case BLK_DISCARD:
		break;
	}
}

/* Issue what there is room for.  Lock held. */
static void
push(struct vblk *b, struct blk_reqq *done)
{
	struct vblk_io *io;
	size_t want;

	while (!SLIST_EMPTY(&b->freeslots)) {
		if ((io = b->cur) == NULL) {
			if (STAILQ_EMPTY(&b->pending) ||
			    (io = SLIST_FIRST(&b->freeios)) == NULL)
				break;
			SLIST_REMOVE_HEAD(&b->freeios, link);
			io->req = STAILQ_FIRST(&b->pending);
			STAILQ_REMOVE_HEAD(&b->pending, link);
			io->issued = 0;
			io->parts = 0;
			io->error = 0;
			count(b, io->req);
			b->cur = io;
		}
		if (!issue_part(b, io))
			break;
		want = io->req->op == BLK_FLUSH ? 0 : io->req->len;
		if (io->issued >= want) {
			b->cur = NULL;
			if (io->parts == 0)
				finish(b, io, done);
		}
	}
	virtq_kick(b->q);
}

static void
complain(struct vblk *b, const struct vblk_io *io, unsigned status)
{
	static const char *const ops[] = { "read", "write", "flush" };

	if (b->complaints++ < COMPLAINTS)
		kern_printf("%s: %s of %lu bytes at %lu failed, status %u\n",
		    b->bd.name, ops[io->req->op], (unsigned long)io->req->len,
		    (unsigned long)io->req->off, status);
}

static void
got_id(struct vblk *b, struct vblk_slot *s)
{

	if (s->dma->status == VB_S_OK) {
		memcpy(b->bd.serial, s->dma->id, VB_ID_BYTES);
		b->bd.serial[VB_ID_BYTES] = '\0';
	}
	b->idknown = true;
	kern_cv_broadcast(&b->idcv);
}

/* A part is back.  Lock held. */
static void
completed(struct vblk *b, struct vblk_slot *s, struct blk_reqq *done)
{
	struct vblk_io *io = s->io;
	unsigned status = *(volatile uint8_t *)&s->dma->status;

	if (io->req == NULL)
		got_id(b, s);
	else if (status != VB_S_OK && io->error == 0) {
		io->error = status == VB_S_UNSUPP ? EOPNOTSUPP : EIO;
		complain(b, io, status);
	}
	SLIST_INSERT_HEAD(&b->freeslots, s, link);
	if (--io->parts == 0 && io != b->cur)
		finish(b, io, done);
}

/* Everything that is under way or waits fails.  The device is reset. */
static void
fail_all(struct vblk *b, struct blk_reqq *done)
{
	struct vblk_slot *s;
	struct blk_req *r;

	while ((s = vring_reclaim(&b->q->ring)) != NULL) {
		if (s->io->error == 0)
			s->io->error = EIO;
		SLIST_INSERT_HEAD(&b->freeslots, s, link);
		if (--s->io->parts == 0 && s->io != b->cur)
			finish(b, s->io, done);
	}
	if (b->cur != NULL) {
		b->cur->error = EIO;
		finish(b, b->cur, done);
		b->cur = NULL;
	}
	while ((r = STAILQ_FIRST(&b->pending)) != NULL) {
		STAILQ_REMOVE_HEAD(&b->pending, link);
		b->bd.stats.errors++;
		r->error = EIO;
		STAILQ_INSERT_TAIL(done, r, link);
	}
	kern_cv_broadcast(&b->idcv);
}

static void
give_back(struct blk_reqq *done)
{
	struct blk_req *r, *next;

	for (r = STAILQ_FIRST(done); r != NULL; r = next) {
		next = STAILQ_NEXT(r, link);
		r->done(r, r->error);
	}
}

int
vblk_intr(void *arg)
{
	struct vblk *b = arg;
	struct blk_reqq done;
	struct vblk_slot *s;
	uint32_t len;
	bool more, was = b->d->broken;

	if (!was && b->d->changed && b->up)
		(void)virtio_gave_up(b->d);
	do {
		STAILQ_INIT(&done);
		kern_mutex_lock(&b->lock);
		if (!b->up) {
			kern_mutex_unlock(&b->lock);
			return 1;
		}
		vring_intr_off(&b->q->ring);
		while ((s = vring_pop(&b->q->ring, &len)) != NULL)
			completed(b, s, &done);
		if (b->q->ring.why != NULL)
			virtio_broken(b->d, b->q->ring.why);
		if (!b->d->broken)
			push(b, &done);
		else if (!was) {
			was = true;
			(void)virtio_reset(b->d);
			fail_all(b, &done);
		}
		more = !vring_intr_on(&b->q->ring, 1);
		kern_mutex_unlock(&b->lock);
		give_back(&done);
	} while (more);
	return 1;
}

void
vblk_submit(struct blkdev *bd, struct blk_req *r)
{
	struct vblk *b = (struct vblk *)bd;
	struct blk_reqq done = STAILQ_HEAD_INITIALIZER(done);
	int error;

	kern_mutex_lock(&b->lock);
	error = b->d->broken || !b->up ? EIO : blkdev_check(bd, r);
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

/* Lock held. */
void
vblk_ask_id(struct vblk *b)
{
	struct vring_sg sg[3];
	struct vblk_io *io = SLIST_FIRST(&b->freeios);
	struct vblk_slot *s = SLIST_FIRST(&b->freeslots);

	SLIST_REMOVE_HEAD(&b->freeios, link);
	io->req = NULL;
	io->parts = 0;
	io->error = 0;
	sg[1].addr = s->pa + __builtin_offsetof(struct vblk_dma, id);
	sg[1].len = VB_ID_BYTES;
	if (!issue(b, io, VB_T_GET_ID, 0, sg, 1, false))
		SLIST_INSERT_HEAD(&b->freeios, io, link);
	virtq_kick(b->q);
}

int
vblk_io_open(struct vblk *b)
{
	uint64_t pa;
	unsigned i;

	if ((b->q = virtq_create(b->d, 0, BLK_RING, 0)) == NULL)
		return ENOMEM;
	b->nslot = b->q->ring.num < BLK_SLOTS ? b->q->ring.num : BLK_SLOTS;
	if (!b->indirect && b->maxseg > b->q->ring.num - 2u)
		b->maxseg = b->q->ring.num - 2;
	b->dma = virtio_dma_alloc(b->nslot * sizeof(*b->dma), &pa);
	b->slots = kern_zalloc(b->nslot * sizeof(*b->slots));
	b->ios = kern_zalloc(b->nslot * sizeof(*b->ios));
	if (b->dma == NULL || b->slots == NULL || b->ios == NULL)
		return ENOMEM;
	SLIST_INIT(&b->freeslots);
	SLIST_INIT(&b->freeios);
	STAILQ_INIT(&b->pending);
	b->cur = NULL;
	for (i = 0; i < b->nslot; i++) {
		b->slots[i].dma = &b->dma[i];
		b->slots[i].pa = pa + i * sizeof(*b->dma);
		SLIST_INSERT_HEAD(&b->freeslots, &b->slots[i], link);
		SLIST_INSERT_HEAD(&b->freeios, &b->ios[i], link);
	}
	return 0;
}

void
vblk_io_close(struct vblk *b)
{
	struct blk_reqq done = STAILQ_HEAD_INITIALIZER(done);

	kern_mutex_lock(&b->lock);
	if (b->q != NULL) {
		if (b->ios != NULL && b->slots != NULL && b->dma != NULL)
			fail_all(b, &done);
		virtio_dma_free(b->dma, b->nslot * sizeof(*b->dma));
		kern_free(b->slots);
		kern_free(b->ios);
		virtq_destroy(b->q);
		b->q = NULL;
		b->dma = NULL;
		b->slots = NULL;
		b->ios = NULL;
	}
	kern_mutex_unlock(&b->lock);
	give_back(&done);
}
