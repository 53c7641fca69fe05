/*
 * gro.c: TCP segments of one connection that follow each other in a batch go up
 * as one, as those do that a device has merged: one look at the connection, one
 * acknowledgment, where there would be dozens.  Nothing is copied, and nothing
 * waits: all has gone up when the batch ends.
 */
#include <string.h>

#include "lwip/opt.h"
#include "lwip/netif.h"
#include "lwip/inet_chksum.h"
#include "lwip/prot/ethernet.h"
#include "lwip/prot/ip.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/ip6.h"
#include "lwip/prot/tcp.h"

#include "net.h"

#define FLOWS	4
#define MAXJOIN	44		/* segments: 64 KB */

/* What has come of a connection. */
struct flow {
	struct pbuf	*p[MAXJOIN];
	unsigned	n;		/* 0: free */
	uint32_t	next;		/* sequence number that may follow */
	uint32_t	total;		/* bytes of the frame that they make */
	uint16_t	size;		/* data of the first */
	bool		csum_ok, closed;
};
static struct flow flows[FLOWS];
static unsigned victim;

/* A frame with TCP in it, whose headers lie in its first piece. */
struct seg {
	uint8_t		*ip;
	struct tcp_hdr	*tcp;
	uint16_t	hlen, len;	/* all headers; data */
	bool		v6;
};

static bool
parse(const struct pbuf *p, struct seg *s)
{
	uint8_t *f = p->payload;
	uint16_t type = ((struct eth_hdr *)f)->type, iphlen, iplen;

	if (p->len < SIZEOF_ETH_HDR + IP_HLEN + TCP_HLEN)
		return false;
	s->ip = f + SIZEOF_ETH_HDR;
	s->v6 = type == PP_HTONS(ETHTYPE_IPV6);
	if (type == PP_HTONS(ETHTYPE_IP) && s->ip[0] == 0x45 &&
	    s->ip[9] == IP_PROTO_TCP) {
		iphlen = IP_HLEN;
		iplen = s->ip[2] << 8 | s->ip[3];
	} else if (s->v6 && p->len >= SIZEOF_ETH_HDR + IP6_HLEN + TCP_HLEN &&
	    s->ip[0] >> 4 == 6 && s->ip[6] == IP6_NEXTH_TCP) {
		iphlen = IP6_HLEN;
		iplen = (s->ip[4] << 8 | s->ip[5]) + IP6_HLEN;
	} else
		return false;
	s->tcp = (struct tcp_hdr *)(s->ip + iphlen);
	s->hlen = SIZEOF_ETH_HDR + iphlen + TCPH_HDRLEN_BYTES(s->tcp);
	s->len = 0;
	if (TCPH_HDRLEN_BYTES(s->tcp) >= TCP_HLEN && s->hlen <= p->len &&
	    iplen == p->tot_len - SIZEOF_ETH_HDR)
		s->len = p->tot_len - s->hlen;
	return true;
}

/* Both are of one connection. */
static bool
same(const struct seg *a, const struct seg *b)
{
	unsigned off = a->v6 ? 8 : 12, n = a->v6 ? 32 : 8;

	return a->v6 == b->v6 && a->tcp->src == b->tcp->src &&
	    a->tcp->dest == b->tcp->dest && memcmp(a->ip + off, b->ip + off,
	    n) == 0;
}

/* Data and nothing else, in one piece, with a good checksum. */
static bool
plain(const struct pbuf *p, const struct seg *s, bool csum_ok)
{
	uint32_t len = p->tot_len - ((uint8_t *)s->tcp - (uint8_t *)p->payload);
	uint64_t sum;

	if (s->len == 0 || p->next != NULL ||
	    (TCPH_FLAGS(s->tcp) & ~TCP_PSH) != TCP_ACK ||
	    (!s->v6 && ((s->ip[6] & 0x3f) != 0 || s->ip[7] != 0)))
		return false;
	if (csum_ok)
		return true;
	sum = (uint64_t)net_chksum(s->v6 ? s->ip + 8 : s->ip + 12,
	    s->v6 ? 32 : 8) + PP_HTONS(IP_PROTO_TCP) + lwip_htons(len) +
	    net_chksum(s->tcp, len);
	return net_chksum_fold(sum) == 0xffff;
}

