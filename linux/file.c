/* file.c: descriptors: read, write, control. */
#include <kern_errno.h>
#include <string.h>

#include "linux.h"
#include "file.h"
#include <rump/sync.h>

/* ---- flags (asm-generic/fcntl.h) ---- */

static const struct { int theirs, ours; } openflags[] = {
	{ LX_O_CREAT, O_CREAT }, { LX_O_EXCL, O_EXCL }, { LX_O_TRUNC, O_TRUNC },
	{ LX_O_NOCTTY, O_NOCTTY }, { LX_O_APPEND, O_APPEND },
	{ LX_O_NONBLOCK, O_NONBLOCK }, { LX_O_SYNC, O_SYNC },
	{ LX_O_DSYNC, O_DSYNC }, { LX_O_DIRECTORY, O_DIRECTORY },
	{ LX_O_NOFOLLOW, O_NOFOLLOW }, { LX_O_CLOEXEC, O_CLOEXEC }
};

int
lx_openflags(int f)
{
	int n = f & O_ACCMODE;

	for (size_t i = 0; i < sizeof(openflags) / sizeof(openflags[0]); i++)
		if ((f & openflags[i].theirs) == openflags[i].theirs)
			n |= openflags[i].ours;
	return n;
}

static int
openflags_back(int f)
{
	int n = f & O_ACCMODE;

	for (size_t i = 0; i < sizeof(openflags) / sizeof(openflags[0]); i++)
		if (f & openflags[i].ours)
			n |= openflags[i].theirs;
	return n;
}

bool
lx_nonblock(int fd)
{
	int f = rump_sys_fcntl(fd, F_GETFL, 0);

	return f >= 0 && (f & O_NONBLOCK) != 0;
}

/* ---- reading and writing ---- */

static long
special_io(int fd, void *p, size_t n, bool write)
{
	struct lx_special *s = lx_special_get(fd);
	long r;

	if (s == NULL)
		return LX_NOTSPECIAL;
	r = write ? lx_special_write(s, p, n, lx_nonblock(fd)) :
	    lx_special_read(s, p, n, lx_nonblock(fd));
	lx_special_put(s);
	return r;
}

/* What all that read have in common, and all that write. */
long
lx_did_read(int fd, long r)
{

	if (lx_nedge != 0)
		lx_epoll_edge(fd, POLLIN);
	return lx_result(r);
}

long
lx_did_write(int fd, long r, bool quiet)
{
	long e;

	if (lx_nedge != 0)
		lx_epoll_edge(fd, POLLOUT);
	if (r != -1)
		return r;
	e = *rumpcomp_host_errno();
	if (e == EPIPE && !quiet)
		lx_signal_send(lx_self()->proc, lx_self(), LX_SIGPIPE);
	return lx_error((int)e);
}

long
lx_sys_read(long fd, long p, long n, long d, long e, long f)
{
	long r;

	if (lx_nspecial != 0 && (r = special_io((int)fd, (void *)p, (size_t)n,
	    false)) != LX_NOTSPECIAL)
		return r;
	lx_touch((void *)p, (size_t)n);
	return lx_did_read((int)fd, rump_sys_read((int)fd, (void *)p, (size_t)n));
}

long
lx_sys_write(long fd, long p, long n, long d, long e, long f)
{
	long r;

	if (lx_nspecial != 0 && (r = special_io((int)fd, (void *)p, (size_t)n,
	    true)) != LX_NOTSPECIAL)
		return r;
	lx_look((void *)p, (size_t)n);
	return lx_did_write((int)fd, rump_sys_write((int)fd, (void *)p,
	    (size_t)n), false);
}

long
lx_sys_pread64(long fd, long p, long n, long off, long e, long f)
{

	lx_touch((void *)p, (size_t)n);
	return lx_result(rump_sys_pread((int)fd, (void *)p, (size_t)n, off));
}

long
lx_sys_pwrite64(long fd, long p, long n, long off, long e, long f)
{

	lx_look((void *)p, (size_t)n);
	return lx_result(rump_sys_pwrite((int)fd, (void *)p, (size_t)n, off));
}

void
lx_touch_iov(const struct iovec *iov, long n, bool write)
{

	for (; n > 0; n--, iov++)
		if (write)
			lx_look(iov->iov_base, iov->iov_len);
		else
			lx_touch(iov->iov_base, iov->iov_len);
}

long
lx_sys_readv(long fd, long p, long n, long d, long e, long f)
{
	const struct iovec *iov = (void *)p;

	if (lx_nspecial != 0 && n > 0) {
		long r = special_io((int)fd, iov->iov_base, iov->iov_len, false);

		if (r != LX_NOTSPECIAL)
			return r;
	}
	lx_touch_iov(iov, n, false);
	return lx_did_read((int)fd, rump_sys_readv((int)fd, iov, (int)n));
}

