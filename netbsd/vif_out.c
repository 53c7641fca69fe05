/*
 * vif_out.c: the output of NetBSD's interface "virtN" (vif.c): packets without
 * a copy to the line's rumpcomp_vif_send(), and what the kernel left to the
 * device in the line's terms.
 */
#include "vif.h"

#include <netinet/tcp.h>

/* The device has finished; any thread, no context: only remember it. */
static void
vif_txdone(struct netpkt *p)
{
	struct txpkt *tx = (struct txpkt *)p;
	struct txpkt *head = __atomic_load_n(&tx->sc->sc_done, __ATOMIC_RELAXED);

	do
		tx->next = head;
	while (!__atomic_compare_exchange_n(&tx->sc->sc_done, &head, tx, false,
	    __ATOMIC_RELEASE, __ATOMIC_RELAXED));
}

static void
vif_txreap(struct vif_softc *sc)
{
	struct txpkt *tx, *next;

	tx = __atomic_exchange_n(&sc->sc_done, NULL, __ATOMIC_ACQUIRE);
	for (; tx != NULL; tx = next) {
		next = tx->next;
		m_freem(tx->m);
		tx->next = sc->sc_free;
		sc->sc_free = tx;
	}
}

static struct txpkt *
vif_txget(struct vif_softc *sc)
{
	struct txpkt *tx = sc->sc_free;

	if (tx != NULL) {
		sc->sc_free = tx->next;
		return tx;
	}
	tx = kmem_intr_alloc(sizeof(*tx), KM_NOSLEEP);
	if (tx != NULL) {
		tx->sc = sc;
		tx->pkt.done = vif_txdone;
	}
	return tx;
}

static uint32_t
vif_sum(const uint8_t *p, int n, uint32_t sum)
{
	uint16_t w;

	for (; n > 0; n -= 2, p += 2) {
		memcpy(&w, p, 2);
		sum += w;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/*
 * What a segmenting device wants and the kernel left to it: the IPv4 header's
 * sum, and in th_sum that of the pseudo header with the whole length (virtio
 * 1.1, 5.1.6.2).
 */
static void
vif_tso_sum(struct mbuf *m, int off, int iphl, bool v6)
{
	uint8_t h[60];
	uint32_t len = m->m_pkthdr.len - off - iphl;
	uint32_t sum = htons(IPPROTO_TCP) + htons(len & 0xffff) + htons(len >> 16);
	uint16_t w;

	m_copydata(m, off, v6 ? sizeof(struct ip6_hdr) : iphl, h);
	w = v6 ? vif_sum(h + 8, 32, sum) : vif_sum(h + 12, 8, sum);
	m_copyback(m, off + iphl + offsetof(struct tcphdr, th_sum), 2, &w);
	if (v6)
		return;
	memset(h + offsetof(struct ip, ip_sum), 0, 2);
	w = ~vif_sum(h, iphl, 0);
	m_copyback(m, off + offsetof(struct ip, ip_sum), 2, &w);
}

/* What the kernel left to the device, in the packet's terms. */
static void
vif_txoffload(struct mbuf *m, struct netpkt *p)
{
	int flags = m->m_pkthdr.csum_flags;
	int iphl = m->m_pkthdr.csum_data >> 16;
	const int off = ETHER_HDR_LEN;
	uint8_t thoff;

	p->flags = 0;
	if ((flags & (TX_CSUM_V4 | TX_CSUM_V6 | M_CSUM_TSOv4 | M_CSUM_TSOv6)) == 0)
		return;
	p->flags = NETPKT_CSUM;
	p->csum_start = off + iphl;
	p->csum_offset = m->m_pkthdr.csum_data & 0xffff;
	if ((flags & (M_CSUM_TSOv4 | M_CSUM_TSOv6)) == 0)
		return;
	p->csum_offset = offsetof(struct tcphdr, th_sum);
	vif_tso_sum(m, off, iphl, (flags & M_CSUM_TSOv6) != 0);
	m_copydata(m, off + iphl + 12, 1, &thoff);
	p->flags |= flags & M_CSUM_TSOv4 ? NETPKT_TSO4 : NETPKT_TSO6;
	p->gso_size = m->m_pkthdr.segsz;
	p->hdr_len = off + iphl + ((thoff >> 4) << 2);
}

/* The pieces of the chain; false when there are too many. */
static bool
vif_txsegs(struct mbuf *m, struct netpkt *p)
{

	p->nseg = 0;
	p->len = 0;
	for (; m != NULL; m = m->m_next) {
		if (m->m_len == 0)
			continue;
		if (p->nseg == NETPKT_MAXSEG)
			return false;
		p->seg[p->nseg].data = mtod(m, void *);
		p->seg[p->nseg].len = m->m_len;
		p->nseg++;
		p->len += m->m_len;
	}
	return true;
}

static bool
vif_txone(struct vif_softc *sc, struct mbuf *m, struct netpktq *q)
{
	struct txpkt *tx = vif_txget(sc);
	struct mbuf *n;

	if (tx == NULL) {
		m_freem(m);
		return false;
	}
	vif_txoffload(m, &tx->pkt);
	if (!vif_txsegs(m, &tx->pkt)) {
		n = m_defrag(m, M_DONTWAIT);
		if (n == NULL || !vif_txsegs(n, &tx->pkt)) {
			m_freem(n != NULL ? n : m);
			tx->next = sc->sc_free;
			sc->sc_free = tx;
			return false;
		}
		m = n;
	}
	tx->m = m;
	STAILQ_INSERT_TAIL(q, &tx->pkt, link);
	return true;
}

void
vif_start(struct ifnet *ifp)
{
	struct vif_softc *sc = ifp->if_softc;
	struct netpktq q = STAILQ_HEAD_INITIALIZER(q);
	struct mbuf *m;

	vif_txreap(sc);
	for (;;) {
		IFQ_DEQUEUE(&ifp->if_snd, m);
		if (m == NULL)
			break;
		compat_bpf_out(ifp, m);
		if (vif_txone(sc, m, &q))
			compat_count_out(ifp);
		else
			compat_count_oerror(ifp);
	}
	if (!STAILQ_EMPTY(&q))
		rumpcomp_vif_send(sc->sc_vif, &q);
}

void
vif_txfree(struct vif_softc *sc)
{
	struct txpkt *tx;

	vif_txreap(sc);
	while ((tx = sc->sc_free) != NULL) {
		sc->sc_free = tx->next;
		kmem_intr_free(tx, sizeof(*tx));
	}
}
