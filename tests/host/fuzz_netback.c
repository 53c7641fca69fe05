/*
 * fuzz_netback.c: the network back end and its switch with front ends that are
 * honest, wrong, hostile, or gone.  What an honest one sends to an honest one
 * arrives as it was, or not at all for want of room; who lies is found out and
 * nobody else; every packet of the uplink's comes back once; nothing stays
 * mapped, and nothing behind (leaks are ASan's to find).
 */
#include "xen/netclient.h"
#include "rounds.h"

static unsigned delivered, uplinked, held;
static struct netpkt *heldpkt[64];
static unsigned upsent, upback;

/* ---- frames: addresses, a type that is nobody's, length, a pattern ---- */

static void
frame(unsigned char *h, unsigned len, int from, int to, unsigned seed)
{

	memcpy(h, "\x00\x16\x3e\0\0", 5);
	h[5] = to;
	if (to == 0xff)
		memset(h, 0xff, 6);
	if (to == 0xee)				/* the uplink's own address */
		memcpy(h, fake_net->mac, 6);
	memcpy(h + 6, "\x00\x16\x3e\0\0", 5);
	h[11] = from;
	h[12] = 0x88;
	h[13] = 0xb5;
	h[14] = len >> 8;
	h[15] = len;
	h[16] = seed;
	for (unsigned i = 17; i < len; i++)
		h[i] = (unsigned char)(seed + i * 7);
}

static void
check_frame(const unsigned char *h, unsigned len)
{

	if (len < 17 || h[12] != 0x88 || h[13] != 0xb5)
		return;			/* of a liar, or a cut one */
	if (h[11] < NFRONT && front[h[11]].liar)
		return;
	CHECK(len == (unsigned)(h[14] << 8 | h[15]));
	for (unsigned i = 17; i < len; i++)
		CHECK(h[i] == (unsigned char)(h[16] + i * 7));
	delivered++;
}

/* TCP over IPv4, with a checksum to be filled in, perhaps to be cut. */
static void
tcp_headers(unsigned char *h, unsigned len)
{

	memset(h + 12, 0, 42);
	h[12] = 8;
	h[14] = 0x45;
	h[16] = (len - 14) >> 8;
	h[17] = len - 14;
	h[23] = 6;
	h[46] = 0x50;
}

/* ---- a front end's side ---- */

static void *
entry(void *page, uint32_t i, size_t size)
{

	return (char *)page + XRING_HEAD + (i & (NB_RING - 1)) * size;
}

static void
rx_post(struct front *f, unsigned k)
{
	struct netif_rx_request r;
	unsigned page;

	while (k-- > 0 && f->rx_prod - f->rx_seen < NB_RING) {
		page = 2 + f->rx_prod % NB_RING;		/* not the senders' */
		r = (struct netif_rx_request){ .id = f->rx_prod, .gref = page };
		f->posted[f->rx_prod % NB_RING] = page;
		if (f->liar && rnd() % 10 == 0)
			r.gref = rnd();
		memcpy(entry(f->rx, f->rx_prod++, 8), &r, 8);
	}
	f->rx->req_prod = f->rx_prod;
}

