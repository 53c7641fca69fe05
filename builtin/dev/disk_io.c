/*
 * disk_io.c: transfers of any offset and length on a struct disk.  Whole blocks
 * go to the driver in requests of at most maxio, several at a time; the rest
 * is read, changed and written.
 */
#include "dev.h"

#define NREQ		8		/* at a time, of one transfer */
#define ALLFREE		((1u << NREQ) - 1)
#define BOUNCE		65536

/* A place to wait: kept for the next one, because to make one is dear. */
struct place {
	kmutex_t	mtx;
	kcond_t		cv;
	SLIST_ENTRY(place) link;
};
static SLIST_HEAD(, place) places = SLIST_HEAD_INITIALIZER(places);
static kmutex_t places_mtx;

static int
places_init(void)
{

	kmutex_init(&places_mtx);
	return 0;
}
RUMP_COMPONENT(COMPONENT_CORE, places_init);

static struct place *
place_get(void)
{
	struct place *p;

	kmutex_enter(&places_mtx);
	if ((p = SLIST_FIRST(&places)) != NULL)
		SLIST_REMOVE_HEAD(&places, link);
	kmutex_exit(&places_mtx);
	if (p == NULL && (p = kmem_zalloc(sizeof(*p))) != NULL) {
		kmutex_init(&p->mtx);
		kcond_init(&p->cv);
	}
	return p;
}

static void
place_put(struct place *p)
{

	kmutex_enter(&places_mtx);
	SLIST_INSERT_HEAD(&places, p, link);
	kmutex_exit(&places_mtx);
}

/* ---- whole blocks, where the device reaches them ---- */

struct xfer {
	struct place	*p;
	unsigned	free;		/* bits: req[] that are not out */
	bool		all;		/* somebody waits for all of them */
	int		error;		/* the first */
	struct diskreq	req[NREQ];
};

static void
xfer_done(struct diskreq *r)
{
	struct xfer *x = r->arg;
	struct place *p = x->p;

	kmutex_enter(&p->mtx);
	if (r->error != 0 && x->error == 0)
		x->error = r->error;
	x->free |= 1u << (r - x->req);
	if (!x->all || x->free == ALLFREE)
		kcond_signal(&p->cv);
	kmutex_exit(&p->mtx);
}

/* len 0: one request without data.  DISK_DISCARD: data is for NREQ lists. */
static int
disk_blocks(struct disk *d, enum diskop op, uint64_t off, char *data,
    size_t len)
{
	const size_t most = op == DISK_DISCARD ? d->maxdiscard : d->maxio;
	struct place *p = place_get();
	struct diskreq *r;
	struct xfer x;
	size_t n;

	if (p == NULL)
		return ENOMEM;
	x.p = p;
	x.free = ALLFREE;
	x.all = false;
	x.error = 0;
	do {
		n = len < most ? len : most;
		kmutex_enter(&p->mtx);
		while (x.free == 0)
			kcond_wait(&p->cv, &p->mtx);
		r = &x.req[__builtin_ctz(x.free)];
		x.free &= x.free - 1;
		x.all = n == len;
		if (x.error != 0) {	/* no use to go on */
			x.free |= 1u << (r - x.req);
			kmutex_exit(&p->mtx);
			break;
		}
		kmutex_exit(&p->mtx);
		r->op = op;
		r->off = off;
		r->data = op != DISK_DISCARD ? data :
		    data + DISK_LIST * (size_t)(r - x.req);
		r->len = n;
		r->done = xfer_done;
		r->arg = &x;
		r->disk = d;
		r->tries = 0;
		d->submit(d, r);
		off += n;
		if (op != DISK_DISCARD)
			data += n;
		len -= n;
	} while (len > 0);
	kmutex_enter(&p->mtx);
	x.all = true;
	while (x.free != ALLFREE)
		kcond_wait(&p->cv, &p->mtx);
	kmutex_exit(&p->mtx);
	place_put(p);
	return x.error;
}

/* ---- where it does not ---- */

static bool
reachable(struct disk *d, const char *p, size_t n)
{

	if (((uintptr_t)p & (d->align - 1)) != 0)
		return false;
	for (; d->low4g && n > 0; p += 4096, n -= n < 4096 ? n : 4096)
		if ((dma_addr(p) | dma_addr(p + (n < 4096 ? n : 4096) - 1)) >>
		    32 != 0)
			return false;
	return true;
}

