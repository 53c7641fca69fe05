/*
 * switch.c: a learning switch (IEEE 802.1Q, clause 8, without VLANs and
 * spanning tree).  Packets go through it in the thread that brings them; a port
 * that is used is held by a count, and no lock is held while it is.
 */
#include <stdio.h>
#include <string.h>
#include "switch.h"
#include <netsoft.h>

#define GROUP(mac)	((mac)[0] & 1)
#define MTU		1500

struct sw {
	struct netdev	nd;		/* first: the uplink as a device */
	struct sw_port	up;
	struct kern_spin lock;		/* ports, table */
	LIST_HEAD(, sw_port) ports;
	unsigned	nport;
	struct sw_table	*table;
	bool		open;
	void		(*input)(void *, struct netpktq *);
	void		*arg;
};

/* ---- counts ---- */

static void
count(uint64_t *v, uint64_t n)
{

	__atomic_fetch_add(v, n, __ATOMIC_RELAXED);
}

/* Several threads at once make it a little wrong, which does no harm. */
static void
rate_add(struct sw_rate *r, uint64_t bytes, uint64_t now)
{
	uint64_t gone = now - r->since;

	if (gone >= 1000000000) {
		r->rate = gone < 10000000000 ? r->bytes * 1000000000 / gone : 0;
		r->since = now;
		r->bytes = 0;
	}
	r->bytes += bytes;
}

/* Bytes a second, now. */
static uint64_t
rate_now(const struct sw_rate *r)
{
	uint64_t gone = plat_clock() - r->since;

	if (gone < 1000000000)
		return r->rate;
	return gone < 10000000000 ? r->bytes * 1000000000 / gone : 0;
}

/* ---- ports ---- */

static void
drop_ref(struct sw_port *p)
{

	__atomic_sub_fetch(&p->refs, 1, __ATOMIC_RELEASE);
}

int
sw_attach(struct sw *sw, struct sw_port *p)
{
	static const uint8_t nobody[6];
	unsigned long s;
	int error = 0;

	s = kern_spin_lock(&sw->lock);
	p->sw = sw;
	p->refs = 0;
	p->learned = 0;
	if (sw->nport == SW_PORTS)
		error = ENOSPC;
	else {
		sw->nport++;
		LIST_INSERT_HEAD(&sw->ports, p, link);
		if (memcmp(p->mac, nobody, 6) != 0)
			(void)sw_table_learn(sw->table, p->mac, p, true,
			    plat_clock());
	}
	kern_spin_unlock(&sw->lock, s);
	return error;
}

void
sw_detach(struct sw_port *p)
{
	struct sw *sw = p->sw;
	unsigned long s;

	s = kern_spin_lock(&sw->lock);
	LIST_REMOVE(p, link);
	sw->nport--;
	sw_table_forget(sw->table, p);
	kern_spin_unlock(&sw->lock, s);
	while (__atomic_load_n(&p->refs, __ATOMIC_ACQUIRE) != 0)
		kern_sleep_until(plat_clock() + 1000000);
}

/* All ports but one, held; how many. */
static unsigned
hold_all(struct sw *sw, const struct sw_port *but, struct sw_port **list)
{
	struct sw_port *p;
	unsigned n = 0;
	unsigned long s;

	s = kern_spin_lock(&sw->lock);
	LIST_FOREACH(p, &sw->ports, link) {
		if (p == but)
			continue;
		__atomic_add_fetch(&p->refs, 1, __ATOMIC_RELAXED);
		list[n++] = p;
	}
	kern_spin_unlock(&sw->lock, s);
	return n;
}

/* ---- packets ---- */

static void
deliver(struct sw_port *p, struct netpktq *q, uint64_t now)
{
	struct netpkt *pkt;
	uint64_t n = 0, bytes = 0;

	STAILQ_FOREACH(pkt, q, link) {
		n++;
		bytes += pkt->len;
	}
	count(&p->stats.opackets, n);
	count(&p->stats.obytes, bytes);
	rate_add(&p->orate, bytes, now);
	p->output(p, q);
}

/* What no bridge forwards (802.1Q, table 8-1): 01:80:c2:00:00:00 to 0f. */
static bool
is_link_local(const uint8_t *mac)
{

	return memcmp(mac, "\x01\x80\xc2\x00\x00", 5) == 0 && mac[5] < 16;
}

