/* netfront.c: the network front end that lies: xen/io/netif.h, one queue. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xen/io/netif.h>
#include <xen/io/xenbus.h>

#include "front.h"

#define OWN	(0x77 + number)		/* its address ends so */

/* its pages: rings, one to send, one to receive */
static netif_tx_front_ring_t tx;
static netif_rx_front_ring_t rx;

static void
rings(void)
{

	SHARED_RING_INIT((netif_tx_sring_t *)page[0]);
	SHARED_RING_INIT((netif_rx_sring_t *)page[1]);
	FRONT_RING_INIT(&tx, (netif_tx_sring_t *)page[0], 4096);
	FRONT_RING_INIT(&rx, (netif_rx_sring_t *)page[1], 4096);
}

static void
offer(void)
{

	put(back, "mac", "00:16:3e:00:00:%02x", OWN);
}

static void
publish(void)
{

	put(front, "tx-ring-ref", is("ring-word") ? "x" : "%u", is("ring-ref") ?
	    4000000 : ref[0]);
	put(front, "rx-ring-ref", "%u", ref[1]);
	put(front, "request-rx-copy", is("no-rx-copy") ? "0" : "1");
	put(front, "feature-sg", is("feature-word") ? "certainly" : "1");
	if (is("queues"))
		put(front, "multi-queue-num-queues", "4000000000");
}

static void
send(unsigned i)
{
	netif_tx_request_t *r = RING_GET_REQUEST(&tx, tx.req_prod_pvt++);
	uint8_t *h = (uint8_t *)page[2];

	memset(h, 0xff, 6);			/* to everybody */
	memcpy(h + 6, "\0\x16\x3e\0\0", 5);
	h[11] = is("spoof") ? 2 : OWN;
	h[12] = 0x88;
	h[13] = 0xb5;
	memset(r, 0, sizeof(*r));
	r->gref = is("tx-gref") ? 12345678 : ref[2];
	r->offset = is("tx-offset") ? 4090 : 0;
	r->size = is("tx-short") ? 3 : is("tx-long") ? 65535 : 60;
	r->id = i;
	if (is("tx-endless") || is("tx-beyond"))
		r->flags = NETTXF_more_data;
	if (is("tx-extra"))
		r->flags = NETTXF_extra_info;
	if (is("tx-blank"))
		r->flags = NETTXF_csum_blank;
}

static void
post(unsigned i)
{
	netif_rx_request_t *r = RING_GET_REQUEST(&rx, rx.req_prod_pvt++);

	memset(r, 0, sizeof(*r));
	r->id = i;
	r->gref = is("rx-gref") ? 7654321 : ref[3];
}

/* A batch of requests, with the lie in it. */
static void
turn(unsigned n)
{
	int notify;

	for (unsigned i = 0; i < n; i++) {
		if (!is("silence") && !RING_FULL(&rx))
			post(i);
		if (!RING_FULL(&tx))
			send(i);
	}
	if (is("tx-beyond"))
		((netif_tx_request_t *)RING_GET_REQUEST(&tx,
		    tx.req_prod_pvt - 1))->flags = NETTXF_more_data;
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&rx, notify);
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&tx, notify);
	(void)notify;			/* always, and too often */
	if (is("tx-jump"))
		tx.sring->req_prod += 1000;
	if (is("tx-back"))
		tx.sring->req_prod -= 5;
	if (is("rx-jump"))
		rx.sring->req_prod += 1000;
	if (is("rubbish"))
		for (int i = 64; i < 4096; i++)
			page[0][i] = page[1][i] = (char)rand();
	kick();
	tx.rsp_cons = tx.sring->rsp_prod;
	rx.rsp_cons = rx.sring->rsp_prod;
}

static void
misbehave(void)
{
	/* rx-jump: until there was a packet for us, by which it is seen */
	int turns = is("flood") ? 4000 : is("rx-jump") ? 1000 : 20;

	for (int i = 0; i < turns; i++) {
		if (is("rx-jump") && back_state() != XenbusStateConnected)
			break;
		turn(is("flood") ? 200 : 20);
		if (!is("flood"))
			usleep(20000);
		if (!disturb(i))
			break;
	}
	usleep(200000);
}

const struct front_kind net_front = { "vif", 4, offer, rings, publish, misbehave };
