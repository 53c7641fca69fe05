/*
 * net_rx.c: receiving.  A packet is handed over where the device put it; its
 * done() gives the pages back.  So that a receiver that keeps packets can't
 * stop the device, there may be more buffers than ring entries, and when these
 * are used up packets are copied to the heap, or dropped, and their buffers go
 * straight back to the ring.
 */
#include <string.h>
#include "net.h"

/* ---- buffers ---- */

static struct net_rxbuf *
rxbuf_get(struct vnet *n)
{
	struct net_rxbuf *b;
	bool more;

	b = rxpool_get(&n->pool, &more);
	if (!more)
		return b;
	if ((b = kern_page_alloc(1, 0, 0)) == NULL) {
		rxpool_less(&n->pool, true, 2 * NET_RXRESERVE);
		return NULL;
	}
	memset(b, 0, sizeof(*b));
	b->n = n;
	b->pa = plat_virt_to_phys(b) + n->rxdata;
	return b;
}

static bool
post(struct vnet *n, struct net_rxbuf *b)
{
	struct vring_sg sg[2];
	unsigned nsg = 1;

	sg[0].addr = b->pa;
	sg[0].len = n->rxsize;
	if (!n->any_layout && !n->mergeable) {	/* 5.1.6.3.2, legacy */
		sg[0].len = n->hdrlen;
		sg[1].addr = b->pa + n->hdrlen;
		sg[1].len = n->rxsize - n->hdrlen;
		nsg = 2;
	}
	if (vring_add(&n->rx->ring, sg, 0, nsg, b, NULL, 0) != 0) {
		b->next = NULL;
		rxpool_put(&n->pool, b);
		return false;
	}
	n->posted++;
	return true;
}

static unsigned
ring_room(struct vnet *n)
{

	return n->rx->ring.nfree / (n->any_layout || n->mergeable ? 1 : 2);
}

void
vnet_rx_refill(struct vnet *n)
{
	struct net_rxbuf *b;

	/* Few at first; more once a burst has nearly emptied the ring. */
	if (n->posted < n->target / 4 && n->target < n->rx->ring.num)
		n->target *= 2;
	n->starved = false;
	while (n->posted < n->target && ring_room(n) > 0) {
		if ((b = rxbuf_get(n)) == NULL) {
			/* Who brings a buffer back sees this, or we the buffer. */
			__atomic_store_n(&n->starved, true, __ATOMIC_SEQ_CST);
			if ((b = rxbuf_get(n)) == NULL)
				break;
			n->starved = false;
		}
		if (!post(n, b))	/* the ring is broken */
			break;
	}
	virtq_kick(n->rx);
}

void
vnet_rx_poke(struct vnet *n)
{

	if (!__atomic_load_n(&n->starved, __ATOMIC_SEQ_CST))
		return;
	kern_mutex_lock(&n->rxlock);
	if (n->up && n->starved)
		vnet_rx_refill(n);
	kern_mutex_unlock(&n->rxlock);
}

/* done() of a packet that lies in ring buffers.  Any thread. */
static void
rx_done(struct netpkt *p)
{
	struct net_rxbuf *b = (struct net_rxbuf *)p;
	struct vnet *n = b->n;

	__atomic_sub_fetch(&n->kept, p->nseg, __ATOMIC_RELAXED);
	rxpool_put(&n->pool, b);
	vnet_rx_poke(n);
}

static void
copy_done(struct netpkt *p)
{

	kern_free(p);
}

/* ---- packets ---- */

/* What the header says, as far as it can be true of this packet. */
static bool
set_flags(struct netpkt *p, const struct vn_hdr *h)
{

	if (h->flags & VN_HDR_NEEDS_CSUM) {
		if ((uint32_t)h->csum_start + h->csum_offset + 2 > p->len)
			return false;
		p->flags |= NETPKT_CSUM_PART;
		p->csum_start = h->csum_start;
		p->csum_offset = h->csum_offset;
	} else if (h->flags & VN_HDR_DATA_VALID)
		p->flags |= NETPKT_CSUM_OK;
	switch (h->gso_type & ~VN_GSO_ECN) {
	case VN_GSO_NONE:
		return true;
	case VN_GSO_TCPV4:
		p->flags |= NETPKT_TSO4;
		break;
	case VN_GSO_TCPV6:
		p->flags |= NETPKT_TSO6;
		break;
	default:
		return false;
	}
	p->gso_size = h->gso_size;
	p->hdr_len = h->hdr_len;
	return h->gso_size != 0;
}

/* A packet on the heap instead, when buffers are short. */
static struct netpkt *
copy_packet(const struct netpkt *p)
{
	struct netpkt *c;
	unsigned i;
	char *to;

	if ((c = kern_malloc(sizeof(*c) + 2 + p->len, 0)) == NULL)
		return NULL;
	to = (char *)(c + 1) + 2;
	c->seg[0].data = to;
	c->seg[0].len = p->len;
	c->nseg = 1;
	c->flags = p->flags;
	c->csum_start = p->csum_start;
	c->csum_offset = p->csum_offset;
	c->gso_size = p->gso_size;
	c->hdr_len = p->hdr_len;
	c->len = p->len;
	c->done = copy_done;
	c->arg = NULL;
	for (i = 0; i < p->nseg; i++) {
		memcpy(to, p->seg[i].data, p->seg[i].len);
		to += p->seg[i].len;
	}
	return c;
}

