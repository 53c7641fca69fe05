/*
 * time.c: clocks and sleeping, from the line's clock: reading the time does
 * not enter the rump kernel.  Its idea of the time of day follows ours when
 * it is set through here.
 */
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <rump/rump_syscalls.h>

#include "private.h"

static int64_t set_by;		/* ns that clock_settime() has moved it */

static uint64_t
realtime(void)
{

	return rumpcomp_host_clock() + rumpcomp_host_epoch() +
	    __atomic_load_n(&set_by, __ATOMIC_RELAXED);
}

static bool
valid(const struct timespec *ts)
{

	return ts->tv_nsec >= 0 && ts->tv_nsec < (long)NSEC;
}

/* Saturates: there is no year 2554. */
static uint64_t
to_ns(const struct timespec *ts)
{

	if (ts->tv_sec < 0)
		return 0;
	if ((uint64_t)ts->tv_sec >= UINT64_MAX / NSEC)
		return NOTIME - 1;
	return ts->tv_sec * NSEC + ts->tv_nsec;
}

static struct timespec
from_ns(uint64_t ns)
{

	return (struct timespec){ ns / NSEC, ns % NSEC };
}

bool
libc_deadline(int clock, const struct timespec *ts, uint64_t *deadline)
{
	uint64_t ns, offset;

	if (!valid(ts))
		return false;
	ns = to_ns(ts);
	offset = clock == CLOCK_REALTIME ? realtime() - rumpcomp_host_clock() : 0;
	*deadline = ns > offset ? ns - offset : 0;
	return true;
}

int
clock_gettime(clockid_t clock, struct timespec *ts)
{

	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) {
		errno = EINVAL;
		return -1;
	}
	*ts = from_ns(clock == CLOCK_REALTIME ? realtime() :
	    rumpcomp_host_clock());
	return 0;
}

int
clock_settime(clockid_t clock, const struct timespec *ts)
{

	if (clock != CLOCK_REALTIME || !valid(ts) || ts->tv_sec < 0) {
		errno = EINVAL;
		return -1;
	}
	if (rump_sys_clock_settime(clock, ts) != 0)
		return -1;
	__atomic_add_fetch(&set_by, to_ns(ts) - realtime(), __ATOMIC_RELAXED);
	return 0;
}

int
clock_getres(clockid_t clock, struct timespec *ts)
{

	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) {
		errno = EINVAL;
		return -1;
	}
	if (ts != NULL)
		*ts = (struct timespec){ 0, 1 };
	return 0;
}

int
clock_nanosleep(clockid_t clock, int flags, const struct timespec *ts,
    struct timespec *left)
{
	uint64_t until, now = rumpcomp_host_clock();

	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
		return EINVAL;
	if (!valid(ts) || (ts->tv_sec < 0 && !(flags & TIMER_ABSTIME)))
		return EINVAL;
	if (flags & TIMER_ABSTIME)
		(void)libc_deadline(clock, ts, &until);
	else if (__builtin_add_overflow(now, to_ns(ts), &until))
		until = NOTIME - 1;
	rumpcomp_host_sleep_until(until);
	if (left != NULL)
		*left = (struct timespec){ 0, 0 };
	return 0;
}

int
nanosleep(const struct timespec *ts, struct timespec *left)
{
	int error = clock_nanosleep(CLOCK_MONOTONIC, 0, ts, left);

	if (error == 0)
		return 0;
	errno = error;
	return -1;
}

unsigned
sleep(unsigned s)
{

	rumpcomp_host_sleep_until(rumpcomp_host_clock() + s * NSEC);
	return 0;
}

int
usleep(useconds_t us)
{

	rumpcomp_host_sleep_until(rumpcomp_host_clock() + us * 1000ULL);
	return 0;
}

int
pause(void)
{

	for (;;)
		rumpcomp_host_sleep_until(NOTIME);
}

time_t
time(time_t *tp)
{
	time_t t = realtime() / NSEC;

	if (tp != NULL)
		*tp = t;
	return t;
}

clock_t
clock(void)
{

	return rumpcomp_host_clock() / 1000;
}

int
gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	uint64_t ns = realtime();

	if (tv != NULL)
		*tv = (struct timeval){ ns / NSEC, ns % NSEC / 1000 };
	return 0;
}

struct tm *
gmtime(const time_t *t)
{
	static struct tm tm;

	return gmtime_r(t, &tm);
}

struct tm *
localtime(const time_t *t)
{

	return gmtime(t);
}
