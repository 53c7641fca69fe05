/*
 * tx.c: sending.  Each packet has a slot until the device is done with it.
 * Emulators have sent everything when the write of the tail returns, so that
 * is looked at first; the interrupt is asked for only if something is left.
 */
#include "e1000.h"

/* ---- the ring ---- */

static void
put(struct wm_txq *t, uint64_t addr, uint64_t cmd)
{

	t->ring[t->head].addr = addr;
	t->ring[t->head].cmd = cmd;
	t->head = (t->head + 1) & (WM_TXRING - 1);
	t->used++;
}

/* One that cuts up is used up; of others the device knows the last. */
static void
put_context(struct wm_txq *t, struct wm_txslot *s)
{

	s->skipped = (s->context[1] & TX_TSE) == 0 &&
	    memcmp(s->context, t->context, sizeof(s->context)) == 0;
	if (s->skipped)
		t->skipped++;
	else
		put(t, s->context[0], s->context[1]);
	memcpy(t->context, s->context, sizeof(s->context));
}

static void
put_packet(struct wm *sc, struct wm_txslot *s, const struct netpkt *p,
    const struct wm_pieces *ps)
{
	struct wm_txq *t = &sc->tx;
	uint64_t cmd = TX_DEXT | TX_DATA | TX_IFCS;

	s->skipped = false;
	s->csum = wm_tx_context(p, s->context);
	if (s->csum) {
		cmd |= TX_TXSM;
		if (s->context[1] & TX_TSE)
			cmd |= TX_TSE |
			    (s->context[1] & TX_C_IP ? TX_IXSM : 0);
		put_context(t, s);
	}
	for (unsigned i = 0; i < ps->n; i++)
		put(t, ps->p[i].pa, cmd | ps->p[i].len |
		    (i + 1 == ps->n ? TX_EOP | TX_RS : 0));
}

static void
count(struct wm *sc, const struct netpkt *p)
{
	uint32_t frames = 1;

	if (p->flags & (NETPKT_TSO4 | NETPKT_TSO6))
		frames = (p->len - p->hdr_len + p->gso_size - 1) / p->gso_size;
	sc->nic.stats.opackets += frames;
	sc->nic.stats.obytes += p->len + (frames - 1) * p->hdr_len;
}

/* 0; ENOSPC; EINVAL: it was dropped. */
static int
send_one(struct wm *sc, struct netpkt *p, struct netpktq *done)
{
	struct wm_txq *t = &sc->tx;
	struct wm_txslot *s = &t->slot[(t->first + t->nslot) % WM_TXSLOTS];
	struct wm_pieces ps;
	bool inlined;

	/* its context, all contexts after a reset, and one that stays free */
	if (t->nslot == WM_TXSLOTS ||
	    WM_TXRING - t->used - t->skipped < WM_TXPIECES + 2)
		return ENOSPC;
	if (!wm_tx_acceptable(sc, p))
		return EINVAL;
	inlined = wm_tx_map(sc, s, p, &ps);
	if (ps.n == 0)
		return EINVAL;
	put_packet(sc, s, p, &ps);
	count(sc, p);
	s->last = (t->head - 1) & (WM_TXRING - 1);
	s->pkt = inlined ? NULL : p;
	t->nslot++;
	if (inlined)
		STAILQ_INSERT_TAIL(done, p, link);
	return 0;
}

static void
release_slot(struct wm_txq *t, struct netpktq *done)
{
	struct wm_txslot *s = &t->slot[t->first];

	if (s->pkt != NULL)
		STAILQ_INSERT_TAIL(done, s->pkt, link);
	s->pkt = NULL;
	t->skipped -= s->skipped;
	dma_free(&s->copy);
	t->first = (t->first + 1) % WM_TXSLOTS;
	t->nslot--;
}

