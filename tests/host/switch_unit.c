/*
 * switch_unit.c: the switch: who gets what, what is learned and for how long,
 * what a vif can't do; and packets completed in software (netsoft).
 */
#include "xen/fake.h"
#include "../../xen/switch.h"
#include <netsoft.h>

#define NVIF	4

uint64_t plat_clock_epoch(void) { return 1; }
static void nothing(void) { }
KERN_INIT(KERN_INIT_LATE, nothing);	/* fake.c wants a set */

static struct sw *sw;
static struct sw_port vif[NVIF];
static unsigned got[NVIF + 1], back, made;	/* got[NVIF]: the uplink's */

static void
count(struct netpktq *q, unsigned *n)
{
	struct netpkt *p;

	while ((p = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, link);
		(*n)++;
		p->done(p);
	}
}

static void
output(struct sw_port *p, struct netpktq *q)
{

	count(q, &got[p - vif]);
}

static void input(void *arg, struct netpktq *q) { count(q, &got[NVIF]); }

static void
done(struct netpkt *p)
{

	back++;
	free(p);
}

/* 1 to 4: the vifs' own; others are somebody's behind them. */
static void
mac(uint8_t *a, unsigned n)
{

	memcpy(a, "\x00\x16\x3e\0", 4);
	a[4] = n >> 8;
	a[5] = n;
	if (n == 0xffff)
		memset(a, 0xff, 6);
}

static struct netpkt *
packet(unsigned from, unsigned to)
{
	struct netpkt *p = calloc(1, sizeof(*p) + 60);
	uint8_t *h = (uint8_t *)(p + 1);

	mac(h, to);
	mac(h + 6, from);
	p->seg[0].data = h;
	p->seg[0].len = 9;		/* the header in two pieces */
	p->seg[1].data = h + 9;
	p->seg[1].len = 51;
	p->nseg = 2;
	p->len = 60;
	p->done = done;
	made++;
	return p;
}

/* at: a vif, or NVIF: the uplink; who gets it, as bits. */
static unsigned
sent(unsigned at, unsigned from, unsigned to)
{
	struct netpktq q = STAILQ_HEAD_INITIALIZER(q);
	struct netpkt *p = packet(from, to);
	unsigned i, bits = 0;

	memset(got, 0, sizeof(got));
	STAILQ_INSERT_TAIL(&q, p, link);
	if (at == NVIF)
		fake_net->xmit(fake_net, &q);
	else
		sw_input(&vif[at], &q);
	CHECK(STAILQ_EMPTY(&q) && back == made);
	for (i = 0; i <= NVIF; i++) {
		CHECK(got[i] <= 1);
		bits |= got[i] << i;
	}
	return bits;
}

#define UP	(1u << NVIF)

static void
t_learn(void)
{

	CHECK(sent(0, 1, 2) == 1 << 1);		/* known from the start */
	CHECK(sent(0, 1, 1) == 0);		/* no reflection */
	CHECK(sent(0, 1, 100) == (0xe | UP));	/* not known: all others */
	CHECK(sent(NVIF, 100, 1) == 1);
	CHECK(sent(0, 1, 100) == UP);
	CHECK(sent(1, 2, 0xffff) == (0xd | UP));
	CHECK(sent(NVIF, 100, 0xffff) == 0xf);
	CHECK(sent(2, 200, 100) == UP);		/* somebody behind a vif */
	CHECK(sent(NVIF, 100, 200) == 1 << 2);
	fake_time += 301000000000;		/* it is old */
	CHECK(sent(NVIF, 100, 200) == 0xf);
}

static void
t_spoof(void)
{
	uint64_t n = vif[1].spoofed;

	CHECK(sent(1, 1, 100) == 0 && vif[1].spoofed == n + 1);
	CHECK(sent(2, 3, 1) == 1);		/* and it is still where it was */
	CHECK(sent(1, 2, 3) == 1 << 2);
	CHECK(sent(NVIF, 100, 1) == 1);
	(void)sent(1, 100, 3);			/* the router's, from a vif */
	CHECK(sent(0, 1, 100) == UP);
	fake_time += 61000000000;		/* it was silent: it may have moved */
	(void)sent(1, 100, 3);
	CHECK(sent(0, 1, 100) == 1 << 1);
	(void)sent(NVIF, 100, 3);		/* the uplink's at once */
	CHECK(sent(0, 1, 100) == UP);
	CHECK(sent(0, 0xffff, 2) == 0);		/* from a group */
}

static void
t_locked(void)
{

	vif[3].locked = true;
	CHECK(sent(3, 4, 1) == 1);
	CHECK(sent(3, 300, 1) == 0);
	CHECK(sent(0, 1, 999) == (0x6 | UP));	/* not for its eyes */
	CHECK(sent(0, 1, 0xffff) == (0xe | UP));
	CHECK(sent(0, 1, 4) == 1 << 3);
	vif[3].locked = false;
}

static void
t_flood(void)
{
	unsigned i;

	(void)sent(NVIF, 5000, 3);
	for (i = 0; i < 20000; i++)
		(void)sent(0, 1000 + i % 3000 + (i % 3000 >= 4000), 2);
	CHECK(vif[0].learned <= SW_LEARN);
	CHECK(sent(1, 2, 5000) == UP);		/* others are not forgotten */
	for (i = 0; i < 6000; i++)
		(void)sent(NVIF, 8000 + i, 2);
	CHECK(sent(1, 2, 1) == 1 && sent(1, 2, 3) == 1 << 2);
	CHECK(sent(1, 2, 8000 + 5999) == UP);
}

