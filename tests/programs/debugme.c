/*
 * debugme.c: for a debugger: a thread that sleeps in a function of its own, and
 * a recursion.  debugme [crash]
 */
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static int __attribute__((noinline))
waits_here(int n)
{

	sleep(n);
	return n;
}

static void *
worker(void *arg)
{

	return (void *)(long)waits_here(100);
}

static int __attribute__((noinline))
deep(int n, volatile int *crash)
{

	if (n > 0)
		return deep(n - 1, crash) + 1;
	printf("deep\n");
	return *crash;
}

int
main(int argc, char **argv)
{
	static int zero;
	pthread_t t;

	pthread_create(&t, NULL, worker, NULL);
	usleep(20000);
	return deep(3, argc > 1 ? (int *)16 : &zero);
}
