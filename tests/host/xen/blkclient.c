/* blkclient.c: see blkclient.h. */
#include "blkclient.h"

unsigned nring, order, asked, answered, fine;
bool abi32, greedy;
struct req reqs[MAXREQ];
static bool page_busy[FOREIGN_PAGES];
static uint32_t prod[BB_MAXRING], cons[BB_MAXRING];
static uint64_t sent[BB_MAXRING][MAXREQ];	/* ids */

struct xring_page *
front_head(unsigned q)
{

	return (void *)(foreign + (RING0 + q * 4) * PAGE_SIZE);
}

static uint32_t
entries(void)
{
	uint32_t n = 1, size = ((PAGE_SIZE << order) - 64) / (abi32 ? 108 : 112);

	while (n * 2 <= size)
		n *= 2;
	return n;
}

static char *
entry(unsigned q, uint32_t i)
{

	return (char *)front_head(q) + 64 + (i & (entries() - 1)) *
	    (abi32 ? 108 : 112);
}

/* io/blkif.h as a 32-bit compiler lays it out */
struct __attribute__((packed, aligned(4))) req32 {
	uint8_t op, nseg; uint16_t handle; uint64_t id, sector;
	struct blkif_request_segment seg[11];
};
struct __attribute__((packed, aligned(4))) ind32 {
	uint8_t op, iop; uint16_t nseg; uint64_t id, sector;
	uint16_t handle, pad; uint32_t ref[8]; uint64_t pad2;
};
struct __attribute__((packed, aligned(4))) dis32 {
	uint8_t op, flag; uint16_t handle; uint64_t id, sector, n;
};

static void
put_direct(unsigned q, unsigned op, uint64_t id, uint64_t sector,
    const struct blkif_request_segment *seg, unsigned n)
{
	struct blkif_request *b = (void *)entry(q, prod[q]);
	struct req32 *s = (void *)b;

	if (abi32) {
		*s = (struct req32){ op, n, 3, id, sector, { { 0 } } };
		memcpy(s->seg, seg, n * sizeof(*seg));
	} else {
		*b = (struct blkif_request){ op, n, 3, id, sector, { { 0 } } };
		memcpy(b->seg, seg, n * sizeof(*seg));
	}
}

static void
put_indirect(unsigned q, unsigned op, uint64_t id, uint64_t sector,
    grant_ref_t ref, unsigned n)
{
	struct blkif_request_indirect *b = (void *)entry(q, prod[q]);
	struct ind32 *s = (void *)b;

	if (abi32)
		*s = (struct ind32){ BLKIF_OP_INDIRECT, op, n, id, sector, 3, 0,
		    { ref }, 0 };
	else
		*b = (struct blkif_request_indirect){ BLKIF_OP_INDIRECT, op, n,
		    id, sector, 3, { ref } };
}

static void
put_discard(unsigned q, uint64_t id, uint64_t sector, uint64_t n)
{
	struct blkif_request_discard *b = (void *)entry(q, prod[q]);
	struct dis32 *s = (void *)b;

	if (abi32)
		*s = (struct dis32){ BLKIF_OP_DISCARD, 0, 3, id, sector, n };
	else
		*b = (struct blkif_request_discard){ BLKIF_OP_DISCARD, 0, 3,
		    id, sector, n };
}

static bool
overlaps(uint32_t sector, uint32_t n)
{
	unsigned i;

	for (i = 0; i < MAXREQ; i++)
		if (reqs[i].busy && sector < reqs[i].sector + reqs[i].n &&
		    reqs[i].sector < sector + n)
			return true;
	return false;
}

static unsigned
page_get(void)
{
	unsigned i;

	do
		i = DATA0 + rnd() % (FOREIGN_PAGES - DATA0);
	while (page_busy[i]);
	page_busy[i] = true;
	return i;
}

/* A page's part of a request: all of it but at both ends. */
static void
segment(struct req *r, unsigned i, struct blkif_request_segment *s)
{

	s->gref = FOREIGN_REF + r->page[i];
	s->first_sect = i == 0 ? r->first : 0;
	s->last_sect = i == r->nseg - 1 ? r->last : 7;
}

