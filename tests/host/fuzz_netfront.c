/*
 * fuzz_netfront.c: the network front end with a back end that sends right and
 * wrong answers, keeps pages mapped, and sometimes lies in its rings.  Every
 * packet received must lie within pages that are nobody else's; every packet
 * sent must come back once, broken connection or not; nothing stays behind.
 */
#include "xen/fake.h"
#include "rounds.h"
#include "../../xen/netfront.h"
#include "netheld.h"

static struct xenbus_dev xd;
static struct nf *n;
static unsigned ngood;
static uint32_t rx_seen[NF_MAXQUEUE], tx_seen[NF_MAXQUEUE];
static uint32_t rx_rsp[NF_MAXQUEUE], tx_rsp[NF_MAXQUEUE];

static uint64_t
key(const char *name)
{

	if (strcmp(name, "feature-rx-copy") == 0)
		return rnd() % 50 != 0;
	if (rnd() % 8 == 0)
		return ~0ull;
	if (strncmp(name, "feature-", 8) == 0)
		return rnd() % 3 != 0;
	if (strcmp(name, "multi-queue-max-queues") == 0)
		return rnd() % 6;
	return rnd();
}

static void
input(void *arg, struct netpktq *q)
{
	struct fake_grant *g;
	struct netpkt *p;
	uint32_t sum;
	unsigned i, k, x;

	while ((p = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, link);
		CHECK(p->nseg >= 1 && p->nseg <= NETPKT_MAXSEG);
		for (i = sum = 0; i < p->nseg; sum += p->seg[i++].len) {
			CHECK(p->seg[i].len <= p->len);
			for (k = x = 0; k < p->seg[i].len; k++)
				x += ((unsigned char *)p->seg[i].data)[k];
			CHECK(x != 0xffffffff);		/* it was readable */
		}
		CHECK(sum == p->len && p->len >= 14);
		if (p->done != NULL && rnd() % 16 == 0)
			for (g = fake_grant; g < fake_grant + FAKE_REFS; g++)
				CHECK(!g->access || g->va != (char *)
				    ((uintptr_t)p->seg[0].data & ~4095ul) ||
				    p->nseg == 1);
		if (p->flags & NETPKT_CSUM_PART)
			CHECK(p->csum_start + p->csum_offset + 2u <= p->len);
		if (p->flags & (NETPKT_TSO4 | NETPKT_TSO6))
			CHECK(p->gso_size != 0 && p->hdr_len >= 54);
		ngood++;
		keep(p, rnd() % 2 != 0);
	}
}

static void
sent_done(struct netpkt *p)
{

	came_back(p);
	free(p);
}

/* A TCP packet's headers, of either version. */
static void
headers(unsigned char *h, unsigned len, bool v6)
{

	memset(h, 0, len < 74 ? len : 74);
	if (len < 74)
		return;
	h[12] = v6 ? 0x86 : 8;
	h[13] = v6 ? 0xdd : 0;
	h[14] = v6 ? 0x60 : 0x45;
	h[v6 ? 20 : 23] = rnd() % 2 ? 6 : 17;
	h[(v6 ? 54 : 34) + 12] = 0x50 + (rnd() % 2) * 0x30;
	if (rnd() % 4 == 0)
		h[14 + rnd() % 60] = rnd();
}

static void
send_some(void)
{
	struct netpktq q = STAILQ_HEAD_INITIALIZER(q);
	struct netpkt *p;
	unsigned i, k = rnd() % 20, total;

	while (k-- > 0 && nsent < MAXSENT) {
		total = 14 + rnd() % (rnd() % 4 ? 1500 : 67000);
		p = calloc(1, sizeof(*p) + total);
		headers((unsigned char *)(p + 1), total, rnd() % 2);
		p->nseg = 1 + rnd() % (rnd() % 4 ? 6 : 30);
		p->len = total;
		for (i = 0; i < p->nseg; i++) {
			p->seg[i].len = i + 1 == p->nseg ? total :
			    rnd() % (total + 1);
			p->seg[i].data = (char *)(p + 1) + p->len - total;
			total -= p->seg[i].len;
		}
		if (rnd() % 16 == 0)
			p->nseg = rnd() % 2 ? 0 : NETPKT_MAXSEG + 1;
		p->flags = rnd() % 4 ? 0 : rnd() & 0xf;
		p->csum_start = rnd() % 100;
		p->csum_offset = rnd() % 8 ? 16 : rnd();
		p->gso_size = 1448;
		p->done = sent_done;
		p->arg = (void *)(size_t)nsent++;
		STAILQ_INSERT_TAIL(&q, p, link);
	}
	fake_net->xmit(fake_net, &q);
	CHECK(STAILQ_EMPTY(&q));
}

/* ---- the back end ---- */

static void *
entry(void *page, uint32_t i, size_t size)
{

	return (char *)page + XRING_HEAD + (i & (NF_RING - 1)) * size;
}

