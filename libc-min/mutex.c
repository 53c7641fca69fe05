/*
 * mutex.c: mutexes and condition variables on futexes.
 * A mutex is 0 free, 1 held, 2 held with perhaps somebody asleep: who lets go
 * of a 2 wakes one, who has slept takes it as 2 [U. Drepper, Futexes Are
 * Tricky, mutex 3].
 */
#include <limits.h>
#include <pthread.h>
#include <string.h>

#include "private.h"

/* Sleep until the mutex is ours.  0 or ETIMEDOUT. */
static int
mutex_slow(pthread_mutex_t *m, uint64_t deadline)
{

	while (atomic_swap(&m->state, 2) != 0)
		if (rumpcomp_host_futex_wait(&m->state, 2, deadline) ==
		    ETIMEDOUT)
			return ETIMEDOUT;
	return 0;
}

/* The types that have an owner: 0 taken again, -1 not ours yet, an error. */
static int
mutex_owned(pthread_mutex_t *m)
{

	if (m->owner != rumpcomp_host_thread_self())
		return -1;
	if (m->type == PTHREAD_MUTEX_ERRORCHECK)
		return EDEADLK;
	m->depth++;
	return 0;
}

static int
mutex_lock(pthread_mutex_t *m, uint64_t deadline)
{
	int error;

	if (m->type != PTHREAD_MUTEX_NORMAL && (error = mutex_owned(m)) >= 0)
		return error;
	if (!atomic_cas(&m->state, 0, 1) &&
	    (error = mutex_slow(m, deadline)) != 0)
		return error;
	if (m->type != PTHREAD_MUTEX_NORMAL)
		m->owner = rumpcomp_host_thread_self();
	return 0;
}

int
pthread_mutex_lock(pthread_mutex_t *m)
{

	return mutex_lock(m, NOTIME);
}

int
pthread_mutex_timedlock(pthread_mutex_t *restrict m,
    const struct timespec *restrict ts)
{
	uint64_t deadline;

	if (!libc_deadline(CLOCK_REALTIME, ts, &deadline))
		return EINVAL;
	return mutex_lock(m, deadline);
}

int
pthread_mutex_trylock(pthread_mutex_t *m)
{

	if (m->type == PTHREAD_MUTEX_RECURSIVE && mutex_owned(m) == 0)
		return 0;
	if (!atomic_cas(&m->state, 0, 1))
		return EBUSY;
	if (m->type != PTHREAD_MUTEX_NORMAL)
		m->owner = rumpcomp_host_thread_self();
	return 0;
}

int
pthread_mutex_unlock(pthread_mutex_t *m)
{

	if (m->type != PTHREAD_MUTEX_NORMAL) {
		if (m->owner != rumpcomp_host_thread_self())
			return EPERM;
		if (m->depth > 0) {
			m->depth--;
			return 0;
		}
		m->owner = NULL;
	}
	if (atomic_swap(&m->state, 0) == 2)
		rumpcomp_host_futex_wake(&m->state, 1);
	return 0;
}

int
pthread_mutex_init(pthread_mutex_t *restrict m,
    const pthread_mutexattr_t *restrict a)
{

	memset(m, 0, sizeof(*m));
	m->type = a != NULL ? a->type : PTHREAD_MUTEX_DEFAULT;
	return 0;
}

int
pthread_mutex_destroy(pthread_mutex_t *m)
{

	return atomic_load(&m->state) != 0 ? EBUSY : 0;
}

int
pthread_mutexattr_init(pthread_mutexattr_t *a)
{

	a->type = PTHREAD_MUTEX_DEFAULT;
	return 0;
}

int
pthread_mutexattr_destroy(pthread_mutexattr_t *a)
{

	return 0;
}

int
pthread_mutexattr_settype(pthread_mutexattr_t *a, int type)
{

	if (type < PTHREAD_MUTEX_NORMAL || type > PTHREAD_MUTEX_RECURSIVE)
		return EINVAL;
	a->type = type;
	return 0;
}

int
pthread_mutexattr_gettype(const pthread_mutexattr_t *restrict a,
    int *restrict type)
{

	*type = a->type;
	return 0;
}

/* ---- condition variables: sleep until seq changes ---- */

static int
cond_wait(pthread_cond_t *c, pthread_mutex_t *m, uint64_t deadline)
{
	uint32_t seq = atomic_load(&c->seq), depth = m->depth;
	int error;

	atomic_add(&c->waiters, 1);
	m->depth = 0;
	error = pthread_mutex_unlock(m);
	if (error != 0) {
		m->depth = depth;
		atomic_add(&c->waiters, -1);
		return error;
	}
	error = rumpcomp_host_futex_wait(&c->seq, seq, deadline);
	atomic_add(&c->waiters, -1);
	mutex_lock(m, NOTIME);
	m->depth = depth;
	return error == ETIMEDOUT ? ETIMEDOUT : 0;
}

int
pthread_cond_wait(pthread_cond_t *restrict c, pthread_mutex_t *restrict m)
{

	return cond_wait(c, m, NOTIME);
}

int
pthread_cond_timedwait(pthread_cond_t *restrict c, pthread_mutex_t *restrict m,
    const struct timespec *restrict ts)
{
	uint64_t deadline;

	if (!libc_deadline(c->clock, ts, &deadline))
		return EINVAL;
	return cond_wait(c, m, deadline);
}

static int
cond_wake(pthread_cond_t *c, int n)
{

	if (atomic_load(&c->waiters) != 0) {
		atomic_add(&c->seq, 1);
		rumpcomp_host_futex_wake(&c->seq, n);
	}
	return 0;
}

int
pthread_cond_signal(pthread_cond_t *c)
{

	return cond_wake(c, 1);
}

int
pthread_cond_broadcast(pthread_cond_t *c)
{

	return cond_wake(c, INT_MAX);
}

int
pthread_cond_init(pthread_cond_t *restrict c,
    const pthread_condattr_t *restrict a)
{

	memset(c, 0, sizeof(*c));
	c->clock = a != NULL ? a->clock : CLOCK_REALTIME;
	return 0;
}

int
pthread_cond_destroy(pthread_cond_t *c)
{

	return 0;
}

int
pthread_condattr_init(pthread_condattr_t *a)
{

	a->clock = CLOCK_REALTIME;
	return 0;
}

int
pthread_condattr_destroy(pthread_condattr_t *a)
{

	return 0;
}

int
pthread_condattr_setclock(pthread_condattr_t *a, clockid_t clock)
{

	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
		return EINVAL;
	a->clock = clock;
	return 0;
}
