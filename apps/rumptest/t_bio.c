/* t_bio.c: block I/O. */
#include "test.h"

#define READ	RUMPUSER_BIO_READ
#define WRITE	RUMPUSER_BIO_WRITE
#define SYNC	RUMPUSER_BIO_SYNC

struct done {
	volatile int	n;
	size_t		bytes;
	int		error;
	struct lwp	*lwp;
	bool		context;
};
static int fd;
static uint64_t disk_size;

static void
biodone(void *arg, size_t bytes, int error)
{
	struct done *d = arg;

	d->bytes = bytes;
	d->error = error;
	d->lwp = rumpuser_curlwp();
	d->context = d->lwp != NULL && d->lwp->cpu != NULL &&
	    d->lwp->cpu->owner == d->lwp;
	__atomic_add_fetch(&d->n, 1, __ATOMIC_SEQ_CST);
}

static void
io(int f, int op, void *p, size_t n, int64_t off, struct done *d)
{

	memset(d, 0, sizeof(*d));
	d->error = -1;
	rumpuser_bio(f, op, p, n, off, biodone, d);
	TK_CHECK();
	CHECK(tk_until(&d->n, 1));
	CHECK(d->context);
	CHECK(d->lwp != tk_self());
}

static bool
begin(bool write)
{

	if (rumpuser_getfileinfo("blk0", &disk_size, NULL) != 0 ||
	    disk_size < 1 << 20) {
		test_skip("no blk0 of 1 MB");
		return false;
	}
	if (rumpuser_open("blk0", (write ? RUMPUSER_OPEN_RDWR :
	    RUMPUSER_OPEN_RDONLY) | RUMPUSER_OPEN_BIO, &fd) != 0) {
		test_skip("blk0 is read-only");
		return false;
	}
	return true;
}

static void
end(void)
{

	CHECK_INT(rumpuser_close(fd), 0);
}

static void
reading(void)
{
	uint8_t *a = rumpcomp_host_malloc(65536, 4096);
	uint8_t *b = rumpcomp_host_malloc(65536, 0);
	struct rumpuser_iovec iov = { b, 65536 };
	struct done d;
	size_t n;

	if (!begin(false))
		return;
	io(fd, READ, a, 65536, 0, &d);
	CHECK_INT(d.error, 0);
	CHECK_INT(d.bytes, 65536);
	CHECK_INT(rumpuser_iovread(fd, &iov, 1, 0, &n), 0);
	CHECK(memcmp(a, b, 65536) == 0);
	/* memory that is not aligned, one sector */
	io(fd, READ, b + 3, 512, 512, &d);
	CHECK_INT(d.error, 0);
	CHECK_INT(d.bytes, 512);
	CHECK(memcmp(a + 512, b + 3, 512) == 0);
	end();
	rumpcomp_host_free(a);
	rumpcomp_host_free(b);
}

/* Cut at the end; an error for what is wrong. */
static void
edges(void)
{
	uint8_t *a = rumpcomp_host_malloc(8192, 4096);
	struct done d;

	if (!begin(false))
		return;
	io(fd, READ, a, 4096, (int64_t)disk_size - 1024, &d);
	CHECK_INT(d.error, 0);
	CHECK_INT(d.bytes, 1024);
	io(fd, READ, a, 512, (int64_t)disk_size, &d);
	CHECK_INT(d.error, 0);
	CHECK_INT(d.bytes, 0);
	io(9999, READ, a, 512, 0, &d);
	CHECK_INT(d.error, NB_EBADF);
	CHECK_INT(d.bytes, 0);
	io(fd, WRITE, a, 512, 0, &d);
	CHECK_INT(d.error, NB_EBADF);
	io(fd, READ, a, 512, -512, &d);
	CHECK(d.error > 0);
	end();
	rumpcomp_host_free(a);
}

