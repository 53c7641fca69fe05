/*
 * blk.c: disks, partitions and image files that other guests get as theirs
 * ("export" in the configuration): by the calls of rump/export.h, and with the
 * rump kernel's files, whichever kernel it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <rump/export.h>
#include <rump/rump.h>
#include <rump/rump_syscalls.h>
#include "../../libc-min/parse.h"
#include "../../libc-min/start.h"
#include "driverdomain.h"

#define MAXEXPORT	16
#define WORKERS		8		/* of a disk: requests at a time */
#define HELD		60		/* s: errors of a disk that is gone */

struct disk {
	unsigned	line;
	char		*name, *path;
	bool		ro;
	int		fd;
	struct export	*ex;
	uint64_t	size;
	uint32_t	blksize;
	bool		lost;
};
static struct disk disks[MAXEXPORT];
static int ndisk;

/* ---- configuration ---- */

static int
set_one(struct parse *p, int t, void *where)
{
	static const struct parse_key keys[] = {
		{ "name", parse_string, offsetof(struct disk, name) },
		{ "path", parse_string, offsetof(struct disk, path) },
		{ "ro", parse_bool, offsetof(struct disk, ro) },
		{ NULL, NULL, 0 }
	};
	struct disk d = { .line = parse_line(p, t), .fd = -1 };

	if (parse_object(p, t, keys, &d) != 0)
		return -1;
	if (d.path == NULL || d.path[0] == '\0' || strlen(d.path) > 100)
		return parse_bad(p, t, "key \"path\": a device or file");
	if (d.name == NULL)
		d.name = d.path;
	if (d.name[0] == '\0' || strlen(d.name) > 63)
		return parse_bad(p, t, "key \"name\": 1 to 63 characters");
	if (ndisk == MAXEXPORT)
		return parse_bad(p, t, "more than %d exports", MAXEXPORT);
	disks[ndisk++] = d;
	return 0;
}

int
conf_export(struct parse *p, int t, void *where)
{

	return parse_each(p, t, set_one, where);
}

/* ---- requests ---- */

/* All of it: a disk that ends early has not been read. */
static int
transfer(struct disk *d, const struct export_req *r, bool writing)
{
	char *p = r->data;
	size_t left = r->len;
	off_t off = (off_t)r->off;
	ssize_t n;

	for (; left > 0; p += n, off += n, left -= (size_t)n) {
		n = writing ? pwrite(d->fd, p, left, off) :
		    pread(d->fd, p, left, off);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return n < 0 ? errno : EIO;
	}
	return 0;
}

/* The kernel's buffers, and the disk's own cache (rump/sync.h). */
static int
flush(struct disk *d)
{

	return fsync(d->fd) != 0 ? errno : 0;
}

static int
serve(struct disk *d, const struct export_req *r)
{
	int error;

	switch (r->op) {
	case EXPORT_READ:
		return transfer(d, r, false);
	case EXPORT_WRITE:
		return transfer(d, r, true);
	case EXPORT_FLUSH:
		return d->ro ? 0 : flush(d);
	case EXPORT_BARRIER:
		if ((error = flush(d)) == 0 && r->len > 0 &&
		    (error = transfer(d, r, true)) == 0)
			error = flush(d);
		return error;
	case EXPORT_DISCARD:
		return rump_sys_fdiscard(d->fd, (off_t)r->off,
		    (off_t)r->len) == 0 ? 0 : errno;
	}
	return EOPNOTSUPP;
}

static bool
gone(const struct disk *d)
{
	char block[4096];

	return pread(d->fd, block, d->blksize, 0) != (ssize_t)d->blksize;
}

/*
 * `xl destroy' takes a domain's devices away before it ends the domain.  What
 * fails by that must have no answer: the domain's successor does it.  So it is
 * held back until it is clear that there is only a disk less.
 */
static void
hold(struct disk *d)
{

	if (d->lost || !gone(d))
		return;
	(void)sleep(HELD);
	d->lost = true;
}

static void *
worker(void *arg)
{
	struct disk *d = arg;
	struct export_req *r;
	int error;

	while (rumpcomp_export_next(d->ex, &r) == 0) {
		if ((error = serve(d, r)) != 0)
			hold(d);
		rumpcomp_export_done(r, error);
	}
	return NULL;
}

