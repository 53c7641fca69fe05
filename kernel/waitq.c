/*
 * waitq.c: queues of sleeping threads, on which all other locks are built.
 *
 * No wake-up is lost: a thread enters the queue under the queue's lock, and
 * holds its CPU's run queue before it lets go of that lock; whoever takes it
 * from the queue waits in sched_ready() until it is off its CPU.
 */
#include "thread.h"

void
kern_waitq_init(struct kern_waitq *wq, const char *name)
{

	TAILQ_INIT(&wq->q);
	wq->n = 0;
	wq->name = name;
}

void
waitq_enter(struct kern_waitq *wq, struct kern_spin *lock, bool timed)
{
	struct thread *t = plat_curthread(), *p;

	t->wq = wq;
	t->wlock = lock;
	t->timed = timed;
	t->wresult = 0;
	t->wchan = wq->name;
	t->state = T_SLEEP;
	p = TAILQ_LAST(&wq->q, threadq);
	while (p != NULL && p->pri < t->pri)
		p = TAILQ_PREV(p, threadq, q);
	if (p != NULL)
		TAILQ_INSERT_AFTER(&wq->q, p, t, q);
	else
		TAILQ_INSERT_HEAD(&wq->q, t, q);
	__atomic_store_n(&wq->n, wq->n + 1, __ATOMIC_SEQ_CST);
}

static void
waitq_remove(struct thread *t)
{
	struct kern_waitq *wq = t->wq;

	TAILQ_REMOVE(&wq->q, t, q);
	__atomic_store_n(&wq->n, wq->n - 1, __ATOMIC_RELAXED);
	t->wq = NULL;
	t->wlock = NULL;
}

void
waitq_leave(struct thread *t)
{

	if (t->timed) {
		spin_acquire(&t->tlock);
		waitq_remove(t);
		spin_release(&t->tlock);
	} else
		waitq_remove(t);
}

struct thread *
waitq_take(struct kern_waitq *wq)
{
	struct thread *t;

	if ((t = TAILQ_FIRST(&wq->q)) != NULL)
		waitq_leave(t);
	return t;
}

/*
 * Interrupt context.  While tlock is held and wlock is set, no waker has
 * finished with the thread, so its queue and lock exist.  The order of locks
 * is the other way round: hence the attempt.
 */
void
waitq_timeout(void *arg)
{
	struct thread *t = arg;
	struct kern_spin *lock;

	for (;;) {
		spin_acquire(&t->tlock);
		if ((lock = t->wlock) == NULL) {
			spin_release(&t->tlock);
			return;
		}
		if (spin_try(lock))
			break;
		spin_release(&t->tlock);
		plat_pause();
	}
	waitq_remove(t);
	t->wresult = ETIMEDOUT;
	spin_release(lock);
	spin_release(&t->tlock);
	sched_ready(t);
}

int
waitq_block(struct kern_spin *lock, unsigned long s, uint64_t deadline)
{
	struct thread *t = plat_curthread();
	struct cpu *c;

	KASSERT((s & PLAT_IRQ_ENABLED) != 0);	/* no other spin lock held */
	KASSERT(t->npreempt == 0);
	if (t->timed)
		kern_timer_arm(&t->timer, deadline);
	c = sched_hold();
	spin_release(lock);
	sched_switch(c);
	t->wchan = NULL;
	if (t->timed)
		kern_timer_cancel(&t->timer);
	sched_restore(s);
	return t->wresult;
}

int
kern_waitq_sleep(struct kern_waitq *wq, struct kern_spin *lock,
    unsigned long s, uint64_t deadline)
{

	if (deadline != UINT64_MAX && deadline <= plat_clock()) {
		kern_spin_unlock(lock, s);
		return ETIMEDOUT;
	}
	waitq_enter(wq, lock, deadline != UINT64_MAX);
	return waitq_block(lock, s, deadline);
}

int
kern_waitq_wake(struct kern_waitq *wq, int n)
{
	struct thread *t;
	int woken;

	for (woken = 0; woken < n; woken++) {
		if ((t = waitq_take(wq)) == NULL)
			break;
		sched_ready(t);
	}
	return woken;
}

void
waitq_ready_all(struct threadq *list)
{
	struct thread *t;

	while ((t = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, t, q);
		sched_ready(t);
	}
}

void
kern_sleep_until(uint64_t deadline)
{
	struct kern_spin lock = KERN_SPIN_INIT;
	struct kern_waitq wq;
	unsigned long s;

	kern_waitq_init(&wq, "sleep");
	do {
		s = kern_spin_lock(&lock);
	} while (kern_waitq_sleep(&wq, &lock, s, deadline) != ETIMEDOUT);
}
