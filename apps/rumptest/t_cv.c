/* t_cv.c: condition variables, and their mutex as the interlock. */
#include "test.h"

static struct rumpuser_mtx *mtx;
static struct rumpuser_cv *cv;
static volatile int waiting, woken, go;

static void
begin(int flags)
{

	rumpuser_mutex_init(&mtx, flags);
	rumpuser_cv_init(&cv);
	waiting = woken = go = 0;
}

static void
end(void)
{
	int n;

	rumpuser_cv_has_waiters(cv, &n);
	CHECK_INT(n, 0);
	rumpuser_cv_destroy(cv);
	rumpuser_mutex_destroy(mtx);
}

static int
waiters(void)
{
	int n;

	rumpuser_mutex_enter(mtx);
	rumpuser_cv_has_waiters(cv, &n);
	rumpuser_mutex_exit(mtx);
	return n;
}

static bool
wait_for_waiters(int n)
{
	uint64_t stop = now() + 10 * SEC;

	while (waiters() != n) {
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
	CHECK(wait_for_waiters(1));
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

	begin(flags);
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
	end();
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

	begin(RUMPUSER_MTX_KMUTEX);
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
	end();
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

	begin(flags);
	order_locked = -1;
	rumpuser_mutex_enter(mtx);
	l->on_sched = order_look;
	CHECK_INT(rumpuser_cv_timedwait(cv, mtx, 0, 2000000), NB_ETIMEDOUT);
	l->on_sched = NULL;
	CHECK_INT(order_locked, locked);
	CHECK_INT(rumpuser_mutex_tryenter(mtx), NB_EBUSY);
	rumpuser_mutex_exit(mtx);
	end();
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

	begin(RUMPUSER_MTX_KMUTEX);
	rumpuser_mutex_enter(mtx);
	CHECK_INT(rumpuser_cv_timedwait(cv, mtx, 0, 1000), NB_ETIMEDOUT);
	rumpuser_mutex_owner(mtx, &l);
	CHECK(l == tk_self());
	rumpuser_mutex_exit(mtx);
	rumpuser_mutex_owner(mtx, &l);
	CHECK(l == NULL);
	end();
}

/* ---- time ---- */

static void
timedwait(void)
{
	static const uint64_t ms[] = { 0, 1, 5, 20, 50 };
	uint64_t t0;
	size_t i;

	begin(RUMPUSER_MTX_KMUTEX);
	rumpuser_mutex_enter(mtx);
	for (i = 0; i < sizeof(ms) / sizeof(*ms); i++) {
		t0 = now();
		CHECK_INT(rumpuser_cv_timedwait(cv, mtx, 0,
		    (int64_t)(ms[i] * MS)), NB_ETIMEDOUT);
		CHECK(now() - t0 >= ms[i] * MS);
		CHECK(now() - t0 < ms[i] * MS + 5 * SEC);
	}
	rumpuser_mutex_exit(mtx);
	end();
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
	uint64_t t0;

	begin(RUMPUSER_MTX_KMUTEX);
	rumpuser_mutex_enter(mtx);
	tk_self()->on_unsched = late;
	t0 = now();
	CHECK_INT(rumpuser_cv_timedwait(cv, mtx, 0, 800 * MS), NB_ETIMEDOUT);
	CHECK(now() - t0 >= SEC);
	CHECK(now() - t0 < 1600 * MS);
	rumpuser_mutex_exit(mtx);
	end();
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

	begin(RUMPUSER_MTX_KMUTEX);
	huge_result = -1;
	t = tk_spawn(huge_main, NULL, -1);
	CHECK(wait_for_waiters(1));
	tk_sleep(20 * MS);
	CHECK_INT(waiters(), 1);
	rumpuser_cv_signal(cv);
	tk_join(t);
	CHECK_INT(huge_result, 0);
	end();
}

/* ---- who is woken ---- */

static void
sleeper(void *arg)
{

	(void)arg;
	rumpuser_mutex_enter(mtx);
	waiting++;
	rumpuser_cv_wait(cv, mtx);
	woken++;
	rumpuser_mutex_exit(mtx);
}

#define SLEEPERS	6
static void
wake_count(int flags)
{
	struct tk_thread *t[SLEEPERS];
	int i;

	begin(flags);
	rumpuser_cv_signal(cv);		/* is not kept for later */
	for (i = 0; i < SLEEPERS; i++)
		t[i] = tk_spawn(sleeper, NULL, -1);
	CHECK(wait_for_waiters(SLEEPERS));
	tk_sleep(10 * MS);
	CHECK_INT(woken, 0);
	rumpuser_cv_signal(cv);
	CHECK(tk_until(&woken, 1));
	tk_sleep(20 * MS);
	CHECK_INT(woken, 1);
	CHECK_INT(waiters(), SLEEPERS - 1);
	rumpuser_mutex_enter(mtx);
	rumpuser_cv_broadcast(cv);
	rumpuser_mutex_exit(mtx);
	for (i = 0; i < SLEEPERS; i++)
		tk_join(t[i]);
	CHECK_INT(woken, SLEEPERS);
	end();
}

static void
wake_kmutex(void)
{

	wake_count(RUMPUSER_MTX_KMUTEX);
}

static void
wake_both(void)
{

	wake_count(RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX);
}

/* ---- hand to hand ---- */

#define TURNS	3000
static int turn, nplayers;
static bool pure_spin;

/*
 * A pure SPIN mutex comes before the context: it is waited for without, as
 * NetBSD does it for the big lock.
 */
static void
player_enter(void)
{
	void *cookie;

	if (!pure_spin) {
		rumpuser_mutex_enter(mtx);
	} else if (rumpuser_mutex_tryenter(mtx) != 0) {
		cookie = rumpuser_component_unschedule();
		rumpuser_mutex_enter_nowrap(mtx);
		rumpuser_component_schedule(cookie);
	}
}

static void
player(void *arg)
{
	int me = (int)(intptr_t)arg, i;

	for (i = 0; i < TURNS; i++) {
		player_enter();
		while (turn != me)
			rumpuser_cv_wait(cv, mtx);
		turn = (turn + 1) % nplayers;
		rumpuser_cv_broadcast(cv);
		rumpuser_mutex_exit(mtx);
	}
}

static void
ring(int flags, int n)
{
	struct tk_thread *t[4];
	int i;

	begin(flags);
	turn = 0;
	nplayers = n;
	pure_spin = flags == RUMPUSER_MTX_SPIN;
	for (i = 0; i < n; i++)
		t[i] = tk_spawn(player, (void *)(intptr_t)i, -1);
	for (i = 0; i < n; i++)
		tk_join(t[i]);
	CHECK_INT(turn, 0);
	end();
}

static void
ring_kmutex(void)
{

	ring(RUMPUSER_MTX_KMUTEX, 3);
}

static void
ring_spin(void)
{

	ring(RUMPUSER_MTX_SPIN, 2);
}

static void
ring_both(void)
{

	ring(RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX, 4);
}

/* Timeouts and wake-ups against each other: none lost, none twice. */
static volatile int race_stop;

static void
race_main(void *arg)
{
	int *got = arg, e;

	rumpuser_mutex_enter(mtx);
	while (!race_stop) {
		e = rumpuser_cv_timedwait(cv, mtx, 0, 150000);
		CHECK(e == 0 || e == NB_ETIMEDOUT);
		if (e == 0)
			(*got)++;
		TK_CHECK();
	}
	rumpuser_mutex_exit(mtx);
}

static void
race(void)
{
	struct tk_thread *t[3];
	int got[3] = { 0 }, i, sent = 0, n;

	begin(RUMPUSER_MTX_KMUTEX);
	race_stop = 0;
	for (i = 0; i < 3; i++)
		t[i] = tk_spawn(race_main, &got[i], -1);
	for (i = 0; i < 1500; i++) {
		rumpuser_mutex_enter(mtx);
		rumpuser_cv_has_waiters(cv, &n);
		if (n > 0) {
			rumpuser_cv_signal(cv);
			sent++;
		}
		rumpuser_mutex_exit(mtx);
		tk_sleep(i % 3 * 50000);
	}
	race_stop = 1;
	for (i = 0; i < 3; i++)
		tk_join(t[i]);
	/* A waiter that had timed out was in the count, perhaps. */
	CHECK(got[0] + got[1] + got[2] <= sent);
	end();
}

/* wait_nowrap keeps the context: only another CPU can wake it. */
static void
nowrap_waker(void *arg)
{

	(void)arg;
	while (!go) {
		rumpuser_mutex_enter_nowrap(mtx);
		if (waiting) {
			go = 1;
			rumpuser_cv_signal(cv);
		}
		rumpuser_mutex_exit(mtx);
	}
}

static void
wait_nowrap(void)
{
	struct lwp *l = tk_self();
	struct tk_thread *t;
	unsigned u;

	if (tk_ncpu == 1) {
		test_skip("one CPU");
		return;
	}
	begin(RUMPUSER_MTX_SPIN);
	t = tk_spawn(nowrap_waker, NULL, l->cpu == &tk_cpus[0] ? 1 : 0);
	u = l->unsched;
	rumpuser_mutex_enter_nowrap(mtx);
	waiting = 1;
	while (!go)
		rumpuser_cv_wait_nowrap(cv, mtx);
	CHECK_INT(rumpuser_mutex_tryenter(mtx), NB_EBUSY);
	rumpuser_mutex_exit(mtx);
	TK_CHECK();
	CHECK_INT(l->unsched, u);
	tk_join(t);
	end();
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
	{ "sem03 signal wakes one, broadcast all", wake_kmutex },
	{ "sem03 the same, SPIN|KMUTEX", wake_both },
	{ "sem03 hand to hand, KMUTEX", ring_kmutex },
	{ "sem03 hand to hand, SPIN", ring_spin },
	{ "sem03 hand to hand, SPIN|KMUTEX", ring_both },
	{ "sem03 time-outs against wake-ups", race },
	{ "sem03 wait_nowrap keeps the context", wait_nowrap },
	{ NULL, NULL }
};
