/* thread.c: threads, what they wait for, cancellation. */
#include "lxtest.h"

static pthread_mutex_t mtx = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int counter, turn;
static __thread int own = 5;

static void *
count(void *arg)
{

	CHECK(own == 5);
	own = (int)(long)arg;
	for (int i = 0; i < 20000; i++) {
		pthread_mutex_lock(&mtx);
		counter++;
		pthread_mutex_unlock(&mtx);
	}
	CHECK(own == (int)(long)arg);
	return arg;
}

void
t_threads(void)
{
	pthread_t t[8];
	void *r;

	counter = 0;
	for (long i = 0; i < 8; i++)
		CHECK(pthread_create(&t[i], NULL, count, (void *)i) == 0);
	for (long i = 0; i < 8; i++)
		CHECK(pthread_join(t[i], &r) == 0 && r == (void *)i);
	CHECK(counter == 160000 && own == 5);
}

static void *
pingpong(void *arg)
{
	int me = (int)(long)arg;

	for (int i = 0; i < 1000; i++) {
		pthread_mutex_lock(&mtx);
		while (turn != me)
			pthread_cond_wait(&cond, &mtx);
		turn = !me;
		pthread_cond_broadcast(&cond);
		pthread_mutex_unlock(&mtx);
	}
	return NULL;
}

void
t_cond(void)
{
	struct timespec ts;
	pthread_t t;

	turn = 0;
	pthread_create(&t, NULL, pingpong, (void *)1);
	pingpong((void *)0);
	pthread_join(t, NULL);
	/* before the deadline is made: a busy host may take the CPU in between */
	double t0 = now();
	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += 30000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_sec++;
		ts.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&mtx);
	CHECK(pthread_cond_timedwait(&cond, &mtx, &ts) == ETIMEDOUT);
	t0 = now() - t0;
	printf("# a wait of 30 ms took %.1f\n", t0 * 1e3);
	CHECK(t0 > 0.025 && t0 < 20);
	pthread_mutex_unlock(&mtx);
}

static sem_t sem;
static void *
detached(void *arg)
{

	sem_post(&sem);
	return NULL;
}

void
t_detached(void)
{
	pthread_attr_t a;
	pthread_t t;

	sem_init(&sem, 0, 0);
	pthread_attr_init(&a);
	pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
	for (int i = 0; i < 200; i++) {
		CHECK(pthread_create(&t, &a, detached, NULL) == 0);
		sem_wait(&sem);
	}
}

static void *
forever(void *arg)
{

	for (;;)
		pause();
	return NULL;
}

void
t_cancel(void)
{
	pthread_t t;
	void *r;

	CHECK(pthread_create(&t, NULL, forever, NULL) == 0);
	usleep(10000);
	CHECK(pthread_cancel(t) == 0);
	CHECK(pthread_join(t, &r) == 0 && r == PTHREAD_CANCELED);
}
