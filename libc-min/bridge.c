/*
 * bridge.c: the configuration's key "bridge": bridges between interfaces, by
 * NetBSD's ioctls (sys/net/if_bridgevar.h, sys/sockio.h).  For images that
 * have a bridge (component bridge); config.c and start.c refer to it weakly.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "parse.h"
#include "start.h"

#pragma weak rump_pub_netconfig_ifcreate
#pragma weak rump_pub_netconfig_ifup
#include <rump/netconfig.h>

/* ---- the document ---- */

static int
set_member(struct parse *p, int t, void *where)
{
	struct config_bridge *b = where;
	char *s;

	if (parse_string(p, t, &s) != 0)
		return -1;
	if (s[0] == '\0' || strlen(s) > 15)
		return parse_bad(p, t, "a name of up to 15 characters");
	if (b->nmember == CONFIG_MAXMEMBER)
		return parse_bad(p, t, "more than %d members", CONFIG_MAXMEMBER);
	b->member[b->nmember++] = s;
	return 0;
}

static int
set_members(struct parse *p, int t, void *where)
{

	return parse_each(p, t, set_member, where);
}

static int
set_bridge(struct parse *p, int t, void *where)
{
	static const struct parse_key keys[] = {
		{ "if", parse_string, offsetof(struct config_bridge, ifname) },
		{ "members", set_members, 0 },
		{ NULL, NULL, 0 }
	};
	struct config_bridge b = { .line = parse_line(p, t) };

	if (parse_object(p, t, keys, &b) != 0)
		return -1;
	if (b.ifname == NULL || strncmp(b.ifname, "bridge", 6) != 0 ||
	    strlen(b.ifname) > 15)
		return parse_bad(p, t, "key \"if\": bridge0, bridge1, ...");
	if (b.nmember == 0)
		return parse_bad(p, t, "key \"members\" is missing");
	if (p->c->nbridge == CONFIG_MAXBRIDGE)
		return parse_bad(p, t, "more than %d bridges", CONFIG_MAXBRIDGE);
	p->c->bridge[p->c->nbridge++] = b;
	return 0;
}

int
parse_bridge(struct parse *p, int t, void *where)
{

	return parse_each(p, t, set_bridge, where);
}

/* ---- what it asks for ---- */

static int
do_ioctl(unsigned long cmd, void *arg)
{
	int s, error = 0;

	if ((s = socket(AF_INET, SOCK_DGRAM, 0)) < 0)
		return errno;
	if (ioctl(s, cmd, arg) != 0)
		error = errno;
	close(s);
	return error;
}

static int
create(const char *bridge)
{
	struct ifreq ifr;
	int error;

	memset(&ifr, 0, sizeof(ifr));
	strcpy(ifr.ifr_name, bridge);
	error = do_ioctl(SIOCIFCREATE, &ifr);
	if (error == 0 || error == EEXIST)
		error = do_ioctl(SIOCGIFFLAGS, &ifr);
	ifr.ifr_flags |= IFF_UP;
	return error != 0 ? error : do_ioctl(SIOCSIFFLAGS, &ifr);
}

static int
add_member(const struct config_bridge *b, const char *member)
{
	struct ifbreq req;
	struct ifdrv drv;
	int error = 0;

	if (rump_pub_netconfig_ifcreate == NULL)
		return ENXIO;
	if (strncmp(member, "virt", 4) == 0)
		error = rump_pub_netconfig_ifcreate(member);
	if (error == 0 || error == EEXIST)
		error = rump_pub_netconfig_ifup(member);
	if (error != 0)
		return error;
	memset(&req, 0, sizeof(req));
	memset(&drv, 0, sizeof(drv));
	strcpy(req.ifbr_ifsname, member);
	strcpy(drv.ifd_name, b->ifname);
	drv.ifd_cmd = BRDGADD;
	drv.ifd_len = sizeof(req);
	drv.ifd_data = &req;
	return do_ioctl(SIOCSDRVSPEC, &drv);
}

static void
start_one(const struct config_bridge *b)
{
	const char *what = b->ifname;
	int i, error = create(b->ifname);

	for (i = 0; i < b->nmember && error == 0; i++) {
		what = b->member[i];
		error = add_member(b, what);
	}
	if (error != 0)
		start_fail(b->line, "bridge %s: %s: %s", b->ifname, what,
		    strerror(error));
}

void
start_bridges(const struct config *c)
{

	for (int i = 0; i < c->nbridge; i++)
		start_one(&c->bridge[i]);
}
