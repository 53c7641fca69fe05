/*
 * bcache.c: a cache of a disk for file systems: windows of 32 KB, least
 * recently used first out.  A write goes to the disk before it returns and
 * changes the windows that have its place; a window that was being read
 * meanwhile is not believed.
 */
#include "blk.h"
#include <stdlib.h>

#define WINDOW		32768
#define DIRECT		WINDOW		/* as big, and it passes by */
#define NHASH		32
#define NBUFS		32		/* 1 MB; fewer when there is little */

struct buf {
	uint64_t	off;		/* multiple of WINDOW */
	size_t		len;		/* less than WINDOW at the disk's end */
	char		*data;		/* NULL: never used */
	bool		valid, busy;	/* busy: being read */
	LIST_ENTRY(buf)	hash;
	TAILQ_ENTRY(buf) lru;
};
struct bcache {
	struct blk	*blk;
	kmutex_t	mtx;
	kcond_t		cv;		/* a buffer is no longer busy */
	uint64_t	writes;		/* begun and ended ones */
	LIST_HEAD(, buf) hash[NHASH];
	TAILQ_HEAD(, buf) lru;		/* first: used longest ago */
	int		nbufs;
	struct buf	buf[];
};
#define HASH(bc, off)	(&(bc)->hash[(off) / WINDOW % NHASH])

/* A sixteenth of the memory that the platform says there is. */
static int
bcache_size(void)
{
	char s[32];
	uint64_t n;

	if (rumpuser_getparam("RUMP_MEMLIMIT", s, sizeof(s)) != 0)
		return NBUFS;
	n = strtoull(s, NULL, 10) / 16 / WINDOW;
	return n < 4 ? 4 : n > NBUFS ? NBUFS : (int)n;
}

struct bcache *
bcache_new(struct blk *b)
{
	int i, n = bcache_size();
	struct bcache *bc = kmem_zalloc(sizeof(*bc) + n * sizeof(bc->buf[0]));

	if (bc == NULL)
		return NULL;
	kmutex_init(&bc->mtx);
	kcond_init(&bc->cv);
	bc->blk = b;
	bc->nbufs = n;
	TAILQ_INIT(&bc->lru);
	for (i = 0; i < n; i++) {
		bc->buf[i].off = UINT64_MAX;
		TAILQ_INSERT_TAIL(&bc->lru, &bc->buf[i], lru);
	}
	return bc;
}

void
bcache_free(struct bcache *bc)
{

	for (int i = 0; i < bc->nbufs; i++)
		kmem_free(bc->buf[i].data, WINDOW);
	kcond_destroy(&bc->cv);
	kmutex_destroy(&bc->mtx);
	kmem_free(bc, sizeof(*bc) + bc->nbufs * sizeof(bc->buf[0]));
}

static struct buf *
buf_find(struct bcache *bc, uint64_t off)
{
	struct buf *b;

	LIST_FOREACH(b, HASH(bc, off), hash)
		if (b->off == off)
			return b;
	return NULL;
}

/* A buffer for a window that has none; NULL: all are busy, we have slept. */
static struct buf *
buf_take(struct bcache *bc, uint64_t off)
{
	struct buf *b;

	TAILQ_FOREACH(b, &bc->lru, lru)
		if (!b->busy)
			break;
	if (b == NULL) {
		kcond_wait(&bc->cv, &bc->mtx);
		return NULL;
	}
	if (b->off != UINT64_MAX)
		LIST_REMOVE(b, hash);
	b->valid = false;
	b->off = off;
	b->len = bc->blk->size - off < WINDOW ? bc->blk->size - off : WINDOW;
	LIST_INSERT_HEAD(HASH(bc, off), b, hash);
	return b;
}

/* Read the window; the lock is dropped meanwhile. */
static int
buf_fill(struct bcache *bc, struct buf *b)
{
	uint64_t writes = bc->writes;
	int error = 0;

	b->busy = true;
	kmutex_exit(&bc->mtx);
	if (b->data == NULL &&
	    (b->data = kmem_alloc_aligned(WINDOW, 4096)) == NULL)
		error = ENOMEM;
	else
		error = blk_read(bc->blk, b->off, b->data, b->len);
	kmutex_enter(&bc->mtx);
	b->busy = false;
	b->valid = error == 0 && writes == bc->writes;
	kcond_broadcast(&bc->cv);
	return error;
}

/* The part of a read that is in one window. */
static int
window_read(struct bcache *bc, uint64_t off, char *p, size_t n)
{
	uint64_t win = off - off % WINDOW;
	struct buf *b;
	int error;

	kmutex_enter(&bc->mtx);
	for (;;) {
		if ((b = buf_find(bc, win)) == NULL &&
		    (b = buf_take(bc, win)) == NULL)
			continue;
		if (b->busy) {
			kcond_wait(&bc->cv, &bc->mtx);
			continue;
		}
		if (b->valid)
			break;
		if ((error = buf_fill(bc, b)) != 0) {
			kmutex_exit(&bc->mtx);
			return error;
		}
	}
	memcpy(p, b->data + (off - win), n);
	TAILQ_REMOVE(&bc->lru, b, lru);
	TAILQ_INSERT_TAIL(&bc->lru, b, lru);
	kmutex_exit(&bc->mtx);
	return 0;
}

int
bcache_read(struct bcache *bc, uint64_t off, void *p, size_t n)
{
	size_t k;
	int error;

	if (off > bc->blk->size || n > bc->blk->size - off)
		return EIO;
	if (n >= DIRECT)
		return blk_read(bc->blk, off, p, n);
	for (; n > 0; n -= k, off += k, p = (char *)p + k) {
		k = WINDOW - off % WINDOW;
		k = k < n ? k : n;
		if ((error = window_read(bc, off, p, k)) != 0)
			return error;
	}
	return 0;
}

/* What the windows have of [off, off + n) becomes p's, or is forgotten. */
static void
windows_update(struct bcache *bc, uint64_t off, const char *p, size_t n,
    bool ok)
{
	uint64_t from, to;
	struct buf *b;

	for (int i = 0; i < bc->nbufs; i++) {
		b = &bc->buf[i];
		if (!b->valid || b->off >= off + n || b->off + b->len <= off)
			continue;
		from = b->off > off ? b->off : off;
		to = b->off + b->len < off + n ? b->off + b->len : off + n;
		if (ok)
			memcpy(b->data + (from - b->off), p + (from - off),
			    to - from);
		else
			b->valid = false;
	}
}

int
bcache_write(struct bcache *bc, uint64_t off, const void *p, size_t n)
{
	int error;

	kmutex_enter(&bc->mtx);
	bc->writes++;
	kmutex_exit(&bc->mtx);
	error = blk_write(bc->blk, off, p, n);
	kmutex_enter(&bc->mtx);
	bc->writes++;
	windows_update(bc, off, p, n, error == 0);
	kmutex_exit(&bc->mtx);
	return error;
}
