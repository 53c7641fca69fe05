/*
 * netback_rx.c: what a front end receives (Xen public io/netif.h): the
 * hypervisor copies packets, from wherever they lie, into the pages that the
 * front end has put into the ring.  What finds none waits, in memory of ours,
 * up to a limit.
 */
#include <string.h>
#include "netback.h"
#include "netfront.h"		/* nf_hash(), nf_gso_extra() */

#define TSO	(NETPKT_TSO4 | NETPKT_TSO6)
#define CSUM	(NETPKT_CSUM | NETPKT_CSUM_PART)
/* Copies that one packet can take: its pieces, cut at pages on both sides. */
#define PKTOPS	(NETPKT_MAXSEG + 2 * 17 + 2)

/* A packet's place in the ring while it is being copied. */
struct one {
	struct netpkt	*p;
	uint16_t	nslot;		/* the extra's not counted */
	uint16_t	op[18];		/* of each slot the first; one more */
	uint16_t	id[17], len[17];
};
struct nb_rxbatch {
	struct nb_queue	*q;
	unsigned	n, nop;
	struct one	one[NB_BATCH];
};

static unsigned
slots(const struct netpkt *p)
{

	return (p->len + PAGE_SIZE - 1) / PAGE_SIZE;
}

/* ---- copies ---- */

static void
copy_op(struct nb_rxbatch *b, grant_ref_t ref, uint32_t to, char *from, uint32_t k)
{
	struct gnttab_copy *op = &b->q->rxop[b->nop++];

	op->source.u.gmfn = xen_gfn(from);
	op->source.domid = DOMID_SELF;
	op->source.offset = (uintptr_t)from & (PAGE_SIZE - 1);
	op->dest.u.ref = ref;
	op->dest.domid = b->q->n->bd->dom;
	op->dest.offset = (uint16_t)to;
	op->len = (uint16_t)k;
	op->flags = GNTCOPY_dest_gref;
	op->status = GNTST_general_error;
}

/* Requests for the packet, and the copies into their pages. */
static void
place(struct nb_rxbatch *b, struct netpkt *p)
{
	struct one *o = &b->one[b->n++];
	struct netif_rx_request r;
	uint32_t used = PAGE_SIZE, left, k;
	char *d;

	o->p = p;
	o->nslot = 0;
	for (unsigned i = 0; i < p->nseg; i++) {
		d = p->seg[i].data;
		for (left = p->seg[i].len; left > 0; left -= k, d += k) {
			if (used == PAGE_SIZE) {
				bring_get(&b->q->rx, &r, sizeof(r));
				o->id[o->nslot] = r.id;
				o->len[o->nslot] = 0;
				o->op[o->nslot++] = b->nop;
				used = 0;
				/* it comes second, and takes a request */
				if (o->nslot == 1 && (p->flags & TSO))
					bring_get(&b->q->rx,
					    &(struct netif_rx_request){ 0 },
					    sizeof(r));
			}
			k = PAGE_SIZE - ((uintptr_t)d & (PAGE_SIZE - 1));
			if (k > left)
				k = left;
			if (k > PAGE_SIZE - used)
				k = PAGE_SIZE - used;
			copy_op(b, r.gref, used, d, k);
			used += k;
			o->len[o->nslot - 1] += k;
		}
	}
	o->op[o->nslot] = b->nop;
}

/* ---- answers ---- */

static void
answer_extra(struct nb_queue *q, const struct netpkt *p)
{
	struct netif_extra_info x;

	nf_gso_extra(&x, p);
	bring_put(&q->rx, &x, sizeof(x));
}

