/* t_basic.c: making, binding and naming sockets, and the errors of that. */
#include "nettest.h"

static void
bad_sockets(int family)
{
	union addr b;
	int fd;

	FAILS("socket: unknown family", socket(77, SOCK_STREAM, 0),
	    EAFNOSUPPORT);
	FAILS("socket: TCP isn't for datagrams",
	    socket(family, SOCK_DGRAM, IPPROTO_TCP), EPROTONOSUPPORT);
	FAILS("socket: UDP isn't for streams",
	    socket(family, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT);
	FAILS("bind: bad descriptor", bind(9999, &b.sa,
	    addr_loop(&b, family, 0)), EBADF);
	FAILS("listen: bad descriptor", listen(9999, 1), EBADF);
	fd = open("/", O_RDONLY);
	OK("open a directory", fd >= 0);
	FAILS("listen: not a socket", listen(fd, 1), ENOTSOCK);
	FAILS("recv: not a socket", recv(fd, &fd, 1, 0), ENOTSOCK);
	close(fd);
}

static void
binding(int family)
{
	union addr a, b;
	socklen_t len, blen = sizeof(b);
	int fd = socket(family, SOCK_STREAM, 0), fd2, port;

	OK("socket", fd >= 0);
	len = addr_loop(&a, family, 0);
	a.sa.sa_family = family == AF_INET ? AF_INET6 : AF_INET;
	FAILS("bind: wrong family", bind(fd, &a.sa, len), EAFNOSUPPORT);
	a.sa.sa_family = family;
	FAILS("bind: short address", bind(fd, &a.sa, 7), EINVAL);
	if (family == AF_INET)
		a.in.sin_addr.s_addr = htonl(0xc0000201);
	else
		inet_pton(AF_INET6, "2001:db8::77", &a.in6.sin6_addr);
	FAILS("bind: not our address", bind(fd, &a.sa, len), EADDRNOTAVAIL);
	len = addr_loop(&a, family, 0);
	IS("bind", bind(fd, &a.sa, len), 0);
	IS("getsockname", getsockname(fd, &b.sa, &blen), 0);
	OK("its length", blen == len && b.sa.sa_len == len);
	OK("its family", b.sa.sa_family == family);
	port = addr_port(fd);
	OK("a port was chosen", port > 1023);
	FAILS("bind again", bind(fd, &a.sa, len), EINVAL);
	fd2 = socket(family, SOCK_STREAM, 0);
	IS("listen", listen(fd, 5), 0);
	len = addr_loop(&a, family, port);
	FAILS("bind: in use", bind(fd2, &a.sa, len), EADDRINUSE);
	blen = 4;
	IS("getsockname: little room", getsockname(fd, &b.sa, &blen), 0);
	IS("says how much it gave", blen, 4);
	blen = sizeof(b);
	FAILS("getpeername: not connected", getpeername(fd2, &b.sa, &blen),
	    ENOTCONN);
	FAILS("recv: not connected", recv(fd2, &b, 1, 0), ENOTCONN);
	FAILS("send: not connected", send(fd2, &b, 1, MSG_NOSIGNAL), ENOTCONN);
	FAILS("accept: not listening", accept(fd2, NULL, NULL), EINVAL);
	if (!on_netbsd())	/* which takes it (2016, 11) */
		FAILS("shutdown: not connected", shutdown(fd2, SHUT_WR),
		    ENOTCONN);
	close(fd2);
	close(fd);
	fd = socket(family, SOCK_DGRAM, 0);
	FAILS("listen: datagrams", listen(fd, 5), EOPNOTSUPP);
	FAILS("accept: datagrams", accept(fd, NULL, NULL), EOPNOTSUPP);
	close(fd);
}

static void
connecting(int family)
{
	union addr a;
	socklen_t len;
	int l, port, fd, e = -1;
	struct pollfd pfd;

	l = listener(family, 5, &port);
	close(l);
	FAILS("connect: nobody there", dial(family, port), ECONNREFUSED);

	l = listener(family, 5, &port);
	len = addr_loop(&a, family, port);
	fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	e = connect(fd, &a.sa, len) == 0 ? 0 : errno;
	OK("connect without waiting", e == 0 || e == EINPROGRESS);
	pfd = (struct pollfd){ .fd = fd, .events = POLLOUT };
	IS("poll says when", poll(&pfd, 1, 2000), 1);
	OK("it is writable", pfd.revents == POLLOUT);
	len = sizeof(e);
	IS("SO_ERROR", getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &len), 0);
	IS("none", e, 0);
	len = addr_loop(&a, family, port);
	FAILS("connect again", connect(fd, &a.sa, len), EISCONN);
	close(fd);
	close(l);

	fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	e = connect(fd, &a.sa, len) == 0 ? 0 : errno;
	OK("connect to nobody without waiting",
	    e == EINPROGRESS || e == ECONNREFUSED);
	if (e == EINPROGRESS) {
		pfd.fd = fd;
		poll(&pfd, 1, 2000);
		len = sizeof(e);
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &len);
		IS("SO_ERROR says it", e, ECONNREFUSED);
	}
	close(fd);
}

static void
accepting(int family)
{
	union addr a;
	socklen_t len = sizeof(a);
	int l, port, fd, c, flags;

	l = listener(family, 5, &port);
	IS("not to wait", fcntl(l, F_SETFL, O_NONBLOCK), 0);
	FAILS("accept: nobody there", accept(l, NULL, NULL), EAGAIN);
	OK("nothing to poll", !readable(l, 0));
	c = dial(family, port);
	OK("connect", c >= 0);
	OK("somebody to poll", readable(l, 1000));
	fd = accept(l, &a.sa, &len);
	OK("accept", fd >= 0);
	OK("with a name", a.sa.sa_family == family && a.sa.sa_len == len);
	IS("which is the other's", ntohs(family == AF_INET ? a.in.sin_port :
	    a.in6.sin6_port), addr_port(c));
	flags = fcntl(fd, F_GETFL);
	OK("accept passes O_NONBLOCK on", flags >= 0 && (flags & O_NONBLOCK));
	FAILS("so it doesn't wait", recv(fd, &a, 1, 0), EAGAIN);
	len = sizeof(a);
	IS("getpeername", getpeername(c, &a.sa, &len), 0);
	IS("is where it went", ntohs(family == AF_INET ? a.in.sin_port :
	    a.in6.sin6_port), port);
	close(fd);
	close(c);
	close(l);
}

void
test_basic(int family)
{

	bad_sockets(family);
	binding(family);
	connecting(family);
	accepting(family);
}
