/*
 * net_tx.c: sending.  Each packet has a slot with its header; a small packet,
 * or a small first piece (the protocol headers, as a rule), is copied beside
 * it, the rest goes to the device from where it lies.
 *
 * Interrupts for sent packets are on only while packets wait for room.  Else
 * what was sent is given back by the next send, by the receiving thread, or
 * 10 ms later by a timer.
 */
#include <string.h>
#include "net.h"

static struct net_txslot *
slot_at(struct vnet *n, unsigned i)
{

	return &n->slots[i];
}

static void
fill_header(struct vn_hdr *h, const struct netpkt *p)
{

	memset(h, 0, sizeof(*h));
	if (p->flags & NETPKT_CSUM) {
		h->flags = VN_HDR_NEEDS_CSUM;
		h->csum_start = p->csum_start;
		h->csum_offset = p->csum_offset;
	}
	if (p->flags & (NETPKT_TSO4 | NETPKT_TSO6)) {
		h->gso_type = p->flags & NETPKT_TSO4 ? VN_GSO_TCPV4 :
		    VN_GSO_TCPV6;
		h->gso_size = p->gso_size;
		h->hdr_len = p->hdr_len;
	}
}

/* Asks only for what the device has, and for what makes sense. */
static bool
acceptable(struct vnet *n, const struct netpkt *p)
{

	if (p->nseg == 0 || p->nseg > NETPKT_MAXSEG || p->len < 14 ||
	    p->len > 65536 + 14 + 40)
		return false;
	if ((p->flags & NETPKT_CSUM) && ((n->nd.caps & NET_TXCSUM) == 0 ||
	    (uint32_t)p->csum_start + p->csum_offset + 2 > p->len))
		return false;
	if ((p->flags & NETPKT_TSO4) && (n->nd.caps & NET_TSO4) == 0)
		return false;
	if ((p->flags & NETPKT_TSO6) && (n->nd.caps & NET_TSO6) == 0)
		return false;
	return true;
}

/* Pieces of the packet after its slot's own; the count, -1: too many. */
static int
map_packet(struct vnet *n, struct netpkt *p, unsigned slot, struct vring_sg *sg,
    bool *inlined)
{
	struct net_txslot *t = slot_at(n, slot);
	uint64_t pa = n->slots_pa + slot * sizeof(*t);
	char *to = (char *)t + n->hdrlen;
	unsigned i = 0, nsg = 1;
	uint32_t copied = 0;

	fill_header((struct vn_hdr *)t->hdr, p);	/* data may begin in it */
	while (i < p->nseg && p->seg[i].len <= NET_TXINLINE - copied &&
	    (p->len <= NET_TXINLINE || i == 0)) {
		memcpy(to + copied, p->seg[i].data, p->seg[i].len);
		copied += p->seg[i++].len;
	}
	*inlined = i == p->nseg;
	sg[0].addr = pa;
	sg[0].len = n->hdrlen;
	if (copied > 0 && n->any_layout)
		sg[0].len += copied;
	else if (copied > 0) {		/* legacy: the header by itself */
		sg[1].addr = pa + n->hdrlen;
		sg[1].len = copied;
		nsg = 2;
	}
	for (; i < p->nseg; i++) {
		int k = virtio_sg(sg + nsg, 0, NET_TXSG - nsg, p->seg[i].data,
		    p->seg[i].len);

		if (k < 0)
			return -1;
		nsg += k;
	}
	return nsg;
}

/*
 * 0: the device has it (or it was inlined, and is on done); ENOSPC; EINVAL:
 * it was dropped.
 */
