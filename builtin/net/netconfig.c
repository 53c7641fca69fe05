/* netconfig.c: interfaces and addresses for the client (rump/netconfig.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lwip/opt.h"
#include "lwip/dhcp.h"
#include "lwip/dns.h"
#include "lwip/prot/dhcp.h"
#include "lwip/ip6_addr.h"
#include "lwip/nd6.h"

#include <rump/netconfig.h>
#include <rump/rump_syscalls.h>

#include "sock.h"
#include "hooks.h"

#define DHCP_WAIT	(20 * 1000000000ULL)

static kcond_t changed_cv;
static ip_addr_t dns[DNS_MAX_SERVERS];
static ip6_addr_t gw6;

/* A client call: in, under the lock; out, with an errno. */
#define CONFIG(error, expr) do {					\
	SYS_ENTER();							\
	net_lock();							\
	(error) = (expr);						\
	net_unlock();							\
	(void)SYS_LEAVE(0, 0);						\
} while (0)

/* virtN is on the platform's netN; a link string names another. */
static int
device_of(const char *s, char *dev, size_t size)
{
	size_t n = strlen(s);

	while (n > 0 && s[n - 1] >= '0' && s[n - 1] <= '9')
		n--;
	if (s[n] == '\0')
		return EINVAL;
	snprintf(dev, size, "net%s", s + n);
	return 0;
}

int
rump_pub_netconfig_ifcreate(const char *ifname)
{
	char dev[16];
	int error;

	if (strncmp(ifname, "virt", 4) != 0)
		return EINVAL;
	if ((error = device_of(ifname, dev, sizeof(dev))) != 0)
		return error;
	SYS_ENTER();
	error = vif_create(ifname, dev);
	(void)SYS_LEAVE(0, 0);
	return error;
}

int
rump_pub_netconfig_ifdestroy(const char *ifname)
{
	int error;

	SYS_ENTER();
	error = vif_destroy(ifname);
	(void)SYS_LEAVE(0, 0);
	return error;
}

/* ifcreate has linked it already; another device needs a new one. */
int
rump_pub_netconfig_ifsetlinkstr(const char *ifname, const char *linkstr)
{
	char dev[16], mine[16];
	int error;

	if ((error = device_of(linkstr, dev, sizeof(dev))) != 0 ||
	    (error = device_of(ifname, mine, sizeof(mine))) != 0)
		return error;
	if (strcmp(dev, mine) == 0)
		return vif_find(ifname) != NULL ? 0 : ENXIO;
	SYS_ENTER();
	if ((error = vif_destroy(ifname)) == 0)
		error = vif_create(ifname, dev);
	(void)SYS_LEAVE(0, 0);
	return error;
}

/* ---- up, down ---- */

static int
updown(const char *ifname, bool up)
{
	struct netif *nif = netif_byname(ifname);

	if (nif == NULL)
		return ENXIO;
	if (up)
		return net_if_up(nif);
	netif_set_down(nif);
	return 0;
}

int
rump_pub_netconfig_ifup(const char *ifname)
{
	int error;

	CONFIG(error, updown(ifname, true));
	return error;
}

int
rump_pub_netconfig_ifdown(const char *ifname)
{
	int error;

	CONFIG(error, updown(ifname, false));
	return error;
}

/* ---- IPv4 ---- */

int
net_set_ipv4(struct netif *nif, const ip4_addr_t *ip, const ip4_addr_t *mask)
{
	ip4_addr_t gw = *netif_ip4_gw(nif);

	netif_set_addr(nif, ip, mask, &gw);
	if (netif_default == NULL && !ip4_addr_isloopback(ip))
		netif_set_default(nif);
	return net_if_up(nif);
}

static int
ipv4_ifaddr(const char *ifname, const char *addr, const ip4_addr_t *mask)
{
	struct netif *nif = netif_byname(ifname);
	ip4_addr_t ip;

	if (nif == NULL)
		return ENXIO;
	if (!ip4addr_aton(addr, &ip))
		return EINVAL;
	return net_set_ipv4(nif, &ip, mask);
}

int
rump_pub_netconfig_ipv4_ifaddr(const char *ifname, const char *addr,
    const char *mask)
{
	ip4_addr_t m;
	int error;

	if (!ip4addr_aton(mask, &m) || !ip4_addr_netmask_valid(m.addr))
		return EINVAL;
	CONFIG(error, ipv4_ifaddr(ifname, addr, &m));
	return error;
}

int
rump_pub_netconfig_ipv4_ifaddr_cidr(const char *ifname, const char *addr,
    int prefix)
{
	ip4_addr_t m;
	int error;

	if (prefix < 0 || prefix > 32)
		return EINVAL;
	m.addr = prefix == 0 ? 0 : lwip_htonl(~0U << (32 - prefix));
	CONFIG(error, ipv4_ifaddr(ifname, addr, &m));
	return error;
}

static int
ipv4_gw(const char *addr)
{
	struct netif *nif;
	ip4_addr_t gw;

	if (!ip4addr_aton(addr, &gw))
		return EINVAL;
	NETIF_FOREACH(nif) {
		if (ip4_addr_isany_val(*netif_ip4_addr(nif)) ||
		    !ip4_addr_netcmp(&gw, netif_ip4_addr(nif),
		    netif_ip4_netmask(nif)))
			continue;
		netif_set_gw(nif, &gw);
		netif_set_default(nif);
		return 0;
	}
	return ENETUNREACH;
}

int
rump_pub_netconfig_ipv4_gw(const char *addr)
{
	int error;

	CONFIG(error, ipv4_gw(addr));
	return error;
}

/* ---- DHCP ---- */

/* In place of lwIP's dns.c. */
void dns_init(void) { }

