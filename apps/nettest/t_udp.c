/* t_udp.c: datagrams; AF_LOCAL pairs. */
#include "nettest.h"

static int
bound(int family, int *port)
{
	union addr a;
	socklen_t len = addr_loop(&a, family, 0);
	int fd = socket(family, SOCK_DGRAM, 0);

	if (bind(fd, &a.sa, len) != 0)
		return -1;
	*port = addr_port(fd);
	return fd;
}

static void
simple(int family)
{
	union addr a, from;
	socklen_t len, flen = sizeof(from);
	char buf[64];
	struct iovec iov = { buf, 3 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int s, c, port;

	s = bound(family, &port);
	OK("a bound datagram socket", s >= 0);
	c = socket(family, SOCK_DGRAM, 0);
	FAILS("send to nobody", send(c, "x", 1, 0), EDESTADDRREQ);
	len = addr_loop(&a, family, port);
	IS("sendto", sendto(c, "hello", 5, 0, &a.sa, len), 5);
	IS("recvfrom", recvfrom(s, buf, sizeof(buf), 0, &from.sa, &flen), 5);
	OK("what was sent", memcmp(buf, "hello", 5) == 0);
	OK("with a name", flen == len && from.sa.sa_family == family &&
	    from.sa.sa_len == len);
	IS("reply", sendto(s, "back", 4, 0, &from.sa, flen), 4);
	IS("arrives", recv(c, buf, sizeof(buf), 0), 4);
	FAILS("nothing more", recv(c, buf, 1, MSG_DONTWAIT), EAGAIN);

	sendto(c, "truncated", 9, 0, &a.sa, len);
	OK("readable", readable(s, 1000));
	IS("recvmsg of a part", recvmsg(s, &msg, 0), 3);
	OK("says MSG_TRUNC", (msg.msg_flags & MSG_TRUNC) != 0);
	FAILS("the rest is gone", recv(s, buf, 1, MSG_DONTWAIT), EAGAIN);
	IS("an empty datagram", sendto(c, "", 0, 0, &a.sa, len), 0);
	OK("is one", readable(s, 1000));
	IS("of no bytes", recv(s, buf, sizeof(buf), 0), 0);
	close(s);
	close(c);
}

static void
connected(int family)
{
	union addr a;
	socklen_t len;
	char buf[16];
	int s, c, other, port, cport;

	s = bound(family, &port);
	c = bound(family, &cport);
	other = socket(family, SOCK_DGRAM, 0);
	len = addr_loop(&a, family, port);
	IS("connect", connect(c, &a.sa, len), 0);
	IS("send", send(c, "1", 1, 0), 1);
	IS("write", write(c, "2", 1), 1);
	IS("arrives", recv(s, buf, 16, 0), 1);
	IS("in two", recv(s, buf, 16, 0), 1);
	FAILS("sendto: it is connected", sendto(c, "3", 1, 0, &a.sa, len),
	    EISCONN);
	len = addr_loop(&a, family, cport);
	sendto(other, "no", 2, 0, &a.sa, len);
	usleep(10000);
	FAILS("others are not heard", recv(c, buf, 16, MSG_DONTWAIT), EAGAIN);
	sendto(s, "yes", 3, 0, &a.sa, len);
	IS("the peer is", recv(c, buf, 16, 0), 3);
	close(s);
	close(c);
	close(other);
}

static void
sizes(int family)
{
	static uint8_t out[65536], in[65536];
	static const int size[] = { 1, 1472, 1473, 9000, 32000 };
	union addr a;
	socklen_t len;
	int s, c, port;
	char what[40];

	s = bound(family, &port);
	c = socket(family, SOCK_DGRAM, 0);
	len = addr_loop(&a, family, port);
	(void)setsockopt(c, SOL_SOCKET, SO_SNDBUF, &(int){ 65536 }, sizeof(int));
	pattern_fill(out, 0, sizeof(out));
	for (int i = 0; i < 5; i++) {
		snprintf(what, sizeof(what), "%d bytes", size[i]);
		IS(what, sendto(c, out, size[i], 0, &a.sa, len), size[i]);
		OK("come", readable(s, 1000));
		IS("at once", recv(s, in, sizeof(in), MSG_DONTWAIT), size[i]);
		OK("as they were", pattern_check(in, 0, size[i]));
	}
	FAILS("too large", sendto(c, out, 65530, 0, &a.sa, len), EMSGSIZE);
	close(s);
	close(c);
}

void
test_udp(int family)
{

	simple(family);
	connected(family);
	sizes(family);
}

/* ---- AF_LOCAL ---- */

static void *
local_sender(void *arg)
{
	static uint8_t buf[10000];
	size_t done = 0;
	ssize_t n;

	while (done < 1 << 20) {
		pattern_fill(buf, done, sizeof(buf));
		n = write(*(int *)arg, buf, sizeof(buf));
		if (n <= 0)
			break;
		done += n;
	}
	close(*(int *)arg);
	return NULL;
}

void
test_local(void)
{
	static uint8_t buf[7777];
	struct pollfd pfd;
	size_t got = 0;
	ssize_t n;
	pthread_t t;
	bool good = true;
	int fd[2];

	FAILS("socketpair: not of AF_INET", socketpair(AF_INET, SOCK_STREAM, 0,
	    fd), EOPNOTSUPP);
	IS("socketpair", socketpair(AF_LOCAL, SOCK_STREAM, 0, fd), 0);
	IS("write", write(fd[0], "hi", 2), 2);
	IS("read", read(fd[1], buf, 10), 2);
	pthread_create(&t, NULL, local_sender, &fd[1]);
	while ((n = read(fd[0], buf, sizeof(buf))) > 0) {
		good = good && pattern_check(buf, got, n);
		got += n;
	}
	pthread_join(t, NULL);
	OK("1 MB through a pair", good && n == 0 && got >= 1 << 20);
	pfd = (struct pollfd){ .fd = fd[0], .events = POLLIN };
	OK("the end is seen by poll", poll(&pfd, 1, 0) == 1);
	FAILS("writing to nobody", send(fd[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	close(fd[0]);

	IS("a pair for datagrams", socketpair(AF_LOCAL, SOCK_DGRAM, 0, fd), 0);
	write(fd[0], "abc", 3);
	write(fd[0], "de", 2);
	IS("the first", read(fd[1], buf, 10), 3);
	IS("the second", read(fd[1], buf, 10), 2);
	close(fd[0]);
	close(fd[1]);
}
