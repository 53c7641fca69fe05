/* t_mutex.c: mutexes. */
#include "test.h"

static struct rumpuser_mtx *mtx;
static volatile int held, release;

/* Takes the mutex, with context, and keeps it until told. */
static void
holder(void *arg)
{

	(void)arg;
	rumpuser_mutex_enter(mtx);
	held = 1;
	while (!release)
		tk_sleep(MS);
	rumpuser_mutex_exit(mtx);
}

static void
releaser(void *arg)
{

	(void)arg;
	tk_sleep(30 * MS);
	release = 1;
}

/*
 * Enter while another thread has it: what happened to the context?  The holder
 * sleeps without context, so it can go on even if we keep ours.
 */
static void
contended(int flags, void (*enter)(struct rumpuser_mtx *), unsigned times)
{
	struct lwp *l = tk_self();
	struct tk_thread *t, *r;
	unsigned u, s;

	/* With one CPU, a context that is kept cannot be had by the others. */
	if (tk_ncpu == 1 && times == 0) {
		test_skip("one CPU");
		return;
	}
	rumpuser_mutex_init(&mtx, flags);
	held = release = 0;
	t = tk_spawn(holder, NULL, tk_ncpu > 1 ? 1 : 0);
	CHECK(tk_until(&held, 1));
	CHECK_INT(rumpuser_mutex_tryenter(mtx), NB_EBUSY);
	r = tk_spawn(releaser, NULL, tk_ncpu > 1 ? 1 : 0);
	/* Our own CPU must not be theirs. */
	if (tk_ncpu > 1)
		while (l->cpu == &tk_cpus[1]) {
			l->target = &tk_cpus[0];
			tk_sleep(MS);
		}
	u = l->unsched;
	s = l->sched;
	enter(mtx);
	TK_CHECK();
	CHECK_INT(l->unsched - u, times);
	CHECK_INT(l->sched - s, times);
	CHECK(release == 1);
	rumpuser_mutex_exit(mtx);
	tk_join(t);
	tk_join(r);
	rumpuser_mutex_destroy(mtx);
}

static void
kmutex_wraps(void)
{

	contended(RUMPUSER_MTX_KMUTEX, rumpuser_mutex_enter, 1);
}

static void
spin_keeps(void)
{

	contended(RUMPUSER_MTX_SPIN, rumpuser_mutex_enter, 0);
}

static void
spin_kmutex_keeps(void)
{

	contended(RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX,
	    rumpuser_mutex_enter, 0);
}

static void
nowrap_keeps(void)
{

	contended(RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX,
	    rumpuser_mutex_enter_nowrap, 0);
}

static struct lwp *
owner(void)
{
	struct lwp *l = (void *)1;

	rumpuser_mutex_owner(mtx, &l);
	return l;
}

static void
owner_other(void *arg)
{

	CHECK(owner() == arg);
	CHECK_INT(rumpuser_mutex_tryenter(mtx), NB_EBUSY);
	CHECK(owner() == arg);
}

static void
owners(void)
{
	static const int flags[] = { RUMPUSER_MTX_KMUTEX,
	    RUMPUSER_MTX_KMUTEX | RUMPUSER_MTX_SPIN };
	int i;

	for (i = 0; i < 2; i++) {
		rumpuser_mutex_init(&mtx, flags[i]);
		CHECK(owner() == NULL);
		rumpuser_mutex_enter(mtx);
		CHECK(owner() == tk_self());
		tk_join(tk_spawn(owner_other, tk_self(), -1));
		rumpuser_mutex_exit(mtx);
		CHECK(owner() == NULL);
		CHECK_INT(rumpuser_mutex_tryenter(mtx), 0);
		CHECK(owner() == tk_self());
		rumpuser_mutex_exit(mtx);
		CHECK(owner() == NULL);
		rumpuser_mutex_destroy(mtx);
	}
}

