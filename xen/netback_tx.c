/*
 * netback_tx.c: what a front end sends (Xen public io/netif.h).  Requests are
 * copied out of the ring, then the hypervisor copies the data of a batch into
 * our memory, and only then anybody looks at it: the front end can't change it
 * any more, and nothing of it is ever mapped.
 */
#include <string.h>
#include "netback.h"
#include "netfront.h"		/* netparse.c */

#define SLICE	10000000ull	/* ns of waiting for credit at a time */

/* ---- packets in our memory ---- */

void
nb_account_drop(struct nb_account *a)
{

	if (__atomic_sub_fetch(&a->refs, 1, __ATOMIC_ACQ_REL) == 0)
		kern_free(a);
}

static void
charge(struct netpkt *p, struct nb_account *a)
{

	__atomic_add_fetch(&a->bytes, p->len, __ATOMIC_RELAXED);
	__atomic_add_fetch(&a->refs, 1, __ATOMIC_RELAXED);
	p->arg = a;
}

static void
discharge(struct netpkt *p)
{
	struct nb_account *a = p->arg;

	__atomic_sub_fetch(&a->bytes, p->len, __ATOMIC_RELAXED);
	nb_account_drop(a);
}

void
nb_account_move(struct netpkt *p, struct nb_account *a)
{

	discharge(p);
	charge(p, a);
}

static void
packet_done(struct netpkt *p)
{

	discharge(p);
	kern_free(p);
}

struct netpkt *
nb_packet(struct nb *n, uint32_t len)
{
	struct nb_account *a = n->account;
	struct netpkt *p;

	if (__atomic_load_n(&a->bytes, __ATOMIC_RELAXED) + len > n->maxunderway ||
	    (p = kern_malloc(sizeof(*p) + len, 0)) == NULL)
		return NULL;
	p->seg[0].data = p + 1;
	p->seg[0].len = p->len = len;
	p->nseg = 1;
	p->flags = p->csum_start = p->csum_offset = 0;
	p->gso_size = p->hdr_len = 0;
	p->done = packet_done;
	charge(p, a);
	return p;
}

bool
nb_is_ours(const struct netpkt *p)
{

	return p->done == packet_done;
}

/* ---- a batch ---- */

/* One packet of it: which answers and copies are its. */
struct one {
	struct netpkt	*p;		/* NULL: it is in error */
	uint16_t	flags;		/* NETTXF_* */
	uint16_t	gso_size;
	uint8_t		gso_type;
	uint16_t	first, n;	/* answers */
	uint16_t	op, nop;
};
struct nb_txbatch {
	struct nb_queue	*q;
	uint32_t	avail;		/* requests that wait */
	unsigned	n, nrsp, nop;
	struct one	one[NB_BATCH];
	struct netif_tx_response rsp[NB_RING];
};

static bool
lies(struct nb_txbatch *b, const char *why)
{

	b->q->tx.why = why;
	return false;
}

/* The next entry of the ring. */
static bool
next(struct nb_txbatch *b, void *to, size_t len)
{

	if (b->avail == 0)
		return lies(b, "a packet that goes on beyond the ring");
	bring_get(&b->q->tx, to, len);
	b->avail--;
	return true;
}

static void
answer(struct nb_txbatch *b, uint16_t id, int16_t status)
{

	b->rsp[b->nrsp].id = id;
	b->rsp[b->nrsp++].status = status;
}

static bool
extras(struct nb_txbatch *b, struct one *o)
{
	struct netif_extra_info x;

	do {
		if (!next(b, &x, sizeof(x)))
			return false;
		answer(b, 0, NETIF_RSP_NULL);
		if (x.type == XEN_NETIF_EXTRA_TYPE_NONE ||
		    x.type >= XEN_NETIF_EXTRA_TYPE_MAX)
			return lies(b, "extra information of no type");
		if (x.type == XEN_NETIF_EXTRA_TYPE_GSO) {
			o->gso_type = x.u.gso.type;
			o->gso_size = x.u.gso.size;
		}
	} while (x.flags & XEN_NETIF_EXTRA_FLAG_MORE);
	return true;
}

