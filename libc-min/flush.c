/*
 * flush.c: the cache of the disk that a folder is on.  NetBSD's fsync(2) leaves what it
 * writes in there, and fsync_range(2), which does not, is for descriptors that are open
 * for writing, as a folder's never is (rump/sync.h).
 *
 * The platform's disks ("etfs") need none of it: NetBSD's rumpblk.c asks the line for
 * stable storage with every write that somebody waits for, and all those of names are.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <rump/sync.h>

#include "start.h"

/* The block device itself is the file system's; the raw one is for everybody. */
static int
flush(const char *dev)
{
	int fd, r, force = 1, *error = rumpcomp_host_errno(), e;
	char raw[80];

	snprintf(raw, sizeof(raw), "/dev/r%s", dev);
	if ((fd = rump_sys_open(raw, O_RDWR)) < 0)
		return -1;
	r = rump_sys_ioctl(fd, DIOCCACHESYNC, &force);
	e = *error;
	(void)rump_sys_close(fd);
	*error = e;
	return r != 0 && rump_sync_nocache(e) ? 0 : r;
}

int
rump_sync_disk(int fd)
{
	const struct config *c = start_config();
	struct stat st, top;

	if (rump_sys_fstat(fd, &st) != 0)
		return -1;
	for (int i = 0; i < c->nblk; i++) {
		const struct config_blk *b = &c->blk[i];

		if (b->source != NULL && strcmp(b->source, "dev") == 0 &&
		    b->mountpoint != NULL && !b->ro &&
		    strncmp(b->path, "/dev/", 5) == 0 &&
		    rump_sys_stat(b->mountpoint, &top) == 0 &&
		    top.st_dev == st.st_dev)
			return flush(b->path + 5);
	}
	return 0;
}
