/*
 * linux: runs a program for Linux, built against musl by `sirloin cc': the
 * file that the first word names (after "linux", the image's own name), in /bin
 * if it has no path.  A file system baked into the image is /rom, and what is
 * at its top is also at the top here, where nothing is yet.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <rump/rump.h>

int	lx_process_run(const char *path, int argc, char **argv, char **envp);
const char *lx_strerror(int);

static void
mount_rom(void)
{
	static char dev[] = "/dev/rom";
	struct iso_args iso = { .fspec = dev };
	char to[300];
	struct dirent *de;
	DIR *d;

	if (rump_pub_etfs_register(dev, "rom", RUMP_ETFS_BLK) != 0)
		return;			/* none in this image */
	if (mkdir("/rom", 0755) != 0 || mount(MOUNT_CD9660, "/rom", MNT_RDONLY,
	    &iso, sizeof(iso)) != 0 || (d = opendir("/rom")) == NULL) {
		fprintf(stderr, "linux: the image's file system: %s\n",
		    strerror(errno));
		return;
	}
	while ((de = readdir(d)) != NULL) {
		if (de->d_name[0] == '.')
			continue;
		snprintf(to, sizeof(to), "/rom/%s", de->d_name);
		(void)symlink(to, to + 4);
	}
	closedir(d);
}

/* NetBSD's root here is rumpfs, which cannot rename. */
static void
mount_tmp(void)
{
	struct tmpfs_args args = { .ta_version = TMPFS_ARGS_VERSION,
	    .ta_root_mode = 01777 };

	(void)mkdir("/tmp", 01777);
	(void)mount(MOUNT_TMPFS, "/tmp", 0, &args, sizeof(args));
}

int
main(int argc, char **argv)
{
	char path[1024];
	int status;

	mount_rom();
	mount_tmp();
	if (strcmp(argv[0], "linux") == 0 && argc > 1) {
		argc--;
		argv++;
	}
	snprintf(path, sizeof(path), "%s%s",
	    strchr(argv[0], '/') != NULL ? "" : "/bin/", argv[0]);
	status = lx_process_run(path, argc, argv, environ);
	if (status < 0) {
		fprintf(stderr, "linux: %s: %s\n", path, lx_strerror(-status));
		return 127;
	}
	return status;
}
