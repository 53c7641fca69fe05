/*
 * fuzz_nvme.c: the NVMe driver with a controller made of memory: one that does
 * what it is told, in any order, with errors, without answers, without
 * interrupts; one that completes what was never asked; one that is unplugged.
 * Every request comes back once; what an honest one confirmed is there.
 */
#include "disk_fake.h"
#include "rounds.h"
#include "../../builtin/dev/nvme/nvme.h"

#define NQ		5
#define DISK		(1u << 20)

static volatile uint32_t regs[0x4000 / 4];
#define REG(r)		regs[(r) / 4]
#define REG64(r)	(REG(r) | (uint64_t)REG((r) + 4) << 32)
#define DB(n)		REG(NVME_DOORBELLS + ((n) * 4 << CAP_DSTRD(REG64(NVME_CAP))))

struct ring {
	uint64_t	sq, cq;
	unsigned	size, sqhead, cqtail, cqid;
	bool		phase, cqused, sqused;
};
static struct ring ring[NQ];
static struct nvme_sqe out[NQ][DEPTH];	/* fetched, not yet answered */
static unsigned nout[NQ];
static uint8_t disk[DISK];
static uint8_t shift;			/* of a block */
static unsigned mdts, granted, nns, resets;
static bool vwc, dsm, liar, deaf, old, badids;
static unsigned long ndiscard;
static unsigned errors, silence, nointr;	/* one in so many; 0: none */

static void
power_up(void)
{
	uint64_t cap = (uint64_t)1 << 37 | 1ull << 24 | (1 + rnd() % 200);

	if (rnd() % 20 == 0)
		cap = (uint64_t)rnd() << 32 | rnd();
	if (rnd() % 50 == 0)
		cap = UINT64_MAX;
	memset((void *)(uintptr_t)regs, 0, sizeof(regs));
	memset(ring, 0, sizeof(ring));
	memset(nout, 0, sizeof(nout));
	REG(NVME_CAP) = (uint32_t)cap;
	REG(NVME_CAP + 4) = (uint32_t)(cap >> 32);
	REG(NVME_VS) = old ? 0x10000 : 0x10400;
}

static void
interrupt(unsigned v)
{

	v = fake_vectors > 1 ? v : 0;
	if ((nointr == 0 || rnd() % nointr) && fake_intr[v] != NULL) {
		(void)fake_intr[v](fake_intrarg[v]);
		fake_locks_free();
	}
}

static bool
answer(unsigned q, uint16_t cid, unsigned status, uint32_t dw0)
{
	struct ring *r = &ring[q];
	volatile struct nvme_cqe *c = (void *)(uintptr_t)(r->cq + r->cqtail *
	    sizeof(*c));

	if ((r->cqtail + 1) % r->size == DB(2 * q + 1))
		return false;		/* full */
	c->dw0 = dw0;
	c->sqhd = liar ? (uint16_t)rnd() : (uint16_t)r->sqhead;
	c->sqid = (uint16_t)q;
	c->cid = cid;
	c->status = (uint16_t)(status << 1 | r->phase);
	if (++r->cqtail == r->size) {
		r->cqtail = 0;
		r->phase = !r->phase;
	}
	return true;
}

/* ---- admin commands ---- */

static void
identify(const struct nvme_sqe *e)
{
	uint8_t *p = (void *)(uintptr_t)e->prp1;
	uint64_t blocks = DISK >> shift;

	memset(p, 0, PAGE);
	if (liar && rnd() % 8 == 0) {
		for (unsigned i = 0; i < PAGE; i++)
			p[i] = rnd();
		return;
	}
	switch (e->cdw10 & 0xff) {
	case CNS_CTRL:
		memset(p + 4, ' ', 60);
		memcpy(p + 4, "12345678901234567890", rnd() % 21);
		memset(p + 24, 'x', rnd() % 41);
		p[77] = mdts;
		p[525] = vwc;
		p[520] = dsm << 2 | (rnd() & 0x3b);
		p[516] = nns;
		break;
	case CNS_ACTIVE:
		for (unsigned i = 0; i < nns; i++)
			p[4 * i] = i + 1;
		if (badids)
			p[4 * nns + 1] = 77;
		break;
	case CNS_NS:
		if (e->nsid == 2)
			break;			/* inactive */
		memcpy(p, &blocks, 8);
		p[26] = 3;
		p[128 + 12 + 2] = shift;
		p[128 + 12] = e->nsid == 3 ? 8 : 0;	/* with metadata */
		p[99] = e->nsid == 4;		/* write protected */
		break;
	}
}

