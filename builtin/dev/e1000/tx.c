/*
 * tx.c: sending.  Each packet has a slot; small packets, and the headers of
 * those that the device cuts up, are copied into it, the rest goes to the
 * device from where it lies.
 *
 * Emulators have sent everything when the write of the tail returns, so that
 * is looked at first; the interrupt is asked for only if something is left.
 */
#include "e1000.h"

struct piece { uint64_t pa; uint32_t len; };
struct pieces { unsigned n; struct piece p[WM_TXPIECES]; };

/* ---- offloads ---- */

static uint16_t
load16(const uint8_t *p)
{

	return (uint16_t)(p[0] << 8 | p[1]);
}

static void
store16(uint8_t *p, uint16_t v)
{

	p[0] = v >> 8;
	p[1] = (uint8_t)v;
}

/* Asks only for what the device has, and for what makes sense. */
static bool
acceptable(struct wm *sc, const struct netpkt *p)
{
	uint32_t caps = sc->nic.info.caps;

	if (p->nseg == 0 || p->nseg > NETPKT_MAXSEG || p->len < 14 ||
	    p->len > 65536 + 14)
		return false;
	if ((p->flags & (NETPKT_CSUM | NETPKT_TSO4 | NETPKT_TSO6)) == 0)
		return p->len <= 14u + sc->nic.info.mtu;
	if ((p->flags & NETPKT_CSUM) == 0 || p->csum_start < 34 ||
	    p->csum_start + p->csum_offset > 254 ||
	    (uint32_t)p->csum_start + p->csum_offset + 2 > p->len)
		return false;
	if ((p->flags & (NETPKT_TSO4 | NETPKT_TSO6)) == 0)
		return p->len <= 14u + sc->nic.info.mtu;
	return ((p->flags & NETPKT_TSO4) == 0 || (caps & NET_TSO4) != 0) &&
	    ((p->flags & NETPKT_TSO6) == 0 || (caps & NET_TSO6) != 0) &&
	    p->csum_offset == 16 &&
	    p->csum_start >= ((p->flags & NETPKT_TSO6) ? 54 : 34) &&
	    p->hdr_len >= p->csum_start + 20 && p->hdr_len < p->len &&
	    p->hdr_len <= WM_TXINLINE - 16 && p->gso_size >= 64;
}

/*
 * SDM 3.5.6: the device fills in the lengths of IP, and adds that of TCP to the
 * pseudo header's sum, which has it already here.
 */
static void
tso_headers(const struct netpkt *p, uint8_t *h)
{
	uint8_t *field = h + p->csum_start + p->csum_offset;
	uint32_t sum;

	sum = load16(field) + (uint16_t)~(p->len - p->csum_start);
	store16(field, (sum & 0xffff) + (sum >> 16));
	if (p->flags & NETPKT_TSO6) {
		store16(h + 18, 0);
		return;
	}
	store16(h + 16, 0);
	store16(h + 24, 0);
}

/* What the device has to know of the headers; false: nothing. */
static bool
context(const struct netpkt *p, uint64_t c[2])
{
	uint64_t so = p->csum_start + p->csum_offset;
	bool v4 = (p->flags & NETPKT_TSO4) != 0;
	bool tso = v4 || (p->flags & NETPKT_TSO6) != 0;

	if ((p->flags & NETPKT_CSUM) == 0)
		return false;
	c[0] = 14 | 24 << 8 | (uint64_t)(p->csum_start - 1) << 16 |
	    (uint64_t)p->csum_start << 32 | so << 40;
	c[1] = TX_DEXT;
	if (p->csum_offset == 16)
		c[1] |= TX_C_TCP;
	if (!tso)
		return true;
	if (!v4)
		c[0] = 14 | (uint64_t)p->csum_start << 32 | so << 40;
	c[1] |= TX_TSE | (v4 ? TX_C_IP : 0) | (p->len - p->hdr_len) |
	    TX_HDRLEN(p->hdr_len) | TX_MSS(p->gso_size);
	return true;
}

/* ---- where a packet lies ---- */

/* By pages, joined where they follow each other; false: too many. */
static bool
add_piece(struct pieces *ps, const char *va, uint32_t len)
{
	struct piece *last;
	uint64_t pa;
	uint32_t n;

	for (; len > 0; va += n, len -= n) {
		n = 4096 - ((uintptr_t)va & 4095);
		if (n > len)
			n = len;
		pa = dma_addr(va);
		if (pa == UINT64_MAX)
			return false;
		last = ps->n > 0 ? &ps->p[ps->n - 1] : NULL;
		if (last != NULL && last->pa + last->len == pa &&
		    last->len + n <= TX_MAXPIECE) {
			last->len += n;
			continue;
		}
		if (ps->n == WM_TXPIECES)
			return false;
		ps->p[ps->n++] = (struct piece){ pa, n };
	}
	return true;
}

