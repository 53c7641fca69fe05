/*
 * timer.c: POSIX timers, and interval timers of CPU time.  Their signal waits
 * once; how often more the timer was due meanwhile is counted.  One that
 * follows CPU time looks at it every 10 ms.
 */
#include <string.h>

#include "linux.h"

#define NS		1000000000ULL
#define TICK		10000000ULL	/* ns */
#define TIMER_ABSTIME	1
enum { SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD_ID = 4 };
enum { ITIMER_VIRTUAL = 1, ITIMER_PROF };

struct lx_ptimer {
	LIST_ENTRY(lx_ptimer) link;
	struct lx_timer	timer;
	struct lx_process *proc;
	int		id;		/* below 0: setitimer's */
	int		clock;
	bool		cputime, queued;
	int		notify, sig, tid;
	uint64_t	value;
	uint64_t	over, told;	/* more expirations: now, and told last */
	uint64_t	at, period;	/* CPU time, 0: off; ns */
};

/* Of all processes' lists.  Taken inside the timers' own, before a process's. */
static uint32_t lock;

/* The lock is held. */
static struct lx_ptimer *
look(struct lx_process *p, int id)
{
	struct lx_ptimer *pt;

	LIST_FOREACH(pt, &p->timers, link)
		if (pt->id == id)
			break;
	return pt;
}

static struct lx_ptimer *
find(int id)
{
	struct lx_ptimer *pt;

	lx_lock(&lock);
	pt = look(lx_self()->proc, id);
	lx_unlock(&lock);
	return pt;
}

/* By the number that the program has: setitimer's are not among them. */
static struct lx_ptimer *
theirs(long id)
{

	return (int)id < 0 ? NULL : find((int)id);
}

/* ---- they are due ---- */

static uint64_t
cputime(const struct lx_ptimer *pt)
{
	uint64_t now = 0;

	(void)lx_cputime(pt->proc, NULL, pt->clock, &now);
	return now;
}

/* How often it was due, of one that follows CPU time. */
static uint64_t
cpu_due(struct lx_ptimer *pt)
{
	uint64_t now = cputime(pt), n = 1;

	if (pt->at == 0 || now < pt->at)
		return 0;
	if (pt->period != 0) {
		n += (now - pt->at) / pt->period;
		pt->at += n * pt->period;
	} else
		pt->at = pt->timer.period = 0;
	return n;
}

static void
fire(struct lx_timer *t, uint64_t n)
{
	struct lx_ptimer *pt = t->arg;
	struct lx_siginfo si = { .code = LX_SI_TIMER, .from = pt->id,
	    .value = pt->value };

	lx_lock(&lock);
	if (pt->cputime)
		n = cpu_due(pt);
	if (pt->id < 0)
		si.code = LX_SI_KERNEL;
	if (n == 0 || pt->notify == SIGEV_NONE)
		;
	else if (pt->queued)
		pt->over += n;
	else {
		pt->over = n - 1;
		pt->queued = lx_signal_queue(pt->proc, pt->tid, pt->sig, &si) ==
		    1 && pt->id >= 0;
	}
	lx_unlock(&lock);
}

static int
count(uint64_t n)
{

	return n > INT32_MAX ? INT32_MAX : (int)n;
}

int
lx_timer_delivered(struct lx_process *p, int id)
{
	struct lx_ptimer *pt;
	int n = 0;

	lx_lock(&lock);
	if ((pt = look(p, id)) != NULL) {
		pt->queued = false;
		pt->told = pt->over;
		n = count(pt->told);
	}
	lx_unlock(&lock);
	return n;
}

/* ---- life ---- */

static struct lx_ptimer *
new_timer(struct lx_process *p, int clock, int sig)
{
	struct lx_ptimer *pt = rumpcomp_host_malloc(sizeof(*pt), 0);

	if (pt == NULL)
		return NULL;
	memset(pt, 0, sizeof(*pt));
	pt->proc = p;
	pt->clock = clock;
	pt->cputime = clock < 0;
	pt->sig = sig;
	pt->timer.fire = fire;
	pt->timer.arg = pt;
	return pt;
}

static void
enter(struct lx_ptimer *pt)
{

	lx_lock(&lock);
	LIST_INSERT_HEAD(&pt->proc->timers, pt, link);
	lx_unlock(&lock);
}

/* It is off the list. */
static void
destroy(struct lx_ptimer *pt)
{

	lx_timer_set(&pt->timer, 0, 0);		/* nor is it firing now */
	rumpcomp_host_free(pt);
}

void
lx_timers_end(struct lx_process *p)
{
	struct lx_ptimer *pt;

	do {
		lx_lock(&lock);
		if ((pt = LIST_FIRST(&p->timers)) != NULL)
			LIST_REMOVE(pt, link);
		lx_unlock(&lock);
		if (pt != NULL)
			destroy(pt);
	} while (pt != NULL);
}

/* Numbers of clocks that mean the same in any thread; 0 and -EINVAL too. */
static int
clock_for_ever(int clock)
{
	struct lx_task *t = lx_self();
	uint64_t ns;

	if (clock == 2)
		clock = (int)(~(unsigned)t->proc->pid << 3 | 2);
	else if (clock == 3)
		clock = (int)(~(unsigned)t->tid << 3 | 6);
	if (clock < 0)
		return lx_cputime(t->proc, t, clock, &ns) == 0 ? clock : 99;
	return clock;
}

