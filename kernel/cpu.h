/*
 * cpu.h: what every CPU has of its own.  Words 0 and 1 are machine.h's.
 */
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H

#include <kern.h>
#include "heap.h"

TAILQ_HEAD(threadq, thread);
RB_HEAD(timertree, kern_timer);

/* Ready threads by priority; bit p of map: q[p] has some. */
struct runq {
	struct kern_spin	lock;
	uint32_t		map;
	uint32_t		n, nfree;	/* nfree: not nailed here */
	struct threadq		q[KERN_NPRI];
};

struct timerq {
	struct kern_spin	lock;
	struct timertree	tree;
	struct kern_timer	*running;
	uint64_t		next;		/* deadline or UINT64_MAX */
};

#define CPU_PAGES	16

struct cpu {
	struct cpu		*self;
	struct thread		*cur;
	struct plat_cpu		plat;
	unsigned		id;
	bool			resched;	/* cur must give way */
	bool			slice_over;	/* ... behind its equals */
	int			curpri;		/* of cur; -1: idle */
	bool			inheap;		/* cur must not give way */
	bool			poke, polling;	/* balance.c */
	uint32_t		poll;		/* ns */
	struct thread		*idle;
	struct thread		*prev;		/* between switch and its end */
	uint64_t		slice_end;	/* UINT64_MAX: no competition */
	uint64_t		thief_at;	/* balance.c; else UINT64_MAX */
	uint64_t		programmed;	/* what the timer is set for */
	uint64_t		told, late;	/* timer.c */
	uint64_t		since;		/* when cur began to run */
	uint64_t		idletime, switches, wakeups;
	struct runq		rq;
	struct timerq		tq;
	struct heap_cache	heap;
	unsigned		npages;		/* single pages: page.c */
	void			*pages[CPU_PAGES];
} __attribute__((aligned(64)));

_Static_assert(offsetof(struct cpu, plat) == PLAT_CPU_OFFSET, "machine.h");

extern struct cpu	cpu0;
extern struct cpu	*cpus[MAXCPU];
extern unsigned		ncpu;			/* that run */

#endif /* KERNEL_CPU_H */
