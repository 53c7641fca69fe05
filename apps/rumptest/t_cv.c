/* t_cv.c: condition variables, and their mutex as the interlock. */
#include "cvtest.h"

struct rumpuser_mtx *mtx;
struct rumpuser_cv *cv;
volatile int waiting, woken, go;

void
cv_begin(int flags)
{

	rumpuser_mutex_init(&mtx, flags);
	rumpuser_cv_init(&cv);
	waiting = woken = go = 0;
}

void
cv_end(void)
{
	int n;

	rumpuser_cv_has_waiters(cv, &n);
	CHECK_INT(n, 0);
	rumpuser_cv_destroy(cv);
	rumpuser_mutex_destroy(mtx);
}

int
cv_waiters(void)
{
	int n;

	rumpuser_mutex_enter(mtx);
	rumpuser_cv_has_waiters(cv, &n);
	rumpuser_mutex_exit(mtx);
	return n;
}

bool
cv_wait_for(int n)
{
	uint64_t stop = now() + 10 * SEC;

	while (cv_waiters() != n) {
		if (now() > stop)
			return false;
		tk_sleep(MS);
	}
	return true;
}

/* ---- the interlock ---- */

static void
waker(void *arg)
{

	(void)arg;
	CHECK(cv_wait_for(1));
	rumpuser_mutex_enter(mtx);
	go = 1;
	rumpuser_cv_signal(cv);
	rumpuser_mutex_exit(mtx);
}

static void
interlock(int flags)
{
	struct lwp *l = tk_self();
	unsigned u, s;
	struct tk_thread *t;

	cv_begin(flags);
	/* On our CPU: runs only if the wait gives it up. */
	t = tk_spawn(waker, NULL, (int)(l->cpu - tk_cpus));
	rumpuser_mutex_enter(mtx);
	u = l->unsched;
	s = l->sched;
	while (!go)
		rumpuser_cv_wait(cv, mtx);
	TK_CHECK();
	CHECK(l->unsched > u && l->unsched - u == l->sched - s);
	CHECK(l->un_interlock == mtx);
	CHECK(l->sc_interlock == mtx);
	CHECK_INT(rumpuser_mutex_tryenter(mtx), NB_EBUSY);
	rumpuser_mutex_exit(mtx);
	tk_join(t);
	cv_end();
}

static void
interlock_kmutex(void)
{

	interlock(RUMPUSER_MTX_KMUTEX);
}

static void
interlock_spin(void)
{

	interlock(RUMPUSER_MTX_SPIN);
}

static void
interlock_both(void)
{

	interlock(RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX);
}

/*
 * The scheduler's own mutex as the interlock, as NetBSD's soft interrupts do
 * it: not held at the call, not held at the return.
 */
static struct tk_cpu *sched_cpu;

static void
sched_waiter(void *arg)
{
	struct tk_cpu *c = tk_self()->cpu;

	(void)arg;
	sched_cpu = c;
	waiting = 1;
	while (!go)
		rumpuser_cv_wait(cv, c->mtx);
	TK_CHECK();
	woken = 1;
}

static void
sched_interlock(void)
{
	struct tk_thread *t;

	cv_begin(RUMPUSER_MTX_KMUTEX);
	t = tk_spawn(sched_waiter, NULL, tk_ncpu - 1);
	CHECK(tk_until(&waiting, 1));
	tk_sleep(20 * MS);
	rumpuser_mutex_enter_nowrap(sched_cpu->mtx);
	go = 1;
	rumpuser_cv_signal(cv);
	rumpuser_mutex_exit(sched_cpu->mtx);
	tk_join(t);
	CHECK_INT(woken, 1);
	CHECK_INT(rumpuser_cv_timedwait(cv, tk_self()->cpu->mtx, 0, 1000000),
	    NB_ETIMEDOUT);
	TK_CHECK();
	cv_end();
}

/* ---- the order of return ---- */

static int order_locked;	/* the mutex, when the context was asked for */

static void
order_look(struct lwp *l, void *lock)
{

	if (lock != mtx)
		return;
	if (rumpuser_mutex_tryenter(mtx) == 0) {
		order_locked = 0;
		rumpuser_mutex_exit(mtx);
	} else
		order_locked = 1;
	l->on_sched = NULL;
}

