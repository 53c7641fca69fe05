/*
 * t_whole.c: after rump_init(): whichever rump kernel this is linked with, on
 * this line, through the C library.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <rump/rump.h>
#include "test.h"

static uint64_t
clock_now(clockid_t c)
{
	struct timespec ts = { 0, 0 };

	CHECK_INT(clock_gettime(c, &ts), 0);
	return (uint64_t)ts.tv_sec * SEC + (uint64_t)ts.tv_nsec;
}

static void
times(void)
{
	struct timespec ms = { 0, 3000000 };
	uint64_t a, b, best = SEC, wall;
	int64_t off;
	int i;

	a = clock_now(CLOCK_MONOTONIC);
	for (i = 0; i < 2000; i++, a = b) {
		b = clock_now(CLOCK_MONOTONIC);
		CHECK(b >= a);
		if (b > a && b - a < best)
			best = b - a;
	}
	CHECK(best < MS);
	a = clock_now(CLOCK_MONOTONIC);
	CHECK_INT(nanosleep(&ms, NULL), 0);
	b = clock_now(CLOCK_MONOTONIC);
	CHECK(b - a >= 3 * MS);
	wall = clock_now(CLOCK_REALTIME);
	off = (int64_t)(wall - (rumpcomp_host_epoch() + now()));
	CHECK(off > -(int64_t)SEC && off < (int64_t)SEC);
	CHECK(time(NULL) > 1600000000);
}

/* The rump kernel's own clock, not the C library's: a file's time stamp. */
static void
kernel_time(void)
{
	struct stat st;
	int64_t host, t;
	int fd;

	fd = open("/rumptest-time", O_CREAT | O_RDWR, 0600);
	CHECK(fd >= 0);
	if (fd < 0)
		return;
	CHECK_INT(write(fd, "x", 1), 1);
	CHECK_INT(fstat(fd, &st), 0);
	host = (int64_t)((rumpcomp_host_epoch() + now()) / SEC);
	t = st.st_mtim.tv_sec;
	CHECK(t >= host - 5 && t <= host + 5);
	close(fd);
	unlink("/rumptest-time");
}

static void
hostname(void)
{
	char a[256] = "", b[256] = "";

	CHECK_INT(gethostname(a, sizeof(a)), 0);
	CHECK_INT(rumpuser_getparam(RUMPUSER_PARAM_HOSTNAME, b, sizeof(b)), 0);
	if (strcmp(a, b) != 0) {
		test_fail(__FILE__, __LINE__, "hostname");
		test_note("%s, not %s", a, b);
	}
}

static void
ncpu(void)
{
	char buf[16];

	CHECK_INT(rumpuser_getparam(RUMPUSER_PARAM_NCPU, buf, sizeof(buf)), 0);
	CHECK_INT(sysconf(_SC_NPROCESSORS_ONLN), atoi(buf));
}

static void
files(void)
{
	static char a[70000], b[70000];
	struct stat st;
	int fd, i;

	for (i = 0; i < (int)sizeof(a); i++)
		a[i] = (char)(i * 31 + (i >> 8));
	fd = open("/rumptest-file", O_CREAT | O_TRUNC | O_RDWR, 0644);
	CHECK(fd >= 0);
	if (fd < 0)
		return;
	CHECK_INT(write(fd, a, sizeof(a)), sizeof(a));
	CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
	CHECK_INT(read(fd, b, sizeof(b)), sizeof(b));
	CHECK(memcmp(a, b, sizeof(a)) == 0);
	CHECK_INT(pread(fd, b, 100, 4095), 100);
	CHECK(memcmp(a + 4095, b, 100) == 0);
	CHECK_INT(read(fd, b, 10), 0);
	CHECK_INT(fstat(fd, &st), 0);
	CHECK_INT(st.st_size, sizeof(a));
	CHECK_INT(close(fd), 0);
	errno = 0;
	CHECK_INT(close(fd), -1);
	CHECK_INT(errno, EBADF);
	CHECK_INT(unlink("/rumptest-file"), 0);
	errno = 0;
	CHECK_INT(open("/rumptest-file", O_RDONLY), -1);
	CHECK_INT(errno, ENOENT);
}