static int
send_one(struct vnet *n, struct netpkt *p, struct netpktq *done)
{
	struct vring_sg sg[NET_TXSG];
	unsigned slot;
	bool inlined;
	int nsg;

	if (n->ntxfree == 0)
		return ENOSPC;
	if (n->d->broken || !acceptable(n, p))
		return EINVAL;
	slot = n->txfree[n->ntxfree - 1];
	if ((nsg = map_packet(n, p, slot, sg, &inlined)) < 0 ||
	    nsg > n->tx->ring.num)
		return EINVAL;
	if (vring_add(&n->tx->ring, sg, nsg, 0, slot_at(n, slot), NULL, 0) != 0)
		return ENOSPC;
	n->ntxfree--;
	n->nd.stats.opackets++;
	n->nd.stats.obytes += p->len;
	n->txpkt[slot] = inlined ? NULL : p;
	if (inlined)
		STAILQ_INSERT_TAIL(done, p, link);
	return 0;
}

/* Collect what the device has sent.  txlock held. */
static void
reap(struct vnet *n, struct netpktq *done)
{
	struct net_txslot *t;
	uint32_t len;
	unsigned i;

	while ((t = vring_pop(&n->tx->ring, &len)) != NULL) {
		i = t - n->slots;
		if (n->txpkt[i] != NULL)
			STAILQ_INSERT_TAIL(done, n->txpkt[i], link);
		n->txpkt[i] = NULL;
		n->txfree[n->ntxfree++] = i;
	}
	if (n->tx->ring.why != NULL && !n->d->broken) {
		virtio_broken(n->d, n->tx->ring.why);
		n->nd.linkup = false;
	}
}

/* Move packets from q to the ring; false: some are left.  txlock held. */
static bool
push(struct vnet *n, struct netpktq *q, struct netpktq *done, unsigned *count)
{
	struct netpkt *p;
	int error;

	while ((p = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, link);
		if ((error = send_one(n, p, done)) == ENOSPC) {
			STAILQ_INSERT_HEAD(q, p, link);
			return false;
		}
		if (error != 0) {
			n->nd.stats.oerrors++;
			STAILQ_INSERT_TAIL(done, p, link);
		}
		if (count != NULL)
			(*count)--;
	}
	return true;
}

static void
give_back(struct netpktq *done)
{
	struct netpkt *p, *next;

	for (p = STAILQ_FIRST(done); p != NULL; p = next) {
		next = STAILQ_NEXT(p, link);
		p->done(p);
	}
}

/* The ring is full: wait for three quarters of it to be sent.  txlock held. */
static void
wait_for_room(struct vnet *n, struct netpktq *done)
{

	while (n->nbacklog > 0) {
		if (vring_intr_on(&n->tx->ring,
		    n->tx->ring.outstanding * 3 / 4 + 1))
			return;
		reap(n, done);
		(void)push(n, &n->backlog, done, &n->nbacklog);
		virtq_kick(n->tx);
	}
	vring_intr_off(&n->tx->ring);
}

static void
arm_reaper(struct vnet *n)
{

	if (n->tx->ring.outstanding == 0 || n->reap_armed)
		return;
	n->reap_armed = true;
	kern_timer_arm(&n->reap_timer, plat_clock() + NET_TXREAP);
}

void
vnet_xmit(struct netdev *nd, struct netpktq *q)
{
	struct vnet *n = (struct vnet *)nd;
	struct netpktq done = STAILQ_HEAD_INITIALIZER(done);
	struct netpkt *p;

	kern_mutex_lock(&n->txlock);
	if (!n->up) {
		n->nd.stats.odrops += !STAILQ_EMPTY(q);
		STAILQ_CONCAT(&done, q);
		kern_mutex_unlock(&n->txlock);
		give_back(&done);
		return;
	}
	reap(n, &done);
	if (n->nbacklog > 0)
		(void)push(n, &n->backlog, &done, &n->nbacklog);
	if (n->nbacklog == 0)
		(void)push(n, q, &done, NULL);
	virtq_kick(n->tx);
	while ((p = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, link);
		if (n->nbacklog < NET_BACKLOG) {
			STAILQ_INSERT_TAIL(&n->backlog, p, link);
			n->nbacklog++;
		} else {
			n->nd.stats.odrops++;
			STAILQ_INSERT_TAIL(&done, p, link);
		}
	}
	if (n->nbacklog > 0)
		wait_for_room(n, &done);
	arm_reaper(n);
	kern_mutex_unlock(&n->txlock);
	give_back(&done);
	vnet_rx_poke(n);	/* memory may have been short, and isn't now */
}

