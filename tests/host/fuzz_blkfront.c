/*
 * fuzz_blkfront.c: the disk front end with a back end that keeps a disk in
 * memory, fails at times, goes away in the middle and comes back, keeps pages
 * mapped, and sometimes lies in its rings.  Every request comes back once;
 * what an honest back end acknowledged is on its disk, and what was read is
 * what was written there, over any number of connections.
 */
#include "xen/fake.h"
#include "rounds.h"
#include "../../xen/blkfront.h"

#define BLOCKS	4096
#define MAXREQ	64

const char *kern_option(const char *n, size_t *len) { return NULL; }

static struct xenbus_dev xd;
static struct bf *b;
static uint8_t disk[BLOCKS][512];
static uint8_t model[BLOCKS];		/* byte that each block is full of */
static bool unsure[BLOCKS];		/* a write failed: old or new */
static uint32_t seen[BF_MAXRING], rsp[BF_MAXRING];
static unsigned ndone, nok;
static bool fails, liar;

static struct req {
	struct blk_req	r;
	bool		busy;
	uint8_t		fill;
	uint32_t	block, n;
	char		*buf;
} reqs[MAXREQ];

static uint64_t
key(const char *name)
{

	if (strcmp(name, "sectors") == 0)
		return BLOCKS;
	if (strcmp(name, "sector-size") == 0)
		return 512;
	if (strcmp(name, "info") == 0)
		return 0;
	if (rnd() % 8 == 0)
		return ~0ull;
	if (strcmp(name, "feature-max-indirect-segments") == 0)
		return rnd() % 3 ? 256 : rnd() % 300;
	if (strcmp(name, "multi-queue-max-queues") == 0)
		return rnd() % 6;
	if (strcmp(name, "max-ring-page-order") == 0)
		return rnd() % 5;
	if (strncmp(name, "feature-", 8) == 0)
		return rnd() % 2;
	return rnd();
}

static bool
overlaps(uint32_t block, uint32_t n)
{
	unsigned i;

	for (i = 0; i < MAXREQ; i++)
		if (reqs[i].busy && block < reqs[i].block + reqs[i].n &&
		    reqs[i].block < block + n)
			return true;
	return false;
}

static void
done(struct blk_req *r, int error)
{
	struct req *q = r->arg;
	uint32_t i, k;

	CHECK(q->busy);
	q->busy = false;
	ndone++;
	if (r->op == BLK_WRITE)
		for (i = 0; i < q->n; i++) {
			unsure[q->block + i] = error != 0;
			model[q->block + i] = q->fill;
			if (error == 0 && !liar)
				CHECK(disk[q->block + i][0] == q->fill &&
				    disk[q->block + i][511] == q->fill);
		}
	if (r->op == BLK_DISCARD && error != EOPNOTSUPP)
		for (i = 0; i < q->n; i++)
			unsure[q->block + i] = true;
	if (r->op == BLK_READ && error == 0 && !liar)
		for (i = 0; i < q->n; i++)
			for (k = 0; k < 512; k += 73)
				CHECK((uint8_t)q->buf[i * 512 + k] ==
				    disk[q->block + i][k]);
	nok += error == 0;
	free(q->buf);
	q->buf = NULL;
}

static void
submit_one(void)
{
	struct req *q;
	unsigned i;

	for (i = 0; i < MAXREQ && reqs[i].busy; i++)
		continue;
	if (i == MAXREQ)
		return;
	q = &reqs[i];
	memset(q, 0, sizeof(*q));
	q->n = 1 + rnd() % (rnd() % 4 ? 16 : 1500);
	q->block = rnd() % BLOCKS;
	if (q->block + q->n > BLOCKS)
		q->n = BLOCKS - q->block;
	if (overlaps(q->block, q->n))
		return;
	q->r.op = rnd() % 10 == 0 ? BLK_FLUSH : rnd() % 2 ? BLK_READ :
	    BLK_WRITE;
	if (rnd() % 16 == 0)
		q->r.op = BLK_DISCARD;
	if (q->r.op == BLK_FLUSH)
		q->n = 0;
	q->buf = malloc(q->n * 512 + 1);
	q->fill = rnd();
	memset(q->buf, q->fill, q->n * 512);
	q->r.off = q->block * 512ull;
	q->r.len = q->n * 512ull;
	q->r.data = q->buf;
	if (rnd() % 40 == 0)		/* refused at once */
		q->r.off = rnd() % 2 ? BLOCKS * 512ull : q->r.off + 1;
	if (q->r.off != q->block * 512ull)
		q->n = 0;
	q->r.done = done;
	q->r.arg = q;
	q->busy = true;
	fake_blk->submit(fake_blk, &q->r);
}

