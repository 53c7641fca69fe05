/*
 * dhcp.c: a DHCP client (RFC 2131, 2132) over bpf(4), which hears and speaks
 * before there is an address.  The first lease is got while the caller waits;
 * then a thread renews it, by broadcast, at half its time.
 */
#include <stdio.h>
#include <string.h>
#include <rump/host.h>
#include <rump/netconfig.h>
#include <rump/rump_syscalls.h>
#include <kern_errno.h>

#include "netconfig.h"

/* sys/net/bpf.h */
struct bpf_insn { uint16_t code; uint8_t jt, jf; uint32_t k; };
struct bpf_program { unsigned n; struct bpf_insn *insns; };
#define BIOCGBLEN	_IOR('B', 102, unsigned)
#define BIOCSETF	_IOW('B', 103, struct bpf_program)
#define BIOCSETIF	_IOW('B', 108, struct ifreq)
#define BIOCIMMEDIATE	_IOW('B', 112, unsigned)
#define BIOCSSEESENT	_IOW('B', 121, unsigned)
#define BPF_CAPLEN	16		/* in struct bpf_hdr: caplen, then */
#define BPF_HDRLEN	24		/* the real length, hdrlen */

/* UDP over IPv4 to port 68, not a fragment. */
static struct bpf_insn filter_insns[] = {
	{ 0x28, 0, 0, 12 },		/* ldh [12] */
	{ 0x15, 0, 8, 0x0800 },		/* jeq IPv4 */
	{ 0x30, 0, 0, 23 },		/* ldb [23] */
	{ 0x15, 0, 6, 17 },		/* jeq UDP */
	{ 0x28, 0, 0, 20 },		/* ldh [20] */
	{ 0x45, 4, 0, 0x1fff },		/* jset offset */
	{ 0xb1, 0, 0, 14 },		/* ldxb 4 * ([14] & 0xf) */
	{ 0x48, 0, 0, 16 },		/* ldh [x + 16] */
	{ 0x15, 0, 1, 68 },		/* jeq bootpc */
	{ 0x06, 0, 0, 0xffff },		/* ret all */
	{ 0x06, 0, 0, 0 },		/* ret 0 */
};

#define ETHER	14
#define IPUDP	28
#define BOOTP	240		/* the fixed part and the magic */
#define MAGIC	0x63825363
#define FRAME	(ETHER + IPUDP + 300)	/* servers of old want 300 bytes */

enum { DISCOVER = 1, OFFER, REQUEST, DECLINE, ACK, NAK };

struct dhcp {
	char		ifname[IFNAMSIZ];
	struct nc_link	link;
	int		fd;
	unsigned	bufsize;
	uint8_t		*buf;
	uint32_t	xid;
	uint64_t	began;		/* the exchange */
	/* what was offered or is held; network order */
	uint32_t	addr, mask, gw, server;
	uint8_t		dns[16];
	int		ndns;
	uint32_t	lease;		/* seconds */
};

/* ---- the wire ---- */

static int
dhcp_open(struct dhcp *d)
{
	struct bpf_program prog = { sizeof(filter_insns) /
	    sizeof(filter_insns[0]), filter_insns };
	struct ifreq ifr = { .ifr_name = "" };
	unsigned one = 1, zero = 0;
	int error = 0;

	if ((d->fd = rump_sys_open("/dev/bpf", 2)) < 0 &&
	    (d->fd = rump_sys_open("/dev/bpf0", 2)) < 0)
		return nc_error(d->fd);
	memcpy(ifr.ifr_name, d->ifname, IFNAMSIZ);
	if (rump_sys_ioctl(d->fd, BIOCSETIF, &ifr) < 0 ||
	    rump_sys_ioctl(d->fd, BIOCIMMEDIATE, &one) < 0 ||
	    rump_sys_ioctl(d->fd, BIOCSSEESENT, &zero) < 0 ||
	    rump_sys_ioctl(d->fd, BIOCSETF, &prog) < 0 ||
	    rump_sys_ioctl(d->fd, BIOCGBLEN, &d->bufsize) < 0)
		error = nc_error(-1);
	else if ((d->buf = rumpcomp_host_malloc(d->bufsize, 0)) == NULL)
		error = ENOMEM;
	if (error != 0)
		rump_sys_close(d->fd);
	return error;
}

static void
dhcp_close(struct dhcp *d)
{

	rump_sys_close(d->fd);
	rumpcomp_host_free(d->buf);
}