void
wm_tx_collect(struct wm_txq *t, struct netpktq *done)
{
	unsigned tail, last;

	while (t->nslot > 0) {
		last = t->slot[t->first].last;
		if ((t->ring[last].cmd & TX_DD) == 0)
			break;
		tail = (t->head - t->used) & (WM_TXRING - 1);
		t->used -= ((last - tail) & (WM_TXRING - 1)) + 1;
		t->sent++;
		release_slot(t, done);
	}
}

static void
give_back(struct netpktq *done)
{
	struct netpkt *p;

	while ((p = STAILQ_FIRST(done)) != NULL) {
		STAILQ_REMOVE_HEAD(done, link);
		p->done(p);
	}
}

/* Packets that wait, as far as there is room; the lock is held. */
static void
push(struct wm *sc, struct netpktq *done)
{
	struct wm_txq *t = &sc->tx;
	unsigned head;
	struct netpkt *p;
	int error;

	do {
		head = t->head;
		while ((p = STAILQ_FIRST(&t->wait)) != NULL) {
			/* what is sent leaves the list before it may be done */
			STAILQ_REMOVE_HEAD(&t->wait, link);
			if ((error = send_one(sc, p, done)) == ENOSPC) {
				STAILQ_INSERT_HEAD(&t->wait, p, link);
				break;
			}
			t->nwait--;
			if (error != 0) {
				sc->nic.stats.oerrors++;
				STAILQ_INSERT_TAIL(done, p, link);
			}
		}
		if (t->head == head)
			break;
		dma_wmb();
		wm_write(sc, TDT, t->head);
		wm_tx_collect(t, done);
	} while (p != NULL);
	if (t->nslot > 0 && !t->intr) {
		t->intr = true;
		wm_write(sc, IMS, sc->vectors > 1 ? INT_TXQ0 : INT_TXDW);
	}
}

/* ---- calls ---- */

static bool
usable(struct wm *sc)
{

	return sc->running && !sc->gone && sc->nic.linkup;
}

void
wm_tx_send(struct nic *nic, struct netpktq *q)
{
	struct wm *sc = (struct wm *)nic;
	struct wm_txq *t = &sc->tx;
	struct netpktq done = STAILQ_HEAD_INITIALIZER(done);
	struct netpkt *p;
	bool ok;

	kmutex_enter(&t->lock);
	ok = usable(sc);
	if (ok)
		wm_tx_collect(t, &done);
	while ((p = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, link);
		if (ok && t->nwait < WM_TXWAIT) {
			STAILQ_INSERT_TAIL(&t->wait, p, link);
			t->nwait++;
		} else {
			sc->nic.stats.odrops++;
			STAILQ_INSERT_TAIL(&done, p, link);
		}
	}
	if (ok && !sc->sick)
		push(sc, &done);
	kmutex_exit(&t->lock);
	give_back(&done);
}

void
wm_tx_reap(struct wm *sc, bool wait)
{
	struct wm_txq *t = &sc->tx;
	struct netpktq done = STAILQ_HEAD_INITIALIZER(done);

	if (t->nslot == 0 && !wait)
		return;
	if (wait)
		kmutex_enter(&t->lock);
	else if (rumpuser_mutex_tryenter(t->lock) != 0)
		return;
	if (usable(sc) && !sc->sick) {
		wm_tx_collect(t, &done);
		push(sc, &done);
		if (wait && t->nslot == 0 && t->intr) {
			t->intr = false;
			wm_write(sc, IMC, sc->vectors > 1 ? INT_TXQ0 :
			    INT_TXDW);
		}
	}
	kmutex_exit(&t->lock);
	give_back(&done);
}

/* The lock is held; owned: those that the device had, too, for it is stopped. */
static void
flush(struct wm *sc, bool owned, struct netpktq *done)
{
	struct wm_txq *t = &sc->tx;

	sc->nic.stats.odrops += t->nwait;
	STAILQ_CONCAT(done, &t->wait);
	t->nwait = 0;
	if (!owned)
		return;
	while (t->nslot > 0)
		release_slot(t, done);
	t->head = t->used = 0;
}