static void
send(struct req *r, uint64_t id)
{
	struct blkif_request_segment seg[BLK_MAXSEG], *s = seg;
	unsigned i;

	memset(seg, 0, sizeof(seg));
	for (i = 0; i < r->nseg; i++) {
		r->page[i] = page_get();
		segment(r, i, &seg[i]);
		memset(foreign + r->page[i] * PAGE_SIZE, r->fill, PAGE_SIZE);
	}
	if (r->op == BLKIF_OP_DISCARD)
		put_discard(r->ring, id, r->sector, r->n);
	else if (r->nseg > 11 || (r->nseg > 0 && rnd() % 4 == 0 &&
	    r->op < BLKIF_OP_WRITE_BARRIER)) {
		r->ind = page_get();
		memcpy(foreign + r->ind * PAGE_SIZE, s, sizeof(seg));
		put_indirect(r->ring, r->op, id, r->sector, FOREIGN_REF + r->ind,
		    r->nseg);
	} else
		put_direct(r->ring, r->op, id, r->sector, seg, r->nseg);
	sent[r->ring][prod[r->ring]++ % MAXREQ] = id;
	asked++;
}

void
front_ask(void)
{
	static const uint8_t ops[] = { BLKIF_OP_READ, BLKIF_OP_WRITE,
	    BLKIF_OP_WRITE, BLKIF_OP_READ, BLKIF_OP_READ, BLKIF_OP_WRITE,
	    BLKIF_OP_FLUSH_DISKCACHE, BLKIF_OP_WRITE_BARRIER,
	    BLKIF_OP_DISCARD };
	unsigned i, q = rnd() % nring, per = info.blksize / 512;
	struct req *r;

	for (i = 0; i < MAXREQ && reqs[i].busy; i++)
		continue;
	if (i == MAXREQ || prod[q] - cons[q] == entries())
		return;
	r = &reqs[i];
	memset(r, 0, sizeof(*r));
	r->ring = q;
	r->op = ops[rnd() % (greedy ? 6 : sizeof(ops))];
	r->fill = rnd();
	r->n = (1 + rnd() % (greedy ? 2 : rnd() % 3 ? 40 : 500)) * per;
	if (r->op == BLKIF_OP_WRITE_BARRIER)
		r->n = rnd() % 2 ? 0 : per;
	if (r->op == BLKIF_OP_FLUSH_DISKCACHE)
		r->n = 0;
	r->sector = rnd() % (SECTORS - r->n) / per * per;
	if (overlaps(r->sector, r->n))
		return;
	if (r->n > 0 && r->op != BLKIF_OP_DISCARD) {
		r->first = per == 1 ? rnd() % 8 : 0;
		r->nseg = (r->first + r->n + 7) / 8;
		r->last = (r->first + r->n - 1) % 8;
	}
	if (r->nseg > BLK_MAXSEG)
		return;
	r->busy = true;
	send(r, i);
}

void
front_publish(void)
{
	unsigned q;

	for (q = 0; q < nring; q++)
		front_head(q)->req_prod = prod[q];
}

/* Data of request and disk are the same. */
static void
compare(struct req *r, int status)
{
	uint32_t i;

	if (status != 0 || r->n == 0 || r->op == BLKIF_OP_DISCARD)
		return;
	for (i = 0; i < r->n; i++) {
		char *p = foreign + r->page[(r->first + i) / 8] * PAGE_SIZE +
		    (r->first + i) % 8 * 512;

		CHECK(memcmp(p, disk[r->sector + i], 512) == 0);
		if (r->op != BLKIF_OP_READ)
			CHECK((uint8_t)p[0] == r->fill);
	}
	fine++;
}

void
front_collect(void)
{
	struct blkif_response p;
	struct req *r;
	unsigned q, i;
	bool write;

	for (q = 0; q < nring; q++)
		for (; cons[q] != front_head(q)->rsp_prod; cons[q]++) {
			memcpy(&p, entry(q, cons[q]), 12);
			CHECK(p.id < MAXREQ && reqs[p.id].busy);
			r = &reqs[p.id];
			CHECK(r->ring == q && p.operation == r->op);
			/* in order, for a successor's sake */
			CHECK(sent[q][cons[q] % MAXREQ] == p.id);
			write = r->op != BLKIF_OP_READ &&
			    r->op != BLKIF_OP_FLUSH_DISKCACHE;
			if (readonly && write)
				CHECK(p.status == BLKIF_RSP_ERROR);
			else if (!fails)
				CHECK(p.status == 0);
			compare(r, p.status);
			for (i = 0; i < r->nseg; i++)
				page_busy[r->page[i]] = false;
			page_busy[r->ind] = false;
			r->busy = false;
			answered++;
		}
}