/* Copies of len bytes of a granted page to `to'. */
static void
copy_in(struct nb_txbatch *b, const struct netif_tx_request *r, uint32_t len,
    char *to)
{
	struct gnttab_copy *op;
	uint32_t k, off = r->offset;

	for (; len > 0; len -= k, to += k, off += k) {
		k = PAGE_SIZE - ((uintptr_t)to & (PAGE_SIZE - 1));
		if (k > len)
			k = len;
		op = &b->q->txop[b->nop++];
		op->source.u.ref = r->gref;
		op->source.domid = b->q->n->bd->dom;
		op->source.offset = (uint16_t)off;
		op->dest.u.gmfn = xen_gfn(to);
		op->dest.domid = DOMID_SELF;
		op->dest.offset = (uintptr_t)to & (PAGE_SIZE - 1);
		op->len = (uint16_t)k;
		op->flags = GNTCOPY_source_gref;
		op->status = GNTST_general_error;
	}
}

/* All requests of a packet are here: is it one? */
static bool
sensible(const struct netif_tx_request *r, unsigned n, uint32_t *first)
{
	uint32_t total = r[0].size, rest = 0;

	for (unsigned i = 1; i < n; i++) {
		if ((uint32_t)r[i].offset + r[i].size > PAGE_SIZE)
			return false;
		rest += r[i].size;
	}
	if (total < 14 || rest > total)
		return false;
	*first = total - rest;
	return (uint32_t)r[0].offset + *first <= PAGE_SIZE;
}

static void
begin_copy(struct nb_txbatch *b, struct one *o, const struct netif_tx_request *r,
    unsigned n)
{
	uint32_t first;
	char *to;

	o->op = b->nop;
	if (sensible(r, n, &first) && (o->p = nb_packet(b->q->n, r[0].size)) != NULL) {
		to = o->p->seg[0].data;
		copy_in(b, &r[0], first, to);
		to += first;
		for (unsigned i = 1; i < n; to += r[i++].size)
			copy_in(b, &r[i], r[i].size, to);
	}
	o->nop = b->nop - o->op;
}

/* Take a packet's requests; false: the front end lies. */
static bool
take(struct nb_txbatch *b)
{
	struct netif_tx_request r[NB_SLOTS];
	struct one *o = &b->one[b->n];
	unsigned n = 1;

	memset(o, 0, sizeof(*o));
	o->first = b->nrsp;
	if (!next(b, &r[0], sizeof(r[0])))
		return false;
	answer(b, r[0].id, NETIF_RSP_OKAY);
	o->flags = r[0].flags;
	if ((r[0].flags & NETTXF_extra_info) && !extras(b, o))
		return false;
	while (r[n - 1].flags & NETTXF_more_data) {
		if (n == NB_SLOTS)
			return lies(b, "a packet of too many pieces");
		if (!next(b, &r[n], sizeof(r[n])))
			return false;
		answer(b, r[n++].id, NETIF_RSP_OKAY);
	}
	o->n = b->nrsp - o->first;
	b->n++;
	begin_copy(b, o, r, n);
	return true;
}

/* ---- what it asks for ---- */

/* In terms of a packet that has been received; false: it makes no sense. */
static bool
set_flags(struct netpkt *p, const struct one *o)
{
	struct nf_headers h;

	if (o->flags & NETTXF_data_validated)
		p->flags = NETPKT_CSUM_OK;
	if ((o->flags & NETTXF_csum_blank) == 0)
		return o->gso_type == XEN_NETIF_GSO_TYPE_NONE;
	if (!nf_parse(p->seg[0].data, p->len, &h))
		return false;
	p->flags = NETPKT_CSUM_PART;
	p->csum_start = h.csum_start;
	p->csum_offset = h.csum_offset;
	if (o->gso_type == XEN_NETIF_GSO_TYPE_NONE)
		return true;
	if (!h.tcp || h.v6 != (o->gso_type == XEN_NETIF_GSO_TYPE_TCPV6) ||
	    o->gso_type > XEN_NETIF_GSO_TYPE_TCPV6 || o->gso_size == 0 ||
	    h.hdr_len >= p->len ||
	    (p->len - h.hdr_len) / o->gso_size >= NB_SEGMENTS)
		return false;
	p->hdr_len = h.hdr_len;
	p->gso_size = o->gso_size;
	if (p->len - h.hdr_len > o->gso_size)
		p->flags |= h.v6 ? NETPKT_TSO6 : NETPKT_TSO4;
	return true;
}

static bool
copied(const struct nb_txbatch *b, const struct one *o)
{

	for (unsigned i = 0; i < o->nop; i++)
		if (b->q->txop[o->op + i].status != GNTST_okay)
			return false;
	return true;
}

