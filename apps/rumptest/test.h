/*
 * test.h: rumptest, the conformance suite of the line.  Tests of hypercalls
 * run before rump_init(), on a small test kernel of our own (tk_*); tests of
 * the whole run after it.  Output is TAP on the console, by rumpuser_dprintf.
 */
#ifndef RUMPTEST_TEST_H
#define RUMPTEST_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <rump/rumpuser.h>
#include <rump/rumpuser_component.h>
#include <rump/host.h>
#include "../check.h"

/* NetBSD's numbers, which the line uses whatever the C library has. */
#define NB_ENOENT	2
#define NB_EBADF	9
#define NB_EBUSY	16
#define NB_EINVAL	22
#define NB_EAGAIN	35
#define NB_ETIMEDOUT	60

/* Each file's tests end with a NULL name. */
extern const struct test tests_context[], tests_mutex[], tests_cv[],
    tests_wake[], tests_rw[], tests_clock[], tests_thread[], tests_mem[],
    tests_misc[], tests_file[], tests_bio[], tests_fpu[], tests_vif[],
    tests_pci[], tests_whole[];

void	test_run(const struct test *);
void	test_plan(void);	/* prints the plan */
int	test_failures(void);
bool	test_linux(void);	/* on tests/host/hostline.c, not on Sirloin */
void	test_crash(const char *how);	/* crash.c */

#define MS	1000000ULL
#define SEC	1000000000ULL
#define now()	rumpcomp_host_clock()

/* ---- the test kernel (tk.c) ---- */

struct tk_cpu {
	struct rumpuser_mtx *mtx;	/* pure SPIN, like rcpu_mtx */
	struct rumpuser_cv *cv;
	struct lwp	*owner;
	int		wanted;
};
struct lwp {
	struct tk_cpu	*cpu;		/* its context; NULL: none */
	struct tk_cpu	*target;
	int		big;		/* recursions of the big lock */
	bool		temp;		/* made by hyp_schedule() */
	bool		bound;
	/* what hypercalls did with it */
	unsigned	unsched, sched;
	void		*un_interlock, *sc_interlock;
	int		sc_nlocks;
	/* called in the upcalls, before anything else, when set */
	void		(*on_unsched)(struct lwp *, void *interlock);
	void		(*on_sched)(struct lwp *, void *interlock);
	void		*arg;
};
#define TK_MAXCPU	64
extern struct tk_cpu tk_cpus[TK_MAXCPU];
extern int	tk_ncpu;
extern const struct rumpuser_hyperup tk_up;

void	tk_init(void);		/* after rumpuser_init(); makes the CPUs */
/* Become a thread of the test kernel, with context; and the way back. */
void	tk_enter(void);
void	tk_leave(void);
/* A thread of it, which runs fn with context.  cpu -1: any; else bound. */
struct tk_thread;
struct tk_thread *tk_spawn(void (*fn)(void *), void *arg, int cpu);
void	tk_join(struct tk_thread *);
/* The context is there and it is ours. */
void	tk_check(const char *file, int line);
#define TK_CHECK()	tk_check(__FILE__, __LINE__)
void	tk_lock(void);		/* the big lock, recursive */
void	tk_unlock(void);
void	tk_sleep(uint64_t ns);	/* rumpuser_clock_sleep */
#define tk_self()	rumpuser_curlwp()
/* Wait (with clock_sleep) until *p == v; fails after ten seconds. */
bool	tk_until(volatile int *p, int v);

#endif /* RUMPTEST_TEST_H */
