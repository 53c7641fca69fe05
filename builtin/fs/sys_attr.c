/* sys_attr.c: system calls about what is behind a name or a descriptor. */
#include "vfs.h"
#include <rump/rump_syscalls.h>
#include <rump/sync.h>

/* ---- by name ---- */

static int
do_stat(const char *path, int flags, struct stat *st)
{
	struct vnode *vp;
	int error;

	if ((error = namei_vnode(path, flags, &vp)) != 0)
		return error;
	error = vp->ops->getattr(vp, st);
	vnode_rele(vp);
	return error;
}

int
rump___sysimpl_stat50(const char *path, struct stat *st)
{
	int error;

	SYS_ENTER();
	error = do_stat(path, NI_FOLLOW, st);
	return SYS_LEAVE(error, 0);
}

int
rump___sysimpl_lstat50(const char *path, struct stat *st)
{
	int error;

	SYS_ENTER();
	error = do_stat(path, 0, st);
	return SYS_LEAVE(error, 0);
}

int
rump___sysimpl_access(const char *path, int mode)
{
	struct vnode *vp;
	struct stat st;
	int error;

	SYS_ENTER();
	if ((mode & ~(R_OK | W_OK | X_OK)) != 0)
		return SYS_LEAVE(EINVAL, 0);
	if ((error = namei_vnode(path, NI_FOLLOW, &vp)) != 0)
		return SYS_LEAVE(error, 0);
	/* root may do anything but write where nobody can */
	if ((mode & W_OK) != 0 && (vp->mp->flags & MNT_RDONLY) != 0)
		error = EROFS;
	else if ((mode & X_OK) != 0 && vp->type == VREG &&
	    (error = vp->ops->getattr(vp, &st)) == 0 &&
	    (st.st_mode & 0111) == 0)
		error = EACCES;
	vnode_rele(vp);
	return SYS_LEAVE(error, 0);
}

static int
vn_setattr(struct vnode *vp, const struct vattr *va)
{

	if ((vp->mp->flags & MNT_RDONLY) != 0)
		return EROFS;
	return vp->ops->setattr == NULL ? EOPNOTSUPP :
	    vp->ops->setattr(vp, va);
}

static int
path_setattr(const char *path, const struct vattr *va)
{
	struct vnode *vp;
	int error;

	if ((error = namei_vnode(path, NI_FOLLOW, &vp)) != 0)
		return error;
	error = vn_setattr(vp, va);
	vnode_rele(vp);
	return error;
}

int
rump___sysimpl_chmod(const char *path, mode_t mode)
{
	struct vattr va = { .set = VA_MODE, .mode = mode & 07777 };
	int error;

	SYS_ENTER();
	error = path_setattr(path, &va);
	return SYS_LEAVE(error, 0);
}

int
rump___sysimpl_chown(const char *path, uid_t uid, gid_t gid)
{
	struct vattr va = { .set = VA_OWNER, .uid = uid, .gid = gid };
	int error;

	SYS_ENTER();
	error = path_setattr(path, &va);
	return SYS_LEAVE(error, 0);
}

/* NULL: now. */
static int
times_vattr(struct vattr *va, const struct timespec ts[2])
{
	struct timespec now = vfs_now();
	int i;

	va->set = VA_TIMES;
	va->atime = ts != NULL ? ts[0] : now;
	va->mtime = ts != NULL ? ts[1] : now;
	for (i = 0; i < 2; i++) {
		struct timespec *t = i == 0 ? &va->atime : &va->mtime;

		if (t->tv_nsec == UTIME_NOW)
			*t = now;
		else if (t->tv_nsec != UTIME_OMIT &&
		    (t->tv_nsec < 0 || t->tv_nsec >= 1000000000))
			return EINVAL;
	}
	return 0;
}

int
rump___sysimpl_utimes50(const char *path, const struct timeval *tv)
{
	struct timespec ts[2];
	struct vattr va;
	int error;

	SYS_ENTER();
	for (int i = 0; tv != NULL && i < 2; i++) {
		if (tv[i].tv_usec < 0 || tv[i].tv_usec >= 1000000)
			return SYS_LEAVE(EINVAL, 0);
		ts[i] = (struct timespec){ tv[i].tv_sec, tv[i].tv_usec * 1000 };
	}
	if ((error = times_vattr(&va, tv != NULL ? ts : NULL)) == 0)
		error = path_setattr(path, &va);
	return SYS_LEAVE(error, 0);
}

