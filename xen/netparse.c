/*
 * netparse.c: headers of a packet.  The protocol says of a checksum only that
 * it is missing, not where (io/netif.h).
 */
#include <stdlib.h>
#include <string.h>
#include "netfront.h"

#define ETH_HLEN	14
#define TYPE_IP4	0x0800
#define TYPE_IP6	0x86dd
#define TYPE_VLAN	0x8100
#define PROTO_TCP	6
#define PROTO_UDP	17
#define MAXEXT		8		/* extension headers of IPv6 */

static unsigned
get16(const uint8_t *p)
{

	return p[0] << 8 | p[1];
}

/* Offset of what IP carries and its protocol; 0: not known. */
static size_t
skip_ip6(const uint8_t *h, size_t len, size_t at, uint8_t *proto)
{
	unsigned i;

	if (at + 40 > len)
		return 0;
	*proto = h[at + 6];
	at += 40;
	/* hop-by-hop, routing, destination options (RFC 8200, 4.1) */
	for (i = 0; i < MAXEXT && (*proto == 0 || *proto == 43 ||
	    *proto == 60); i++) {
		if (at + 8 > len)
			return 0;
		*proto = h[at];
		at += (h[at + 1] + 1) * 8;
	}
	return at;
}

static size_t
skip_ip4(const uint8_t *h, size_t len, size_t at, uint8_t *proto)
{
	size_t hlen;

	if (at + 20 > len)
		return 0;
	hlen = (h[at] & 0xf) * 4;
	/* only the first fragment, and only if it is the only one */
	if (hlen < 20 || (get16(h + at + 6) & 0x3fff) != 0)
		return 0;
	*proto = h[at + 9];
	return at + hlen;
}

bool
nf_parse(const uint8_t *h, size_t len, struct nf_headers *nh)
{
	size_t at = ETH_HLEN;
	uint8_t proto = 0;
	unsigned type;

	if (len < ETH_HLEN)
		return false;
	type = get16(h + 12);
	if (type == TYPE_VLAN && len >= ETH_HLEN + 4) {
		type = get16(h + 16);
		at += 4;
	}
	if (type == TYPE_IP4)
		at = skip_ip4(h, len, at, &proto);
	else if (type == TYPE_IP6)
		at = skip_ip6(h, len, at, &proto);
	else
		return false;
	if (at == 0 || (proto != PROTO_TCP && proto != PROTO_UDP))
		return false;
	nh->v6 = type == TYPE_IP6;
	nh->tcp = proto == PROTO_TCP;
	nh->csum_start = at;
	nh->csum_offset = nh->tcp ? 16 : 6;
	if (at + (nh->tcp ? 20 : 8) > len)
		return false;
	nh->hdr_len = at + (nh->tcp ? (h[at + 12] >> 4) * 4 : 8);
	return nh->hdr_len >= at + (nh->tcp ? 20u : 8u);
}

bool
nf_fill_csum(struct netpkt *p)
{
	uint8_t *d, *where[2] = { NULL, NULL };
	uint32_t sum = 0, at = 0, i, k;
	uint32_t field = (uint32_t)p->csum_start + p->csum_offset;

	for (i = 0; i < p->nseg; i++) {
		d = p->seg[i].data;
		for (k = 0; k < p->seg[i].len; k++, at++) {
			if (at == field || at == field + 1)
				where[at - field] = &d[k];
			if (at >= p->csum_start)
				sum += (at - p->csum_start) & 1 ? d[k] :
				    (uint32_t)d[k] << 8;
			sum = (sum & 0xffff) + (sum >> 16);
		}
	}
	if (where[1] == NULL)
		return false;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	if (sum == 0)			/* UDP: 0 is "none" */
		sum = 0xffff;
	*where[0] = sum >> 8;
	*where[1] = sum;
	return true;
}

uint32_t
nf_hash(const struct netpkt *p)
{
	const uint8_t *h;
	uint32_t v = 0, i, end;

	if (p->nseg == 0 || p->seg[0].len < 38)
		return 0;
	h = p->seg[0].data;
	/* addresses and ports where there are no options: others stay together */
	if (get16(h + 12) == TYPE_IP4 && h[14] == 0x45) {
		i = 26;
		end = get16(h + 20) & 0x3fff || (h[23] != PROTO_TCP &&
		    h[23] != PROTO_UDP) ? 34 : 38;
	} else if (get16(h + 12) == TYPE_IP6 && p->seg[0].len >= 54) {
		i = 22;
		end = 54;
	} else
		return 0;
	for (; i < end; i++)
		v = (v ^ h[i]) * 0x01000193;
	return v >> 16 ^ v;
}

/* "00:16:3e:01:02:03", neither a group's nor nobody's. */
bool
nf_parse_mac(const char *s, uint8_t *mac)
{
	unsigned i, any = 0;
	char *end;

	for (i = 0; i < 6; i++, s = end + 1) {
		mac[i] = (uint8_t)strtoul(s, &end, 16);
		if (end - s != 2 || *end != (i < 5 ? ':' : '\0'))
			return false;
		any |= mac[i];
	}
	return any != 0 && (mac[0] & 1) == 0;
}

void
nf_gso_extra(struct netif_extra_info *x, const struct netpkt *p)
{

	memset(x, 0, sizeof(*x));
	x->type = XEN_NETIF_EXTRA_TYPE_GSO;
	x->u.gso.size = p->gso_size;
	x->u.gso.type = p->flags & NETPKT_TSO4 ? XEN_NETIF_GSO_TYPE_TCPV4 :
	    XEN_NETIF_GSO_TYPE_TCPV6;
}
