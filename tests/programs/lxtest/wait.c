/* wait.c: pipes, select, epoll, eventfd, timerfd. */
#include "lxtest.h"

void
t_pipe(void)
{
	struct pollfd pfd;
	char c;
	int p[2];

	CHECK(pipe2(p, O_NONBLOCK) == 0);
	FAILS(read(p[0], &c, 1), EAGAIN);
	pfd = (struct pollfd){ p[0], POLLIN, 0 };
	CHECK(poll(&pfd, 1, 0) == 0);
	CHECK(write(p[1], "x", 1) == 1);
	CHECK(poll(&pfd, 1, 1000) == 1 && pfd.revents == POLLIN);
	CHECK(read(p[0], &c, 1) == 1 && c == 'x');
	close(p[1]);
	CHECK(poll(&pfd, 1, 1000) == 1 && (pfd.revents & POLLHUP));
	CHECK(read(p[0], &c, 1) == 0);
	close(p[0]);
}

void
t_select(void)
{
	struct timeval tv = { 0, 20000 };
	fd_set in;
	int p[2];

	CHECK(pipe(p) == 0);
	FD_ZERO(&in);
	FD_SET(p[0], &in);
	double t0 = now();
	CHECK(select(p[0] + 1, &in, NULL, NULL, &tv) == 0 && now() - t0 > 0.015);
	CHECK(!FD_ISSET(p[0], &in));
	FD_SET(p[0], &in);
	CHECK(write(p[1], "x", 1) == 1);
	CHECK(select(p[0] + 1, &in, NULL, NULL, NULL) == 1);
	CHECK(FD_ISSET(p[0], &in));
	close(p[0]);
	close(p[1]);
	FD_SET(p[0], &in);
	FAILS(select(p[0] + 1, &in, NULL, NULL, NULL), EBADF);
}

void
t_epoll(void)
{
	struct epoll_event ev, out[4];
	int ep = epoll_create1(0), p[2];
	char c;

	CHECK(ep >= 0 && pipe(p) == 0);
	ev.events = EPOLLIN;
	ev.data.u64 = 0x1234567890;
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev) == 0);
	FAILS(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev), EEXIST);
	CHECK(epoll_wait(ep, out, 4, 0) == 0);
	CHECK(write(p[1], "xy", 2) == 2);
	for (int i = 0; i < 2; i++)	/* as long as there is something */
		CHECK(epoll_wait(ep, out, 4, 100) == 1 &&
		    out[0].data.u64 == 0x1234567890 && out[0].events == EPOLLIN);
	CHECK(read(p[0], &c, 1) == 1);
	ev.events = EPOLLIN | EPOLLONESHOT;
	CHECK(epoll_ctl(ep, EPOLL_CTL_MOD, p[0], &ev) == 0);
	CHECK(epoll_wait(ep, out, 4, 100) == 1 && epoll_wait(ep, out, 4, 0) == 0);
	CHECK(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL) == 0);
	FAILS(epoll_ctl(ep, EPOLL_CTL_DEL, p[0], NULL), ENOENT);
	FAILS(epoll_wait(p[0], out, 4, 0), EINVAL);
	close(p[0]);
	close(p[1]);
	close(ep);
}

void
t_epoll_edge(void)
{
	struct epoll_event ev, out[4];
	int ep = epoll_create1(0), s[2];
	char buf[16];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s) == 0);
	ev.events = EPOLLIN | EPOLLOUT | EPOLLET;
	ev.data.fd = s[0];
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, s[0], &ev) == 0);
	CHECK(epoll_wait(ep, out, 4, 100) == 1 && out[0].events == EPOLLOUT);
	CHECK(epoll_wait(ep, out, 4, 10) == 0);		/* told once */
	CHECK(write(s[1], "abc", 3) == 3);
	CHECK(epoll_wait(ep, out, 4, 100) == 1 && (out[0].events & EPOLLIN));
	CHECK(epoll_wait(ep, out, 4, 10) == 0);
	while (read(s[0], buf, sizeof(buf)) > 0)
		;
	CHECK(errno == EAGAIN);
	CHECK(write(s[1], "def", 3) == 3);
	CHECK(epoll_wait(ep, out, 4, 100) == 1 && (out[0].events & EPOLLIN));
	close(s[0]);
	close(s[1]);
	close(ep);
}

static int evfd;
static void *
poster(void *arg)
{
	uint64_t v = 3;

	usleep(20000);
	CHECK(write(evfd, &v, 8) == 8);
	return NULL;
}

void
t_eventfd(void)
{
	struct pollfd pfd;
	pthread_t t;
	uint64_t v = 1;

	evfd = eventfd(0, 0);
	pthread_create(&t, NULL, poster, NULL);
	CHECK(read(evfd, &v, 8) == 8 && v == 3);	/* waits */
	pthread_join(t, NULL);
	CHECK(fcntl(evfd, F_SETFL, O_NONBLOCK) == 0);
	FAILS(read(evfd, &v, 8), EAGAIN);
	v = 5;
	CHECK(write(evfd, &v, 8) == 8 && write(evfd, &v, 8) == 8);
	pfd = (struct pollfd){ evfd, POLLIN, 0 };
	CHECK(poll(&pfd, 1, 0) == 1);
	CHECK(read(evfd, &v, 8) == 8 && v == 10);
	CHECK(poll(&pfd, 1, 0) == 0);
	close(evfd);
	evfd = eventfd(2, EFD_SEMAPHORE);
	CHECK(read(evfd, &v, 8) == 8 && v == 1);
	CHECK(read(evfd, &v, 8) == 8 && v == 1);
	close(evfd);
}

void
t_timerfd(void)
{
	struct itimerspec it = { { 0, 10000000 }, { 0, 20000000 } };
	struct epoll_event ev = { .events = EPOLLIN }, out;
	int fd = timerfd_create(CLOCK_MONOTONIC, 0), ep = epoll_create1(0);
	double t0 = now();
	uint64_t n;

	CHECK(timerfd_settime(fd, 0, &it, NULL) == 0);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) == 0);
	CHECK(epoll_wait(ep, &out, 1, 2000) == 1 && now() - t0 >= 0.019);
	CHECK(read(fd, &n, 8) == 8 && n >= 1);
	usleep(90000);
	CHECK(read(fd, &n, 8) == 8 && n >= 3);
	it = (struct itimerspec){ { 0, 0 }, { 0, 0 } };
	CHECK(timerfd_settime(fd, 0, &it, NULL) == 0);
	CHECK(epoll_wait(ep, &out, 1, 30) == 0);
	close(fd);
	close(ep);
}
