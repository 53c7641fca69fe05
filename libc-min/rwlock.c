/* rwlock.c: read-write locks, barriers, once, semaphores on futexes. */
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

#include "private.h"

#define WRITER	UINT32_MAX

int
pthread_rwlock_init(pthread_rwlock_t *restrict rw,
    const pthread_rwlockattr_t *restrict a)
{

	memset(rw, 0, sizeof(*rw));
	return 0;
}

int
pthread_rwlock_destroy(pthread_rwlock_t *rw)
{

	return atomic_load(&rw->state) != 0 ? EBUSY : 0;
}

int
pthread_rwlock_tryrdlock(pthread_rwlock_t *rw)
{
	uint32_t s;

	do {
		s = atomic_load(&rw->state);
		if (s == WRITER || atomic_load(&rw->writers) != 0)
			return EBUSY;
		if (s == WRITER - 1)
			return EAGAIN;
	} while (!atomic_cas(&rw->state, s, s + 1));
	return 0;
}

int
pthread_rwlock_trywrlock(pthread_rwlock_t *rw)
{

	return atomic_cas(&rw->state, 0, WRITER) ? 0 : EBUSY;
}

/* Try until it is no longer busy, sleeping until somebody lets go. */
static int
rwlock_wait(pthread_rwlock_t *rw, int (*try)(pthread_rwlock_t *))
{
	uint32_t seq;
	int error;

	atomic_add(&rw->waiters, 1);
	for (;;) {
		seq = atomic_load(&rw->seq);
		if ((error = try(rw)) != EBUSY)
			break;
		rumpcomp_host_futex_wait(&rw->seq, seq, NOTIME);
	}
	atomic_add(&rw->waiters, -1);
	return error;
}

static void
rwlock_wake(pthread_rwlock_t *rw)
{

	if (atomic_load(&rw->waiters) != 0) {
		atomic_add(&rw->seq, 1);
		rumpcomp_host_futex_wake(&rw->seq, INT_MAX);
	}
}

int
pthread_rwlock_rdlock(pthread_rwlock_t *rw)
{
	int error = pthread_rwlock_tryrdlock(rw);

	return error != EBUSY ? error :
	    rwlock_wait(rw, pthread_rwlock_tryrdlock);
}

int
pthread_rwlock_wrlock(pthread_rwlock_t *rw)
{
	int error;

	if (pthread_rwlock_trywrlock(rw) == 0)
		return 0;
	atomic_add(&rw->writers, 1);
	error = rwlock_wait(rw, pthread_rwlock_trywrlock);
	atomic_add(&rw->writers, -1);
	return error;
}

int
pthread_rwlock_unlock(pthread_rwlock_t *rw)
{
	uint32_t s = atomic_load(&rw->state);

	if (s == 0)
		return EPERM;
	if (s == WRITER)
		atomic_store(&rw->state, 0);
	else if (atomic_add(&rw->state, -1) != 0)
		return 0;
	rwlock_wake(rw);
	return 0;
}

/* ---- barriers ---- */

int
pthread_barrier_init(pthread_barrier_t *restrict b,
    const pthread_barrierattr_t *restrict a, unsigned n)
{

	if (n == 0)
		return EINVAL;
	*b = (pthread_barrier_t){ 0, n, 0 };
	return 0;
}

int
pthread_barrier_destroy(pthread_barrier_t *b)
{

	return 0;
}

int
pthread_barrier_wait(pthread_barrier_t *b)
{
	uint32_t round = atomic_load(&b->round);

	if (atomic_add(&b->count, 1) == b->need) {
		atomic_store(&b->count, 0);
		atomic_add(&b->round, 1);
		rumpcomp_host_futex_wake(&b->round, INT_MAX);
		return PTHREAD_BARRIER_SERIAL_THREAD;
	}
	while (atomic_load(&b->round) == round)
		rumpcomp_host_futex_wait(&b->round, round, NOTIME);
	return 0;
}

/* ---- once: 0 not yet, 1 running, 2 done ---- */

int
pthread_once(pthread_once_t *once, void (*fn)(void))
{

	if (atomic_load(once) == 2)
		return 0;
	if (atomic_cas(once, 0, 1)) {
		fn();
		atomic_store(once, 2);
		rumpcomp_host_futex_wake(once, INT_MAX);
	}
	while (atomic_load(once) == 1)
		rumpcomp_host_futex_wait(once, 1, NOTIME);
	return 0;
}

/* ---- semaphores: errors in errno ---- */

static int
result(int error)
{

	if (error == 0)
		return 0;
	errno = error;
	return -1;
}

int
sem_init(sem_t *s, int shared, unsigned value)
{

	if (value > INT_MAX)
		return result(EINVAL);
	*s = (sem_t){ value, 0 };
	return 0;
}

int
sem_destroy(sem_t *s)
{

	return 0;
}

int
sem_post(sem_t *s)
{

	if (atomic_load(&s->value) >= INT_MAX)
		return result(EOVERFLOW);
	atomic_add(&s->value, 1);
	if (atomic_load(&s->waiters) != 0)
		rumpcomp_host_futex_wake(&s->value, 1);
	return 0;
}

int
sem_trywait(sem_t *s)
{
	uint32_t v;

	while ((v = atomic_load(&s->value)) > 0)
		if (atomic_cas(&s->value, v, v - 1))
			return 0;
	return result(EAGAIN);
}

static int
sem_sleep(sem_t *s, uint64_t deadline)
{
	int error = 0;

	atomic_add(&s->waiters, 1);
	while (sem_trywait(s) != 0 && error != ETIMEDOUT)
		error = rumpcomp_host_futex_wait(&s->value, 0, deadline);
	atomic_add(&s->waiters, -1);
	return result(error == ETIMEDOUT ? error : 0);
}

int
sem_wait(sem_t *s)
{

	return sem_trywait(s) == 0 ? 0 : sem_sleep(s, NOTIME);
}

int
sem_timedwait(sem_t *restrict s, const struct timespec *restrict ts)
{
	uint64_t deadline;

	if (sem_trywait(s) == 0)
		return 0;
	if (!libc_deadline(CLOCK_REALTIME, ts, &deadline))
		return result(EINVAL);
	return sem_sleep(s, deadline);
}

int
sem_getvalue(sem_t *restrict s, int *restrict value)
{

	*value = atomic_load(&s->value);
	return 0;
}