/* Bytes from off of the packet to a place. */
static void
gather(const struct netpkt *p, uint32_t off, uint32_t len, uint8_t *to)
{
	uint32_t n;

	for (unsigned i = 0; i < p->nseg && len > 0; i++) {
		if (off >= p->seg[i].len) {
			off -= p->seg[i].len;
			continue;
		}
		n = p->seg[i].len - off;
		if (n > len)
			n = len;
		memcpy(to, (char *)p->seg[i].data + off, n);
		to += n;
		len -= n;
		off = 0;
	}
}

static bool
add_rest(struct pieces *ps, const struct netpkt *p, uint32_t off)
{

	for (unsigned i = 0; i < p->nseg; i++) {
		if (off >= p->seg[i].len) {
			off -= p->seg[i].len;
			continue;
		}
		if (!add_piece(ps, (char *)p->seg[i].data + off,
		    p->seg[i].len - off))
			return false;
		off = 0;
	}
	return true;
}

static bool
add_copy(struct pieces *ps, const struct netpkt *p, uint32_t off,
    struct dma *m)
{

	if (dma_alloc(m, p->len - off, 0) != 0)
		return false;
	gather(p, off, p->len - off, m->va);
	return add_piece(ps, m->va, p->len - off);
}

/* Pieces of the packet; true: all of it is in the slot. */
static bool
map_packet(struct wm *sc, struct wm_txslot *s, const struct netpkt *p,
    struct pieces *ps)
{
	unsigned n = s - sc->tx.slot;
	uint8_t *inl = (uint8_t *)sc->tx.inl.va + n * WM_TXINLINE;
	bool tso = (p->flags & (NETPKT_TSO4 | NETPKT_TSO6)) != 0;
	uint32_t copied = tso ? p->hdr_len :
	    p->len <= WM_TXINLINE ? p->len : 0;

	ps->n = 0;
	if (copied > 0) {
		gather(p, 0, copied, inl);
		if (tso)
			tso_headers(p, inl);
		ps->p[ps->n++] = (struct piece){
		    sc->tx.inl.pa + n * WM_TXINLINE, copied };
	}
	if (copied == p->len)
		return true;
	if (!add_rest(ps, p, copied)) {
		ps->n = copied > 0;
		if (!add_copy(ps, p, copied, &s->copy))
			ps->n = 0;
	}
	return false;
}

/* ---- the ring ---- */

static void
put(struct wm_txq *t, uint64_t addr, uint64_t cmd)
{

	t->ring[t->head].addr = addr;
	t->ring[t->head].cmd = cmd;
	t->head = (t->head + 1) & (WM_TXRING - 1);
	t->used++;
}

static void
put_packet(struct wm *sc, const struct netpkt *p, const struct pieces *ps)
{
	struct wm_txq *t = &sc->tx;
	uint64_t c[2], cmd = TX_DEXT | TX_DATA | TX_IFCS;

	if (context(p, c)) {
		cmd |= TX_TXSM;
		if (c[1] & TX_TSE)
			cmd |= TX_TSE | (c[1] & TX_C_IP ? TX_IXSM : 0);
		/* one that cuts up is used up; the device knows the last */
		if ((c[1] & TX_TSE) || memcmp(c, t->context, sizeof(c)) != 0)
			put(t, c[0], c[1]);
		memcpy(t->context, c, sizeof(c));
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
	struct pieces ps;
	bool inlined;

	/* the context, and one descriptor stays free */
	if (t->nslot == WM_TXSLOTS ||
	    WM_TXRING - t->used < WM_TXPIECES + 2)
		return ENOSPC;
	if (!acceptable(sc, p))
		return EINVAL;
	inlined = map_packet(sc, s, p, &ps);
	if (ps.n == 0)
		return EINVAL;
	put_packet(sc, p, &ps);
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
	dma_free(&s->copy);
	t->first = (t->first + 1) % WM_TXSLOTS;
	t->nslot--;
}

/* What has been sent; the lock is held. */
static void
reap(struct wm_txq *t, struct netpktq *done)
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
		reap(t, done);
	} while (p != NULL);
	if (t->nslot > 0 && !t->intr) {
		t->intr = true;
		wm_write(sc, IMS, sc->vectors > 1 ? INT_TXQ0 : INT_TXDW);
	}
}

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
		reap(t, &done);
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
	if (ok && sc->sick == NULL)
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
	if (usable(sc) && sc->sick == NULL) {
		reap(t, &done);
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

void
wm_tx_flush(struct wm *sc)
{
	struct wm_txq *t = &sc->tx;
	struct netpktq done = STAILQ_HEAD_INITIALIZER(done);

	kmutex_enter(&t->lock);
	while (t->nslot > 0)
		release_slot(t, &done);
	sc->nic.stats.odrops += t->nwait;
	STAILQ_CONCAT(&done, &t->wait);
	t->nwait = 0;
	kmutex_exit(&t->lock);
	give_back(&done);
}

/* Since two ticks nothing was sent, and nobody asked for a pause. */
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
		hung = ++t->stuck >= 2;
	t->seen = t->sent;
	kmutex_exit(&t->lock);
	return hung;
}
