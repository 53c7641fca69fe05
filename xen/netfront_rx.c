/*
 * netfront_rx.c: receiving (Xen public io/netif.h).  A small packet is copied
 * out and its page goes straight back to the ring, still granted; a large one
 * is handed over where it lies, once nobody else can change it.
 *
 * Answers come in the order of the requests, so a buffer is known by its place
 * in the ring, and the id that comes back has to agree.
 */
#include <string.h>
#include "netfront.h"

#define COMPLAINTS	10

/* ---- the ring ---- */

static void
post(struct nf_queue *q, struct nf_rxbuf *b)
{
	unsigned at = q->rx.req_prod & (NF_RING - 1);
	struct netif_rx_request r = { .id = at, .gref = b->ref };

	if (!b->granted)
		xen_grant_access(b->ref, q->n->xd->dom, xen_gfn(b->page),
		    false);
	b->granted = true;
	q->posted[at] = b;
	q->nposted++;
	xring_put(&q->rx, &r, sizeof(r));
}

void
nf_rx_refill(struct nf_queue *q)
{
	struct nf_rxbuf *b;

	/* Few at first; more once a burst has nearly emptied the ring. */
	if (q->nposted < q->target / 4 && q->target < NF_RING)
		q->target *= 2;
	q->starved = false;
	while (q->nposted < q->target && xring_room(&q->rx) > 0) {
		if ((b = nf_rxbuf_get(q->n)) == NULL) {
			/* Who brings a buffer back sees this, or we the buffer. */
			__atomic_store_n(&q->starved, true, __ATOMIC_SEQ_CST);
			if ((b = nf_rxbuf_get(q->n)) == NULL)
				break;
			q->starved = false;
		}
		b->next = NULL;
		post(q, b);
	}
	if (xring_publish(&q->rx))
		xen_event_notify(q->n->split ? &q->rxevent : &q->event);
}

static void
poke(struct nf *n)
{
	unsigned i;

	for (i = 0; i < n->nqueue; i++) {
		struct nf_queue *q = &n->queue[i];

		if (!__atomic_load_n(&q->starved, __ATOMIC_SEQ_CST))
			continue;
		kern_mutex_lock(&q->rxlock);
		if (q->up && q->starved)
			nf_rx_refill(q);
		kern_mutex_unlock(&q->rxlock);
	}
}

static void
rx_release(struct netpkt *p)
{
	struct nf_rxbuf *b = (struct nf_rxbuf *)p;

	__atomic_sub_fetch(&b->n->kept, p->nseg, __ATOMIC_RELAXED);
	rxpool_put(&b->n->pool, b);
}

/* done() of a packet that lies in ring buffers.  Any thread. */
static void
rx_done(struct netpkt *p)
{
	struct nf *n = ((struct nf_rxbuf *)p)->n;

	rx_release(p);
	poke(n);
}

static void
copy_done(struct netpkt *p)
{

	kern_free(p);
}

/* ---- packets ---- */

/* What the answers said of it, as far as it can be true. */
static bool
set_flags(struct nf_queue *q, struct netpkt *p)
{
	struct nf_headers nh;
	bool known;

	if ((q->cur_flags & (NETRXF_csum_blank | NETRXF_data_validated)) == 0 &&
	    q->gso_type == XEN_NETIF_GSO_TYPE_NONE)
		return true;
	known = nf_parse(p->seg[0].data, p->seg[0].len, &nh);
	if (q->cur_flags & NETRXF_csum_blank) {
		if (!known)
			return false;
		p->flags |= NETPKT_CSUM_PART;
		p->csum_start = nh.csum_start;
		p->csum_offset = nh.csum_offset;
	} else if (q->cur_flags & NETRXF_data_validated)
		p->flags |= NETPKT_CSUM_OK;
	if (q->gso_type == XEN_NETIF_GSO_TYPE_NONE)
		return true;
	if (!known || !nh.tcp || q->gso_size == 0 ||
	    nh.v6 != (q->gso_type == XEN_NETIF_GSO_TYPE_TCPV6))
		return false;
	p->flags |= nh.v6 ? NETPKT_TSO6 : NETPKT_TSO4;
	p->gso_size = q->gso_size;
	p->hdr_len = nh.hdr_len;
	return true;
}