/* ---- the back end ---- */

static void *
entry(struct bf_ring *r, uint32_t i)
{

	return (char *)r->pages + XRING_HEAD + (i & (r->ring.size - 1)) *
	    sizeof(union blkif_sring_entry);
}

static void
answer(struct bf_ring *r, uint64_t id, int status)
{
	unsigned k = r - b->ring;
	struct blkif_response p = { id, rnd(), (int16_t)status };

	memcpy(entry(r, rsp[k]++), &p, sizeof(p));
	((struct xring_page *)r->pages)->rsp_prod = rsp[k];
}

/* All that a request's segments say must be there. */
static int
transfer(unsigned op, uint64_t sector, const struct blkif_request_segment *s,
    unsigned n)
{
	char *p;
	unsigned i, k;

	CHECK(n > 0 && n <= BF_MAXSEG);
	for (i = 0; i < n; i++) {
		CHECK(s[i].first_sect <= s[i].last_sect && s[i].last_sect < 8);
		CHECK((p = fake_access(s[i].gref, op == BLKIF_OP_READ)) != NULL);
		for (k = s[i].first_sect; k <= s[i].last_sect; k++, sector++) {
			CHECK(sector < BLOCKS);
			if (op == BLKIF_OP_WRITE)
				memcpy(disk[sector], p + k * 512, 512);
			else
				memcpy(p + k * 512, disk[sector], 512);
		}
		if (rnd() % 200 == 0)
			fake_grant[s[i].gref].mapped = true;
	}
	return BLKIF_RSP_OKAY;
}

static void
serve(struct bf_ring *r, const struct blkif_request *q)
{
	struct blkif_request_indirect x;
	struct blkif_request_discard d;
	unsigned op = q->operation;
	int status = BLKIF_RSP_OKAY;
	char *p;

	memcpy(&x, q, sizeof(x));
	if (fails && rnd() % 30 == 0)
		status = -1 - (int)(rnd() % 2);
	else if (op == BLKIF_OP_INDIRECT) {
		CHECK(x.nr_segments > BLKIF_MAX_SEGMENTS_PER_REQUEST);
		CHECK((p = fake_access(x.indirect_grefs[0], false)) != NULL);
		status = transfer(x.indirect_op, x.sector_number, (void *)p,
		    x.nr_segments);
	} else if (op == BLKIF_OP_READ || op == BLKIF_OP_WRITE)
		status = transfer(op, q->sector_number, q->seg,
		    q->nr_segments);
	else if (op == BLKIF_OP_DISCARD) {
		memcpy(&d, q, sizeof(d));
		CHECK(d.nr_sectors > 0 && d.sector_number < BLOCKS &&
		    d.nr_sectors <= BLOCKS - d.sector_number);
		memset(disk[d.sector_number], 0, d.nr_sectors * 512);
		answer(r, d.id, status);
		return;
	} else
		CHECK((op == BLKIF_OP_FLUSH_DISKCACHE ||
		    op == BLKIF_OP_WRITE_BARRIER) && q->nr_segments == 0);
	answer(r, op == BLKIF_OP_INDIRECT ? x.id : q->id, status);
}

static void
peer(struct bf_ring *r)
{
	struct xring_page *page = r->pages;
	struct blkif_request q[64];
	unsigned k = r - b->ring, n = 0, i;

	CHECK(page->req_prod - seen[k] <= r->ring.size);
	while (n < 64 && seen[k] != page->req_prod && rnd() % 8)
		memcpy(&q[n++], entry(r, seen[k]++), sizeof(q[0]));
	while (n > 0) {			/* in any order */
		i = rnd() % n;
		serve(r, &q[i]);
		q[i] = q[--n];
	}
}