static void
answer_tx(struct nf_queue *q, uint16_t id, int16_t status)
{
	struct netif_tx_response r = { id, status };
	struct xring_page *page = q->txpage;

	memcpy(entry(page, tx_rsp[q->num]++, 12), &r, sizeof(r));
	page->rsp_prod = tx_rsp[q->num];
}

/* Data must be there, and be the packet's length in all. */
static void
peer_tx(struct nf_queue *q)
{
	struct xring_page *page = q->txpage;
	struct netif_tx_request r;
	unsigned k = rnd() % 40, i, sum, x = 0, slots;
	uint32_t total, prod = page->req_prod;
	char *p;

	CHECK(prod - tx_seen[q->num] <= NF_RING);
	while (k-- > 0 && tx_seen[q->num] != prod) {
		memcpy(&r, entry(page, tx_seen[q->num]++, 12), sizeof(r));
		total = r.size;
		for (sum = slots = 0;; slots++) {
			struct netif_tx_request cur = r;
			unsigned size = r.size;

			if (slots == 0) {	/* the rest, to subtract */
				uint32_t at = tx_seen[q->num];
				struct netif_tx_request t = r;

				at += (r.flags & NETTXF_extra_info) != 0;
				while (t.flags & NETTXF_more_data) {
					memcpy(&t, entry(page, at++, 12), 12);
					CHECK(t.size > 0 && t.size < size);
					size -= t.size;
				}
			}
			sum += size;
			CHECK(cur.offset + size <= PAGE_SIZE);
			CHECK((p = fake_access(cur.gref, false)) != NULL);
			for (i = 0; i < size; i++)
				x += (unsigned char)p[cur.offset + i];
			CHECK(cur.id < NF_RING);
			if (rnd() % 100 == 0)
				fake_grant[cur.gref].mapped = true;
			if (slots == 0 && (r.flags & NETTXF_extra_info)) {
				struct netif_extra_info e;

				memcpy(&e, entry(page, tx_seen[q->num]++, 12),
				    sizeof(e));
				CHECK(e.type == XEN_NETIF_EXTRA_TYPE_GSO);
				answer_tx(q, cur.id, rnd() % 9 ? 0 : -1);
				answer_tx(q, rnd(), NETIF_RSP_NULL);
			} else
				answer_tx(q, cur.id, rnd() % 9 ? 0 : -1);
			if ((r.flags & NETTXF_more_data) == 0)
				break;
			memcpy(&r, entry(page, tx_seen[q->num]++, 12),
			    sizeof(r));
		}
		CHECK(sum == total && slots < NF_TXSLOTS &&
		    x != 0x80000000);
	}
}

static void
answer_rx(struct nf_queue *q, const void *r)
{
	struct xring_page *page = q->rxpage;

	memcpy(entry(page, rx_rsp[q->num]++, 8), r, 8);
}

static void
peer_rx(struct nf_queue *q, bool liar)
{
	struct xring_page *page = q->rxpage;
	struct netif_rx_response r;
	struct netif_extra_info e;
	unsigned k = 1 + rnd() % 3, i, len;
	uint32_t prod = page->req_prod;
	struct netif_rx_request req;
	char *p;

	CHECK(prod - rx_rsp[q->num] <= NF_RING);
	if (rnd() % 30 == 0)
		k = rnd() % 60;
	if (prod - rx_rsp[q->num] < k + 4 && !liar)
		return;			/* packets and extras come whole */
	for (i = 0; i < k && rx_rsp[q->num] != prod; i++) {
		memcpy(&req, entry(page, rx_rsp[q->num], 8), 8);
		CHECK((p = fake_access(req.gref, true)) != NULL);
		memset(&r, 0, sizeof(r));
		r.id = req.id;
		len = rnd() % 4 ? rnd() % 1600 : PAGE_SIZE;
		memset(p, rnd(), len);
		if (i == 0)
			headers((unsigned char *)p, len, rnd() % 2);
		r.status = len;
		r.offset = rnd() % 8 ? 0 : rnd() % (PAGE_SIZE - len + 1);
		r.flags = i + 1 < k ? NETRXF_more_data : 0;
		if (i == 0 && rnd() % 3 == 0)
			r.flags |= NETRXF_csum_blank;
		if (rnd() % 3 == 0)
			r.flags |= NETRXF_data_validated;
		if (i == 0 && rnd() % 4 == 0)
			r.flags |= NETRXF_extra_info;
		if (liar && rnd() % 20 == 0) {
			r.offset = rnd();
			r.status = rnd();
			r.flags = rnd();
		}
		if (liar && rnd() % 400 == 0)
			r.id = rnd();
		answer_rx(q, &r);
		if (rnd() % 200 == 0)
			fake_grant[req.gref].mapped = true;
		while ((r.flags & NETRXF_extra_info) && rx_rsp[q->num] != prod) {
			memset(&e, 0, sizeof(e));
			e.type = rnd() % 20 ? 1 : rnd();
			e.flags = rx_rsp[q->num] + 8 < prod && rnd() % 8 == 0;
			e.u.gso.size = rnd() % 8 ? 1448 : rnd();
			e.u.gso.type = rnd() % 3;
			answer_rx(q, &e);
			if (!e.flags)
				break;
		}
	}
	page->rsp_prod = rx_rsp[q->num];
}