static uint64_t
far(void)
{
	static const uint64_t n[] = { 0, 1, SECTORS - 1, SECTORS, SECTORS + 1,
	    1ull << 32, 1ull << 55, UINT64_MAX / 512, INT64_MAX, UINT64_MAX };
	uint64_t v = n[rnd() % (sizeof(n) / sizeof(n[0]))];

	return rnd() % 3 ? v : rnd() % 2 ? v - rnd() % 520 : v + rnd() % 16;
}

/* Requests that are right but for one number. */
static void
nonsense(unsigned q)
{
	struct blkif_request_segment *s, seg[BLK_MAXSEG];
	unsigned i, n = 1 + rnd() % 11, op = rnd() % 4;

	memset(seg, 0, sizeof(seg));
	for (i = 0; i < BLK_MAXSEG; i++) {
		seg[i].gref = FOREIGN_REF + DATA0 + rnd() % (FOREIGN_PAGES - DATA0);
		seg[i].last_sect = 7;
	}
	switch (rnd() % 5) {
	case 0:
		put_direct(q, op, rnd(), far(), seg, n);
		break;
	case 1:
		put_discard(q, rnd(), far(), far());
		break;
	case 2:
		s = &seg[rnd() % n];
		s->first_sect = rnd() % 10;
		s->last_sect = rnd() % 2 ? rnd() : rnd() % 9;
		put_direct(q, op, rnd(), rnd() % SECTORS, seg, n);
		break;
	case 3:
		seg[rnd() % n].gref = rnd() % (FOREIGN_REF + FOREIGN_PAGES + 99);
		put_direct(q, op, rnd(), rnd() % SECTORS, seg, n);
		break;
	case 4:
		for (i = 0; i < PAGE_SIZE; i += sizeof(seg))
			memcpy(foreign + DATA0 * PAGE_SIZE + i, seg, sizeof(seg));
		put_indirect(q, op, rnd(), rnd() % 2 ? rnd() % 100 : far(),
		    FOREIGN_REF + DATA0, rnd() % 2 ? rnd() % 70 : rnd());
		break;
	}
	front_head(q)->req_prod = ++prod[q];
}

void
front_lie(void)
{
	unsigned q = rnd() % nring, i;
	struct blkif_request_segment *s;

	if (rnd() % 3) {
		if (prod[q] - front_head(q)->rsp_prod < entries())
			nonsense(q);
		return;
	}
	switch (rnd() % 7) {
	case 0:
		front_head(q)->req_prod += rnd() % 400;
		break;
	case 1:
		if (rnd() % 8 == 0)
			front_head(q)->req_prod = rnd();
		break;
	case 2:
		for (i = 0; i < 200; i++)
			entry(q, rnd())[rnd() % 100] = rnd();
		break;
	case 3:			/* indirect pages, while they are looked at */
		for (i = 0; i < 100; i++) {
			s = (void *)(foreign + (DATA0 + rnd() % (FOREIGN_PAGES - DATA0)) *
			    PAGE_SIZE + rnd() % 60 * 8);
			s->gref = FOREIGN_REF + rnd() % (FOREIGN_PAGES + 20);
			s->first_sect = rnd() % 9;
			s->last_sect = rnd() % 9;
		}
		break;
	case 4:
		front_head(q)->req_prod = prod[q]++;
		entry(q, prod[q])[0] = rnd() % 8;
		break;
	case 5:
		front_head(q)->rsp_prod = rnd();
		front_head(q)->rsp_event = rnd();
		break;
	case 6:
		entry(q, rnd())[0] = BLKIF_OP_INDIRECT;
		break;
	}
}

void
front_begin(void)
{
	unsigned q;

	memset(reqs, 0, sizeof(reqs));
	memset(page_busy, 0, sizeof(page_busy));
	memset(foreign, 0, DATA0 * PAGE_SIZE);
	for (q = 0; q < nring; q++) {
		prod[q] = cons[q] = 0;
		front_head(q)->req_event = front_head(q)->rsp_event = 1;
	}
}

bool
front_busy(void)
{
	unsigned i;

	for (i = 0; i < MAXREQ && !reqs[i].busy; i++)
		continue;
	return i < MAXREQ;
}
