/*
 * rx.c: receiving.  A packet is handed over where the device put it, if there
 * is another buffer for its descriptor; else a copy of it is, and else it is
 * dropped: a receiver that keeps packets never leaves the device without buffers.
 */
#include <stdlib.h>
#include "e1000.h"

/* ---- buffers ---- */

static void
rx_done(struct netpkt *p)
{
	struct wm_rxbuf *b = (struct wm_rxbuf *)p;

	b->next = __atomic_load_n(&b->q->back, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&b->q->back, &b->next, b, true,
	    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		continue;
}

static struct wm_rxbuf *
buf_new(struct wm_rxq *q)
{
	struct wm_rxbuf *b = kmem_alloc_aligned(4096, 4096);

	if (b == NULL)
		return NULL;
	b->q = q;
	b->pa = dma_addr(b) + WM_RXOFF;
	q->nbuf++;
	return b;
}

static struct wm_rxbuf *
buf_get(struct wm_rxq *q)
{
	struct wm_rxbuf *b;

	if (q->spare == NULL)
		q->spare = __atomic_exchange_n(&q->back, NULL,
		    __ATOMIC_ACQUIRE);
	if ((b = q->spare) != NULL) {
		q->spare = b->next;
		return b;
	}
	if (q->nbuf >= q->maxbuf)
		return NULL;
	if ((b = buf_new(q)) == NULL)
		q->maxbuf = q->nbuf;		/* memory says so */
	return b;
}

static void
buf_free(struct wm_rxq *q, struct wm_rxbuf *b)
{

	kmem_free(b, 4096);
	q->nbuf--;
}

/* ---- the ring ---- */

static void
post(struct wm_rxq *q, unsigned i)
{

	q->ring[i].addr = q->buf[i]->pa;
	q->ring[i].wb = 0;
}

/* The device may fill all but one, which would make the ring look empty. */
void
wm_rx_setup(struct wm_rxq *q)
{
	struct wm *sc = q->sc;

	for (unsigned i = 0; i < q->size; i++)
		post(q, i);
	q->next = 0;
	q->discard = false;
	dma_wmb();
	wm_write(sc, RDBAL(q->n), (uint32_t)q->mem.pa);
	wm_write(sc, RDBAH(q->n), q->mem.pa >> 32);
	wm_write(sc, RDLEN(q->n), q->size * sizeof(*q->ring));
	wm_write(sc, RDH(q->n), 0);
	wm_write(sc, RDT(q->n), q->size - 1);
}

/* ---- packets ---- */

static void
copy_done(struct netpkt *p)
{

	kmem_free(p, sizeof(*p) + p->len);
}

static struct netpkt *
copy(const void *data, unsigned len)
{
	struct netpkt *p = kmem_alloc(sizeof(*p) + len);

	if (p == NULL)
		return NULL;
	memcpy(p + 1, data, len);
	p->seg[0].data = p + 1;
	p->done = copy_done;
	return p;
}

static void
packet(struct wm_rxq *q, unsigned i, unsigned len, unsigned st, unsigned err,
    struct netpktq *out)
{
	struct net_stats *stats = &q->sc->nic.stats;
	struct wm_rxbuf *b = q->buf[i], *other = buf_get(q);
	struct netpkt *p = &b->pkt;
	char *data = (char *)b + WM_RXOFF;

	__atomic_add_fetch(&stats->ipackets, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&stats->ibytes, len, __ATOMIC_RELAXED);
	if (other != NULL) {
		q->buf[i] = other;
		p->seg[0].data = data;
		p->done = rx_done;
	} else if ((p = copy(data, len)) == NULL) {
		__atomic_add_fetch(&stats->idrops, 1, __ATOMIC_RELAXED);
		return;
	}
	p->seg[0].len = p->len = len;
	p->nseg = 1;
	p->flags = (st & (RX_IXSM | RX_L4CS)) == RX_L4CS &&
	    (err & (RXE_L4 | RXE_IP)) == 0 ? NETPKT_CSUM_OK : 0;
	p->arg = NULL;
	STAILQ_INSERT_TAIL(out, p, link);
}

static void
received(struct wm_rxq *q, unsigned i, uint64_t wb, struct netpktq *out)
{
	struct wm *sc = q->sc;
	bool ext = sc->model->pcie;
	unsigned len = ext ? wb >> 32 & 0xffff : wb & 0xffff;
	unsigned st = ext ? wb & 0xff : wb >> 32 & 0xff;
	unsigned err = ext ? wb >> 24 & 0xff : wb >> 40 & 0xff;
	bool whole = (st & RX_EOP) != 0 && !q->discard;

	if (len > WM_RXBUF) {
		wm_sick(sc, "receive descriptor %u has a length of %u", i, len);
		whole = false;
	}
	/* no frame that it may receive is longer than a buffer */
	q->discard = (st & RX_EOP) == 0;
	if (whole && len >= 14 && (err & RXE_FRAME) == 0)
		packet(q, i, len, st, err, out);
	else if (!q->discard)
		__atomic_add_fetch(&sc->nic.stats.ierrors, 1,
		    __ATOMIC_RELAXED);
}

unsigned
wm_rx_collect(struct wm_rxq *q, struct netpktq *out)
{
	unsigned n, i = q->next, dd = q->sc->model->pcie ? 0 : 32;
	uint64_t wb;

	for (n = 0; n < WM_RXBATCH; n++) {
		wb = q->ring[i].wb;
		if ((wb >> dd & RX_DD) == 0)
			break;
		dma_rmb();
		received(q, i, wb, out);
		post(q, i);
		i = (i + 1) & (q->size - 1);
	}
	if (n == 0)
		return 0;
	q->next = i;
	dma_wmb();
	wm_write(q->sc, RDT(q->n), (i - 1) & (q->size - 1));
	return n;
}

bool
wm_rx_work(struct wm_rxq *q)
{
	struct wm *sc = q->sc;
	struct netpktq batch;
	unsigned n;
	bool any = false;

	__atomic_add_fetch(&sc->receivers, 1, __ATOMIC_SEQ_CST);
	do {
		STAILQ_INIT(&batch);
		kmutex_enter(&q->lock);
		n = sc->running && !sc->gone ? wm_rx_collect(q, &batch) : 0;
		kmutex_exit(&q->lock);
		if (!STAILQ_EMPTY(&batch))
			sc->input(sc->arg, &batch);
		any |= n != 0;
	} while (n == WM_RXBATCH);
	__atomic_sub_fetch(&sc->receivers, 1, __ATOMIC_SEQ_CST);
	return any;
}

void
wm_rx_look(struct wm_rxq *q)
{
	unsigned dd = q->sc->model->pcie ? 0 : 32, next = q->next;
	bool there = (q->ring[next].wb >> dd & RX_DD) != 0;

	q->overlooked = q->waiting && q->seen == next && there;
	q->waiting = there;
	q->seen = next;
}

/* ---- memory ---- */

/* At most a 16th of memory in the rings, an 8th in all. */
static unsigned
ring_size(struct wm *sc, unsigned *maxbuf)
{
	unsigned long pages = 64 << 20 >> 12;
	unsigned size = sc->nrxq > 1 ? WM_RXRING2 : WM_RXRING;
	char buf[32];

	if (rumpuser_getparam("RUMP_MEMLIMIT", buf, sizeof(buf)) == 0)
		pages = strtoul(buf, NULL, 0) >> 12;
	while (size > 32 && size * sc->nrxq > pages / 16)
		size /= 2;
	*maxbuf = pages / 8 / sc->nrxq;
	if (*maxbuf > size + 3 * WM_RXRING)
		*maxbuf = size + 3 * WM_RXRING;
	return size;
}

static int
rxq_alloc(struct wm_rxq *q, unsigned size, unsigned maxbuf)
{
	int error;

	q->size = size;
	q->maxbuf = maxbuf > size ? maxbuf : size;
	q->waiting = false;
	error = dma_alloc(&q->mem, size * sizeof(*q->ring), 0);
	if (error != 0)
		return error;
	q->ring = q->mem.va;
	for (unsigned i = 0; i < size; i++)
		if ((q->buf[i] = buf_get(q)) == NULL)
			return ENOMEM;
	return 0;
}

int
wm_rx_alloc(struct wm *sc)
{
	unsigned i, maxbuf, size = ring_size(sc, &maxbuf);
	int error;

	for (i = 0; i < sc->nrxq; i++)
		if ((error = rxq_alloc(&sc->rxq[i], size, maxbuf)) != 0)
			return error;
	return 0;
}

/* What receivers still have stays for the next opening. */
void
wm_rx_free(struct wm *sc)
{
	struct wm_rxq *q;
	struct wm_rxbuf *b;

	for (q = sc->rxq; q < sc->rxq + sc->nrxq; q++) {
		for (unsigned i = 0; i < q->size; i++) {
			if (q->buf[i] != NULL)
				buf_free(q, q->buf[i]);
			q->buf[i] = NULL;
		}
		q->maxbuf = 0;
		while ((b = buf_get(q)) != NULL)
			buf_free(q, b);
		dma_free(&q->mem);
	}
}