static void
status(void)
{
	char *p = malloc(65536);
	ssize_t n;
	size_t got = 0;
	int fd;

	CHECK_INT(rump_pub_etfs_register("/rumptest-status", "sirloin:status",
	    RUMP_ETFS_REG), 0);
	fd = open("/rumptest-status", O_RDONLY);
	CHECK(fd >= 0);
	while (fd >= 0 && got < 65536 &&
	    (n = read(fd, p + got, 65536 - got)) > 0)
		got += (size_t)n;
	CHECK_INT(got, 65536);
	CHECK(p[0] == '{');
	close(fd);
	CHECK_INT(rump_pub_etfs_remove("/rumptest-status"), 0);
	free(p);
}

/* ---- a disk, by the rump kernel's block layer ---- */

static void
disk(void)
{
	static char a[32768], b[32768];
	int fd, i, e;

	e = rump_pub_etfs_register("/rumptest-blk", "blk0", RUMP_ETFS_BLK);
	if (e == ENOENT || e == ENXIO) {
		test_skip("no blk0");
		return;
	}
	CHECK_INT(e, 0);
	fd = open("/rumptest-blk", O_RDONLY);
	CHECK(fd >= 0);
	for (i = 0; i < 8 && fd >= 0; i++) {
		CHECK_INT(pread(fd, a, sizeof(a), i * 32768L), sizeof(a));
		CHECK_INT(pread(fd, b, 512, i * 32768L + 512), 512);
		CHECK(memcmp(a + 512, b, 512) == 0);
	}
	if (fd >= 0)
		close(fd);
	CHECK_INT(rump_pub_etfs_remove("/rumptest-blk"), 0);
}

/* ---- threads and sockets ---- */

#define TOTAL	(1 << 20)

static int
loopback(struct sockaddr_in *sin, int type)
{
	socklen_t len = sizeof(*sin);
	int s = socket(AF_INET, type, 0);

	CHECK(s >= 0);
	memset(sin, 0, sizeof(*sin));
	sin->sin_len = sizeof(*sin);
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(0x7f000001);
	CHECK_INT(bind(s, (struct sockaddr *)sin, sizeof(*sin)), 0);
	CHECK_INT(getsockname(s, (struct sockaddr *)sin, &len), 0);
	CHECK(sin->sin_port != 0);
	return s;
}

static void *
echo_main(void *arg)
{
	int s = accept(*(int *)arg, NULL, NULL);
	char buf[5000];
	ssize_t n, k, w;

	CHECK(s >= 0);
	while ((n = read(s, buf, sizeof(buf))) > 0)
		for (k = 0; k < n; k += w)
			if ((w = write(s, buf + k, (size_t)(n - k))) <= 0)
				return NULL;
	close(s);
	return NULL;
}

static void *
feed_main(void *arg)
{
	unsigned char buf[4096];
	int s = *(int *)arg, sent, i;
	ssize_t n;

	for (sent = 0; sent < TOTAL; sent += (int)n) {
		for (i = 0; i < (int)sizeof(buf); i++)
			buf[i] = (unsigned char)((sent + i) * 7 >> 3);
		n = write(s, buf, sizeof(buf) < (size_t)(TOTAL - sent) ?
		    sizeof(buf) : (size_t)(TOTAL - sent));
		if (n <= 0)
			break;
	}
	CHECK_INT(sent, TOTAL);
	shutdown(s, SHUT_WR);
	return NULL;
}

static void
tcp(void)
{
	unsigned char buf[3000];
	struct sockaddr_in sin;
	pthread_t echo, feed;
	int l, s, got = 0, i;
	ssize_t n;

	l = loopback(&sin, SOCK_STREAM);
	CHECK_INT(listen(l, 5), 0);
	CHECK_INT(pthread_create(&echo, NULL, echo_main, &l), 0);
	s = socket(AF_INET, SOCK_STREAM, 0);
	CHECK_INT(connect(s, (struct sockaddr *)&sin, sizeof(sin)), 0);
	CHECK_INT(pthread_create(&feed, NULL, feed_main, &s), 0);
	while ((n = read(s, buf, sizeof(buf))) > 0)
		for (i = 0; i < n; i++, got++)
			if (buf[i] != (unsigned char)(got * 7 >> 3)) {
				test_fail(__FILE__, __LINE__, "echo differs");
				i = (int)n;
			}
	CHECK_INT(got, TOTAL);
	CHECK_INT(pthread_join(feed, NULL), 0);
	CHECK_INT(pthread_join(echo, NULL), 0);
	close(s);
	close(l);
}

