/*
 * The network backend that lies: xen/io/netif.h, one queue, no offload.  What the
 * front end sends is thrown away; what it receives are a few broadcasts.
 */
#include <stdint.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/io/netif.h>
#include <xen/io/ring.h>

#include "hostile.h"

static struct netif_tx_sring *tx_shared;
static struct netif_rx_sring *rx_shared;
static struct netif_tx_back_ring tx;
static struct netif_rx_back_ring rx;
static unsigned frames;

static void
offer(struct device *d)
{

	put(d->front, "mac", lies(d, "mac-word") ? "zz:99" : "00:16:3e:00:00:66");
	if (!lies(d, "no-rx-copy"))
		put(d->back, "feature-rx-copy", "1");
	if (lies(d, "features-words")) {
		put(d->back, "feature-sg", "-1");
		put(d->back, "feature-gso-tcpv4", "yes");
		put(d->back, "feature-rx-notify", "99999999999999999999");
		put(d->back, "multi-queue-max-queues", "x");
	}
	if (lies(d, "queues"))
		put(d->back, "multi-queue-max-queues", "4294967295");
	if (lies(d, "queues-zero"))
		put(d->back, "multi-queue-max-queues", "0");
}

static bool
connect_rings(struct device *d, unsigned *port)
{
	unsigned t, r;

	if (!get_number(d, "tx-ring-ref", &t) || !get_number(d, "rx-ring-ref", &r) ||
	    !(get_number(d, "event-channel", port) || get_number(d, "event-channel-tx", port)))
		return false;
	tx_shared = map(d->domid, t);
	rx_shared = map(d->domid, r);
	BACK_RING_INIT(&tx, tx_shared, 4096);
	BACK_RING_INIT(&rx, rx_shared, 4096);
	return true;
}

static void
answer_tx(uint16_t id, int16_t status)
{
	struct netif_tx_response *a = RING_GET_RESPONSE(&tx, tx.rsp_prod_pvt++);

	a->id = id;
	a->status = status;
}

static bool
serve_tx(struct device *d)
{
	struct netif_tx_request q;
	bool any = false;

	/* What it sends now, it sends after our last answers. */
	if (d->served >= 3 && tx.req_cons != tx_shared->req_prod && lies(d, "tx-back")) {
		tx_shared->rsp_prod -= 3;
		return true;
	}
	while (tx.req_cons != tx_shared->req_prod) {
		int16_t status = NETIF_RSP_OKAY;

		memcpy(&q, RING_GET_REQUEST(&tx, tx.req_cons), sizeof(q));
		tx.req_cons++;
		any = true;
		if (++d->served >= 3) {
			if (lies(d, "tx-id"))
				q.id = 0xfffe;
			else if (lies(d, "tx-id-one-more"))
				q.id = 256;
			else if (lies(d, "tx-status"))
				status = -30000;
			else if (lies(d, "tx-twice"))
				answer_tx(q.id, status);
		}
		answer_tx(q.id, status);
	}
	tx_shared->rsp_prod = tx.rsp_prod_pvt;
	if (d->served >= 3 && lies(d, "tx-jump"))
		tx_shared->rsp_prod += 0x70000000;
	tx_shared->req_event = tx.req_cons + 1;
	xen_mb();
	return any;
}

/* An ARP request of nobody's, 42 bytes, into the front end's page. */
static size_t
fill(struct device *d, grant_ref_t ref)
{
	static const uint8_t arp[42] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0, 0x16, 0x3e, 0, 0, 0x67, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1,
	    0, 0x16, 0x3e, 0, 0, 0x67, 10, 9, 0, 77, 0, 0, 0, 0, 0, 0, 10, 9, 0, 78 };
	void *page = map(d->domid, ref);

	memcpy(page, arp, sizeof(arp));
	xengnttab_unmap(gnt, page, 1);
	return sizeof(arp);
}

/* One slot of the receive ring: right, but for the lie. */
static void
answer_rx(struct device *d)
{
	struct netif_rx_request q;
	struct netif_rx_response *a;

	memcpy(&q, RING_GET_REQUEST(&rx, rx.req_cons), sizeof(q));
	rx.req_cons++;
	a = RING_GET_RESPONSE(&rx, rx.rsp_prod_pvt);
	rx.rsp_prod_pvt++;
	a->id = q.id;
	a->offset = 0;
	a->flags = 0;
	a->status = fill(d, q.gref);
	if (lies(d, "rx-id"))
		a->id = 0xffff;
	else if (lies(d, "rx-other-id"))
		a->id = (q.id + 1) & 255;
	else if (lies(d, "rx-length"))
		a->status = 0x7fff;
	else if (lies(d, "rx-offset"))
		a->offset = 4090;
	else if (lies(d, "rx-offset-wide"))
		a->offset = 0xfff0;
	else if (lies(d, "rx-zero"))
		a->status = 0;
	else if (lies(d, "rx-error"))
		a->status = -32768;
	else if (lies(d, "rx-flags"))
		a->flags = 0xffff;
	else if (lies(d, "rx-extra"))
		a->flags = NETRXF_extra_info;
	else if (lying(d, "rx-endless")) {
		a->flags = NETRXF_more_data;
		if (frames == 40)
			(void)lies(d, "rx-endless");
	} else if (lies(d, "rx-checksum")) {
		a->flags = NETRXF_csum_blank;
		a->status = 5;
	}
	frames++;
}

static bool
serve_rx(struct device *d)
{
	unsigned n;

	if (d->served < 3 || frames >= 200)
		return false;
	for (n = 0; n < 20 && rx.req_cons != rx_shared->req_prod; n++)
		answer_rx(d);
	rx_shared->rsp_prod = rx.rsp_prod_pvt;
	if (lies(d, "rx-jump"))
		rx_shared->rsp_prod += 100000;
	/* Behind what was taken: the event asked for says how far that is. */
	if (rx_shared->rsp_event > 20 && lies(d, "rx-back"))
		rx_shared->rsp_prod = rx_shared->rsp_event - 6;
	xen_wmb();
	rx_shared->req_event = rx.req_cons + 1;
	return n != 0;
}

static bool
serve(struct device *d)
{
	bool any = false, sent;

	do {
		sent = serve_tx(d);
		any |= serve_rx(d) || sent;
	} while (sent && !d->lied);
	return any;
}

const struct kind net_kind = { "hostilevif", "vif", offer, connect_rings, serve };
