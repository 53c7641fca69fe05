/*
 * netconfig.c: rump/netconfig.h over NetBSD's system calls: interfaces,
 * addresses, routes.  NetBSD's own trees have no such library, and buildrump's
 * is not there for NetBSD 11.  DHCP is in dhcp.c, router advertisements in
 * rtadv.c.  The structures are the same from 2016 to NetBSD 11.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <rump/host.h>
#include <rump/netconfig.h>
#include <rump/rump_syscalls.h>
#include <rump/rumpuser.h>
#include <kern_errno.h>

#include "netconfig.h"

/*
 * The kernel's count of probes for duplicates before an address may be used
 * (sys/netinet/if_arp.c, netinet6/in6_proto.c): an address would be deaf for
 * 5 s.  The configuration's word is taken instead.
 */
extern int rumpns_ip_dad_count __attribute__((weak));
extern int rumpns_ip6_dad_count __attribute__((weak));

/*
 * Socket buffers to begin with (netinet/tcp_usrreq.c): with the 32 KB of a
 * system of its time a bulk transfer waits for every acknowledgement.
 */
extern int rumpns_tcp_sendspace __attribute__((weak));
extern int rumpns_tcp_recvspace __attribute__((weak));
#define TCPSPACE	(128 * 1024)

static unsigned last_index;		/* where a link-local gateway is */

int
nc_error(long r)
{

	return r < 0 ? *rumpcomp_host_errno() : 0;
}

