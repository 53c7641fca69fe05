/* export.c: rump/export.h: disks that the program serves to others. */
#include "hyp.h"
#include <export.h>

int
rumpcomp_export_open(const struct export_info *info, struct export **ep)
{

	return export_open(info, ep);
}

int
rumpcomp_export_next(struct export *e, struct export_req **rp)
{
	struct export_io *io;
	int error = export_next(e, &io);

	*rp = error == 0 ? &io->req : NULL;
	return error;
}

void
rumpcomp_export_done(struct export_req *r, int error)
{

	export_done((struct export_io *)r, error);
}

void
rumpcomp_export_close(struct export *e)
{

	export_close(e);
}

void
rumpcomp_export_leave(struct export *e)
{

	export_leave(e);
}

int
rumpcomp_disk_discard(int fd, uint64_t off, uint64_t len)
{
	struct hyp_file *f = hyp_file(fd);
	struct hyp_disk *d;
	int nlocks, error;

	if (f == NULL || f->kind != HYP_BLK ||
	    (f->mode & RUMPUSER_OPEN_ACCMODE) == RUMPUSER_OPEN_RDONLY)
		return EBADF;
	d = f->disk;
	if ((d->dev->flags & BLK_DISCARDS) == 0)
		return EOPNOTSUPP;
	if (off > d->dev->size || len > d->dev->size - off ||
	    ((off | len) & (d->dev->blksize - 1)) != 0)
		return EINVAL;
	if (len == 0)
		return 0;
	nlocks = hyp_unschedule(NULL);
	kern_rw_lock(&d->order, false);
	error = hyp_disk_wait(d, BLK_DISCARD, off, NULL, len);
	kern_rw_unlock(&d->order);
	hyp_schedule(nlocks, NULL);
	return error;
}
