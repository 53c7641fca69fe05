/*
 * tk.c: the test kernel.  Virtual CPUs, one a real CPU; a thread has one of
 * them or waits for it with a mutex and a condition variable of the line, as
 * NetBSD's rumpkern/scheduler.c does.  It checks what hypercalls do with it.
 */
#include "test.h"

struct tk_cpu tk_cpus[TK_MAXCPU];
int tk_ncpu;
static struct rumpuser_mtx *tk_big;
static unsigned tk_next;

static void
tk_bad(const char *what)
{

	test_fail("upcall", 0, what);
}

/* ---- a CPU for a thread ---- */

static void
cpu_take(struct lwp *l, void *interlock)
{
	struct tk_cpu *c = l->target;
	bool migrate = !l->bound && tk_ncpu > 1;

	if (interlock != c->mtx)
		rumpuser_mutex_enter_nowrap(c->mtx);
	while (c->owner != NULL) {
		if (migrate) {		/* look at one other */
			migrate = false;
			rumpuser_mutex_exit(c->mtx);
			c = &tk_cpus[__atomic_fetch_add(&tk_next, 1,
			    __ATOMIC_RELAXED) % (unsigned)tk_ncpu];
			rumpuser_mutex_enter_nowrap(c->mtx);
			continue;
		}
		c->wanted++;
		rumpuser_cv_wait_nowrap(c->cv, c->mtx);
		c->wanted--;
	}
	c->owner = l;
	l->cpu = l->target = c;
	rumpuser_mutex_exit(c->mtx);
}

static void
cpu_give(struct lwp *l, void *interlock)
{
	struct tk_cpu *c = l->cpu;

	/* The scheduler's own mutex is taken here for whoever waits with it. */
	rumpuser_mutex_enter_nowrap(c->mtx);
	if (c->owner != l)
		tk_bad("gives up a CPU that is not its own");
	c->owner = NULL;
	l->cpu = NULL;
	if (c->wanted != 0)
		rumpuser_cv_broadcast(c->cv);
	if (interlock != c->mtx)
		rumpuser_mutex_exit(c->mtx);
}

static void
big_enter(struct lwp *l, int n)
{

	if (l->big == 0 && rumpuser_mutex_tryenter(tk_big) != 0) {
		cpu_give(l, NULL);
		rumpuser_mutex_enter_nowrap(tk_big);
		cpu_take(l, NULL);
	}
	l->big += n;
}

void
tk_lock(void)
{

	big_enter(tk_self(), 1);
}

void
tk_unlock(void)
{

	if (--tk_self()->big == 0)
		rumpuser_mutex_exit(tk_big);
}

/* ---- the upcalls ---- */

static struct lwp *
lwp_new(int cpu)
{
	struct lwp *l = rumpcomp_host_malloc(sizeof(*l), 0);

	memset(l, 0, sizeof(*l));
	l->bound = cpu >= 0;
	l->target = &tk_cpus[(l->bound ? (unsigned)cpu :
	    __atomic_fetch_add(&tk_next, 1, __ATOMIC_RELAXED)) %
	    (unsigned)tk_ncpu];
	rumpuser_curlwpop(RUMPUSER_LWP_CREATE, l);
	return l;
}

static void
lwp_free(struct lwp *l)
{

	rumpuser_curlwpop(RUMPUSER_LWP_DESTROY, l);
	rumpcomp_host_free(l);
}

static void
up_schedule(void)
{
	struct lwp *l = tk_self();

	if (l == NULL) {
		l = lwp_new(-1);
		l->temp = true;
		rumpuser_curlwpop(RUMPUSER_LWP_SET, l);
	}
	if (l->cpu != NULL)
		tk_bad("hyp_schedule with context");
	cpu_take(l, NULL);
}

static void
up_unschedule(void)
{
	struct lwp *l = tk_self();

	if (l == NULL || l->cpu == NULL) {
		tk_bad("hyp_unschedule without context");
		return;
	}
	cpu_give(l, NULL);
	if (l->temp) {
		rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, l);
		lwp_free(l);
	}
}

static void
up_backend_unschedule(int nlocks, int *countp, void *interlock)
{
	struct lwp *l = tk_self();

	if (l == NULL || l->cpu == NULL) {
		tk_bad("backend_unschedule without context");
		return;
	}
	if (nlocks != 0)
		tk_bad("backend_unschedule with nlocks");
	l->unsched++;
	l->un_interlock = interlock;
	if (l->on_unsched != NULL)
		l->on_unsched(l, interlock);
	*countp = l->big;
	if (l->big != 0) {
		l->big = 0;
		rumpuser_mutex_exit(tk_big);
	}
	cpu_give(l, interlock);
}

