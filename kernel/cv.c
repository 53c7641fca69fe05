/*
 * cv.c: condition variables.  A waiter is in the queue before it releases the
 * mutex; a signal touches the variable no more once it has let go of a waiter.
 */
#include "thread.h"

void
kern_cv_init(struct kern_cv *cv, const char *name)
{

	cv->lock = (struct kern_spin)KERN_SPIN_INIT;
	kern_waitq_init(&cv->wq, name);
}

int
kern_cv_wait_unlocked(struct kern_cv *cv, struct kern_mutex *m,
    uint64_t deadline)
{
	unsigned long s;

	if (deadline != UINT64_MAX && deadline <= plat_clock()) {
		kern_mutex_unlock(m);
		return ETIMEDOUT;
	}
	s = plat_irq_save();
	spin_acquire(&cv->lock);
	waitq_enter(&cv->wq, &cv->lock, deadline != UINT64_MAX);
	kern_mutex_unlock(m);
	return waitq_block(&cv->lock, s, deadline);
}

int
kern_cv_wait(struct kern_cv *cv, struct kern_mutex *m, uint64_t deadline)
{
	int error;

	error = kern_cv_wait_unlocked(cv, m, deadline);
	kern_mutex_lock(m);
	return error;
}

void
kern_cv_signal(struct kern_cv *cv)
{
	struct thread *t;
	unsigned long s;

	if (kern_cv_waiters(cv) == 0)
		return;
	s = plat_irq_save();
	spin_acquire(&cv->lock);
	t = waitq_take(&cv->wq);
	spin_release(&cv->lock);
	if (t != NULL)
		sched_ready(t);
	sched_restore(s);
}

void
kern_cv_broadcast(struct kern_cv *cv)
{
	struct threadq list = TAILQ_HEAD_INITIALIZER(list);
	struct thread *t;
	unsigned long s;

	if (kern_cv_waiters(cv) == 0)
		return;
	s = plat_irq_save();
	spin_acquire(&cv->lock);
	while ((t = waitq_take(&cv->wq)) != NULL)
		TAILQ_INSERT_TAIL(&list, t, q);
	spin_release(&cv->lock);
	waitq_ready_all(&list);
	sched_restore(s);
}

uint32_t
kern_cv_waiters(struct kern_cv *cv)
{

	return __atomic_load_n(&cv->wq.n, __ATOMIC_SEQ_CST);
}
