/*
 * The block backend that lies: xen/io/blkif.h, one ring page, no indirect
 * descriptors, a disk of 1 MB whose every 8 bytes are their own place.
 */
#include <stdint.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/io/blkif.h>
#include <xen/io/ring.h>

#include "hostile.h"

#define SECTORS	2048

static struct blkif_sring *shared;
static struct blkif_back_ring ring;
static uint64_t disk[SECTORS * 512 / 8];

static void
offer(struct device *d)
{

	for (size_t i = 0; i < SECTORS * 64; i++)
		disk[i] = i * 8;
	put(d->front, "virtual-device", "%u", VDEV(d->n));
	put(d->front, "device-type", "disk");
	put(d->back, "mode", "w");
	put(d->back, "feature-barrier", "0");
	put(d->back, "feature-flush-cache", "1");
	if (lies(d, "ring-order"))
		put(d->back, "max-ring-page-order", "30");
	if (lies(d, "indirect"))
		put(d->back, "feature-max-indirect-segments", "4294967295");
	if (lies(d, "queues"))
		put(d->back, "multi-queue-max-queues", "4294967295");
	if (lies(d, "features-words")) {
		put(d->back, "max-ring-page-order", "x");
		put(d->back, "feature-max-indirect-segments", "-7");
		put(d->back, "feature-persistent", "maybe");
		put(d->back, "multi-queue-max-queues", "");
	}
}

static void
geometry(struct device *d)
{

	put(d->back, "info", lies(d, "info-word") ? "nothing" : "0");
	put(d->back, "sector-size", lies(d, "sector-0") ? "0" : lies(d, "sector-511") ? "511" :
	    lies(d, "sector-huge") ? "1073741824" : "512");
	if (lies(d, "no-sectors"))
		return;
	put(d->back, "sectors", lies(d, "sectors-word") ? "many" :
	    lies(d, "sectors-minus") ? "-1" :
	    lies(d, "sectors-wide") ? "18446744073709551615" : "%d", SECTORS);
}

static bool
connect_ring(struct device *d, unsigned *port)
{
	unsigned ref;

	geometry(d);
	if (!(get_number(d, "ring-ref", &ref) || get_number(d, "ring-ref0", &ref)) ||
	    !get_number(d, "event-channel", port))
		return false;
	shared = map(d->domid, ref);
	BACK_RING_INIT(&ring, shared, 4096);
	return true;
}

static int
transfer(struct device *d, const struct blkif_request *q)
{
	uint64_t at = q->sector_number;

	if (q->nr_segments > BLKIF_MAX_SEGMENTS_PER_REQUEST)
		return BLKIF_RSP_ERROR;
	for (unsigned i = 0; i < q->nr_segments; i++) {
		const struct blkif_request_segment *s = &q->seg[i];
		unsigned n = s->last_sect - s->first_sect + 1;
		char *page, *p;

		if (s->last_sect > 7 || n > 8 || at > SECTORS || n > SECTORS - at)
			return BLKIF_RSP_ERROR;
		page = map(d->domid, s->gref);
		p = page + s->first_sect * 512;
		if (q->operation == BLKIF_OP_READ)
			memcpy(p, (char *)disk + at * 512, n * 512);
		else
			memcpy((char *)disk + at * 512, p, n * 512);
		xengnttab_unmap(gnt, page, 1);
		at += n;
	}
	return BLKIF_RSP_OKAY;
}

static void
answer(struct device *d, const struct blkif_request *q, int status)
{
	struct blkif_response *a = RING_GET_RESPONSE(&ring, ring.rsp_prod_pvt++);

	a->id = q->id;
	a->operation = q->operation;
	a->status = status;
	if (d->served < 3)
		return;
	if (lies(d, "id"))
		a->id = 0x7fffffffffffffffull;
	else if (lies(d, "id-one-more"))
		a->id = 1u << 16;
	else if (lies(d, "id-other"))
		a->id = q->id + 1;
	else if (lies(d, "operation"))
		a->operation = 0xee;
	else if (lies(d, "status"))
		a->status = 0x5a5a;
	else if (lies(d, "error"))
		a->status = BLKIF_RSP_ERROR;
	else if (lies(d, "unsupported"))
		a->status = BLKIF_RSP_EOPNOTSUPP;
	else if (lies(d, "twice"))
		*RING_GET_RESPONSE(&ring, ring.rsp_prod_pvt++) = *a;
}

static void
answer_all(struct device *d)
{
	struct blkif_request q;

	while (ring.req_cons != shared->req_prod) {
		memcpy(&q, RING_GET_REQUEST(&ring, ring.req_cons), sizeof(q));
		ring.req_cons++;
		d->served++;
		if (d->served >= 3 && lies(d, "silence"))
			continue;
		answer(d, &q, q.operation == BLKIF_OP_READ || q.operation == BLKIF_OP_WRITE ?
		    transfer(d, &q) : BLKIF_RSP_OKAY);
	}
}

static bool
serve(struct device *d)
{
	bool any = false;

	/* What it has asked for now, it asked after our last answers. */
	if (d->served >= 3 && ring.req_cons != shared->req_prod && lies(d, "back")) {
		shared->rsp_prod -= 2;
		return true;
	}
	do {
		RING_IDX before = ring.req_cons;

		answer_all(d);
		any |= before != ring.req_cons;
		xen_wmb();
		shared->rsp_prod = ring.rsp_prod_pvt;
		if (d->served >= 3 && lies(d, "jump"))
			shared->rsp_prod += 0x70000000;
		shared->req_event = ring.req_cons + 1;
		xen_mb();
	} while (ring.req_cons != shared->req_prod);
	return any;
}

const struct kind blk_kind = { "hostilevbd", "vbd", offer, connect_ring, serve };
