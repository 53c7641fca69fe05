/* sys_path.c: system calls on path names, and what only vnodes can do. */
#include "vfs.h"
#include <stdarg.h>
#include <rump/rump_syscalls.h>

int
rump___sysimpl_open(const char *path, int flags, ...)
{
	struct file *f;
	va_list ap;
	mode_t mode;
	int fd = -1, error;

	va_start(ap, flags);
	mode = (flags & O_CREAT) ? va_arg(ap, unsigned) : 0;
	va_end(ap);
	SYS_ENTER();
	if ((error = vn_open(path, flags, mode, &f)) == 0 &&
	    (error = fd_install(f, 0, (flags & O_CLOEXEC) ? FD_CLOEXEC : 0,
	    &fd)) != 0)
		file_put(f);
	return SYS_LEAVE(error, fd);
}

/* ---- attributes ---- */

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

/* ---- names ---- */

static int
do_create(const char *path, enum vtype type, mode_t mode, const char *target)
{
	struct nameidata nd;
	struct vnode *vp;
	int error;

	if ((error = namei(path, NI_PARENT, &nd)) != 0)
		return error;
	if (nd.vp != NULL)
		error = EEXIST;
	else if (nd.slash && type != VDIR)
		error = ENOENT;
	else if ((nd.dir->mp->flags & MNT_RDONLY) != 0 ||
	    nd.dir->ops->create == NULL)
		error = EROFS;
	else if ((error = nd.dir->ops->create(nd.dir, nd.name, type,
	    mode & 07777 & ~curproc()->umask, target, &vp)) == 0)
		vnode_rele(vp);
	namei_done(&nd);
	return error;
}

int
rump___sysimpl_mkdir(const char *path, mode_t mode)
{
	int error;

	SYS_ENTER();
	error = do_create(path, VDIR, mode, NULL);
	return SYS_LEAVE(error, 0);
}

int
rump___sysimpl_symlink(const char *target, const char *path)
{
	int error;

	SYS_ENTER();
	if (strlen(target) >= VFS_PATHMAX)
		error = ENAMETOOLONG;
	else
		error = do_create(path, VLNK, 0777, target);
	return SYS_LEAVE(error, 0);
}

/* None of the file systems here has hard links. */
int
rump___sysimpl_link(const char *from, const char *to)
{
	struct stat st;
	int error;

	SYS_ENTER();
	if ((error = do_stat(from, 0, &st)) == 0)
		error = EOPNOTSUPP;
	return SYS_LEAVE(error, 0);
}

static int
do_remove(const char *path, bool wantdir)
{
	struct nameidata nd;
	int error;

	if ((error = namei(path, NI_PARENT, &nd)) != 0)
		return error;
	if (nd.vp == NULL)
		error = ENOENT;
	else if (wantdir && nd.vp->type != VDIR)
		error = ENOTDIR;
	else if (!wantdir && nd.vp->type == VDIR)
		error = EPERM;
	else if (nd.dir == NULL || nd.vp->mp != nd.dir->mp)
		error = wantdir && nd.name[0] == '.' ? EINVAL : EBUSY;
	else if ((nd.dir->mp->flags & MNT_RDONLY) != 0 ||
	    nd.dir->ops->remove == NULL)
		error = EROFS;
	else
		error = nd.dir->ops->remove(nd.dir, nd.name, nd.vp);
	namei_done(&nd);
	return error;
}

int
rump___sysimpl_unlink(const char *path)
{
	int error;

	SYS_ENTER();
	error = do_remove(path, false);
	return SYS_LEAVE(error, 0);
}

int
rump___sysimpl_rmdir(const char *path)
{
	int error;

	SYS_ENTER();
	error = do_remove(path, true);
	return SYS_LEAVE(error, 0);
}

static int
rename_check(const struct nameidata *f, const struct nameidata *t)
{

	if (f->vp == NULL)
		return ENOENT;
	if (f->dir == NULL || t->dir == NULL)
		return EINVAL;
	if (f->vp->mp != f->dir->mp || (t->vp != NULL &&
	    t->vp->mp != t->dir->mp))
		return EBUSY;		/* a mount point */
	if (f->dir->mp != t->dir->mp)
		return EXDEV;
	if ((f->dir->mp->flags & MNT_RDONLY) != 0 ||
	    f->dir->ops->rename == NULL)
		return EROFS;
	if (t->slash && f->vp->type != VDIR)
		return ENOTDIR;
	if (t->vp == NULL)
		return 0;
	if (f->vp->type == VDIR && t->vp->type != VDIR)
		return ENOTDIR;
	if (f->vp->type != VDIR && t->vp->type == VDIR)
		return EISDIR;
	return 0;
}

static int
do_rename(const char *from, const char *to)
{
	struct nameidata f, t;
	int error;

	if ((error = namei(from, NI_PARENT, &f)) != 0)
		return error;
	if ((error = namei(to, NI_PARENT, &t)) != 0) {
		namei_done(&f);
		return error;
	}
	error = rename_check(&f, &t);
	if (error == 0 && (f.vp != t.vp || strcmp(f.name, t.name) != 0))
		error = f.dir->ops->rename(f.dir, f.name, f.vp, t.dir, t.name,
		    t.vp);
	namei_done(&f);
	namei_done(&t);
	return error;
}

int
rump___sysimpl_rename(const char *from, const char *to)
{
	int error;

	SYS_ENTER();
	error = do_rename(from, to);
	return SYS_LEAVE(error, 0);
}

ssize_t
rump___sysimpl_readlink(const char *path, char *buf, size_t size)
{
	char target[VFS_PATHMAX];
	struct vnode *vp;
	size_t len = 0;
	int error;

	SYS_ENTER();
	if ((error = namei_vnode(path, 0, &vp)) == 0) {
		error = vp->type != VLNK ? EINVAL : vp->ops->readlink(vp,
		    target, sizeof(target), &len);
		vnode_rele(vp);
	}
	if (error == 0) {
		len = len < size ? len : size;
		memcpy(buf, target, len);
	}
	return SYS_LEAVE(error, len);
}

/* ---- the current directory ---- */

static int
do_chdir(const char *path)
{
	char abs[VFS_PATHMAX];
	struct vnode *vp;
	int error;

	if ((error = namei_vnode(path, NI_FOLLOW, &vp)) != 0)
		return error;
	if (vp->type != VDIR)
		error = ENOTDIR;
	else if ((error = namei_abspath(path, abs, sizeof(abs))) == 0)
		error = proc_setcwd(curproc(), abs);
	vnode_rele(vp);
	return error;
}

int
rump___sysimpl_chdir(const char *path)
{
	int error;

	SYS_ENTER();
	error = do_chdir(path);
	return SYS_LEAVE(error, 0);
}

int
rump___sysimpl___getcwd(char *buf, size_t size)
{
	size_t n;

	SYS_ENTER();
	n = proc_getcwd(curproc(), buf, size);
	return SYS_LEAVE(n > size ? ERANGE : 0, n);
}

/* ---- descriptors of vnodes ---- */

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
