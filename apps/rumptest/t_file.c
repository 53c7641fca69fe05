/* t_file.c: names, descriptors, reads and writes. */
#include "test.h"

#define RD	RUMPUSER_OPEN_RDONLY
#define RW	RUMPUSER_OPEN_RDWR

static int
get(int fd, void *p, size_t n, int64_t off, size_t *got)
{
	struct rumpuser_iovec iov = { p, n };

	return rumpuser_iovread(fd, &iov, 1, off, got);
}

static int
put(int fd, const void *p, size_t n, int64_t off, size_t *got)
{
	struct rumpuser_iovec iov = { (void *)p, n };

	return rumpuser_iovwrite(fd, &iov, 1, off, got);
}

static void
names(void)
{
	uint64_t size = 77;
	int fd = -1, type = -1, i, fds[100];

	CHECK_INT(rumpuser_open("no-such-thing", RD, &fd), NB_ENOENT);
	CHECK_INT(rumpuser_getfileinfo("no-such-thing", &size, &type),
	    NB_ENOENT);
	CHECK_INT(rumpuser_getfileinfo("sirloin:config", NULL, NULL), 0);
	CHECK_INT(rumpuser_getfileinfo("sirloin:status", &size, NULL), 0);
	CHECK_INT(size, 65536);
	CHECK_INT(rumpuser_getfileinfo("sirloin:config", NULL, &type), 0);
	CHECK_INT(type, RUMPUSER_FT_REG);
	if (test_linux())
		return;
	CHECK(rumpuser_open("", RD, &fd) != 0);
	CHECK(rumpuser_open("sirloin:nothing", RD, &fd) != 0);
	CHECK(rumpuser_open("new", RW | RUMPUSER_OPEN_CREATE, &fd) != 0);
	CHECK(rumpuser_open("sirloin:config", RW, &fd) != 0);
	CHECK(rumpuser_close(-1) != 0);
	CHECK(rumpuser_close(12345) != 0);
	/* Descriptors end, and come back. */
	for (i = 0; i < 100; i++)
		if (rumpuser_open("sirloin:config", RD, &fds[i]) != 0)
			break;
	CHECK(i > 8);
	while (--i >= 0)
		CHECK_INT(rumpuser_close(fds[i]), 0);
	CHECK_INT(rumpuser_close(fds[0]), NB_EBADF);
}

static void
console(void)
{
	struct rumpuser_iovec iov[3] = { { (void *)"# con", 5 }, { NULL, 0 },
	    { (void *)"sole\n", 5 } };
	size_t n = 0;
	int fd;

	CHECK_INT(rumpuser_open("sirloin:console", RW, &fd), 0);
	CHECK_INT(rumpuser_iovwrite(fd, iov, 3, RUMPUSER_IOV_NOSEEK, &n), 0);
	CHECK_INT(n, 10);
	/* As a rump kernel's file system does it: with some offset. */
	CHECK_INT(put(fd, "# offset\n", 9, 1000000, &n), 0);
	CHECK_INT(n, 9);
	CHECK_INT(rumpuser_close(fd), 0);
}

static void
config(void)
{
	char a[64], b[64];
	uint64_t size;
	size_t n, m;
	int fd;

	CHECK_INT(rumpuser_getfileinfo("sirloin:config", &size, NULL), 0);
	CHECK_INT(rumpuser_open("sirloin:config", RD, &fd), 0);
	CHECK_INT(get(fd, a, sizeof(a), 0, &n), 0);
	CHECK_INT(n, size < sizeof(a) ? size : sizeof(a));
	if (n > 3) {
		CHECK_INT(get(fd, b, sizeof(b), 3, &m), 0);
		CHECK(memcmp(a + 3, b, n - 3) == 0);
	}
	CHECK_INT(get(fd, a, sizeof(a), (int64_t)size, &n), 0);
	CHECK_INT(n, 0);
	CHECK_INT(get(fd, a, sizeof(a), INT64_MAX - 1, &n), 0);
	CHECK_INT(n, 0);
	if (!test_linux())
		CHECK_INT(put(fd, a, 1, 0, &n), NB_EBADF);
	CHECK_INT(rumpuser_close(fd), 0);
}

/* Balanced, and nothing but spaces after the end. */
static bool
json_ends(const char *p, size_t n)
{
	int depth = 0;
	bool string = false;
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] == '"')
			string = !string;
		if (string)
			continue;
		depth += (p[i] == '{' || p[i] == '[') -
		    (p[i] == '}' || p[i] == ']');
		if (depth == 0)
			break;
	}
	for (i++; i < n && (p[i] == ' ' || p[i] == '\n'); i++)
		continue;
	return i == n && !string;
}