long
lx_sys_writev(long fd, long p, long n, long d, long e, long f)
{
	const struct iovec *iov = (void *)p;

	lx_touch_iov(iov, n, true);
	return lx_did_write((int)fd, rump_sys_writev((int)fd, iov, (int)n), false);
}

long
lx_sys_preadv(long fd, long p, long n, long off, long e, long f)
{

	lx_touch_iov((void *)p, n, false);
	return lx_result(rump_sys_preadv((int)fd, (void *)p, (int)n, off));
}

long
lx_sys_pwritev(long fd, long p, long n, long off, long e, long f)
{

	lx_touch_iov((void *)p, n, true);
	return lx_result(rump_sys_pwritev((int)fd, (void *)p, (int)n, off));
}

long
lx_sys_lseek(long fd, long off, long whence, long d, long e, long f)
{

	if (whence < 0 || whence > 2)
		return -LX_EINVAL;	/* SEEK_DATA and SEEK_HOLE */
	return lx_result(rump_sys_lseek((int)fd, off, (int)whence));
}

/* From one descriptor to another, at most n bytes, through a buffer. */
static long
copy_between(int out, int in, off_t *inoff, off_t *outoff, size_t n)
{
	const size_t size = 128 * 1024;
	char *buf = rumpcomp_host_malloc(size, 4096);
	size_t done = 0, want;
	ssize_t r = 0, w;

	if (buf == NULL)
		return -LX_ENOMEM;
	while (done < n) {
		want = n - done < size ? n - done : size;
		r = inoff != NULL ? rump_sys_pread(in, buf, want, *inoff) :
		    rump_sys_read(in, buf, want);
		if (r <= 0)
			break;
		w = outoff != NULL ? rump_sys_pwrite(out, buf, r, *outoff) :
		    rump_sys_write(out, buf, (size_t)r);
		if (w < r && inoff == NULL)
			(void)rump_sys_lseek(in, (w < 0 ? 0 : w) - r, SEEK_CUR);
		if (w < 0) {
			r = -1;
			break;
		}
		done += (size_t)w;
		if (inoff != NULL)
			*inoff += w;
		if (outoff != NULL)
			*outoff += w;
		if (w < r)
			break;
	}
	rumpcomp_host_free(buf);
	if (lx_nedge != 0)
		lx_epoll_edge(out, POLLOUT);
	return done > 0 || r == 0 ? (long)done : lx_result(-1);
}

long
lx_sys_sendfile(long out, long in, long off, long n, long e, long f)
{

	return copy_between((int)out, (int)in, (off_t *)off, NULL, (size_t)n);
}

long
lx_sys_copy_file_range(long in, long inoff, long out, long outoff, long n,
    long flags)
{

	return copy_between((int)out, (int)in, (off_t *)inoff, (off_t *)outoff,
	    (size_t)n);
}

long
lx_sys_close(long fd, long b, long c, long d, long e, long f)
{

	if (lx_nedge != 0 || lx_nspecial != 0) {
		lx_epoll_closed((int)fd);
		if (lx_special_close((int)fd))
			return 0;
	}
	lx_dirpath((int)fd, NULL);
	return lx_result(rump_sys_close((int)fd));
}

long
lx_sys_close_range(long first, long last, long flags, long d, long e, long f)
{

	for (long fd = first; fd <= last && fd < 4096; fd++)
		if (flags == 0)
			(void)lx_sys_close(fd, 0, 0, 0, 0, 0);
	return flags == 0 ? 0 : -LX_EINVAL;
}

static long
did_dup(long from, long to)
{

	if (to >= 0 && lx_nspecial != 0)
		lx_special_dup((int)from, (int)to);
	return lx_result(to);
}

long
lx_sys_dup(long fd, long b, long c, long d, long e, long f)
{

	return did_dup(fd, rump_sys_dup((int)fd));
}

long
lx_sys_dup2(long fd, long to, long c, long d, long e, long f)
{

	if (fd != to && (lx_nedge != 0 || lx_nspecial != 0)) {
		lx_epoll_closed((int)to);
		(void)lx_special_close((int)to);
	}
	return did_dup(fd, rump_sys_dup2((int)fd, (int)to));
}

long
lx_sys_dup3(long fd, long to, long flags, long d, long e, long f)
{
	long r = fd == to ? -LX_EINVAL : lx_sys_dup2(fd, to, 0, 0, 0, 0);

	if (r >= 0 && (flags & LX_O_CLOEXEC))
		(void)rump_sys_fcntl((int)to, F_SETFD, FD_CLOEXEC);
	return r;
}

