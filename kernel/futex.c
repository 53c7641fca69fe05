/*
 * futex.c: sleeping on the value of a word, by a hash of its address.
 */
#include "thread.h"

#define NBUCKET	64

static struct bucket {
	struct kern_spin	lock;
	struct kern_waitq	wq;
} buckets[NBUCKET];

static struct bucket *
bucket_of(const uint32_t *addr)
{

	return &buckets[((uintptr_t)addr >> 2) * 0x9e3779b97f4a7c15ULL >> 58];
}

void
futex_init(void)
{
	int i;

	for (i = 0; i < NBUCKET; i++)
		kern_waitq_init(&buckets[i].wq, "futex");
}

/*
 * The waiter counts itself before it looks at the word, the waker changes the
 * word before it looks at the count.
 */
int
kern_futex_wait(uint32_t *addr, uint32_t val, uint64_t deadline)
{
	struct bucket *b = bucket_of(addr);
	struct thread *t = plat_curthread();
	unsigned long s;

	if (__atomic_load_n(addr, __ATOMIC_ACQUIRE) != val)
		return EAGAIN;
	if (deadline != UINT64_MAX && deadline <= plat_clock())
		return ETIMEDOUT;
	s = kern_spin_lock(&b->lock);
	t->futex = addr;
	waitq_enter(&b->wq, &b->lock, deadline != UINT64_MAX);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(addr, __ATOMIC_ACQUIRE) != val) {
		waitq_leave(t);
		t->state = T_RUN;
		t->wchan = NULL;
		kern_spin_unlock(&b->lock, s);
		return EAGAIN;
	}
	return waitq_block(&b->lock, s, deadline);
}

int
kern_futex_wake(uint32_t *addr, int n)
{
	struct bucket *b = bucket_of(addr);
	struct threadq list = TAILQ_HEAD_INITIALIZER(list);
	struct thread *t, *next;
	unsigned long s;
	int woken = 0;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&b->wq.n, __ATOMIC_RELAXED) == 0)
		return 0;
	s = plat_irq_save();
	spin_acquire(&b->lock);
	for (t = TAILQ_FIRST(&b->wq.q); t != NULL && woken < n; t = next) {
		next = TAILQ_NEXT(t, q);
		if (t->futex != addr)
			continue;
		waitq_leave(t);
		woken++;
		if (n == 1) {
			spin_release(&b->lock);
			sched_ready(t);
			sched_restore(s);
			return 1;
		}
		TAILQ_INSERT_TAIL(&list, t, q);
	}
	spin_release(&b->lock);
	waitq_ready_all(&list);
	sched_restore(s);
	return woken;
}