static uint16_t
in_sum(const uint8_t *p, int n)
{
	uint32_t sum = 0;

	for (int i = 0; i < n; i += 2)
		sum += nc_get(p + i, 2);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static uint8_t *
option(uint8_t *p, int code, const void *data, int n)
{

	*p++ = (uint8_t)code;
	*p++ = (uint8_t)n;
	memcpy(p, data, (size_t)n);
	return p + n;
}

static uint8_t *
option_host(uint8_t *p)
{
	const int mib[2] = { 1, 10 };	/* CTL_KERN, KERN_HOSTNAME */
	char name[256];
	size_t n = sizeof(name);

	if (rump_sys___sysctl(mib, 2, name, &n, NULL, 0) != 0 || n < 2 || n > 33)
		return p;
	return option(p, 12, name, (int)n - 1);
}

/* A message, from address from (0: none yet). */
static int
dhcp_send(struct dhcp *d, int type, uint32_t from)
{
	static const uint8_t want[] = { 1, 3, 6, 51 };
	uint8_t f[FRAME] = { 0 }, *ip = f + ETHER, *b = ip + IPUDP, *p;
	uint8_t t = (uint8_t)type, id[7] = { 1 };

	memset(f, 0xff, 6);
	memcpy(f + 6, d->link.mac, 6);
	nc_put(f + 12, 0x0800, 2);
	nc_put(ip, 0x4510, 2);
	nc_put(ip + 2, FRAME - ETHER, 2);
	nc_put(ip + 8, 0x4011, 2);		/* hops 64, UDP */
	memcpy(ip + 12, &from, 4);
	memset(ip + 16, 0xff, 4);
	nc_put(ip + 10, in_sum(ip, 20), 2);
	nc_put(ip + 20, 68, 2);
	nc_put(ip + 22, 67, 2);
	nc_put(ip + 24, FRAME - ETHER - 20, 2);	/* no sum */
	nc_put(b, 0x01010600, 4);		/* request, Ethernet */
	nc_put(b + 4, d->xid, 4);
	nc_put(b + 8, (uint32_t)((rumpcomp_host_clock() - d->began) / NC_SEC), 2);
	if (from == 0)
		nc_put(b + 10, 0x8000, 2);	/* answer by broadcast */
	memcpy(b + 12, &from, 4);
	memcpy(b + 28, d->link.mac, 6);
	nc_put(b + 236, MAGIC, 4);
	p = option(b + BOOTP, 53, &t, 1);
	memcpy(id + 1, d->link.mac, 6);
	p = option(p, 61, id, 7);
	if (type == REQUEST && from == 0) {
		p = option(p, 50, &d->addr, 4);
		p = option(p, 54, &d->server, 4);
	}
	p = option_host(p);
	p = option(p, 55, want, sizeof(want));
	*p = 255;
	return nc_error(rump_sys_write(d->fd, f, FRAME));
}

/* ---- what comes back ---- */

/* The options of a message of ours into d; its type, 0 for none. */
static int
dhcp_options(struct dhcp *d, const uint8_t *p, const uint8_t *end)
{
	int type = 0, n;

	d->mask = d->gw = d->server = 0;
	d->ndns = 0;
	d->lease = 3600;
	for (; p < end && *p != 255; p += n + 2) {
		if (*p == 0) {
			n = -1;
			continue;
		}
		if (end - p < 2 || end - p - 2 < (n = p[1]))
			return 0;
		if (p[0] == 53 && n == 1)
			type = p[2];
		else if (p[0] == 1 && n == 4)
			memcpy(&d->mask, p + 2, 4);
		else if (p[0] == 3 && n >= 4)
			memcpy(&d->gw, p + 2, 4);
		else if (p[0] == 54 && n == 4)
			memcpy(&d->server, p + 2, 4);
		else if (p[0] == 51 && n == 4)
			d->lease = nc_get(p + 2, 4);
		else if (p[0] == 6 && n >= 4) {
			d->ndns = n / 4 > 4 ? 4 : n / 4;
			memcpy(d->dns, p + 2, (size_t)d->ndns * 4);
		}
	}
	return type;
}

/* A frame: 0, or the type of message that it is; then d has what it says. */
static int
dhcp_frame(struct dhcp *d, const uint8_t *f, unsigned len)
{
	struct dhcp new = *d;
	const uint8_t *b;
	unsigned hl;
	int type;

	if (len < ETHER + IPUDP + BOOTP)
		return 0;
	hl = (f[ETHER] & 0xfU) * 4;
	if (hl < 20 || len < ETHER + hl + 8 + BOOTP)
		return 0;
	b = f + ETHER + hl + 8;
	if (b[0] != 2 || nc_get(b + 4, 4) != d->xid ||
	    memcmp(b + 28, d->link.mac, 6) != 0 || nc_get(b + 236, 4) != MAGIC)
		return 0;
	type = dhcp_options(&new, b + BOOTP, f + len);
	memcpy(&new.addr, b + 16, 4);
	if (type == OFFER || type == ACK)
		*d = new;
	return type;
}

/* Wait for a message of type, or a NAK, until the deadline. */
static int
dhcp_wait(struct dhcp *d, int type, uint64_t deadline)
{
	struct pollfd pfd = { .fd = d->fd, .events = 1 /* POLLIN */ };
	unsigned caplen, hdrlen;
	uint64_t now;
	ssize_t n, at;
	int got;

	while ((now = rumpcomp_host_clock()) < deadline) {
		if (rump_sys_poll(&pfd, 1, (int)((deadline - now) / 1000000) + 1) <= 0)
			continue;
		n = rump_sys_read(d->fd, d->buf, d->bufsize);
		for (at = 0; at + BPF_HDRLEN + 2 <= n;
		    at += (hdrlen + caplen + 7) & ~7U) {
			memcpy(&caplen, d->buf + at + BPF_CAPLEN, 4);
			hdrlen = 0;
			memcpy(&hdrlen, d->buf + at + BPF_HDRLEN, 2);
			if (hdrlen < BPF_HDRLEN || at + hdrlen + caplen > n)
				break;
			got = dhcp_frame(d, d->buf + at + hdrlen, caplen);
			if (got == type || got == NAK)
				return got;
		}
	}
	return 0;
}

/* Ask until it is answered: type, NAK, or 0 after tries. */
static int
dhcp_ask(struct dhcp *d, int send, int want, uint32_t from, int tries)
{
	uint64_t wait = NC_SEC;
	int got = 0;

	for (int i = 0; i < tries && got == 0; i++, wait *= 2) {
		if (dhcp_send(d, send, from) != 0)
			return 0;
		got = dhcp_wait(d, want, rumpcomp_host_clock() + wait);
	}
	return got;
}

/* ---- a lease ---- */

static int
dhcp_apply(struct dhcp *d, uint32_t old)
{
	const uint8_t *a = (const uint8_t *)&d->addr;
	int error;

	if (d->mask == 0)
		d->mask = a[0] < 128 ? 0xff : a[0] < 192 ? 0xffff : 0xffffff;
	if (old == d->addr)
		return 0;
	if (old != 0)
		nc_deladdr4(d->ifname, old);
	error = nc_addr4(d->ifname, d->addr, d->mask);
	if (error == 0 && d->gw != 0)
		error = nc_gw4(d->gw);
	nc_resolvers(AF_INET, d->dns, d->ndns);
	if (error == 0)
		nc_say(d->ifname, "%u.%u.%u.%u by DHCP, for %u s", a[0], a[1],
		    a[2], a[3], d->lease);
	return error;
}

/* From nothing to a lease. */
static int
dhcp_acquire(struct dhcp *d)
{
	uint32_t old = d->addr;

	d->began = rumpcomp_host_clock();
	d->xid = (uint32_t)(d->began * 0x9e3779b97f4a7c15ULL >> 32) ^
	    nc_get(d->link.mac + 2, 4);
	for (int i = 0; i < 3; i++) {
		if (dhcp_ask(d, DISCOVER, OFFER, 0, 4) != OFFER)
			return ETIMEDOUT;
		if (dhcp_ask(d, REQUEST, ACK, 0, 3) == ACK)
			return dhcp_apply(d, old);
	}
	return EACCES;
}

static int
dhcp_acquire_open(struct dhcp *d)
{
	int error = dhcp_open(d);

	if (error == 0) {
		error = dhcp_acquire(d);
		dhcp_close(d);
	}
	return error;
}

/* Ask for what there is again; whether it is ours for another while. */
static int
dhcp_renew(struct dhcp *d)
{
	uint32_t had = d->addr;
	int got;

	if (dhcp_open(d) != 0)
		return 0;
	d->xid++;
	d->began = rumpcomp_host_clock();
	got = dhcp_ask(d, REQUEST, ACK, had, 2);
	if (got == ACK && dhcp_apply(d, had) != 0)
		got = 0;
	dhcp_close(d);
	return got;
}

/* Renew at half of what is left; when nothing is, or at a NAK, anew. */
static void *
dhcp_thread(void *arg)
{
	struct dhcp *d = arg;
	uint64_t now, end;
	int got;

	while (d->lease != NC_FOREVER) {
		end = rumpcomp_host_clock() + d->lease * NC_SEC;
		for (got = 0; got == 0 && (now = rumpcomp_host_clock()) +
		    NC_SEC < end; got = dhcp_renew(d))
			rumpcomp_host_sleep_until(now + (end - now) / 2);
		if (got == ACK)
			continue;
		nc_say(d->ifname, "the DHCP lease has ended");
		while (dhcp_acquire_open(d) != 0)
			rumpcomp_host_sleep_until(rumpcomp_host_clock() +
			    10 * NC_SEC);
	}
	rumpcomp_host_free(d);
	return NULL;
}

int
rump_pub_netconfig_dhcp_ipv4_oneshot(const char *ifname)
{
	struct dhcp *d = rumpcomp_host_malloc(sizeof(*d), 0);
	struct host_thread *t;
	int error;

	if (d == NULL)
		return ENOMEM;
	memset(d, 0, sizeof(*d));
	snprintf(d->ifname, sizeof(d->ifname), "%s", ifname);
	error = nc_link(ifname, &d->link);
	if (error == 0)
		error = dhcp_acquire_open(d);
	if (error == 0)
		error = rumpcomp_host_thread_create(&t, "dhcp", dhcp_thread, d,
		    0, 0);
	if (error != 0)
		rumpcomp_host_free(d);
	return error;
}
