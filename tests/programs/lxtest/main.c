/*
 * main.c: lxtest: what room linux/ promises to a program, as a program sees it.
 * An ordinary program for Linux: it passes there too (run it), and has to give
 * the same answers on a rump kernel.  TAP on its output.
 *	lxtest DIR	a directory that can be written
 */
#include "lxtest.h"

static int ntest, nfail;
static const char *dir;
const char *failed;
int failline;

double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

char *
path(const char *name)
{
	static char buf[4][256];
	static int n;

	snprintf(buf[n = (n + 1) % 4], sizeof(buf[0]), "%s/%s", dir, name);
	return buf[n];
}

static const struct { const char *name; void (*fn)(void); } tests[] = {
	{ "threads", t_threads }, { "condition variables", t_cond },
	{ "detached threads", t_detached }, { "cancellation", t_cancel },
	{ "mmap", t_mmap }, { "mprotect", t_mprotect },
	{ "mapped files", t_mmap_file }, { "files", t_files },
	{ "directories", t_dirs }, { "times of files", t_times },
	{ "sendfile", t_sendfile }, { "record locks", t_locks },
	{ "pipes", t_pipe }, { "select", t_select }, { "epoll", t_epoll },
	{ "epoll, edges", t_epoll_edge }, { "eventfd", t_eventfd },
	{ "timerfd", t_timerfd }, { "TCP", t_tcp }, { "TCP over IPv6", t_tcp6 },
	{ "UDP", t_udp }, { "signals", t_signals }, { "clocks", t_clocks },
	{ "the rest", t_misc }, { "small calls", t_small },
	{ "timers", t_timers }, { "timers and threads", t_timers_threads },
	{ "CPU time", t_cputime }, { "epolls in epolls", t_epoll_nested },
	{ "messages with descriptors", t_messages },
	{ "faults", t_faults }, { "faults that are retried", t_faults_retried },
	{ "faults that are passed over", t_faults_skipped },
	{ "another stack for handlers", t_altstack },
	{ "faults in several threads", t_faults_threads },
};

int
main(int argc, char **argv)
{

	dir = argc > 1 ? argv[1] : "/tmp";
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		failed = NULL;
		tests[i].fn();
		if (failed != NULL) {
			nfail++;
			printf("not ok %d - %s: line %d: %s (errno %d)\n", ++ntest,
			    tests[i].name, failline, failed, errno);
		} else
			printf("ok %d - %s\n", ++ntest, tests[i].name);
	}
	printf("1..%d\n", ntest);
	return nfail != 0;
}
