/*
 * netconfig.h: interfaces and addresses, as buildrump's librumpnet_config has
 * it (brlib/libnetconfig).  Results: 0 or a NetBSD error number.
 */
#ifndef SIRLOIN_RUMP_NETCONFIG_H
#define SIRLOIN_RUMP_NETCONFIG_H

int	rump_pub_netconfig_ifcreate(const char *ifname);
int	rump_pub_netconfig_ifup(const char *ifname);
int	rump_pub_netconfig_ifsetlinkstr(const char *ifname, const char *linkstr);
int	rump_pub_netconfig_ifdown(const char *ifname);
int	rump_pub_netconfig_ifdestroy(const char *ifname);
int	rump_pub_netconfig_ipv4_ifaddr(const char *ifname, const char *addr,
	    const char *mask);
int	rump_pub_netconfig_ipv4_ifaddr_cidr(const char *ifname,
	    const char *addr, int prefix);
int	rump_pub_netconfig_ipv6_ifaddr(const char *ifname, const char *addr,
	    int prefix);
int	rump_pub_netconfig_ipv4_gw(const char *addr);
int	rump_pub_netconfig_ipv6_gw(const char *addr);
int	rump_pub_netconfig_dhcp_ipv4_oneshot(const char *ifname);
int	rump_pub_netconfig_auto_ipv6(const char *ifname);

#endif /* SIRLOIN_RUMP_NETCONFIG_H */
