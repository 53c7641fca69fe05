/*
 * disk.c: random extents written, flushed, read and compared with a model, by
 * several threads, each in its own part of the disk; errors that must come;
 * many requests at once.
 */
#include <stdio.h>
#include "devtest.h"

#define SPAN		(8u << 20)	/* bytes of the disk that are used */
#define MAXTHREAD	4
#define MAXLEN		(192u << 10)
#define FLOOD		400
#define LIMIT		20000000000ull	/* ns */

struct io { struct blk_req r; struct event *e; int error; };

static void
io_done(struct blk_req *r, int error)
{
	struct io *io = r->arg;

	io->error = error;
	event_post(io->e);
}

static void
io_start(struct blkdev *b, struct io *io, enum blk_op op, uint64_t off,
    void *data, size_t len, struct event *e)
{

	io->r = (struct blk_req){ .op = op, .off = off, .data = data,
	    .len = len, .done = io_done, .arg = io };
	io->e = e;
	io->error = -1;
	b->submit(b, &io->r);
}

/* One request, waited for: its error, -1: it never came back. */
static int
io_wait(struct blkdev *b, enum blk_op op, uint64_t off, void *data, size_t len)
{
	static struct io lost;		/* a late answer must find memory */
	struct event *e = kern_zalloc(sizeof(*e));
	struct io *io = kern_zalloc(sizeof(*io));
	int error;

	if (e == NULL || io == NULL)
		return lost.error = ENOMEM;
	event_init(e);
	io_start(b, io, op, off, data, len, e);
	if (!event_wait(e, 1, LIMIT))
		return -1;
	error = io->error;
	kern_free(io);
	kern_free(e);
	return error;
}

/* What block n holds after it was written the g-th time; 0: never. */
static void
pattern(uint32_t *p, uint32_t blksize, uint64_t n, uint32_t g)
{
	uint32_t i, x = (uint32_t)n * 2654435761u ^ g * 40503u ^ 0x5a5a5a5a;

	for (i = 0; i < blksize / 4; i++) {
		x = x * 1664525u + 1013904223u;
		p[i] = x;
	}
	p[0] = n;
	p[1] = g;
}

struct worker {
	struct blkdev	*b;
	uint64_t	first, count;	/* blocks */
	uint32_t	*gen;
	unsigned	rounds, bad, seed, memory;
	const char	*why;
};

static unsigned
compare(struct worker *w, const char *data, uint64_t blk, uint64_t n,
    uint32_t *tmp)
{
	uint64_t i;

	for (i = 0; i < n; i++) {
		pattern(tmp, w->b->blksize, blk + i, w->gen[blk + i - w->first]);
		if (memcmp(tmp, data + i * w->b->blksize, w->b->blksize) != 0)
			return 1;
	}
	return 0;
}