void
dns_setserver(u8_t n, const ip_addr_t *ip)
{

	if (n < DNS_MAX_SERVERS)
		dns[n] = ip == NULL ? *IP4_ADDR_ANY : *ip;
}

const ip_addr_t *
dns_getserver(u8_t n)
{

	return n < DNS_MAX_SERVERS ? &dns[n] : IP4_ADDR_ANY;
}

static void
on_status(struct netif *nif)
{

	if (changed_cv != NULL)
		kcond_broadcast(&changed_cv);
}

static int
dhcp_wait(struct netif *nif)
{
	uint64_t deadline = k_uptime() + DHCP_WAIT;

	while (!dhcp_supplied_address(nif)) {
		net_settle();
		if (kcond_wait_until(&changed_cv, &net_mtx, deadline) != 0) {
			dhcp_release_and_stop(nif);
			return ETIMEDOUT;
		}
	}
	return 0;
}

static int
dhcp_oneshot(const char *ifname)
{
	struct netif *nif = netif_byname(ifname);
	int error;

	if (nif == NULL || nif->linkoutput != vif_linkoutput)
		return ENXIO;
	if (changed_cv == NULL)
		kcond_init(&changed_cv);
	netif_set_status_callback(nif, on_status);
	if ((error = net_if_up(nif)) != 0 ||
	    (error = net_errno(dhcp_start(nif))) != 0)
		return error;
	net_timer_dhcp();
	error = dhcp_wait(nif);
	if (error == 0 && netif_default == NULL)
		netif_set_default(nif);
	return error;
}

/* Nothing is being asked for: timeout.c's question. */
bool
net_dhcp_idle(void)
{
	struct dhcp *dhcp;
	struct netif *nif;

	NETIF_FOREACH(nif)
		if ((dhcp = netif_dhcp_data(nif)) != NULL &&
		    dhcp->state != DHCP_STATE_OFF &&
		    dhcp->state != DHCP_STATE_BOUND)
			return false;
	return true;
}

/* The servers that DHCP named, where resolvers look; a client's work. */
static void
publish_dns(void)
{
	char text[DNS_MAX_SERVERS * 64], addr[48];
	size_t n = 0;
	int fd;

	for (int i = 0; i < DNS_MAX_SERVERS; i++)
		if (!ip_addr_isany(&dns[i]) && ipaddr_ntoa_r(&dns[i], addr,
		    sizeof(addr)) != NULL)
			n += snprintf(text + n, sizeof(text) - n,
			    "nameserver %s\n", addr);
	if (n == 0)
		return;
	rump_sys_mkdir("/etc", 0755);
	fd = rump_sys_open("/etc/resolv.conf", O_WRONLY | O_CREAT | O_TRUNC,
	    0644);
	if (fd < 0)
		return;
	rump_sys_write(fd, text, n);
	rump_sys_close(fd);
}

int
rump_pub_netconfig_dhcp_ipv4_oneshot(const char *ifname)
{
	int error;

	CONFIG(error, dhcp_oneshot(ifname));
	if (error == 0)
		publish_dns();
	return error;
}

/* ---- IPv6 ---- */

/* Its interface identifier is the MAC's; nobody needs to wait for DAD. */
static int
linklocal(struct netif *nif)
{

	if (nif->linkoutput != vif_linkoutput ||
	    !ip6_addr_isinvalid(netif_ip6_addr_state(nif, 0)))
		return 0;
	netif_create_ip6_linklocal_address(nif, 1);
	if (netif_default == NULL)
		netif_set_default(nif);
	return net_if_up(nif);
}

static int
ipv6_ifaddr(const char *ifname, const char *addr)
{
	struct netif *nif = netif_byname(ifname);
	ip6_addr_t ip;
	s8_t index = -1;
	err_t err;
	int error;

	if (nif == NULL)
		return ENXIO;
	if (!ip6addr_aton(addr, &ip))
		return EINVAL;
	if ((error = linklocal(nif)) != 0)
		return error;
	ip6_addr_assign_zone(&ip, IP6_UNICAST, nif);
	err = netif_add_ip6_address(nif, &ip, &index);
	if (err != ERR_OK || index < 0)
		return err == ERR_VAL ? ENOBUFS : net_errno(err);
	netif_ip6_addr_set_state(nif, index, IP6_ADDR_PREFERRED);
	return net_if_up(nif);
}

int
rump_pub_netconfig_ipv6_ifaddr(const char *ifname, const char *addr, int prefix)
{
	int error;

	if (prefix < 0 || prefix > 128 || prefix % 8 != 0)
		return EINVAL;
	CONFIG(error, ipv6_ifaddr(ifname, addr));
	return error;
}

static int
ipv6_gw(const char *addr)
{
	ip6_addr_t ip;

	if (!ip6addr_aton(addr, &ip))
		return EINVAL;
	if (netif_default == NULL)
		return ENETUNREACH;
	ip6_addr_assign_zone(&ip, IP6_UNICAST, netif_default);
	gw6 = ip;
	return 0;
}

/* lwIP knows routers from advertisements only: this is the one we were told. */
const ip6_addr_t *
net_nd6_gw(struct netif *nif, const ip6_addr_t *dest)
{

	return ip6_addr_isany(&gw6) ? NULL : &gw6;
}

int
rump_pub_netconfig_ipv6_gw(const char *addr)
{
	int error;

	CONFIG(error, ipv6_gw(addr));
	return error;
}

static int
auto_ipv6(const char *ifname)
{
	struct netif *nif = netif_byname(ifname);

	if (nif == NULL)
		return ENXIO;
	netif_set_ip6_autoconfig_enabled(nif, 1);
	return linklocal(nif);
}

int
rump_pub_netconfig_auto_ipv6(const char *ifname)
{
	int error;

	CONFIG(error, auto_ipv6(ifname));
	return error;
}