static void
writing(void)
{
	uint8_t *was = rumpcomp_host_malloc(65536, 4096);
	uint8_t *a = rumpcomp_host_malloc(65536, 4096);
	uint8_t *b = rumpcomp_host_malloc(65536, 4096);
	int64_t base;
	struct done d;
	int i, op;

	if (!begin(true))
		return;
	base = (int64_t)disk_size - 65536;
	io(fd, READ, was, 65536, base, &d);
	CHECK_INT(d.error, 0);
	for (op = WRITE; op <= (WRITE | SYNC); op += SYNC) {
		for (i = 0; i < 65536; i++)
			a[i] = (uint8_t)(i * 13 + op + (i >> 9));
		io(fd, op, a, 65536, base, &d);
		CHECK_INT(d.error, 0);
		CHECK_INT(d.bytes, 65536);
		io(fd, READ, b, 65536, base, &d);
		CHECK(memcmp(a, b, 65536) == 0);
		io(fd, op, a + 512, 512, base + 4096 + 512, &d);
		CHECK_INT(d.bytes, 512);
		io(fd, READ, b, 8192, base, &d);
		CHECK(memcmp(a, b, 4096 + 512) == 0);
		CHECK(memcmp(a + 512, b + 4096 + 512, 512) == 0);
		CHECK(memcmp(a + 4096 + 1024, b + 4096 + 1024, 3072) == 0);
	}
	io(fd, WRITE, a, 4096, (int64_t)disk_size, &d);
	CHECK(d.error > 0 || test_linux());
	io(fd, WRITE | SYNC, was, 65536, base, &d);
	CHECK_INT(d.error, 0);
	end();
	rumpcomp_host_free(was);
	rumpcomp_host_free(a);
	rumpcomp_host_free(b);
}

/* What is behind "key": of blk0 in the platform's status. */
static bool
blk0_text(const char *key, char *buf, size_t size)
{
	char *text = rumpcomp_host_malloc(65536, 0), *p;
	struct rumpuser_iovec iov = { text, 65535 };
	size_t n = 0;
	int f;

	if (rumpuser_open("sirloin:status", RUMPUSER_OPEN_RDONLY, &f) == 0) {
		CHECK_INT(rumpuser_iovread(f, &iov, 1, 0, &n), 0);
		CHECK_INT(rumpuser_close(f), 0);
	}
	text[n] = '\0';
	if ((p = strstr(text, "\"name\":\"blk0\"")) != NULL &&
	    (p = strstr(p, key)) != NULL)
		for (p += strlen(key); size > 1 && *p != '\0' &&
		    strchr("\",}", *p) == NULL; size--)
			*buf++ = *p++;
	*buf = '\0';
	rumpcomp_host_free(text);
	return p != NULL;
}

static long
blk0_number(const char *key)
{
	char buf[24], *p = buf;
	long v = 0;

	if (!blk0_text(key, buf, sizeof(buf)))
		return -1;
	while (*p >= '0' && *p <= '9')
		v = v * 10 + *p++ - '0';
	return v;
}

/* A disk's other name. */
static void
serial(void)
{
	uint64_t size = 0;
	char name[64];
	int f;

	if (!blk0_text("\"serial\":\"", name, sizeof(name)) ||
	    name[0] == '\0') {
		test_skip("blk0 has no serial number");
		return;
	}
	CHECK_INT(rumpuser_getfileinfo(name, &size, NULL), 0);
	CHECK_INT(size, blk0_number("\"size\":"));
	CHECK_INT(rumpuser_open(name, RUMPUSER_OPEN_RDONLY, &f), 0);
	CHECK_INT(rumpuser_close(f), 0);
}

