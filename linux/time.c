/* time.c: clocks, sleeping, timers. */
#include <kern_errno.h>
#include <string.h>

#include "linux.h"

#define NS	1000000000ULL
enum { LX_CLOCK_REALTIME, LX_CLOCK_MONOTONIC, LX_CLOCK_PROCESS_CPU,
    LX_CLOCK_THREAD_CPU, LX_CLOCK_RAW, LX_CLOCK_REALTIME_COARSE,
    LX_CLOCK_MONOTONIC_COARSE, LX_CLOCK_BOOTTIME };

bool
lx_timespec_ok(const struct lx_timespec *t)
{

	return t->sec >= 0 && t->nsec >= 0 && t->nsec < (int64_t)NS;
}

uint64_t
lx_deadline(const struct lx_timespec *t)
{

	if (t == NULL || (uint64_t)t->sec > INT64_MAX / NS / 4)
		return UINT64_MAX;
	return rumpcomp_host_clock() + (uint64_t)t->sec * NS + (uint64_t)t->nsec;
}

static bool
is_realtime(int clock)
{

	return clock == LX_CLOCK_REALTIME || clock == LX_CLOCK_REALTIME_COARSE;
}

static bool
is_cputime(int clock)
{

	return clock < 0 || clock == LX_CLOCK_PROCESS_CPU ||
	    clock == LX_CLOCK_THREAD_CPU;
}

uint64_t
lx_deadline_abs(int clock, const struct lx_timespec *t)
{
	struct timespec now;
	uint64_t at, ref;

	if (t == NULL || (uint64_t)t->sec > INT64_MAX / NS)
		return UINT64_MAX;
	at = (uint64_t)t->sec * NS + (uint64_t)t->nsec;
	if (!is_realtime(clock))
		return at;
	(void)rump_sys_clock_gettime(CLOCK_REALTIME, &now);
	ref = (uint64_t)now.tv_sec * NS + (uint64_t)now.tv_nsec;
	return rumpcomp_host_clock() + (at > ref ? at - ref : 0);
}

/* ---- clocks ---- */

long
lx_sys_clock_gettime(long clock, long out, long c, long d, long e, long f)
{
	struct lx_timespec *o = (void *)out;
	struct lx_task *t = lx_self();
	uint64_t now;
	long r;

	if (is_realtime((int)clock))
		return lx_result(rump_sys_clock_gettime(CLOCK_REALTIME,
		    (struct timespec *)o));
	if ((int)clock > LX_CLOCK_BOOTTIME)
		return -LX_EINVAL;
	now = rumpcomp_host_clock();
	if (is_cputime((int)clock) &&
	    (r = lx_cputime(t->proc, t, (int)clock, &now)) != 0)
		return r;
	*o = (struct lx_timespec){ (int64_t)(now / NS), (int64_t)(now % NS) };
	return 0;
}

long
lx_sys_clock_getres(long clock, long out, long c, long d, long e, long f)
{

	if ((int)clock > LX_CLOCK_BOOTTIME)
		return -LX_EINVAL;
	if (out != 0)
		*(struct lx_timespec *)out = (struct lx_timespec){ 0, 1 };
	return 0;
}

long
lx_sys_clock_settime(long clock, long in, long c, long d, long e, long f)
{

	return clock != LX_CLOCK_REALTIME ? -LX_EINVAL :
	    lx_result(rump_sys_clock_settime(CLOCK_REALTIME, (void *)in));
}

long
lx_sys_gettimeofday(long out, long tz, long c, long d, long e, long f)
{
	struct timespec now;
	int64_t *o = (void *)out;

	if (rump_sys_clock_gettime(CLOCK_REALTIME, &now) < 0)
		return lx_result(-1);
	if (o != NULL) {
		o[0] = now.tv_sec;
		o[1] = now.tv_nsec / 1000;
	}
	return 0;
}

long
lx_sys_time(long out, long b, long c, long d, long e, long f)
{
	struct timespec now;

	(void)rump_sys_clock_gettime(CLOCK_REALTIME, &now);
	if (out != 0)
		*(int64_t *)out = now.tv_sec;
	return now.tv_sec;
}

/* ---- sleeping: on a word of the thread's own, which a signal wakes ---- */

long
lx_sleep_until(uint64_t deadline)
{
	struct lx_task *t = lx_self();
	uint32_t word;
	int error;

	do {
		word = __atomic_load_n(&t->wakeword, __ATOMIC_ACQUIRE);
		if (lx_signal_pending(t))
			return -LX_EINTR;
		error = rumpcomp_host_futex_wait(&t->wakeword, word, deadline);
	} while (error != ETIMEDOUT);
	return 0;
}

static long
sleep_until(uint64_t deadline, struct lx_timespec *left)
{
	long r = lx_sleep_until(deadline);
	uint64_t now;

	if (r != 0 && left != NULL) {
		now = rumpcomp_host_clock();
		now = deadline > now ? deadline - now : 0;
		*left = (struct lx_timespec){ (int64_t)(now / NS),
		    (int64_t)(now % NS) };
	}
	return r;
}

long
lx_sys_nanosleep(long req, long rem, long c, long d, long e, long f)
{
	const struct lx_timespec *t = (const void *)req;

	if (!lx_timespec_ok(t))
		return -LX_EINVAL;
	return sleep_until(lx_deadline(t), (void *)rem);
}