static void
answer_one(struct nb_rxbatch *b, const struct one *o)
{
	struct nb_queue *q = b->q;
	struct netif_rx_response r;
	unsigned i, k;

	for (i = 0; i < o->nslot; i++) {
		memset(&r, 0, sizeof(r));
		r.id = o->id[i];
		r.status = (int16_t)o->len[i];
		for (k = o->op[i]; k < o->op[i + 1]; k++)
			if (q->rxop[k].status != GNTST_okay)
				r.status = NETIF_RSP_ERROR;
		if (r.status < 0)
			__atomic_fetch_add(&q->n->port.stats.oerrors, 1,
			    __ATOMIC_RELAXED);
		if (i == 0 && (o->p->flags & CSUM))
			r.flags = NETRXF_csum_blank | NETRXF_data_validated;
		else if (i == 0 && (o->p->flags & NETPKT_CSUM_OK))
			r.flags = NETRXF_data_validated;
		if (i == 0 && (o->p->flags & TSO))
			r.flags |= NETRXF_extra_info;
		if (i + 1 < o->nslot)
			r.flags |= NETRXF_more_data;
		bring_put(&q->rx, &r, sizeof(r));
		if (i == 0 && (o->p->flags & TSO))
			answer_extra(q, o->p);
	}
}

static void
flush(struct nb_rxbatch *b, struct netpktq *done)
{

	if (b->n == 0)
		return;
	(void)xen_grant_copy(b->q->rxop, b->nop);
	for (unsigned i = 0; i < b->n; i++) {
		answer_one(b, &b->one[i]);
		STAILQ_INSERT_TAIL(done, b->one[i].p, link);
	}
	b->n = b->nop = 0;
}

/* ---- the ring ---- */

/* As many packets of the list as there are requests for.  rxlock held. */
static void
push(struct nb_queue *q, struct netpktq *list, size_t *bytes,
    struct netpktq *done)
{
	struct nb_rxbatch *b = q->rxbatch;
	uint32_t avail = bring_pending(&q->rx);
	struct netpkt *p;
	unsigned need;

	b->q = q;
	b->n = b->nop = 0;
	while ((p = STAILQ_FIRST(list)) != NULL) {
		need = slots(p) + ((p->flags & TSO) != 0);
		if (need > avail)
			break;
		if (b->n == NB_BATCH || b->nop + PKTOPS > NB_OPS)
			flush(b, done);
		STAILQ_REMOVE_HEAD(list, link);
		if (bytes != NULL)
			*bytes -= p->len;
		place(b, p);
		avail -= need;
	}
	flush(b, done);
}

static void
show(struct nb_queue *q)
{

	if (bring_publish(&q->rx))
		xen_event_notify(q->n->split ? &q->rxevent : &q->event);
}

/* The backlog, and an event when there is room for its first.  rxlock held. */
static void
push_backlog(struct nb_queue *q, struct netpktq *done)
{
	struct netpkt *p;

	do {
		push(q, &q->backlog, &q->nbacklog, done);
		show(q);
		if ((p = STAILQ_FIRST(&q->backlog)) == NULL)
			return;
	} while (!bring_want(&q->rx, slots(p) + ((p->flags & TSO) != 0)) &&
	    q->rx.why == NULL);
}

/*
 * What found no request waits.  Only in our own memory: a network card would
 * run out of buffers otherwise, for one guest that does not receive.
 */
static void
keep(struct nb_queue *q, struct netpktq *list, struct netpktq *done)
{
	struct netpkt *p, *c;
	uint64_t now = plat_clock(), dropped = 0;

	if (q->nbacklog > 0 && now - q->waiting > NB_STALE) {
		STAILQ_FOREACH(p, &q->backlog, link)
			dropped++;
		STAILQ_CONCAT(done, &q->backlog);
		q->nbacklog = 0;
	}
	if (q->nbacklog == 0)
		q->waiting = now;
	while ((p = STAILQ_FIRST(list)) != NULL) {
		STAILQ_REMOVE_HEAD(list, link);
		c = p;
		if (q->rx.why != NULL || q->nbacklog + p->len > q->n->maxbacklog)
			c = NULL;
		else if (nb_is_ours(p))
			nb_account_move(p, q->n->account);
		else
			c = netsoft_copy(p);
		if (c != p)
			STAILQ_INSERT_TAIL(done, p, link);
		if (c == NULL) {
			dropped++;
			continue;
		}
		STAILQ_INSERT_TAIL(&q->backlog, c, link);
		q->nbacklog += c->len;
	}
	__atomic_fetch_add(&q->n->port.stats.odrops, dropped, __ATOMIC_RELAXED);
}