static void
one_round(struct worker *w, char *buf, uint32_t *tmp)
{
	uint32_t bs = w->b->blksize, r = random32(&w->seed);
	uint64_t n = 1 + random32(&w->seed) % (MAXLEN / bs), blk, i;
	char *p = buf + (r >> 8) % 64 * 4;	/* not on a page */
	int error;

	if ((r & 7) < 5)		/* most are small */
		n = 1 + n % 8;
	if (n > w->count)
		n = w->count;
	blk = w->first + random32(&w->seed) % (w->count - n + 1);
	if (r & 0x10) {
		for (i = 0; i < n; i++)
			pattern((uint32_t *)(p + i * bs), bs, blk + i,
			    ++w->gen[blk + i - w->first]);
		error = io_wait(w->b, BLK_WRITE, blk * bs, p, n * bs);
		if (error == 0 && (r & 0xe0) == 0)
			error = io_wait(w->b, BLK_FLUSH, 0, NULL, 0);
		if (error != 0) {
			w->bad++;
			w->why = error < 0 ? "a write is lost" : "a write fails";
		}
		return;
	}
	memset(p, 0xee, n * bs);
	error = io_wait(w->b, BLK_READ, blk * bs, p, n * bs);
	if (error != 0) {
		w->bad++;
		w->why = error < 0 ? "a read is lost" : "a read fails";
	} else if (compare(w, p, blk, n, tmp)) {
		w->bad++;
		w->why = "read data differ";
	}
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	uint32_t bs = w->b->blksize, *tmp = kern_malloc(bs, 0);
	char *buf = kern_malloc(MAXLEN + 256, 4);
	uint64_t i, n;

	if (tmp == NULL || buf == NULL) {
		w->bad = 1;
		w->why = "no memory";
		return NULL;
	}
	/* Everything written once, so that all of it can be compared. */
	for (i = 0; i < w->count && w->bad == 0; i += n) {
		uint64_t k;

		n = w->count - i < MAXLEN / bs ? w->count - i : MAXLEN / bs;
		for (k = 0; k < n; k++)
			pattern((uint32_t *)(buf + k * bs), bs, w->first + i + k,
			    w->gen[i + k] = 1);
		if (io_wait(w->b, BLK_WRITE, (w->first + i) * bs, buf,
		    n * bs) != 0) {
			w->bad++;
			w->why = "the first write fails";
		}
	}
	for (i = 0; i < w->rounds && w->bad == 0; i++)
		one_round(w, buf, tmp);
	for (i = 0; i < w->count && w->bad == 0; i += n) {
		n = w->count - i < MAXLEN / bs ? w->count - i : MAXLEN / bs;
		if (io_wait(w->b, BLK_READ, (w->first + i) * bs, buf,
		    n * bs) != 0 || compare(w, buf, w->first + i, n, tmp)) {
			w->bad++;
			w->why = "the last look finds a difference";
		}
	}
	kern_free(buf);
	kern_free(tmp);
	return NULL;
}

static void
test_random(struct blkdev *b)
{
	static struct worker w[MAXTHREAD];
	struct thread *t[MAXTHREAD];
	uint64_t blocks = (b->size < SPAN ? b->size : SPAN) / b->blksize;
	unsigned i;

	for (i = 0; i < MAXTHREAD; i++) {
		w[i] = (struct worker){ .b = b, .first = blocks / MAXTHREAD * i,
		    .count = blocks / MAXTHREAD, .seed = 12345 + i,
		    .rounds = option_number("rounds", 200) };
		w[i].gen = kern_zalloc(w[i].count * sizeof(uint32_t));
		if (w[i].gen == NULL || kern_thread_create(&t[i], "disk", work,
		    &w[i], KERN_PRI_USER, KERN_CPU_ANY, KERN_T_JOIN, 0) != 0) {
			ok(false, "%s: no memory for the test", b->name);
			return;
		}
	}
	for (i = 0; i < MAXTHREAD; i++) {
		kern_thread_join(t[i], NULL);
		kern_free(w[i].gen);
		ok(w[i].bad == 0, "%s: random extents, thread %u%s%s", b->name,
		    i, w[i].bad ? ": " : "", w[i].bad ? w[i].why : "");
	}
}

/* More requests at once than the ring has room for. */
static void
test_flood(struct blkdev *b, bool write)
{
	struct event e;
	struct io *io = kern_zalloc(FLOOD * sizeof(*io));
	char *buf = kern_malloc(FLOOD * 4096ul, 4096);
	unsigned i, bad = 0;

	event_init(&e);
	for (i = 0; i < FLOOD; i++) {
		memset(buf + i * 4096ul, i + write, 4096);
		io_start(b, &io[i], write ? BLK_WRITE : BLK_READ,
		    (uint64_t)i * 4096 % (b->size & ~4095ull), buf + i * 4096ul,
		    4096, &e);
	}
	if (!event_wait(&e, FLOOD, LIMIT)) {
		ok(false, "%s: only %u of %u requests at once came back",
		    b->name, e.n, FLOOD);
		return;			/* the memory stays theirs */
	}
	for (i = 0; i < FLOOD; i++)
		bad += io[i].error != 0;
	ok(bad == 0, "%s: %u %s at once", b->name, FLOOD,
	    write ? "writes" : "reads");
	kern_free(buf);
	kern_free(io);
}

