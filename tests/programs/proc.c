/*
 * proc.c: one of several programs in an image: small jobs, by name, for
 * tests/image/test_run.py.  An ordinary program.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

static int data = 5;			/* each program's own */

static int
who(char **arg)
{
	char cwd[100], *x = getenv("X");
	int fd = open("/tmp", O_RDONLY | O_DIRECTORY);

	data++;
	printf("data %d cwd %s X %s fd %d arg %s\n", data, getcwd(cwd, sizeof(cwd)),
	    x != NULL ? x : "none", fd, arg[0] != NULL ? arg[0] : "none");
	return chdir("/tmp");
}

static int
seq(char **arg)
{

	for (int i = 0; i < atoi(arg[0]); i++)
		if (printf("%d\n", i) < 0)
			return 1;
	return fflush(stdout) != 0;
}

static int
count(char **arg)
{
	int c, n = 0;

	while ((c = getchar()) != EOF)
		n += c == '\n';
	printf("%d lines\n", n);
	return 0;
}

static int
leave(char **arg)
{

	return atoi(arg[0]);
}

static void
on_term(int sig)
{
	static const char text[] = "proc: SIGTERM\n";

	(void)!write(1, text, sizeof(text) - 1);
	_exit(9);
}

/* Sleeps and has a handler, or sleeps in poll and has none. */
static int
serve(char **arg)
{

	printf("serving\n");
	fflush(stdout);
	if (arg[0] != NULL)
		return poll(NULL, 0, -1);
	signal(SIGTERM, on_term);
	for (;;)
		pause();
}

static void *
in_read(void *arg)
{
	int fd[2];
	char c;

	return (void *)(long)(pipe(fd) != 0 || read(fd[0], &c, 1) != 1);
}

static void *
in_poll(void *arg)
{

	return (void *)(long)poll(NULL, 0, -1);
}

static void *
in_futex(void *arg)
{
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t c = PTHREAD_COND_INITIALIZER;

	pthread_mutex_lock(&m);
	for (;;)
		pthread_cond_wait(&c, &m);
}

/* Ends with threads asleep in calls. */
static int
threads(char **arg)
{
	void *(*const fn[])(void *) = { in_read, in_poll, in_futex };
	pthread_t t;

	for (int i = 0; i < 9; i++)
		if (pthread_create(&t, NULL, fn[i % 3], NULL) != 0)
			return 1;
	usleep(50000);
	return 0;
}

static int
memory(char **arg)
{
	size_t n = (size_t)atoi(arg[0]) << 20;
	char *p = malloc(n);

	if (p == NULL)
		return 3;
	memset(p, 1, n);
	return 0;
}

/* Descriptors that are not the rump kernel's, alone and in an epoll. */
static int
special(char **arg)
{
	struct itimerspec it = { { 0, 0 }, { 0, 20000000 } };
	struct epoll_event ev = { .events = EPOLLIN };
	int ep = epoll_create1(0), t = timerfd_create(CLOCK_MONOTONIC, 0);
	int e = eventfd(0, 0);
	uint64_t v = 3;

	for (int i = 0; i < 20; i++) {
		ev.data.fd = t;
		if (i == 0 && epoll_ctl(ep, EPOLL_CTL_ADD, t, &ev) != 0)
			return 1;
		if (timerfd_settime(t, 0, &it, NULL) != 0 ||
		    epoll_wait(ep, &ev, 1, 5000) != 1 || ev.data.fd != t ||
		    read(t, &v, sizeof(v)) != sizeof(v) || v != 1)
			return 2;
		v = 3;
		if (write(e, &v, sizeof(v)) != sizeof(v) ||
		    read(e, &v, sizeof(v)) != sizeof(v) || v != 3)
			return 3;
	}
	return 0;
}

/* A shared mapping that nobody synchronised. */
static int
map(char **arg)
{
	int fd = open(arg[0], O_RDWR | O_CREAT, 0600);
	char *p;

	if (fd < 0 || ftruncate(fd, 6) != 0)
		return 1;
	p = mmap(NULL, 6, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return 2;
	memcpy(p, "mapped", 6);
	return 0;
}

static int
show(char **arg)
{
	char buf[4096];
	size_t n;
	FILE *f = fopen(arg[0], "r");

	if (f == NULL) {
		printf("%s: %s\n", arg[0], strerror(errno));
		return 1;
	}
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		fwrite(buf, 1, n, stdout);
	putchar('\n');
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct { const char *name; int (*fn)(char **); } jobs[] = {
		{ "who", who }, { "seq", seq }, { "count", count },
		{ "leave", leave }, { "serve", serve }, { "threads", threads },
		{ "memory", memory }, { "special", special }, { "map", map },
		{ "show", show },
	};

	for (size_t i = 0; argc > 1 && i < sizeof(jobs) / sizeof(jobs[0]); i++)
		if (strcmp(argv[1], jobs[i].name) == 0)
			return jobs[i].fn(argv + 2);
	fprintf(stderr, "proc: %s?\n", argc > 1 ? argv[1] : "nothing");
	return 2;
}
