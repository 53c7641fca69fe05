/* mount.c: the configuration's disks. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <rump/rump.h>
#include <rump/rumpuser.h>
#include <rump/sync.h>

#include "private.h"
#include "start.h"

static const char *mounted[CONFIG_MAXBLK];
static int nmounted;

static uint32_t
le32(const uint8_t *p)
{

	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The bytes that the file system on the disk says it has; 0: it has none. */
static uint64_t
fs_size(const char *fstype, const uint8_t *b, size_t n)
{
	const uint8_t *sb = b + 1024, *pvd = b + 32768;
	uint32_t total;

	if (strcmp(fstype, MOUNT_MSDOS) == 0) {
		total = b[19] | b[20] << 8;
		if (total == 0)
			total = le32(b + 32);
		return (uint64_t)total * (b[11] | b[12] << 8);
	}
	if (strcmp(fstype, MOUNT_EXT2FS) == 0 && n >= 2048 &&
	    (sb[56] | sb[57] << 8) == 0xef53 && le32(sb + 24) < 7)
		return (uint64_t)le32(sb + 4) << (10 + le32(sb + 24));
	if (strcmp(fstype, MOUNT_CD9660) == 0 && n >= 32768 + 2048 &&
	    memcmp(pvd + 1, "CD001", 5) == 0)
		return (uint64_t)le32(pvd + 80) * (pvd[128] | pvd[129] << 8);
	return 0;
}

/* Not all kernels look whether a disk is as long as its file system. */
static bool
truncated(const char *fstype, const char *dev)
{
	static uint8_t b[36 * 1024];
	bool is = false;
	uint64_t size;
	char raw[88];
	ssize_t n;
	int fd;

	if (strncmp(dev, "/dev/", 5) != 0)
		return false;
	snprintf(raw, sizeof(raw), "/dev/r%s", dev + 5);
	if ((fd = open(raw, O_RDONLY)) < 0)
		return false;
	n = pread(fd, b, sizeof(b), 0);
	if (n < 512)
		n = pread(fd, b, 4096, 0);
	if (n >= 512 && (size = fs_size(fstype, b, (size_t)n)) >= 512)
		is = pread(fd, b, 512, (off_t)(size & ~511ULL) - 512) != 512;
	close(fd);
	return is;
}

off_t
libc_tmpfs_limit(void)
{
	char text[32] = "", *end;
	off_t n;

	if (rumpuser_getparam("RUMP_MEMLIMIT", text, sizeof(text)) != 0)
		return 0;
	n = (off_t)strtoull(text, &end, 10);
	n <<= *end == 'k' ? 10 : *end == 'm' ? 20 : *end == 'g' ? 30 : 0;
	return n / 3;
}

/* One attempt; an error number. */
static int
mount_as(const char *fstype, char *dev, const char *dir, int flags)
{
	struct msdosfs_args msdos = {
		.fspec = dev, .mask = 0755, .dirmask = 0755,
		.flags = MSDOSFSMNT_VERSIONED | MSDOSFSMNT_LONGNAME |
		    MSDOSFSMNT_UTF8,
		.version = MSDOSFSMNT_VERSION,
	};
	struct iso_args iso = { .fspec = dev };
	struct ufs_args ufs = { .fspec = dev };
	struct udf_args udf = { .version = 1, .fspec = dev };
	struct tmpfs_args tmpfs = { .ta_version = TMPFS_ARGS_VERSION,
	    .ta_root_mode = 01777 };
	void *args = &ufs;
	size_t size = sizeof(ufs);

	if (strcmp(fstype, MOUNT_MSDOS) == 0) {
		args = &msdos;
		size = sizeof(msdos);
	} else if (strcmp(fstype, MOUNT_CD9660) == 0) {
		args = &iso;
		size = sizeof(iso);
		flags |= MNT_RDONLY;
	} else if (strcmp(fstype, MOUNT_UDF) == 0) {
		args = &udf;
		size = sizeof(udf);
	} else if (strcmp(fstype, MOUNT_TMPFS) == 0) {
		args = &tmpfs;
		size = sizeof(tmpfs);
	}
	/* with a log a power cut leaves a file system that is whole */
	if (strcmp(fstype, MOUNT_FFS) == 0 && (flags & MNT_RDONLY) == 0 &&
	    mount(fstype, dir, flags | MNT_LOG, args, size) == 0)
		rump_sync_log = true;
	else if (mount(fstype, dir, flags, args, size) != 0)
		return errno;
	if (!truncated(fstype, dev))
		return 0;
	(void)unmount(dir, MNT_FORCE);
	return EFBIG;
}

