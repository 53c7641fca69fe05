/* sys_misc.c: system calls about time, processes and the system. */
#include "core.h"
#include <rump/rump_syscalls.h>

#define NS	1000000000

/* ---- time ---- */

int
rump___sysimpl_clock_gettime50(clockid_t clock, struct timespec *ts)
{
	int64_t sec;
	int error = 0;

	SYS_ENTER();
	switch (clock) {
	case CLOCK_REALTIME:
		*ts = k_now();
		break;
	case CLOCK_MONOTONIC:
		error = rumpuser_clock_gettime(RUMPUSER_CLOCK_ABSMONO, &sec,
		    &ts->tv_nsec);
		ts->tv_sec = sec;
		break;
	default:
		error = EINVAL;
		break;
	}
	return SYS_LEAVE(error, 0);
}

int
rump___sysimpl_clock_settime50(clockid_t clock, const struct timespec *ts)
{
	int error;

	SYS_ENTER();
	error = clock == CLOCK_REALTIME ? k_settime(ts) : EINVAL;
	return SYS_LEAVE(error, 0);
}

int
rump___sysimpl_clock_getres50(clockid_t clock, struct timespec *ts)
{
	int error = 0;

	SYS_ENTER();
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
		error = EINVAL;
	else if (ts != NULL)
		*ts = (struct timespec){ 0, 1 };
	return SYS_LEAVE(error, 0);
}

int
rump___sysimpl_gettimeofday50(struct timeval *tv, void *tz)
{
	struct timespec ts;

	SYS_ENTER();
	ts = k_now();
	if (tv != NULL)
		*tv = (struct timeval){ ts.tv_sec, (int)(ts.tv_nsec / 1000) };
	return SYS_LEAVE(0, 0);
}

int
rump___sysimpl_nanosleep50(const struct timespec *ts, struct timespec *left)
{
	int error;

	SYS_ENTER();
	if (ts->tv_sec < 0 || ts->tv_nsec < 0 || ts->tv_nsec >= NS)
		error = EINVAL;
	else
		error = rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL,
		    ts->tv_sec, ts->tv_nsec);
	if (error == 0 && left != NULL)
		*left = (struct timespec){ 0, 0 };
	return SYS_LEAVE(error, 0);
}

/* ---- processes ---- */

pid_t
rump___sysimpl_getpid(void)
{

	SYS_ENTER();
	return SYS_LEAVE(0, sys_l->proc->pid);
}

pid_t
rump___sysimpl_getppid(void)
{

	SYS_ENTER();
	return SYS_LEAVE(0, sys_l->proc->ppid);
}

uid_t
rump___sysimpl_getuid(void)
{

	return 0;			/* everybody is root here */
}

mode_t
rump___sysimpl_umask(mode_t mask)
{
	mode_t old;

	SYS_ENTER();
	old = __atomic_exchange_n(&sys_l->proc->umask, mask & 0777,
	    __ATOMIC_RELAXED);
	return SYS_LEAVE(0, old);
}