static void
output(struct nb_queue *q, struct netpktq *list)
{
	struct netpktq done = STAILQ_HEAD_INITIALIZER(done);
	const char *why;

	kern_mutex_lock(&q->rxlock);
	if (q->up) {
		if (q->nbacklog > 0)
			push(q, &q->backlog, &q->nbacklog, &done);
		if (q->nbacklog == 0)
			push(q, list, NULL, &done);
		show(q);
		if (!STAILQ_EMPTY(list))
			keep(q, list, &done);
		if (q->nbacklog > 0)
			push_backlog(q, &done);
	}
	why = q->rx.why;
	kern_mutex_unlock(&q->rxlock);
	STAILQ_CONCAT(&done, list);
	(void)netsoft_drop(&done);
	if (why != NULL)
		backbus_trouble(q->n->bd, why);
}

/* Too much for the ring, or for a front end without scatter and gather. */
static bool
fits(const struct nb *n, const struct netpkt *p)
{

	return p->len <= 65535 && p->nseg <= NETPKT_MAXSEG &&
	    (n->sg || p->len <= PAGE_SIZE);
}

static bool
is_ip6(const struct netpkt *p)
{
	const uint8_t *h = p->seg[0].data;

	return p->seg[0].len >= 14 && h[12] == 0x86 && h[13] == 0xdd;
}

/* What the front end can't do; how many packets are no use. */
static unsigned
soften(struct nb *n, struct netpktq *list)
{
	struct netpktq in = STAILQ_HEAD_INITIALIZER(in), one;
	struct netpkt *p;
	unsigned bad;

	bad = netsoft(list, n->caps);
	if (n->csum6 || (n->caps & NET_TXCSUM) == 0)
		return bad;
	STAILQ_CONCAT(&in, list);
	while ((p = STAILQ_FIRST(&in)) != NULL) {
		STAILQ_REMOVE_HEAD(&in, link);
		STAILQ_INIT(&one);
		STAILQ_INSERT_HEAD(&one, p, link);
		if (is_ip6(p))
			bad += netsoft(&one, 0);
		STAILQ_CONCAT(list, &one);
	}
	return bad;
}

void
nb_output(struct sw_port *port, struct netpktq *list)
{
	struct nb *n = (struct nb *)port;
	struct netpktq per[NB_MAXQUEUE];
	struct netpkt *p;
	uint64_t bad;
	unsigned i;

	bad = soften(n, list);
	for (i = 0; i < n->nqueue; i++)
		STAILQ_INIT(&per[i]);
	while ((p = STAILQ_FIRST(list)) != NULL) {
		STAILQ_REMOVE_HEAD(list, link);
		if (!fits(n, p)) {
			p->done(p);
			bad++;
			continue;
		}
		i = n->nqueue > 1 ? nf_hash(p) % n->nqueue : 0;
		STAILQ_INSERT_TAIL(&per[i], p, link);
	}
	for (i = 0; i < n->nqueue; i++)
		if (!STAILQ_EMPTY(&per[i]))
			output(&n->queue[i], &per[i]);
	if (bad > 0)
		__atomic_fetch_add(&port->stats.odrops, bad, __ATOMIC_RELAXED);
}

/* There are requests again. */
int
nb_rx_intr(void *arg)
{
	struct nb_queue *q = arg;
	struct netpktq none = STAILQ_HEAD_INITIALIZER(none);

	if (q->nbacklog > 0)
		output(q, &none);
	return 1;
}

int
nb_intr(void *arg)
{

	(void)nb_rx_intr(arg);
	return nb_tx_intr(arg);
}

bool
nb_rx_open(struct nb_queue *q)
{

	STAILQ_INIT(&q->backlog);
	q->nbacklog = 0;
	q->rxbatch = kern_malloc(sizeof(*q->rxbatch), 0);
	return q->rxbatch != NULL;
}

void
nb_rx_close(struct nb_queue *q)
{

	if (q->rxbatch != NULL)
		(void)netsoft_drop(&q->backlog);
	kern_free(q->rxbatch);
}
