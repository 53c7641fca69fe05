/* posix.c: files, descriptors, the system: calls of the rump kernel. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/sysctl.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <rump/rump_syscalls.h>

#include "private.h"
#include <rump/sync.h>

int
open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (flags & O_CREAT) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return rump_sys_open(path, flags, mode);
}

int
creat(const char *path, mode_t mode)
{

	return rump_sys_open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

/* All commands take an int or a pointer, or nothing. */
int
fcntl(int fd, int cmd, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, cmd);
	arg = va_arg(ap, void *);
	va_end(ap);
	return rump_sys_fcntl(fd, cmd, arg);
}

int
ioctl(int fd, unsigned long cmd, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, cmd);
	arg = va_arg(ap, void *);
	va_end(ap);
	return rump_sys_ioctl(fd, cmd, arg);
}

int
fsync(int fd)
{

	return rump_sync(fd, RUMP_SYNC_FILE);
}

int
fdatasync(int fd)
{

	return rump_sync(fd, RUMP_SYNC_DATA);
}

/* The rest is the rump kernel's as it is. */
#define CALL(ret, name, sys, params, args)				\
	ret name params							\
	{								\
									\
		return rump_sys_##sys args;				\
	}
#define CALL0(ret, name)	CALL(ret, name, name, (void), ())
#define CALL1(ret, name, A)	CALL(ret, name, name, (A a), (a))
#define CALL2(ret, name, A, B)	CALL(ret, name, name, (A a, B b), (a, b))
#define CALL3(ret, name, A, B, C)					\
	CALL(ret, name, name, (A a, B b, C c), (a, b, c))
#define CALL4(ret, name, A, B, C, D)					\
	CALL(ret, name, name, (A a, B b, C c, D d), (a, b, c, d))

CALL3(ssize_t, read, int, void *, size_t)
CALL3(ssize_t, write, int, const void *, size_t)
CALL4(ssize_t, pread, int, void *, size_t, off_t)
CALL4(ssize_t, pwrite, int, const void *, size_t, off_t)
CALL3(ssize_t, readv, int, const struct iovec *, int)
CALL3(ssize_t, writev, int, const struct iovec *, int)
CALL4(ssize_t, preadv, int, const struct iovec *, int, off_t)
CALL4(ssize_t, pwritev, int, const struct iovec *, int, off_t)
CALL3(off_t, lseek, int, off_t, int)
CALL1(int, close, int)
CALL1(int, dup, int)
CALL2(int, dup2, int, int)
CALL2(int, pipe2, int *, int)
CALL2(int, ftruncate, int, off_t)
CALL2(int, truncate, const char *, off_t)
CALL2(int, fstat, int, struct stat *)
CALL2(int, stat, const char *restrict, struct stat *restrict)
CALL2(int, lstat, const char *restrict, struct stat *restrict)
CALL2(int, access, const char *, int)
CALL2(int, chmod, const char *, mode_t)
CALL2(int, fchmod, int, mode_t)
CALL3(int, chown, const char *, uid_t, gid_t)
CALL2(int, mkdir, const char *, mode_t)
CALL3(int, mknod, const char *, mode_t, dev_t)
CALL1(mode_t, umask, mode_t)
CALL2(int, futimens, int, const struct timespec *)
CALL2(int, utimes, const char *, const struct timeval *)
CALL1(int, unlink, const char *)
CALL1(int, rmdir, const char *)
CALL2(int, link, const char *, const char *)
CALL2(int, symlink, const char *, const char *)
CALL3(ssize_t, readlink, const char *restrict, char *restrict, size_t)
CALL2(int, rename, const char *, const char *)
CALL1(int, chdir, const char *)
CALL1(int, fchdir, int)
CALL0(void, sync)
CALL3(int, poll, struct pollfd *, nfds_t, int)
CALL(int, select, select, (int n, fd_set *restrict r, fd_set *restrict w,
    fd_set *restrict e, struct timeval *restrict t), (n, r, w, e, t))
CALL(int, mount, mount, (const char *type, const char *dir, int flags,
    void *args, size_t size), (type, dir, flags, args, size))
CALL2(int, unmount, const char *, int)
CALL(int, sysctl, __sysctl, (const int *name, unsigned n, void *old,
    size_t *oldlen, const void *new, size_t newlen),
    (name, n, old, oldlen, new, newlen))
