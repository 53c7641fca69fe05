/*
 * linux: runs programs for Linux, built against musl by `sirloin cc': files in
 * /bin if their names have no path.  A file system baked into the image is
 * /rom, or /rom1 when a disk was mounted there; what is at the top of them is
 * also at the top here, where nothing is yet.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <rump/rump.h>

#include "run.h"

/* False: there is no such folder. */
static bool
show(const char *folder)
{
	char from[300];
	struct dirent *de;
	DIR *d = opendir(folder);

	if (d == NULL)
		return false;
	while ((de = readdir(d)) != NULL) {
		if (de->d_name[0] == '.')
			continue;
		snprintf(from, sizeof(from), "%s/%s", folder, de->d_name);
		(void)symlink(from, from + strlen(folder));
	}
	closedir(d);
	return true;
}

static void
mount_rom(const char *where)
{
	static char dev[] = "/dev/rom";
	struct iso_args iso = { .fspec = dev };

	if (rump_pub_etfs_register(dev, "rom", RUMP_ETFS_BLK) != 0)
		return;			/* none in this image */
	if (mkdir(where, 0755) != 0 || mount(MOUNT_CD9660, where, MNT_RDONLY,
	    &iso, sizeof(iso)) != 0 || !show(where))
		fprintf(stderr, "linux: the image's file system: %s\n",
		    strerror(errno));
}

/* NetBSD's root here is rumpfs, which cannot rename. */
static void
mount_tmp(void)
{
	struct tmpfs_args args = { .ta_version = TMPFS_ARGS_VERSION,
	    .ta_root_mode = 01777, .ta_size_max = libc_tmpfs_limit() };

	(void)mkdir("/tmp", 01777);
	(void)mount(MOUNT_TMPFS, "/tmp", 0, &args, sizeof(args));
}

int
sirloin_programs(const struct program *p, int n)
{

	mount_rom(show("/rom") ? "/rom1" : "/rom");
	mount_tmp();
	return run_programs(p, n);
}
