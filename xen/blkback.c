/*
 * blkback.c: a disk of ours that another domain has: the device (Xen public
 * io/blkif.h).  `params' of xenstore names an export (export.h).
 */
#include <stdio.h>
#include <string.h>
#include "blkback.h"
#include <xen/io/blkif.h>
#include <xen/io/protocols.h>

#define MEMSHARE	32		/* of memory for one disk's data */
#define MAXMEMORY	(8u << 20)
#define MEMORY_MIN	(4 * BB_MAXBYTES)

_Static_assert(offsetof(struct blkif_request, seg) == 24 &&
    sizeof(struct blkif_request_segment) == BLK_SEGBYTES &&
    sizeof(union blkif_sring_entry) == BLK_ENTRY_MAX &&
    offsetof(struct blkif_request_indirect, indirect_grefs) == 28,
    "blkproto.c's offsets");

/* ---- the device ---- */

static int
bb_probe(struct backbus_dev *d)
{
	char name[128], mode[8];
	struct bb *b;
	int error;

	if ((error = backbus_str(d, "params", name, sizeof(name))) != 0)
		return error;
	if ((b = kern_zalloc(sizeof(*b))) == NULL)
		return ENOMEM;
	if ((b->ex = export_use(name, &b->user)) == NULL) {
		if (d->complaints++ == 0)
			kern_printf("%s: waits for an export \"%s\"\n", d->name,
			    name);
		kern_free(b);
		return EAGAIN;
	}
	(void)snprintf(b->user.name, sizeof(b->user.name), "%s", d->name);
	b->readonly = (export_info(b->ex)->flags & EXPORT_RDONLY) != 0 ||
	    backbus_str(d, "mode", mode, sizeof(mode)) != 0 || mode[0] != 'w';
	b->d = d;
	kern_mutex_init(&b->lock, "blkback");
	d->priv = b;
	return 0;
}

static void
bb_remove(struct backbus_dev *d)
{
	struct bb *b = d->priv;

	export_drop(&b->user);
	kern_free(b);
	d->priv = NULL;
}

static bool
discards(struct bb *b)
{

	return (export_info(b->ex)->flags & EXPORT_DISCARDS) != 0 &&
	    !b->readonly && backbus_num(b->d, "discard-enable", 1, 1) != 0;
}

static int
bb_offer(struct backbus_dev *d, xs_txn t)
{
	struct bb *b = d->priv;
	const struct export_info *i = export_info(b->ex);
	const struct { const char *key; unsigned value; } keys[] = {
		{ "feature-flush-cache", 1 },
		{ "feature-barrier", 1 },
		{ "feature-persistent", 1 },
		{ "feature-max-indirect-segments", BLK_MAXSEG },
		{ "max-ring-page-order", BB_MAXORDER },
		{ "multi-queue-max-queues", BB_MAXRING },
		{ "feature-discard", discards(b) },
		{ "discard-granularity", i->granularity > i->blksize ?
		    i->granularity : i->blksize },
		{ "discard-alignment", 0 },
		{ "discard-secure", 0 },
	};
	unsigned k;
	int error = 0;

	for (k = 0; k < sizeof(keys) / sizeof(keys[0]) && error == 0; k++)
		error = xs_printf(t, d->node, keys[k].key, "%u",
		    keys[k].value);
	return error;
}

/* ---- connections ---- */

static int
ring_make(struct bb *b, struct bb_ring *r, unsigned n, unsigned order,
    bool numbered)
{
	struct backbus_dev *d = b->d;
	grant_ref_t ref[1 << BB_MAXORDER];
	char dir[16], key[16], name[32];
	const char *where = b->nring > 1 ? dir : NULL;
	unsigned i;
	uint64_t v;
	int error;

	(void)snprintf(dir, sizeof(dir), "queue-%u", n);
	(void)snprintf(name, sizeof(name), "%.20s/%u", d->name, n);
	for (i = 0; i < 1u << order; i++) {
		(void)snprintf(key, sizeof(key), "ring-ref%u", i);
		if (!numbered)
			key[8] = '\0';
		error = backbus_peer_num(d, where, key, UINT32_MAX, &v);
		if (error != 0)
			return error;
		ref[i] = (grant_ref_t)v;
	}
	error = backbus_peer_num(d, where, "event-channel", UINT32_MAX, &v);
	if (error != 0)
		return error;
	if ((error = backbus_map(d, ref, 1u << order, &r->map)) != 0)
		return error;
	r->b = b;
	kern_mutex_init(&r->lock, "bbring");
	bring_init(&r->ring, r->map.va, (size_t)PAGE_SIZE << order,
	    blk_entry(b->abi));
	r->answers = kern_zalloc(r->ring.size * sizeof(*r->answers));
	if (r->answers == NULL)
		return ENOMEM;
	r->up = true;
	return backbus_event(d, (evtchn_port_t)v, name, KERN_CPU_ANY, bb_intr,
	    r, &r->event);
}