/* The first type that takes it; ENODEV and EINVAL only mean: not this one. */
static int
mount_auto(char *dev, const char *dir, int flags)
{
	static const char *const types[] = { MOUNT_CD9660, MOUNT_MSDOS,
	    MOUNT_EXT2FS, MOUNT_FFS, NULL };
	int error = EFTYPE;

	for (int i = 0; types[i] != NULL; i++) {
		int e = mount_as(types[i], dev, dir, flags);

		if (e == 0)
			return 0;
		if (e == EIO || e == EROFS || e == ENXIO || e == EFBIG)
			error = e;
	}
	return error;
}

void
mount_failed(const struct config_blk *b, int error)
{
	const char *path = b->path != NULL ? b->path : b->fstype;

	switch (error) {
	case ENODEV:
		start_fail(b->line, "%s on %s: this image has no %s file system",
		    path, b->mountpoint, b->fstype);
	case ENXIO:
		start_fail(b->line, "%s on %s: there is no such device", path,
		    b->mountpoint);
	case EROFS:
		start_fail(b->line, "%s on %s: the disk is read-only: say "
		    "\"ro\": true", path, b->mountpoint);
	case EFBIG:
		start_fail(b->line, "%s on %s: the disk is shorter than its file "
		    "system", path, b->mountpoint);
	case EINVAL:
	case EFTYPE:
		if (strcmp(b->fstype, "auto") == 0)
			start_fail(b->line, "%s on %s: no file system that "
			    "this image knows is on it, or it is damaged",
			    path, b->mountpoint);
		start_fail(b->line, "%s on %s: no %s file system is on it, or "
		    "it is damaged", path, b->mountpoint, b->fstype);
	default:
		start_fail(b->line, "%s on %s: %s file system: %s", path,
		    b->mountpoint, b->fstype, strerror(error));
	}
}

/* mkdir -p */
void
mount_dirs(const struct config_blk *b)
{
	char path[256];
	struct stat st;

	strlcpy(path, b->mountpoint, sizeof(path));
	for (char *p = path + 1; p != NULL && *p != '\0';) {
		p = strchr(p, '/');
		if (p != NULL)
			*p = '\0';
		(void)mkdir(path, 0755);
		if (p != NULL)
			*p++ = '/';
	}
	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
		start_fail(b->line, "%s: cannot be made", path);
}

/* The host's device under /dev: for mount, and for the program. */
static void
register_disk(const struct config_blk *b, char *dev, size_t size)
{
	char raw[80];
	int error;

	snprintf(dev, size, "/dev/%.60s", b->path);
	error = rump_pub_etfs_register(dev, b->path, RUMP_ETFS_BLK);
	if (error == ENOENT || error == ENXIO)
		start_fail(b->line, "no disk \"%s\" in this machine", b->path);
	if (error == 0) {
		snprintf(raw, sizeof(raw), "/dev/r%.60s", b->path);
		error = rump_pub_etfs_register(raw, b->path, RUMP_ETFS_CHR);
	}
	if (error != 0 && error != EEXIST)
		start_fail(b->line, "disk \"%s\": %s", b->path, strerror(error));
}

void
mount_done(const struct config_blk *b)
{

	mounted[nmounted++] = b->mountpoint;
}

static void
start_one(const struct config_blk *b)
{
	int flags = b->ro ? MNT_RDONLY : 0, error;
	char dev[80];

	if (strcmp(b->fstype, MOUNT_NFS) == 0) {
		if (start_nfs == NULL)
			mount_failed(b, ENODEV);
		return;			/* when there is a network */
	}
	if (b->source == NULL)
		strlcpy(dev, "tmpfs", sizeof(dev));
	else if (strcmp(b->source, "dev") == 0 ||
	    strcmp(b->fstype, MOUNT_9P) == 0)
		snprintf(dev, sizeof(dev), "%s", b->path);
	else
		register_disk(b, dev, sizeof(dev));
	if (strcmp(b->fstype, "blk") == 0)
		return;
	mount_dirs(b);
	error = strcmp(b->fstype, "auto") == 0 ?
	    mount_auto(dev, b->mountpoint, flags) :
	    mount_as(b->fstype, dev, b->mountpoint, flags);
	if (error != 0)
		mount_failed(b, error);
	mount_done(b);
}

void
start_mounts(const struct config *c)
{

	(void)mkdir("/dev", 0755);
	for (int i = 0; i < c->nblk; i++)
		start_one(&c->blk[i]);
}

void
libc_unmount(void)
{

	if (nmounted > 0)
		(void)chdir("/");
	while (nmounted > 0) {
		const char *dir = mounted[--nmounted];

		if (unmount(dir, 0) != 0)
			(void)unmount(dir, MNT_FORCE);
	}
}
