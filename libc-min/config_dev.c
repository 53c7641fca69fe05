/* config_dev.c: the configuration's keys "net" and "blk". */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "parse.h"

/* ---- net ---- */

struct net_json {
	char	*ifname, *type, *method, *addr, *gw;
	int	masklen;
	bool	cloner;
};

static bool
is_addr(int family, const char *s)
{
	unsigned char buf[16];

	return inet_pton(family == 4 ? AF_INET : AF_INET6, s, buf) == 1;
}

static int
check_net(struct parse *p, int t, const struct net_json *n, struct config_net *net)
{

	if (n->ifname == NULL || n->ifname[0] == '\0' || strlen(n->ifname) > 15)
		return parse_bad(p, t, "key \"if\": a name of up to 15 characters");
	if (n->type == NULL || strcmp(n->type, "inet") == 0)
		net->family = 4;
	else if (strcmp(n->type, "inet6") == 0)
		net->family = 6;
	else
		return parse_bad(p, t, "key \"type\": \"inet\" or \"inet6\"");
	if (n->method == NULL)
		return parse_bad(p, t, "key \"method\" is missing");
	if (strcmp(n->method, "static") == 0)
		net->method = CONFIG_STATIC;
	else if (strcmp(n->method, "dhcp") == 0 && net->family == 4)
		net->method = CONFIG_DHCP;
	else if (strcmp(n->method, "auto") == 0 && net->family == 6)
		net->method = CONFIG_AUTO;
	else
		return parse_bad(p, t, "key \"method\": \"static\" or \"%s\"",
		    net->family == 4 ? "dhcp" : "auto");
	if (net->method != CONFIG_STATIC) {
		if (n->addr != NULL || n->masklen >= 0 || n->gw != NULL)
			return parse_bad(p, t, "\"addr\", \"mask\" and \"gw\" go with "
			    "method \"static\"");
		return 0;
	}
	if (n->addr == NULL || !is_addr(net->family, n->addr))
		return parse_bad(p, t, "key \"addr\": an IPv%d address", net->family);
	if (n->masklen < 0 || (net->family == 4 && n->masklen > 32))
		return parse_bad(p, t, "key \"mask\": a prefix length");
	if (n->gw != NULL && !is_addr(net->family, n->gw))
		return parse_bad(p, t, "key \"gw\": an IPv%d address", net->family);
	return 0;
}

static int
set_netone(struct parse *p, int t, void *where)
{
	static const struct parse_key keys[] = {
		{ "if", parse_string, offsetof(struct net_json, ifname) },
		{ "cloner", parse_bool, offsetof(struct net_json, cloner) },
		{ "type", parse_string, offsetof(struct net_json, type) },
		{ "method", parse_string, offsetof(struct net_json, method) },
		{ "addr", parse_string, offsetof(struct net_json, addr) },
		{ "mask", parse_masklen, offsetof(struct net_json, masklen) },
		{ "gw", parse_string, offsetof(struct net_json, gw) },
		{ NULL, NULL, 0 }
	};
	struct net_json n = { .masklen = -1 };
	struct config_net *net = &p->c->net[p->c->nnet];

	if (parse_object(p, t, keys, &n) != 0)
		return -1;
	if (p->c->nnet == CONFIG_MAXNET)
		return parse_bad(p, t, "more than %d networks", CONFIG_MAXNET);
	if (check_net(p, t, &n, net) != 0)
		return -1;
	p->c->nnet++;
	net->line = parse_line(p, t);
	net->ifname = n.ifname;
	net->addr = n.addr;
	net->masklen = n.masklen;
	net->gw = n.gw;
	net->cloner = n.cloner;
	return 0;
}

int
parse_net(struct parse *p, int t, void *where)
{

	return parse_each(p, t, set_netone, where);
}

/* ---- blk ---- */

static int
check_blk(struct parse *p, int t, const struct config_blk *b)
{
	static const char *const types[] = { "blk", "msdos", "cd9660", "ext2fs",
	    "ffs", "udf", "tmpfs", "9p", "nfs", "auto", NULL };
	bool nodev;
	int i;

	if (b->fstype == NULL)
		return parse_bad(p, t, "key \"fstype\" is missing");
	for (i = 0; types[i] != NULL && strcmp(b->fstype, types[i]) != 0; i++)
		continue;
	if (types[i] == NULL)
		return parse_bad(p, t, "key \"fstype\": not \"%.20s\" but one of blk, "
		    "msdos, cd9660, ext2fs, ffs, udf, tmpfs, 9p, nfs, auto", b->fstype);
	nodev = strcmp(b->fstype, "tmpfs") == 0 ||
	    strcmp(b->fstype, "nfs") == 0;
	if (!nodev && (b->source == NULL || (strcmp(b->source, "etfs") != 0 &&
	    strcmp(b->source, "dev") != 0)))
		return parse_bad(p, t, "key \"source\": \"etfs\" or \"dev\"");
	if (strcmp(b->fstype, "tmpfs") != 0 && (b->path == NULL || b->path[0] == '\0'))
		return parse_bad(p, t, "key \"path\" is missing");
	if (b->mountpoint == NULL && strcmp(b->fstype, "blk") != 0)
		return parse_bad(p, t, "key \"mountpoint\" is missing");
	if (b->mountpoint != NULL && (b->mountpoint[0] != '/' ||
	    strlen(b->mountpoint) > 255))
		return parse_bad(p, t, "key \"mountpoint\": an absolute path");
	return 0;
}

static int
set_blkone(struct parse *p, int t, void *where)
{
	static const struct parse_key keys[] = {
		{ "source", parse_string, offsetof(struct config_blk, source) },
		{ "path", parse_string, offsetof(struct config_blk, path) },
		{ "fstype", parse_string, offsetof(struct config_blk, fstype) },
		{ "mountpoint", parse_string,
		    offsetof(struct config_blk, mountpoint) },
		{ "ro", parse_bool, offsetof(struct config_blk, ro) },
		{ NULL, NULL, 0 }
	};
	struct config_blk b = { .line = parse_line(p, t) };

	if (parse_object(p, t, keys, &b) != 0 || check_blk(p, t, &b) != 0)
		return -1;
	if (p->c->nblk == CONFIG_MAXBLK)
		return parse_bad(p, t, "more than %d disks", CONFIG_MAXBLK);
	p->c->blk[p->c->nblk++] = b;
	return 0;
}

int
parse_blk(struct parse *p, int t, void *where)
{

	return parse_each(p, t, set_blkone, where);
}