/* How the front end was compiled, and how many rings of which size it has. */
static int
choices(struct bb *b, unsigned *order, bool *numbered)
{
	struct backbus_dev *d = b->d;
	char proto[32];
	uint64_t v;
	int error;

	error = backbus_peer_str(d, "protocol", proto, sizeof(proto));
	if (error == ENOENT || (error == 0 &&
	    strcmp(proto, XEN_IO_PROTO_ABI_X86_64) == 0))
		b->abi = BLK_ABI_64;
	else if (error == 0 && strcmp(proto, XEN_IO_PROTO_ABI_X86_32) == 0)
		b->abi = BLK_ABI_32;
	else
		return error != 0 ? error : EINVAL;
	error = backbus_peer_num(d, NULL, "multi-queue-num-queues", BB_MAXRING,
	    &v);
	if ((error != 0 && error != ENOENT) || (error == 0 && v == 0))
		return EINVAL;
	b->nring = error == 0 ? v : 1;
	error = backbus_peer_num(d, NULL, "ring-page-order", BB_MAXORDER, &v);
	if (error != 0 && error != ENOENT)
		return error;
	*order = error == 0 ? v : 0;
	*numbered = *order > 0;
	return 0;
}

static int
resources(struct bb *b)
{
	struct kern_mem_info mi;

	kern_mem_info(&mi);
	b->maxmemory = mi.total / MEMSHARE;
	if (b->maxmemory > MAXMEMORY)
		b->maxmemory = MAXMEMORY;
	if (b->maxmemory < MEMORY_MIN)
		b->maxmemory = MEMORY_MIN;
	b->batch = kern_zalloc(sizeof(*b->batch));
	b->page = kern_page_alloc(1, 0, 0);
	b->reserve = kern_page_alloc(BLK_MAXSEG, 0, 0);
	if (b->batch == NULL || b->page == NULL || b->reserve == NULL)
		return ENOMEM;
	STAILQ_INIT(&b->batch->ios);
	return backbus_peer_flag(b->d, "feature-persistent") ?
	    bb_pool_make(b) : 0;
}

static int
bb_connect(struct backbus_dev *d)
{
	struct bb *b = d->priv;
	unsigned order, i;
	bool numbered;
	int error;

	if ((error = choices(b, &order, &numbered)) != 0 ||
	    (error = resources(b)) != 0)
		return error;
	for (i = 0; i < b->nring && error == 0; i++)
		error = ring_make(b, &b->ring[i], i, order, numbered);
	if (error == 0)
		b->user.queues = b->nring;
	return error;
}

/* sectors are of 512 bytes, as all front ends have it. */
static int
bb_publish(struct backbus_dev *d, xs_txn t)
{
	struct bb *b = d->priv;
	const struct export_info *i = export_info(b->ex);
	int error;

	if ((error = xs_printf(t, d->node, "sectors", "%lu",
	    (unsigned long)(i->size / BLK_SECTOR))) != 0 ||
	    (error = xs_printf(t, d->node, "sector-size", "%u",
	    i->blksize)) != 0)
		return error;
	return xs_printf(t, d->node, "info", "%u",
	    b->readonly ? VDISK_READONLY : 0);
}

static void
bb_connected(struct backbus_dev *d)
{
	struct bb *b = d->priv;
	unsigned long s;

	s = kern_spin_lock(&b->spin);
	b->linked = true;
	kern_spin_unlock(&b->spin, s);
	bb_run(b);
}

static void
rings_down(struct bb *b)
{
	struct bb_ring *r;

	for (r = b->ring; r < b->ring + BB_MAXRING; r++) {
		if (r->b == NULL)
			continue;
		kern_mutex_lock(&r->lock);
		r->up = false;
		kern_mutex_unlock(&r->lock);
		xen_event_free(&r->event);
	}
	/* whoever took requests has left, and nobody begins */
	kern_mutex_lock(&b->lock);
	if (b->held != NULL)
		bb_io_put(b, b->held);
	b->held = NULL;
	kern_mutex_unlock(&b->lock);
}

/*
 * What is at the disk ends there, in memory of ours; until then the rings stay
 * mapped, but nobody looks at them.
 */
static bool
bb_disconnect(struct backbus_dev *d)
{
	struct bb *b = d->priv;
	unsigned long s;
	unsigned i;
	bool busy;

	s = kern_spin_lock(&b->spin);
	b->linked = false;
	kern_spin_unlock(&b->spin, s);
	rings_down(b);
	s = kern_spin_lock(&b->spin);
	busy = b->refs > 0;
	kern_spin_unlock(&b->spin, s);
	if (busy)
		return false;
	for (i = 0; i < BB_MAXRING; i++) {
		backbus_unmap(&b->ring[i].map);
		kern_free(b->ring[i].answers);
		memset(&b->ring[i], 0, sizeof(b->ring[i]));
	}
	bb_pool_free(b);
	if (b->page != NULL)
		kern_page_free(b->page, 1);
	if (b->reserve != NULL)
		kern_page_free(b->reserve, BLK_MAXSEG);
	kern_free(b->batch);
	b->page = b->reserve = NULL;
	b->batch = NULL;
	b->nring = b->user.queues = 0;
	return true;
}

static struct backbus_driver driver = {
	.type = "vbd", .probe = bb_probe, .offer = bb_offer,
	.connect = bb_connect, .publish = bb_publish,
	.connected = bb_connected, .disconnect = bb_disconnect,
	.remove = bb_remove
};

static void
exported(void)
{

	backbus_rescan(&driver);
}

static void
bb_init(void)
{

	if (!xs_ready())
		return;
	export_watch(exported);
	backbus_driver(&driver);
}
KERN_INIT(KERN_INIT_LATE, bb_init);
