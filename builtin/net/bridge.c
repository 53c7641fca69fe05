/*
 * bridge.c: bridges between interfaces, by NetBSD's ioctls (bridge(4)): frames
 * from one member go out of the others without lwIP, what is for this machine
 * goes up, whichever member has its address.  Checksums and segmentation that a
 * frame lacks are left to the next device, or done in software (rump/vif.h).
 *
 * A bridge's lock is for its table and is held while a batch is sorted, never
 * while it is sent.  Members stay.
 */
#include <string.h>

#include "lwip/opt.h"
#include "lwip/dhcp.h"
#include "lwip/netif.h"

#include "net.h"
#include "sock.h"

#define MAXMEMBER	8
#define TABLE		2048		/* addresses; a hash has one place */
#define AGE		300000000000ull	/* ns */
#define GROUP(mac)	((mac)[0] & 1)

struct seen {
	uint8_t		mac[6];
	uint8_t		member;		/* + 1; 0: free */
	uint64_t	when;
};
struct bridge {
	char		name[VIF_NAMESIZE];
	bool		up;
	unsigned	n;
	struct vif_if	*member[MAXMEMBER];
	kmutex_t	lock;
	struct seen	table[TABLE];
	struct bridge	*next;
};
static struct bridge *bridges;		/* under net_lock() */

/* A batch, sorted. */
struct sorted {
	struct netpktq	out[MAXMEMBER], up[MAXMEMBER];
};

/* ---- the table; the bridge's lock held ---- */

static struct seen *
place(struct bridge *b, const uint8_t *mac)
{
	uint32_t h = 0x811c9dc5;

	for (int i = 0; i < 6; i++)
		h = (h ^ mac[i]) * 0x01000193;
	return &b->table[(h ^ h >> 16) % TABLE];
}

static void
learn(struct bridge *b, const uint8_t *mac, unsigned member, uint64_t now)
{
	struct seen *s = place(b, mac);

	memcpy(s->mac, mac, 6);
	s->member = member + 1;
	s->when = now;
}

/* Where it is; -1: not known. */
static int
find(struct bridge *b, const uint8_t *mac, uint64_t now)
{
	struct seen *s = place(b, mac);

	if (s->member == 0 || now - s->when > AGE || memcmp(s->mac, mac, 6) != 0)
		return -1;
	return s->member - 1;
}

/* ---- sorting ---- */

static unsigned
index_of(const struct bridge *b, const struct vif_if *v)
{
	unsigned i;

	for (i = 0; b->member[i] != v; i++)
		continue;
	return i;
}

/* The member whose own address it is; -1: none's. */
static int
own(const struct bridge *b, const uint8_t *mac)
{

	for (unsigned i = 0; i < b->n; i++)
		if (memcmp(b->member[i]->info.mac, mac, 6) == 0)
			return i;
	return -1;
}

/* The member by which this machine takes part: what is for all goes there. */
static unsigned
host(const struct bridge *b, unsigned from)
{
	struct netif *nif;

	for (unsigned i = 0; i < b->n; i++) {
		nif = &b->member[i]->nif;
		if (netif_is_up(nif) && (netif_ip4_addr(nif)->addr != 0 ||
		    netif_dhcp_data(nif) != NULL))
			return i;
	}
	return from;
}

/* Out of all members but one; the packet itself stays whose it is. */
static void
copy_to_others(const struct bridge *b, unsigned but, const struct netpkt *p,
    struct sorted *s)
{
	struct netpkt *c;

	for (unsigned i = 0; i < b->n; i++)
		if (i != but && (c = rumpcomp_vif_copy(p)) != NULL)
			STAILQ_INSERT_TAIL(&s->out[i], c, link);
}

static void
sort_received(struct bridge *b, unsigned from, struct netpkt *p,
    struct sorted *s, uint64_t now)
{
	uint8_t h[14];
	int to;

	/* 01:80:c2:00:00:0x is for the next bridge, no further (802.1Q, 8.6.3) */
	if (!netpkt_header(p, h) || GROUP(h + 6) || own(b, h + 6) >= 0 ||
	    (memcmp(h, "\x01\x80\xc2\x00\x00", 5) == 0 && h[5] < 16)) {
		p->done(p);
		return;
	}
	learn(b, h + 6, from, now);
	if ((to = own(b, h)) >= 0)
		STAILQ_INSERT_TAIL(&s->up[to], p, link);
	else if (GROUP(h)) {
		copy_to_others(b, from, p, s);
		STAILQ_INSERT_TAIL(&s->up[host(b, from)], p, link);
	} else if ((to = find(b, h, now)) == (int)from)
		p->done(p);
	else if (to >= 0)
		STAILQ_INSERT_TAIL(&s->out[to], p, link);
	else if (b->n == 2)
		STAILQ_INSERT_TAIL(&s->out[1 - from], p, link);
	else {
		copy_to_others(b, from, p, s);
		p->done(p);
	}
}

static void
sort_sent(struct bridge *b, unsigned by, struct netpkt *p, struct sorted *s,
    uint64_t now)
{
	uint8_t h[14];
	int to;

	if (netpkt_header(p, h)) {
		to = GROUP(h) ? -1 : find(b, h, now);
		if (to < 0)
			copy_to_others(b, by, p, s);
		else
			by = to;
	}
	STAILQ_INSERT_TAIL(&s->out[by], p, link);
}

static void
sorted_init(struct sorted *s)
{

	for (int i = 0; i < MAXMEMBER; i++) {
		STAILQ_INIT(&s->out[i]);
		STAILQ_INIT(&s->up[i]);
	}
}

/* ---- sending ---- */

static void
drop_all(struct netpktq *q)
{
	struct netpkt *p;

	while ((p = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, link);
		p->done(p);
	}
}

