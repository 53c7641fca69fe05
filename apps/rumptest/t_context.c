/* t_context.c: who has a virtual CPU, and who lets go of it when. */
#include "test.h"

static void
version(void)
{

	CHECK(rumpuser_init(16, &tk_up) != 0);
	CHECK(rumpuser_init(18, &tk_up) != 0);
	CHECK_INT(rumpuser_init(17, &tk_up), 0);
}

/* Run call once; it must have waited without context (or must not have). */
static void
expect(unsigned times, unsigned un0, unsigned sc0)
{
	struct lwp *l = tk_self();

	TK_CHECK();
	CHECK_INT(l->unsched - un0, times);
	CHECK_INT(l->sched - sc0, times);
	if (times != 0) {
		CHECK(l->un_interlock == NULL);
		CHECK(l->sc_interlock == NULL);
	}
}

static void
sleep_gives_up(void)
{
	struct lwp *l = tk_self();
	unsigned u = l->unsched, s = l->sched;

	tk_sleep(MS);
	expect(1, u, s);
}

static void
nothing(void *arg)
{

	(void)arg;
}

static void
join_gives_up(void)
{
	struct lwp *l = tk_self();
	/* On our own CPU: it can end only if join lets go. */
	struct tk_thread *t = tk_spawn(nothing, NULL,
	    (int)(l->target - tk_cpus));
	unsigned u = l->unsched, s = l->sched;

	tk_join(t);
	expect(1, u, s);
}

/* The big lock's recursions come back as they were. */
static void
nlocks(void)
{
	struct lwp *l = tk_self();
	int i;

	for (i = 0; i < 3; i++)
		tk_lock();
	tk_sleep(MS);
	CHECK_INT(l->sc_nlocks, 3);
	CHECK_INT(l->big, 3);
	for (i = 0; i < 3; i++)
		tk_unlock();
	tk_sleep(MS);
	CHECK_INT(l->sc_nlocks, 0);
}

static void
no_give_up(void)
{
	struct lwp *l = tk_self();
	unsigned u = l->unsched, s = l->sched;
	struct rumpuser_mtx *m;
	struct rumpuser_cv *cv;
	struct rumpuser_rw *rw;
	int64_t sec;
	long nsec;
	void *p;
	int v;

	CHECK_INT(rumpuser_malloc(100, 0, &p), 0);
	rumpuser_free(p, 100);
	rumpuser_mutex_init(&m, RUMPUSER_MTX_KMUTEX);
	CHECK_INT(rumpuser_mutex_tryenter(m), 0);
	rumpuser_mutex_exit(m);
	rumpuser_mutex_enter(m);
	rumpuser_mutex_exit(m);
	rumpuser_mutex_destroy(m);
	rumpuser_rw_init(&rw);
	rumpuser_rw_enter(RUMPUSER_RW_READER, rw);
	rumpuser_rw_exit(rw);
	rumpuser_rw_enter(RUMPUSER_RW_WRITER, rw);
	rumpuser_rw_exit(rw);
	rumpuser_rw_destroy(rw);
	rumpuser_cv_init(&cv);
	rumpuser_cv_signal(cv);
	rumpuser_cv_broadcast(cv);
	rumpuser_cv_has_waiters(cv, &v);
	CHECK_INT(v, 0);
	rumpuser_cv_destroy(cv);
	CHECK_INT(rumpuser_clock_gettime(RUMPUSER_CLOCK_ABSMONO, &sec, &nsec),
	    0);
	rumpuser_seterrno(0);
	expect(0, u, s);
}

/* More threads than CPUs, all of them in and out of the context. */
#define CROWD	12
static int crowd_owner[TK_MAXCPU];

static void
crowd_main(void *arg)
{
	struct lwp *l = tk_self();
	int i, c;

	(void)arg;
	for (i = 0; i < 300; i++) {
		c = (int)(l->cpu - tk_cpus);
		CHECK_INT(__atomic_add_fetch(&crowd_owner[c], 1,
		    __ATOMIC_SEQ_CST), 1);
		if (i % 16 == 0)
			rumpcomp_host_yield();
		__atomic_sub_fetch(&crowd_owner[c], 1, __ATOMIC_SEQ_CST);
		CHECK_INT(rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0,
		    i % 8 == 0 ? 100000 : 0), 0);
		TK_CHECK();
	}
}

static void
crowd(void)
{
	struct tk_thread *t[CROWD];
	int i;

	for (i = 0; i < CROWD; i++)
		t[i] = tk_spawn(crowd_main, NULL, -1);
	for (i = 0; i < CROWD; i++)
		tk_join(t[i]);
}

static void
component(void)
{
	struct lwp *l = tk_self();
	unsigned u = l->unsched, s = l->sched;
	void *cookie;

	tk_lock();
	tk_lock();
	cookie = rumpuser_component_unschedule();
	CHECK(l->cpu == NULL);
	CHECK_INT(l->big, 0);
	rumpuser_component_schedule(cookie);
	CHECK_INT(l->big, 2);
	tk_unlock();
	tk_unlock();
	expect(1, u, s);
	CHECK_INT(rumpuser_component_errtrans(NB_ENOENT), NB_ENOENT);
}

static volatile int ck_done;

static void *
ck_main(void *arg)
{
	struct lwp *l;

	rumpuser_component_kthread();
	CHECK(tk_self() != NULL && tk_self()->cpu == NULL);
	l = rumpuser_component_curlwp();
	CHECK(l != NULL && l == tk_self());
	rumpuser_component_kthread_release();
	CHECK(tk_self() == NULL);
	ck_done = 1;
	return arg;
}

static void
component_kthread(void)
{
	struct host_thread *t;

	ck_done = 0;
	CHECK_INT(rumpcomp_host_thread_create(&t, "ck", ck_main, NULL, 0, 0),
	    0);
	CHECK(tk_until(&ck_done, 1));
}

const struct test tests_context[] = {
	{ "init: only version 17", version },
	{ "sem01 clock_sleep gives up the context", sleep_gives_up },
	{ "sem01 thread_join gives up the context", join_gives_up },
	{ "sem01 recursions of the big lock are restored", nlocks },
	{ "sem01 what does not wait keeps the context", no_give_up },
	{ "sem01 a crowd on few CPUs", crowd },
	{ "component: unschedule, schedule, errtrans", component },
	{ "component: kthread, curlwp, release", component_kthread },
	{ NULL, NULL }
};
