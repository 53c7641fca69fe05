/*
 * kerntest.h: tests of kernel/ on the machine it runs on, below the line.
 */
#ifndef KERNTEST_H
#define KERNTEST_H

#include <kern.h>

/* A failed check ends the test, not the run. */
#define CHECK(e)							\
	do {								\
		if (!(e)) {						\
			kt_fail(__FILE__, __LINE__, #e);		\
			return;						\
		}							\
	} while (0)
/* The same in a thread, whose result is then not NULL. */
#define TCHECK(e)							\
	do {								\
		if (!(e)) {						\
			kt_fail(__FILE__, __LINE__, #e);		\
			return (void *)1;				\
		}							\
	} while (0)

#define MS	1000000ULL
#define SEC	1000000000ULL

void	kt_fail(const char *file, int line, const char *what);
uint64_t kt_rand(uint64_t *state);
void	kt_sort(uint64_t *, int n);
/* Starts n threads fn(arg + i * size), waits for all; false: one failed. */
bool	kt_threads(int n, void *(*fn)(void *), void *arg, size_t size, int pri);
struct thread *kt_start(const char *, void *(*)(void *), void *, int pri,
	    int cpu);
bool	kt_join(struct thread *);	/* true: its result was NULL */

/* 0 when every register, and the red zone, came through iters rounds. */
int	kt_regs(uint64_t seed, uint64_t iters);
int	kt_ymm(uint64_t seed, uint64_t iters);	/* only if ... */
int	kt_have_ymm(void);

void	test_threads(void);
void	test_create_many(void);
void	test_smp(void);
void	test_steal(void);
void	test_mutex(void);
void	test_mutex_fair(void);
void	test_mutex_gone(void);
void	test_cv(void);
void	test_cv_timeout(void);
void	test_rw(void);
void	test_futex(void);
void	test_sleep(void);
void	test_timers(void);
void	test_idle(void);
void	test_heap(void);
void	test_pages(void);
void	test_no_memory(void);
void	test_random(void);
void	test_preempt(void);
void	test_slices(void);
void	test_regs(void);
void	test_fs(void);
void	test_control(void);
void	speed(void);
void	soak(uint64_t ns);
void	crash(const char *how, size_t len);

#endif /* KERNTEST_H */
