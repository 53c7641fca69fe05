/* sys_path.c: system calls that deal with names. */
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

/* Regular files only: there are no others to make. */
int
rump___sysimpl_mknod50(const char *path, mode_t mode, dev_t dev)
{
	int error;

	SYS_ENTER();
	if ((mode & S_IFMT) != S_IFREG && (mode & S_IFMT) != 0)
		error = EOPNOTSUPP;
	else
		error = do_create(path, VREG, mode, NULL);
	return SYS_LEAVE(error, 0);
}

/* None of the file systems here has hard links. */
int
rump___sysimpl_link(const char *from, const char *to)
{
	struct vnode *vp;
	int error;

	SYS_ENTER();
	if ((error = namei_vnode(from, 0, &vp)) == 0) {
		vnode_rele(vp);
		error = EOPNOTSUPP;
	}
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