static void
t_detach(void)
{

	sw_detach(&vif[1]);
	CHECK(sent(0, 1, 2) == (0xc | UP));
	CHECK(sent(0, 1, 0xffff) == (0xc | UP));
	CHECK(sw_attach(sw, &vif[1]) == 0);
	CHECK(sent(0, 1, 2) == 1 << 1);
	vif[1].up = false;
	CHECK(sent(0, 1, 2) == 0);
	vif[1].up = true;
}

/* ---- netsoft ---- */

static uint16_t
sum16(const uint8_t *p, unsigned n, uint32_t s)
{

	for (unsigned i = 0; i < n; i++)
		s += i & 1 ? p[i] : p[i] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

/* TCP over IPv4 or IPv6: headers right, data in its place. */
static void
check_segment(const uint8_t *h, unsigned len, bool v6, unsigned at,
    unsigned left, unsigned id)
{
	unsigned l4 = v6 ? 54 : 34, hlen = l4 + 20, n = len - hlen, i;
	uint32_t seq = (uint32_t)h[l4 + 4] << 24 | h[l4 + 5] << 16 | h[l4 + 6] << 8 |
	    h[l4 + 7];

	if (v6)
		CHECK((h[18] << 8 | h[19]) == (int)(len - 54));
	else {
		CHECK((h[16] << 8 | h[17]) == (int)(len - 14));
		CHECK((unsigned)(h[18] << 8 | h[19]) == 77 + id);
		CHECK(sum16(h + 14, 20, 0) == 0xffff);
	}
	CHECK(sum16(h + l4, len - l4, 6 + len - l4 + (v6 ?
	    sum16(h + 22, 32, 0) : sum16(h + 26, 8, 0))) == 0xffff);
	CHECK(seq == 0xfffffff0 + at);
	CHECK((h[l4 + 13] & 9) == (left == n ? 9 : 0));	/* FIN, PSH: the last */
	CHECK(((h[l4 + 13] & 0x80) != 0) == (at == 0));	/* CWR: the first */
	for (i = 0; i < n; i++)
		CHECK(h[hlen + i] == (uint8_t)((at + i) * 3));
}

static void
t_cut(bool v6, unsigned payload, unsigned mss)
{
	unsigned l4 = v6 ? 54 : 34, hlen = l4 + 20, at = 0, id = 0, i, n;
	struct netpktq q = STAILQ_HEAD_INITIALIZER(q);
	struct netpkt *p = calloc(1, sizeof(*p) + hlen + payload);
	uint8_t *h = (uint8_t *)(p + 1);
	uint16_t w;

	memset(h, 0x11, hlen);
	h[12] = v6 ? 0x86 : 8;
	h[13] = v6 ? 0xdd : 0;
	h[14] = v6 ? 0x60 : 0x45;
	h[v6 ? 20 : 23] = 6;
	h[18] = 0;
	h[19] = 77;
	memset(h + l4 + 4, 0xff, 4);
	h[l4 + 7] = 0xf0;
	h[l4 + 13] = 0x99;
	w = sum16(v6 ? h + 22 : h + 26, v6 ? 32 : 8, 6 + 20 + payload);
	h[l4 + 16] = w >> 8;
	h[l4 + 17] = w;
	for (i = 0; i < payload; i++)
		h[hlen + i] = (uint8_t)i * 3;
	p->len = hlen + payload;
	for (i = n = 0; n < p->len; n += p->seg[i++].len) {	/* odd pieces */
		p->seg[i].data = h + n;
		p->seg[i].len = i < 30 ? 3 + 61 * i : p->len - n;
		if (p->seg[i].len > p->len - n)
			p->seg[i].len = p->len - n;
	}
	p->nseg = i;
	p->flags = NETPKT_CSUM_PART | (payload > mss ? v6 ? NETPKT_TSO6 :
	    NETPKT_TSO4 : 0);
	p->csum_start = l4;
	p->csum_offset = 16;
	p->hdr_len = hlen;
	p->gso_size = mss;
	p->done = done;
	made++;
	STAILQ_INSERT_TAIL(&q, p, link);
	CHECK(netsoft(&q, NET_TXCSUM | NET_TSO4 | NET_TSO6) == 0);
	CHECK(STAILQ_FIRST(&q) == p);		/* nothing to do */
	CHECK(netsoft(&q, 0) == 0);
	while ((p = STAILQ_FIRST(&q)) != NULL) {
		static uint8_t flat[70000];

		STAILQ_REMOVE_HEAD(&q, link);
		CHECK((p->flags & ~NETPKT_CSUM_OK) == 0);
		for (i = n = 0; i < p->nseg; n += p->seg[i++].len)
			memcpy(flat + n, p->seg[i].data, p->seg[i].len);
		CHECK(n == p->len && n <= hlen + mss);
		check_segment(flat, n, v6, at, payload - at, id++);
		at += n - hlen;
		p->done(p);
	}
	CHECK(at == payload && back == made);
}

int
main(void)
{
	unsigned i;

	fake_seed(1);
	fake_time = 1000000000000;
	CHECK((sw = sw_get()) != NULL && sw_get() == sw);
	CHECK(fake_net->open(fake_net, input, NULL) == 0);
	for (i = 0; i < NVIF; i++) {
		vif[i].output = output;
		vif[i].up = true;
		mac(vif[i].mac, i + 1);
		CHECK(sw_attach(sw, &vif[i]) == 0);
	}
	t_learn();
	t_spoof();
	t_locked();
	t_flood();
	t_detach();
	for (i = 0; i < 2; i++) {
		t_cut(i, 65000, 1448);
		t_cut(i, 2896, 1448);
		t_cut(i, 2897, 1448);
		t_cut(i, 1449, 1448);
		t_cut(i, 9999, 333);
	}
	printf("switch_unit: %u packets, ok\n", made);
	return 0;
}