/* To all ports but the one it came from; the last gets the packet itself. */
static void
flood(struct sw_port *from, struct netpkt *pkt, const uint8_t *dst,
    uint64_t now)
{
	struct sw_port *list[SW_PORTS], *last = NULL;
	struct netpktq q = STAILQ_HEAD_INITIALIZER(q);
	struct netpkt *c;
	unsigned i, n = hold_all(from->sw, from, list);

	for (i = 0; i < n; i++) {
		/* who is locked in has no other address */
		if (!list[i]->up || (list[i]->locked && !GROUP(dst)))
			continue;
		if (last != NULL && (c = netsoft_copy(pkt)) != NULL) {
			STAILQ_INSERT_HEAD(&q, c, link);
			deliver(last, &q, now);
			STAILQ_INIT(&q);
		} else if (last != NULL)
			count(&last->stats.odrops, 1);
		last = list[i];
	}
	if (last != NULL) {
		STAILQ_INSERT_HEAD(&q, pkt, link);
		deliver(last, &q, now);
	} else
		pkt->done(pkt);
	for (i = 0; i < n; i++)
		drop_ref(list[i]);
}

/* Whether it may come in; the port it goes to, held, or NULL for all. */
static bool
classify(struct sw_port *from, const struct netpkt *pkt, uint8_t *h,
    struct sw_port **to, uint64_t now)
{
	struct sw *sw = from->sw;
	struct sw_port *p = NULL;
	unsigned long s;
	bool ok = true;

	if (!netpkt_header(pkt, h) || GROUP(h + 6) || is_link_local(h)) {
		count(&from->stats.ierrors, 1);
		return false;
	}
	s = kern_spin_lock(&sw->lock);
	if (from->locked)
		ok = memcmp(h + 6, from->mac, 6) == 0;
	if (ok)
		ok = sw_table_learn(sw->table, h + 6, from, false, now);
	if (ok && !GROUP(h) && (p = sw_table_find(sw->table, h, now)) != NULL)
		__atomic_add_fetch(&p->refs, 1, __ATOMIC_RELAXED);
	kern_spin_unlock(&sw->lock, s);
	if (!ok)
		count(&from->spoofed, 1);
	*to = p;
	return ok;
}

void
sw_input(struct sw_port *from, struct netpktq *q)
{
	struct netpktq run = STAILQ_HEAD_INITIALIZER(run);
	struct sw_port *to, *runto = NULL;
	struct netpkt *pkt;
	uint64_t now = plat_clock(), n = 0, bytes = 0;
	uint8_t h[14];

	while ((pkt = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, link);
		n++;
		bytes += pkt->len;
		if (pkt->flags & NETPKT_CSUM)
			pkt->flags ^= NETPKT_CSUM | NETPKT_CSUM_PART;
		if (!classify(from, pkt, h, &to, now)) {
			pkt->done(pkt);
			continue;
		}
		if (runto != NULL && to != runto) {
			deliver(runto, &run, now);
			STAILQ_INIT(&run);
			drop_ref(runto);
			runto = NULL;
		}
		if (to == NULL)
			flood(from, pkt, h, now);
		else if (to == from || !to->up) {
			drop_ref(to);
			pkt->done(pkt);
		} else {
			STAILQ_INSERT_TAIL(&run, pkt, link);
			if (runto != NULL)
				drop_ref(to);
			runto = to;
		}
	}
	if (runto != NULL) {
		deliver(runto, &run, now);
		drop_ref(runto);
	}
	count(&from->stats.ipackets, n);
	count(&from->stats.ibytes, bytes);
	rate_add(&from->irate, bytes, now);
}

/* ---- the uplink ---- */

static void
up_output(struct sw_port *p, struct netpktq *q)
{
	struct sw *sw = p->sw;
	struct netpkt *pkt;
	uint64_t n = 0, bytes = 0;

	if (!__atomic_load_n(&sw->open, __ATOMIC_ACQUIRE)) {
		count(&p->stats.odrops, netsoft_drop(q));
		return;
	}
	STAILQ_FOREACH(pkt, q, link) {
		n++;
		bytes += pkt->len;
	}
	count(&sw->nd.stats.ipackets, n);
	count(&sw->nd.stats.ibytes, bytes);
	sw->input(sw->arg, q);
}

