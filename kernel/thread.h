/*
 * thread.h: threads and the scheduler, for kernel/ itself.
 */
#ifndef KERNEL_THREAD_H
#define KERNEL_THREAD_H

#include <kern.h>
#include "cpu.h"
#include "spin.h"

enum tstate { T_NEW, T_RUN, T_READY, T_SLEEP, T_ZOMBIE };

/*
 * oncpu: some CPU still uses its stack or registers; cleared after the switch
 * away is complete.  Whoever makes a thread ready waits for that first.
 * wlock, wq: where it sleeps.  With a deadline, tlock guards their end: a
 * waker under *wlock and the timer agree there on who wakes the thread, so
 * that the timer never touches a queue that has let go of it.
 */
struct thread {
	struct plat_ctx		ctx;		/* first: plat.h */
	void			*slot[KERN_NSLOT];	/* second: kern.h */
	enum tstate		state;
	uint32_t		oncpu;
	uint32_t		npreempt;	/* no preemption */
	int			pri, qpri;	/* qpri: of its run queue */
	struct cpu		*cpu;		/* where it runs or last ran */
	bool			bound, joinable, detached_dead, timed, onrq;
	TAILQ_ENTRY(thread)	q;		/* run or wait queue */
	TAILQ_ENTRY(thread)	all;

	struct kern_waitq	*wq;
	struct kern_spin	*wlock;
	struct kern_spin	tlock;
	int			wresult;
	bool			handoff;	/* slept in vain: mutex.c */
	uint32_t		*futex;
	struct kern_timer	timer;
	const char		*wchan;

	struct kern_spin	jlock;
	bool			done;
	void			*result;
	struct kern_waitq	joinq;
	void			*(*fn)(void *);
	void			*arg;

	uint32_t		id;
	char			name[32];
	uint64_t		cputime, ran;	/* ran: of this slice */
	uintptr_t		stack;		/* lowest mapped address */
	size_t			stacksize;	/* with TLS and FPU area */
	uintptr_t		stacktop;	/* what the thread may use */
	uintptr_t		tls;		/* FS base at its start */
	void			*fpu;
};
_Static_assert(offsetof(struct thread, ctx) == 0, "plat.h");
_Static_assert(offsetof(struct thread, slot) == sizeof(struct plat_ctx),
    "kern.h");

/* This CPU's thread must go on. */
static inline bool
sched_nailed(const struct cpu *c)
{

	return (c->cur->npreempt | c->inheap) != 0;
}

/* ---- sched.c; interrupts masked unless said otherwise ---- */

void	sched_cpu_init(struct cpu *, unsigned id, struct thread *idle);
void	sched_idle(void) __attribute__((noreturn));
/* Make a sleeping or new thread, which is on no queue, ready to run. */
void	sched_ready(struct thread *);
/*
 * Stop running.  state and queues of the current thread are set; its run
 * queue is held (sched_hold), and free when it runs again.
 */
static inline struct cpu *
sched_hold(void)
{
	struct cpu *c = plat_self();

	spin_acquire(&c->rq.lock);
	return c;
}
void	sched_switch(struct cpu *);
/* End of a section that masked interrupts: give way if that is asked for. */
void	sched_resched(struct cpu *);
static inline void
sched_restore(unsigned long s)
{
	struct cpu *c;

	if ((s & PLAT_IRQ_ENABLED) == 0)
		return;
	c = plat_self();
	if (__builtin_expect(c->resched, 0))
		sched_resched(c);
	plat_irq_restore(s);
}
void	sched_setpri(struct thread *, int pri);
extern bool sched_emulated;		/* by QEMU, without hardware's help */
/* balance.c: */
struct cpu *sched_place(struct thread *);
void	sched_kick(struct cpu *);
void	sched_call_thief(void);
void	sched_lazy(struct cpu *);
void	sched_lazy_check(struct cpu *, uint64_t now);
/* Somewhere else to go: a thread that might spin should not. */
static inline bool
sched_busy(void)
{

	return plat_self()->rq.n != 0;
}

/* ---- waitq.c; the queue's lock is held ---- */

void	waitq_enter(struct kern_waitq *, struct kern_spin *, bool timed);
int	waitq_block(struct kern_spin *, unsigned long s, uint64_t deadline);
void	waitq_leave(struct thread *);
struct thread *waitq_take(struct kern_waitq *);
void	waitq_timeout(void *);		/* of struct thread's timer */
void	waitq_ready_all(struct threadq *);

/* ---- futex.c, timer.c ---- */

void	futex_init(void);

void	timer_cpu_init(struct timerq *);
void	timer_program(struct cpu *);	/* from the queue and the slice */
void	timer_run(struct cpu *);	/* what is due */
/* This CPU's are another's, which has yet to program them. */
void	timer_give(struct cpu *);
void	timer_late(struct cpu *, uint64_t now);
uint64_t timer_margin(const struct cpu *);

/* ---- thread.c ---- */

extern enum plat_end	kern_exit_how;		/* start.c */
extern struct threadq	thread_list;
extern struct kern_spin	thread_list_lock;
/* A thread for the stack that is running already (CPU n's idle thread). */
struct thread *thread_idle(unsigned n);
void	thread_boot(struct thread *);		/* the static one of CPU 0 */
void	thread_dead(struct thread *);		/* off its stack for good */
void	thread_cache(uint64_t memory);
size_t	thread_reclaim(void);			/* pages given back */
const char *thread_state(const struct thread *);

/* ---- page.c, heap.c, ... : called once by start.c ---- */

bool	heap_reclaim(void);		/* some pages were given back */
uint64_t page_init(void);			/* bytes that can be had */
void	heap_init(void);

/* ---- console.c, panic.c ---- */

void	console_force(void);	/* no more locks: a panic is printing */

#endif /* KERNEL_THREAD_H */