struct ksigevent { uint64_t value; int signo, notify, tid; };

long
lx_sys_timer_create(long clk, long sev, long out, long d, long e, long f)
{
	const struct ksigevent *ev = (const void *)sev;
	struct lx_process *p = lx_self()->proc;
	struct lx_ptimer *pt;
	int clock = clock_for_ever((int)clk);

	if (clock >= 4 && clock <= 6)		/* raw and coarse ones */
		return -LX_EOPNOTSUPP;
	if (clock > 7 || (ev != NULL && ev->notify != SIGEV_NONE &&
	    ((ev->notify & ~SIGEV_THREAD_ID) != 0 || ev->signo < 1 ||
	    ev->signo >= LX_NSIG)))
		return -LX_EINVAL;
	if ((pt = new_timer(p, clock, LX_SIGALRM)) == NULL)
		return -LX_EAGAIN;
	pt->id = __atomic_fetch_add(&p->lasttimer, 1, __ATOMIC_RELAXED);
	pt->value = (uint64_t)pt->id;
	if (ev != NULL) {
		pt->value = ev->value;
		pt->sig = ev->signo;
		pt->notify = ev->notify;
		pt->tid = ev->notify == SIGEV_THREAD_ID ? ev->tid : 0;
	}
	*(int *)out = pt->id;
	enter(pt);
	return 0;
}

long
lx_sys_timer_delete(long id, long b, long c, long d, long e, long f)
{
	struct lx_ptimer *pt;

	lx_lock(&lock);
	pt = (int)id < 0 ? NULL : look(lx_self()->proc, (int)id);
	if (pt != NULL)
		LIST_REMOVE(pt, link);
	lx_unlock(&lock);
	if (pt == NULL)
		return -LX_EINVAL;
	destroy(pt);
	return 0;
}

/* ---- their times ---- */

static void
cpu_set(struct lx_ptimer *pt, uint64_t at, uint64_t period)
{

	lx_lock(&lock);
	pt->at = at;
	pt->period = period;
	lx_unlock(&lock);
	lx_timer_set(&pt->timer, at != 0 ? rumpcomp_host_clock() + TICK : 0, TICK);
}

static struct lx_timespec
timespec(uint64_t ns)
{

	return (struct lx_timespec){ (int64_t)(ns / NS), (int64_t)(ns % NS) };
}

static void
get(struct lx_ptimer *pt, struct lx_itimerspec *o)
{
	uint64_t now, left = 0;

	if (!pt->cputime) {
		lx_timer_get(&pt->timer, o);
		return;
	}
	now = cputime(pt);
	lx_lock(&lock);
	if (pt->at != 0)
		left = pt->at > now ? pt->at - now : 1;
	o->value = timespec(left);
	o->interval = timespec(pt->period);
	lx_unlock(&lock);
}

long
lx_sys_timer_settime(long id, long flags, long new, long old, long e, long f)
{
	const struct lx_itimerspec *in = (const void *)new;
	struct lx_ptimer *pt = theirs(id);
	uint64_t value, period, at = 0;
	bool abs = (flags & TIMER_ABSTIME) != 0;

	if (pt == NULL || !lx_timespec_ok(&in->value) ||
	    !lx_timespec_ok(&in->interval))
		return -LX_EINVAL;
	if (old != 0)
		get(pt, (void *)old);
	value = (uint64_t)in->value.sec * NS + (uint64_t)in->value.nsec;
	period = (uint64_t)in->interval.sec * NS + (uint64_t)in->interval.nsec;
	if (pt->cputime) {
		cpu_set(pt, value == 0 || abs ? value : cputime(pt) + value,
		    period);
		return 0;
	}
	if (value != 0)
		at = abs ? lx_deadline_abs(pt->clock, &in->value) :
		    lx_deadline(&in->value);
	lx_timer_set(&pt->timer, at, period);
	return 0;
}

long
lx_sys_timer_gettime(long id, long out, long c, long d, long e, long f)
{
	struct lx_ptimer *pt = theirs(id);

	if (pt == NULL)
		return -LX_EINVAL;
	get(pt, (void *)out);
	return 0;
}

long
lx_sys_timer_getoverrun(long id, long b, long c, long d, long e, long f)
{
	struct lx_ptimer *pt = theirs(id);

	return pt == NULL ? -LX_EINVAL : count(pt->told);
}

/* ---- setitimer() of CPU time: all of it is the program's ---- */

void
lx_cputimer_get(long which, struct lx_itimerspec *o)
{
	struct lx_ptimer *pt = find(-(int)which);

	memset(o, 0, sizeof(*o));
	if (pt != NULL)
		get(pt, o);
}

long
lx_cputimer_set(long which, uint64_t value, uint64_t interval)
{
	struct lx_ptimer *pt = find(-(int)which);

	if (pt == NULL) {
		if (value == 0)
			return 0;
		if ((pt = new_timer(lx_self()->proc, clock_for_ever(2),
		    which == ITIMER_PROF ? LX_SIGPROF : LX_SIGVTALRM)) == NULL)
			return -LX_ENOMEM;
		pt->id = -(int)which;
		enter(pt);
	}
	cpu_set(pt, value != 0 ? cputime(pt) + value : 0, interval);
	return 0;
}