static void
admin(const struct nvme_sqe *e)
{
	unsigned q = e->cdw10 & 0xffff, status = 0;
	uint32_t dw0 = 0;

	if (liar && rnd() % 8 == 0)
		status = 1 + rnd() % 0x7ff;	/* not done, and it says so */
	else switch (e->opc) {
	case ADM_IDENTIFY:
		CHECK(e->prp1 % PAGE == 0);
		identify(e);
		break;
	case ADM_SETFEAT:
		dw0 = liar ? rnd() : (granted - 1) << 16 | (granted - 1);
		break;
	case ADM_CREATE_CQ:
		CHECK(q > 0 && q < NQ && (q <= granted || liar));
		CHECK((e->cdw11 & 3) == 3 && !ring[q].cqused);
		CHECK((e->cdw11 >> 16) == (fake_vectors > 1 ? q : 0));
		ring[q] = (struct ring){ .cq = e->prp1, .cqused = true,
		    .size = (e->cdw10 >> 16) + 1, .phase = true };
		CHECK(ring[q].size <= (REG(NVME_CAP) & 0xffff) + 1);
		break;
	case ADM_CREATE_SQ:
		CHECK(q > 0 && q < NQ && ring[q].cqused && !ring[q].sqused);
		CHECK((e->cdw11 >> 16) == q);
		ring[q].sq = e->prp1;
		ring[q].sqused = true;
		break;
	case ADM_ABORT:
		dw0 = 1;		/* not done */
		if (rnd() % 2)
			break;
		q = e->cdw10 & 0xffff;
		for (unsigned i = 0; q < NQ && i < nout[q]; i++)
			if (out[q][i].cid == e->cdw10 >> 16) {
				dw0 = 0;
				if (answer(q, out[q][i].cid, STATUS_ABORTED, 0))
					out[q][i] = out[q][--nout[q]];
				break;
			}
		break;
	default:
		CHECK(!"an admin command that the driver has not");
	}
	(void)answer(0, e->cid, status, dw0);
}

/* ---- I/O commands ---- */

static void
transfer(const struct nvme_sqe *e)
{
	uint64_t at = (e->cdw10 | (uint64_t)e->cdw11 << 32) << shift, pa;
	size_t len = ((size_t)(e->cdw12 & 0xffff) + 1) << shift, n;
	const uint64_t *list = NULL;

	CHECK(at + len <= DISK);
	CHECK((e->prp1 & 3) == 0);
	CHECK(liar || mdts == 0 || len <= (size_t)PAGE << mdts);
	for (pa = e->prp1; len > 0; len -= n, at += n) {
		n = PAGE - (pa & (PAGE - 1));
		n = n < len ? n : len;
		if (e->opc == NVM_READ)
			memcpy((void *)(uintptr_t)pa, disk + at, n);
		else
			memcpy(disk + at, (void *)(uintptr_t)pa, n);
		if (n == len)
			continue;
		if (list == NULL && len - n <= PAGE)
			pa = e->prp2;
		else {
			if (list == NULL)
				list = (void *)(uintptr_t)e->prp2;
			CHECK(((uintptr_t)list & 7) == 0);
			pa = *list++;
		}
		CHECK((pa & (PAGE - 1)) == 0);
	}
}

/* Dataset Management; what was deallocated reads as zeroes here. */
static void
deallocate(const struct nvme_sqe *e)
{
	const struct nvme_range *g = (void *)(uintptr_t)e->prp1;
	uint64_t at = g->lba << shift, len = (uint64_t)g->blocks << shift;

	CHECK(dsm && e->cdw10 == 0 && e->cdw11 == DSM_DEALLOCATE);
	CHECK((e->prp1 & 3) == 0 && e->prp1 % PAGE + sizeof(*g) <= PAGE);
	CHECK(g->attributes == 0 && len > 0 && at + len <= DISK);
	memset(disk + at, 0, len);
	ndiscard++;
}

static void
io(unsigned q, const struct nvme_sqe *e)
{
	static const uint16_t bad[] = { 0x280, 0x281, 0x006, 0x082, 0x111 };
	unsigned status = 0;

	CHECK(e->opc == NVM_READ || e->opc == NVM_WRITE ||
	    e->opc == NVM_FLUSH || e->opc == NVM_DSM);
	CHECK(e->nsid >= 1 && (e->nsid <= nns || liar));
	if (errors != 0 && rnd() % errors == 0)
		status = bad[rnd() % 5] | (liar && rnd() % 2 ? 0x4000 : 0);
	else if (e->opc == NVM_DSM && !liar)
		deallocate(e);
	else if (e->opc != NVM_FLUSH && !liar)
		transfer(e);	/* after a lie it may be another's memory */
	if (!answer(q, e->cid, status, 0))
		CHECK(!"no room for a completion");
}

/* Take what is in the ring; it may be answered later. */
static void
fetch(unsigned q)
{
	struct ring *r = &ring[q];
	uint32_t tail = DB(2 * q);
	const struct nvme_sqe *e;

	CHECK(tail < r->size);
	while (r->sqhead != tail && nout[q] < DEPTH) {
		e = (void *)(uintptr_t)(r->sq + r->sqhead * sizeof(*e));
		if (q == 0)
			admin(e);
		else
			out[q][nout[q]++] = *e;
		r->sqhead = (r->sqhead + 1) % r->size;
	}
}

static void
lie(void)
{
	unsigned q = rnd() % NQ;

	if (ring[q].size == 0)
		return;
	switch (rnd() % 8) {
	case 0:
		REG(NVME_CSTS) = rnd() % 2 ? CSTS_CFS | CSTS_RDY : 0;
		break;
	case 1:
		REG(NVME_CSTS) = rnd();
		break;
	default:		/* not of an admin command: it has no place */
		if (q != 0)
			(void)answer(q, rnd() % 2 ? rnd() : rnd() % DEPTH,
			    rnd() % 2 ? 0 : rnd() & 0x7fff, rnd());
	}
}