static void
udp(void)
{
	struct sockaddr_in a, b;
	socklen_t len = sizeof(b);
	struct pollfd p;
	char buf[100];
	int s, t;

	s = loopback(&a, SOCK_DGRAM);
	t = loopback(&b, SOCK_DGRAM);
	p.fd = s;
	p.events = POLLIN;
	CHECK_INT(poll(&p, 1, 10), 0);
	CHECK_INT(sendto(t, "hello", 5, 0, (struct sockaddr *)&a, sizeof(a)),
	    5);
	CHECK_INT(poll(&p, 1, 5000), 1);
	memset(&b, 0, sizeof(b));
	CHECK_INT(recvfrom(s, buf, sizeof(buf), 0, (struct sockaddr *)&b,
	    &len), 5);
	CHECK(memcmp(buf, "hello", 5) == 0);
	CHECK(b.sin_port != a.sin_port);
	close(s);
	close(t);
}

static void *
pipe_main(void *arg)
{
	char c;
	int *fd = arg;

	while (read(fd[0], &c, 1) == 1)
		if (write(fd[3], &c, 1) != 1)
			break;
	close(fd[3]);
	return NULL;
}

static void
pipes(void)
{
	int fd[4], i;
	pthread_t t;
	char c;

	CHECK_INT(pipe(fd), 0);
	CHECK_INT(pipe(fd + 2), 0);
	CHECK_INT(pthread_create(&t, NULL, pipe_main, fd), 0);
	for (i = 0; i < 500; i++) {
		c = (char)i;
		CHECK_INT(write(fd[1], &c, 1), 1);
		CHECK_INT(read(fd[2], &c, 1), 1);
		CHECK_INT(c, (char)i);
	}
	close(fd[1]);
	CHECK_INT(read(fd[2], &c, 1), 0);
	CHECK_INT(pthread_join(t, NULL), 0);
	close(fd[0]);
	close(fd[2]);
}

/* Many threads in the rump kernel at once. */
static int crowd_bad;

static void *
crowd_main(void *arg)
{
	char name[32], buf[100];
	int i, fd, me = (int)(intptr_t)arg;

	snprintf(name, sizeof(name), "/rumptest-%d", me);
	for (i = 0; i < 100; i++) {
		memset(buf, me + i, sizeof(buf));
		if ((fd = open(name, O_CREAT | O_RDWR, 0600)) < 0 ||
		    write(fd, buf, sizeof(buf)) != sizeof(buf) ||
		    pread(fd, buf, sizeof(buf), 0) != sizeof(buf) ||
		    buf[99] != (char)(me + i) || close(fd) != 0 ||
		    unlink(name) != 0)
			__atomic_add_fetch(&crowd_bad, 1, __ATOMIC_SEQ_CST);
		errno = me + 1000;
		if (i % 8 == 0)
			sched_yield();
		if (errno != me + 1000)
			__atomic_add_fetch(&crowd_bad, 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

static void
crowd(void)
{
	pthread_t t[10];
	int i;

	for (i = 0; i < 10; i++)
		CHECK_INT(pthread_create(&t[i], NULL, crowd_main,
		    (void *)(intptr_t)i), 0);
	for (i = 0; i < 10; i++)
		CHECK_INT(pthread_join(t[i], NULL), 0);
	CHECK_INT(crowd_bad, 0);
}

const struct test tests_whole[] = {
	{ "whole: clocks of full resolution", times },
	{ "whole: the rump kernel's clock", kernel_time },
	{ "whole: hostname", hostname },
	{ "whole: CPU count", ncpu },
	{ "whole: files", files },
	{ "whole: status through etfs", status },
	{ "whole: disk through etfs", disk },
	{ "whole: TCP on loopback", tcp },
	{ "whole: UDP on loopback, poll", udp },
	{ "whole: pipes", pipes },
	{ "whole: a crowd of threads", crowd },
	{ NULL, NULL }
};