/* The data is here: what is a packet goes to out. */
static void
finish(struct nb_txbatch *b, struct netpktq *out)
{
	struct net_stats *st = &b->q->n->port.stats;
	struct one *o;
	unsigned i;

	for (o = b->one; o < b->one + b->n; o++) {
		if (o->p != NULL && copied(b, o) && set_flags(o->p, o)) {
			STAILQ_INSERT_TAIL(out, o->p, link);
			continue;
		}
		if (o->p != NULL)
			o->p->done(o->p);
		__atomic_fetch_add(&st->ierrors, 1, __ATOMIC_RELAXED);
		for (i = o->first; i < o->first + o->n; i++)
			if (b->rsp[i].status == NETIF_RSP_OKAY)
				b->rsp[i].status = NETIF_RSP_ERROR;
	}
	for (i = 0; i < b->nrsp; i++)
		bring_put(&b->q->tx, &b->rsp[i], sizeof(b->rsp[i]));
	if (bring_publish(&b->q->tx))
		xen_event_notify(&b->q->event);
}

/* ---- rate ---- */

/* ns to wait until there is credit; 0: go on. */
static uint64_t
wait_for_credit(struct nb *n)
{
	uint64_t now, wait = 0;
	unsigned long s;

	if (n->rate_bytes == 0)
		return 0;
	s = kern_spin_lock(&n->rate_lock);
	now = plat_clock();
	if (now - n->refilled >= n->rate_ns) {
		n->credit += (int64_t)(n->rate_bytes *
		    ((now - n->refilled) / n->rate_ns));
		if (n->credit > (int64_t)n->rate_bytes)
			n->credit = (int64_t)n->rate_bytes;
		n->refilled = now;
	}
	if (n->credit <= 0)
		wait = n->rate_ns - (now - n->refilled);
	kern_spin_unlock(&n->rate_lock, s);
	return wait;
}

static void
use_credit(struct nb *n, const struct netpktq *q)
{
	struct netpkt *p;
	unsigned long s;

	if (n->rate_bytes == 0)
		return;
	s = kern_spin_lock(&n->rate_lock);
	STAILQ_FOREACH(p, q, link)
		n->credit -= p->len;
	kern_spin_unlock(&n->rate_lock, s);
}

/* ---- the thread ---- */

/* A batch; how many requests are left.  ring->why: no more. */
static uint32_t
run_batch(struct nb_queue *q)
{
	struct netpktq out = STAILQ_HEAD_INITIALIZER(out);
	struct nb_txbatch *b = q->txbatch;
	unsigned max = q->n->rate_bytes != 0 ? 4 : NB_BATCH;

	b->q = q;
	b->n = b->nrsp = b->nop = 0;
	b->avail = bring_pending(&q->tx);
	while (b->avail > 0 && b->n < max &&
	    b->nop + 2 * NB_SLOTS <= NB_OPS)
		if (!take(b))
			break;
	if (b->n == 0)
		return 0;
	/* a hypercall that fails leaves every status as it was: in error */
	(void)xen_grant_copy(q->txop, b->nop);
	finish(b, &out);
	use_credit(q->n, &out);
	sw_input(&q->n->port, &out);
	return q->tx.why != NULL ? 0 : bring_pending(&q->tx);
}

/*
 * As long as there are requests; who sends without end does it at the priority
 * of programs, so that all others come first.
 */
int
nb_tx_intr(void *arg)
{
	struct nb_queue *q = arg;
	unsigned rounds = 0;
	uint64_t wait;
	bool more = q->tx.why == NULL;

	while (more && __atomic_load_n(&q->up, __ATOMIC_ACQUIRE)) {
		if ((wait = wait_for_credit(q->n)) > 0) {
			kern_sleep_until(plat_clock() +
			    (wait < SLICE ? wait : SLICE));
			if (!q->n->split)
				(void)nb_rx_intr(q);
			continue;
		}
		more = run_batch(q) > 0;
		if (q->tx.why != NULL)
			break;
		if (!more)
			more = !bring_want(&q->tx, 1);
		if (more && ++rounds == NB_ROUNDS)
			kern_thread_setpri(kern_curthread(), KERN_PRI_USER);
		if (more && rounds >= NB_ROUNDS)
			kern_yield();
	}
	if (rounds >= NB_ROUNDS)
		kern_thread_setpri(kern_curthread(), KERN_PRI_INTR);
	if (q->tx.why != NULL)
		backbus_trouble(q->n->bd, q->tx.why);
	return 1;
}

bool
nb_tx_open(struct nb_queue *q)
{

	q->txbatch = kern_malloc(sizeof(*q->txbatch), 0);
	return q->txbatch != NULL;
}

void
nb_tx_close(struct nb_queue *q)
{

	kern_free(q->txbatch);
}
