/* t_wake.c: condition variables: who is woken, and that nobody is forgotten. */
#include "cvtest.h"

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

	cv_begin(flags);
	rumpuser_cv_signal(cv);		/* is not kept for later */
	for (i = 0; i < SLEEPERS; i++)
		t[i] = tk_spawn(sleeper, NULL, -1);
	CHECK(cv_wait_for(SLEEPERS));
	tk_sleep(10 * MS);
	CHECK_INT(woken, 0);
	rumpuser_cv_signal(cv);
	CHECK(tk_until(&woken, 1));
	tk_sleep(20 * MS);
	CHECK_INT(woken, 1);
	CHECK_INT(cv_waiters(), SLEEPERS - 1);
	rumpuser_mutex_enter(mtx);
	rumpuser_cv_broadcast(cv);
	rumpuser_mutex_exit(mtx);
	for (i = 0; i < SLEEPERS; i++)
		tk_join(t[i]);
	CHECK_INT(woken, SLEEPERS);
	cv_end();
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

	cv_begin(flags);
	turn = 0;
	nplayers = n;
	pure_spin = flags == RUMPUSER_MTX_SPIN;
	for (i = 0; i < n; i++)
		t[i] = tk_spawn(player, (void *)(intptr_t)i, -1);
	for (i = 0; i < n; i++)
		tk_join(t[i]);
	CHECK_INT(turn, 0);
	cv_end();
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
	uint64_t end;

	cv_begin(RUMPUSER_MTX_KMUTEX);
	race_stop = 0;
	for (i = 0; i < 3; i++)
		t[i] = tk_spawn(race_main, &got[i], -1);
	/* Where a timer takes longer than they wait, they leave little time. */
	end = now() + 3 * SEC;
	for (i = 0; i < 1500 && (i < 60 || now() < end); i++) {
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
	cv_end();
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
	cv_begin(RUMPUSER_MTX_SPIN);
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
	cv_end();
}

const struct test tests_wake[] = {
	{ "sem03 signal wakes one, broadcast all", wake_kmutex },
	{ "sem03 the same, SPIN|KMUTEX", wake_both },
	{ "sem03 hand to hand, KMUTEX", ring_kmutex },
	{ "sem03 hand to hand, SPIN", ring_spin },
	{ "sem03 hand to hand, SPIN|KMUTEX", ring_both },
	{ "sem03 time-outs against wake-ups", race },
	{ "sem03 wait_nowrap keeps the context", wait_nowrap },
	{ NULL, NULL }
};