/* On the heap: its pages stay where they are. */
static struct netpkt *
copy_packet(const struct nf_rxbuf *b, uint32_t len)
{
	struct netpkt *c;
	char *to;

	if ((c = kern_malloc(sizeof(*c) + 2 + len, 0)) == NULL)
		return NULL;
	memset(c, 0, sizeof(*c));
	to = (char *)(c + 1) + 2;
	c->seg[0].data = to;
	c->seg[0].len = c->len = len;
	c->nseg = 1;
	c->done = copy_done;
	for (; b != NULL; b = b->next) {
		memcpy(to, b->page + b->offset, b->used);
		to += b->used;
	}
	return c;
}

/* The pages become the packet's own; false: somebody keeps one mapped. */
static bool
take_pages(struct nf_queue *q, struct nf_rxbuf *b)
{
	struct nf_rxbuf *x;

	for (x = b; x != NULL; x = x->next) {
		if (x->granted && !xen_grant_end(x->ref))
			return false;
		x->granted = false;
	}
	return true;
}

static struct netpkt *
keep_packet(struct nf_queue *q, struct nf_rxbuf *b)
{
	struct netpkt *p = &b->pkt;
	struct nf_rxbuf *x;

	memset(p, 0, sizeof(*p));
	p->done = rx_done;
	for (x = b; x != NULL; x = x->next) {
		p->seg[p->nseg].data = x->page + x->offset;
		p->seg[p->nseg].len = x->used;
		p->len += x->used;
		p->nseg++;
	}
	__atomic_add_fetch(&q->n->kept, p->nseg, __ATOMIC_RELAXED);
	return p;
}

/* The chain of buffers at b is a packet: hand it on. */
static void
deliver(struct nf_queue *q, struct nf_rxbuf *b, struct netpktq *out)
{
	struct nf *n = q->n;
	struct netpkt *p = NULL;
	struct nf_rxbuf *x;
	uint32_t len = 0;
	bool keep;

	for (x = b; x != NULL; x = x->next)
		len += x->used;
	/* with fewer left than a packet takes, the ring would dry up */
	keep = len > NF_RXCOPY &&
	    n->kept + q->cur_nseg + NF_RXRESERVE <= n->pool.max;
	if (keep && take_pages(q, b))
		p = keep_packet(q, b);
	else if ((p = copy_packet(b, len)) == NULL) {
		n->nd.stats.idrops++;
		rxpool_put(&n->pool, b);
		return;
	} else
		rxpool_put(&n->pool, b);
	if (p->len < 14 || !set_flags(q, p)) {
		n->nd.stats.ierrors++;
		if (p->done == rx_done)
			rx_release(p);
		else
			p->done(p);
		return;
	}
	n->nd.stats.ipackets++;
	n->nd.stats.ibytes += p->len;
	STAILQ_INSERT_TAIL(out, p, link);
}

static void
begin(struct nf_queue *q, uint16_t flags)
{

	q->cur = q->cur_last = NULL;
	q->cur_nseg = 0;
	q->cur_flags = flags;
	q->cur_begun = true;
	q->cur_drop = false;
	q->gso_type = XEN_NETIF_GSO_TYPE_NONE;
	q->gso_size = 0;
}

static void
complain(struct nf *n, const char *what, unsigned value)
{

	if (n->complaints++ < COMPLAINTS)
		kern_printf("%s: %s (%u): dropped\n", n->xd->name, what,
		    value);
}

/* A piece of data in b. */
static void
piece(struct nf_queue *q, struct nf_rxbuf *b, const struct netif_rx_response *r)
{
	bool beyond = r->status >= 0 && (r->offset > PAGE_SIZE ||
	    (unsigned)r->status > PAGE_SIZE - r->offset);

	if (beyond)
		complain(q->n, "a packet beyond its page", r->offset +
		    (unsigned)r->status);
	if (beyond || r->status < 0 || q->cur_nseg == NETPKT_MAXSEG - 1) {
		q->cur_drop = true;
		rxpool_put(&q->n->pool, b);
		return;
	}
	b->offset = r->offset;
	b->used = (uint16_t)r->status;
	q->cur_nseg++;
	if (q->cur == NULL)
		q->cur = b;
	else
		q->cur_last->next = b;
	q->cur_last = b;
}