/* What has come is whole, and as it was sent. */
static void
rx_take(struct front *f)
{
	static unsigned char buf[70000];
	struct netif_rx_response r;
	unsigned len = 0, n = 0;
	bool bad = false, extra, first = true;

	CHECK(f->rx->rsp_prod - f->rx_seen <= f->rx_prod - f->rx_seen ||
	    f->liar);
	while (f->rx_seen != f->rx->rsp_prod && n++ < 2 * NB_RING) {
		memcpy(&r, entry(f->rx, f->rx_seen, 8), 8);
		if (f->liar) {
			f->rx_seen++;
			continue;
		}
		CHECK(r.id == (uint16_t)f->rx_seen && r.offset == 0);
		CHECK(r.status <= (int)PAGE_SIZE && r.status != 0);
		bad |= r.status < 0;
		if (r.status > 0) {
			memcpy(buf + len, f->page[f->posted[f->rx_seen % NB_RING]],
			    r.status);
			len += r.status;
		}
		f->rx_seen++;
		extra = r.flags & NETRXF_extra_info;
		CHECK(!extra || (first && f->gso));
		CHECK(!(r.flags & NETRXF_csum_blank) || f->csum);
		if (extra) {
			struct netif_extra_info x;

			CHECK(f->rx_seen != f->rx->rsp_prod);
			memcpy(&x, entry(f->rx, f->rx_seen++, 8), 8);
			CHECK(x.type == XEN_NETIF_EXTRA_TYPE_GSO && x.flags == 0);
			CHECK(x.u.gso.size > 0 && x.u.gso.type == 1);
		}
		first = false;
		if (r.flags & NETRXF_more_data) {
			CHECK(f->sg && f->rx_seen != f->rx->rsp_prod);
			continue;
		}
		CHECK(len <= 65535);
		if (!bad) {
			f->got++;
			check_frame(buf, len);
		}
		len = 0;
		bad = false;
		first = true;
	}
	CHECK(len == 0);
}

/* One packet, in one or more pages of 260 and above. */
static void
tx_send(struct front *f)
{
	static unsigned char buf[70000];
	struct netif_tx_request r;
	struct netif_extra_info x = { .type = XEN_NETIF_EXTRA_TYPE_GSO };
	unsigned total = 20 + rnd() % (f->sg && rnd() % 3 == 0 ? 65000 : 1480);
	unsigned to = rnd() % (NFRONT + 2), at, k, n, page, off;
	bool tcp = rnd() % 4 == 0 && total > 60 && f->csum, gso, first = true;

	if (f->tx_prod - f->tx_seen > NB_RING - 30)
		return;
	to = to == NFRONT ? 0xff : to == NFRONT + 1 ? 0xee : to;
	frame(buf, total, f->liar && rnd() % 9 == 0 ? (int)(rnd() % 9) :
	    (int)(f - front), to, f->sent++);
	if (f->liar)
		buf[13]++;			/* not to be compared */
	gso = tcp && f->gso && rnd() % 2;
	if (tcp)
		tcp_headers(buf, total);
	else if (total > 1514 && rnd() % 2)
		total = 1514, buf[14] = total >> 8, buf[15] = (uint8_t)total;
	for (at = 0, n = 0; at < total; at += k, n++, first = false) {
		page = 260 + f->tx_prod % 250;
		off = rnd() % 100;
		k = PAGE_SIZE - off;
		if (k > total - at)
			k = total - at;
		memcpy(f->page[page] + off, buf + at, k);
		r = (struct netif_tx_request){ .gref = page, .offset = off,
		    .id = f->tx_prod, .size = first ? total : k };
		r.flags = at + k < total ? NETTXF_more_data : 0;
		if (first && tcp)
			r.flags |= NETTXF_csum_blank | NETTXF_data_validated;
		if (first && gso)
			r.flags |= NETTXF_extra_info;
		if (f->liar && rnd() % 8 == 0)
			switch (rnd() % 5) {
			case 0: r.gref = rnd(); break;
			case 1: r.offset = rnd(); break;
			case 2: r.flags = rnd(); break;
			case 3: r.size = rnd(); break;
			case 4: r.id = rnd(); break;
			}
		memcpy(entry(f->tx, f->tx_prod++, 12), &r, 12);
		if (first && gso) {
			x.u.gso.type = f->liar ? rnd() % 4 : 1;
			x.u.gso.size = rnd() % 4 ? 1448 : f->liar ? rnd() : 600;
			x.flags = f->liar && rnd() % 9 == 0;
			if (f->liar && rnd() % 20 == 0)
				x.type = rnd();
			memcpy(entry(f->tx, f->tx_prod++, 12), &x, sizeof(x));
		}
	}
	f->tx->req_prod = f->tx_prod;
}