static int
disk_bounce(struct disk *d, bool write, uint64_t off, char *data, size_t len)
{
	struct dma m;
	size_t n;
	int error;

	if ((error = dma_alloc(&m, len < BOUNCE ? (len + 4095) & ~4095ul :
	    BOUNCE, 0)) != 0)
		return error;
	for (; len > 0 && error == 0; off += n, data += n, len -= n) {
		n = len < BOUNCE ? len : BOUNCE;
		if (write)
			memcpy(m.va, data, n);
		error = disk_blocks(d, write ? DISK_WRITE : DISK_READ, off,
		    m.va, n);
		if (!write && error == 0)
			memcpy(data, m.va, n);
	}
	dma_free(&m);
	return error;
}

static int
disk_whole(struct disk *d, bool write, uint64_t off, char *data, size_t len)
{

	if (__predict_false(!reachable(d, data, len)))
		return disk_bounce(d, write, off, data, len);
	return disk_blocks(d, write ? DISK_WRITE : DISK_READ, off, data, len);
}

/* ---- any offset and length ---- */

/* n bytes that begin at `in' of the block at off. */
static int
disk_part(struct disk *d, bool write, uint64_t off, size_t in, char *data,
    size_t n, char *block)
{
	int error;

	if ((error = disk_blocks(d, DISK_READ, off, block, d->blksize)) != 0)
		return error;
	if (!write) {
		memcpy(data, block + in, n);
		return 0;
	}
	memcpy(block + in, data, n);
	return disk_blocks(d, DISK_WRITE, off, block, d->blksize);
}

static int
disk_parts(struct disk *d, bool write, uint64_t off, char *data, size_t len)
{
	const size_t bs = d->blksize;
	struct dma m;
	size_t in, n;
	int error;

	if ((error = dma_alloc(&m, 4096, 0)) != 0)
		return error;
	for (; len > 0 && error == 0; off += n, data += n, len -= n) {
		in = off & (bs - 1);
		if (in == 0 && len >= bs) {
			n = len & ~(bs - 1);
			error = disk_whole(d, write, off, data, n);
		} else {
			n = bs - in < len ? bs - in : len;
			error = disk_part(d, write, off - in, in, data, n,
			    m.va);
		}
	}
	dma_free(&m);
	return error;
}

static int
disk_rw(struct disk *d, bool write, uint64_t off, void *data, size_t len)
{
	bool part = ((off | len) & (d->blksize - 1)) != 0;
	int error;

	if (off > d->size || len > d->size - off)
		return EIO;
	if (write)
		rumpuser_rw_enter(part ? RUMPUSER_RW_WRITER :
		    RUMPUSER_RW_READER, d->rw);
	error = __predict_false(part) ? disk_parts(d, write, off, data, len) :
	    disk_whole(d, write, off, data, len);
	if (write)
		rumpuser_rw_exit(d->rw);
	return error;
}

int
disk_rwv(struct disk *d, bool write, const struct iovec *iov, int niov,
    uint64_t off, size_t *done)
{
	int error;

	for (; niov > 0; niov--, iov++) {
		if (iov->iov_len == 0)
			continue;
		error = disk_rw(d, write, off + *done, iov->iov_base,
		    iov->iov_len);
		if (error != 0)
			return *done != 0 ? 0 : error;
		*done += iov->iov_len;
	}
	return 0;
}

/* What has been written so far is safe afterwards. */
int
disk_flush(struct disk *d)
{

	return d->cache && !d->rdonly ?
	    disk_blocks(d, DISK_FLUSH, 0, NULL, 0) : 0;
}

int
disk_discard(struct disk *d, uint64_t off, uint64_t len)
{
	const uint64_t bs = d->blksize;
	uint64_t end;
	struct dma m;
	int error;

	if (d->rdonly || d->maxdiscard == 0)
		return d->rdonly ? EROFS : EOPNOTSUPP;
	if (off > d->size || len > d->size - off)
		return EINVAL;
	end = (off + len) & ~(bs - 1);
	off = (off + bs - 1) & ~(bs - 1);
	if (off >= end)
		return 0;
	if ((error = dma_alloc(&m, NREQ * DISK_LIST, 0)) != 0)
		return error;
	rumpuser_rw_enter(RUMPUSER_RW_READER, d->rw);
	error = disk_blocks(d, DISK_DISCARD, off, m.va, end - off);
	rumpuser_rw_exit(d->rw);
	dma_free(&m);
	return error;
}