/* ---- disks ---- */

/* As far as it can be read, for devices that don't say. */
static uint64_t
readable(int fd, uint32_t blksize)
{
	static _Alignas(4096) char block[4096];
	uint64_t lo = 0, hi = (uint64_t)INT64_MAX / 4096, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (pread(fd, block, blksize, (off_t)(mid * blksize)) ==
		    (ssize_t)blksize)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo * blksize;
}

static void
measure(struct disk *d)
{
	struct stat st;
	unsigned bs;
	off_t size;

	d->blksize = 512;
	if (ioctl(d->fd, DIOCGSECTORSIZE, &bs) == 0 && bs >= 512 &&
	    bs <= 4096 && (bs & (bs - 1)) == 0)
		d->blksize = bs;
	if (fstat(d->fd, &st) == 0 && st.st_size > 0)
		d->size = (uint64_t)st.st_size;
	else if (ioctl(d->fd, DIOCGMEDIASIZE, &size) == 0 && size > 0)
		d->size = (uint64_t)size;
	else
		d->size = readable(d->fd, d->blksize);
	d->size -= d->size % d->blksize;
}

/*
 * A name without a slash is a device of the platform's.  Disks are used raw:
 * the front end has a cache of its own.
 */
static int
open_path(const char *path, int flags)
{
	char raw[128];
	int fd, error;

	if (strchr(path, '/') == NULL) {
		snprintf(raw, sizeof(raw), "/export-%s", path);
		/* To register it again closes it, with NetBSD (rumpfs.c). */
		if ((fd = open(raw, flags)) >= 0 || errno != ENOENT)
			return fd;
		error = rump_pub_etfs_register(raw, path, RUMP_ETFS_CHR);
		if (error != 0) {
			errno = error;
			return -1;
		}
		return open(raw, flags);
	}
	if (strncmp(path, "/dev/", 5) == 0 && path[5] != 'r') {
		snprintf(raw, sizeof(raw), "/dev/r%s", path + 5);
		if ((fd = open(raw, flags)) >= 0 || errno != ENOENT)
			return fd;
	}
	return open(path, flags);
}

static void
start_one(struct disk *d)
{
	struct export_info i = { .flags = EXPORT_FLUSHES };
	pthread_t t;
	int k, error;

	d->fd = open_path(d->path, d->ro ? O_RDONLY : O_RDWR);
	if (d->fd < 0)
		start_fail(d->line, "export %s: %s: %s", d->name, d->path,
		    errno == EROFS ? "it is read-only: say \"ro\": true" :
		    strerror(errno));
	measure(d);
	if (d->size == 0)
		start_fail(d->line, "export %s: %s is empty", d->name, d->path);
	snprintf(i.name, sizeof(i.name), "%s", d->name);
	if (strcmp(d->name, d->path) != 0)
		snprintf(i.path, sizeof(i.path), "%s", d->path);
	i.size = d->size;
	i.blksize = d->blksize;
	if (d->ro)
		i.flags |= EXPORT_RDONLY;
	else if (rump_sys_fdiscard != NULL && rump_sys_fdiscard(d->fd, 0, 0) == 0)
		i.flags |= EXPORT_DISCARDS;
	if ((error = rumpcomp_export_open(&i, &d->ex)) != 0)
		start_fail(d->line, "export %s: %s", d->name, error == ENXIO ?
		    "only a guest of Xen's can serve disks" : strerror(error));
	for (k = 0; k < WORKERS; k++)
		if ((error = pthread_create(&t, NULL, worker, d)) != 0)
			start_fail(d->line, "export %s: %s", d->name,
			    strerror(error));
	printf("export %s: %s, %llu MB, blocks of %u bytes%s%s\n", d->name,
	    d->path, (unsigned long long)(d->size >> 20), d->blksize,
	    d->ro ? ", read-only" : "",
	    i.flags & EXPORT_DISCARDS ? ", discard" : "");
}

/* Before the drivers stop: an error of theirs would be the clients'. */
static void
leave(void)
{

	for (int i = 0; i < ndisk; i++)
		if (disks[i].ex != NULL)
			rumpcomp_export_leave(disks[i].ex);
}

void
blk_start(void)
{

	for (int i = 0; i < ndisk; i++)
		start_one(&disks[i]);
	(void)atexit(leave);
}
