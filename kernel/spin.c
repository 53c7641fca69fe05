/*
 * spin.c: spin locks.  Interrupts are masked while one is held, so that with
 * one CPU nobody else can want it: there the word only catches mistakes.
 */
#include "thread.h"

#define STUCK	60000000000ULL	/* ns; a host may hold up a CPU for long */

bool sched_smp;

void
spin_contended(struct kern_spin *l)
{

	uint64_t start;

	if (!sched_smp)
		kern_panic("spin lock %p is held already", (void *)l);
	start = plat_clock();
	do {
		while (__atomic_load_n(&l->word, __ATOMIC_RELAXED) != 0) {
			plat_pause();
			if (plat_clock() - start > STUCK)
				kern_panic("spin lock %p is never released",
				    (void *)l);
		}
	} while (!spin_try(l));
}

unsigned long
kern_spin_lock(struct kern_spin *l)
{
	unsigned long s;

	s = plat_irq_save();
	spin_acquire(l);
	return s;
}

void
kern_spin_unlock(struct kern_spin *l, unsigned long s)
{

	spin_release(l);
	sched_restore(s);
}
