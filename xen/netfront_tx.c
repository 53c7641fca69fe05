/*
 * netfront_tx.c: sending (Xen public io/netif.h).  A small packet, or a small
 * first piece (the protocol headers, as a rule), is copied into the slot's own
 * place in a page that stays granted; the rest is granted where it lies, for
 * as long as it takes.  A packet in too many pieces is copied whole.
 *
 * Events for sent packets are asked for only while packets wait for room.
 * Else what was sent is given back by the next send, by the receiving thread,
 * or some 10 ms later by the reaper.
 */
#include <string.h>
#include "netfront.h"

#define MAXLEN	XEN_NETIF_MAX_TX_SIZE

/* A page's part of a packet; data NULL: in the slot's own place. */
struct piece {
	const void	*data;
	uint16_t	len;
};

/* ---- one packet ---- */

/* Asks only for what makes sense. */
static bool
acceptable(const struct netpkt *p)
{

	if (p->nseg == 0 || p->nseg > NETPKT_MAXSEG || p->len < 14 ||
	    p->len > MAXLEN)
		return false;
	return (p->flags & NETPKT_CSUM) == 0 ||
	    (uint32_t)p->csum_start + p->csum_offset + 2 <= p->len;
}

/* What the back end can't do is done here, or not at all. */
static bool
adapt(struct nf *n, struct netpkt *p)
{
	const uint8_t *h = p->seg[0].data;
	bool v6;

	if ((p->flags & NETPKT_TSO4 && !n->gso4) ||
	    (p->flags & NETPKT_TSO6 && !n->gso6))
		return false;
	v6 = p->seg[0].len >= 14 && h[12] == 0x86 && h[13] == 0xdd;
	if ((p->flags & NETPKT_CSUM) && v6 && !n->csum6) {
		p->flags &= ~NETPKT_CSUM;
		return nf_fill_csum(p);
	}
	return true;
}

/* The packet as pieces within pages, from segment i on; 0: too many. */
static unsigned
cut(const struct netpkt *p, unsigned i, struct piece *piece, unsigned n,
    unsigned max)
{
	const char *d;
	uint32_t left, k;

	for (; i < p->nseg; i++) {
		d = p->seg[i].data;
		for (left = p->seg[i].len; left > 0; left -= k, d += k) {
			k = PAGE_SIZE - ((uintptr_t)d & (PAGE_SIZE - 1));
			if (k > left)
				k = left;
			if (n == max)
				return 0;
			piece[n].data = d;
			piece[n++].len = (uint16_t)k;
		}
	}
	return n;
}

/* Leading segments for the slot's own place; how many, *len bytes. */
static unsigned
small_part(const struct netpkt *p, uint32_t *len)
{
	unsigned i = 0;

	*len = 0;
	while (i < p->nseg && p->seg[i].len <= NF_TXINLINE - *len &&
	    (p->len <= NF_TXINLINE || i == 0))
		*len += p->seg[i++].len;
	return i;
}

static void
gather(const struct netpkt *p, unsigned nseg, char *to)
{
	unsigned i;

	for (i = 0; i < nseg; i++) {
		memcpy(to, p->seg[i].data, p->seg[i].len);
		to += p->seg[i].len;
	}
}

/* All of it in pages of its own. */
static unsigned
copy_all(const struct netpkt *p, void **copy, uint16_t *ncopy,
    struct piece *piece)
{
	uint32_t at, k;
	unsigned n = 0;

	*ncopy = (p->len + PAGE_SIZE - 1) / PAGE_SIZE;
	if ((*copy = kern_page_alloc(*ncopy, 0, 0)) == NULL)
		return 0;
	gather(p, p->nseg, *copy);
	for (at = 0; at < p->len; at += k, n++) {
		k = p->len - at < PAGE_SIZE ? p->len - at : PAGE_SIZE;
		piece[n].data = (char *)*copy + at;
		piece[n].len = (uint16_t)k;
	}
	return n;
}

static void
put_gso(struct nf_queue *q, const struct netpkt *p)
{
	struct netif_extra_info x;

	nf_gso_extra(&x, p);
	xring_put(&q->tx, &x, sizeof(x));
}