static void
status(void)
{
	char *p = rumpcomp_host_malloc(65536, 0);
	struct rumpuser_iovec iov[2] = { { p, 1000 }, { p + 1000, 64536 } };
	static const char *const keys[] = { "\"uptime_ns\":", "\"cpus\":[",
	    "\"threads\":[", "\"memory\":{", "\"irqs\":[", "\"net\":[",
	    "\"blk\":[", "\"pci\":[", "\"hypervisor\":" };
	size_t n, i;
	int fd;

	CHECK_INT(rumpuser_open("sirloin:status", RD, &fd), 0);
	CHECK_INT(rumpuser_iovread(fd, iov, 2, 0, &n), 0);
	CHECK_INT(n, 65536);
	CHECK(p[0] == '{');
	CHECK(json_ends(p, n));
	p[65535] = '\0';
	for (i = 0; i < sizeof(keys) / sizeof(*keys) && !test_linux(); i++)
		if (strstr(p, keys[i]) == NULL)
			test_fail(__FILE__, __LINE__, keys[i]);
	CHECK_INT(get(fd, p, 10, 65530, &n), 0);
	CHECK_INT(n, 6);
	CHECK_INT(rumpuser_close(fd), 0);
	rumpcomp_host_free(p);
}

/* ---- a disk ---- */

static uint64_t disk_size;

static bool
have_disk(void)
{
	int type;

	if (rumpuser_getfileinfo("blk0", &disk_size, &type) != 0) {
		test_skip("no blk0");
		return false;
	}
	CHECK(type == RUMPUSER_FT_BLK || type == RUMPUSER_FT_REG);
	CHECK(disk_size >= 65536);
	return disk_size >= 65536;
}

static void
disk_read(void)
{
	uint8_t *a = rumpcomp_host_malloc(16384, 0);
	uint8_t *b = rumpcomp_host_malloc(16384, 0);
	struct rumpuser_iovec iov[4];
	struct lwp *l = tk_self();
	unsigned u;
	size_t n;
	int fd, off;

	if (!have_disk())
		return;
	CHECK_INT(rumpuser_open("blk0", RD, &fd), 0);
	u = l->unsched;
	CHECK_INT(get(fd, a, 16384, 0, &n), 0);
	CHECK(l->unsched > u);
	TK_CHECK();
	CHECK_INT(n, 16384);
	for (off = 1; off < 5000; off = off * 3 + 1) {
		iov[0] = (struct rumpuser_iovec){ b, 1 };
		iov[1] = (struct rumpuser_iovec){ b + 1, 4000 };
		iov[2] = (struct rumpuser_iovec){ b + 4001, 0 };
		iov[3] = (struct rumpuser_iovec){ b + 4001, 5123 };
		memset(b, 0, 16384);
		CHECK_INT(rumpuser_iovread(fd, iov, 4, off, &n), 0);
		CHECK_INT(n, 9124);
		CHECK(memcmp(a + off, b, 9124) == 0);
	}
	/* The end. */
	CHECK_INT(get(fd, b, 1000, (int64_t)disk_size - 100, &n), 0);
	CHECK_INT(n, 100);
	CHECK_INT(get(fd, b, 1000, (int64_t)disk_size, &n), 0);
	CHECK_INT(n, 0);
	CHECK(get(fd, b, 1000, -5, &n) != 0);
	if (!test_linux())
		CHECK_INT(put(fd, b, 1, 0, &n), NB_EBADF);
	CHECK_INT(rumpuser_close(fd), 0);
	CHECK_INT(get(fd, b, 1000, 0, &n), NB_EBADF);
	rumpcomp_host_free(a);
	rumpcomp_host_free(b);
}

/* The last 64 KB are written, and put back as they were. */
static void
disk_write(void)
{
	uint8_t *was = rumpcomp_host_malloc(65536, 0);
	uint8_t *want = rumpcomp_host_malloc(65536, 0);
	uint8_t *b = rumpcomp_host_malloc(65536, 0);
	static const struct { int off, len; } w[] = { { 0, 512 }, { 1, 1 },
	    { 511, 2 }, { 1000, 3000 }, { 4096, 4096 }, { 5000, 60000 },
	    { 65535, 1 }, { 12345, 12345 } };
	int64_t base;
	size_t n, i;
	int fd, k;

	if (!have_disk())
		return;
	if (rumpuser_open("blk0", RW, &fd) != 0) {
		test_skip("blk0 is read-only");
		return;
	}
	base = (int64_t)disk_size - 65536;
	CHECK_INT(get(fd, was, 65536, base, &n), 0);
	memcpy(want, was, 65536);
	for (i = 0; i < sizeof(w) / sizeof(*w); i++) {
		for (k = 0; k < w[i].len; k++)
			want[w[i].off + k] = (uint8_t)(k * 7 + (int)i);
		CHECK_INT(put(fd, want + w[i].off, (size_t)w[i].len,
		    base + w[i].off, &n), 0);
		CHECK_INT(n, w[i].len);
		CHECK_INT(get(fd, b, 65536, base, &n), 0);
		CHECK(memcmp(b, want, 65536) == 0);
	}
	if (!test_linux()) {		/* where it is a file, and grows */
		CHECK_INT(put(fd, was + 65436, 100, base + 65436, &n), 0);
		CHECK_INT(put(fd, was, 1000, (int64_t)disk_size - 100, &n), 0);
		CHECK_INT(n, 100);
		CHECK(put(fd, was, 1000, (int64_t)disk_size, &n) != 0);
	}
	CHECK_INT(put(fd, was, 65536, base, &n), 0);
	CHECK_INT(rumpuser_syncfd(fd, RUMPUSER_SYNCFD_WRITE |
	    RUMPUSER_SYNCFD_SYNC, 0, 0), 0);
	CHECK_INT(rumpuser_close(fd), 0);
	rumpcomp_host_free(was);
	rumpcomp_host_free(want);
	rumpcomp_host_free(b);
}