void
vnet_tx_reap(struct vnet *n, bool wait)
{
	struct netpktq done = STAILQ_HEAD_INITIALIZER(done);

	if (n->tx == NULL || !vring_pending(&n->tx->ring))
		return;
	if (wait)
		kern_mutex_lock(&n->txlock);
	else if (kern_mutex_trylock(&n->txlock) != 0)
		return;
	if (n->up) {
		reap(n, &done);
		if (n->nbacklog > 0) {
			(void)push(n, &n->backlog, &done, &n->nbacklog);
			virtq_kick(n->tx);
			wait_for_room(n, &done);
		}
	}
	kern_mutex_unlock(&n->txlock);
	give_back(&done);
}

/* Interrupt context. */
static void
reap_tick(void *arg)
{
	struct vnet *n = arg;

	virtio_job_queue(&n->reap_job);
}

static void
reap_work(void *arg)
{
	struct vnet *n = arg;

	kern_mutex_lock(&n->txlock);
	n->reap_armed = false;
	kern_mutex_unlock(&n->txlock);
	vnet_tx_reap(n, true);
	kern_mutex_lock(&n->txlock);
	if (n->up)
		arm_reaper(n);
	kern_mutex_unlock(&n->txlock);
}

int
vnet_tx_open(struct vnet *n)
{
	unsigned i, num;

	if (!virtio_job_init() ||
	    (n->tx = virtq_create(n->d, 1, NET_TXRING, 0)) == NULL)
		return ENOMEM;
	num = n->tx->ring.num;
	n->slots = virtio_dma_alloc(num * sizeof(*n->slots), &n->slots_pa);
	n->txpkt = kern_zalloc(num * sizeof(*n->txpkt));
	n->txfree = kern_zalloc(num * sizeof(*n->txfree));
	if (n->slots == NULL || n->txpkt == NULL || n->txfree == NULL)
		return ENOMEM;
	for (i = 0; i < num; i++)
		n->txfree[i] = num - 1 - i;
	n->ntxfree = num;
	STAILQ_INIT(&n->backlog);
	n->nbacklog = 0;
	n->reap_armed = false;
	kern_timer_init(&n->reap_timer, reap_tick, n);
	n->reap_job.fn = reap_work;
	n->reap_job.arg = n;
	vring_intr_off(&n->tx->ring);
	return 0;
}

/* The device is reset, no interrupt comes, n->up is false. */
void
vnet_tx_close(struct vnet *n)
{
	struct netpktq done = STAILQ_HEAD_INITIALIZER(done);
	struct net_txslot *t;

	if (n->tx == NULL)
		return;
	if (n->slots != NULL && n->txfree != NULL) {
		(void)kern_timer_cancel(&n->reap_timer);
		virtio_job_cancel(&n->reap_job);
	}
	kern_mutex_lock(&n->txlock);
	while ((t = vring_reclaim(&n->tx->ring)) != NULL)
		if (n->txpkt[t - n->slots] != NULL)
			STAILQ_INSERT_TAIL(&done, n->txpkt[t - n->slots], link);
	if (n->txfree != NULL)
		STAILQ_CONCAT(&done, &n->backlog);
	virtio_dma_free(n->slots, n->tx->ring.num * sizeof(*n->slots));
	kern_free(n->txpkt);
	kern_free(n->txfree);
	virtq_destroy(n->tx);
	n->slots = NULL;
	n->txpkt = NULL;
	n->txfree = NULL;
	n->tx = NULL;
	kern_mutex_unlock(&n->txlock);
	give_back(&done);
}
