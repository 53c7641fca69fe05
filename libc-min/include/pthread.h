/*
 * pthread.h: POSIX threads on the host's threads and futexes.  Everything
 * uncontended is done without a call.  There is no cancellation and there are
 * no priorities.
 */
#ifndef _PTHREAD_H_
#define _PTHREAD_H_

#include <stddef.h>
#include <stdint.h>
#include <time.h>

typedef struct __pthread *pthread_t;
typedef struct {
	size_t	stack;
	int	detach;
	char	name[32];
} pthread_attr_t;
typedef struct {
	uint32_t state;		/* 0 free, 1 held, 2 held and waited for */
	uint32_t type, depth;
	void	*owner;		/* not of PTHREAD_MUTEX_NORMAL */
} pthread_mutex_t;
typedef struct { int type; } pthread_mutexattr_t;
typedef struct {
	uint32_t seq, waiters;
	int	clock;
} pthread_cond_t;
typedef struct { int clock; } pthread_condattr_t;
typedef struct {
	uint32_t state;		/* readers, or UINT32_MAX: a writer */
	uint32_t seq, waiters, writers;
} pthread_rwlock_t;
typedef struct { int unused; } pthread_rwlockattr_t;
typedef struct {
	uint32_t count, need, round;
} pthread_barrier_t;
typedef struct { int unused; } pthread_barrierattr_t;
typedef uint32_t pthread_once_t;
typedef int pthread_key_t;

#define PTHREAD_MUTEX_NORMAL		0
#define PTHREAD_MUTEX_ERRORCHECK	1
#define PTHREAD_MUTEX_RECURSIVE		2
#define PTHREAD_MUTEX_DEFAULT		PTHREAD_MUTEX_NORMAL
#define PTHREAD_MUTEX_INITIALIZER	{ 0, PTHREAD_MUTEX_NORMAL, 0, NULL }
#define PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP \
	{ 0, PTHREAD_MUTEX_RECURSIVE, 0, NULL }
#define PTHREAD_COND_INITIALIZER	{ 0, 0, CLOCK_REALTIME }
#define PTHREAD_RWLOCK_INITIALIZER	{ 0, 0, 0, 0 }
#define PTHREAD_ONCE_INIT		0
#define PTHREAD_CREATE_JOINABLE		0
#define PTHREAD_CREATE_DETACHED		1
#define PTHREAD_BARRIER_SERIAL_THREAD	(-1)
#define PTHREAD_PROCESS_PRIVATE		0
#define PTHREAD_KEYS_MAX		64
#define PTHREAD_STACK_MIN		16384

int	pthread_create(pthread_t *restrict, const pthread_attr_t *restrict,
	    void *(*)(void *), void *restrict);
int	pthread_join(pthread_t, void **);
int	pthread_detach(pthread_t);
void	pthread_exit(void *) __attribute__((noreturn));
pthread_t pthread_self(void);
int	pthread_equal(pthread_t, pthread_t);

int	pthread_attr_init(pthread_attr_t *);
int	pthread_attr_destroy(pthread_attr_t *);
int	pthread_attr_setdetachstate(pthread_attr_t *, int);
int	pthread_attr_getdetachstate(const pthread_attr_t *, int *);
int	pthread_attr_setstacksize(pthread_attr_t *, size_t);
int	pthread_attr_getstacksize(const pthread_attr_t *restrict, size_t *restrict);
int	pthread_attr_setname_np(pthread_attr_t *, const char *, void *);

int	pthread_mutex_init(pthread_mutex_t *restrict,
	    const pthread_mutexattr_t *restrict);
int	pthread_mutex_destroy(pthread_mutex_t *);
int	pthread_mutex_lock(pthread_mutex_t *);
int	pthread_mutex_trylock(pthread_mutex_t *);
int	pthread_mutex_timedlock(pthread_mutex_t *restrict,
	    const struct timespec *restrict);
int	pthread_mutex_unlock(pthread_mutex_t *);
int	pthread_mutexattr_init(pthread_mutexattr_t *);
int	pthread_mutexattr_destroy(pthread_mutexattr_t *);
int	pthread_mutexattr_settype(pthread_mutexattr_t *, int);
int	pthread_mutexattr_gettype(const pthread_mutexattr_t *restrict, int *restrict);

int	pthread_cond_init(pthread_cond_t *restrict,
	    const pthread_condattr_t *restrict);
int	pthread_cond_destroy(pthread_cond_t *);
int	pthread_cond_wait(pthread_cond_t *restrict, pthread_mutex_t *restrict);
int	pthread_cond_timedwait(pthread_cond_t *restrict,
	    pthread_mutex_t *restrict, const struct timespec *restrict);
int	pthread_cond_signal(pthread_cond_t *);
int	pthread_cond_broadcast(pthread_cond_t *);
int	pthread_condattr_init(pthread_condattr_t *);
int	pthread_condattr_destroy(pthread_condattr_t *);
int	pthread_condattr_setclock(pthread_condattr_t *, clockid_t);

/* A waiting writer goes before new readers. */
int	pthread_rwlock_init(pthread_rwlock_t *restrict,
	    const pthread_rwlockattr_t *restrict);
int	pthread_rwlock_destroy(pthread_rwlock_t *);
int	pthread_rwlock_rdlock(pthread_rwlock_t *);
int	pthread_rwlock_tryrdlock(pthread_rwlock_t *);
int	pthread_rwlock_wrlock(pthread_rwlock_t *);
int	pthread_rwlock_trywrlock(pthread_rwlock_t *);
int	pthread_rwlock_unlock(pthread_rwlock_t *);

int	pthread_barrier_init(pthread_barrier_t *restrict,
	    const pthread_barrierattr_t *restrict, unsigned);
int	pthread_barrier_destroy(pthread_barrier_t *);
int	pthread_barrier_wait(pthread_barrier_t *);

int	pthread_once(pthread_once_t *, void (*)(void));
int	pthread_key_create(pthread_key_t *, void (*)(void *));
int	pthread_key_delete(pthread_key_t);
void	*pthread_getspecific(pthread_key_t);
int	pthread_setspecific(pthread_key_t, const void *);

int	sched_yield(void);

#endif /* _PTHREAD_H_ */
