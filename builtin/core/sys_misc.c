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

/* ---- sysctl: what an ordinary program asks for ---- */

static kmutex_t sysctl_mtx;

static int
sysctl_init(void)
{

	kmutex_init(&sysctl_mtx);
	return 0;
}
RUMP_COMPONENT(COMPONENT_CORE, sysctl_init);

static int
sysctl_set_hostname(const char *new, size_t len)
{
	const char *nul = memchr(new, '\0', len);

	if (nul != NULL)
		len = nul - new;
	if (len >= sizeof(k_hostname))
		return EINVAL;
	memset(k_hostname, 0, sizeof(k_hostname));
	memcpy(k_hostname, new, len);
	return 0;
}

/* NetBSD's rule: *oldlenp becomes what there is; ENOMEM if it did not fit. */
static int
sysctl_out(const void *value, size_t len, void *old, size_t *oldlenp)
{
	size_t room;

	if (oldlenp == NULL)
		return 0;
	room = *oldlenp;
	*oldlenp = len;
	if (old == NULL)
		return 0;
	memcpy(old, value, len < room ? len : room);
	return len > room ? ENOMEM : 0;
}

static int
sysctl_node(const int *name, unsigned n, void *old, size_t *oldlenp,
    const void *new, size_t newlen)
{
	static const char ostype[] = "NetBSD", osrelease[] = "7.99.34";
	static const char version[] = "Sirloin's built-in rump kernel";
	static const int pagesize = 4096;
	int error;

	if (n != 2)
		return ENOENT;
	if (name[0] == CTL_KERN && name[1] == KERN_HOSTNAME) {
		error = sysctl_out(k_hostname, strlen(k_hostname) + 1, old,
		    oldlenp);
		return error != 0 || new == NULL ? error :
		    sysctl_set_hostname(new, newlen);
	}
	if (new != NULL)
		return EPERM;
	if (name[0] == CTL_KERN && name[1] == KERN_OSTYPE)
		return sysctl_out(ostype, sizeof(ostype), old, oldlenp);
	if (name[0] == CTL_KERN && name[1] == KERN_OSRELEASE)
		return sysctl_out(osrelease, sizeof(osrelease), old, oldlenp);
	if (name[0] == CTL_KERN && name[1] == KERN_VERSION)
		return sysctl_out(version, sizeof(version), old, oldlenp);
	if (name[0] == CTL_HW && name[1] == HW_NCPU)
		return sysctl_out(&k_ncpu, sizeof(k_ncpu), old, oldlenp);
	if (name[0] == CTL_HW && name[1] == HW_PAGESIZE)
		return sysctl_out(&pagesize, sizeof(pagesize), old, oldlenp);
	return ENOENT;
}

int
rump___sysimpl___sysctl(const int *name, unsigned int n, void *old,
    size_t *oldlenp, const void *new, size_t newlen)
{
	int error;

	SYS_ENTER();
	kmutex_enter(&sysctl_mtx);
	error = sysctl_node(name, n, old, oldlenp, new, newlen);
	kmutex_exit(&sysctl_mtx);
	return SYS_LEAVE(error, 0);
}
