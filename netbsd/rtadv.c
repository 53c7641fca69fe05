/*
 * rtadv.c: addresses by router advertisements (RFC 4861 6.3, RFC 4862 5.5,
 * RFC 8106), asked for and taken here: the kernel of NetBSD 11 leaves that to
 * a daemon, that of 2016 is told to.
 */
#include <stdio.h>
#include <string.h>
#include <rump/host.h>
#include <rump/netconfig.h>
#include <rump/rump_syscalls.h>
#include <kern_errno.h>

#include "netconfig.h"

#define IPV6_RECVHOPLIMIT 37
#define IPV6_HOPLIMIT	47
#define ICMP6_FILTER	18
#define RS	133
#define RA	134

struct rtadv {
	char		ifname[IFNAMSIZ];
	struct nc_link	link;
	int		fd;
	uint32_t	seen;		/* advertisements that were of use */
};

/* RFC 4291, appendix A. */
static void
eui64(uint8_t *addr, const uint8_t *mac)
{

	memcpy(addr + 8, mac, 3);
	addr[8] ^= 2;
	addr[11] = 0xff;
	addr[12] = 0xfe;
	memcpy(addr + 13, mac + 3, 3);
}

static void
ra_prefix(struct rtadv *r, const uint8_t *o)
{
	uint32_t valid = nc_get(o + 4, 4), preferred = nc_get(o + 8, 4);
	uint8_t addr[16];

	/* autonomous, 64 bits, not link-local, sane lifetimes */
	if ((o[3] & 0x40) == 0 || o[2] != 64 || preferred > valid ||
	    valid == 0 || (o[16] == 0xfe && (o[17] & 0xc0) == 0x80))
		return;
	memcpy(addr, o + 16, 8);
	eui64(addr, r->link.mac);
	if (nc_addr6(r->ifname, addr, 64, valid, preferred) == 0)
		__atomic_add_fetch(&r->seen, 1, __ATOMIC_SEQ_CST);
}

static void
ra_options(struct rtadv *r, const uint8_t *o, const uint8_t *end)
{
	int n;

	for (; end - o >= 8; o += n) {
		n = o[1] * 8;
		if (n == 0 || n > end - o)
			return;
		if (o[0] == 3 && n == 32)
			ra_prefix(r, o);
		else if (o[0] == 25 && n >= 24 && nc_get(o + 4, 4) != 0)
			nc_resolvers(AF_INET6, o + 8, (n - 8) / 16);
	}
}

static void
ra_take(struct rtadv *r, const uint8_t *m, ssize_t n, const uint8_t *from)
{

	ra_options(r, m + 16, m + n);
	if (nc_get(m + 6, 2) != 0)		/* its life as a router */
		(void)nc_gw6(from, r->link.index);
	else
		(void)nc_nogw6(from, r->link.index);
	if (__atomic_load_n(&r->seen, __ATOMIC_SEQ_CST) != 0)
		(void)rumpcomp_host_futex_wake(&r->seen, 1);
}

/* RFC 4861 6.1.2: from a neighbour's link-local address, hop limit 255. */
static void *
ra_thread(void *arg)
{
	struct rtadv *r = arg;
	struct sockaddr_in6 from;
	uint64_t ctl[8];
	uint8_t m[1500];
	struct iovec iov = { m, sizeof(m) };
	struct cmsghdr *c = (struct cmsghdr *)ctl;
	unsigned scope;
	ssize_t n;

	for (;;) {
		struct msghdr mh = { .msg_name = &from, .msg_namelen =
		    sizeof(from), .msg_iov = &iov, .msg_iovlen = 1,
		    .msg_control = ctl, .msg_controllen = sizeof(ctl) };

		n = rump_sys_recvmsg(r->fd, &mh, 0);
		if (n < 0)
			return NULL;
		scope = from.sin6_scope_id != 0 ? from.sin6_scope_id :
		    nc_get(from.sin6_addr.s6_addr + 2, 2);
		if (n < 16 || m[0] != RA || m[1] != 0 ||
		    from.sin6_addr.s6_addr[0] != 0xfe || scope != r->link.index ||
		    mh.msg_controllen < 20 || c->cmsg_type != IPV6_HOPLIMIT ||
		    *(int *)((char *)ctl + 16) != 255)
			continue;
		ra_take(r, m, n, from.sin6_addr.s6_addr);
	}
}

static int
rs_send(struct rtadv *r)
{
	struct sockaddr_in6 to = { .sin6_len = sizeof(to),
	    .sin6_family = AF_INET6, .sin6_scope_id = r->link.index };
	uint8_t m[16] = { RS, [8] = 1, [9] = 1 };

	to.sin6_addr.s6_addr[0] = 0xff;
	to.sin6_addr.s6_addr[1] = 2;
	to.sin6_addr.s6_addr[15] = 2;		/* all routers */
	memcpy(m + 10, r->link.mac, 6);
	return nc_error(rump_sys_sendto(r->fd, m, sizeof(m), 0,
	    (struct sockaddr *)&to, sizeof(to)));
}

static int
rtadv_open(struct rtadv *r)
{
	uint32_t pass[8];
	int hops = 255, on = 1;

	r->fd = rump_sys_socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	if (r->fd < 0)
		return nc_error(r->fd);
	/* bits that are set pass (sys/netinet/icmp6.h) */
	memset(pass, 0, sizeof(pass));
	pass[RA >> 5] = 1U << (RA & 31);
	(void)rump_sys_setsockopt(r->fd, IPPROTO_ICMPV6, ICMP6_FILTER, pass,
	    sizeof(pass));
	if (rump_sys_setsockopt(r->fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops,
	    sizeof(hops)) != 0 || rump_sys_setsockopt(r->fd, IPPROTO_IPV6,
	    IPV6_RECVHOPLIMIT, &on, sizeof(on)) != 0 ||
	    rump_sys_setsockopt(r->fd, IPPROTO_IPV6, IPV6_MULTICAST_IF,
	    &r->link.index, sizeof(int)) != 0)
		return nc_error(-1);
	return 0;
}

/* Until a router answered, or three seconds: it may answer later. */
static void
rtadv_solicit(struct rtadv *r)
{
	uint64_t end;

	for (int i = 0; i < 3; i++) {
		(void)rs_send(r);
		end = rumpcomp_host_clock() + NC_SEC;
		while (rumpcomp_host_clock() < end)
			if (__atomic_load_n(&r->seen, __ATOMIC_SEQ_CST) != 0)
				return;
			else
				(void)rumpcomp_host_futex_wait(&r->seen, 0, end);
	}
	nc_say(r->ifname, "no IPv6 router has answered yet");
}

int
rump_pub_netconfig_auto_ipv6(const char *ifname)
{
	struct rtadv *r = rumpcomp_host_malloc(sizeof(*r), 0);
	struct host_thread *t;
	int error;

	if (r == NULL)
		return ENOMEM;
	memset(r, 0, sizeof(*r));
	snprintf(r->ifname, sizeof(r->ifname), "%s", ifname);
	error = nc_link(ifname, &r->link);
	if (error == 0)
		error = rtadv_open(r);
	if (error == 0)
		error = rumpcomp_host_thread_create(&t, "rtadv", ra_thread, r,
		    0, 0);
	if (error != 0) {
		rumpcomp_host_free(r);
		return error;
	}
	rtadv_solicit(r);
	return 0;
}
