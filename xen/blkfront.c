/* blkfront.c: a disk whose back end is in another domain: the device. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "blkfront.h"

#define INDIRECT_MAX	(PAGE_SIZE / sizeof(struct blkif_request_segment))
#define PATIENCE	15		/* s without a back end; word vbdwait=N */
#define WAIT_PAGES	64		/* of memory for one page of the pool */

/* ---- rings ---- */

static void
ring_free(struct bf_ring *r)
{
	struct bf *b = r->b;
	unsigned i;

	xen_event_free(&r->event);
	for (i = 0; r->slots != NULL && i < r->ring.size; i++) {
		bf_pages_free(b, r->slots[i].pages);
		bf_pages_free(b, r->slots[i].indirect);
	}
	kern_free(r->slots);
	r->slots = r->free = NULL;
	for (i = 0; r->pages != NULL && i < 1u << b->order; i++)
		if (r->ref[i] != 0)
			xen_grant_dispose(r->ref[i],
			    (char *)r->pages + i * PAGE_SIZE);
		else
			kern_page_free((char *)r->pages + i * PAGE_SIZE, 1);
	r->pages = NULL;
	memset(r->ref, 0, sizeof(r->ref));
}

static int
ring_make(struct bf *b, struct bf_ring *r, unsigned n)
{
	unsigned npages = 1u << b->order, i;
	char name[24];

	r->b = b;
	if ((r->pages = kern_page_alloc(npages, 0, KERN_PG_ZERO)) == NULL)
		return ENOMEM;
	for (i = 0; i < npages; i++)
		if ((r->ref[i] = xen_grant_page(b->xd->dom, (char *)r->pages +
		    i * PAGE_SIZE, false)) == 0)
			return ENOSPC;
	xring_init(&r->ring, r->pages, npages * PAGE_SIZE,
	    sizeof(union blkif_sring_entry));
	r->slots = kern_zalloc(r->ring.size * sizeof(*r->slots));
	if (r->slots == NULL)
		return ENOMEM;
	for (i = r->ring.size; i-- > 0; r->free = &r->slots[i])
		r->slots[i].next = r->free;
	(void)snprintf(name, sizeof(name), "%s/%u", b->xd->name, n);
	return xen_event_alloc(&r->event, name, b->xd->dom, KERN_CPU_ANY,
	    bf_intr, r);
}

static void
rings_down(struct bf *b)
{
	unsigned i;

	kern_mutex_lock(&b->lock);
	b->connected = false;
	for (i = 0; i < b->nring; i++)
		b->ring[i].up = false;
	kern_mutex_unlock(&b->lock);
	/* No lock here: handlers that run have to end. */
	for (i = 0; i < b->nring; i++)
		ring_free(&b->ring[i]);
	b->nring = 0;
	bf_pool_empty(b);
}

/* ---- without a back end ---- */

static unsigned patience = PATIENCE;	/* s; 0: for ever */

/*
 * Requests wait for it to come back, but not for ever, unless that is wanted:
 * those who wait for them may have other things to do.  It is welcome later, too.
 */
static void *
waiter_main(void *arg)
{
	struct bf *b = arg;
	bool expired = false;
	uint64_t until;

	kern_mutex_lock(&b->lock);
	while (!b->connected && b->present && !expired) {
		until = b->lost + patience * 1000000000ull;
		if (plat_clock() >= until) {
			b->present = false;
			expired = true;
			break;
		}
		kern_mutex_unlock(&b->lock);
		kern_sleep_until(until);
		kern_mutex_lock(&b->lock);
	}
	b->waiter = false;
	kern_mutex_unlock(&b->lock);
	if (expired) {
		kern_printf("%s: no back end for %u s: requests fail\n",
		    b->xd->name, patience);
		bf_requeue(b, true);
	}
	return NULL;
}

static bool
wait_for_peer(struct bf *b)
{

	kern_mutex_lock(&b->lock);
	b->lost = plat_clock();
	if (patience == 0) {
		kern_mutex_unlock(&b->lock);
		return true;
	}
	if (b->present && !b->waiter)
		b->waiter = kern_thread_create(NULL, "blkwait", waiter_main, b,
		    KERN_PRI_KERNEL, KERN_CPU_ANY, 0, 16 * 1024) == 0;
	kern_mutex_unlock(&b->lock);
	return b->waiter;
}

/* ---- xenbus ---- */

static void
bf_disconnect(struct xenbus_dev *xd, bool gone)
{
	struct bf *b = xd->priv;

	if (b == NULL)
		return;
	if (gone) {
		kern_mutex_lock(&b->lock);
		b->present = false;
		kern_mutex_unlock(&b->lock);
	}
	rings_down(b);
	if (!gone && b->present && !wait_for_peer(b)) {
		b->present = false;
		gone = true;
	}
	bf_requeue(b, gone);
}

