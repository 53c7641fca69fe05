/*
 * path.c: names.  The rump kernel client API that all rump kernels share has
 * no calls relative to a directory's descriptor: the paths of open directories
 * are kept here.
 */
#include <kern_errno.h>
#include <string.h>

#include "linux.h"
#include "file.h"

#define MAXPATH		1024
#define LX_AT_FDCWD	(-100)
#define LX_AT_SYMLINK_NOFOLLOW 0x100
#define LX_AT_REMOVEDIR	0x200
#define LX_AT_EMPTY_PATH 0x1000

struct dir {
	int		pid, fd;
	LIST_ENTRY(dir)	link;
	char		path[];
};
static LIST_HEAD(, dir) dirs = LIST_HEAD_INITIALIZER(dirs);
static uint32_t dirs_lock;

/* With the lock. */
static struct dir *
dir_of(int fd)
{
	int pid = lx_self()->proc->pid;
	struct dir *d;

	LIST_FOREACH(d, &dirs, link)
		if (d->fd == fd && d->pid == pid)
			break;
	return d;
}

void
lx_dirpath(int fd, const char *path)
{
	struct dir *d, *old = NULL;
	char abs[MAXPATH];
	size_t n = 0;

	if (path == NULL && LIST_EMPTY(&dirs))
		return;
	if (path != NULL && *path != '/') {
		if (rump_sys___getcwd(abs, sizeof(abs)) < 0)
			return;
		n = strlen(abs);
		if (n + 1 + strlen(path) + 1 > sizeof(abs))
			return;
		abs[n++] = '/';
		strcpy(abs + n, path);
		path = abs;
	}
	lx_lock(&dirs_lock);
	if ((d = dir_of(fd)) != NULL) {
		LIST_REMOVE(d, link);
		old = d;
	}
	if (path != NULL && (d = rumpcomp_host_malloc(sizeof(*d) +
	    strlen(path) + 1, 0)) != NULL) {
		d->fd = fd;
		d->pid = lx_self()->proc->pid;
		strcpy(d->path, path);
		LIST_INSERT_HEAD(&dirs, d, link);
	}
	lx_unlock(&dirs_lock);
	rumpcomp_host_free(old);
}

void
lx_dirpath_end(int pid)
{
	struct dir *d, *next;

	lx_lock(&dirs_lock);
	for (d = LIST_FIRST(&dirs); d != NULL; d = next) {
		next = LIST_NEXT(d, link);
		if (d->pid == pid) {
			LIST_REMOVE(d, link);
			rumpcomp_host_free(d);
		}
	}
	lx_unlock(&dirs_lock);
}

/* The path to use, in buf if it is another one.  0 or an error. */
static long
at(int dirfd, const char **path, char buf[MAXPATH])
{
	struct dir *d;
	size_t n;
	long r = -LX_EBADF;

	if (*path == NULL || (uintptr_t)*path < 4096)
		return -LX_EFAULT;
	if (**path == '/' || dirfd == LX_AT_FDCWD)
		return 0;
	if (**path == '\0')
		return -LX_ENOENT;
	lx_lock(&dirs_lock);
	if ((d = dir_of(dirfd)) != NULL) {
		n = strlen(d->path);
		r = -LX_ENAMETOOLONG;
		if (n + 1 + strlen(*path) < MAXPATH) {
			memcpy(buf, d->path, n);
			buf[n] = '/';
			strcpy(buf + n + 1, *path);
			*path = buf;
			r = 0;
		}
	} else if (rump_sys_fcntl(dirfd, F_GETFD, 0) >= 0)
		r = -LX_ENOTDIR;
	lx_unlock(&dirs_lock);
	return r;
}

