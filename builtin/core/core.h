/*
 * core.h: what all rooms of the built-in rump kernel stand on: lwps and system
 * call entry, locks, memory, threads.  Everything is the line's: rumpuser_*.
 *
 * Context.  A thread in the kernel has an lwp (curlwp is not NULL) and "the
 * context": NetBSD's virtual CPU, which is only a mark here, since the kernel's
 * data has locks of its own and any number of threads may run in it.  Still the
 * rules are the line's, and the upcalls check them: enter by SYS_ENTER() or
 * hyp_schedule(), never twice; what waits is a hypercall, which gives the
 * context back meanwhile.  Hold no mutex of somebody else's room while waiting.
 */
#ifndef BUILTIN_CORE_H
#define BUILTIN_CORE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <queue.h>
#include <rump/abi.h>
#include <rump/rumpuser.h>

#define __predict_true(e)	__builtin_expect(!!(e), 1)
#define __predict_false(e)	__builtin_expect(!!(e), 0)
#ifndef __arraycount
#define __arraycount(a)		(sizeof(a) / sizeof((a)[0]))
#endif

/* ---- processes and lwps (lwp.c) ---- */

struct fdtab;
struct proc {
	pid_t		pid, ppid;
	uint32_t	refs;		/* lwps */
	struct fdtab	*fdtab;
	char		*cwd;		/* proc_{get,set}cwd(); NULL: "/" */
	mode_t		umask;
	LIST_ENTRY(proc) link;
};
struct lwp {
	struct proc	*proc;
	bool		scheduled;	/* has the context */
	bool		implicit;	/* until the thread leaves the kernel */
	LIST_ENTRY(lwp)	free;
};
extern struct proc proc1;		/* everybody's, unless they rfork */
static inline struct lwp *curlwp(void) { return rumpuser_curlwp(); }
static inline struct proc *curproc(void) { return rumpuser_curlwp()->proc; }

/* The length with the NUL, which may be more than size: nothing copied. */
size_t	proc_getcwd(struct proc *, char *buf, size_t size);
int	proc_setcwd(struct proc *, const char *abspath);

/* For a thread that has none of its own, until it leaves the kernel. */
struct lwp *lwp_implicit(void);
void	lwp_implicit_end(struct lwp *);
void	lwp_badcontext(const char *) __attribute__((noreturn));

/* A system call: SYS_ENTER(); ... return SYS_LEAVE(error, value); */
static inline struct lwp *
sys_enter(void)
{
	struct lwp *l = rumpuser_curlwp();

	if (__predict_false(l == NULL))
		l = lwp_implicit();
	else if (__predict_false(l->scheduled))
		lwp_badcontext("system call from within the kernel");
	l->scheduled = true;
	return l;
}

static inline long
sys_leave(struct lwp *l, int error, long value)
{

	l->scheduled = false;
	if (__predict_false(l->implicit))
		lwp_implicit_end(l);
	if (__predict_true(error == 0))
		return value;
	rumpuser_seterrno(error);
	return -1;
}
struct lwp *sys_enter_call(void);	/* the same, not in line */
long	sys_leave_call(struct lwp *, int error, long value);
#ifdef __OPTIMIZE_SIZE__		/* files that are not hot */
#define sys_enter()		sys_enter_call()
#define sys_leave(l, e, v)	sys_leave_call((l), (e), (v))
#endif
#define SYS_ENTER()		struct lwp *sys_l = sys_enter()
#define SYS_LEAVE(error, value)	sys_leave(sys_l, (error), (long)(value))

/* ---- initialisation: rump_init() calls these in order ---- */

/*
 * A component linked into the image puts a function into this set; order is
 * by level.  Runs with the context, once.  What it returns is rump_init()'s
 * result if not 0.
 */
struct rump_component {
	int		level;		/* CORE, FS, DEV, NET, LATE */
	int		(*init)(void);
};
enum { COMPONENT_CORE, COMPONENT_FS, COMPONENT_DEV, COMPONENT_NET,
    COMPONENT_LATE, COMPONENT_LEVELS };
#define RUMP_COMPONENT(lvl, fn)						\
	static const struct rump_component *const component_##fn	\
	    __attribute__((used, retain,				\
	    section("link_set_rump_components"))) =			\
	    &(const struct rump_component){ (lvl), (fn) }

/* ---- locks: sleeping mutex and condition variable ---- */

typedef struct rumpuser_mtx *kmutex_t;
typedef struct rumpuser_cv *kcond_t;

static inline void
kmutex_init(kmutex_t *m)
{

	rumpuser_mutex_init(m, RUMPUSER_MTX_KMUTEX);
}
static inline void kmutex_destroy(kmutex_t *m) { rumpuser_mutex_destroy(*m); }
static inline void kmutex_enter(kmutex_t *m) { rumpuser_mutex_enter(*m); }
static inline void kmutex_exit(kmutex_t *m) { rumpuser_mutex_exit(*m); }
static inline void kcond_init(kcond_t *c) { rumpuser_cv_init(c); }
static inline void kcond_destroy(kcond_t *c) { rumpuser_cv_destroy(*c); }
static inline void kcond_signal(kcond_t *c) { rumpuser_cv_signal(*c); }
static inline void kcond_broadcast(kcond_t *c) { rumpuser_cv_broadcast(*c); }
static inline void
kcond_wait(kcond_t *c, kmutex_t *m)
{

	rumpuser_cv_wait(*c, *m);
}
/* deadline: k_uptime() ns, UINT64_MAX for none.  0 or ETIMEDOUT. */
int	kcond_wait_until(kcond_t *, kmutex_t *, uint64_t deadline);

/* ---- memory: NULL when there is none; free gets the size ---- */

void	*kmem_alloc(size_t);
void	*kmem_zalloc(size_t);
void	*kmem_alloc_aligned(size_t, size_t align);
void	kmem_free(void *, size_t);
char	*kmem_strdup(const char *);		/* free with kmem_strfree() */
void	kmem_strfree(char *);

/* ---- threads, time, messages ---- */

/* fn(arg) runs in the kernel (lwp, context); when it returns, so ends it. */
int	kthread_create(const char *name, void (*fn)(void *), void *arg);
uint64_t k_uptime(void);			/* ns since boot */
struct timespec k_now(void);			/* time of day */
int	k_settime(const struct timespec *);
void	k_printf(const char *, ...) __attribute__((format(printf, 1, 2)));
void	k_panic(const char *, ...)
	    __attribute__((noreturn, format(printf, 1, 2)));
#define KASSERT(e)							\
	do {								\
		if (__predict_false(!(e)))				\
			k_panic("assertion \"%s\" failed: %s:%d",	\
			    #e, __FILE__, __LINE__);			\
	} while (0)
extern char	k_hostname[256];
extern unsigned	k_ncpu;

#endif /* BUILTIN_CORE_H */
