/* t_fd.c: descriptors, pipes, devices, time, the system. */
#include "fstest.h"
#include <rump/rump.h>

static void
t_dup(void)
{
	char c[4];
	int fd, fd2;

	put_file(in("dup"), "abcd");
	fd = rump_sys_open(in("dup"), O_RDONLY);
	fd2 = rump_sys_dup(fd);
	CHECK(fd2 > fd);
	CHECK_INT(rump_sys_read(fd, c, 1), 1);
	CHECK_INT(rump_sys_read(fd2, c, 1), 1);		/* one position */
	CHECK_INT(c[0], 'b');
	CHECK_INT(rump_sys_dup2(fd, 40), 40);
	CHECK_INT(rump_sys_close(fd), 0);
	CHECK_ERR(rump_sys_read(fd, c, 1), EBADF);
	CHECK_INT(rump_sys_read(40, c, 1), 1);
	CHECK_INT(c[0], 'c');
	CHECK_INT(rump_sys_dup2(fd2, fd2), fd2);
	CHECK_INT(rump_sys_fcntl(fd2, F_DUPFD, 60), 60);
	CHECK_INT(rump_sys_dup2(fd2, 60), 60);
	CHECK_ERR(rump_sys_dup(fd), EBADF);
	CHECK_ERR(rump_sys_dup2(fd, 3), EBADF);
	CHECK_INT(rump_sys_close(fd2), 0);
	CHECK_INT(rump_sys_close(40), 0);
	CHECK_INT(rump_sys_close(60), 0);
	CHECK_ERR(rump_sys_close(60), EBADF);
	CHECK_ERR(rump_sys_close(-1), EBADF);
	CHECK_INT(rump_sys_unlink(in("dup")), 0);
}