#define TIMER_ABSTIME	1

long
lx_sys_clock_nanosleep(long clock, long flags, long req, long rem, long e, long f)
{
	const struct lx_timespec *t = (const void *)req;

	if (!lx_timespec_ok(t) || clock == LX_CLOCK_THREAD_CPU || clock > 7)
		return -LX_EINVAL;
	if (is_cputime((int)clock))
		return -LX_EOPNOTSUPP;
	if (flags & TIMER_ABSTIME)
		return sleep_until(lx_deadline_abs((int)clock, t), NULL);
	return sleep_until(lx_deadline(t), (void *)rem);
}

/* ---- timers: one thread waits for the next of all ---- */

static LIST_HEAD(, lx_timer) timers = LIST_HEAD_INITIALIZER(timers);
static uint32_t timers_lock, timers_word;
static bool timers_thread;

/* The next deadline; those that are due have fired. */
static uint64_t
timers_run(void)
{
	uint64_t now = rumpcomp_host_clock(), next = UINT64_MAX, n;
	struct lx_timer *t, *tn;

	lx_lock(&timers_lock);
	for (t = LIST_FIRST(&timers); t != NULL; t = tn) {
		tn = LIST_NEXT(t, link);
		if (t->at <= now) {
			n = 1;
			if (t->period != 0) {
				n += (now - t->at) / t->period;
				t->at += n * t->period;
			} else {
				t->at = 0;
				LIST_REMOVE(t, link);
			}
			t->fire(t, n);
			if (t->at != 0 && t->period == 0) {
				t->at = 0;
				LIST_REMOVE(t, link);
			}
		}
		if (t->at != 0 && t->at < next)
			next = t->at;
	}
	lx_unlock(&timers_lock);
	return next;
}

static void *
timers_main(void *arg)
{
	uint32_t word;
	uint64_t next;

	for (;;) {
		word = __atomic_load_n(&timers_word, __ATOMIC_ACQUIRE);
		next = timers_run();
		(void)rumpcomp_host_futex_wait(&timers_word, word, next);
	}
	return arg;
}

/* at: monotonic ns, 0: off. */
void
lx_timer_set(struct lx_timer *t, uint64_t at, uint64_t period)
{

	lx_lock(&timers_lock);
	if (t->at != 0)
		LIST_REMOVE(t, link);
	t->at = at;
	t->period = period;
	if (at != 0)
		LIST_INSERT_HEAD(&timers, t, link);
	if (!timers_thread && at != 0)
		timers_thread = rumpcomp_host_thread_create(NULL, "timers",
		    timers_main, NULL, 0, 0) == 0;
	lx_unlock(&timers_lock);
	__atomic_add_fetch(&timers_word, 1, __ATOMIC_RELEASE);
	rumpcomp_host_futex_wake(&timers_word, 1);
}

void
lx_timer_get(struct lx_timer *t, struct lx_itimerspec *o)
{
	uint64_t now = rumpcomp_host_clock(), left = 0;

	lx_lock(&timers_lock);
	if (t->at != 0)
		left = t->at > now ? t->at - now : 1;
	o->value = (struct lx_timespec){ (int64_t)(left / NS),
	    (int64_t)(left % NS) };
	o->interval = (struct lx_timespec){ (int64_t)(t->period / NS),
	    (int64_t)(t->period % NS) };
	lx_unlock(&timers_lock);
}

/* ---- the process's alarms ---- */

enum { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF };

static void
alarm_fire(struct lx_timer *t, uint64_t n)
{

	lx_signal_send(t->arg, NULL, LX_SIGALRM);
}

long
lx_sys_getitimer(long which, long out, long c, long d, long e, long f)
{
	struct lx_itimerspec it;
	int64_t *o = (void *)out;

	if ((unsigned long)which > ITIMER_PROF)
		return -LX_EINVAL;
	if (which == ITIMER_REAL)
		lx_timer_get(&lx_self()->proc->alarm, &it);
	else
		lx_cputimer_get(which, &it);
	o[0] = it.interval.sec;
	o[1] = it.interval.nsec / 1000;
	o[2] = it.value.sec;
	o[3] = it.value.nsec / 1000;
	return 0;
}

long
lx_sys_setitimer(long which, long new, long old, long d, long e, long f)
{
	struct lx_process *p = lx_self()->proc;
	const int64_t *n = (const void *)new;
	uint64_t value, interval;

	if ((unsigned long)which > ITIMER_PROF)
		return -LX_EINVAL;
	value = (uint64_t)n[2] * NS + (uint64_t)n[3] * 1000;
	interval = (uint64_t)n[0] * NS + (uint64_t)n[1] * 1000;
	if (old != 0)
		(void)lx_sys_getitimer(which, old, 0, 0, 0, 0);
	if (which != ITIMER_REAL)
		return lx_cputimer_set(which, value, interval);
	p->alarm.fire = alarm_fire;
	p->alarm.arg = p;
	lx_timer_set(&p->alarm, value != 0 ? rumpcomp_host_clock() + value : 0,
	    interval);
	return 0;
}

long
lx_sys_alarm(long seconds, long b, long c, long d, long e, long f)
{
	int64_t new[4] = { 0, 0, (uint32_t)seconds, 0 }, old[4];

	(void)lx_sys_setitimer(0, (long)new, (long)old, 0, 0, 0);
	return old[2] + (old[3] != 0);
}
