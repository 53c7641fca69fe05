/*
 * kern.h: threads, locks, memory, time, interrupts.  The rooms above
 * (hypercall, pci, virtio) use nothing of the platform that is here.
 * "Thread context", "interrupt context", "errno": see plat.h.
 */
#ifndef SIRLOIN_KERN_H
#define SIRLOIN_KERN_H

#include <stdarg.h>
#include <plat.h>
#include <queue.h>
#include <tree.h>
#include <kern_errno.h>

/* ---- initialisation: a function per driver or subsystem, in a link set ---- */

enum kern_init_level { KERN_INIT_BUS, KERN_INIT_DEVICE, KERN_INIT_LATE };
struct kern_init {
	enum kern_init_level	level;
	void			(*fn)(void);	/* thread context, CPU 0 */
};
#define KERN_INIT(lvl, func)						\
	static const struct kern_init kern_init_##func			\
	    __attribute__((used, section("sirloin_init"))) = { lvl, func }

/*
 * The program above the line: the linked image defines it, kern_start's main
 * thread calls it after all KERN_INIT functions, with all CPUs running.
 * Its return value is the exit status.
 */
int	sirloin_main(void);

/* ---- per-CPU ---- */

struct thread;
struct cpu;			/* kernel/cpu.h; word 0 self, word 1 thread */
unsigned kern_ncpu(void);	/* running CPUs, 1.. */
unsigned kern_curcpu(void);	/* advice only, unless preemption is off */
void	kern_preempt_disable(void);
void	kern_preempt_enable(void);	/* may switch threads */

/* ---- threads ---- */

enum {			/* priorities, higher runs first */
	KERN_PRI_IDLE = 0, KERN_PRI_USER = 16, KERN_PRI_KERNEL = 24,
	KERN_PRI_INTR = 30, KERN_NPRI = 32
};
#define KERN_CPU_ANY	(-1)
#define KERN_STACK	(64 * 1024)	/* default; a guard page is below */

#define KERN_T_JOIN	0x1		/* must be joined: keeps the result */
/*
 * A thread running fn(arg), ready to run; its return equals kern_thread_exit.
 * name is copied (31 characters).  stack in bytes, 0 for KERN_STACK.  cpu is
 * where it starts and a hint afterwards; KERN_T_BOUND nails it there.
 * EAGAIN/ENOMEM.  Thread context.
 */
#define KERN_T_BOUND	0x2
int	kern_thread_create(struct thread **, const char *name,
	    void *(*fn)(void *), void *arg, int pri, int cpu, int flags,
	    size_t stack);
void	kern_thread_exit(void *result) __attribute__((noreturn));
int	kern_thread_join(struct thread *, void **result); /* EINVAL: not JOIN */
#define kern_curthread()	plat_curthread()
const char *kern_thread_name(const struct thread *);
uint32_t kern_thread_id(const struct thread *);
void	kern_thread_setpri(struct thread *, int pri);
/*
 * Words of the thread for the layer above, NULL at first.  They follow the
 * struct plat_ctx that struct thread begins with (kernel/thread.h asserts it),
 * because one of them is the rump kernel's current lwp: read at every turn.
 */
#define KERN_NSLOT	8
static inline void **
kern_thread_slot(struct thread *t, int n)
{

	return (void **)((char *)(void *)t + sizeof(struct plat_ctx)) + n;
}
/* Change the FS base of the running thread. */
void	kern_thread_setfs(uintptr_t);
void	kern_yield(void);

/* For /status and panics: calls fn for every thread, under the list lock. */
struct kern_thread_info {
	const char	*name;
	const char	*state;		/* "run" "ready" "sleep" "zombie" */
	const char	*wchan;		/* what it sleeps on, or "" */
	uint32_t	id;
	int		pri, cpu;
	uint64_t	cputime;	/* ns */
	size_t		stack;
};
void	kern_thread_each(void (*fn)(const struct kern_thread_info *, void *),
	    void *arg);
/*
 * Takes CPU n (not 0) away: its threads and timers go to others, but for those
 * that are bound to it, which wait.  park(n) is called on it, in a thread of its
 * own, with interrupts masked; when that returns the CPU takes part again, and
 * kern_cpu_back(n) waits for that.  One caller at a time.  errno.
 */
int	kern_cpu_leave(unsigned n, void (*park)(unsigned cpu));
void	kern_cpu_back(unsigned n);
bool	kern_cpu_is_away(unsigned n);
uint64_t kern_thread_cputime(struct thread *);	/* ns; it must not end */
uint64_t kern_cpu_idletime(unsigned cpu);	/* ns */
uint64_t kern_cpu_switches(unsigned cpu);
uint64_t kern_cpu_wakeups(unsigned cpu);	/* times that it went idle */

/* ---- locks ---- */

/*
 * Spin lock: masks interrupts on this CPU while held; held briefly.  Any
 * context.  lock returns the state that unlock gets back.
 */
struct kern_spin { uint32_t word; };
#define KERN_SPIN_INIT	{ 0 }
unsigned long kern_spin_lock(struct kern_spin *);
void	kern_spin_unlock(struct kern_spin *, unsigned long);