int
rump___sysimpl_truncate(const char *path, off_t size)
{
	struct vnode *vp;
	int error;

	SYS_ENTER();
	if ((error = namei_vnode(path, NI_FOLLOW, &vp)) == 0) {
		if ((vp->mp->flags & MNT_RDONLY) != 0)
			error = EROFS;
		else
			error = vn_truncate(vp, size);
		vnode_rele(vp);
	}
	return SYS_LEAVE(error, 0);
}

/* ---- by descriptor ---- */

/* fn(vp or file) on a descriptor that is a vnode's. */
#define ON_VNODE(fd, f, vp, body) do {					\
	if ((f = fd_get(fd)) == NULL)					\
		return SYS_LEAVE(EBADF, 0);				\
	if ((vp = vn_vnode(f)) == NULL)					\
		error = EINVAL;						\
	else								\
		body;							\
	file_put(f);							\
} while (0)

static int
do_fsync(int fd, bool dataonly)
{
	struct vnode *vp;
	struct file *f;
	int error = 0;

	SYS_ENTER();
	ON_VNODE(fd, f, vp, {
		if (vp->ops->fsync != NULL)
			error = vp->ops->fsync(vp, dataonly);
	});
	return SYS_LEAVE(error, 0);
}
int rump___sysimpl_fsync(int fd) { return do_fsync(fd, false); }
int rump___sysimpl_fdatasync(int fd) { return do_fsync(fd, true); }

/* Always the whole file, and the disk: more than what was asked for. */
int
rump___sysimpl_fsync_range(int fd, int flags, off_t start, off_t len)
{

	if ((flags & (RUMP_SYNC_DATA | RUMP_SYNC_FILE)) == 0 || start < 0 ||
	    len < 0) {
		SYS_ENTER();
		return SYS_LEAVE(EINVAL, 0);
	}
	return do_fsync(fd, (flags & RUMP_SYNC_DATA) != 0);
}

int
rump___sysimpl_ftruncate(int fd, off_t size)
{
	struct vnode *vp;
	struct file *f;
	int error;

	SYS_ENTER();
	ON_VNODE(fd, f, vp, {
		error = (f->flags & FWRITE) == 0 ? EINVAL :
		    vn_truncate(vp, size);
	});
	return SYS_LEAVE(error, 0);
}

int
rump___sysimpl_fchmod(int fd, mode_t mode)
{
	struct vattr va = { .set = VA_MODE, .mode = mode & 07777 };
	struct vnode *vp;
	struct file *f;
	int error;

	SYS_ENTER();
	ON_VNODE(fd, f, vp, error = vn_setattr(vp, &va));
	return SYS_LEAVE(error, 0);
}

int
rump___sysimpl_futimens(int fd, const struct timespec *ts)
{
	struct vattr va = { 0 };
	struct vnode *vp;
	struct file *f;
	int error;

	SYS_ENTER();
	ON_VNODE(fd, f, vp, {
		if ((error = times_vattr(&va, ts)) == 0)
			error = vn_setattr(vp, &va);
	});
	return SYS_LEAVE(error, 0);
}

int
rump___sysimpl_getdents30(int fd, char *buf, size_t size)
{
	struct vnode *vp;
	struct file *f;
	size_t done = 0;
	int error;

	SYS_ENTER();
	ON_VNODE(fd, f, vp, {
		error = (f->flags & FREAD) == 0 ? EBADF :
		    vn_getdents(f, buf, size, &done);
	});
	return SYS_LEAVE(error, done);
}

int
rump___sysimpl_fchdir(int fd)
{
	struct vnode *vp;
	struct file *f;
	int error;

	SYS_ENTER();
	ON_VNODE(fd, f, vp, {
		error = vp->type != VDIR ? ENOTDIR :
		    proc_setcwd(curproc(), vn_path(f));
	});
	return SYS_LEAVE(error, 0);
}
