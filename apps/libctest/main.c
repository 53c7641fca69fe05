/* libctest: what libc-min does on a rump kernel: files, threads, time, ... */
#include <stdio.h>
#include <time.h>

#include "test.h"

static int count, failed;

void
test(bool ok, const char *name, const char *file, int line)
{

	count++;
	if (ok)
		printf("ok %d - %s\n", count, name);
	else {
		failed++;
		printf("not ok %d - %s (%s:%d)\n", count, name, file, line);
	}
}

uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

int
main(int argc, char **argv)
{

	test_misc();
	test_files();
	test_threads();
	test_net();
	printf("1..%d\n", count);
	return failed != 0;
}