static void
peer_lies(struct nf_queue *q)
{
	struct xring_page *page = rnd() % 2 ? q->rxpage : q->txpage;

	switch (rnd() % 4) {
	case 0:
		page->rsp_prod = rnd();
		break;
	case 1:
		page->rsp_prod += rnd() % 8 - 4;
		break;
	case 2:
		answer_tx(q, rnd() % (rnd() % 2 ? NF_RING : 65536), 0);
		break;
	case 3:
		memset((char *)page + XRING_HEAD + rnd() % 3000, rnd(), 64);
		break;
	}
}

static void
intr(struct nf_queue *q)
{

	if (n->split) {
		nf_tx_intr(q);
		nf_rx_intr(q);
	} else
		nf_rx_intr(q);
}

/* ---- a connection ---- */

static bool
begin(void)
{

	memset(rx_rsp, 0, sizeof(rx_rsp));
	memset(tx_rsp, 0, sizeof(tx_rsp));
	memset(rx_seen, 0, sizeof(rx_seen));
	memset(tx_seen, 0, sizeof(tx_seen));
	fake_trouble = NULL;
	if (fake_driver->connect(&xd) != 0) {
		CHECK(n == NULL || n->nqueue == 0);
		return false;
	}
	(void)fake_driver->publish(&xd, 1);
	CHECK(fake_driver->connected(&xd, true) == 0);
	CHECK(n->nqueue >= 1 && n->nqueue <= NF_MAXQUEUE);
	return true;
}

static void
session(unsigned steps, bool liar)
{
	struct nf_queue *q;
	unsigned i;

	if (!begin())
		return;
	while (steps-- > 0 && fake_trouble == NULL) {
		q = &n->queue[rnd() % n->nqueue];
		switch (rnd() % 8) {
		case 0: case 1:
			send_some();
			break;
		case 2:
			peer_tx(q);
			break;
		case 3: case 4:
			peer_rx(q, liar);
			break;
		case 5:
			intr(q);
			break;
		case 6:
			release(rnd() % (MAXHELD + 1));
			if (rnd() % 4 == 0)
				fake_unmap_all();
			break;
		case 7:
			if (liar && rnd() % 16 == 0) {
				peer_lies(q);
				intr(q);
				/* its indices may be anything: no more of it */
				if (rnd() % 2)
					steps = 0;
				else
					fake_trouble = "enough";
			}
			break;
		}
		if (!liar && fake_trouble != NULL)
			fprintf(stderr, "%s\n", fake_trouble);
		CHECK(liar || fake_trouble == NULL);
	}
	for (i = 0; i < n->nqueue && rnd() % 2; i++)
		intr(&n->queue[i]);
	fake_driver->disconnect(&xd, rnd() % 2);
	CHECK(n->nqueue == 0 && !n->nd.linkup);
	send_some();			/* nobody there: they come back */
	/* What was mapped is let go, and the reaper finds it. */
	fake_unmap_all();
	n->reap_wanted = true;
	fake_thread_run();
	for (i = 0; i < nsent; i++)
		CHECK(back[i] == 1);
	memset(back, 0, sizeof(back));
	nsent = 0;
}

static void
one(uint64_t seed)
{
	unsigned i;

	fake_seed(seed);
	memset(&xd, 0, sizeof(xd));
	strcpy(xd.name, "vif 0");
	strcpy(xd.node, "device/vif/0");
	fake_key = key;
	fake_net = NULL;
	fake_short = false;
	said[0] = '\0';
	if (fake_driver->probe(&xd) != 0)
		abort();
	n = xd.priv;
	CHECK((n->nd.mac[0] & 1) == 0 && n->nd.mtu >= 68);
	fake_driver->attach(&xd, false);
	CHECK(fake_net == &n->nd && fake_net->open(fake_net, input, NULL) == 0);
	CHECK(fake_net->open(fake_net, input, NULL) == EBUSY);
	for (i = 0; i < 3; i++) {
		said[0] = '\0';
		fake_short = rnd() % 4 == 0;
		session(rnd() % 400, rnd() % 2);
	}
	fake_short = false;
	fake_net->close(fake_net);
	/* What the receiver still has comes back after the closing. */
	release(0);
	nf_rx_free(n);
	CHECK(fake_pages == 0 && fake_grants == 0);
	free(n);
}

int
main(int argc, char **argv)
{
	unsigned long n;

	fake_init();
	n = rounds(argc, argv, 1000, one);
	CHECK(ngood > n);
	printf("fuzz_netfront: %lu devices, %u packets received, ok\n", n,
	    ngood);
	return 0;
}
