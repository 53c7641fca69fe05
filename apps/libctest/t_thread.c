/* t_thread.c: threads and everything that they wait for. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test.h"

#define NTHREAD	8
#define ROUNDS	20000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static sem_t sem;
static int counter, turn, onces, destroyed, readers_seen;

static void
all(void *(*fn)(void *))
{
	pthread_t t[NTHREAD];

	for (intptr_t i = 0; i < NTHREAD; i++)
		if (pthread_create(&t[i], NULL, fn, (void *)i) != 0)
			abort();
	for (int i = 0; i < NTHREAD; i++)
		pthread_join(t[i], NULL);
}

static void *
add(void *arg)
{

	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&lock);
		counter++;
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

/* Each waits for its turn and passes it on. */
static void *
ring(void *arg)
{

	for (int i = 0; i < 200; i++) {
		pthread_mutex_lock(&lock);
		while (turn != (int)(intptr_t)arg)
			pthread_cond_wait(&cond, &lock);
		turn = (turn + 1) % NTHREAD;
		counter++;
		pthread_cond_broadcast(&cond);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void *
readwrite(void *arg)
{
	static int a, b;

	for (int i = 0; i < 2000; i++) {
		if ((i + (int)(intptr_t)arg) % 8 == 0) {
			pthread_rwlock_wrlock(&rw);
			a++;
			b++;
			pthread_rwlock_unlock(&rw);
		} else {
			pthread_rwlock_rdlock(&rw);
			if (a != b)
				__atomic_add_fetch(&readers_seen, 1, __ATOMIC_SEQ_CST);
			pthread_rwlock_unlock(&rw);
		}
	}
	return NULL;
}

static void
run_once(void)
{

	usleep(1000);
	onces++;
}

static void *
use_once(void *arg)
{

	pthread_once(&once, run_once);
	if (onces != 1)
		abort();
	if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
		__atomic_add_fetch(&counter, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void
destroy(void *v)
{

	__atomic_add_fetch(&destroyed, (int)(intptr_t)v, __ATOMIC_SEQ_CST);
}

static void *
use_key(void *arg)
{

	pthread_setspecific(key, (void *)((intptr_t)arg + 1));
	errno = 1000 + (int)(intptr_t)arg;
	sched_yield();
	usleep(1000);
	if (errno != 1000 + (int)(intptr_t)arg ||
	    pthread_getspecific(key) != (void *)((intptr_t)arg + 1))
		__atomic_add_fetch(&counter, 1, __ATOMIC_SEQ_CST);
	return arg;
}

static void *
post(void *arg)
{

	for (int i = 0; i < 500; i++) {
		if ((intptr_t)arg % 2)
			sem_post(&sem);
		else
			sem_wait(&sem);
	}
	return NULL;
}

static void *
leave(void *arg)
{

	pthread_exit((void *)42);
}

static void *
holder(void *arg)
{

	pthread_mutex_lock(&lock);
	__atomic_store_n(&counter, 1, __ATOMIC_SEQ_CST);
	sem_wait(&sem);
	usleep(10000);
	pthread_mutex_unlock(&lock);
	return NULL;
}

static struct timespec
in_ms(clockid_t clock, int ms)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	ts.tv_nsec += ms * 1000000L;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	return ts;
}

static void
test_types(void)
{
	pthread_mutexattr_t a;
	pthread_mutex_t m;

	pthread_mutexattr_init(&a);
	TEST(pthread_mutexattr_settype(&a, 99) == EINVAL);
	pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&m, &a);
	TEST(pthread_mutex_lock(&m) == 0 && pthread_mutex_lock(&m) == 0);
	TEST(pthread_mutex_trylock(&m) == 0);
	TEST(pthread_mutex_unlock(&m) == 0 && pthread_mutex_unlock(&m) == 0);
	TEST(pthread_mutex_destroy(&m) == EBUSY);
	TEST(pthread_mutex_unlock(&m) == 0);
	TEST(pthread_mutex_unlock(&m) == EPERM);
	pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&m, &a);
	TEST(pthread_mutex_lock(&m) == 0 && pthread_mutex_lock(&m) == EDEADLK);
	TEST(pthread_mutex_trylock(&m) == EBUSY);
	TEST(pthread_mutex_unlock(&m) == 0 && pthread_mutex_unlock(&m) == EPERM);
}

static void
test_timed(void)
{
	pthread_condattr_t a;
	pthread_cond_t c;
	struct timespec ts;
	pthread_t t;
	uint64_t t0;

	counter = 0;
	sem_init(&sem, 0, 0);
	pthread_create(&t, NULL, holder, NULL);
	while (__atomic_load_n(&counter, __ATOMIC_SEQ_CST) == 0)
		usleep(100);
	ts = in_ms(CLOCK_REALTIME, 5);
	TEST(pthread_mutex_timedlock(&lock, &ts) == ETIMEDOUT);
	TEST(pthread_mutex_trylock(&lock) == EBUSY);
	sem_post(&sem);
	ts = in_ms(CLOCK_REALTIME, 20000);
	TEST(pthread_mutex_timedlock(&lock, &ts) == 0);
	pthread_join(t, NULL);
	t0 = now_ns();
	ts = in_ms(CLOCK_REALTIME, 20);
	TEST(pthread_cond_timedwait(&cond, &lock, &ts) == ETIMEDOUT);
	TEST(now_ns() - t0 >= 19 * 1000000);
	pthread_condattr_init(&a);
	pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
	pthread_cond_init(&c, &a);
	ts = in_ms(CLOCK_MONOTONIC, 20);
	t0 = now_ns();
	TEST(pthread_cond_timedwait(&c, &lock, &ts) == ETIMEDOUT);
	TEST(now_ns() - t0 >= 19 * 1000000 && now_ns() - t0 < 20000000000ULL);
	TEST(pthread_mutex_trylock(&lock) == EBUSY);
	pthread_mutex_unlock(&lock);
	ts.tv_nsec = 1000000000;
	TEST(pthread_mutex_timedlock(&lock, &ts) == EINVAL);
	sem_init(&sem, 0, 0);
	TEST(sem_trywait(&sem) == -1 && errno == EAGAIN);
	ts = in_ms(CLOCK_REALTIME, 5);
	TEST(sem_timedwait(&sem, &ts) == -1 && errno == ETIMEDOUT);
}

void
test_threads(void)
{
	pthread_attr_t a;
	pthread_t t;
	void *r;
	int v;

	all(add);
	TEST(counter == NTHREAD * ROUNDS);
	counter = 0;
	all(ring);
	TEST(counter == NTHREAD * 200);
	all(readwrite);
	TEST(readers_seen == 0);
	counter = 0;
	pthread_barrier_init(&barrier, NULL, NTHREAD);
	all(use_once);
	all(use_once);
	TEST(onces == 1 && counter == 2);
	TEST(pthread_key_create(&key, destroy) == 0);
	counter = 0;
	all(use_key);
	TEST(counter == 0 && destroyed == NTHREAD * (NTHREAD + 1) / 2);
	TEST(pthread_key_delete(key) == 0 && pthread_setspecific(key, NULL) == EINVAL);
	sem_init(&sem, 0, 0);
	all(post);
	TEST(sem_getvalue(&sem, &v) == 0 && v == 0);

	TEST(pthread_create(&t, NULL, leave, NULL) == 0);
	TEST(pthread_join(t, &r) == 0 && r == (void *)42);
	TEST(pthread_join(pthread_self(), NULL) == EDEADLK);
	pthread_attr_init(&a);
	TEST(pthread_attr_setstacksize(&a, 1000) == EINVAL);
	TEST(pthread_attr_setstacksize(&a, 256 * 1024) == 0);
	pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
	for (v = 0; v < 500; v++)
		if (pthread_create(&t, &a, leave, NULL) != 0)
			break;
	TEST(v == 500);
	for (v = 0; v < 500; v++) {
		if (pthread_create(&t, NULL, leave, NULL) != 0)
			break;
		(v & 1 ? pthread_detach(t) : pthread_join(t, NULL));
	}
	TEST(v == 500);
	test_types();
	test_timed();
}