static void
run(void)
{
	unsigned q, i, n;

	fetch(0);
	interrupt(0);
	for (q = 1; q < NQ; q++) {
		if (!ring[q].sqused)
			continue;
		fetch(q);
		for (n = nout[q] > 0 ? rnd() % (nout[q] + 1) : 0; n > 0; n--) {
			i = rnd() % nout[q];
			/* a silent one stays until a reset */
			if (silence == 0 || rnd() % silence)
				io(q, &out[q][i]);
			else {
				deaf |= rnd() % 4 == 0;
				break;
			}
			out[q][i] = out[q][--nout[q]];
		}
		interrupt(q);
	}
}

void
fake_step(void)
{
	uint32_t cc = REG(NVME_CC);

	if (fake_gone) {
		for (unsigned i = 0; i < 0x2000 / 4; i++)
			regs[i] = 0xffffffff;
		return;
	}
	if ((cc & CC_EN) == 0) {
		if (REG(NVME_CSTS) & CSTS_RDY)
			resets++;
		memset(ring, 0, sizeof(ring));
		memset(nout, 0, sizeof(nout));
		for (unsigned i = NVME_DOORBELLS / 4; i < sizeof(regs) / 4; i++)
			regs[i] = 0;
		REG(NVME_CSTS) = 0;
		deaf = false;
		return;
	}
	if (!fake_decodes)
		return;
	if ((REG(NVME_CSTS) & CSTS_RDY) == 0 && (!liar || rnd() % 4)) {
		CHECK((cc >> 16 & 0xff) == 0x46 && (cc >> 7 & 0xf) == 0);
		if (ring[0].size == 0)
			ring[0] = (struct ring){ .sq = REG64(NVME_ASQ),
			    .cq = REG64(NVME_ACQ), .phase = true,
			    .size = (REG(NVME_AQA) & 0xfff) + 1 };
		CHECK((ring[0].sq | ring[0].cq) % PAGE == 0);
		REG(NVME_CSTS) = CSTS_RDY;
	}
	if (CC_SHN_MASK & cc)
		REG(NVME_CSTS) |= 2 << 2;
	if (liar && rnd() % 64 == 0)
		lie();
	if ((REG(NVME_CSTS) & CSTS_RDY) && !deaf)
		run();
}

static unsigned long nreq, nlost, nattached, nresets;

static void
session(struct client *c, unsigned steps)
{
	bool whole = !liar && rnd() % 2;

	c->liar = liar;
	if (whole)
		errors = silence = 0;
	client_session(c, steps, whole, NULL);
	nreq += c->ndone;
	nlost += c->nerror;
}

static void
one(uint64_t seed)
{
	static struct client c;
	int i, n;

	fake_seed(seed);
	fake_regs = (volatile char *)regs;
	fake_reglen = rnd() % 30 ? sizeof(regs) : rnd() % sizeof(regs);
	fake_vectors = rnd() % 3 ? 1 + rnd() % 6 : 0;
	fake_short = rnd() % 16 ? 0 : 1 + rnd() % 40;
	k_ncpu = 1 + rnd() % 4;
	liar = deaf = false;
	old = rnd() % 4 == 0;
	shift = 9 + rnd() % 4;
	mdts = rnd() % 8;
	vwc = rnd() % 2;
	dsm = rnd() % 4 != 0;
	nns = 1 + rnd() % 4;
	badids = rnd() % 4 == 0;
	granted = 1 + rnd() % 4;
	errors = rnd() % 2 ? 0 : 20 + rnd() % 100;
	silence = rnd() % 2 ? 0 : 200 + rnd() % 1000;
	nointr = rnd() % 2 ? 0 : 5;
	resets = 0;
	memset(disk, 0, sizeof(disk));
	power_up();
	liar = rnd() % 4 == 0;
	if (fake_attach(0x010802) != 0)
		return;
	nattached++;
	n = fake_ndisk;
	if (!liar && fake_short == 0)
		CHECK(n == (nns >= 4 ? 2 : 1));
	fake_short = 0;
	for (i = 0; i < n && i < 1; i++) {
		if (liar && (fake_disk[i]->size > DISK ||
		    fake_disk[i]->blksize != 1u << shift))
			continue;		/* it said so */
		client_new(&c, fake_disk[i]);
		session(&c, 300 + rnd() % 2000);
		/* without lies, a request fails only after many tries */
		CHECK(liar || c.nerror * 50 <= c.ndone + 50);
		client_free(&c);
	}
	nresets += resets;
	fake_shutdown();
	fake_locks_free();
}

int
main(int argc, char **argv)
{
	unsigned long n;

	n = rounds(argc, argv, 300, one);
	printf("fuzz_nvme: %lu controllers, %lu attached, %lu requests, "
	    "%lu discards, %lu failed, %lu resets, ok\n", n, nattached, nreq,
	    ndiscard, nlost, nresets);
	return 0;
}