void
wm_tx_flush(struct wm *sc, bool owned)
{
	struct wm_txq *t = &sc->tx;
	struct netpktq done = STAILQ_HEAD_INITIALIZER(done);

	kmutex_enter(&t->lock);
	flush(sc, owned, &done);
	kmutex_exit(&t->lock);
	give_back(&done);
}

/* For two whole ticks nothing was sent, and nobody asked for a pause. */
bool
wm_tx_hung(struct wm *sc)
{
	struct wm_txq *t = &sc->tx;
	bool hung = false;

	kmutex_enter(&t->lock);
	if (t->nslot == 0 || t->sent != t->seen ||
	    (wm_read(sc, STATUS) & STATUS_TXOFF))
		t->stuck = 0;
	else
		hung = ++t->stuck > 2;
	t->seen = t->sent;
	kmutex_exit(&t->lock);
	return hung;
}

/* ---- a reset's ---- */

/*
 * The packets under way, from the ring's beginning: each with its context, and
 * nothing that was written back.
 */
static void
put_again(struct wm_txq *t, const struct txdesc *old)
{
	unsigned i = (t->head - t->used) & (WM_TXRING - 1), n;
	struct wm_txslot *s;

	t->head = t->used = t->skipped = 0;
	memset(t->context, 0, sizeof(t->context));
	for (n = 0; n < t->nslot; n++) {
		s = &t->slot[(t->first + n) % WM_TXSLOTS];
		if (s->csum)
			put_context(t, s);
		for (;; i = (i + 1) & (WM_TXRING - 1)) {
			if (old[i].cmd & TX_DATA)
				put(t, old[i].addr, old[i].cmd & ~(TX_DD * 15));
			if (i == s->last)
				break;
		}
		i = (i + 1) & (WM_TXRING - 1);
		s->last = (t->head - 1) & (WM_TXRING - 1);
	}
}

void
wm_tx_setup(struct wm *sc)
{
	struct wm_txq *t = &sc->tx;

	memcpy(t->old, t->ring, WM_TXRING * sizeof(*t->ring));
	put_again(t, t->old);
	t->intr = false;
	t->stuck = 0;
	dma_wmb();
	wm_write(sc, TDBAL, (uint32_t)t->mem.pa);
	wm_write(sc, TDBAH, t->mem.pa >> 32);
	wm_write(sc, TDLEN, WM_TXRING * sizeof(*t->ring));
	wm_write(sc, TDH, 0);
	wm_write(sc, TDT, 0);
}

/* The device has begun anew and was given nothing yet. */
void
wm_tx_go(struct wm *sc)
{
	struct netpktq done = STAILQ_HEAD_INITIALIZER(done);
	struct wm_txq *t = &sc->tx;

	kmutex_enter(&t->lock);
	if (usable(sc)) {
		if (t->used > 0)
			wm_write(sc, TDT, t->head);
		push(sc, &done);
	} else
		flush(sc, true, &done);
	kmutex_exit(&t->lock);
	give_back(&done);
}

int
wm_tx_alloc(struct wm *sc)
{
	struct wm_txq *t = &sc->tx;
	size_t size = WM_TXRING * sizeof(*t->ring);
	int error;

	STAILQ_INIT(&t->wait);
	t->head = t->used = t->first = t->nslot = t->nwait = t->skipped = 0;
	if ((error = dma_alloc(&t->mem, size, 0)) != 0 ||
	    (error = dma_alloc(&t->inl, WM_TXSLOTS * WM_TXINLINE, 0)) != 0)
		return error;
	t->ring = t->mem.va;
	t->old = kmem_zalloc(size);
	return t->old != NULL ? 0 : ENOMEM;
}

void
wm_tx_free(struct wm *sc)
{
	struct wm_txq *t = &sc->tx;

	if (t->ring != NULL)
		wm_tx_flush(sc, true);
	dma_free(&t->mem);
	dma_free(&t->inl);
	kmem_free(t->old, WM_TXRING * sizeof(*t->ring));
	t->ring = NULL;
	t->old = NULL;
}
