/*
 * away.c: a CPU that is taken from the machine for a while.  A thread that
 * nothing preempts keeps it meanwhile; what else it had goes to others.
 */
#include "runq.h"

#define PRI_AWAY	(KERN_NPRI - 1)

struct away {
	struct thread	*thread;
	void		(*park)(unsigned cpu);
	bool		there;
};
static struct away aways[MAXCPU];

static void
set_away(struct cpu *c, bool away)
{
	uint64_t bit = 1ULL << c->id;

	spin_acquire(&c->rq.lock);
	if (away)
		__atomic_fetch_or(&sched_away, bit, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_and(&sched_away, ~bit, __ATOMIC_SEQ_CST);
	spin_release(&c->rq.lock);
}

/* A thread of its run queue that may go elsewhere, taken out. */
static struct thread *
take_free(struct cpu *c)
{
	struct thread *t = NULL;
	int p;

	spin_acquire(&c->rq.lock);
	for (p = KERN_NPRI - 1; p >= 0 && t == NULL; p--)
		TAILQ_FOREACH(t, &c->rq.q[p], q)
			if (!t->bound) {
				runq_remove(&c->rq, t);
				break;
			}
	spin_release(&c->rq.lock);
	return t;
}

static void *
away_thread(void *arg)
{
	struct away *a = arg;
	struct thread *t;
	struct cpu *c;
	unsigned long s;
	uint64_t began;

	s = plat_irq_save();
	c = plat_self();
	set_away(c, true);
	while ((t = take_free(c)) != NULL)
		sched_ready(t);
	timer_give(cpus[0]);
	began = plat_clock();
	c->curpri = -1;			/* counts as idle */
	__atomic_store_n(&a->there, true, __ATOMIC_SEQ_CST);
	a->park(c->id);
	c->curpri = PRI_AWAY;
	c->since = plat_clock();
	c->idletime += c->since - began;
	set_away(c, false);
	c->programmed = UINT64_MAX;
	timer_program(c);
	plat_irq_restore(s);
	return NULL;
}

/* On CPU 0: timers that were given to it. */
static void *
program(void *arg)
{
	unsigned long s = plat_irq_save();

	timer_program(plat_self());
	plat_irq_restore(s);
	return NULL;
}

bool
kern_cpu_is_away(unsigned n)
{

	return aways[n].thread != NULL;
}

int
kern_cpu_leave(unsigned n, void (*park)(unsigned cpu))
{
	struct away *a = &aways[n];
	struct thread *t;
	int error;

	if (n == 0 || n >= ncpu || a->thread != NULL)
		return EINVAL;
	a->park = park;
	a->there = false;
	if ((error = kern_thread_create(&a->thread, "away", away_thread, a,
	    PRI_AWAY, (int)n, KERN_T_BOUND | KERN_T_JOIN, 0)) != 0)
		return error;
	while (!__atomic_load_n(&a->there, __ATOMIC_SEQ_CST))
		kern_sleep_until(plat_clock() + 1000000);
	if (kern_thread_create(&t, "timers", program, NULL, PRI_AWAY, 0,
	    KERN_T_BOUND | KERN_T_JOIN, 0) == 0)
		(void)kern_thread_join(t, NULL);
	return 0;
}

void
kern_cpu_back(unsigned n)
{

	(void)kern_thread_join(aways[n].thread, NULL);
	aways[n].thread = NULL;
}