/* The chain of buffers at b is a packet: hand it on. */
static void
deliver(struct vnet *n, struct net_rxbuf *b, struct netpktq *out)
{
	struct vn_hdr *h = (struct vn_hdr *)((char *)b + n->rxdata);
	struct netpkt *p = &b->pkt, *c;
	struct net_rxbuf *x;
	uint32_t skip = n->hdrlen;
	bool short_of;

	p->nseg = p->flags = 0;
	p->len = 0;
	p->done = rx_done;
	p->arg = NULL;
	for (x = b; x != NULL; x = x->next, skip = 0) {
		p->seg[p->nseg].data = (char *)x + n->rxdata + skip;
		p->seg[p->nseg].len = x->used - skip;
		p->len += x->used - skip;
		p->nseg++;
	}
	if (p->len < 14 || !set_flags(p, h)) {
		n->nd.stats.ierrors++;
		rxpool_put(&n->pool, b);
		return;
	}
	n->nd.stats.ipackets++;
	n->nd.stats.ibytes += p->len;
	/* with fewer left than a packet takes, the device would wait for ever */
	short_of = n->kept + p->nseg + NET_RXRESERVE > n->pool.max;
	if (short_of) {
		if ((c = copy_packet(p)) != NULL)
			STAILQ_INSERT_TAIL(out, c, link);
		else
			n->nd.stats.idrops++;
		rxpool_put(&n->pool, b);
		return;
	}
	__atomic_add_fetch(&n->kept, p->nseg, __ATOMIC_RELAXED);
	STAILQ_INSERT_TAIL(out, p, link);
}

/* A buffer came back with len bytes. */
static void
received(struct vnet *n, struct net_rxbuf *b, uint32_t len, struct netpktq *out)
{
	struct vn_hdr *h = (struct vn_hdr *)((char *)b + n->rxdata);

	n->posted--;
	b->next = NULL;
	b->used = len;
	if (n->cur == NULL) {
		if (len < n->hdrlen) {
			n->nd.stats.ierrors++;
			rxpool_put(&n->pool, b);
			return;
		}
		n->cur = n->cur_last = b;
		n->cur_missing = n->mergeable ? h->num_buffers - 1u : 0;
		n->cur_drop = n->cur_missing >= NETPKT_MAXSEG;
		if (n->mergeable && h->num_buffers == 0) {
			n->cur_missing = 0;
			n->cur_drop = true;
		}
	} else {
		n->cur_missing--;
		if (n->cur_drop)
			rxpool_put(&n->pool, b);
		else
			n->cur_last = n->cur_last->next = b;
	}
	if (n->cur_missing > 0)
		return;
	b = n->cur;
	n->cur = NULL;
	if (n->cur_drop) {
		n->nd.stats.ierrors++;
		rxpool_put(&n->pool, b);
	} else
		deliver(n, b, out);
}

static void
broken(struct vnet *n)
{

	virtio_broken(n->d, n->rx->ring.why);
	n->nd.linkup = false;
}

static bool
more_came(const void *ring)
{

	return vring_pending(ring);
}

/*
 * Vector 1: take what has come, a batch at a time, and look again when nobody
 * else has anything to do.  The device is asked for interrupts only when that
 * was in vain, or after ROUNDS batches: others may share its line.
 */
int
vnet_rx_intr(void *arg)
{
	struct vnet *n = arg;
	struct netpktq q;
	struct net_rxbuf *b;
	uint32_t len;
	unsigned i, round = 0;
	bool more;

	do {
		if (!n->up)
			return 1;
		STAILQ_INIT(&q);
		kern_mutex_lock(&n->rxlock);
		vring_intr_off(&n->rx->ring);
		for (i = 0; i < NET_RXBATCH; i++) {
			if ((b = vring_pop(&n->rx->ring, &len)) == NULL)
				break;
			received(n, b, len, &q);
		}
		vnet_rx_refill(n);
		more = (i != 0 && ++round < NET_RXROUNDS) ||
		    !vring_intr_on(&n->rx->ring, 1);
		if (n->rx->ring.why != NULL && !n->d->broken)
			broken(n);
		kern_mutex_unlock(&n->rxlock);
		vnet_tx_reap(n, false);
		if (!STAILQ_EMPTY(&q))
			n->input(n->arg, &q);
		if (more && i != 0)
			kern_relax(more_came, &n->rx->ring);
	} while (more);
	return 1;
}

int
vnet_rx_open(struct vnet *n)
{
	struct kern_mem_info mi;
	unsigned ring;

	n->rxdata = NET_RXDATA(n->hdrlen);
	n->rxsize = PAGE_SIZE - n->rxdata;
	n->cur = NULL;
	/* At most a 16th of memory in the ring, an 8th in all. */
	kern_mem_info(&mi);
	for (ring = NET_RXRING; ring > 32 && ring * PAGE_SIZE > mi.total / 16; )
		ring /= 2;
	if ((n->rx = virtq_create(n->d, 0, ring, 1)) == NULL)
		return ENOMEM;
	n->posted = 0;
	n->target = NET_RXFIRST / 2;	/* doubled by the first filling */
	n->pool.max = mi.total / 8 / PAGE_SIZE;
	if (n->pool.max > 4 * NET_RXRING)
		n->pool.max = 4 * NET_RXRING;
	return 0;
}

void
vnet_rx_close(struct vnet *n)
{
	struct net_rxbuf *b;

	if (n->rx == NULL)
		return;
	kern_mutex_lock(&n->rxlock);
	if (n->cur != NULL)
		rxpool_put(&n->pool, n->cur);
	n->cur = NULL;
	while ((b = vring_reclaim(&n->rx->ring)) != NULL) {
		b->next = NULL;
		rxpool_put(&n->pool, b);
	}
	virtq_destroy(n->rx);
	n->rx = NULL;
	n->starved = false;
	kern_mutex_unlock(&n->rxlock);
	/* Buffers that a receiver still has stay until the next opening. */
	while ((b = n->pool.free) != NULL) {
		n->pool.free = b->next;
		n->pool.n--;
		kern_page_free(b, 1);
	}
}
