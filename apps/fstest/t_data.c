/* t_data.c: the contents of files. */
#include "fstest.h"

static void
t_append(void)
{
	char buf[16];
	int fd;

	put_file(in("app"), "abc");
	fd = rump_sys_open(in("app"), O_RDWR | O_APPEND);
	CHECK_INT(rump_sys_write(fd, "def", 3), 3);
	CHECK_INT(rump_sys_lseek(fd, 0, SEEK_SET), 0);
	CHECK_INT(rump_sys_write(fd, "ghi", 3), 3);
	CHECK_INT(rump_sys_pread(fd, buf, sizeof(buf), 0), 9);
	CHECK(memcmp(buf, "abcdefghi", 9) == 0);
	rump_sys_close(fd);
	CHECK_INT(rump_sys_unlink(in("app")), 0);
}

static void
t_seek(void)
{
	char buf[16];
	int fd;

	put_file(in("seek"), "0123456789");
	fd = rump_sys_open(in("seek"), O_RDWR);
	CHECK_INT(rump_sys_lseek(fd, 4, SEEK_SET), 4);
	CHECK_INT(rump_sys_read(fd, buf, 2), 2);
	CHECK(memcmp(buf, "45", 2) == 0);
	CHECK_INT(rump_sys_lseek(fd, -1, SEEK_CUR), 5);
	CHECK_INT(rump_sys_lseek(fd, -3, SEEK_END), 7);
	CHECK_INT(rump_sys_read(fd, buf, sizeof(buf)), 3);
	CHECK_INT(rump_sys_read(fd, buf, sizeof(buf)), 0);
	CHECK_ERR(rump_sys_lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK_ERR(rump_sys_lseek(fd, 0, 17), EINVAL);
	CHECK_ERR(rump_sys_pread(fd, buf, 1, -1), EINVAL);
	rump_sys_close(fd);
	CHECK_INT(rump_sys_unlink(in("seek")), 0);
}

/* What was never written, or cut off and grown again, is zeros. */
static void
t_holes(void)
{
	static char buf[40000];
	int fd;
	bool zero = true;

	fd = rump_sys_open(in("hole"), O_RDWR | O_CREAT | O_TRUNC, 0644);
	memset(buf, 'x', sizeof(buf));
	CHECK_INT(rump_sys_write(fd, buf, 10000), 10000);
	CHECK_INT(rump_sys_pwrite(fd, "end", 3, 30000), 3);
	CHECK_INT(rump_sys_pread(fd, buf, sizeof(buf), 0), 30003);
	for (int i = 0; i < 10000; i++)
		zero &= buf[i] == 'x';
	for (int i = 10000; i < 30000; i++)
		zero &= buf[i] == 0;
	CHECK(zero);
	CHECK(memcmp(buf + 30000, "end", 3) == 0);
	CHECK_INT(rump_sys_ftruncate(fd, 5000), 0);
	CHECK_INT(rump_sys_ftruncate(fd, 20000), 0);
	CHECK_INT(rump_sys_pread(fd, buf, sizeof(buf), 0), 20000);
	zero = true;
	for (int i = 5000; i < 20000; i++)
		zero &= buf[i] == 0;
	CHECK(zero && buf[4999] == 'x');
	CHECK_INT(rump_sys_ftruncate(fd, 0), 0);
	CHECK_INT(rump_sys_pread(fd, buf, sizeof(buf), 0), 0);
	rump_sys_close(fd);
	CHECK_INT(rump_sys_truncate(in("hole"), 7), 0);
	CHECK(has_text(in("hole"), "\0\0\0\0\0\0\0") == false);
	CHECK_INT(rump_sys_unlink(in("hole")), 0);
}

static void
t_iov(void)
{
	char a[4], b[7];
	struct iovec w[] = { { "one", 3 }, { "", 0 }, { "twothree", 8 } };
	struct iovec r[] = { { a, 4 }, { b, 7 } };
	int fd;

	fd = rump_sys_open(in("iov"), O_RDWR | O_CREAT | O_TRUNC, 0644);
	CHECK_INT(rump_sys_writev(fd, w, 3), 11);
	CHECK_INT(rump_sys_preadv(fd, r, 2, 0), 11);
	CHECK(memcmp(a, "onet", 4) == 0 && memcmp(b, "wothree", 7) == 0);
	CHECK_INT(rump_sys_pwritev(fd, w, 1, 8), 3);
	CHECK_INT(rump_sys_lseek(fd, 0, SEEK_SET), 0);
	CHECK_INT(rump_sys_readv(fd, r, 2), 11);
	CHECK(memcmp(b + 4, "one", 3) == 0);
	CHECK_ERR(rump_sys_readv(fd, r, -1), EINVAL);
	rump_sys_close(fd);
	CHECK_INT(rump_sys_unlink(in("iov")), 0);
}

#define BIG	(3 * 1024 * 1024 + 77)

static bool
verify(int fd, size_t chunk, unsigned seed, size_t size)
{
	unsigned char *buf = malloc(chunk);
	size_t at = 0;
	ssize_t n;
	bool ok = true;

	while ((n = rump_sys_pread(fd, buf, chunk, at)) > 0)
		for (ssize_t i = 0; i < n; i++, at++)
			ok &= buf[i] == pattern(seed, at);
	free(buf);
	return ok && n == 0 && at == size;
}

/* Odd sizes and big ones, forwards and over what is there. */
static void
t_big(void)
{
	static const size_t chunks[] = { 511, 4096, 65536, 1000003 };
	unsigned char *buf = malloc(1000003);
	size_t at, n;
	int fd;

	for (unsigned c = 0; c < 4; c++) {
		fd = rump_sys_open(in("big"), O_RDWR | O_CREAT, 0644);
		CHECK(fd >= 0);
		for (at = 0; at < BIG; at += n) {
			n = BIG - at < chunks[c] ? BIG - at : chunks[c];
			for (size_t i = 0; i < n; i++)
				buf[i] = pattern(c, at + i);
			if (rump_sys_write(fd, buf, n) != (ssize_t)n) {
				CHECK_INT(n, -1);
				break;
			}
		}
		CHECK(verify(fd, chunks[3 - c], c, BIG));
		CHECK_INT(rump_sys_fsync(fd), 0);
		rump_sys_close(fd);
		fd = rump_sys_open(in("big"), O_RDONLY);
		CHECK(verify(fd, 65536, c, BIG));
		CHECK(verify(fd, 777, c, BIG));
		rump_sys_close(fd);
	}
	free(buf);
	CHECK_INT(rump_sys_unlink(in("big")), 0);
}

/* Files that grow in turn get clusters in turn: extents of one. */
static void
t_fragments(void)
{
	unsigned char buf[3000];
	char name[8] = "frag-0";
	int fd[3];

	for (int f = 0; f < 3; f++) {
		name[5] = '0' + f;
		fd[f] = rump_sys_open(in(name), O_RDWR | O_CREAT | O_TRUNC, 0644);
		CHECK(fd[f] >= 0);
	}
	for (size_t at = 0; at < 300000; at += sizeof(buf))
		for (int f = 0; f < 3; f++) {
			for (size_t i = 0; i < sizeof(buf); i++)
				buf[i] = pattern(f, at + i);
			CHECK_INT(rump_sys_write(fd[f], buf, sizeof(buf)),
			    sizeof(buf));
		}
	for (int f = 0; f < 3; f++)
		CHECK(verify(fd[f], 70000, f, 300000));
	CHECK_INT(rump_sys_ftruncate(fd[1], 100001), 0);
	CHECK(verify(fd[1], 65536, 1, 100001));
	CHECK(verify(fd[2], 65536, 2, 300000));
	for (int f = 0; f < 3; f++) {
		name[5] = '0' + f;
		rump_sys_close(fd[f]);
		CHECK_INT(rump_sys_unlink(in(name)), 0);
	}
}

/* Write until it is full; how much went in. */
static long
fill(const char *path)
{
	size_t size = 1 << 20;
	char *buf = calloc(1, size);
	long total = 0;
	ssize_t n;
	int fd;

	fd = rump_sys_open(path, O_WRONLY | O_CREAT, 0644);
	CHECK(fd >= 0);
	while (total < 400L << 20 && (n = rump_sys_write(fd, buf, size)) > 0)
		total += n;
	CHECK_ERR(rump_sys_write(fd, buf, size), ENOSPC);
	CHECK_INT(rump_sys_lseek(fd, 0, SEEK_END), total);
	CHECK_INT(rump_sys_close(fd), 0);
	free(buf);
	return total;
}

/* Full, emptied, and full again with as much. */
static void
t_full(void)
{
	struct tmpfs_args args = { .ta_version = TMPFS_ARGS_VERSION,
	    .ta_root_mode = 0755, .ta_size_max = 3 << 20 };
	const char *where = dir;
	char path[100];
	long first, second;

	if (!on_fat) {
		where = "/full";
		(void)rump_sys_mkdir(where, 0755);
		CHECK_INT(rump_sys_mount(MOUNT_TMPFS, where, 0, &args,
		    sizeof(args)), 0);
	}
	snprintf(path, sizeof(path), "%s/full", where);
	first = fill(path);
	CHECK(first > 1 << 20);
	CHECK_INT(rump_sys_unlink(path), 0);
	second = fill(path);
	CHECK_INT(second, first);
	CHECK_INT(rump_sys_truncate(path, 1000), 0);
	snprintf(path, sizeof(path), "%s/small", where);
	put_file(path, "there is room again");
	CHECK(has_text(path, "there is room again"));
	CHECK_INT(rump_sys_unlink(path), 0);
	snprintf(path, sizeof(path), "%s/full", where);
	CHECK_INT(rump_sys_unlink(path), 0);
	if (!on_fat)
		CHECK_INT(rump_sys_unmount(where, 0), 0);
}

const struct test tests_data[] = {
	{ "append", t_append },
	{ "seek", t_seek },
	{ "holes, truncate", t_holes },
	{ "readv, writev", t_iov },
	{ "3 MB in pieces of all sizes", t_big },
	{ "three files that grow in turn", t_fragments },
	{ "a full disk", t_full },
	{ NULL, NULL }
};
