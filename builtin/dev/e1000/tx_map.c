/*
 * tx_map.c: what the device is told of a packet: its headers, and where it
 * lies.  Small packets, and the headers of those that the device cuts up, are
 * copied into the packet's slot; the rest goes to the device from where it is.
 */
#include "e1000.h"

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

bool
wm_tx_acceptable(struct wm *sc, const struct netpkt *p)
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

bool
wm_tx_context(const struct netpkt *p, uint64_t c[2])
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
add_piece(struct wm_pieces *ps, const char *va, uint32_t len)
{
	struct wm_piece *last;
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
		ps->p[ps->n++] = (struct wm_piece){ pa, n };
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
add_rest(struct wm_pieces *ps, const struct netpkt *p, uint32_t off)
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
add_copy(struct wm_pieces *ps, const struct netpkt *p, uint32_t off,
    struct dma *m)
{

	if (dma_alloc(m, p->len - off, 0) != 0)
		return false;
	gather(p, off, p->len - off, m->va);
	return add_piece(ps, m->va, p->len - off);
}

bool
wm_tx_map(struct wm *sc, struct wm_txslot *s, const struct netpkt *p,
    struct wm_pieces *ps)
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
		ps->p[ps->n++] = (struct wm_piece){
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