/* A call's beginning: path, relative to dirfd, as p. */
#define AT(p, dirfd, path)						\
	char p##_buf[MAXPATH];						\
	const char *p = (const char *)(path);				\
	long p##_error = at((int)(dirfd), &p, p##_buf);			\
	if (p##_error != 0)						\
		return p##_error

long
lx_sys_openat(long dirfd, long path, long flags, long mode, long e, long f)
{
	AT(p, dirfd, path);
	struct stat st;
	int fd = rump_sys_open(p, lx_openflags((int)flags), (mode_t)mode);

	if (fd < 0)
		return lx_result(-1);
	if ((flags & (LX_O_DIRECTORY | O_ACCMODE | LX_O_CREAT)) != O_RDONLY ||
	    (flags & LX_O_DIRECTORY)) {
		if (flags & LX_O_DIRECTORY)
			lx_dirpath(fd, p);
	} else if (rump_sys_fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		lx_dirpath(fd, p);
	return fd;
}

long
lx_sys_open(long path, long flags, long mode, long d, long e, long f)
{

	return lx_sys_openat(LX_AT_FDCWD, path, flags, mode, 0, 0);
}

long
lx_sys_creat(long path, long mode, long c, long d, long e, long f)
{

	return lx_sys_openat(LX_AT_FDCWD, path, LX_O_CREAT | O_WRONLY |
	    LX_O_TRUNC, mode, 0, 0);
}

/* ---- names ---- */

long
lx_sys_mkdirat(long dirfd, long path, long mode, long d, long e, long f)
{
	AT(p, dirfd, path);

	return lx_result(rump_sys_mkdir(p, (mode_t)mode));
}

long
lx_sys_unlinkat(long dirfd, long path, long flags, long d, long e, long f)
{
	AT(p, dirfd, path);
	struct stat st;
	long r = flags & LX_AT_REMOVEDIR ? rump_sys_rmdir(p) : rump_sys_unlink(p);

	/* Linux says EISDIR where NetBSD says EPERM */
	if (r == -1 && (flags & LX_AT_REMOVEDIR) == 0 &&
	    *rumpcomp_host_errno() == EPERM && rump_sys_lstat(p, &st) == 0 &&
	    S_ISDIR(st.st_mode))
		return lx_error(EISDIR);
	return lx_result(r);
}

long
lx_sys_renameat(long fd1, long path1, long fd2, long path2, long e, long f)
{
	AT(p, fd1, path1);
	AT(q, fd2, path2);

	return lx_result(rump_sys_rename(p, q));
}

long
lx_sys_linkat(long fd1, long path1, long fd2, long path2, long flags, long f)
{
	AT(p, fd1, path1);
	AT(q, fd2, path2);

	return lx_result(rump_sys_link(p, q));
}

long
lx_sys_symlinkat(long target, long dirfd, long path, long d, long e, long f)
{
	AT(p, dirfd, path);

	return lx_result(rump_sys_symlink((const char *)target, p));
}

long
lx_sys_readlinkat(long dirfd, long path, long buf, long n, long e, long f)
{
	AT(p, dirfd, path);

	return lx_result(rump_sys_readlink(p, (char *)buf, (size_t)n));
}

long
lx_sys_fchmodat(long dirfd, long path, long mode, long d, long e, long f)
{
	AT(p, dirfd, path);

	return lx_result(rump_sys_chmod(p, (mode_t)mode));
}

long
lx_sys_fchownat(long dirfd, long path, long uid, long gid, long e, long f)
{
	AT(p, dirfd, path);

	return lx_result(rump_sys_chown(p, (uid_t)uid, (gid_t)gid));
}

long
lx_sys_faccessat(long dirfd, long path, long mode, long d, long e, long f)
{
	AT(p, dirfd, path);

	return lx_result(rump_sys_access(p, (int)mode));
}

/* The old calls are these from the working directory. */
#define FROM_CWD1(old, new)						\
long lx_sys_##old(long a, long b, long c, long d, long e, long f)	\
{									\
	return lx_sys_##new(LX_AT_FDCWD, a, b, c, 0, 0);		\
}
FROM_CWD1(mkdir, mkdirat)
FROM_CWD1(readlink, readlinkat)
FROM_CWD1(chmod, fchmodat)
FROM_CWD1(chown, fchownat)
FROM_CWD1(lchown, fchownat)
FROM_CWD1(access, faccessat)

long
lx_sys_faccessat2(long a, long b, long c, long d, long e, long f)
{

	return lx_sys_faccessat(a, b, c, 0, 0, 0);
}

long
lx_sys_unlink(long path, long b, long c, long d, long e, long f)
{

	return lx_sys_unlinkat(LX_AT_FDCWD, path, 0, 0, 0, 0);
}

long
lx_sys_rmdir(long path, long b, long c, long d, long e, long f)
{

	return lx_sys_unlinkat(LX_AT_FDCWD, path, LX_AT_REMOVEDIR, 0, 0, 0);
}

long
lx_sys_rename(long from, long to, long c, long d, long e, long f)
{

	return lx_sys_renameat(LX_AT_FDCWD, from, LX_AT_FDCWD, to, 0, 0);
}

long
lx_sys_link(long from, long to, long c, long d, long e, long f)
{

	return lx_sys_linkat(LX_AT_FDCWD, from, LX_AT_FDCWD, to, 0, 0);
}

long
lx_sys_symlink(long target, long path, long c, long d, long e, long f)
{

	return lx_sys_symlinkat(target, LX_AT_FDCWD, path, 0, 0, 0);
}

long
lx_sys_mknod(long path, long mode, long dev, long d, long e, long f)
{

	return lx_result(rump_sys_mknod((const char *)path, (mode_t)mode,
	    (dev_t)dev));
}

long
lx_sys_truncate(long path, long size, long c, long d, long e, long f)
{

	return lx_result(rump_sys_truncate((const char *)path, size));
}

long
lx_sys_ftruncate(long fd, long size, long c, long d, long e, long f)
{

	return lx_result(rump_sys_ftruncate((int)fd, size));
}

/* ---- the working directory ---- */

long
lx_sys_getcwd(long buf, long size, long c, long d, long e, long f)
{
	long r = rump_sys___getcwd((char *)buf, (size_t)size);

	/* Linux's, too, is the length with the NUL */
	return lx_result(r);
}

long
lx_sys_chdir(long path, long b, long c, long d, long e, long f)
{

	return lx_result(rump_sys_chdir((const char *)path));
}

long
lx_sys_fchdir(long fd, long b, long c, long d, long e, long f)
{

	return lx_result(rump_sys_fchdir((int)fd));
}

long
lx_sys_umask(long mask, long b, long c, long d, long e, long f)
{

	return rump_sys_umask((mode_t)mask);
}

/* ---- what is known of a file ---- */

static void
stat_out(const struct stat *st, struct lx_stat *o)
{

	memset(o, 0, sizeof(*o));
	o->dev = st->st_dev;
	o->ino = st->st_ino;
	o->nlink = st->st_nlink;
	o->mode = st->st_mode;
	o->uid = st->st_uid;
	o->gid = st->st_gid;
	o->rdev = st->st_rdev;
	o->size = st->st_size;
	o->blksize = st->st_blksize;
	o->blocks = st->st_blocks;
	o->atim = (struct lx_timespec){ st->st_atim.tv_sec, st->st_atim.tv_nsec };
	o->mtim = (struct lx_timespec){ st->st_mtim.tv_sec, st->st_mtim.tv_nsec };
	o->ctim = (struct lx_timespec){ st->st_ctim.tv_sec, st->st_ctim.tv_nsec };
}

static long
stat_at(int dirfd, const char *path, int flags, struct stat *st)
{
	char buf[MAXPATH];
	long r;

	if ((flags & LX_AT_EMPTY_PATH) && path != NULL && *path == '\0' &&
	    dirfd != LX_AT_FDCWD)
		return lx_result(rump_sys_fstat(dirfd, st));
	if ((r = at(dirfd, &path, buf)) != 0)
		return r;
	return lx_result(flags & LX_AT_SYMLINK_NOFOLLOW ?
	    rump_sys_lstat(path, st) : rump_sys_stat(path, st));
}

long
lx_sys_newfstatat(long dirfd, long path, long out, long flags, long e, long f)
{
	struct stat st;
	long r = stat_at((int)dirfd, (const char *)path, (int)flags, &st);

	if (r == 0)
		stat_out(&st, (struct lx_stat *)out);
	return r;
}

long
lx_sys_stat(long path, long out, long c, long d, long e, long f)
{

	return lx_sys_newfstatat(LX_AT_FDCWD, path, out, 0, 0, 0);
}

long
lx_sys_lstat(long path, long out, long c, long d, long e, long f)
{

	return lx_sys_newfstatat(LX_AT_FDCWD, path, out, LX_AT_SYMLINK_NOFOLLOW,
	    0, 0);
}

long
lx_sys_fstat(long fd, long out, long c, long d, long e, long f)
{
	struct stat st;
	long r = lx_result(rump_sys_fstat((int)fd, &st));

	if (r == 0)
		stat_out(&st, (struct lx_stat *)out);
	return r;
}
