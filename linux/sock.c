/* sock.c: sockets: addresses, options and messages, in NetBSD's form. */
#include <kern_errno.h>
#include <string.h>

#include "linux.h"
#include "file.h"
#include "sock.h"

enum { LX_AF_INET6 = 10 };
enum { LX_SOCK_NONBLOCK = 04000, LX_SOCK_CLOEXEC = 02000000 };

/* ---- addresses: two bytes of family in place of length and family ---- */

static int
family_in(int f)
{

	return f == LX_AF_INET6 ? AF_INET6 : f;
}

long
lx_addr_in(struct sockaddr_storage *ss, const void *addr, socklen_t len)
{
	uint16_t family;

	if (addr == NULL || len < 2 || len > sizeof(*ss))
		return -LX_EINVAL;
	memset(ss, 0, sizeof(*ss));
	memcpy(ss, addr, len);
	memcpy(&family, addr, 2);
	ss->ss_family = (sa_family_t)family_in(family);
	ss->ss_len = (uint8_t)len;
	if (family == AF_INET && len > sizeof(struct sockaddr_in))
		ss->ss_len = sizeof(struct sockaddr_in);
	return 0;
}

void
lx_addr_out(const struct sockaddr_storage *ss, socklen_t n, void *addr,
    socklen_t *len)
{
	struct sockaddr_storage out = *ss;
	uint16_t family = ss->ss_family == AF_INET6 ? LX_AF_INET6 :
	    ss->ss_family;

	if (addr == NULL || len == NULL)
		return;
	memcpy(&out, &family, 2);
	memcpy(addr, &out, n < *len ? n : *len);
	*len = n;
}

/* ---- life ---- */

static int
type_in(int type)
{

	return (type & 0xf) | (type & LX_SOCK_NONBLOCK ? SOCK_NONBLOCK : 0) |
	    (type & LX_SOCK_CLOEXEC ? SOCK_CLOEXEC : 0);
}

long
lx_sys_socket(long family, long type, long proto, long d, long e, long f)
{

	return lx_result(rump_sys_socket(family_in((int)family),
	    type_in((int)type), (int)proto));
}

long
lx_sys_socketpair(long family, long type, long proto, long fds, long e, long f)
{

	return lx_result(rump_sys_socketpair(family_in((int)family),
	    type_in((int)type), (int)proto, (int *)fds));
}

long
lx_sys_bind(long fd, long addr, long len, long d, long e, long f)
{
	struct sockaddr_storage ss;
	long r = lx_addr_in(&ss, (void *)addr, (socklen_t)len);

	return r != 0 ? r : lx_result(rump_sys_bind((int)fd, (void *)&ss,
	    ss.ss_len));
}

long
lx_sys_connect(long fd, long addr, long len, long d, long e, long f)
{
	struct sockaddr_storage ss;
	long r = lx_addr_in(&ss, (void *)addr, (socklen_t)len);

	if (r != 0)
		return r;
	if (lx_nedge != 0)
		lx_epoll_edge((int)fd, POLLIN | POLLOUT);
	return lx_result(rump_sys_connect((int)fd, (void *)&ss, ss.ss_len));
}

long
lx_sys_listen(long fd, long backlog, long c, long d, long e, long f)
{

	return lx_result(rump_sys_listen((int)fd, backlog > SOMAXCONN ?
	    SOMAXCONN : (int)backlog));
}

long
lx_sys_accept4(long fd, long addr, long len, long flags, long e, long f)
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof(ss);
	int s = rump_sys_accept((int)fd, (void *)&ss, &n), fl;

	if (lx_nedge != 0)
		lx_epoll_edge((int)fd, POLLIN);
	if (s < 0)
		return lx_result(-1);
	/* NetBSD's socket is as the listening one was */
	fl = rump_sys_fcntl(s, F_GETFL, 0);
	if (((flags & LX_SOCK_NONBLOCK) != 0) != ((fl & O_NONBLOCK) != 0))
		(void)rump_sys_fcntl(s, F_SETFL, fl ^ O_NONBLOCK);
	lx_addr_out(&ss, n, (void *)addr, (socklen_t *)len);
	return s;
}

long
lx_sys_accept(long fd, long addr, long len, long d, long e, long f)
{

	return lx_sys_accept4(fd, addr, len, 0, 0, 0);
}

long
lx_sys_shutdown(long fd, long how, long c, long d, long e, long f)
{

	return lx_result(rump_sys_shutdown((int)fd, (int)how));
}

long
lx_sys_getsockname(long fd, long addr, long len, long d, long e, long f)
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof(ss);
	long r = lx_result(rump_sys_getsockname((int)fd, (void *)&ss, &n));

	if (r == 0)
		lx_addr_out(&ss, n, (void *)addr, (socklen_t *)len);
	return r;
}

long
lx_sys_getpeername(long fd, long addr, long len, long d, long e, long f)
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof(ss);
	long r = lx_result(rump_sys_getpeername((int)fd, (void *)&ss, &n));

	if (r == 0)
		lx_addr_out(&ss, n, (void *)addr, (socklen_t *)len);
	return r;
}

/* ---- data ---- */

int
lx_msgflags(int f)
{

	return (f & (MSG_OOB | MSG_PEEK | MSG_DONTROUTE)) |
	    (f & LX_MSG_DONTWAIT ? MSG_DONTWAIT : 0) |
	    (f & LX_MSG_WAITALL ? MSG_WAITALL : 0) |
	    (f & LX_MSG_NOSIGNAL ? MSG_NOSIGNAL : 0) |
	    (f & LX_MSG_EOR ? MSG_EOR : 0) |
	    (f & LX_MSG_CMSG_CLOEXEC ? MSG_CMSG_CLOEXEC : 0);
}

