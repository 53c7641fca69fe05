/*
 * netsoft.c: checksums and segmentation in software (RFC 1071, 9293; the
 * partial checksum is the sum over the pseudo header, virtio 1.1, 5.1.6.2).
 */
#include <string.h>
#include <netsoft.h>

#define CSUM	(NETPKT_CSUM | NETPKT_CSUM_PART)
#define TSO	(NETPKT_TSO4 | NETPKT_TSO6)
#define HDRMAX	256
#define TCP_FIN	0x01
#define TCP_PSH	0x08
#define TCP_CWR	0x80

/* ---- bytes ---- */

static uint32_t
get32(const uint8_t *p)
{

	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static void
put16(uint8_t *p, uint32_t v)
{

	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static uint32_t
fold(uint64_t sum)
{

	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint32_t)sum;
}

/*
 * The sum of n bytes as 16-bit words in the machine's order; odd: the first one
 * is the second half of a word.
 */
static uint64_t
add(uint64_t sum, const uint8_t *p, size_t n, bool odd)
{
	uint64_t part = 0;
	uint32_t w;
	uint16_t h;

	for (; n >= 4; n -= 4, p += 4) {
		memcpy(&w, p, 4);
		part += w;
	}
	if (n >= 2) {
		memcpy(&h, p, 2);
		part += h;
		p += 2;
		n -= 2;
	}
	if (n > 0)
		part += *p;
	h = (uint16_t)fold(part);
	return sum + (odd ? (uint16_t)(h << 8 | h >> 8) : h);
}

static void
put_sum(uint8_t *where, uint64_t sum)
{
	uint16_t v = (uint16_t)~fold(sum);

	if (v == 0)			/* UDP: 0 is "none" */
		v = 0xffff;
	memcpy(where, &v, 2);
}

/* ---- packets ---- */

static void
made_done(struct netpkt *p)
{

	kern_free(p);
}

static struct netpkt *
make(uint32_t len)
{
	struct netpkt *p = kern_malloc(sizeof(*p) + len, 0);

	if (p == NULL)
		return NULL;
	memset(p, 0, sizeof(*p));
	p->seg[0].data = p + 1;
	p->seg[0].len = p->len = len;
	p->nseg = 1;
	p->done = made_done;
	return p;
}

/* n bytes of p from `at' on, which are there. */
static void
copy_out(const struct netpkt *p, uint32_t at, uint32_t n, void *to)
{
	uint32_t k;

	for (unsigned i = 0; i < p->nseg && n > 0; i++) {
		if (at >= p->seg[i].len) {
			at -= p->seg[i].len;
			continue;
		}
		k = p->seg[i].len - at < n ? p->seg[i].len - at : n;
		memcpy(to, (const char *)p->seg[i].data + at, k);
		to = (char *)to + k;
		n -= k;
		at = 0;
	}
}

struct netpkt *
netsoft_copy(const struct netpkt *p)
{
	struct netpkt *c = make(p->len);

	if (c == NULL)
		return NULL;
	copy_out(p, 0, p->len, c + 1);
	c->flags = p->flags;
	c->csum_start = p->csum_start;
	c->csum_offset = p->csum_offset;
	c->gso_size = p->gso_size;
	c->hdr_len = p->hdr_len;
	return c;
}

unsigned
netsoft_drop(struct netpktq *q)
{
	struct netpkt *p;
	unsigned n = 0;

	while ((p = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, link);
		p->done(p);
		n++;
	}
	return n;
}

/* ---- a checksum ---- */

static bool
fill(struct netpkt *p)
{
	uint32_t field = (uint32_t)p->csum_start + p->csum_offset, at = 0;
	uint32_t skip, len;
	uint8_t *d, *where[2] = { NULL, NULL }, v[2];
	uint64_t sum = 0;

	for (unsigned i = 0; i < p->nseg; at += p->seg[i++].len) {
		d = p->seg[i].data;
		len = p->seg[i].len;
		for (uint32_t k = 0; k < 2; k++)
			if (field + k >= at && field + k < at + len)
				where[k] = d + (field + k - at);
		skip = p->csum_start > at ? p->csum_start - at : 0;
		if (skip < len)
			sum = add(sum, d + skip, len - skip,
			    (at + skip - p->csum_start) & 1);
	}
	if (where[0] == NULL || where[1] == NULL)
		return false;
	put_sum(v, sum);
	*where[0] = v[0];
	*where[1] = v[1];
	p->flags &= ~CSUM;
	return true;
}

/* ---- segments ---- */

/* A packet to be cut: its headers, in a copy. */
struct cut {
	uint8_t		h[HDRMAX];
	uint32_t	hlen, l3, l4, gso, payload;
	bool		v6;
};

static bool
cut_begin(const struct netpkt *p, struct cut *c)
{

	c->v6 = (p->flags & NETPKT_TSO6) != 0;
	c->hlen = p->hdr_len;
	c->l4 = p->csum_start;
	c->gso = p->gso_size;
	if (c->hlen > HDRMAX || c->hlen >= p->len || c->gso == 0 ||
	    c->l4 + 20 > c->hlen)
		return false;
	copy_out(p, 0, c->hlen, c->h);
	c->payload = p->len - c->hlen;
	c->l3 = c->h[12] == 0x81 && c->h[13] == 0 ? 18 : 14;
	return c->l3 + (c->v6 ? 40 : 20) <= c->l4;
}

/* The headers of the segment with n bytes at `at'. */
static void
headers(const struct cut *c, uint8_t *h, uint32_t at, uint32_t n)
{
	uint8_t *ip = h + c->l3, *tcp = h + c->l4;
	uint32_t tlen = c->hlen - c->l4 + n, seq = get32(tcp + 4) + at;
	uint16_t w[2] = { 0, 0 };
	uint64_t sum;

	if (c->v6) {
		put16(ip + 4, c->hlen + n - c->l3 - 40);
		sum = add(0, ip + 8, 32, false);
	} else {
		put16(ip + 2, c->hlen + n - c->l3);
		put16(ip + 4, (ip[4] << 8 | ip[5]) + at / c->gso);
		put16(ip + 10, 0);
		w[0] = (uint16_t)~fold(add(0, ip, c->l4 - c->l3, false));
		memcpy(ip + 10, &w[0], 2);
		sum = add(0, ip + 12, 8, false);
	}
	put16(tcp + 4, seq >> 16);
	put16(tcp + 6, seq);
	if (at + n < c->payload)
		tcp[13] &= ~(TCP_FIN | TCP_PSH);
	if (at > 0)
		tcp[13] &= ~TCP_CWR;
	put16((uint8_t *)&w[0], 6);
	put16((uint8_t *)&w[1], tlen);
	w[0] = (uint16_t)fold(sum + w[0] + w[1]);
	memcpy(tcp + 16, &w[0], 2);
}

/* Segments of p at the end of out; false: not all of them. */
static bool
cut(const struct netpkt *p, uint32_t caps, struct netpktq *out)
{
	struct netpkt *s;
	struct cut c;
	uint32_t at, n;

	if (!cut_begin(p, &c))
		return false;
	for (at = 0; at < c.payload; at += n) {
		n = c.payload - at < c.gso ? c.payload - at : c.gso;
		if ((s = make(c.hlen + n)) == NULL)
			return false;
		memcpy(s + 1, c.h, c.hlen);
		headers(&c, (uint8_t *)(s + 1), at, n);
		copy_out(p, c.hlen + at, n, (char *)(s + 1) + c.hlen);
		s->csum_start = p->csum_start;
		s->csum_offset = 16;
		s->flags = p->flags & CSUM ? p->flags & CSUM : NETPKT_CSUM;
		if ((caps & NET_TXCSUM) == 0)
			(void)fill(s);
		STAILQ_INSERT_TAIL(out, s, link);
	}
	return true;
}

/* ---- lists ---- */

static bool
lacks(const struct netpkt *p, uint32_t caps)
{

	return ((p->flags & NETPKT_TSO4) && (caps & NET_TSO4) == 0) ||
	    ((p->flags & NETPKT_TSO6) && (caps & NET_TSO6) == 0);
}

unsigned
netsoft(struct netpktq *q, uint32_t caps)
{
	struct netpktq in = STAILQ_HEAD_INITIALIZER(in);
	struct netpkt *p;
	unsigned bad = 0;

	STAILQ_FOREACH(p, q, link)
		if (lacks(p, caps) || ((p->flags & CSUM) &&
		    (caps & NET_TXCSUM) == 0))
			break;
	if (p == NULL)
		return 0;
	STAILQ_CONCAT(&in, q);
	while ((p = STAILQ_FIRST(&in)) != NULL) {
		STAILQ_REMOVE_HEAD(&in, link);
		if (lacks(p, caps)) {
			bad += !cut(p, caps, q);
			p->done(p);
		} else if ((p->flags & CSUM) && (caps & NET_TXCSUM) == 0 &&
		    !fill(p)) {
			bad++;
			p->done(p);
		} else
			STAILQ_INSERT_TAIL(q, p, link);
	}
	return bad;
}