CALL2(int, reboot, int, char *)
CALL0(uid_t, getuid)
CALL(uid_t, geteuid, getuid, (void), ())

int
pipe(int *fd)
{

	return rump_sys_pipe2(fd, 0);
}

int
remove(const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return -1;
	return S_ISDIR(st.st_mode) ? rmdir(path) : unlink(path);
}

char *
getcwd(char *buf, size_t size)
{
	char *p = buf;

	if (buf == NULL && (p = malloc(size = size > 0 ? size : PATH_MAX)) == NULL)
		return NULL;
	if (rump_sys___getcwd(p, size) >= 0)
		return p;
	if (buf == NULL)
		free(p);
	return NULL;
}

/* The console is the only terminal. */
int
isatty(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return 0;
	if (S_ISCHR(st.st_mode) || fd <= 2)
		return 1;
	errno = ENOTTY;
	return 0;
}

/* ---- directories ---- */

struct __dir {
	int	fd;
	int	have, pos;		/* of buf */
	char	buf[4096] __attribute__((aligned(8)));
};

DIR *
fdopendir(int fd)
{
	struct stat st;
	DIR *d;

	if (fstat(fd, &st) != 0)
		return NULL;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return NULL;
	}
	if ((d = malloc(sizeof(*d))) == NULL)
		return NULL;
	d->fd = fd;
	d->have = d->pos = 0;
	return d;
}

DIR *
opendir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d;

	if (fd < 0)
		return NULL;
	if ((d = fdopendir(fd)) == NULL)
		close(fd);
	return d;
}

struct dirent *
readdir(DIR *d)
{
	struct dirent *e;

	do {
		if (d->pos >= d->have) {
			d->pos = 0;
			d->have = rump_sys_getdents(d->fd, d->buf,
			    sizeof(d->buf));
			if (d->have <= 0) {
				d->have = 0;
				return NULL;
			}
		}
		e = (struct dirent *)(void *)(d->buf + d->pos);
		if (e->d_reclen == 0)
			return NULL;
		d->pos += e->d_reclen;
	} while (e->d_fileno == 0);		/* a removed entry */
	return e;
}

void
rewinddir(DIR *d)
{

	lseek(d->fd, 0, SEEK_SET);
	d->have = d->pos = 0;
}

int
dirfd(DIR *d)
{

	return d->fd;
}

int
closedir(DIR *d)
{
	int r = close(d->fd);

	free(d);
	return r;
}

/* ---- the system ---- */

static int
kern_string(int name, char *buf, size_t size)
{
	const int mib[2] = { CTL_KERN, name };
	size_t n = size;

	return sysctl(mib, 2, buf, &n, NULL, 0);
}

int
gethostname(char *buf, size_t size)
{

	return kern_string(KERN_HOSTNAME, buf, size);
}

int
sethostname(const char *name, size_t len)
{
	const int mib[2] = { CTL_KERN, KERN_HOSTNAME };

	return sysctl(mib, 2, NULL, NULL, name, len);
}

int
uname(struct utsname *u)
{

	memset(u, 0, sizeof(*u));
	strcpy(u->machine, "amd64");
	if (kern_string(KERN_OSTYPE, u->sysname, sizeof(u->sysname)) != 0 ||
	    kern_string(KERN_OSRELEASE, u->release, sizeof(u->release)) != 0 ||
	    kern_string(KERN_HOSTNAME, u->nodename, sizeof(u->nodename)) != 0)
		return -1;
	snprintf(u->version, sizeof(u->version), "%s %s", u->sysname, u->release);
	return 0;
}

long
sysconf(int name)
{
	const int mib[2] = { CTL_HW, HW_NCPU };
	int ncpu = 1;
	size_t n = sizeof(ncpu);

	switch (name) {
	case _SC_NPROCESSORS_CONF:
	case _SC_NPROCESSORS_ONLN:
		return sysctl(mib, 2, &ncpu, &n, NULL, 0) == 0 ? ncpu : 1;
	case _SC_PAGESIZE:
		return 4096;
	case _SC_CLK_TCK:
		return 100;
	case _SC_HOST_NAME_MAX:
		return HOST_NAME_MAX;
	case _SC_ARG_MAX:
		return 65536;
	case _SC_OPEN_MAX:
		return -1;	/* no limit that is known */
	default:
		errno = EINVAL;
		return -1;
	}
}

int
getpagesize(void)
{

	return 4096;
}
