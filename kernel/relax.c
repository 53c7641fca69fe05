/*
 * relax.c: an interrupt thread steps back once it has done its work, so that
 * more comes meanwhile and its device need not interrupt for it.
 */
#include "thread.h"

/* ns.  Emulated timers are dear: there, what a time slice takes. */
#define RELAX		250000U
#define RELAX_EMULATED	4000000U

/* Interrupt context: it has waited long enough. */
static void
relax_over(void *arg)
{

	sched_setpri(arg, KERN_PRI_INTR);
}

/* Others first, on this CPU: elsewhere it would be too early. */
static void
relax_yield(struct thread *t)
{
	struct kern_timer timer;
	bool bound = t->bound;

	kern_timer_init(&timer, relax_over, t);
	kern_timer_arm(&timer, plat_clock() +
	    (sched_emulated ? RELAX_EMULATED : RELAX));
	t->bound = true;
	kern_thread_setpri(t, KERN_PRI_IDLE + 1);
	(void)kern_timer_cancel(&timer);
	kern_thread_setpri(t, KERN_PRI_INTR);
	t->bound = bound;
}

void
kern_relax(bool (*come)(const void *), const void *arg)
{
	struct cpu *c = plat_self();
	uint64_t end;
	int i;

	if (c->rq.n != 0)
		relax_yield(plat_curthread());
	end = plat_clock() + c->poll;
	for (i = 1; __atomic_load_n(&c->rq.n, __ATOMIC_RELAXED) == 0 &&
	    !come(arg); i++)
		if (i % 16 == 0) {
			if (plat_clock() >= end)
				break;
		} else if (!sched_emulated)
			plat_pause();
}