static void
test_errors(struct blkdev *b)
{
	char *buf = kern_zalloc(8192);
	bool ro = b->flags & BLK_RDONLY;

	ok(io_wait(b, BLK_READ, b->size, buf, b->blksize) == EINVAL,
	    "%s: a read beyond the end is refused", b->name);
	ok(io_wait(b, BLK_READ, ~0ull << 12, buf, b->blksize) == EINVAL,
	    "%s: a read far beyond the end is refused", b->name);
	ok(io_wait(b, BLK_READ, 1, buf, b->blksize) == EINVAL,
	    "%s: a read within a block is refused", b->name);
	ok(io_wait(b, BLK_READ, 0, buf, b->blksize / 2) == EINVAL,
	    "%s: a read of half a block is refused", b->name);
	ok(io_wait(b, BLK_READ, 0, buf, 0) == 0,
	    "%s: a read of nothing succeeds", b->name);
	ok(io_wait(b, BLK_READ, b->size - b->blksize, buf, b->blksize) == 0,
	    "%s: the last block can be read", b->name);
	ok(io_wait(b, BLK_FLUSH, 0, NULL, 0) == 0, "%s: flush", b->name);
	if (ro)
		ok(io_wait(b, BLK_WRITE, 0, buf, b->blksize) == EROFS,
		    "%s: a write to a read-only disk is refused", b->name);
	ok(b->open(b) == EBUSY, "%s: a second opening is refused", b->name);
	kern_free(buf);
}

static void
speed(struct blkdev *b, enum blk_op op, uint32_t size, unsigned n)
{
	struct event e;
	struct io *io = kern_zalloc(n * sizeof(*io));
	char *buf = kern_malloc(size * 32ul, 4096);
	uint64_t t = kern_clock();
	unsigned i;

	event_init(&e);
	for (i = 0; i < n; i++) {
		if (i >= 32)
			(void)event_wait(&e, i - 31, LIMIT);
		io_start(b, &io[i], op, (uint64_t)i * size %
		    ((b->size < SPAN ? b->size : SPAN) & ~(size - 1ull)),
		    buf + i % 32 * (size_t)size, size, &e);
	}
	if (!event_wait(&e, n, LIMIT))
		return;
	t = kern_clock() - t;
	kern_printf("# %s: %s of %u KB: %lu MB/s, %lu/s\n", b->name,
	    op == BLK_READ ? "reads" : "writes", size >> 10,
	    (unsigned long)((uint64_t)n * size * 1000 / t),
	    (unsigned long)(n * 1000000000ull / t));
	kern_free(buf);
	kern_free(io);
}

void
test_disk(struct blkdev *b, void *arg)
{
	bool write = option_is("disk", "write") &&
	    (b->flags & BLK_RDONLY) == 0;
	char serial[sizeof(b->serial)];
	uint64_t began;
	size_t len;
	int error;

	if (b->identify != NULL)
		b->identify(b);
	kern_printf("# %s: %s, serial \"%s\", %lu KB, blocks of %u%s%s\n",
	    b->name, b->driver, b->serial, (unsigned long)(b->size >> 10),
	    b->blksize, b->flags & BLK_RDONLY ? ", read-only" : "",
	    b->flags & BLK_FLUSHES ? ", flush" : "");
	strlcpy(serial, b->serial, sizeof(serial));
	if (serial[0] != '\0')
		ok(blkdev_find(serial) == b, "%s: found by its serial", b->name);
	began = kern_clock();
	if ((error = b->open(b)) != 0) {
		ok(false, "%s: open: error %d", b->name, error);
		return;
	}
	kern_printf("# %s: opened in %lu us\n", b->name,
	    (unsigned long)((kern_clock() - began) / 1000));
	test_errors(b);
	test_flood(b, false);
	if (write) {
		error = io_wait(b, BLK_DISCARD, 0, NULL, 64 * b->blksize);
		ok(b->flags & BLK_DISCARDS ? error == 0 : error == EOPNOTSUPP,
		    "%s: discard: error %d", b->name, error);
		test_random(b);
		test_flood(b, true);
	}
	if (kern_option("speed", &len) != NULL) {
		speed(b, BLK_READ, 4096, 4000);
		speed(b, BLK_READ, 65536, 2000);
		if (write)
			speed(b, BLK_WRITE, 65536, 2000);
	}
	show_irqs(b->name);
	b->close(b);
	ok((error = b->open(b)) == 0, "%s: opens again", b->name);
	if (error == 0)
		test_flood(b, false);
	b->close(b);
}