/* Drivers look for headers where they are without a VLAN's tag. */
static bool
tagged(const struct netpkt *p)
{
	const uint8_t *h = p->seg[0].data;

	return p->seg[0].len < 14 || (h[12] == 0x81 && h[13] == 0);
}

/* As the device can take them: what was received is now to be sent. */
static void
send_all(struct vif_if *v, struct netpktq *q)
{
	struct netpktq in = STAILQ_HEAD_INITIALIZER(in), one;
	struct netpkt *p;
	bool odd = false;

	if (STAILQ_EMPTY(q))
		return;
	if (!v->open) {
		drop_all(q);
		return;
	}
	STAILQ_FOREACH(p, q, link) {
		if (p->flags & NETPKT_CSUM_PART)
			p->flags ^= NETPKT_CSUM_PART | NETPKT_CSUM;
		odd |= (p->flags & NETPKT_CSUM) && tagged(p);
	}
	if (odd) {
		STAILQ_CONCAT(&in, q);
		while ((p = STAILQ_FIRST(&in)) != NULL) {
			STAILQ_REMOVE_HEAD(&in, link);
			STAILQ_INIT(&one);
			STAILQ_INSERT_HEAD(&one, p, link);
			if ((p->flags & NETPKT_CSUM) && tagged(p))
				(void)rumpcomp_vif_soft(&one, 0);
			STAILQ_CONCAT(q, &one);
		}
	}
	(void)rumpcomp_vif_soft(q, v->info.caps);
	if (!STAILQ_EMPTY(q))
		vif_dev_send(v, q);
}

void
bridge_input(struct vif_if *v, struct netpktq *q)
{
	struct bridge *b = v->bridge;
	unsigned from = index_of(b, v), i;
	uint64_t now = k_uptime();
	struct netpkt *p;
	struct sorted s;

	if (!b->up) {
		vif_input_up(v, q);
		return;
	}
	sorted_init(&s);
	kmutex_enter(&b->lock);
	while ((p = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, link);
		sort_received(b, from, p, &s, now);
	}
	kmutex_exit(&b->lock);
	for (i = 0; i < b->n; i++) {
		send_all(b->member[i], &s.out[i]);
		if (!STAILQ_EMPTY(&s.up[i]))
			vif_input_up(b->member[i], &s.up[i]);
	}
}

void
bridge_output(struct vif_if *v, struct netpktq *q)
{
	struct bridge *b = v->bridge;
	unsigned by = index_of(b, v), i;
	uint64_t now = k_uptime();
	struct netpkt *p;
	struct sorted s;

	if (!b->up) {
		vif_dev_send(v, q);
		return;
	}
	sorted_init(&s);
	kmutex_enter(&b->lock);
	while ((p = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, link);
		sort_sent(b, by, p, &s, now);
	}
	kmutex_exit(&b->lock);
	for (i = 0; i < b->n; i++)
		send_all(b->member[i], &s.out[i]);
}

/* ---- ioctls; net_lock() held ---- */

static struct bridge *
bridge_find(const char *name)
{
	struct bridge *b;

	for (b = bridges; b != NULL && strcmp(b->name, name) != 0; b = b->next)
		continue;
	return b;
}

static int
bridge_create(const char *name)
{
	struct bridge *b;

	if (name[6] < '0' || name[6] > '9' || strlen(name) >= VIF_NAMESIZE)
		return EINVAL;
	if (bridge_find(name) != NULL)
		return EEXIST;
	if ((b = kmem_zalloc(sizeof(*b))) == NULL)
		return ENOMEM;
	strcpy(b->name, name);
	kmutex_init(&b->lock);
	b->next = bridges;
	bridges = b;
	return 0;
}

static int
bridge_add(struct bridge *b, const struct ifbreq *req)
{
	char name[IFNAMSIZ];
	struct vif_if *v;

	memcpy(name, req->ifbr_ifsname, IFNAMSIZ);
	name[IFNAMSIZ - 1] = '\0';
	if ((v = vif_find(name)) == NULL)
		return ENOENT;
	if (v->bridge == b)
		return EEXIST;
	if (v->bridge != NULL)
		return EBUSY;
	if (b->n == MAXMEMBER)
		return ENOSPC;
	v->promisc = true;
	vif_dev_filter(v);
	b->member[b->n] = v;
	/* first the list, then its length, then who uses it */
	__atomic_store_n(&b->n, b->n + 1, __ATOMIC_RELEASE);
	__atomic_store_n(&v->bridge, b, __ATOMIC_RELEASE);
	return 0;
}

static int
bridge_spec(struct bridge *b, const struct ifdrv *drv)
{

	if (drv->ifd_cmd != BRDGADD)
		return drv->ifd_cmd == BRDGDEL ? EOPNOTSUPP : EINVAL;
	if (drv->ifd_len != sizeof(struct ifbreq) || drv->ifd_data == NULL)
		return EINVAL;
	return bridge_add(b, drv->ifd_data);
}

int
bridge_ioctl(unsigned long cmd, const char *name, void *data)
{
	struct bridge *b = bridge_find(name);
	struct ifreq *ifr = data;

	if (cmd == SIOCIFCREATE)
		return bridge_create(name);
	if (b == NULL)
		return ENXIO;
	switch (cmd) {
	case SIOCSDRVSPEC:
		return bridge_spec(b, data);
	case SIOCGIFFLAGS:
		ifr->ifr_flags = b->up ? IFF_UP | IFF_RUNNING : 0;
		return 0;
	case SIOCSIFFLAGS:
		b->up = (ifr->ifr_flags & IFF_UP) != 0;
		return 0;
	}
	return ENOTTY;
}
