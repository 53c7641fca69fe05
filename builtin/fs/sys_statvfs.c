/* sys_statvfs.c: how full a file system is. */
#include "vfs.h"
#include <rump/host.h>
#include <rump/rump_syscalls.h>

#define MEM_BLOCK	4096

/* A file system without an answer is in memory. */
static void
in_memory(struct statvfs *sv)
{
	uint64_t total, free;

	rumpcomp_host_meminfo(&total, &free);
	sv->f_bsize = sv->f_frsize = MEM_BLOCK;
	sv->f_blocks = total / MEM_BLOCK;
	sv->f_bfree = sv->f_bavail = free / MEM_BLOCK;
}

static int
fill(struct vnode *vp, struct statvfs *sv)
{
	struct mount *mp = vp->mp;
	int error = 0;

	memset(sv, 0, sizeof(*sv));
	sv->f_flag = (unsigned long)mp->flags & MNT_RDONLY;
	sv->f_namemax = VFS_NAMEMAX;
	sv->f_fsid = (unsigned long)mp->dev;
	if (mp->ops == NULL || mp->ops->statvfs == NULL)
		in_memory(sv);
	else
		error = mp->ops->statvfs(mp, sv);
	sv->f_iosize = sv->f_frsize;
	if (mp->ops != NULL)
		strncpy(sv->f_fstypename, mp->ops->name,
		    sizeof(sv->f_fstypename) - 1);
	return error;
}

int
rump___sysimpl_statvfs1(const char *path, struct statvfs *sv, int flags)
{
	struct vnode *vp;
	int error;

	SYS_ENTER();
	if ((error = namei_vnode(path, NI_FOLLOW, &vp)) == 0) {
		error = fill(vp, sv);
		vnode_rele(vp);
	}
	return SYS_LEAVE(error, 0);
}

int
rump___sysimpl_fstatvfs1(int fd, struct statvfs *sv, int flags)
{
	struct file *f;
	struct vnode *vp;
	int error;

	SYS_ENTER();
	if ((f = fd_get(fd)) == NULL)
		return SYS_LEAVE(EBADF, 0);
	vp = vn_vnode(f);
	error = vp == NULL ? EINVAL : fill(vp, sv);
	file_put(f);
	return SYS_LEAVE(error, 0);
}