/*
 * Sleeping primitive below everything else: a queue of threads, its lock
 * given by the caller.  kern_waitq_sleep() puts the caller to sleep and drops
 * `lock' (taken with state s) only once it can be woken; the lock is not
 * taken again.  deadline in plat_clock() ns, UINT64_MAX for none.  Returns 0
 * when woken, ETIMEDOUT.  kern_waitq_wake() wakes up to n threads, highest
 * priority first, FIFO among equals; the lock is held; returns how many.
 */
struct kern_waitq {
	TAILQ_HEAD(, thread)	q;
	uint32_t		n;		/* threads in it */
	const char		*name;
};
void	kern_waitq_init(struct kern_waitq *, const char *name);
int	kern_waitq_sleep(struct kern_waitq *, struct kern_spin *lock,
	    unsigned long s, uint64_t deadline);
int	kern_waitq_wake(struct kern_waitq *, int n);

/* Mutex: sleeps (after a short spin while the owner runs).  Thread context. */
struct kern_mutex {
	uintptr_t		word;		/* owner; bit 0: has waiters */
	struct kern_spin	lock;
	struct kern_waitq	wq;
};
void	kern_mutex_init(struct kern_mutex *, const char *name);
void	kern_mutex_lock(struct kern_mutex *);
int	kern_mutex_trylock(struct kern_mutex *);	/* 0 or EBUSY */
void	kern_mutex_unlock(struct kern_mutex *);		/* by the owner only */
struct thread *kern_mutex_owner(struct kern_mutex *);

/* Condition variable on a kern_mutex. */
struct kern_cv {
	struct kern_spin	lock;
	struct kern_waitq	wq;
};
void	kern_cv_init(struct kern_cv *, const char *name);
int	kern_cv_wait(struct kern_cv *, struct kern_mutex *, uint64_t deadline);
/* Parts of it, for callers who have to do something between: */
/* like kern_cv_wait, but returns without the mutex */
int	kern_cv_wait_unlocked(struct kern_cv *, struct kern_mutex *,
	    uint64_t deadline);
void	kern_cv_signal(struct kern_cv *);	/* any context */
void	kern_cv_broadcast(struct kern_cv *);	/* any context */
uint32_t kern_cv_waiters(struct kern_cv *);

/* Read-write lock; writers are not starved. */
struct kern_rw {
	uint32_t		word;		/* see kernel/rw.c */
	struct kern_spin	lock;
	struct thread		*writer;
	struct kern_waitq	rq, wq;
};
void	kern_rw_init(struct kern_rw *, const char *name);
void	kern_rw_lock(struct kern_rw *, bool write);
int	kern_rw_trylock(struct kern_rw *, bool write);	/* 0 or EBUSY */
int	kern_rw_tryupgrade(struct kern_rw *);	/* 0 only if sole reader */
void	kern_rw_downgrade(struct kern_rw *);	/* no writer gets in between */
void	kern_rw_unlock(struct kern_rw *);
uint32_t kern_rw_readers(struct kern_rw *);	/* how many hold it */

/* Futex: sleep while *addr == val.  0, EAGAIN (differs), ETIMEDOUT. */
int	kern_futex_wait(uint32_t *addr, uint32_t val, uint64_t deadline);
int	kern_futex_wake(uint32_t *addr, int n);		/* any context */

/* ---- time ---- */

#define kern_clock()	plat_clock()
void	kern_sleep_until(uint64_t deadline);	/* never returns early */
struct kern_timer {
	RB_ENTRY(kern_timer)	node;
	uint64_t		deadline;
	void			(*fn)(void *);	/* interrupt context */
	void			*arg;
	struct cpu		*cpu;		/* where it is or was armed */
	bool			armed;
};
void	kern_timer_init(struct kern_timer *, void (*fn)(void *), void *arg);
void	kern_timer_arm(struct kern_timer *, uint64_t deadline); /* re-arms */
/* True when it was armed and will not run; false: ran, or never armed.
 * Waits for a handler that runs on another CPU. */
bool	kern_timer_cancel(struct kern_timer *);

/* ---- pages ---- */

#define KERN_PG_ZERO	0x1
#define KERN_PG_LOW4G	0x2	/* whole allocation below 4 GB */
#define KERN_PG_LOW1M	0x4	/* below 1 MB */
#define KERN_PG_PROMISED 0x8	/* for what programs were promised: include/vm.h */
/*
 * n contiguous pages, address aligned to align bytes (a power of two, 0: one
 * page).  NULL when there are none.  Any thread or interrupt context.
 */
void	*kern_page_alloc(size_t n, size_t align, int flags);
/* The same, no byte of it at or above limit; looks at every free block. */
void	*kern_page_alloc_below(size_t n, size_t align, int flags,
	    uint64_t limit);
void	kern_page_free(void *, size_t n);
struct kern_mem_info {
	uint64_t total, free;		/* bytes of pages */
	uint64_t heap_used, heap_allocs, heap_frees, heap_fails;
};
void	kern_mem_info(struct kern_mem_info *);