static void
tx_take(struct front *f)
{
	struct netif_tx_response r;

	CHECK(f->tx->rsp_prod - f->tx_seen <= f->tx_prod - f->tx_seen ||
	    f->liar);
	while (!f->liar && f->tx_seen != f->tx->rsp_prod) {
		memcpy(&r, entry(f->tx, f->tx_seen, 12), sizeof(r));
		CHECK(r.status == NETIF_RSP_NULL ||
		    r.id == (uint16_t)f->tx_seen);
		f->tx_seen++;
	}
	f->tx_seen = f->tx->rsp_prod;
}

static void
lie(struct front *f)
{
	struct xring_page *p = rnd() % 2 ? f->tx : f->rx;

	switch (rnd() % 5) {
	case 0: p->req_prod = rnd(); break;
	case 1: p->req_prod += rnd() % 8 - 4; break;
	case 2: p->rsp_prod = rnd(); break;
	case 3: p->rsp_event = rnd(); break;
	case 4: memset((char *)p + XRING_HEAD + rnd() % 3000, rnd(), 64); break;
	}
}

static void
events(struct front *f)
{

	for (int i = 0; i < 2; i++)
		if (f->fn[i] != NULL && rnd() % 4)
			f->fn[i](f->arg);
}

/* ---- connections ---- */

static void
front_down(struct front *f)
{

	if (f->linked)
		(void)driver->disconnect(&f->bd);
	f->linked = false;
	f->fn[0] = f->fn[1] = NULL;
}

static void
front_up(struct front *f)
{

	memset(f->page[0], 0, PAGE_SIZE);
	memset(f->page[1], 0, PAGE_SIZE);
	f->tx = (struct xring_page *)f->page[0];
	f->rx = (struct xring_page *)f->page[1];
	f->tx->rsp_event = f->rx->rsp_event = 1;
	f->rx_prod = f->rx_seen = f->tx_prod = f->tx_seen = 0;
	f->sg = rnd() % 4 != 0;
	f->csum = rnd() % 4 != 0;
	f->gso = f->sg && f->csum && rnd() % 2;
	f->split = rnd() % 2;
	f->fn[0] = f->fn[1] = NULL;
	f->linked = true;
	if (driver->connect(&f->bd) != 0)
		front_down(f);
	else
		driver->connected(&f->bd);
}

/* ---- the uplink ---- */

static void
input(void *arg, struct netpktq *q)
{
	static unsigned char buf[70000];
	struct netpkt *p;
	unsigned at, i;

	while ((p = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, link);
		for (i = at = 0; i < p->nseg; at += p->seg[i++].len)
			memcpy(buf + at, p->seg[i].data, p->seg[i].len);
		CHECK(at == p->len && at >= 14 && at < 65536 + 14);
		CHECK((p->flags & NETPKT_CSUM) == 0);
		if (p->flags & (NETPKT_TSO4 | NETPKT_TSO6))
			CHECK(p->hdr_len >= 54 && p->hdr_len < p->len &&
			    p->gso_size > 0);
		check_frame(buf, at);
		uplinked++;
		if (held < 64 && rnd() % 4 == 0)
			heldpkt[held++] = p;
		else
			p->done(p);
	}
}

static void
up_done(struct netpkt *p)
{

	upback++;
	free(p);
}