static void
t_fcntl(void)
{
	int fd, flags;

	fd = rump_sys_open(in("fc"), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	CHECK_INT(rump_sys_fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_INT(rump_sys_fcntl(fd, F_SETFD, 0), 0);
	CHECK_INT(rump_sys_fcntl(fd, F_GETFD), 0);
	flags = rump_sys_fcntl(fd, F_GETFL);
	CHECK_INT(flags & O_ACCMODE, O_RDWR);
	CHECK_INT(rump_sys_fcntl(fd, F_SETFL, flags | O_APPEND), 0);
	CHECK((rump_sys_fcntl(fd, F_GETFL) & O_APPEND) != 0);
	CHECK_ERR(rump_sys_fcntl(99, F_GETFL), EBADF);
	CHECK_INT(rump_sys_close(fd), 0);
	fd = rump_sys_open(in("fc"), O_RDONLY);
	CHECK_ERR(rump_sys_write(fd, "x", 1), EBADF);
	rump_sys_close(fd);
	fd = rump_sys_open(in("fc"), O_WRONLY);
	CHECK_ERR(rump_sys_read(fd, &flags, 1), EBADF);
	CHECK_ERR(rump_sys_ioctl(fd, TIOCGWINSZ, &flags), ENOTTY);
	rump_sys_close(fd);
	CHECK_INT(rump_sys_unlink(in("fc")), 0);
}

/* Many descriptors: the table grows; the lowest free one is taken. */
static void
t_many(void)
{
	int fd[200];

	put_file(in("many"), "m");
	for (int i = 0; i < 200; i++) {
		fd[i] = rump_sys_open(in("many"), O_RDONLY);
		if (fd[i] < 0) {	/* NetBSD's limit */
			CHECK_INT(errno, EMFILE);
			CHECK(i > 40);
		}
	}
	CHECK_INT(rump_sys_close(fd[10]), 0);
	CHECK_INT(rump_sys_open(in("many"), O_RDONLY), fd[10]);
	for (int i = 0; i < 200; i++)
		if (fd[i] >= 0)
			CHECK_INT(rump_sys_close(fd[i]), 0);
	CHECK_INT(rump_sys_unlink(in("many")), 0);
}

static void
t_pipe(void)
{
	static char buf[100000];
	int fd[2], n;

	CHECK_INT(rump_sys_pipe2(fd, O_NONBLOCK), 0);
	CHECK_ERR(rump_sys_read(fd[0], buf, 1), EAGAIN);
	CHECK_INT(rump_sys_write(fd[1], "hello", 5), 5);
	CHECK_INT(rump_sys_ioctl(fd[0], FIONREAD, &n), 0);
	CHECK_INT(n, 5);
	CHECK_INT(rump_sys_read(fd[0], buf, sizeof(buf)), 5);
	CHECK(memcmp(buf, "hello", 5) == 0);
	n = rump_sys_write(fd[1], buf, sizeof(buf));
	CHECK(n >= 4096 && n < (int)sizeof(buf));
	CHECK_ERR(rump_sys_write(fd[1], buf, 512), EAGAIN);
	for (int got = 0, k; got < n; got += k)
		if ((k = rump_sys_read(fd[0], buf, 3000)) <= 0) {
			CHECK_INT(k, 1);
			break;
		}
	CHECK_ERR(rump_sys_lseek(fd[0], 0, SEEK_SET), ESPIPE);
	CHECK_ERR(rump_sys_pread(fd[0], buf, 1, 0), ESPIPE);
	CHECK_ERR(rump_sys_write(fd[0], buf, 1), EBADF);
	CHECK_INT(rump_sys_close(fd[1]), 0);
	CHECK_INT(rump_sys_read(fd[0], buf, 1), 0);
	CHECK_INT(rump_sys_close(fd[0]), 0);
	CHECK_INT(rump_sys_pipe2(fd, 0), 0);
	CHECK_INT(rump_sys_close(fd[0]), 0);
	CHECK_ERR(rump_sys_write(fd[1], "x", 1), EPIPE);
	CHECK_INT(rump_sys_close(fd[1]), 0);
}

static void
t_devices(void)
{
	unsigned char a[32] = { 1 }, b[32] = { 1 };
	int fd;

	if (!exists("/dev/null") || !exists("/dev/urandom")) {
		test_skip("this kernel is linked without devices");
		return;
	}
	fd = rump_sys_open("/dev/null", O_RDWR);
	CHECK(fd >= 0);
	CHECK_INT(rump_sys_write(fd, a, 32), 32);
	CHECK_INT(rump_sys_read(fd, a, 32), 0);
	rump_sys_close(fd);
	fd = rump_sys_open("/dev/zero", O_RDONLY);
	CHECK_INT(rump_sys_read(fd, a, 32), 32);
	CHECK_INT(a[0], 0);
	rump_sys_close(fd);
	fd = rump_sys_open("/dev/urandom", O_RDONLY);
	CHECK_INT(rump_sys_read(fd, a, 32), 32);
	CHECK_INT(rump_sys_read(fd, b, 32), 32);
	CHECK(memcmp(a, b, 32) != 0);
	rump_sys_close(fd);
}

static void
t_time(void)
{
	struct timespec a, b, c, ms = { 0, 3000000 }, bad = { 0, 1000000000 };
	struct timeval tv;

	CHECK_INT(rump_sys_clock_gettime(CLOCK_MONOTONIC, &a), 0);
	CHECK_INT(rump_sys_nanosleep(&ms, NULL), 0);
	CHECK_INT(rump_sys_clock_gettime(CLOCK_MONOTONIC, &b), 0);
	CHECK((b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec >=
	    3000000);
	CHECK_ERR(rump_sys_nanosleep(&bad, NULL), EINVAL);
	CHECK_ERR(rump_sys_clock_gettime(12345, &a), EINVAL);
	CHECK_INT(rump_sys_clock_gettime(CLOCK_REALTIME, &a), 0);
	CHECK(a.tv_sec > 1600000000);		/* 2020 */
	CHECK_INT(rump_sys_gettimeofday(&tv, NULL), 0);
	CHECK(tv.tv_sec - a.tv_sec <= 1);
	b = (struct timespec){ 1700000000, 500000000 };
	CHECK_INT(rump_sys_clock_settime(CLOCK_REALTIME, &b), 0);
	CHECK_INT(rump_sys_clock_gettime(CLOCK_REALTIME, &c), 0);
	CHECK(c.tv_sec == 1700000000 || c.tv_sec == 1700000001);
	CHECK_INT(rump_sys_clock_settime(CLOCK_REALTIME, &a), 0);
}

static void
t_system(void)
{
	static const int hostname[] = { CTL_KERN, KERN_HOSTNAME };
	char was[256], now[256];
	size_t n = sizeof(was);

	CHECK(rump_sys_getpid() > 0);
	CHECK_INT(rump_sys___sysctl(hostname, 2, was, &n, NULL, 0), 0);
	CHECK_INT(n, strlen(was) + 1);
	CHECK_INT(rump_sys___sysctl(hostname, 2, NULL, NULL, "box", 3), 0);
	n = sizeof(now);
	CHECK_INT(rump_sys___sysctl(hostname, 2, now, &n, NULL, 0), 0);
	CHECK(strcmp(now, "box") == 0);
	n = 2;
	CHECK_ERR(rump_sys___sysctl(hostname, 2, now, &n, NULL, 0), ENOMEM);
	CHECK_INT(rump_sys___sysctl(hostname, 2, NULL, NULL, was,
	    strlen(was)), 0);
}

/* Processes of the rump kernel: descriptors of their own, copies, the same. */
static void
t_processes(void)
{
	struct lwp *first = rump_pub_lwproc_curlwp(), *second;
	pid_t pid = rump_sys_getpid();
	char c;
	int fd, fd2;

	put_file(in("proc"), "p");
	fd = rump_sys_open(in("proc"), O_RDONLY);
	CHECK_INT(rump_pub_lwproc_rfork(RUMP_RFCFDG), 0);
	second = rump_pub_lwproc_curlwp();
	CHECK(second != first);
	CHECK(rump_sys_getpid() != pid);
	CHECK_ERR(rump_sys_read(fd, &c, 1), EBADF);
	CHECK_INT(rump_sys_open(in("proc"), O_RDONLY), 0);
	rump_pub_lwproc_switch(first);
	CHECK_INT(rump_sys_getpid(), pid);
	CHECK_INT(rump_sys_read(fd, &c, 1), 1);
	rump_pub_lwproc_switch(second);
	CHECK_INT(rump_sys_read(0, &c, 1), 1);
	rump_pub_lwproc_releaselwp();		/* the process ends */
	CHECK(rump_pub_lwproc_curlwp() == NULL);
	rump_pub_lwproc_switch(first);

	CHECK_INT(rump_pub_lwproc_rfork(RUMP_RFFDG), 0);
	CHECK_INT(rump_sys_read(fd, &c, 1), 0);	/* at its end, as ours is */
	CHECK_INT(rump_sys_close(fd), 0);
	fd2 = rump_sys_open(in("proc"), O_RDONLY);
	CHECK_INT(fd2, fd);
	rump_pub_lwproc_releaselwp();
	rump_pub_lwproc_switch(first);
	CHECK_INT(rump_sys_lseek(fd, 0, SEEK_CUR), 1);
	CHECK_INT(rump_sys_close(fd), 0);
	CHECK_INT(rump_pub_lwproc_newlwp(12345), ESRCH);
	CHECK_INT(rump_pub_lwproc_rfork(RUMP_RFFDG | RUMP_RFCFDG), EINVAL);
	CHECK_INT(rump_sys_unlink(in("proc")), 0);
}

const struct test tests_fd[] = {
	{ "dup, dup2, close", t_dup },
	{ "fcntl, access modes", t_fcntl },
	{ "many descriptors", t_many },
	{ "pipes", t_pipe },
	{ "/dev", t_devices },
	{ "clocks, sleep", t_time },
	{ "pid, host name", t_system },
	{ "processes", t_processes },
	{ NULL, NULL }
};