static void
spin_p(void)
{

	rumpuser_mutex_init(&mtx, RUMPUSER_MTX_KMUTEX);
	CHECK_INT(rumpuser_mutex_spin_p(mtx), 0);
	rumpuser_mutex_destroy(mtx);
	rumpuser_mutex_init(&mtx, RUMPUSER_MTX_SPIN);
	CHECK_INT(rumpuser_mutex_spin_p(mtx), 1);
	rumpuser_mutex_destroy(mtx);
	rumpuser_mutex_init(&mtx, RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX);
	CHECK_INT(rumpuser_mutex_spin_p(mtx), 1);
	rumpuser_mutex_destroy(mtx);
}

/* ---- exclusion ---- */

#define NTHREADS	8
#define ROUNDS		20000
static volatile int inside;
static int counter;

static void
stress_main(void *arg)
{
	bool kmutex = arg != NULL;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		if (i % 7 == 0) {
			if (rumpuser_mutex_tryenter(mtx) != 0)
				rumpuser_mutex_enter(mtx);
		} else
			rumpuser_mutex_enter(mtx);
		if (inside++ != 0 || (kmutex && owner() != tk_self()))
			test_fail(__FILE__, __LINE__, "exclusion");
		counter++;
		if (i % 512 == 0 && kmutex)
			rumpcomp_host_yield();
		inside--;
		rumpuser_mutex_exit(mtx);
	}
}

static void
stress(int flags)
{
	struct tk_thread *t[NTHREADS];
	int i;

	inside = counter = 0;
	rumpuser_mutex_init(&mtx, flags);
	for (i = 0; i < NTHREADS; i++)
		t[i] = tk_spawn(stress_main, flags & RUMPUSER_MTX_KMUTEX ?
		    (void *)mtx : NULL, -1);
	for (i = 0; i < NTHREADS; i++)
		tk_join(t[i]);
	CHECK_INT(counter, NTHREADS * ROUNDS);
	rumpuser_mutex_destroy(mtx);
}

static void
stress_kmutex(void)
{

	stress(RUMPUSER_MTX_KMUTEX);
}

static void
stress_spin(void)
{

	stress(RUMPUSER_MTX_SPIN);
}

/* Waiters get their turn although the others never pause. */
static volatile int fair_n[4];
static uint64_t fair_end;

static void
fair_main(void *arg)
{
	volatile int *n = arg;

	/* By the clock: nothing of lower priority gets a word in. */
	while (now() < fair_end) {
		rumpuser_mutex_enter(mtx);
		(*n)++;
		rumpuser_mutex_exit(mtx);
	}
}

static void
fair(void)
{
	struct tk_thread *t[4];
	int i;

	rumpuser_mutex_init(&mtx, RUMPUSER_MTX_KMUTEX);
	fair_end = now() + 500 * MS;
	for (i = 0; i < 4; i++) {
		fair_n[i] = 0;
		t[i] = tk_spawn(fair_main, (void *)&fair_n[i], i % tk_ncpu);
	}
	/* Two on one CPU: the second has its turn when the first must wait. */
	for (i = 0; i < 4; i++)
		tk_join(t[i]);
	for (i = 0; i < 4 && i < tk_ncpu; i++)
		CHECK(fair_n[i] > 0);
	rumpuser_mutex_destroy(mtx);
}

const struct test tests_mutex[] = {
	{ "sem04 a contended mutex gives up the context", kmutex_wraps },
	{ "sem04 a contended SPIN mutex keeps it", spin_keeps },
	{ "sem04 a contended SPIN|KMUTEX keeps it", spin_kmutex_keeps },
	{ "sem04 enter_nowrap waits, and keeps it", nowrap_keeps },
	{ "sem04 owner is exact", owners },
	{ "sem04 mutex_spin_p", spin_p },
	{ "sem04 exclusion, KMUTEX", stress_kmutex },
	{ "sem04 exclusion, SPIN", stress_spin },
	{ "sem04 everybody gets a turn", fair },
	{ NULL, NULL }
};