/* All else in the headers is the same: TOS, TTL, flow; ack, options. */
static bool
follows(const struct flow *f, const struct seg *a, const struct seg *b)
{
	unsigned ttl = a->v6 ? 7 : 8;

	return !f->closed && f->n < MAXJOIN && b->tcp->seqno == f->next &&
	    b->tcp->ackno == a->tcp->ackno && b->len <= f->size &&
	    f->total + b->len <= 65535 && a->hlen == b->hlen &&
	    memcmp(a->ip, b->ip, a->v6 ? 4 : 2) == 0 &&
	    a->ip[ttl] == b->ip[ttl] && memcmp(a->tcp + 1, b->tcp + 1,
	    TCPH_HDRLEN_BYTES(a->tcp) - TCP_HLEN) == 0;
}

static void
input(struct vif_if *v, struct pbuf *p, bool csum_ok)
{

	if (csum_ok)
		v->nif.chksum_flags &= ~VIF_CHECKS;
	else
		v->nif.chksum_flags |= VIF_CHECKS;
	if (v->nif.input(p, &v->nif) != ERR_OK)
		pbuf_free(p);
}

static void
flush(struct vif_if *v, struct flow *f)
{
	struct pbuf *p = f->p[0];
	struct seg s;
	uint16_t iplen = lwip_htons(f->total - SIZEOF_ETH_HDR), sum = 0;

	if (f->n > 1) {
		(void)parse(p, &s);
		for (unsigned i = f->n - 1; i > 0; i--) {
			f->p[i - 1]->next = f->p[i];
			f->p[i - 1]->tot_len += f->p[i]->tot_len;
		}
		if (s.v6) {
			iplen = lwip_htons(f->total - SIZEOF_ETH_HDR - IP6_HLEN);
			memcpy(s.ip + 4, &iplen, 2);
		} else {
			memcpy(s.ip + 2, &iplen, 2);
			memcpy(s.ip + 10, &sum, 2);
			sum = inet_chksum(s.ip, IP_HLEN);
			memcpy(s.ip + 10, &sum, 2);
		}
	}
	f->n = 0;
	input(v, p, f->csum_ok);
}

static void
begin(struct vif_if *v, struct pbuf *p, const struct seg *s)
{
	struct flow *f;

	for (f = flows; f < flows + FLOWS && f->n != 0; f++)
		continue;
	if (f == flows + FLOWS) {
		f = &flows[victim++ % FLOWS];
		flush(v, f);
	}
	f->p[0] = p;
	f->n = 1;
	f->total = p->tot_len;
	f->size = s->len;
	f->next = lwip_htonl(lwip_ntohl(s->tcp->seqno) + s->len);
	f->csum_ok = true;
	f->closed = (TCPH_FLAGS(s->tcp) & TCP_PSH) != 0;
}

static void
join(struct flow *f, const struct seg *first, struct pbuf *p,
    const struct seg *s)
{

	first->tcp->wnd = s->tcp->wnd;
	first->tcp->_hdrlen_rsvd_flags |= s->tcp->_hdrlen_rsvd_flags;
	f->closed = (TCPH_FLAGS(s->tcp) & TCP_PSH) != 0 || s->len < f->size;
	f->next = lwip_htonl(lwip_ntohl(s->tcp->seqno) + s->len);
	f->total += s->len;
	pbuf_remove_header(p, s->hlen);
	f->p[f->n++] = p;
}

void
gro_input(struct vif_if *v, struct pbuf *p, bool csum_ok)
{
	struct seg s, first;
	struct flow *f;
	bool ok;

	if (!parse(p, &s)) {
		input(v, p, csum_ok);
		return;
	}
	ok = plain(p, &s, csum_ok);
	for (f = flows; f < flows + FLOWS; f++) {
		if (f->n == 0)
			continue;
		(void)parse(f->p[0], &first);
		if (!same(&first, &s))
			continue;
		if (ok && follows(f, &first, &s)) {
			join(f, &first, p, &s);
			return;
		}
		flush(v, f);
		break;
	}
	if (ok)
		begin(v, p, &s);
	else
		input(v, p, csum_ok);
}

void
gro_flush(struct vif_if *v)
{

	for (struct flow *f = flows; f < flows + FLOWS; f++)
		if (f->n != 0)
			flush(v, f);
}