void
nc_say(const char *ifname, const char *fmt, ...)
{
	char buf[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	rumpuser_dprintf("%s: %s\n", ifname, buf);
}

/* One ioctl of a socket of family af. */
static int
nc_ioctl(int af, unsigned long cmd, void *arg)
{
	int s = rump_sys_socket(af, SOCK_DGRAM, 0), error;

	if (s < 0)
		return nc_error(s);
	error = nc_error(rump_sys_ioctl(s, cmd, arg));
	rump_sys_close(s);
	return error;
}

static int
nc_name(char *to, const char *ifname)
{

	if (strlen(ifname) >= IFNAMSIZ)
		return ENXIO;
	memset(to, 0, IFNAMSIZ);
	memcpy(to, ifname, strlen(ifname));
	return 0;
}

static int
nc_ifreq(unsigned long cmd, const char *ifname, struct ifreq *ifr)
{
	int error = nc_name(ifr->ifr_name, ifname);

	return error != 0 ? error : nc_ioctl(AF_INET, cmd, ifr);
}

/* ---- interfaces ---- */

int
rump_pub_netconfig_ifcreate(const char *ifname)
{
	struct ifreq ifr = { .ifr_name = "" };

	return nc_ifreq(SIOCIFCREATE, ifname, &ifr);
}

int
rump_pub_netconfig_ifdestroy(const char *ifname)
{
	struct ifreq ifr = { .ifr_name = "" };

	return nc_ifreq(SIOCIFDESTROY, ifname, &ifr);
}

static int
nc_flags(const char *ifname, int set, int clear)
{
	struct ifreq ifr = { .ifr_name = "" };
	int error = nc_ifreq(SIOCGIFFLAGS, ifname, &ifr);

	if (error != 0)
		return error;
	ifr.ifr_flags = (short)((ifr.ifr_flags | set) & ~clear);
	return nc_ifreq(SIOCSIFFLAGS, ifname, &ifr);
}

/* sys/net/if_dl.h: struct sockaddr_dl, by its bytes. */
#define DL_INDEX	2
#define DL_NLEN		5
#define DL_ALEN		6
#define DL_DATA		8

/* sys/net/if.h: struct if_laddrreq */
struct nc_laddrreq {
	char		name[IFNAMSIZ];
	unsigned	flags, prefixlen;
	uint8_t		addr[128], dst[128];
};
#define SIOCALIFADDR	_IOW('i', 28, struct nc_laddrreq)
#define IFLR_ACTIVE	0x4000

/*
 * A driver may find no address: NetBSD's pcn(4) reads QEMU's in a way that
 * gives all ones.  Then a local one is made up.
 */
static int
nc_need_mac(const char *ifname)
{
	const int mib[2] = { 1, 81 };	/* CTL_KERN, KERN_ARND */
	struct nc_laddrreq req = { .flags = IFLR_ACTIVE };
	struct nc_link l;
	size_t n = 5;
	uint8_t *mac = req.addr + DL_DATA;

	if (nc_link(ifname, &l) != 0 || (l.mac[0] & 1) == 0)
		return 0;
	(void)nc_name(req.name, ifname);
	req.addr[0] = DL_DATA + sizeof(l.mac);
	req.addr[1] = AF_LINK;
	req.addr[DL_ALEN] = sizeof(l.mac);
	mac[0] = 0x02;
	if (rump_sys___sysctl(mib, 2, mac + 1, &n, NULL, 0) != 0)
		return EIO;
	nc_say(ifname, "no address: %02x:%02x:%02x:%02x:%02x:%02x is used",
	    mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	return nc_ioctl(AF_LINK, SIOCALIFADDR, &req);
}

int
rump_pub_netconfig_ifup(const char *ifname)
{
	struct nc_link l;
	int error;

	if (&rumpns_ip_dad_count != NULL)
		rumpns_ip_dad_count = 0;
	if (&rumpns_ip6_dad_count != NULL)
		rumpns_ip6_dad_count = 0;
	if (&rumpns_tcp_sendspace != NULL)
		rumpns_tcp_sendspace = TCPSPACE;
	if (&rumpns_tcp_recvspace != NULL)
		rumpns_tcp_recvspace = TCPSPACE;
	if ((error = nc_need_mac(ifname)) == 0)
		error = nc_flags(ifname, IFF_UP, 0);
	if (error == 0 && nc_link(ifname, &l) == 0)
		last_index = l.index;
	return error;
}

int
rump_pub_netconfig_ifdown(const char *ifname)
{

	return nc_flags(ifname, 0, IFF_UP);
}

/* sys/net/if.h: struct ifdrv */
int
rump_pub_netconfig_ifsetlinkstr(const char *ifname, const char *linkstr)
{
	struct {
		char		name[IFNAMSIZ];
		unsigned long	cmd;
		size_t		len;
		void		*data;
	} ifd = { .cmd = 0, .len = strlen(linkstr) + 1,
	    .data = (void *)(uintptr_t)linkstr };
	int error = nc_name(ifd.name, ifname);

	return error != 0 ? error :
	    nc_ioctl(AF_INET, _IOC(IOC_IN, 'i', 136, sizeof(ifd)), &ifd);
}

int
nc_link(const char *ifname, struct nc_link *l)
{
	static struct ifreq list[32];
	struct ifconf ifc = { .ifc_len = sizeof(list), .ifc_req = list };
	int error = nc_ioctl(AF_INET, SIOCGIFCONF, &ifc);
	const uint8_t *dl;
	bool found = false;

	if (error != 0)
		return error;
	for (int i = 0; i < ifc.ifc_len / (int)sizeof(list[0]); i++) {
		dl = (const uint8_t *)&list[i].ifr_space;
		if (strncmp(list[i].ifr_name, ifname, IFNAMSIZ) != 0 ||
		    dl[1] != AF_LINK)
			continue;
		l->index = dl[DL_INDEX] | (unsigned)dl[DL_INDEX + 1] << 8;
		memset(l->mac, 0, sizeof(l->mac));
		found = true;
		if (dl[DL_ALEN] == sizeof(l->mac))
			memcpy(l->mac, dl + DL_DATA + dl[DL_NLEN], sizeof(l->mac));
		if ((l->mac[0] & 1) == 0)
			break;
	}
	return found ? 0 : ENXIO;
}

/* ---- routes ---- */

/* sys/net/route.h: struct rt_msghdr, RTM_VERSION 4 */
struct nc_rtmsg {
	uint16_t	msglen;
	uint8_t		version, type;
	uint16_t	index, pad;
	int32_t		flags, addrs, pid, seq, error, use, inits, pad2;
	uint64_t	metrics[10];
	uint8_t		addr[3 * sizeof(struct sockaddr_in6) + 24];
};
#define RTM_ADD		1
#define RTM_DELETE	2
#define RTM_CHANGE	3
#define RTF_STATIC_GW	(0x1 | 0x2 | 0x800)	/* UP, GATEWAY, STATIC */
#define RTA_DGN		0x7			/* destination, gateway, netmask */

static int
nc_route(int type, const void *dst, const void *gw, const void *mask, size_t size)
{
	const void *part[3] = { dst, gw, mask };
	struct nc_rtmsg m = { .version = 4, .type = (uint8_t)type,
	    .flags = RTF_STATIC_GW, .addrs = RTA_DGN, .seq = 1 };
	size_t each = (size + 7) & ~(size_t)7, len;
	int s = rump_sys_socket(AF_ROUTE, SOCK_RAW, 0), error;

	if (s < 0)
		return nc_error(s);
	for (int i = 0; i < 3; i++)
		memcpy(m.addr + (size_t)i * each, part[i], size);
	len = offsetof(struct nc_rtmsg, addr) + 3 * each;
	m.msglen = (uint16_t)len;
	error = nc_error(rump_sys_write(s, &m, len));
	rump_sys_close(s);
	return error;
}

static struct sockaddr_in
sin4(uint32_t addr)
{

	return (struct sockaddr_in){ .sin_len = sizeof(struct sockaddr_in),
	    .sin_family = AF_INET, .sin_addr.s_addr = addr };
}

/* A link-local address has its interface in it, as the kernel keeps it. */
static struct sockaddr_in6
sin6(const uint8_t *addr, unsigned index)
{
	struct sockaddr_in6 sin = { .sin6_len = sizeof(sin),
	    .sin6_family = AF_INET6 };

	memcpy(&sin.sin6_addr, addr, 16);
	if (addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80) {
		sin.sin6_addr.s6_addr[2] = (uint8_t)(index >> 8);
		sin.sin6_addr.s6_addr[3] = (uint8_t)index;
	}
	return sin;
}

int
nc_gw4(uint32_t addr)
{
	struct sockaddr_in any = sin4(0), gw = sin4(addr);
	int error = nc_route(RTM_ADD, &any, &gw, &any, sizeof(any));

	if (error == EEXIST)
		error = nc_route(RTM_CHANGE, &any, &gw, &any, sizeof(any));
	return error;
}

int
nc_gw6(const uint8_t *addr, unsigned index)
{
	static const uint8_t zero[16];
	struct sockaddr_in6 any = sin6(zero, 0), gw = sin6(addr, index);
	int error = nc_route(RTM_ADD, &any, &gw, &any, sizeof(any));

	if (error == EEXIST)
		error = nc_route(RTM_CHANGE, &any, &gw, &any, sizeof(any));
	return error;
}

int
nc_nogw6(const uint8_t *addr, unsigned index)
{
	static const uint8_t zero[16];
	struct sockaddr_in6 any = sin6(zero, 0), gw = sin6(addr, index);

	return nc_route(RTM_DELETE, &any, &gw, &any, sizeof(any));
}

/* ---- addresses ---- */

int
nc_addr4(const char *ifname, uint32_t addr, uint32_t mask)
{
	struct ifaliasreq ifra = { .ifra_name = "" };
	struct sockaddr_in a = sin4(addr), m = sin4(mask),
	    b = sin4(addr | ~mask);
	int error = nc_name(ifra.ifra_name, ifname);

	memcpy(&ifra.ifra_addr, &a, sizeof(a));
	memcpy(&ifra.ifra_mask, &m, sizeof(m));
	memcpy(&ifra.ifra_dstaddr, &b, sizeof(b));
	return error != 0 ? error : nc_ioctl(AF_INET, SIOCAIFADDR, &ifra);
}

int
nc_deladdr4(const char *ifname, uint32_t addr)
{
	struct ifreq ifr = { .ifr_name = "" };
	struct sockaddr_in a = sin4(addr);

	memcpy(&ifr.ifr_addr, &a, sizeof(a));
	return nc_ifreq(SIOCDIFADDR, ifname, &ifr);
}

/* sys/netinet6/in6_var.h: struct in6_aliasreq */
struct nc_aliasreq6 {
	char		name[IFNAMSIZ];
	struct sockaddr_in6 addr, dst, mask;
	int		flags;
	int64_t		expire, preferred;
	uint32_t	vltime, pltime;
};
#define SIOCAIFADDR_IN6	_IOW('i', 107, struct nc_aliasreq6)

int
nc_addr6(const char *ifname, const uint8_t *addr, int prefix, uint32_t valid,
    uint32_t preferred)
{
	struct nc_aliasreq6 req = { .vltime = valid, .pltime = preferred };
	uint8_t mask[16] = { 0 };
	int error = nc_name(req.name, ifname);

	if (error != 0)
		return error;
	if (prefix < 0 || prefix > 128)
		return EINVAL;
	for (int i = 0; i < prefix; i++)
		mask[i / 8] |= (uint8_t)(0x80 >> (i % 8));
	req.addr = sin6(addr, 0);
	req.mask = sin6(mask, 0);
	return nc_ioctl(AF_INET6, SIOCAIFADDR_IN6, &req);
}

/* ---- rump/netconfig.h ---- */

int	inet_pton(int, const char *restrict, void *restrict);

static int
parse4(const char *text, uint32_t *addr)
{

	return inet_pton(AF_INET, text, addr) == 1 ? 0 : EINVAL;
}

int
rump_pub_netconfig_ipv4_ifaddr(const char *ifname, const char *addr,
    const char *mask)
{
	uint32_t a, m;

	if (parse4(addr, &a) != 0 || parse4(mask, &m) != 0)
		return EINVAL;
	return nc_addr4(ifname, a, m);
}

int
rump_pub_netconfig_ipv4_ifaddr_cidr(const char *ifname, const char *addr,
    int prefix)
{
	uint32_t a;

	if (parse4(addr, &a) != 0 || prefix < 0 || prefix > 32)
		return EINVAL;
	return nc_addr4(ifname, a, prefix == 0 ? 0 :
	    __builtin_bswap32(0xffffffffU << (32 - prefix)));
}

int
rump_pub_netconfig_ipv4_gw(const char *addr)
{
	uint32_t a;

	return parse4(addr, &a) != 0 ? EINVAL : nc_gw4(a);
}

int
rump_pub_netconfig_ipv6_ifaddr(const char *ifname, const char *addr, int prefix)
{
	uint8_t a[16];

	if (inet_pton(AF_INET6, addr, a) != 1)
		return EINVAL;
	return nc_addr6(ifname, a, prefix, NC_FOREVER, NC_FOREVER);
}

/* A link-local one is on the interface that came up last. */
int
rump_pub_netconfig_ipv6_gw(const char *addr)
{
	uint8_t a[16];

	if (inet_pton(AF_INET6, addr, a) != 1)
		return EINVAL;
	return nc_gw6(a, last_index);
}

/* ---- name servers ---- */

#define MAXDNS	4

void
nc_resolvers(int family, const void *addrs, int n)
{
	static char lines[2][MAXDNS * 60];
	char *text = lines[family == AF_INET6], *p = text;
	const uint8_t *a = addrs;
	size_t each = family == AF_INET6 ? 16 : 4, left = sizeof(lines[0]);
	int fd, i, k;

	for (i = 0; i < n && i < MAXDNS; i++, a += each) {
		k = family == AF_INET ?
		    snprintf(p, left, "nameserver %u.%u.%u.%u\n", a[0], a[1],
		    a[2], a[3]) : snprintf(p, left, "nameserver "
		    "%x:%x:%x:%x:%x:%x:%x:%x\n", nc_get(a, 2), nc_get(a + 2, 2),
		    nc_get(a + 4, 2), nc_get(a + 6, 2), nc_get(a + 8, 2),
		    nc_get(a + 10, 2), nc_get(a + 12, 2), nc_get(a + 14, 2));
		p += k;
		left -= (size_t)k;
	}
	if (p == text)
		return;
	*p = '\0';
	(void)rump_sys_mkdir("/etc", 0755);
	fd = rump_sys_open("/etc/resolv.conf", 0x601 /* WRONLY CREAT TRUNC */,
	    0644);
	if (fd < 0)
		return;
	(void)rump_sys_write(fd, lines[0], strlen(lines[0]));
	(void)rump_sys_write(fd, lines[1], strlen(lines[1]));
	rump_sys_close(fd);
}
