/*
 * mutex.c: the sleeping mutex.
 *
 * word is the owner's address, with bit 0 set while threads wait; the bit is
 * set and cleared under m->lock only.  Waiters are woken, not given the mutex,
 * except those that slept in vain before.  An unlock touches the mutex no more
 * once another thread can take it: that one may unlock and free it at once.
 */
#include "thread.h"

#define WAITERS		((uintptr_t)1)
#define SPINS		60

void
kern_mutex_init(struct kern_mutex *m, const char *name)
{

	m->word = 0;
	m->lock = (struct kern_spin)KERN_SPIN_INIT;
	kern_waitq_init(&m->wq, name);
}

static inline uintptr_t
mutex_word(struct kern_mutex *m)
{

	return __atomic_load_n(&m->word, __ATOMIC_RELAXED);
}

static inline bool
mutex_cas(struct kern_mutex *m, uintptr_t from, uintptr_t to, int order)
{

	return __atomic_compare_exchange_n(&m->word, &from, to, false, order,
	    __ATOMIC_RELAXED);
}

int
kern_mutex_trylock(struct kern_mutex *m)
{
	uintptr_t v = mutex_word(m), t = (uintptr_t)plat_curthread();

	if ((v & ~WAITERS) == 0 &&
	    mutex_cas(m, v, t | (v & WAITERS), __ATOMIC_ACQUIRE))
		return 0;
	return EBUSY;
}

/*
 * True when the mutex looks free.  Threads are never unmapped (thread.c), so
 * an owner that has gone meanwhile does no harm.
 */
static bool
mutex_spin(struct kern_mutex *m)
{
	struct thread *owner;
	int i;

	for (i = 0; i < SPINS; i++) {
		owner = (struct thread *)(mutex_word(m) & ~WAITERS);
		if (owner == NULL)
			return true;
		if (!__atomic_load_n(&owner->oncpu, __ATOMIC_RELAXED) ||
		    sched_busy())
			return false;
		plat_pause();
	}
	return false;
}

static void __attribute__((noinline))
mutex_lock_slow(struct kern_mutex *m)
{
	struct thread *t = plat_curthread();
	uintptr_t v;
	unsigned long s;

	t->handoff = false;
	for (;;) {
		if (kern_mutex_trylock(m) == 0)
			return;
		if (sched_smp && mutex_spin(m))
			continue;
		s = kern_spin_lock(&m->lock);
		v = mutex_word(m);
		KASSERT((v & ~WAITERS) != (uintptr_t)t);
		if ((v & ~WAITERS) == 0 || ((v & WAITERS) == 0 &&
		    !mutex_cas(m, v, v | WAITERS, __ATOMIC_RELAXED))) {
			kern_spin_unlock(&m->lock, s);
			continue;
		}
		kern_waitq_sleep(&m->wq, &m->lock, s, UINT64_MAX);
		if ((mutex_word(m) & ~WAITERS) == (uintptr_t)t)
			return;
		t->handoff = true;
	}
}

void
kern_mutex_lock(struct kern_mutex *m)
{

	if (__builtin_expect(!mutex_cas(m, 0, (uintptr_t)plat_curthread(),
	    __ATOMIC_ACQUIRE), 0))
		mutex_lock_slow(m);
}

static void __attribute__((noinline))
mutex_unlock_slow(struct kern_mutex *m)
{
	struct thread *w;
	uintptr_t more;
	unsigned long s;

	KASSERT((mutex_word(m) & ~WAITERS) == (uintptr_t)plat_curthread());
	s = plat_irq_save();
	spin_acquire(&m->lock);
	w = waitq_take(&m->wq);
	KASSERT(w != NULL);
	more = m->wq.n != 0 ? WAITERS : 0;
	if (w->handoff) {
		__atomic_store_n(&m->word, (uintptr_t)w | more,
		    __ATOMIC_RELEASE);
		spin_release(&m->lock);
	} else {
		if (more == 0)
			__atomic_store_n(&m->word, (uintptr_t)plat_curthread(),
			    __ATOMIC_RELAXED);
		spin_release(&m->lock);
		/* A waiter may have come since: its bit must stay. */
		__atomic_fetch_and(&m->word, WAITERS, __ATOMIC_RELEASE);
	}
	sched_ready(w);
	sched_restore(s);
}

void
kern_mutex_unlock(struct kern_mutex *m)
{

	if (__builtin_expect(!mutex_cas(m, (uintptr_t)plat_curthread(), 0,
	    __ATOMIC_RELEASE), 0))
		mutex_unlock_slow(m);
}

struct thread *
kern_mutex_owner(struct kern_mutex *m)
{

	return (struct thread *)(mutex_word(m) & ~WAITERS);
}
