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
	struct export_io *io = (struct export_io *)r;

	io->done(io, error);
}

void
rumpcomp_export_close(struct export *e)
{

	export_close(e);
}