long
lx_sys_pipe2(long p, long flags, long c, long d, long e, long f)
{
	int fd[2];
	long r = lx_result(rump_sys_pipe2(fd, lx_openflags((int)flags &
	    (LX_O_NONBLOCK | LX_O_CLOEXEC))));

	if (r >= 0)
		memcpy((void *)p, fd, sizeof(fd));
	return r;
}

long
lx_sys_pipe(long p, long b, long c, long d, long e, long f)
{

	return lx_sys_pipe2(p, 0, 0, 0, 0, 0);
}

/* ---- control ---- */

struct lx_flock { short type, whence; int64_t start, len; int pid; };
enum { LX_F_GETLK = 5, LX_F_SETLK, LX_F_SETLKW, LX_F_OFD_GETLK = 36,
    LX_F_OFD_SETLK, LX_F_OFD_SETLKW, LX_F_DUPFD_CLOEXEC = 1030 };
#define LX_F_UNLCK	2

long
lx_sys_fcntl(long fd, long cmd, long arg, long d, long e, long f)
{
	long r;

	switch (cmd) {
	case F_DUPFD:
		return did_dup(fd, rump_sys_fcntl((int)fd, F_DUPFD, (int)arg));
	case LX_F_DUPFD_CLOEXEC:
		return did_dup(fd, rump_sys_fcntl((int)fd, F_DUPFD_CLOEXEC,
		    (int)arg));
	case F_GETFD:
	case F_SETFD:
		return lx_result(rump_sys_fcntl((int)fd, (int)cmd, (int)arg));
	case F_GETFL:
		r = rump_sys_fcntl((int)fd, F_GETFL, 0);
		return r < 0 ? lx_result(r) : openflags_back((int)r);
	case F_SETFL:
		return lx_result(rump_sys_fcntl((int)fd, F_SETFL,
		    lx_openflags((int)arg)));
	case LX_F_GETLK:
	case LX_F_OFD_GETLK:
		/* one process: nobody else has a lock */
		((struct lx_flock *)arg)->type = LX_F_UNLCK;
		/* FALLTHROUGH */
	case LX_F_SETLK:
	case LX_F_SETLKW:
	case LX_F_OFD_SETLK:
	case LX_F_OFD_SETLKW:
		return rump_sys_fcntl((int)fd, F_GETFD, 0) < 0 ? -LX_EBADF : 0;
	case 9:				/* F_GETOWN */
		return 0;
	case 8:				/* F_SETOWN: SIGIO is not sent */
		return 0;
	default:
		return -LX_EINVAL;
	}
}

long
lx_sys_flock(long fd, long op, long c, long d, long e, long f)
{

	return rump_sys_fcntl((int)fd, F_GETFD, 0) < 0 ? -LX_EBADF : 0;
}

/* asm-generic/ioctls.h */
enum { LX_TCGETS = 0x5401, LX_TIOCGWINSZ = 0x5413, LX_FIONREAD = 0x541b,
    LX_FIONBIO = 0x5421, LX_FIOCLEX = 0x5451, LX_FIONCLEX = 0x5450,
    LX_SIOCATMARK = 0x8905 };

long
lx_sys_ioctl(long fd, long cmd, long arg, long d, long e, long f)
{

	switch ((unsigned)cmd) {
	case LX_FIONREAD:
		return lx_result(rump_sys_ioctl((int)fd, FIONREAD, (void *)arg));
	case LX_FIONBIO:
		return lx_result(rump_sys_ioctl((int)fd, FIONBIO, (void *)arg));
	case LX_FIOCLEX:
		return lx_result(rump_sys_fcntl((int)fd, F_SETFD, FD_CLOEXEC));
	case LX_FIONCLEX:
		return lx_result(rump_sys_fcntl((int)fd, F_SETFD, 0));
	case LX_SIOCATMARK:
		return lx_result(rump_sys_ioctl((int)fd, SIOCATMARK, (void *)arg));
	case LX_TIOCGWINSZ:
		/* the console takes lines: people want to see them at once */
		if (fd > 2)
			return lx_sys_ioctl(fd, 0, 0, 0, 0, 0);
		memcpy((void *)arg, &(struct winsize){ 25, 80, 0, 0 },
		    sizeof(struct winsize));
		return 0;
	default:
		return rump_sys_fcntl((int)fd, F_GETFD, 0) < 0 ? -LX_EBADF :
		    -LX_ENOTTY;
	}
}

long
lx_sys_fsync(long fd, long b, long c, long d, long e, long f)
{

	return lx_result(rump_sync((int)fd, RUMP_SYNC_FILE));
}

/* NetBSD's fdatasync leaves out the file's length, which Linux's does not. */
long
lx_sys_fdatasync(long fd, long b, long c, long d, long e, long f)
{

	return lx_sys_fsync(fd, 0, 0, 0, 0, 0);
}

long
lx_sys_sync(long a, long b, long c, long d, long e, long f)
{

	rump_sys_sync();
	return 0;
}
