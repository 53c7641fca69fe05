/* thread.c: switches, locks, threads. */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>
#include "bench.h"

#define N	50000

static pthread_mutex_t mtx = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static volatile int turn;

static uint64_t
pair(void *(*fn)(void *))
{
	pthread_t t[2];
	uint64_t t0 = now();
	intptr_t i;

	turn = 0;
	for (i = 0; i < 2; i++)
		if (pthread_create(&t[i], NULL, fn, (void *)i) != 0)
			abort();
	for (i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	return now() - t0;
}

static void *
yielder(void *arg)
{
	int i;

	for (i = 0; i < N; i++)
		sched_yield();
	return arg;
}

/* Two threads that yield; on one CPU every call is a switch. */
void
bench_switch(void)
{

	report_each("sched_yield", pair(yielder), 2 * N);
}

static void *
player(void *arg)
{
	int me = (int)(intptr_t)arg, i;

	pthread_mutex_lock(&mtx);
	for (i = 0; i < N; i++) {
		while (turn != me)
			pthread_cond_wait(&cond, &mtx);
		turn = !me;
		pthread_cond_signal(&cond);
	}
	pthread_mutex_unlock(&mtx);
	return NULL;
}

void
bench_cond(void)
{

	report_each("cond_pingpong", pair(player), 2 * N);
}

static int fds[4];

static void *
piper(void *arg)
{
	int me = (int)(intptr_t)arg, i;
	char c = 0;

	for (i = 0; i < N / 5; i++) {
		if (me == 0 && write(fds[1], &c, 1) != 1)
			break;
		if (read(me == 0 ? fds[2] : fds[0], &c, 1) != 1)
			break;
		if (me == 1 && write(fds[3], &c, 1) != 1)
			break;
	}
	return NULL;
}

/* A byte there and back: two switches through the rump kernel. */
void
bench_pipe(void)
{
	int i;

	if (pipe(fds) != 0 || pipe(fds + 2) != 0)
		return;
	report_each("pipe_roundtrip", pair(piper), N / 5);
	for (i = 0; i < 4; i++)
		close(fds[i]);
}

static void *
nothing(void *arg)
{

	return arg;
}

void
bench_thread(void)
{
	uint64_t t0 = now();
	pthread_t t;
	int i;

	for (i = 0; i < 5000; i++) {
		if (pthread_create(&t, NULL, nothing, NULL) != 0)
			return;
		pthread_join(t, NULL);
	}
	report_each("thread_create_join", now() - t0, 5000);
}

void
bench_mutex(void)
{
	uint64_t t0 = now();
	int i;

	for (i = 0; i < N * 4; i++) {
		pthread_mutex_lock(&mtx);
		pthread_mutex_unlock(&mtx);
	}
	report_each("mutex_uncontended", now() - t0, N * 4);
}

static void *
fighter(void *arg)
{
	int i;

	for (i = 0; i < N; i++) {
		pthread_mutex_lock(&mtx);
		turn++;
		pthread_mutex_unlock(&mtx);
	}
	return arg;
}

void
bench_contended(void)
{

	report_each("mutex_contended", pair(fighter), 2 * N);
}