static void
up_send(void)
{
	struct netpktq q = STAILQ_HEAD_INITIALIZER(q);
	struct netpkt *p;
	unsigned total, k = rnd() % 12, left, i;
	unsigned char *d;

	while (k-- > 0) {
		total = 60 + rnd() % (rnd() % 4 ? 1400 : 64000);
		p = calloc(1, sizeof(*p) + total);
		d = (unsigned char *)(p + 1);
		frame(d, total, rnd() % 8 ? 0x80 : (int)(rnd() % 200),
		    rnd() % 5 ? (int)(rnd() % NFRONT) : 0xff, rnd());
		p->nseg = 1 + rnd() % 8;
		p->len = left = total;
		for (i = 0; i < p->nseg; i++) {
			p->seg[i].data = d + total - left;
			p->seg[i].len = i + 1 == p->nseg ? left :
			    rnd() % (left + 1);
			left -= p->seg[i].len;
		}
		if (rnd() % 3 == 0) {
			tcp_headers(d, total);
			p->flags = NETPKT_CSUM;
			p->csum_start = 34;
			p->csum_offset = 16;
			p->hdr_len = 54;
			p->gso_size = 1448;
			if (total > 1514)
				p->flags |= NETPKT_TSO4;
		}
		p->done = up_done;
		upsent++;
		STAILQ_INSERT_TAIL(&q, p, link);
	}
	fake_net->xmit(fake_net, &q);
	CHECK(STAILQ_EMPTY(&q));
}

static void
release(unsigned keep)
{

	while (held > keep) {
		struct netpkt *p = heldpkt[--held];

		p->done(p);
	}
}

/* ---- a run ---- */

static void
step(void)
{
	struct front *f = &front[rnd() % NFRONT];

	if (!f->linked) {
		if (rnd() % 4 == 0)
			front_up(f);
		return;
	}
	switch (rnd() % 10) {
	case 0: case 1: case 2:
		tx_send(f);
		break;
	case 3:
		rx_post(f, rnd() % NB_RING);
		break;
	case 4: case 5:
		events(f);
		break;
	case 6:
		rx_take(f);
		tx_take(f);
		break;
	case 7:
		up_send();
		break;
	case 8:
		release(rnd() % 64);
		if (f->liar && rnd() % 4 == 0)
			lie(f);
		break;
	case 9:
		fake_time += (uint64_t)(rnd() % 100) * 10000000;
		if (rnd() % 20 == 0)
			front_down(f);		/* in the middle of it */
		break;
	}
	if (trouble != NULL) {
		trouble = NULL;
		for (f = front; f < front + NFRONT; f++)
			if (f->liar && rnd() % 2)
				front_down(f);
	}
}

static void
one(uint64_t seed)
{
	unsigned i, n;

	fake_seed(seed);
	fake_short = rnd() % 4 == 0;
	said[0] = '\0';
	for (i = 0; i < NFRONT; i++) {
		front[i].bd.dom = DOM(i);
		front[i].bd.id = 0;
		front[i].liar = rnd() % 3 == 0;
		snprintf(front[i].bd.name, sizeof(front[i].bd.name), "vif %u.0",
		    DOM(i));
		n = 0;
		while (driver->probe(&front[i].bd) != 0)
			CHECK(n++ < 1000);
	}
	for (n = 100 + rnd() % 600; n > 0; n--)
		step();
	for (i = 0; i < NFRONT; i++) {
		front_down(&front[i]);
		driver->remove(&front[i].bd);
	}
	release(0);
	CHECK(mapped == 0);
	CHECK(upsent == upback);
}

int
main(int argc, char **argv)
{
	unsigned long n;

	for (int i = 0; i < NFRONT; i++)
		for (int k = 0; k < NPAGE; k++)
			front[i].page[k] = aligned_alloc(PAGE_SIZE, PAGE_SIZE);
	fake_init();
	CHECK(driver != NULL && fake_net != NULL);
	CHECK(fake_net->open(fake_net, input, NULL) == 0);
	n = rounds(argc, argv, 1000, one);
	CHECK(delivered > n && uplinked > n / 4);
	printf("fuzz_netback: %lu runs, %u frames compared, ok\n", n, delivered);
	for (int i = 0; i < NFRONT; i++)
		for (int k = 0; k < NPAGE; k++)
			free(front[i].page[k]);
	return 0;
}