static void
order(int flags, int locked)
{
	struct lwp *l = tk_self();

	cv_begin(flags);
	order_locked = -1;
	rumpuser_mutex_enter(mtx);
	l->on_sched = order_look;
	CHECK_INT(rumpuser_cv_timedwait(cv, mtx, 0, 2000000), NB_ETIMEDOUT);
	l->on_sched = NULL;
	CHECK_INT(order_locked, locked);
	CHECK_INT(rumpuser_mutex_tryenter(mtx), NB_EBUSY);
	rumpuser_mutex_exit(mtx);
	cv_end();
}

static void
order_both(void)
{

	order(RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX, 0);
}

static void
order_spin(void)
{

	order(RUMPUSER_MTX_SPIN, 1);
}

static void
order_kmutex(void)
{

	order(RUMPUSER_MTX_KMUTEX, 1);
}

static void
owner_back(void)
{
	struct lwp *l;

	cv_begin(RUMPUSER_MTX_KMUTEX);
	rumpuser_mutex_enter(mtx);
	CHECK_INT(rumpuser_cv_timedwait(cv, mtx, 0, 1000), NB_ETIMEDOUT);
	rumpuser_mutex_owner(mtx, &l);
	CHECK(l == tk_self());
	rumpuser_mutex_exit(mtx);
	rumpuser_mutex_owner(mtx, &l);
	CHECK(l == NULL);
	cv_end();
}

/* ---- time ---- */

static void
timedwait(void)
{
	static const uint64_t ms[] = { 0, 1, 5, 20, 50 };
	uint64_t t0;
	size_t i;

	cv_begin(RUMPUSER_MTX_KMUTEX);
	rumpuser_mutex_enter(mtx);
	for (i = 0; i < sizeof(ms) / sizeof(*ms); i++) {
		t0 = now();
		CHECK_INT(rumpuser_cv_timedwait(cv, mtx, 0,
		    (int64_t)(ms[i] * MS)), NB_ETIMEDOUT);
		CHECK(now() - t0 >= ms[i] * MS);
		CHECK(now() - t0 < ms[i] * MS + 5 * SEC);
	}
	rumpuser_mutex_exit(mtx);
	cv_end();
}

static void
late(struct lwp *l, void *lock)
{

	(void)lock;
	l->on_unsched = NULL;
	rumpcomp_host_sleep_until(now() + SEC);
}

/* Giving up the context took longer than the time-out: no second helping. */
static void
timedwait_now(void)
{
	uint64_t t0, took;
	int n = 0;

	cv_begin(RUMPUSER_MTX_KMUTEX);
	rumpuser_mutex_enter(mtx);
	/* again when the CPU was not ours */
	do {
		tk_self()->on_unsched = late;
		t0 = now();
		CHECK_INT(rumpuser_cv_timedwait(cv, mtx, 0, 800 * MS),
		    NB_ETIMEDOUT);
		took = now() - t0;
		CHECK(took >= SEC);
	} while (took >= 1600 * MS && ++n < 5);
	CHECK(took < 1600 * MS);
	rumpuser_mutex_exit(mtx);
	cv_end();
}

static int huge_result;

static void
huge_main(void *arg)
{

	(void)arg;
	rumpuser_mutex_enter(mtx);
	huge_result = rumpuser_cv_timedwait(cv, mtx, INT64_MAX / 2, 999999999);
	rumpuser_mutex_exit(mtx);
}

static void
timedwait_woken(void)
{
	struct tk_thread *t;

	cv_begin(RUMPUSER_MTX_KMUTEX);
	huge_result = -1;
	t = tk_spawn(huge_main, NULL, -1);
	CHECK(cv_wait_for(1));
	tk_sleep(20 * MS);
	CHECK_INT(cv_waiters(), 1);
	rumpuser_cv_signal(cv);
	tk_join(t);
	CHECK_INT(huge_result, 0);
	cv_end();
}

const struct test tests_cv[] = {
	{ "sem02 the interlock is the mutex, KMUTEX", interlock_kmutex },
	{ "sem02 the interlock is the mutex, SPIN", interlock_spin },
	{ "sem02 the interlock is the mutex, both", interlock_both },
	{ "sem02 the scheduler's own mutex", sched_interlock },
	{ "sem03 SPIN|KMUTEX: context, then mutex", order_both },
	{ "sem03 SPIN: mutex, then context", order_spin },
	{ "sem03 KMUTEX: mutex, then context", order_kmutex },
	{ "sem03 owner after a wait", owner_back },
	{ "sem03 timedwait is relative and never early", timedwait },
	{ "sem03 timedwait counts from the call", timedwait_now },
	{ "sem03 timedwait: 0 when woken, far deadline", timedwait_woken },
	{ NULL, NULL }
};