long
lx_sys_sendto(long fd, long p, long n, long flags, long addr, long len)
{
	struct sockaddr_storage ss;
	long r = addr != 0 ? lx_addr_in(&ss, (void *)addr, (socklen_t)len) : 0;

	if (r != 0)
		return r;
	lx_look((void *)p, (size_t)n);
	return lx_did_write((int)fd, rump_sys_sendto((int)fd, (void *)p,
	    (size_t)n, lx_msgflags((int)flags), addr != 0 ? (void *)&ss : NULL,
	    addr != 0 ? ss.ss_len : 0), (flags & LX_MSG_NOSIGNAL) != 0);
}

long
lx_sys_recvfrom(long fd, long p, long n, long flags, long addr, long len)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t sl = sizeof(ss);
	long r;

	lx_touch((void *)p, (size_t)n);
	r = lx_did_read((int)fd, rump_sys_recvfrom((int)fd, (void *)p, (size_t)n,
	    lx_msgflags((int)flags), addr != 0 ? (void *)&ss : NULL,
	    addr != 0 ? &sl : NULL));
	if (r >= 0)
		lx_addr_out(&ss, sl, (void *)addr, (socklen_t *)len);
	return r;
}

/* ---- options ---- */

struct option { short level, name, nlevel, nname; };
static const struct option options[] = {
	{ LX_SOL_SOCKET, 2, -1, SO_REUSEADDR }, { LX_SOL_SOCKET, 3, -1, SO_TYPE },
	{ LX_SOL_SOCKET, 4, -1, SO_ERROR }, { LX_SOL_SOCKET, 5, -1, SO_DONTROUTE },
	{ LX_SOL_SOCKET, 6, -1, SO_BROADCAST }, { LX_SOL_SOCKET, 7, -1, SO_SNDBUF },
	{ LX_SOL_SOCKET, 8, -1, SO_RCVBUF }, { LX_SOL_SOCKET, 9, -1, SO_KEEPALIVE },
	{ LX_SOL_SOCKET, 10, -1, SO_OOBINLINE }, { LX_SOL_SOCKET, 13, -1, SO_LINGER },
	{ LX_SOL_SOCKET, 15, -1, SO_REUSEPORT }, { LX_SOL_SOCKET, 18, -1, SO_RCVLOWAT },
	{ LX_SOL_SOCKET, 19, -1, SO_SNDLOWAT }, { LX_SOL_SOCKET, 20, -1, SO_RCVTIMEO },
	{ LX_SOL_SOCKET, 21, -1, SO_SNDTIMEO }, { LX_SOL_SOCKET, 30, -1, SO_ACCEPTCONN },
	{ 6, 1, 6, TCP_NODELAY }, { 6, 2, 6, TCP_MAXSEG }, { 6, 4, 6, TCP_KEEPIDLE },
	{ 6, 5, 6, TCP_KEEPINTVL }, { 6, 6, 6, TCP_KEEPCNT },
	{ 0, 1, 0, IP_TOS }, { 0, 2, 0, IP_TTL }, { 0, 3, 0, IP_HDRINCL },
	{ 0, LX_IP_PKTINFO, 0, NB_IP_RECVPKTINFO },
	{ 0, 32, 0, IP_MULTICAST_IF }, { 0, 33, 0, IP_MULTICAST_TTL },
	{ 0, 34, 0, IP_MULTICAST_LOOP }, { 0, 35, 0, IP_ADD_MEMBERSHIP },
	{ 0, 36, 0, IP_DROP_MEMBERSHIP },
	{ 41, 16, 41, IPV6_UNICAST_HOPS }, { 41, 17, 41, IPV6_MULTICAST_IF },
	{ 41, 18, 41, IPV6_MULTICAST_HOPS }, { 41, 19, 41, IPV6_MULTICAST_LOOP },
	{ 41, 20, 41, IPV6_JOIN_GROUP }, { 41, 21, 41, IPV6_LEAVE_GROUP },
	{ 41, 26, 41, IPV6_V6ONLY },
	{ 41, LX_IPV6_RECVPKTINFO, 41, NB_IPV6_RECVPKTINFO },
};

static const struct option *
option(long level, long name)
{

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (options[i].level == level && options[i].name == name)
			return &options[i];
	return NULL;
}

static int
nlevel(const struct option *o)
{

	return o->nlevel == -1 ? SOL_SOCKET : o->nlevel;
}

long
lx_sys_setsockopt(long fd, long level, long name, long val, long len, long f)
{
	const struct option *o = option(level, name);

	if (o == NULL)
		return -LX_ENOPROTOOPT;
	return lx_result(rump_sys_setsockopt((int)fd, nlevel(o), o->nname,
	    (void *)val, (socklen_t)len));
}

long
lx_sys_getsockopt(long fd, long level, long name, long val, long lenp, long f)
{
	const struct option *o = option(level, name);
	int *v = (int *)val;
	long r;

	if (o == NULL)
		return -LX_ENOPROTOOPT;
	memset(v, 0, *(socklen_t *)lenp);
	r = lx_result(rump_sys_getsockopt((int)fd, nlevel(o), o->nname, v,
	    (socklen_t *)lenp));
	if (r != 0 || o->nlevel != -1)
		return r;
	if (o->nname == SO_ERROR)
		*v = lx_errno_of(*v);
	else if (o->nname != SO_LINGER && o->nname != SO_TYPE &&
	    *(socklen_t *)lenp == sizeof(int) && (o->nname & 0x1000) == 0)
		*v = *v != 0;		/* NetBSD gives the option's bit */
	return 0;
}