static int
up_open(struct netdev *nd, void (*rx)(void *, struct netpktq *), void *arg)
{
	struct sw *sw = (struct sw *)nd;

	if (sw->open)
		return EBUSY;
	sw->input = rx;
	sw->arg = arg;
	__atomic_store_n(&sw->open, true, __ATOMIC_RELEASE);
	return 0;
}

static void
up_close(struct netdev *nd)
{
	struct sw *sw = (struct sw *)nd;

	__atomic_store_n(&sw->open, false, __ATOMIC_SEQ_CST);
}

static void
up_xmit(struct netdev *nd, struct netpktq *q)
{
	struct sw *sw = (struct sw *)nd;
	struct netpkt *pkt;

	STAILQ_FOREACH(pkt, q, link) {
		count(&nd->stats.opackets, 1);
		count(&nd->stats.obytes, pkt->len);
	}
	sw_input(&sw->up, q);
}

/* A local address that the network has not seen, probably. */
static void
make_mac(uint8_t *mac)
{
	uint64_t v = plat_clock() ^ plat_clock_epoch();

	if (kern_random(&v, sizeof(v), false) != 0)
		v *= 0x9e3779b97f4a7c15;
	memcpy(mac, "\x02\x53\x69", 3);
	memcpy(mac + 3, (char *)&v + 4, 3);
}

static struct sw *the_switch;

struct sw *
sw_get(void)
{
	struct sw *sw = the_switch;

	if (sw != NULL || (sw = kern_zalloc(sizeof(*sw))) == NULL)
		return sw;
	if ((sw->table = sw_table_new()) == NULL) {
		kern_free(sw);
		return NULL;
	}
	LIST_INIT(&sw->ports);
	sw->nd.driver = "xen-switch";
	make_mac(sw->nd.mac);
	sw->nd.mtu = MTU;
	sw->nd.caps = NET_TXCSUM | NET_RXCSUM | NET_TSO4 | NET_TSO6 | NET_LRO;
	sw->nd.linkup = true;
	sw->nd.open = up_open;
	sw->nd.close = up_close;
	sw->nd.xmit = up_xmit;
	netdev_register(&sw->nd);
	(void)snprintf(sw->up.name, sizeof(sw->up.name), "%s", sw->nd.name);
	sw->up.output = up_output;
	sw->up.uplink = sw->up.up = true;
	memcpy(sw->up.mac, sw->nd.mac, 6);
	(void)sw_attach(sw, &sw->up);
	return the_switch = sw;
}

/* ---- reports ---- */

#define U(x)	((unsigned long long)(x))

/* i: from the port into the switch; rates in bytes a second. */
static void
status(kern_put_fn put, void *arg)
{
	struct sw_port *list[SW_PORTS], *p;
	const struct net_stats *st;
	unsigned i, n = the_switch != NULL ?
	    hold_all(the_switch, NULL, list) : 0;

	put(arg, "[");
	for (i = 0; i < n; i++) {
		p = list[i];
		st = &p->stats;
		put(arg, "%s\n  {\"name\":\"%s\",\"mac\":"
		    "\"%02x:%02x:%02x:%02x:%02x:%02x\",\"up\":%s,"
		    "\"locked\":%s,\"learned\":%u,", i > 0 ? "," : "", p->name,
		    p->mac[0], p->mac[1], p->mac[2], p->mac[3], p->mac[4],
		    p->mac[5], p->up ? "true" : "false",
		    p->locked ? "true" : "false", p->learned);
		put(arg, "\"ipackets\":%llu,\"ibytes\":%llu,\"irate\":%llu,"
		    "\"ierrors\":%llu,\"spoofed\":%llu,", U(st->ipackets),
		    U(st->ibytes), U(rate_now(&p->irate)), U(st->ierrors),
		    U(p->spoofed));
		put(arg, "\"opackets\":%llu,\"obytes\":%llu,\"orate\":%llu,"
		    "\"odrops\":%llu,\"oerrors\":%llu}", U(st->opackets),
		    U(st->obytes), U(rate_now(&p->orate)), U(st->odrops),
		    U(st->oerrors));
		drop_ref(p);
	}
	put(arg, "]");
}
KERN_STATUS("ports", status);