static void
up_backend_schedule(int nlocks, void *interlock)
{
	struct lwp *l = tk_self();

	if (l == NULL || l->cpu != NULL) {
		tk_bad("backend_schedule with context, or without lwp");
		return;
	}
	l->sched++;
	l->sc_interlock = interlock;
	l->sc_nlocks = nlocks;
	if (l->on_sched != NULL)
		l->on_sched(l, interlock);
	cpu_take(l, interlock);
	if (nlocks != 0)
		big_enter(l, nlocks);
}

static int
up_newlwp(int pid)
{
	struct lwp *old = tk_self(), *l;

	(void)pid;
	if (old == NULL || old->cpu == NULL)
		tk_bad("newlwp without context");
	l = lwp_new(-1);
	l->cpu = l->target = old->cpu;
	l->cpu->owner = l;
	rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, old);
	rumpuser_curlwpop(RUMPUSER_LWP_SET, l);
	if (old->temp)
		lwp_free(old);
	return 0;
}

static struct lwp *
up_curlwp(void)
{

	return tk_self();
}

static void
up_switch(struct lwp *l)
{
	struct lwp *old = tk_self();

	rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, old);
	if (l != NULL)
		rumpuser_curlwpop(RUMPUSER_LWP_SET, l);
}

/* The lwp goes with the next hyp_unschedule. */
static void
up_release(void)
{

	tk_self()->temp = true;
}

static int
up_getpid(void)
{

	return 1;
}

const struct rumpuser_hyperup tk_up = {
	.hyp_schedule = up_schedule,
	.hyp_unschedule = up_unschedule,
	.hyp_backend_unschedule = up_backend_unschedule,
	.hyp_backend_schedule = up_backend_schedule,
	.hyp_lwproc_switch = up_switch,
	.hyp_lwproc_release = up_release,
	.hyp_lwproc_newlwp = up_newlwp,
	.hyp_lwproc_curlwp = up_curlwp,
	.hyp_getpid = up_getpid,
};

/* ---- for tests ---- */

void
tk_init(void)
{
	char buf[16];
	int i;

	tk_ncpu = 0;
	if (rumpuser_getparam(RUMPUSER_PARAM_NCPU, buf, sizeof(buf)) == 0)
		for (i = 0; buf[i] >= '0' && buf[i] <= '9'; i++)
			tk_ncpu = tk_ncpu * 10 + buf[i] - '0';
	if (tk_ncpu < 1 || tk_ncpu > TK_MAXCPU)
		tk_ncpu = 1;
	for (i = 0; i < tk_ncpu; i++) {
		rumpuser_mutex_init(&tk_cpus[i].mtx, RUMPUSER_MTX_SPIN);
		rumpuser_cv_init(&tk_cpus[i].cv);
	}
	rumpuser_mutex_init(&tk_big, RUMPUSER_MTX_SPIN);
}

void
tk_enter(void)
{

	rumpuser_curlwpop(RUMPUSER_LWP_SET, lwp_new(-1));
	cpu_take(tk_self(), NULL);
}

void
tk_leave(void)
{
	struct lwp *l = tk_self();

	cpu_give(l, NULL);
	rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, l);
	lwp_free(l);
}

struct tk_thread {
	void		(*fn)(void *);
	void		*arg;
	struct lwp	*l;
	void		*cookie;
};

static void *
thread_main(void *arg)
{
	struct tk_thread *t = arg;

	if (tk_self() != NULL)
		tk_bad("a new thread has an lwp");
	rumpuser_curlwpop(RUMPUSER_LWP_SET, t->l);
	cpu_take(t->l, NULL);
	t->fn(t->arg);
	TK_CHECK();
	tk_leave();
	rumpuser_thread_exit();
}

struct tk_thread *
tk_spawn(void (*fn)(void *), void *arg, int cpu)
{
	struct tk_thread *t = rumpcomp_host_malloc(sizeof(*t), 0);

	t->fn = fn;
	t->arg = arg;
	t->l = lwp_new(cpu);
	CHECK_INT(rumpuser_thread_create(thread_main, t, "tk", 1, -1, cpu,
	    &t->cookie), 0);
	return t;
}

void
tk_join(struct tk_thread *t)
{

	CHECK_INT(rumpuser_thread_join(t->cookie), 0);
	TK_CHECK();
	rumpcomp_host_free(t);
}

void
tk_check(const char *file, int line)
{
	struct lwp *l = tk_self();

	if (l == NULL || l->cpu == NULL || l->cpu->owner != l)
		test_fail(file, line, "the caller has its context");
}

void
tk_sleep(uint64_t ns)
{

	CHECK_INT(rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL,
	    (int64_t)(ns / SEC), (long)(ns % SEC)), 0);
}

bool
tk_until(volatile int *p, int v)
{
	uint64_t end = now() + 10 * SEC;

	while (*p != v) {
		if (now() > end)
			return false;
		tk_sleep(MS);
	}
	return true;
}