static void
lie(struct bf_ring *r)
{
	struct xring_page *page = r->pages;

	switch (rnd() % 4) {
	case 0:
		page->rsp_prod = rnd();
		break;
	case 1:
		page->rsp_prod += rnd() % 8 - 4;
		break;
	case 2:
		answer(r, rnd() % 2 ? rnd() : rnd() % r->ring.size, 0);
		break;
	case 3:
		memset((char *)page + XRING_HEAD + rnd() % 3000, rnd(), 64);
		break;
	}
}

/* ---- connections ---- */

static bool
begin(void)
{

	memset(seen, 0, sizeof(seen));
	memset(rsp, 0, sizeof(rsp));
	fake_trouble = NULL;
	if (fake_driver->connect(&xd) != 0) {
		CHECK(b->nring == 0);
		return false;
	}
	(void)fake_driver->publish(&xd, 1);
	CHECK(fake_driver->connected(&xd, true) == 0);
	CHECK(b->nring >= 1 && b->nring <= BF_MAXRING);
	return true;
}

static void
session(unsigned steps)
{
	struct bf_ring *r;

	if (!begin())
		return;
	while (steps-- > 0 && fake_trouble == NULL) {
		r = &b->ring[rnd() % b->nring];
		switch (rnd() % 6) {
		case 0: case 1:
			submit_one();
			break;
		case 2: case 3:
			peer(r);
			break;
		case 4:
			bf_intr(r);
			break;
		case 5:
			if (liar && rnd() % 16 == 0) {
				lie(r);
				bf_intr(r);
				steps = 0;
			}
			break;
		}
		CHECK(liar || fake_trouble == NULL);
	}
}

/* Until all is done: an honest back end answers everything. */
static void
settle(void)
{
	unsigned i, k, busy = 1, rounds = 0;

	while (busy) {
		for (i = 0; i < b->nring; i++) {
			peer(&b->ring[i]);
			bf_intr(&b->ring[i]);
		}
		for (k = busy = 0; k < MAXREQ; k++)
			busy += reqs[k].busy;
		CHECK(fake_trouble == NULL && rounds++ < 20000);
	}
}

static void
check_disk(void)
{
	uint32_t i;

	for (i = 0; i < BLOCKS; i++)
		CHECK(unsure[i] || disk[i][0] == model[i]);
}

static void
one(uint64_t seed)
{
	unsigned i, k;

	fake_seed(seed);
	memset(&xd, 0, sizeof(xd));
	strcpy(xd.name, "vbd 0");
	fake_key = key;
	said[0] = '\0';
	CHECK(fake_driver->probe(&xd) == 0);
	b = xd.priv;
	memset(disk, 0, sizeof(disk));
	memset(model, 0, sizeof(model));
	memset(unsure, 0, sizeof(unsure));
	fails = rnd() % 2;
	liar = rnd() % 3 == 0;
	fake_short = false;
	CHECK(begin());
	fake_driver->disconnect(&xd, false);
	fake_driver->attach(&xd, false);
	CHECK(fake_blk->open(fake_blk) == 0 && fake_blk->open(fake_blk) == EBUSY);
	for (i = 0; i < 4; i++) {
		fake_short = rnd() % 4 == 0;
		session(rnd() % 300);
		fake_short = false;
		fake_unmap_all();
		fake_driver->disconnect(&xd, false);
		CHECK(b->nring == 0 && b->npages == 0);
		submit_one();		/* waits */
	}
	liar = false;
	if (rnd() % 4) {
		CHECK(begin());
		settle();
		check_disk();
		fake_driver->disconnect(&xd, false);
	} else				/* unplugged: all fail */
		fake_driver->disconnect(&xd, true);
	for (k = 0; k < MAXREQ; k++)
		CHECK(!reqs[k].busy);
	fake_blk->close(fake_blk);
	fake_unmap_all();
	CHECK(fake_pages == 0 && fake_grants == 0);
	free(b);
}

int
main(int argc, char **argv)
{
	unsigned long n;

	fake_init();
	n = rounds(argc, argv, 1000, one);
	CHECK(nok > n);
	printf("fuzz_blkfront: %lu disks, %u requests, %u good, ok\n", n,
	    ndone, nok);
	return 0;
}
