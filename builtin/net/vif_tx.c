/*
 * vif_tx.c: sending.  Frames are handed to the device where they lie, as the
 * pieces of a netpkt that holds a reference to the pbufs until the device is
 * done; a batch goes out when the lock is let go.  Checksums are left to a
 * device that fills them in, and TCP segments above the MTU to one that cuts
 * them up; everything else above the MTU is fragmented.
 */
#include <string.h>

#include "lwip/opt.h"
#include "lwip/netif.h"
#include "lwip/inet_chksum.h"
#include "lwip/ip4_frag.h"
#include "lwip/ip6_frag.h"
#include "lwip/ip6.h"
#include "lwip/prot/ethernet.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/ip6.h"
#include "lwip/prot/tcp.h"
#include "lwip/prot/udp.h"

#include <rump/rumpuser.h>

#include "net.h"

#define TXBATCH	64

struct txpkt {
	struct netpkt	pkt;
	struct pbuf	*p;
	struct txpkt	*next;
};

/* Sent packets: pushed by any thread, taken all at once under the lock. */
static struct txpkt *sent;

static void
tx_done(struct netpkt *pkt)
{
	struct txpkt *t = pkt->arg;

	t->next = __atomic_load_n(&sent, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&sent, &t->next, t, 1,
	    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		continue;
}

void
vif_tx_reap(void)
{
	struct txpkt *t, *next;

	if (__atomic_load_n(&sent, __ATOMIC_RELAXED) == NULL)
		return;
	for (t = __atomic_exchange_n(&sent, NULL, __ATOMIC_ACQUIRE); t != NULL;
	    t = next) {
		next = t->next;
		pbuf_free(t->p);
		net_free(t);
	}
}

void
vif_tx_init(struct vif_if *v)
{

	STAILQ_INIT(&v->txq);
}

void
vif_tx_flush(struct vif_if *v)
{

	v->ntxq = 0;
	if (v->bridge != NULL)
		bridge_output(v, &v->txq);
	else
		vif_dev_send(v, &v->txq);
	STAILQ_INIT(&v->txq);
}

/* ---- offloads ---- */

/* Where things are in a frame whose headers lie in its first piece. */
struct frame {
	uint8_t		proto;		/* 0: not TCP or UDP, or a fragment */
	bool		v6;
	uint16_t	l4;		/* offset of its header */
	uint32_t	psum;		/* pseudo header without the length */
};

static void
frame_parse(const struct pbuf *p, struct frame *f)
{
	const uint8_t *h = p->payload;
	const struct ip_hdr *ip = (const void *)(h + SIZEOF_ETH_HDR);
	const struct ip6_hdr *ip6 = (const void *)ip;
	uint16_t type = ((const struct eth_hdr *)h)->type;

	f->proto = 0;
	if (type == PP_HTONS(ETHTYPE_IP) &&
	    p->len >= SIZEOF_ETH_HDR + IP_HLEN + UDP_HLEN) {
		if ((IPH_OFFSET(ip) & PP_HTONS(IP_OFFMASK | IP_MF)) != 0)
			return;
		f->v6 = false;
		f->proto = IPH_PROTO(ip);
		f->l4 = SIZEOF_ETH_HDR + IPH_HL_BYTES(ip);
		f->psum = net_chksum(&ip->src, 8);
	} else if (type == PP_HTONS(ETHTYPE_IPV6) &&
	    p->len >= SIZEOF_ETH_HDR + IP6_HLEN + UDP_HLEN) {
		f->v6 = true;
		f->proto = IP6H_NEXTH(ip6);	/* lwIP adds no headers */
		f->l4 = SIZEOF_ETH_HDR + IP6_HLEN;
		f->psum = net_chksum(&ip6->src, 32);
	} else
		return;
	if ((f->proto == IP_PROTO_TCP && p->len >= f->l4 + TCP_HLEN) ||
	    (f->proto == IP_PROTO_UDP && p->len >= f->l4 + UDP_HLEN)) {
		f->psum += PP_HTONS(f->proto);
		return;
	}
	f->proto = 0;
}

static void
tx_offload(struct vif_if *v, struct netpkt *pkt, const struct pbuf *p)
{
	struct frame f;
	uint16_t sum;
	uint8_t *field;

	pkt->flags = pkt->gso_size = pkt->hdr_len = 0;
	pkt->csum_start = pkt->csum_offset = 0;
	if ((v->info.caps & NET_TXCSUM) == 0)
		return;
	frame_parse(p, &f);
	if (f.proto == 0)
		return;
	pkt->flags = NETPKT_CSUM;
	pkt->csum_start = f.l4;
	pkt->csum_offset = f.proto == IP_PROTO_TCP ? 16 : 6;
	field = (uint8_t *)p->payload + f.l4 + pkt->csum_offset;
	/* a checksum made in software (udp of a fragmented packet) stays */
	sum = net_chksum_fold((uint64_t)f.psum +
	    lwip_htons(p->tot_len - f.l4));
	memcpy(field, &sum, 2);
	if (f.proto == IP_PROTO_TCP &&
	    p->tot_len > SIZEOF_ETH_HDR + v->nif.mtu) {
		pkt->hdr_len = f.l4 + TCPH_HDRLEN_BYTES((const struct tcp_hdr *)
		    ((const uint8_t *)p->payload + f.l4));
		pkt->gso_size = v->nif.mtu + SIZEOF_ETH_HDR - pkt->hdr_len;
		pkt->flags |= f.v6 ? NETPKT_TSO6 : NETPKT_TSO4;
		v->otso++;
	}
}

uint32_t
vif_tso_max(struct netif *nif, bool v6)
{
	struct vif_if *v = nif->state;

	if (nif->linkoutput != vif_linkoutput ||
	    (v->info.caps & (v6 ? NET_TSO6 : NET_TSO4)) == 0)
		return 0;
	return 65535 - SIZEOF_ETH_HDR - IP6_HLEN - 60;
}

/* ---- frames ---- */

static bool
tx_pieces(struct netpkt *pkt, const struct pbuf *p)
{

	pkt->nseg = 0;
	pkt->len = p->tot_len;
	for (; p != NULL; p = p->next) {
		if (p->len == 0)
			continue;
		if (pkt->nseg == NETPKT_MAXSEG)
			return false;
		pkt->seg[pkt->nseg].data = p->payload;
		pkt->seg[pkt->nseg++].len = p->len;
	}
	return true;
}

static bool
volatile_data(const struct pbuf *p)
{

	for (; p != NULL; p = p->next)
		if (PBUF_NEEDS_COPY(p))
			return true;
	return false;
}

err_t
vif_linkoutput(struct netif *nif, struct pbuf *p)
{
	struct vif_if *v = nif->state;
	struct txpkt *t;
	struct pbuf *copy;

	t = net_malloc(sizeof(*t));
	if (t == NULL)
		goto fail;
	tx_offload(v, &t->pkt, p);
	if (!volatile_data(p) && tx_pieces(&t->pkt, p)) {
		pbuf_ref(p);
		t->p = p;
	} else {
		copy = pbuf_clone(PBUF_RAW, PBUF_RAM, p);
		if (copy == NULL)
			goto fail;
		t->p = copy;
		tx_pieces(&t->pkt, copy);
	}
	t->pkt.done = tx_done;
	t->pkt.arg = t;
	STAILQ_INSERT_TAIL(&v->txq, &t->pkt, link);
	v->opackets++;
	v->obytes += t->pkt.len;
	if (++v->ntxq >= TXBATCH)
		vif_tx_flush(v);
	return ERR_OK;
fail:
	net_free(t);
	v->oerrors++;
	return ERR_MEM;
}

/* ---- above the MTU ---- */

/* A device can't sum up what it gets in fragments. */
static void
udp_soft_checksum(struct pbuf *p, uint16_t hlen, const ip_addr_t *src,
    const ip_addr_t *dst)
{
	struct udp_hdr *udp = (void *)((uint8_t *)p->payload + hlen);

	if (p->len < hlen + UDP_HLEN)
		return;
	pbuf_remove_header(p, hlen);
	udp->chksum = 0;
	udp->chksum = ip_chksum_pseudo(p, IP_PROTO_UDP, p->tot_len, src, dst);
	if (udp->chksum == 0)
		udp->chksum = 0xffff;
	pbuf_add_header(p, hlen);
}

err_t
net_ip4_toobig(struct pbuf *p, struct netif *nif, const ip4_addr_t *dest)
{
	struct ip_hdr *ip = p->payload;
	ip_addr_t src, dst;

	if (IPH_PROTO(ip) == IP_PROTO_TCP && vif_tso_max(nif, false) != 0)
		return nif->output(nif, p, dest);
	if (IPH_PROTO(ip) == IP_PROTO_UDP &&
	    (nif->chksum_flags & NETIF_CHECKSUM_GEN_UDP) == 0) {
		ip_addr_copy_from_ip4(src, ip->src);
		ip_addr_copy_from_ip4(dst, ip->dest);
		udp_soft_checksum(p, IPH_HL_BYTES(ip), &src, &dst);
	}
	return ip4_frag(p, nif, dest);
}

err_t
net_ip6_toobig(struct pbuf *p, struct netif *nif, const ip6_addr_t *dest)
{
	struct ip6_hdr *ip6 = p->payload;
	ip_addr_t src, dst;

	if (IP6H_NEXTH(ip6) == IP6_NEXTH_TCP && vif_tso_max(nif, true) != 0)
		return nif->output_ip6(nif, p, dest);
	if (IP6H_NEXTH(ip6) == IP6_NEXTH_UDP &&
	    (nif->chksum_flags & NETIF_CHECKSUM_GEN_UDP) == 0) {
		ip_addr_copy_from_ip6_packed(src, ip6->src);
		ip_addr_copy_from_ip6_packed(dst, ip6->dest);
		udp_soft_checksum(p, IP6_HLEN, &src, &dst);
	}
	return ip6_frag(p, nif, dest);
}
