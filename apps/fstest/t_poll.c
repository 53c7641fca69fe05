/* t_poll.c: poll, select, and threads that wait for each other. */
#include "fstest.h"
#include <pthread.h>

static long
ms_since(const struct timespec *t)
{
	struct timespec now;

	rump_sys_clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - t->tv_sec) * 1000 +
	    (now.tv_nsec - t->tv_nsec) / 1000000;
}

static void
sleep_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	rump_sys_nanosleep(&ts, NULL);
}

static void
t_ready(void)
{
	struct pollfd p[3];
	int fd[2];

	CHECK_INT(rump_sys_pipe2(fd, 0), 0);
	p[0] = (struct pollfd){ fd[0], POLLIN, 0 };
	p[1] = (struct pollfd){ fd[1], POLLOUT, 0 };
	p[2] = (struct pollfd){ -1, POLLIN, 7 };
	CHECK_INT(rump_sys_poll(p, 3, 0), 1);
	CHECK_INT(p[0].revents, 0);
	CHECK_INT(p[1].revents, POLLOUT);
	CHECK_INT(p[2].revents, 0);
	CHECK_INT(rump_sys_write(fd[1], "x", 1), 1);
	CHECK_INT(rump_sys_poll(p, 2, -1), 2);
	CHECK_INT(p[0].revents, POLLIN);
	rump_sys_close(fd[1]);
	p[1].fd = fd[1];
	CHECK_INT(rump_sys_poll(p, 2, 0), 2);
	CHECK_INT(p[1].revents, POLLNVAL);
	rump_sys_read(fd[0], p, 1);
	p[0].fd = fd[0];
	p[0].events = POLLIN;
	CHECK_INT(rump_sys_poll(p, 1, -1), 1);
	CHECK((p[0].revents & POLLHUP) != 0);
	rump_sys_close(fd[0]);
}

static void
t_timeout(void)
{
	struct timespec start;
	struct timeval tv = { 0, 30000 };
	struct pollfd p;
	fd_set rd;
	int fd[2];

	CHECK_INT(rump_sys_pipe2(fd, 0), 0);
	p = (struct pollfd){ fd[0], POLLIN, 0 };
	rump_sys_clock_gettime(CLOCK_MONOTONIC, &start);
	CHECK_INT(rump_sys_poll(&p, 1, 30), 0);
	CHECK(ms_since(&start) >= 29);
	rump_sys_clock_gettime(CLOCK_MONOTONIC, &start);
	FD_ZERO(&rd);
	FD_SET(fd[0], &rd);
	CHECK_INT(rump_sys_select(fd[0] + 1, &rd, NULL, NULL, &tv), 0);
	CHECK(ms_since(&start) >= 29);
	CHECK(!FD_ISSET(fd[0], &rd));
	CHECK_INT(rump_sys_poll(NULL, 0, 5), 0);
	rump_sys_close(fd[0]);
	rump_sys_close(fd[1]);
	FD_SET(fd[0], &rd);
	CHECK_ERR(rump_sys_select(fd[0] + 1, &rd, NULL, NULL, &tv), EBADF);
}

static int wakefd;

static void *
waker(void *arg)
{

	sleep_ms(20);
	CHECK_INT(rump_sys_write(wakefd, "w", 1), 1);
	return NULL;
}

static void
t_wakeup(void)
{
	struct timespec start;
	struct pollfd p[2];
	pthread_t t;
	fd_set rd;
	char c;
	int a[2], b[2];

	CHECK_INT(rump_sys_pipe2(a, 0), 0);
	CHECK_INT(rump_sys_pipe2(b, 0), 0);
	p[0] = (struct pollfd){ a[0], POLLIN, 0 };
	p[1] = (struct pollfd){ b[0], POLLIN, 0 };
	rump_sys_clock_gettime(CLOCK_MONOTONIC, &start);
	wakefd = b[1];
	CHECK_INT(pthread_create(&t, NULL, waker, NULL), 0);
	CHECK_INT(rump_sys_poll(p, 2, 5000), 1);
	CHECK_INT(p[0].revents, 0);
	CHECK_INT(p[1].revents, POLLIN);
	CHECK(ms_since(&start) < 2000);
	pthread_join(t, NULL);
	CHECK_INT(rump_sys_read(b[0], &c, 1), 1);
	wakefd = a[1];
	CHECK_INT(pthread_create(&t, NULL, waker, NULL), 0);
	FD_ZERO(&rd);
	FD_SET(a[0], &rd);
	FD_SET(b[0], &rd);
	CHECK_INT(rump_sys_select((a[0] > b[0] ? a[0] : b[0]) + 1, &rd, NULL,
	    NULL, NULL), 1);
	CHECK(FD_ISSET(a[0], &rd) && !FD_ISSET(b[0], &rd));
	pthread_join(t, NULL);
	for (int i = 0; i < 2; i++) {
		rump_sys_close(a[i]);
		rump_sys_close(b[i]);
	}
}

/* A reader that sleeps while its descriptor is closed must not sleep on. */
static int closefd[2];

static void *
closer(void *arg)
{

	sleep_ms(20);
	rump_sys_close(closefd[0]);
	return NULL;
}

static void
t_close_sleeping(void)
{
	pthread_t t;
	char c;

	CHECK_INT(rump_sys_pipe2(closefd, 0), 0);
	CHECK_INT(pthread_create(&t, NULL, closer, NULL), 0);
	errno = 0;
	CHECK_INT(rump_sys_read(closefd[0], &c, 1), -1);
	if (!netbsd)		/* there, ERESTART is let through */
		CHECK_INT(errno, EBADF);
	pthread_join(t, NULL);
	rump_sys_close(closefd[1]);
}

/* Blocking reads and writes through a pipe, more than fits. */
#define STREAM	(1 << 20)
static int stream[2];

static void *
producer(void *arg)
{
	unsigned char buf[5000];
	size_t at, n;

	for (at = 0; at < STREAM; at += n) {
		n = STREAM - at < sizeof(buf) ? STREAM - at : sizeof(buf);
		for (size_t i = 0; i < n; i++)
			buf[i] = pattern(3, at + i);
		CHECK_INT(rump_sys_write(stream[1], buf, n), n);
	}
	rump_sys_close(stream[1]);
	return NULL;
}

static void
t_stream(void)
{
	unsigned char buf[7001];
	size_t at = 0;
	ssize_t n;
	bool ok = true;
	pthread_t t;

	CHECK_INT(rump_sys_pipe2(stream, 0), 0);
	CHECK_INT(pthread_create(&t, NULL, producer, NULL), 0);
	while ((n = rump_sys_read(stream[0], buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++, at++)
			ok &= buf[i] == pattern(3, at);
	CHECK(ok);
	CHECK_INT(at, STREAM);
	pthread_join(t, NULL);
	rump_sys_close(stream[0]);
}

const struct test tests_poll[] = {
	{ "what is ready", t_ready },
	{ "timeouts", t_timeout },
	{ "wake-ups", t_wakeup },
	{ "close wakes a reader", t_close_sleeping },
	{ "a stream through a pipe", t_stream },
	{ NULL, NULL }
};
