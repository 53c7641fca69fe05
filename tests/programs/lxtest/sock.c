/* sock.c: sockets. */
#include "lxtest.h"

static void *
echo(void *arg)
{
	int s = accept(*(int *)arg, NULL, NULL);
	char buf[4096];
	ssize_t n;

	while ((n = recv(s, buf, sizeof(buf), 0)) > 0)
		CHECK(send(s, buf, (size_t)n, MSG_NOSIGNAL) == n);
	close(s);
	return NULL;
}

static void
tcp(int family, const struct sockaddr *any, socklen_t len)
{
	struct sockaddr_storage ss, peer;
	socklen_t n = sizeof(ss);
	int l = socket(family, SOCK_STREAM, 0), s, v = 1;
	char buf[10000] = "", got[10000];
	pthread_t t;

	CHECK(l >= 0);
	CHECK(setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &v, sizeof(v)) == 0);
	CHECK(bind(l, any, len) == 0 && listen(l, 511) == 0);
	CHECK(getsockname(l, (void *)&ss, &n) == 0 && n == len);
	CHECK(ss.ss_family == family);
	pthread_create(&t, NULL, echo, &l);
	s = socket(family, SOCK_STREAM, 0);
	CHECK(connect(s, (void *)&ss, n) == 0);
	CHECK(setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &v, sizeof(v)) == 0);
	n = sizeof(peer);
	CHECK(getpeername(s, (void *)&peer, &n) == 0 &&
	    memcmp(&peer, &ss, 8) == 0);
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (char)(i * 7);
	CHECK(send(s, buf, sizeof(buf), 0) == sizeof(buf));
	CHECK(recv(s, got, sizeof(got), MSG_WAITALL) == sizeof(got));
	CHECK(memcmp(buf, got, sizeof(buf)) == 0);
	n = sizeof(v);
	CHECK(getsockopt(s, SOL_SOCKET, SO_ERROR, &v, &n) == 0 && v == 0);
	CHECK(shutdown(s, SHUT_WR) == 0 && recv(s, got, 1, 0) == 0);
	pthread_join(t, NULL);
	close(s);
	close(l);
	s = socket(family, SOCK_STREAM, 0);
	FAILS(connect(s, (void *)&ss, len), ECONNREFUSED);
	close(s);
}

void
t_tcp(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	tcp(AF_INET, (void *)&in, sizeof(in));
}

void
t_tcp6(void)
{
	struct sockaddr_in6 in = { .sin6_family = AF_INET6,
	    .sin6_addr = IN6ADDR_LOOPBACK_INIT };

	tcp(AF_INET6, (void *)&in, sizeof(in));
}

void
t_udp(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, from;
	struct iovec iov[2] = { { "ab", 2 }, { "cde", 3 } };
	struct msghdr m = { .msg_name = &in, .msg_namelen = sizeof(in),
	    .msg_iov = iov, .msg_iovlen = 2 };
	socklen_t n = sizeof(in);
	char buf[16];
	int a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0);

	CHECK(bind(a, (void *)&in, sizeof(in)) == 0);
	CHECK(getsockname(a, (void *)&in, &n) == 0);
	CHECK(sendmsg(b, &m, 0) == 5);
	n = sizeof(from);
	CHECK(recvfrom(a, buf, sizeof(buf), 0, (void *)&from, &n) == 5);
	CHECK(memcmp(buf, "abcde", 5) == 0 && from.sin_family == AF_INET &&
	    from.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
	FAILS(recv(a, buf, sizeof(buf), MSG_DONTWAIT), EAGAIN);
	close(a);
	close(b);
}