/* A request for a piece; 0, ENOSPC: no grant. */
static int
put_piece(struct nf_queue *q, const struct netpkt *p, const struct piece *piece,
    unsigned i, unsigned n, uint16_t *head)
{
	struct nf_txset *set = q->set;
	bool gso = p->flags & (NETPKT_TSO4 | NETPKT_TSO6);
	struct netif_tx_request r = { .size = piece->len };
	struct nf_txslot *s;
	uint16_t id;

	s = nf_slot_take(set, &id);
	if (i == 0)
		*head = id;
	s->head = *head;
	if (piece->data == NULL) {
		r.gref = set->smallref[id * NF_TXINLINE / PAGE_SIZE];
		r.offset = id * NF_TXINLINE % PAGE_SIZE;
	} else {
		if ((s->ref = xen_grant_ref()) == 0) {
			nf_slot_put(set, id);
			return ENOSPC;
		}
		xen_grant_access(s->ref, q->n->xd->dom, xen_gfn(piece->data),
		    true);
		r.gref = s->ref;
		r.offset = (uintptr_t)piece->data & (PAGE_SIZE - 1);
	}
	r.id = id;
	if (i == 0) {
		r.size = (uint16_t)p->len;
		if (p->flags & NETPKT_CSUM)
			r.flags = NETTXF_csum_blank | NETTXF_data_validated;
		if (gso)
			r.flags |= NETTXF_extra_info;
	}
	if (i + 1 < n)
		r.flags |= NETTXF_more_data;
	xring_put(&q->tx, &r, sizeof(r));
	if (i == 0 && gso)
		put_gso(q, p);
	return 0;
}

/* Undo the requests of a packet that the other side has not been shown. */
static void
take_back(struct nf_queue *q, uint32_t prod, uint16_t head)
{
	struct nf_txset *set = q->set;
	uint16_t i;

	q->tx.req_prod = prod;
	for (i = 0; i < NF_RING; i++)
		if (set->slot[i].state == NF_TXBUSY &&
		    set->slot[i].head == head) {
			if (set->slot[i].ref != 0) {
				(void)xen_grant_end(set->slot[i].ref);
				xen_grant_free(set->slot[i].ref);
			}
			nf_slot_put(set, i);
		}
}

/*
 * 0: it is in the ring (or was copied, and is on done); ENOSPC: no room now;
 * EINVAL: it was dropped.
 */
static int
send_one(struct nf_queue *q, struct netpkt *p, struct netpktq *done)
{
	struct nf_txset *set = q->set;
	struct piece piece[NF_TXSLOTS];
	unsigned max = q->n->sg ? NF_TXSLOTS : 1, n, nsmall, i;
	uint32_t prod = q->tx.req_prod, len;
	uint16_t head = NF_NOSLOT, ncopy = 0;
	void *copy = NULL;

	if (!acceptable(p) || !adapt(q->n, p))
		return EINVAL;
	nsmall = small_part(p, &len);
	piece[0].data = NULL;
	piece[0].len = (uint16_t)len;
	n = len > 0;
	if (nsmall < p->nseg)
		n = cut(p, nsmall, piece, n, max);
	if (set->nfree < (n == 0 ? max : n) ||
	    xring_room(&q->tx) < (n == 0 ? max : n) + 1)
		return ENOSPC;
	if (n == 0 && (p->len > max * PAGE_SIZE ||
	    (n = copy_all(p, &copy, &ncopy, piece)) == 0))
		return EINVAL;
	for (i = 0; i < n; i++)
		if (put_piece(q, p, &piece[i], i, n, &head) != 0)
			break;
	if (i < n) {
		if (i > 0)
			take_back(q, prod, head);
		if (copy != NULL)
			kern_page_free(copy, ncopy);
		return EINVAL;
	}
	if (copy == NULL && piece[0].data == NULL)
		gather(p, nsmall, nf_slot_small(set, head));
	set->slot[head].left = n;
	set->slot[head].copy = copy;
	set->slot[head].ncopy = ncopy;
	q->n->nd.stats.opackets++;
	q->n->nd.stats.obytes += p->len;
	if (copy != NULL || (n == 1 && piece[0].data == NULL))
		STAILQ_INSERT_TAIL(done, p, link);
	else
		set->slot[head].pkt = p;
	return 0;
}

/* ---- the ring ---- */

/* Collect what has been sent.  txlock held. */
void
nf_tx_collect(struct nf_queue *q, struct netpktq *done)
{
	struct netif_tx_response r;

	if (q->set->nending > 0)
		nf_slots_end_again(q->set, done);
	while (xring_get(&q->tx, &r, sizeof(r))) {
		if (r.status == NETIF_RSP_NULL)
			continue;
		if (r.id >= NF_RING || q->set->slot[r.id].state != NF_TXBUSY) {
			q->tx.why = "an answer to nothing that was sent";
			break;
		}
		if (r.status != NETIF_RSP_OKAY)
			q->n->nd.stats.oerrors++;
		nf_slot_answered(q->set, r.id, done);
	}
	if (q->tx.why != NULL)
		xenbus_trouble(q->n->xd, q->tx.why);
}