static void
extra(struct nf_queue *q, const struct netif_rx_response *r)
{
	struct netif_extra_info x;

	memcpy(&x, r, sizeof(x));
	if (x.type == XEN_NETIF_EXTRA_TYPE_GSO) {
		q->gso_type = x.u.gso.type;
		q->gso_size = x.u.gso.size;
		if (q->gso_type > XEN_NETIF_GSO_TYPE_TCPV6)
			q->cur_drop = true;
	} else if (x.type == XEN_NETIF_EXTRA_TYPE_NONE ||
	    x.type >= XEN_NETIF_EXTRA_TYPE_MAX) {
		complain(q->n, "extra information of no type", x.type);
		q->cur_drop = true;
	}
	q->cur_extra = (x.flags & XEN_NETIF_EXTRA_FLAG_MORE) != 0;
}

/* One answer, in our own copy, for the request at place `at'. */
static void
received(struct nf_queue *q, unsigned at, const struct netif_rx_response *r,
    struct netpktq *out)
{
	struct nf_rxbuf *b = q->posted[at];
	bool first = !q->cur_begun;

	q->posted[at] = NULL;
	q->nposted--;
	b->next = NULL;
	if (q->cur_extra) {
		extra(q, r);
		rxpool_put(&q->n->pool, b);
	} else {
		if (r->id != at) {
			q->rx.why = "an answer with another request's id";
			rxpool_put(&q->n->pool, b);
			return;
		}
		if (first)
			begin(q, r->flags);
		piece(q, b, r);
		if (first)
			q->cur_extra = (r->flags & NETRXF_extra_info) != 0;
		q->cur_flags = (q->cur_flags & ~NETRXF_more_data) |
		    (r->flags & NETRXF_more_data);
	}
	if (q->cur_extra || (q->cur_flags & NETRXF_more_data))
		return;
	q->cur_begun = false;
	b = q->cur;
	q->cur = NULL;
	if (b == NULL || q->cur_drop) {
		q->n->nd.stats.ierrors++;
		if (b != NULL)
			rxpool_put(&q->n->pool, b);
	} else
		deliver(q, b, out);
}

static void
drop(struct netpktq *q)
{
	struct netpkt *p;

	while ((p = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, link);
		p->done(p);
	}
}

/* Take what has come, in batches, until there is no more. */
int
nf_rx_intr(void *arg)
{
	struct nf_queue *q = arg;
	struct nf *n = q->n;
	struct netif_rx_response r;
	struct netpktq out;
	const char *why;
	unsigned i, at;
	bool more;

	do {
		STAILQ_INIT(&out);
		kern_mutex_lock(&q->rxlock);
		if (!q->up) {
			kern_mutex_unlock(&q->rxlock);
			return 1;
		}
		for (i = 0; i < NF_RXBATCH; i++) {
			at = q->rx.rsp_cons & (NF_RING - 1);
			if (!xring_get(&q->rx, &r, sizeof(r)))
				break;
			received(q, at, &r, &out);
		}
		nf_rx_refill(q);
		more = i == NF_RXBATCH || !xring_want(&q->rx, 1);
		why = q->rx.why;
		kern_mutex_unlock(&q->rxlock);
		if (why != NULL) {
			xenbus_trouble(n->xd, why);
			more = false;
		}
		nf_tx_reap(q, !n->split);
		if (STAILQ_EMPTY(&out))
			continue;
		if (n->open)
			n->input(n->arg, &out);
		else
			drop(&out);
	} while (more);
	return 1;
}

int
nf_rx_open(struct nf_queue *q)
{

	if ((q->rxpage = kern_page_alloc(1, 0, KERN_PG_ZERO)) == NULL)
		return ENOMEM;
	if ((q->rxref = xen_grant_page(q->n->xd->dom, q->rxpage, false)) == 0)
		return ENOSPC;
	xring_init(&q->rx, q->rxpage, PAGE_SIZE, sizeof(union netif_rx_sring_entry));
	q->nposted = 0;
	q->target = NF_RXFIRST / 2;	/* doubled by the first filling */
	q->cur = NULL;
	q->cur_begun = q->cur_extra = false;
	return 0;
}

void
nf_rx_close(struct nf_queue *q)
{
	unsigned i;

	if (q->rxpage == NULL)
		return;
	if (q->cur != NULL)
		rxpool_put(&q->n->pool, q->cur);
	q->cur = NULL;
	for (i = 0; i < NF_RING; i++)
		if (q->posted[i] != NULL) {
			nf_rxbuf_destroy(q->n, q->posted[i]);
			q->posted[i] = NULL;
		}
	if (q->rxref != 0)
		xen_grant_dispose(q->rxref, q->rxpage);
	else
		kern_page_free(q->rxpage, 1);
	q->rxpage = NULL;
	q->rxref = 0;
	q->starved = false;
}