static void
choose(struct bf *b)
{
	struct xenbus_dev *xd = b->xd;
	struct kern_mem_info mi;
	unsigned seg;

	kern_mem_info(&mi);
	b->maxpages = mi.total / PAGE_SIZE / WAIT_PAGES;
	if (b->maxpages > BF_MAXPAGES)
		b->maxpages = BF_MAXPAGES;
	b->nring = xenbus_peer_num(xd, "multi-queue-max-queues", 256, 1);
	if (b->nring > kern_ncpu())
		b->nring = kern_ncpu();
	if (b->nring > BF_MAXRING)
		b->nring = BF_MAXRING;
	if (b->nring == 0)
		b->nring = 1;
	b->order = xenbus_peer_num(xd, "max-ring-page-order", 16, 0);
	if (b->order > BF_MAXORDER)
		b->order = BF_MAXORDER;
	if (b->maxpages < 512)		/* 128 MB */
		b->order = 0;
	seg = xenbus_peer_num(xd, "feature-max-indirect-segments", UINT32_MAX,
	    0);
	if (seg < BLKIF_MAX_SEGMENTS_PER_REQUEST)
		seg = BLKIF_MAX_SEGMENTS_PER_REQUEST;
	b->maxseg = seg < BF_MAXSEG ? seg : BF_MAXSEG;
	_Static_assert(BF_MAXSEG <= INDIRECT_MAX, "one page of segments");
}

static int
bf_connect(struct xenbus_dev *xd)
{
	struct bf *b = xd->priv;
	struct bf_page *p;
	unsigned i, n;
	int error = 0;

	choose(b);
	n = b->nring;
	for (i = 0; i < n && error == 0; i++)
		error = ring_make(b, &b->ring[i], i);
	if ((p = bf_pages_get(b, BF_MINPAGES)) == NULL && error == 0)
		error = ENOMEM;
	bf_pages_put(b, p);
	if (error != 0) {
		b->nring = i;
		rings_down(b);
		return error;
	}
	kern_mutex_lock(&b->lock);
	for (i = 0; i < n; i++)
		b->ring[i].up = true;
	kern_mutex_unlock(&b->lock);
	return 0;
}

static int
publish_ring(struct bf *b, xs_txn t, const char *dir, struct bf_ring *r)
{
	char key[16];
	unsigned i;
	int error = 0;

	if (b->order == 0)
		error = xs_printf(t, dir, "ring-ref", "%u", r->ref[0]);
	for (i = 0; b->order > 0 && i < 1u << b->order && error == 0; i++) {
		(void)snprintf(key, sizeof(key), "ring-ref%u", i);
		error = xs_printf(t, dir, key, "%u", r->ref[i]);
	}
	return error != 0 ? error :
	    xs_printf(t, dir, "event-channel", "%u", r->event.port);
}

static int
bf_publish(struct xenbus_dev *xd, xs_txn t)
{
	struct bf *b = xd->priv;
	char dir[64];
	unsigned i;
	int error;

	if ((error = xs_write(t, xd->node, "protocol",
	    XEN_IO_PROTO_ABI_X86_64)) != 0 ||
	    (error = xs_write(t, xd->node, "feature-persistent", "1")) != 0)
		return error;
	if (b->order > 0 && (error = xs_printf(t, xd->node, "ring-page-order",
	    "%u", b->order)) != 0)
		return error;
	if (b->nring == 1)
		return publish_ring(b, t, xd->node, &b->ring[0]);
	error = xs_printf(t, xd->node, "multi-queue-num-queues", "%u",
	    b->nring);
	for (i = 0; i < b->nring && error == 0; i++) {
		(void)snprintf(dir, sizeof(dir), "%s/queue-%u", xd->node, i);
		error = publish_ring(b, t, dir, &b->ring[i]);
	}
	return error;
}

/* Size and block size: what can't be true is refused. */
static int
geometry(struct bf *b)
{
	struct xenbus_dev *xd = b->xd;
	uint64_t sectors, bsize = 512;
	int error;

	/* sectors are of 512 bytes, as all back ends have it */
	if ((error = xs_read_num(0, xd->backend, "sectors", UINT64_MAX >> 10,
	    &sectors)) != 0)
		return error;
	error = xs_read_num(0, xd->backend, "sector-size", 4096, &bsize);
	if (error != 0 && error != ENOENT)
		return error;
	if (bsize < 512 || (bsize & (bsize - 1)) != 0) {
		kern_printf("%s: a block size of %lu is not supported\n",
		    xd->name, (unsigned long)bsize);
		return EINVAL;
	}
	if (b->bd.size != 0 && b->bd.size != (sectors << 9 & ~(bsize - 1)))
		kern_printf("%s: size is now %lu KB\n", b->bd.name,
		    (unsigned long)(sectors >> 1));
	b->bd.blksize = bsize;
	b->bd.size = sectors << 9 & ~(bsize - 1);
	return 0;
}