/* Move packets from list to the ring; false: some are left.  txlock held. */
static bool
push(struct nf_queue *q, struct netpktq *list, struct netpktq *done,
    unsigned *count)
{
	struct netpkt *p;
	int error;

	while ((p = STAILQ_FIRST(list)) != NULL) {
		STAILQ_REMOVE_HEAD(list, link);
		if ((error = send_one(q, p, done)) == ENOSPC) {
			STAILQ_INSERT_HEAD(list, p, link);
			return false;
		}
		if (error != 0) {
			q->n->nd.stats.oerrors++;
			STAILQ_INSERT_TAIL(done, p, link);
		}
		if (count != NULL)
			(*count)--;
	}
	return true;
}

static void
kick(struct nf_queue *q)
{

	if (xring_publish(&q->tx))
		xen_event_notify(&q->event);
}

void
nf_give_back(struct netpktq *done)
{
	struct netpkt *p, *next;

	for (p = STAILQ_FIRST(done); p != NULL; p = next) {
		next = STAILQ_NEXT(p, link);
		p->done(p);
	}
}

/* The ring is full: wait for three quarters of it to be sent.  txlock held. */
static void
wait_for_room(struct nf_queue *q, struct netpktq *done)
{

	while (q->nbacklog > 0 && q->tx.why == NULL) {
		if (xring_want(&q->tx, xring_owed(&q->tx) * 3 / 4 + 1))
			return;
		nf_tx_collect(q, done);
		(void)push(q, &q->backlog, done, &q->nbacklog);
		kick(q);
	}
}

void
nf_want_reaper(struct nf *n)
{

	if (__atomic_load_n(&n->reap_wanted, __ATOMIC_RELAXED))
		return;
	kern_mutex_lock(&n->reap_lock);
	n->reap_wanted = true;
	kern_cv_signal(&n->reap_cv);
	kern_mutex_unlock(&n->reap_lock);
}

void
nf_xmit(struct netdev *nd, struct netpktq *list)
{
	struct nf *n = (struct nf *)nd;
	struct netpktq done = STAILQ_HEAD_INITIALIZER(done);
	struct nf_queue *q = &n->queue[0];
	struct netpkt *p;
	bool owed;

	/* A batch is of one connection, nearly always. */
	if (n->nqueue > 1 && (p = STAILQ_FIRST(list)) != NULL)
		q = &n->queue[nf_hash(p) % n->nqueue];
	kern_mutex_lock(&q->txlock);
	if (!q->up || !n->open) {
		STAILQ_FOREACH(p, list, link)
			nd->stats.odrops++;
		STAILQ_CONCAT(&done, list);
		kern_mutex_unlock(&q->txlock);
		nf_give_back(&done);
		return;
	}
	nf_tx_collect(q, &done);
	if (q->nbacklog > 0)
		(void)push(q, &q->backlog, &done, &q->nbacklog);
	if (q->nbacklog == 0)
		(void)push(q, list, &done, NULL);
	kick(q);
	while ((p = STAILQ_FIRST(list)) != NULL) {
		STAILQ_REMOVE_HEAD(list, link);
		if (q->nbacklog < NF_BACKLOG) {
			STAILQ_INSERT_TAIL(&q->backlog, p, link);
			q->nbacklog++;
		} else {
			nd->stats.odrops++;
			STAILQ_INSERT_TAIL(&done, p, link);
		}
	}
	if (q->nbacklog > 0)
		wait_for_room(q, &done);
	owed = xring_owed(&q->tx) > 0 || q->set->nending > 0;
	kern_mutex_unlock(&q->txlock);
	if (owed)
		nf_want_reaper(n);
	nf_give_back(&done);
}

void
nf_tx_reap(struct nf_queue *q, bool wait)
{
	struct netpktq done = STAILQ_HEAD_INITIALIZER(done);

	if (!q->up || (!xring_pending(&q->tx) && q->set->nending == 0 &&
	    q->nbacklog == 0))
		return;
	if (wait)
		kern_mutex_lock(&q->txlock);
	else if (kern_mutex_trylock(&q->txlock) != 0)
		return;
	if (q->up) {
		nf_tx_collect(q, &done);
		if (q->nbacklog > 0) {
			(void)push(q, &q->backlog, &done, &q->nbacklog);
			kick(q);
			wait_for_room(q, &done);
		}
	}
	kern_mutex_unlock(&q->txlock);
	nf_give_back(&done);
}

/* A channel for sent packets alone. */
int
nf_tx_intr(void *arg)
{

	nf_tx_reap(arg, true);
	return 1;
}
