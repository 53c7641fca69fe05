/*
 * sync.h: fsync() that reaches stable storage, over the rump kernel client API.
 *
 * NetBSD's fsync(2) writes the kernel's buffers to the disk, and leaves them in
 * the disk's own volatile cache; FDISKSYNC (fsync_range(2)) has a file system
 * flush that, and of a disk's special file nothing does but DIOCCACHESYNC.
 * Whoever includes this has the error numbers already (<errno.h>, <kern_errno.h>).
 */
#ifndef SIRLOIN_RUMP_SYNC_H
#define SIRLOIN_RUMP_SYNC_H

#include <stdbool.h>

#include <rump/abi.h>
#include <rump/host.h>
#include <rump/rump_syscalls.h>

#define RUMP_SYNC_DATA	0x0010		/* FDATASYNC */
#define RUMP_SYNC_FILE	0x0020		/* FFILESYNC */
#define RUMP_SYNC_DISK	0x0040		/* FDISKSYNC */

/*
 * FFS with a log (libc-min/mount.c sets this) writes the log for a whole file only
 * when there are blocks of the file in it, and not for a file that was cut short;
 * for a range it always does.
 */
__attribute__((weak)) bool rump_sync_log;

/* libc-min/flush.c: of a folder, whose descriptor is open for reading only. */
int	rump_sync_disk(int fd);

/* NetBSD's answer where there is no cache to flush, or no way to. */
static inline bool
rump_sync_nocache(int error)
{

	return error == ENOTTY || error == ENODEV || error == EOPNOTSUPP ||
	    error == EINVAL;
}

/* how: RUMP_SYNC_DATA or _FILE.  0, or -1 and the rump kernel's errno. */
static inline int
rump_sync(int fd, int how)
{
	int force = 1, r, *error = rumpcomp_host_errno();

	r = rump_sys_fsync_range(fd, how | RUMP_SYNC_DISK, 0, 0);
	if (r != 0 && rump_sync_nocache(*error))
		r = rump_sys_fsync_range(fd, how, 0, 0);
	if (r != 0)
		/* open for reading only: fsync(2) may, fsync_range(2) not */
		return *error != EBADF || rump_sys_fsync(fd) != 0 ? -1 :
		    rump_sync_disk(fd);
	if (rump_sync_log &&
	    rump_sys_fsync_range(fd, RUMP_SYNC_FILE, 0, 1) != 0)
		return -1;
	return rump_sys_ioctl(fd, DIOCCACHESYNC, &force) == 0 ||
	    rump_sync_nocache(*error) ? 0 : -1;
}

#endif /* SIRLOIN_RUMP_SYNC_H */
