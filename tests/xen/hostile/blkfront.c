/*
 * blkfront.c: the block front end that lies: xen/io/blkif.h, one ring page.  It asks for
 * TURNS times PERTURN things, says "LIE: N good, N bad, N unsupported, N lost" of the
 * answers, and "LIE: served" if a right request has its right answer then.
 *
 * A lie may be followed by a way to ask: +indirect, +discard, +kept (persistent grants).
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xen/io/blkif.h>
#include <xen/io/protocols.h>
#include <xen/io/ring.h>
#include <xen/io/xenbus.h>

#include "front.h"

enum { RING, DATA, SEGMENTS };		/* its pages */

#define TURNS	4
#define PERTURN	20
#define PLACE	64			/* of requests: a sector */
#define OWN	(128 + 8 * number)	/* of right ones: nobody else's */
#define NOREF	12345678		/* nothing is granted by that */

static blkif_front_ring_t ring;
static uint64_t ids, sectors;		/* requests made; size of the disk */
static unsigned good, bad, unsupported, lost;
static bool right;			/* no lies now */

static bool lies(const char *name) { return !right && is(name); }

static void
rings(void)
{

	SHARED_RING_INIT((blkif_sring_t *)page[RING]);
	FRONT_RING_INIT(&ring, (blkif_sring_t *)page[RING], 4096);
}

static void
offer(void)
{

	put(back, "params", "lies");
	put(back, "mode", is("read-only") ? "r" : "w");
}

static void
publish(void)
{

	put(front, "ring-ref", is("ring-word") ? "x" : "%u", is("ring-ref") ? 4000000 :
	    ref[RING]);
	put(front, "protocol", is("protocol") ? "sparc-abi" : is("protocol-long") ?
	    XEN_IO_PROTO_ABI_X86_64 " with more behind it than anybody wants" :
	    XEN_IO_PROTO_ABI_X86_64);
	put(front, "feature-persistent", is("feature-word") ? "perhaps" :
	    with("kept") ? "1" : "0");
	if (is("queues") || is("queues-none") || is("queues-missing"))
		put(front, "multi-queue-num-queues", is("queues") ? "4000000000" :
		    is("queues-none") ? "0" : "2");
	if (is("ring-order") || is("ring-missing"))
		put(front, "ring-page-order", is("ring-order") ? "30" : "2");
}

/* ---- requests ---- */

static void
segment(struct blkif_request_segment *s)
{

	s->gref = lies("gref") ? NOREF : ref[DATA];
	s->first_sect = lies("backwards") ? 5 : 0;
	s->last_sect = lies("backwards") ? 3 : lies("past-page") ? 8 :
	    lies("far-past-page") ? 255 : 7;
}

static uint64_t
place(void)
{

	return right ? OWN : is("beyond") ? sectors : is("across") ? sectors - 4 :
	    is("wraps") ? UINT64_MAX - 3 : is("wraps-bytes") ? UINT64_MAX / 512 + 1 : PLACE;
}

static void
direct(blkif_request_t *r, uint8_t op)
{

	r->operation = lies("operation") ? 0xee : lies("packet") ? BLKIF_OP_RESERVED_1 : op;
	r->sector_number = place();
	r->nr_segments = lies("no-segments") ? 0 : lies("many-segments") ? 12 :
	    lies("most-segments") ? 255 : 1;
	segment(&r->seg[0]);
}

static void
indirect(blkif_request_indirect_t *r, uint8_t op)
{

	r->operation = BLKIF_OP_INDIRECT;
	r->indirect_op = lies("operation") ? BLKIF_OP_INDIRECT :
	    lies("flush") ? BLKIF_OP_FLUSH_DISKCACHE : op;
	r->sector_number = place();
	r->nr_segments = lies("no-segments") ? 0 : lies("many-segments") ? 257 :
	    lies("most-segments") ? 65535 : lies("rubbish") ? 32 : 1;
	r->indirect_grefs[0] = lies("list-gref") ? NOREF : ref[SEGMENTS];
	segment((struct blkif_request_segment *)page[SEGMENTS]);
}

static void
discard(blkif_request_discard_t *r)
{

	r->operation = BLKIF_OP_DISCARD;
	r->flag = lies("secure") ? BLKIF_DISCARD_SECURE : 0;
	r->sector_number = place();
	r->nr_sectors = lies("no-segments") ? 0 : lies("long") ? UINT64_MAX - PLACE + 9 : 8;
}

static void
request(uint8_t op)
{
	blkif_request_t *r = RING_GET_REQUEST(&ring, ring.req_prod_pvt++);

	memset(r, 0, sizeof(*r));
	if (with("indirect"))
		indirect((blkif_request_indirect_t *)r, op);
	else if (with("discard") && !right)
		discard((blkif_request_discard_t *)r);
	else
		direct(r, op);
	r->id = ids++;			/* at the same place in all kinds */
}

