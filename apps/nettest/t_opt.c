/* t_opt.c: socket options. */
#include "nettest.h"

static int
get(int fd, int level, int name)
{
	int v = -1;
	socklen_t len = sizeof(v);

	return getsockopt(fd, level, name, &v, &len) == 0 &&
	    len == sizeof(v) ? v : -1;
}

static void
flag(int fd, int level, int name, const char *what)
{
	int v = 1;

	OK(what, get(fd, level, name) == 0 &&
	    setsockopt(fd, level, name, &v, sizeof(v)) == 0 &&
	    get(fd, level, name) != 0 && (v = 0,
	    setsockopt(fd, level, name, &v, sizeof(v)) == 0) &&
	    get(fd, level, name) == 0);
}

static void
mapped(void)
{
	union addr a;
	socklen_t len;
	int l = socket(AF_INET6, SOCK_STREAM, 0), zero = 0, port, c, fd, one = 1;

	IS("V6ONLY is the default", get(l, IPPROTO_IPV6, IPV6_V6ONLY), 1);
	IS("not for us", setsockopt(l, IPPROTO_IPV6, IPV6_V6ONLY, &zero,
	    sizeof(zero)), 0);
	memset(&a, 0, sizeof(a));
	a.in6.sin6_len = sizeof(a.in6);
	a.in6.sin6_family = AF_INET6;
	IS("bind to all", bind(l, &a.sa, sizeof(a.in6)), 0);
	IS("listen", listen(l, 5), 0);
	port = addr_port(l);
	c = dial(AF_INET, port);
	OK("IPv4 comes to an IPv6 socket", c >= 0);
	len = sizeof(a);
	fd = accept(l, &a.sa, &len);
	OK("accept", fd >= 0);
	OK("its name is mapped", a.sa.sa_family == AF_INET6 &&
	    IN6_IS_ADDR_V4MAPPED(&a.in6.sin6_addr));
	IS("data comes", write(c, "x", 1), 1);
	IS("through", read(fd, &one, 1), 1);
	close(c);
	close(fd);
	c = dial(AF_INET6, port);
	OK("so does IPv6", c >= 0);
	close(c);
	close(l);

	l = socket(AF_INET6, SOCK_STREAM, 0);
	one = 1;
	setsockopt(l, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	memset(&a, 0, sizeof(a));
	a.in6.sin6_len = sizeof(a.in6);
	a.in6.sin6_family = AF_INET6;
	bind(l, &a.sa, sizeof(a.in6));
	listen(l, 5);
	FAILS("V6ONLY keeps IPv4 out", dial(AF_INET, addr_port(l)),
	    ECONNREFUSED);
	close(l);
}

static void
reuse(void)
{
	union addr a;
	socklen_t len;
	int l, port, c, fd, one = 1;

	/* leave a connection in TIME_WAIT on the server's side */
	l = listener(AF_INET, 5, &port);
	c = dial(AF_INET, port);
	fd = accept(l, NULL, NULL);
	close(fd);
	usleep(10000);
	close(c);
	close(l);
	usleep(10000);
	l = socket(AF_INET, SOCK_STREAM, 0);
	IS("SO_REUSEADDR", setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one,
	    sizeof(one)), 0);
	len = addr_loop(&a, AF_INET, port);
	IS("bind while the port is in TIME_WAIT", bind(l, &a.sa, len), 0);
	IS("listen", listen(l, 5), 0);
	close(l);
}

void
test_options(void)
{
	socklen_t len = 4;
	int s = socket(AF_INET, SOCK_STREAM, 0), u, v;

	IS("SO_TYPE", get(s, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
	flag(s, SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR on and off");
	flag(s, SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE on and off");
	flag(s, SOL_SOCKET, SO_BROADCAST, "SO_BROADCAST on and off");
	flag(s, IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY on and off");
	IS("SO_ACCEPTCONN", get(s, SOL_SOCKET, SO_ACCEPTCONN), 0);
	OK("SO_RCVBUF has a size", get(s, SOL_SOCKET, SO_RCVBUF) >= 4096);
	v = 30000;
	IS("SO_SNDBUF", setsockopt(s, SOL_SOCKET, SO_SNDBUF, &v, 4), 0);
	IS("reads back", get(s, SOL_SOCKET, SO_SNDBUF), 30000);
	OK("TCP_MAXSEG", get(s, IPPROTO_TCP, TCP_MAXSEG) >= 512);
	v = 55;
	IS("IP_TTL", setsockopt(s, IPPROTO_IP, IP_TTL, &v, 4), 0);
	IS("reads back", get(s, IPPROTO_IP, IP_TTL), 55);
	FAILS("no such option", setsockopt(s, SOL_SOCKET, 0x4321, &v, 4),
	    ENOPROTOOPT);
	FAILS("no such option to get", getsockopt(s, IPPROTO_TCP, 99, &v, &len),
	    ENOPROTOOPT);
	FAILS("too short", setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &v, 2),
	    EINVAL);
	IS("listen without bind", listen(s, 5), 0);
	OK("chooses a port", addr_port(s) > 0);
	OK("SO_ACCEPTCONN says so", get(s, SOL_SOCKET, SO_ACCEPTCONN) > 0);
	close(s);
	u = socket(AF_INET, SOCK_DGRAM, 0);
	FAILS("TCP's options aren't UDP's",
	    setsockopt(u, IPPROTO_TCP, TCP_NODELAY, &v, 4), ENOPROTOOPT);
	close(u);
	FAILS("options of nothing", setsockopt(9999, SOL_SOCKET, SO_REUSEADDR,
	    &v, 4), EBADF);
	mapped();
	reuse();
}