/* Virtual ranges in [PLAT_VMAP_BASE, PLAT_VMAP_END); guard page below. */
void	*kern_vmap_alloc(size_t size);	/* address only; NULL: none left */
void	kern_vmap_free(void *, size_t size);

/* ---- heap ---- */

/*
 * align: power of two, 0 for 16.  Size 0 gives a unique pointer.  NULL when
 * out of memory.  A wrong or double free is a panic in debug mode.  Thread
 * context.  kern_realloc keeps 16-byte alignment only.
 */
void	*kern_malloc(size_t size, size_t align);
void	*kern_zalloc(size_t size);
void	kern_free(void *);		/* NULL is fine */
void	*kern_realloc(void *, size_t size);
size_t	kern_malloc_size(const void *);
extern bool kern_heap_debug;		/* set by "heapdebug" before first use */
void	kern_heap_check(void);		/* debug mode: panic on damage */

/* ---- interrupts as threads ---- */

struct kern_irq;
/*
 * fn runs in an interrupt thread of its own (KERN_PRI_INTR) on CPU cpu (or
 * KERN_CPU_ANY); returns nonzero when the interrupt was its device's.
 * Lines: level lines stay masked until the thread has run; they may be shared,
 * and one that nobody claims 100 times in a row is reported once and masked for
 * 2 ms, doubled each time that it still is like that, up to 256 ms; where other
 * domains' interrupts come on it, which then wait for us, for 2 ms each time.
 * name (copied, 31 chars) is what /status shows.
 */
int	kern_irq_line(const char *name, unsigned gsi, unsigned flags,
	    int (*fn)(void *), void *arg, struct kern_irq **);
int	kern_irq_msi(const char *name, int cpu, int (*fn)(void *), void *arg,
	    struct kern_irq **, uint64_t *addr, uint32_t *data);
/* An event channel of Xen's (xen.h). */
int	kern_irq_event(const char *name, unsigned port, int cpu,
	    int (*fn)(void *), void *arg, struct kern_irq **);
void	kern_irq_free(struct kern_irq *);	/* closes an event channel */
/*
 * For an interrupt thread that has done what there was and has not asked its
 * device for interrupts yet: lets all others on this CPU run (for 4 ms at most
 * under emulation, else 250 us), then looks on with come(arg) for as long as
 * the CPU would before it halts.  There may be more to do when it returns.
 */
void	kern_relax(bool (*come)(const void *), const void *arg);
struct kern_irq_info { const char *name; int cpu; uint64_t count, spurious; };
void	kern_irq_each(void (*fn)(const struct kern_irq_info *, void *), void *);

/* ---- console, panic, entropy ---- */

void	kern_printf(const char *, ...) __attribute__((format(printf, 1, 2)));
void	kern_vprintf(const char *, va_list);
void	kern_putchar(int);	/* any context, never sleeps */
/* Buffered by lines; part of a line waits 20 ms, or until flushed. */
void	kern_console_write(const char *, size_t);
void	kern_console_flush(void);
/* Blocks for input (line editing is not ours).  0 bytes: end of input. */
int	kern_console_read(char *, size_t max, size_t *got);
bool	kern_console_ready(void);
void	kern_panic(const char *, ...)
	    __attribute__((noreturn, format(printf, 1, 2)));
void	kern_exit(int status) __attribute__((noreturn));
void	kern_reboot(void) __attribute__((noreturn));
/*
 * Somebody outside asks for the end: the program ends in order, by a thread of
 * its own.  Asked a second time: at once.  Thread context.
 */
void	kern_stop(enum plat_end);
/*
 * Random bytes, thread context.  Without a seed the first call takes some ms to
 * gather one from timing; if that fails: EAGAIN, or (wait) sleeps until a device
 * brings one.
 * kern_random_add credits only what the source may claim.
 */
int	kern_random(void *, size_t, bool wait);
void	kern_random_add(const void *, size_t, unsigned credit_bits);
const char *kern_random_source(void);	/* what seeded it, for reports */
/*
 * Symbols for backtraces: name of the function at addr and offset, or NULL.
 * The name is good until the next call.
 */
const char *kern_symbol(uintptr_t addr, uintptr_t *off);

#define KASSERT(e)							\
	do {								\
		if (__builtin_expect(!(e), 0))				\
			kern_panic("assertion \"%s\" failed: %s:%d",	\
			    #e, __FILE__, __LINE__);			\
	} while (0)

/* ---- reports: what "sirloin:status" has beyond the kernel's own, in a link set ---- */

typedef void (*kern_put_fn)(void *arg, const char *, ...)
    __attribute__((format(printf, 2, 3)));
struct kern_status {
	const char	*name;		/* of a member of the document */
	/* Writes its value by put(arg, ...).  Thread context; may sleep. */
	void		(*fn)(kern_put_fn put, void *arg);
};
#define KERN_STATUS(name, func)						\
	static const struct kern_status kern_status_##func		\
	    __attribute__((used, section("sirloin_status"))) = { name, func }

/* ---- options from the configuration's "sirloin" object or command line ---- */
/* Value of word "name=value" on the command line before the JSON; or NULL. */
const char *kern_option(const char *name, size_t *len);

#endif /* SIRLOIN_KERN_H */
