/*
 * spin.h: the spin lock without its interrupt mask, for kernel/ itself.
 * Order of locks: any lock of a caller, thread.wlock, run queue, timer queue.
 */
#ifndef KERNEL_SPIN_H
#define KERNEL_SPIN_H

#include <kern.h>

extern bool sched_smp;		/* more than one CPU may run */

void	spin_contended(struct kern_spin *);

static inline bool
spin_try(struct kern_spin *l)
{

	return __atomic_exchange_n(&l->word, 1, __ATOMIC_ACQUIRE) == 0;
}

/* Interrupts masked.  One CPU: only the assertion in spin_contended is left. */
static inline void
spin_acquire(struct kern_spin *l)
{

	if (!sched_smp) {
		if (__builtin_expect(l->word != 0, 0))
			spin_contended(l);
		l->word = 1;
		__asm__ volatile("" : : : "memory");
	} else if (__builtin_expect(!spin_try(l), 0))
		spin_contended(l);
}

static inline void
spin_release(struct kern_spin *l)
{

	__atomic_store_n(&l->word, 0, __ATOMIC_RELEASE);
}

#endif /* KERNEL_SPIN_H */
