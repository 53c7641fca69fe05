/* small.c: calls whose answer is always the same, or another call's. */
#include <stdio.h>

#include "linux.h"
#include "file.h"

/* ---- who: user 0, group 0, no others ---- */

long
lx_sys_getgroups(long n, long list, long c, long d, long e, long f)
{

	return n < 0 ? -LX_EINVAL : 0;
}

long
lx_sys_getresuid(long r, long e, long s, long d, long e5, long f)
{

	*(int *)r = *(int *)e = *(int *)s = 0;
	return 0;
}

long
lx_sys_setfsuid(long id, long b, long c, long d, long e, long f)
{

	return 0;			/* who it was before */
}

/* ---- scheduling: sched_setscheduler() takes SCHED_OTHER only ---- */

enum { LX_SCHED_FIFO = 1, LX_SCHED_RR, LX_SCHED_BATCH, LX_SCHED_IDLE = 5 };

static long
priority(long policy, long real_time)
{

	if (policy == LX_SCHED_FIFO || policy == LX_SCHED_RR)
		return real_time;
	return policy == 0 || policy == LX_SCHED_BATCH ||
	    policy == LX_SCHED_IDLE ? 0 : -LX_EINVAL;
}

long
lx_sys_sched_get_priority_max(long p, long b, long c, long d, long e, long f)
{

	return priority(p, 99);
}

long
lx_sys_sched_get_priority_min(long p, long b, long c, long d, long e, long f)
{

	return priority(p, 1);
}

/* ---- files ---- */

/* All of extended attributes: as on a file system that has none. */
long
lx_sys_setxattr(long a, long b, long c, long d, long e, long f)
{

	return -LX_EOPNOTSUPP;
}

long
lx_sys_readahead(long fd, long off, long n, long d, long e, long f)
{

	return lx_sys_fadvise64(fd, off, n, 0, 0, 0);
}

long
lx_sys_sync_file_range(long fd, long off, long n, long flags, long e, long f)
{

	return lx_result(rump_sys_fdatasync((int)fd));
}

long
lx_sys_syncfs(long fd, long b, long c, long d, long e, long f)
{

	if (rump_sys_fcntl((int)fd, F_GETFD, 0) < 0)
		return -LX_EBADF;
	return lx_sys_sync(0, 0, 0, 0, 0, 0);
}

long
lx_sys_renameat2(long ofd, long old, long nfd, long new, long flags, long f)
{

	return flags != 0 ? -LX_EINVAL :
	    lx_sys_renameat(ofd, old, nfd, new, 0, 0);
}

#define LX_MFD_CLOEXEC	1
#define LX_MFD_SEALING	2	/* allowed; no seal is ever taken */

/* A file that has lost its name; its room is memory's, /tmp being there. */
long
lx_sys_memfd_create(long name, long flags, long c, long d, long e, long f)
{
	static uint32_t serial;
	char path[32];
	int fd;

	if ((flags & ~(LX_MFD_CLOEXEC | LX_MFD_SEALING)) != 0)
		return -LX_EINVAL;
	snprintf(path, sizeof(path), "/tmp/.memfd%u",
	    __atomic_add_fetch(&serial, 1, __ATOMIC_RELAXED));
	fd = rump_sys_open(path, O_RDWR | O_CREAT | O_EXCL |
	    (flags & LX_MFD_CLOEXEC ? O_CLOEXEC : 0), 0600);
	if (fd < 0)
		return lx_result(-1);
	(void)rump_sys_unlink(path);
	return fd;
}