/* SYNC and syncfd reach the disk as flushes; other writes don't. */
static void
stable(void)
{
	uint8_t *a = rumpcomp_host_malloc(4096, 4096);
	struct done d;
	int64_t off;
	char word[8];
	long was;
	int i;

	if (!begin(true))
		return;
	if (!blk0_text("\"cache\":", word, sizeof(word)) || word[0] != 't') {
		test_skip("a disk without cache");
		end();
		return;
	}
	off = (int64_t)disk_size / 4096 * 4096 - 4096;
	io(fd, READ, a, 4096, off, &d);
	was = blk0_number("\"flushes\":");
	io(fd, WRITE, a, 4096, off, &d);
	CHECK_INT(blk0_number("\"flushes\":"), was);
	for (i = 1; i <= 3; i++) {
		io(fd, WRITE | SYNC, a, 4096, off, &d);
		CHECK_INT(d.error, 0);
		CHECK_INT(blk0_number("\"flushes\":"), was + i);
	}
	CHECK_INT(rumpuser_syncfd(fd, RUMPUSER_SYNCFD_WRITE |
	    RUMPUSER_SYNCFD_SYNC, 0, 0), 0);
	CHECK_INT(blk0_number("\"flushes\":"), was + 4);
	CHECK_INT(rumpuser_syncfd(fd, RUMPUSER_SYNCFD_READ, 0, 0), 0);
	CHECK_INT(blk0_number("\"flushes\":"), was + 4);
	end();
	rumpcomp_host_free(a);
}

/* More at once than any ring has room for; all of them come back, once. */
#define NBIO	300
static void
flood(void)
{
	static struct done d[NBIO];
	uint8_t *a = rumpcomp_host_malloc(NBIO * 4096UL, 4096);
	uint8_t *b = rumpcomp_host_malloc(4096, 4096);
	uint64_t blocks, t0;
	struct done one;
	int64_t off;
	int i;

	if (!begin(false))
		return;
	blocks = disk_size / 4096;
	memset(d, 0, sizeof(d));
	for (i = 0; i < NBIO; i++) {
		off = (int64_t)((uint64_t)i * 7919 % blocks * 4096);
		rumpuser_bio(fd, READ, a + i * 4096UL, 4096, off, biodone,
		    &d[i]);
	}
	TK_CHECK();
	t0 = now();
	for (i = 0; i < NBIO; i++) {
		CHECK(tk_until(&d[i].n, 1));
		CHECK_INT(d[i].error, 0);
		CHECK_INT(d[i].bytes, 4096);
		CHECK(d[i].context);
		if (now() - t0 > 60 * SEC)
			break;
	}
	tk_sleep(10 * MS);
	for (i = 0; i < NBIO; i += 37) {
		CHECK_INT(d[i].n, 1);
		off = (int64_t)((uint64_t)i * 7919 % blocks * 4096);
		io(fd, READ, b, 4096, off, &one);
		CHECK(memcmp(a + i * 4096UL, b, 4096) == 0);
	}
	end();
	rumpcomp_host_free(a);
	rumpcomp_host_free(b);
}

/* A biodone that starts the next one, as stacked disks do. */
static volatile int chain_left;
static uint8_t *chain_buf;

static void
chain_done(void *arg, size_t bytes, int error)
{

	CHECK_INT(error, 0);
	CHECK_INT(bytes, 512);
	if (--chain_left > 0)
		rumpuser_bio(fd, READ, chain_buf, 512,
		    (int64_t)chain_left * 512, chain_done, arg);
}

static void
chain(void)
{

	if (!begin(false))
		return;
	chain_buf = rumpcomp_host_malloc(512, 512);
	chain_left = 100;
	rumpuser_bio(fd, READ, chain_buf, 512, 0, chain_done, &fd);
	CHECK(tk_until(&chain_left, 0));
	end();
	rumpcomp_host_free(chain_buf);
}

const struct test tests_bio[] = {
	{ "sem09 a disk by its serial number", serial },
	{ "sem08 reading; biodone has an lwp and the context", reading },
	{ "sem08 the end of the disk, wrong requests", edges },
	{ "sem08 writing, with and without SYNC", writing },
	{ "sem08 SYNC and syncfd flush the disk's cache", stable },
	{ "sem08 hundreds at once", flood },
	{ "sem08 a biodone starts the next", chain },
	{ NULL, NULL }
};
