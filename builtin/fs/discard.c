/* discard.c: fdiscard(2) of the host's disks, for images that serve disks. */
#include "vfs.h"
#include "blk.h"
#include "../dev/dev.h"
#include <rump/export.h>
#include <rump/rump_syscalls.h>

#pragma weak disk_discard		/* in images with drivers for disks */

int
blk_discard(struct blk *b, uint64_t off, uint64_t len)
{

	if (b->rdonly)
		return EROFS;
	if (off > b->size || len > b->size - off)
		return EINVAL;
	if (b->disk != NULL)
		return disk_discard(b->disk, b->base + off, len);
	return rumpcomp_disk_discard(b->fd, b->base + off, len);
}

int
rump___sysimpl_fdiscard(int fd, off_t off, off_t len)
{
	struct blk *b = NULL;
	struct vnode *vp;
	struct file *f;
	int error = EOPNOTSUPP;

	SYS_ENTER();
	if ((f = fd_get(fd)) == NULL)
		return SYS_LEAVE(EBADF, 0);
	if ((vp = vn_vnode(f)) != NULL)
		b = etfs_blk(vp);
	if (off < 0 || len < 0)
		error = EINVAL;
	else if ((f->flags & FWRITE) == 0)
		error = EBADF;
	else if (b != NULL)
		error = blk_discard(b, (uint64_t)off, (uint64_t)len);
	file_put(f);
	return SYS_LEAVE(error, 0);
}