static void
syncfd(void)
{
	struct lwp *l = tk_self();
	unsigned u;
	int fd;

	if (!have_disk())
		return;
	CHECK_INT(rumpuser_open("blk0", RD | RUMPUSER_OPEN_BIO, &fd), 0);
	if (!test_linux()) {
		CHECK_INT(rumpuser_syncfd(fd, 0, 0, 0), NB_EINVAL);
		CHECK_INT(rumpuser_syncfd(fd, RUMPUSER_SYNCFD_SYNC, 0, 0),
		    NB_EINVAL);
		CHECK_INT(rumpuser_syncfd(9999, RUMPUSER_SYNCFD_WRITE, 0, 0),
		    NB_EBADF);
	}
	CHECK_INT(rumpuser_syncfd(fd, RUMPUSER_SYNCFD_READ, 0, 0), 0);
	u = l->unsched;
	CHECK_INT(rumpuser_syncfd(fd, RUMPUSER_SYNCFD_WRITE |
	    RUMPUSER_SYNCFD_SYNC, 0, 0), 0);
	CHECK(l->unsched > u || test_linux());
	TK_CHECK();
	CHECK_INT(rumpuser_syncfd(fd, RUMPUSER_SYNCFD_BOTH |
	    RUMPUSER_SYNCFD_BARRIER | RUMPUSER_SYNCFD_SYNC, 512, 1024), 0);
	CHECK_INT(rumpuser_close(fd), 0);
}

/* Neighbours in one block, written at once: read-modify-write is one step. */
static int rmw_fd;
static int64_t rmw_base;

static void
rmw_main(void *arg)
{
	int me = (int)(intptr_t)arg, i;
	uint8_t b[100];
	size_t n;

	for (i = 0; i < 20; i++) {
		memset(b, me * 16 + i, sizeof(b));
		CHECK_INT(put(rmw_fd, b, sizeof(b), rmw_base + me * 100, &n),
		    0);
		CHECK_INT(n, sizeof(b));
	}
}

static void
rmw(void)
{
	struct tk_thread *t[5];
	uint8_t was[512], b[512];
	size_t n;
	int i, k;

	if (!have_disk())
		return;
	if (rumpuser_open("blk0", RW, &rmw_fd) != 0) {
		test_skip("blk0 is read-only");
		return;
	}
	rmw_base = (int64_t)disk_size - 512;
	CHECK_INT(get(rmw_fd, was, 512, rmw_base, &n), 0);
	for (i = 0; i < 5; i++)
		t[i] = tk_spawn(rmw_main, (void *)(intptr_t)i, -1);
	for (i = 0; i < 5; i++)
		tk_join(t[i]);
	CHECK_INT(get(rmw_fd, b, 512, rmw_base, &n), 0);
	for (i = 0; i < 5; i++)
		for (k = 0; k < 100; k++)
			if (b[i * 100 + k] != (uint8_t)(i * 16 + 19)) {
				test_fail(__FILE__, __LINE__,
				    "a write next to it undid a write");
				break;
			}
	CHECK(memcmp(b + 500, was + 500, 12) == 0);
	CHECK_INT(put(rmw_fd, was, 512, rmw_base, &n), 0);
	CHECK_INT(rumpuser_close(rmw_fd), 0);
}

const struct test tests_file[] = {
	{ "sem09 names and descriptors", names },
	{ "sem09 console: scattered, no offset, any offset", console },
	{ "sem09 configuration", config },
	{ "sem09 status", status },
	{ "sem09 disk: reads of any size and offset", disk_read },
	{ "sem09 disk: writes of any size and offset", disk_write },
	{ "sem09 disk: syncfd", syncfd },
	{ "sem09 disk: read-modify-write is one step", rmw },
	{ NULL, NULL }
};
