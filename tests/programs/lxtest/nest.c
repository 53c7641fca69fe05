/* nest.c: epolls in epolls; descriptors and more in messages. */
#include "lxtest.h"

static void
add(int ep, int fd, uint32_t events, int data)
{
	struct epoll_event ev = { .events = events, .data.u32 = (uint32_t)data };

	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) == 0);
}

void
t_epoll_nested(void)
{
	int in = epoll_create1(0), out = epoll_create1(0), p[2], chain[7];
	struct epoll_event ev[4];
	struct pollfd pfd = { in, POLLIN, 0 };
	fd_set set;
	char c;

	CHECK(pipe(p) == 0);
	add(in, p[0], EPOLLIN, 1);
	add(out, in, EPOLLIN, 2);
	CHECK(epoll_wait(out, ev, 4, 0) == 0 && poll(&pfd, 1, 0) == 0);
	CHECK(write(p[1], "x", 1) == 1);
	CHECK(epoll_wait(out, ev, 4, 5000) == 1 && ev[0].data.u32 == 2 &&
	    (ev[0].events & EPOLLIN) != 0);
	CHECK(poll(&pfd, 1, 5000) == 1 && (pfd.revents & POLLIN) != 0);
	FD_ZERO(&set);
	FD_SET(in, &set);
	CHECK(select(in + 1, &set, NULL, NULL, NULL) == 1 && FD_ISSET(in, &set));
	CHECK(epoll_wait(in, ev, 4, 0) == 1 && ev[0].data.u32 == 1);
	CHECK(read(p[0], &c, 1) == 1);
	CHECK(epoll_wait(out, ev, 4, 0) == 0 && poll(&pfd, 1, 0) == 0);
	/* what comes while it waits, and what is added to the inner one */
	CHECK(epoll_wait(out, ev, 4, 20) == 0);
	FAILS(epoll_ctl(out, EPOLL_CTL_ADD, out, ev), EINVAL);
	FAILS(epoll_ctl(in, EPOLL_CTL_ADD, out, ev), ELOOP);
	CHECK(write(p[1], "x", 1) == 1 && epoll_wait(out, ev, 4, 5000) == 1);
	CHECK(epoll_ctl(in, EPOLL_CTL_DEL, p[0], NULL) == 0);
	CHECK(epoll_wait(out, ev, 4, 0) == 0);
	add(in, p[0], EPOLLIN | EPOLLET, 3);
	CHECK(epoll_wait(out, ev, 4, 5000) == 1);
	CHECK(close(in) == 0 && epoll_wait(out, ev, 4, 0) == 0);
	close(out);
	chain[0] = p[0];
	for (int i = 1; i < 7; i++) {
		struct epoll_event e = { .events = EPOLLIN };

		chain[i] = epoll_create1(0);
		if (i < 6)
			add(chain[i], chain[i - 1], EPOLLIN, i);
		else
			FAILS(epoll_ctl(chain[i], EPOLL_CTL_ADD, chain[i - 1],
			    &e), ELOOP);
	}
	CHECK(epoll_wait(chain[5], ev, 4, 5000) == 1 && ev[0].data.u32 == 5);
	for (int i = 0; i < 7; i++)
		close(chain[i]);
	close(p[1]);
}

static ssize_t
send_fds(int s, const int *fds, size_t n, const char *text)
{
	union { char b[CMSG_SPACE(4 * sizeof(int))]; struct cmsghdr h; } u;
	struct iovec iov = { (void *)text, strlen(text) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &u,
	    .msg_controllen = CMSG_SPACE(n * sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	return sendmsg(s, &m, 0);
}

/* How many came, and the flags; text as well. */
static size_t
receive_fds(int s, int *fds, size_t max, char *text, int flags, int *mflags)
{
	union { char b[CMSG_SPACE(4 * sizeof(int))]; struct cmsghdr h; } u;
	struct iovec iov = { text, 15 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = max > 0 ? &u : NULL,
	    .msg_controllen = max > 0 ? CMSG_SPACE(max * sizeof(int)) : 0 };
	ssize_t r = recvmsg(s, &m, flags);
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	size_t n;

	CHECK(r >= 0);
	text[r > 0 ? r : 0] = 0;
	*mflags = m.msg_flags;
	if (c == NULL)
		return 0;
	CHECK(c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS);
	n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fds, CMSG_DATA(c), n * sizeof(int));
	return n;
}

static void
rights(int type)
{
	int s[2], p[2], got[4], fl;
	char text[16], c;

	CHECK(socketpair(AF_UNIX, type, 0, s) == 0 && pipe(p) == 0);
	CHECK(send_fds(s[0], p, 2, "two") == 3);
	close(p[0]);			/* they live on their way */
	close(p[1]);
	CHECK(receive_fds(s[1], got, 4, text, MSG_CMSG_CLOEXEC, &fl) == 2);
	CHECK(strcmp(text, "two") == 0 && (fl & MSG_CTRUNC) == 0);
	CHECK(fcntl(got[0], F_GETFD) == FD_CLOEXEC);
	CHECK(write(got[1], "x", 1) == 1 && read(got[0], &c, 1) == 1 && c == 'x');
	FAILS(send_fds(s[0], (int[]){ 999 }, 1, "bad"), EBADF);
	/* those that nobody has room for are lost, and it is said */
	CHECK(send_fds(s[0], (int[]){ got[0], got[1], got[0] }, 3, "gone") == 4);
	CHECK(receive_fds(s[1], got + 2, 1, text, 0, &fl) <= 2);
	CHECK(strcmp(text, "gone") == 0 && (fl & MSG_CTRUNC) != 0);
	close(s[0]);
	close(s[1]);
	close(got[1]);
	close(got[0]);
}

/* A datagram's receiver asks where it was sent to. */
static void
pktinfo(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	union { char b[256]; struct cmsghdr h; } u;
	int r = socket(AF_INET, SOCK_DGRAM, 0), w = socket(AF_INET, SOCK_DGRAM, 0);
	char buf[8];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &u,
	    .msg_controllen = sizeof(u) };
	socklen_t n = sizeof(a);
	struct in_pktinfo pi;
	int on = 1;

	CHECK(bind(r, (void *)&a, sizeof(a)) == 0 &&
	    getsockname(r, (void *)&a, &n) == 0);
	if (setsockopt(r, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) == 0) {
		CHECK(sendto(w, "hello", 5, 0, (void *)&a, n) == 5);
		CHECK(recvmsg(r, &m, 0) == 5);
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		CHECK(c != NULL && c->cmsg_level == IPPROTO_IP &&
		    c->cmsg_type == IP_PKTINFO);
		if (c != NULL) {
			memcpy(&pi, CMSG_DATA(c), sizeof(pi));
			CHECK(pi.ipi_addr.s_addr == htonl(INADDR_LOOPBACK));
		}
	} else
		CHECK(errno == ENOPROTOOPT);
	close(r);
	close(w);
}

void
t_messages(void)
{

	rights(SOCK_STREAM);
	rights(SOCK_DGRAM);
	pktinfo();
}
