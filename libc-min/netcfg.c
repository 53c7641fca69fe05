/* netcfg.c: the configuration's networks. */
#include <stdio.h>
#include <string.h>
#include <errno.h>

#include "start.h"

/* rump/netconfig.h's calls, weakly: an image may have no network. */
#pragma weak rump_pub_netconfig_ifcreate
#pragma weak rump_pub_netconfig_ifup
#pragma weak rump_pub_netconfig_ipv4_ifaddr_cidr
#pragma weak rump_pub_netconfig_ipv6_ifaddr
#pragma weak rump_pub_netconfig_ipv4_gw
#pragma weak rump_pub_netconfig_ipv6_gw
#pragma weak rump_pub_netconfig_dhcp_ipv4_oneshot
#pragma weak rump_pub_netconfig_auto_ipv6
#include <rump/netconfig.h>

static int
ipv6(const struct config_net *n)
{
	int error;

	if (rump_pub_netconfig_auto_ipv6 == NULL)
		return EAFNOSUPPORT;
	if (n->method == CONFIG_AUTO)
		return rump_pub_netconfig_auto_ipv6(n->ifname);
	error = rump_pub_netconfig_ipv6_ifaddr(n->ifname, n->addr, n->masklen);
	if (error == 0 && n->gw != NULL)
		error = rump_pub_netconfig_ipv6_gw(n->gw);
	return error;
}

static int
ipv4(const struct config_net *n)
{
	int error;

	if (n->method == CONFIG_DHCP)
		return rump_pub_netconfig_dhcp_ipv4_oneshot(n->ifname);
	error = rump_pub_netconfig_ipv4_ifaddr_cidr(n->ifname, n->addr,
	    n->masklen);
	if (error == 0 && n->gw != NULL)
		error = rump_pub_netconfig_ipv4_gw(n->gw);
	return error;
}

static void
start_one(const struct config_net *n)
{
	bool ours = n->cloner || strncmp(n->ifname, "virt", 4) == 0;
	int error;

	if (rump_pub_netconfig_ifcreate == NULL)
		start_fail(n->line, "net %s: this image has no network",
		    n->ifname);
	if (ours) {
		error = rump_pub_netconfig_ifcreate(n->ifname);
		if (error != 0 && error != EEXIST)
			start_fail(n->line, "net %s: %s", n->ifname,
			    strerror(error));
	}
	error = rump_pub_netconfig_ifup(n->ifname);
	if (error == 0)
		error = n->family == 4 ? ipv4(n) : ipv6(n);
	if (error != 0)
		start_fail(n->line, "net %s: %s%s%s", n->ifname,
		    n->method == CONFIG_DHCP ? "DHCP: " : "",
		    strerror(error), error == ENXIO && !ours ?
		    " (the platform's are virt0, virt1, ...)" : "");
}

void
start_net(const struct config *c)
{

	for (int i = 0; i < c->nnet; i++)
		start_one(&c->net[i]);
}
