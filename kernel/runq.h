/*
 * runq.h: a CPU's run queue; its lock is held.
 */
#ifndef KERNEL_RUNQ_H
#define KERNEL_RUNQ_H

#include "thread.h"

/* Those that run no threads but bound ones (away.c); run queues' locks. */
extern uint64_t sched_away;

static inline bool
cpu_away(const struct cpu *c)
{

	return (__atomic_load_n(&sched_away, __ATOMIC_RELAXED) >> c->id & 1) !=
	    0;
}

static inline void
runq_put(struct cpu *c, struct thread *t, bool head)
{
	struct runq *rq = &c->rq;
	int p = __atomic_load_n(&t->pri, __ATOMIC_RELAXED);

	if (head)
		TAILQ_INSERT_HEAD(&rq->q[p], t, q);
	else
		TAILQ_INSERT_TAIL(&rq->q[p], t, q);
	rq->map |= 1U << p;
	t->qpri = p;
	__atomic_store_n(&rq->n, rq->n + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&rq->nfree, rq->nfree + !t->bound, __ATOMIC_RELAXED);
	t->state = T_READY;
	t->cpu = c;
	t->onrq = true;
}

static inline void
runq_remove(struct runq *rq, struct thread *t)
{

	TAILQ_REMOVE(&rq->q[t->qpri], t, q);
	if (TAILQ_EMPTY(&rq->q[t->qpri]))
		rq->map &= ~(1U << t->qpri);
	__atomic_store_n(&rq->n, rq->n - 1, __ATOMIC_RELAXED);
	__atomic_store_n(&rq->nfree, rq->nfree - !t->bound, __ATOMIC_RELAXED);
	t->onrq = false;
}

static inline int
runq_best(const struct runq *rq)
{

	return rq->map == 0 ? -1 : 31 - __builtin_clz(rq->map);
}

#endif /* KERNEL_RUNQ_H */