static void
push(void)
{
	int notify;

	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&ring, notify);
	(void)notify;			/* always, and too often */
	kick();
}

static bool
connected(void)
{

	return back_state() == XenbusStateConnected;
}

static void
take(void)
{
	RING_IDX end = ring.sring->rsp_prod;
	int status;

	xen_rmb();
	for (; ring.rsp_cons != end; ring.rsp_cons++) {
		status = RING_GET_RESPONSE(&ring, ring.rsp_cons)->status;
		good += status == BLKIF_RSP_OKAY;
		bad += status == BLKIF_RSP_ERROR;
		unsupported += status == BLKIF_RSP_EOPNOTSUPP;
	}
}

/* Until all is answered; a minute at most. */
static void
answers(void (*meanwhile)(void))
{

	for (int i = 1; i < 12000 && ring.rsp_cons != ring.req_prod_pvt; i++) {
		if (i % 100 == 0 && !connected())
			break;
		meanwhile();
		usleep(5000);
		take();
	}
	lost += ring.req_prod_pvt - ring.rsp_cons;
}

/* ---- lies that are not in one request ---- */

static void nothing(void) { }

/* What was produced changes: a back end that reads twice reads two things. */
static void
waver(void)
{
	struct blkif_request_segment *s = (void *)page[SEGMENTS];
	blkif_request_t *r;

	for (unsigned i = 0; i < 4000; i++) {
		s->last_sect = i & 1 ? 255 : 7;
		s->first_sect = i & 2 ? 200 : 0;
		s->gref = i & 4 ? NOREF : ref[DATA];
		if (with("indirect"))
			continue;
		r = RING_GET_REQUEST(&ring, ring.rsp_cons + i % PERTURN);
		r->nr_segments = i & 1 ? 255 : 1;
		r->sector_number = i & 2 ? UINT64_MAX - 3 : PLACE;
		r->operation = i & 4 ? BLKIF_OP_WRITE : BLKIF_OP_INDIRECT;
		r->seg[0].last_sect = i & 8 ? 255 : 7;
	}
}

static void
rubbish(void)
{
	char *p = with("indirect") ? page[SEGMENTS] : page[RING];

	for (int i = with("indirect") ? 0 : 64; i < 4096; i++)
		p[i] = (char)rand();
}

/* As much as there is room for, and no look at an answer. */
static void
flood(unsigned turns)
{

	for (unsigned i = 0; i < turns && (i % 16 != 0 || connected()); i++) {
		for (unsigned n = 0; n < PERTURN; n++)
			request(n & 1 ? BLKIF_OP_READ : BLKIF_OP_WRITE);
		push();
		for (int n = 0; n < 30000 && ring.req_prod_pvt - ring.sring->rsp_prod >
		    RING_SIZE(&ring) - PERTURN; n++)
			usleep(100);
	}
}

/* The ring's own numbers. */
static void
numbers(void)
{

	if (is("jump"))
		ring.sring->req_prod += 1000;
	else if (is("jump-far"))
		ring.sring->req_prod += 0x80000000u;
	else if (is("back"))
		ring.sring->req_prod -= 5;
	else
		return;
	kick();
	wait_closed();
}

static void
turns(void)
{

	for (int i = 0; i < TURNS && connected(); i++) {
		for (unsigned n = 0; n < PERTURN; n++)
			request(n & 1 && !is("read-only") ? BLKIF_OP_READ : BLKIF_OP_WRITE);
		if (is("rubbish"))
			rubbish();
		push();
		answers(is("wavers") ? waver : nothing);
		numbers();
		if (!disturb(i))
			break;
	}
}

static bool
ask_right(uint8_t op)
{
	unsigned before = good;

	request(op);
	push();
	answers(nothing);
	return good == before + 1;
}

/* What is written is read again. */
static bool
served(void)
{
	char text[4096];

	right = true;
	memset(text, 'a' + number % 26, sizeof(text));
	memcpy(page[DATA], text, sizeof(text));
	if (is("read-only"))
		return ask_right(BLKIF_OP_READ);
	if (!ask_right(BLKIF_OP_WRITE))
		return false;
	memset(page[DATA], 0, sizeof(text));
	return ask_right(BLKIF_OP_READ) && memcmp(page[DATA], text, sizeof(text)) == 0;
}

static void
misbehave(void)
{
	char *v = get(back, "sectors");

	sectors = v != NULL ? strtoull(v, NULL, 10) : 0;
	free(v);
	if (is("dies")) {
		flood(15);
		return;
	}
	if (is("flood")) {
		flood(60);
		answers(nothing);
	} else
		turns();
	say("%s: %u good, %u bad, %u unsupported, %u lost", lie, good, bad, unsupported, lost);
	if (connected() && served())
		say("%s: served", lie);
}

const struct front_kind blk_front = { "vbd", 3, offer, rings, publish, misbehave };