static int
bf_connected(struct xenbus_dev *xd, bool first)
{
	struct bf *b = xd->priv;
	uint32_t flags = 0;
	int error;

	if ((error = geometry(b)) != 0)
		return error;
	if (!first)
		return 0;
	if (xenbus_peer_num(xd, "info", UINT32_MAX, 0) & VDISK_READONLY)
		flags |= BLK_RDONLY;
	b->flush_op = 0;
	if (xenbus_peer_num(xd, "feature-flush-cache", 1, 0))
		b->flush_op = BLKIF_OP_FLUSH_DISKCACHE;
	else if (xenbus_peer_num(xd, "feature-barrier", 1, 0))
		b->flush_op = BLKIF_OP_WRITE_BARRIER;
	if (b->flush_op != 0)
		flags |= BLK_FLUSHES;
	b->discard = xenbus_peer_num(xd, "feature-discard", 1, 0);
	if (b->discard)
		flags |= BLK_DISCARDS;
	b->bd.flags = flags;
	if (b->bd.serial[0] == '\0' && xs_read_str(0, xd->backend, "dev",
	    b->bd.serial, sizeof(b->bd.serial)) != 0)
		b->bd.serial[0] = '\0';
	if (xd->attached && !b->present)
		kern_printf("%s: back again: %s\n", xd->name, b->bd.name);
	b->present = true;
	bf_start(b);
	return 0;
}

static void
bf_attach(struct xenbus_dev *xd, bool hot)
{
	struct bf *b = xd->priv;

	blkdev_register(&b->bd);
	if (hot)
		kern_printf("%s: plugged in: %s\n", xd->name, b->bd.name);
}

static bool
bf_busy(struct xenbus_dev *xd)
{
	struct bf *b = xd->priv;

	b->closing = true;
	return b->open;
}

/* ---- dev.h ---- */

static int
bf_open(struct blkdev *bd)
{
	struct bf *b = (struct bf *)bd;
	int error = 0;

	kern_mutex_lock(&b->lock);
	if (b->open)
		error = EBUSY;
	else if (!b->present)
		error = ENXIO;
	else
		b->open = true;
	kern_mutex_unlock(&b->lock);
	return error;
}

static void
bf_close(struct blkdev *bd)
{
	struct bf *b = (struct bf *)bd;
	bool look;

	kern_mutex_lock(&b->lock);
	b->open = false;
	look = b->closing;
	b->closing = false;
	kern_mutex_unlock(&b->lock);
	if (look)
		xenbus_look(b->xd);
}

static int
bf_probe(struct xenbus_dev *xd)
{
	struct bf *b = xd->priv;
	uint64_t vdev;
	int error;

	if (b == NULL) {
		if ((b = kern_zalloc(sizeof(*b))) == NULL)
			return ENOMEM;
		kern_mutex_init(&b->lock, "blk");
		STAILQ_INIT(&b->pending);
		TAILQ_INIT(&b->active);
		b->xd = xd;
		b->bd.driver = "xen-blkfront";
		b->bd.submit = bf_submit;
		b->bd.open = bf_open;
		b->bd.close = bf_close;
		xd->priv = b;
	}
	/* A device's number, of which the protocol has 16 bits. */
	error = xs_read_num(0, xd->node, "virtual-device", UINT32_MAX, &vdev);
	if (error != 0 && error != ENOENT)
		return error;
	b->handle = (uint16_t)(error == 0 ? vdev : xd->id);
	return 0;
}

static struct xenbus_driver driver = {
	.type = "vbd", .after = XenbusStateInitialised, .probe = bf_probe,
	.connect = bf_connect, .publish = bf_publish,
	.connected = bf_connected, .attach = bf_attach,
	.disconnect = bf_disconnect, .busy = bf_busy
};

static void
bf_init(void)
{
	size_t len;
	const char *word = kern_option("vbdwait", &len);

	if (word != NULL && len > 0 && len < 6)
		patience = strtoul(word, NULL, 10);
	xenbus_driver(&driver);
}
KERN_INIT(KERN_INIT_BUS, bf_init);
