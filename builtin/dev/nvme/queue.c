/*
 * queue.c: the rings of an NVMe controller: commands in, completions out.
 * A completion says nothing that is believed before it was compared with what
 * is out; its SQ head is not needed, since there are fewer slots than entries.
 */
#include "nvme.h"

#define POLL		10000000	/* ns: for answers without interrupt */

struct nvme_queue *
nvme_queue_new(struct nvme *n, unsigned id, unsigned depth)
{
	struct nvme_queue *q = kmem_zalloc(sizeof(*q));
	volatile uint32_t *db;
	struct diskreqs none;

	if (q == NULL)
		return NULL;
	q->n = n;
	q->id = (uint16_t)id;
	q->depth = (uint16_t)depth;
	kmutex_init(&q->mtx);
	kcond_init(&q->cv);
	if (dma_alloc(&q->sqmem, depth * sizeof(*q->sq), 0) != 0 ||
	    dma_alloc(&q->cqmem, depth * sizeof(*q->cq), 0) != 0 ||
	    (id != 0 && dma_alloc(&q->prpmem, depth * PRPS * 8, 0) != 0)) {
		nvme_queue_free(q);
		return NULL;
	}
	q->sq = q->sqmem.va;
	q->cq = q->cqmem.va;
	/* 3.1.24, 3.1.25 */
	db = (volatile uint32_t *)(n->regs + NVME_DOORBELLS);
	q->sqdb = db + ((2 * id) << CAP_DSTRD(n->cap));
	q->cqdb = db + ((2 * id + 1) << CAP_DSTRD(n->cap));
	STAILQ_INIT(&q->waiting);
	nvme_queue_clear(q, &none);
	return q;
}

void
nvme_queue_free(struct nvme_queue *q)
{

	if (q == NULL)
		return;
	dma_free(&q->sqmem);
	dma_free(&q->cqmem);
	dma_free(&q->prpmem);
	kcond_destroy(&q->cv);
	kmutex_destroy(&q->mtx);
	kmem_free(q, sizeof(*q));
}

void
nvme_queue_clear(struct nvme_queue *q, struct diskreqs *out)
{
	struct nvme_slot *s;

	STAILQ_INIT(out);
	kmutex_enter(&q->mtx);
	q->nfree = q->nbusy = 0;
	for (unsigned i = 0; i < q->depth - 1u; i++) {
		s = &q->slot[i];
		if (s->req != NULL) {
			s->req->error = s->aborted;
			STAILQ_INSERT_TAIL(out, s->req, link);
		}
		memset(s, 0, sizeof(*s));
		q->free[q->nfree++] = (uint8_t)i;
	}
	q->tail = q->head = 0;
	q->phase = CQE_PHASE;
	memset((void *)(uintptr_t)q->cq, 0, q->depth * sizeof(*q->cq));
	kmutex_exit(&q->mtx);
}

/* ---- commands; the mutex is held ---- */

static void
ring_put(struct nvme_queue *q, const struct nvme_sqe *e)
{
	uint64_t *to = (uint64_t *)(uintptr_t)&q->sq[q->tail];
	const uint64_t *from = (const uint64_t *)e;

	for (unsigned i = 0; i < sizeof(*e) / 8; i++)
		to[i] = from[i];
	q->tail = q->tail + 1 == q->depth ? 0 : q->tail + 1;
	dma_wmb();
	*q->sqdb = q->tail;
}

static struct nvme_slot *
slot_take(struct nvme_queue *q, uint16_t *cid)
{
	struct nvme_slot *s;

	*cid = q->free[--q->nfree];
	s = &q->slot[*cid];
	s->aborted = false;
	s->late = k_uptime() + disk_timeout();
	q->nbusy++;
	return s;
}

static void
slot_give(struct nvme_queue *q, uint16_t cid)
{

	q->slot[cid].req = NULL;
	q->slot[cid].admin = false;
	q->free[q->nfree++] = (uint8_t)cid;
	q->nbusy--;
}

/* 4.3: pages; the first may begin anywhere.  False: no address. */
static bool
prps(struct nvme_queue *q, struct nvme_sqe *e, uint16_t cid,
    const struct diskreq *r)
{
	const char *p = r->data, *end = p + r->len;
	uint64_t *list = (uint64_t *)q->prpmem.va + cid * PRPS, pa;
	unsigned n = 0;

	e->prp1 = pa = dma_addr(p);
	p += PAGE - ((uintptr_t)p & (PAGE - 1));
	for (; p < end && pa != UINT64_MAX; p += PAGE)
		list[n++] = pa = dma_addr(p);
	e->prp2 = n == 1 ? list[0] : n > 1 ?
	    q->prpmem.pa + cid * PRPS * 8 : 0;
	return pa != UINT64_MAX;
}

/* 6.9, 6.15 */
static bool
set_transfer(struct nvme_queue *q, struct nvme_sqe *e, const struct diskreq *r,
    unsigned shift)
{
	uint64_t lba = r->off >> shift;

	e->opc = r->op == DISK_READ ? NVM_READ : NVM_WRITE;
	e->cdw10 = (uint32_t)lba;
	e->cdw11 = (uint32_t)(lba >> 32);
	e->cdw12 = (uint32_t)(r->len >> shift) - 1;
	return prps(q, e, e->cid, r);
}

/* 6.7: one range, in memory that lies in a page. */
static bool
set_discard(struct nvme_sqe *e, const struct diskreq *r, unsigned shift)
{
	struct nvme_range *g = r->data;

	*g = (struct nvme_range){ .blocks = (uint32_t)(r->len >> shift),
	    .lba = r->off >> shift };
	e->opc = NVM_DSM;
	e->cdw10 = 0;			/* ranges, less 1 */
	e->cdw11 = DSM_DEALLOCATE;
	e->prp1 = dma_addr(g);
	return e->prp1 != UINT64_MAX;
}

/* False: the request's memory has no address. */
static bool
issue(struct nvme_queue *q, struct diskreq *r)
{
	struct nvme_ns *ns = r->disk->priv;
	struct nvme_sqe e = { .nsid = ns->id };
	struct nvme_slot *s = slot_take(q, &e.cid);
	bool ok = true;

	s->req = r;
	if (r->op == DISK_FLUSH)
		e.opc = NVM_FLUSH;
	else if (r->op == DISK_DISCARD)
		ok = set_discard(&e, r, ns->shift);
	else
		ok = set_transfer(q, &e, r, ns->shift);
	if (ok)
		ring_put(q, &e);
	else
		slot_give(q, e.cid);
	return ok;
}

/* What waits, as far as there are slots; what fails at once goes to bad. */
static void
push(struct nvme_queue *q, struct diskreqs *bad)
{
	struct diskreq *r;

	while (q->nfree > 0 && (r = STAILQ_FIRST(&q->waiting)) != NULL) {
		STAILQ_REMOVE_HEAD(&q->waiting, link);
		if (!issue(q, r))
			STAILQ_INSERT_TAIL(bad, r, link);
	}
}

/* A thread keeps to a queue, whose interrupt has a CPU. */
void
nvme_submit(struct disk *d, struct diskreq *r)
{
	struct nvme *n = ((struct nvme_ns *)d->priv)->n;
	struct nvme_queue *q = n->q[1 + (n->nqueue == 1 ? 0 :
	    ((uintptr_t)curlwp() >> 6) % n->nqueue)];
	bool bad = false;

	kmutex_enter(&q->mtx);
	if (n->state == NVME_RUNS && q->nfree > 0 &&
	    STAILQ_EMPTY(&q->waiting))
		bad = !issue(q, r);
	else if (n->state != NVME_DEAD)
		STAILQ_INSERT_TAIL(&q->waiting, r, link);
	else {
		kmutex_exit(&q->mtx);
		disk_done(r, EIO);
		return;
	}
	kmutex_exit(&q->mtx);
	if (bad)
		disk_done(r, EFAULT);
	else
		diskwatch_busy(&n->watch);
}

void
nvme_queue_run(struct nvme_queue *q)
{
	struct diskreqs bad = STAILQ_HEAD_INITIALIZER(bad);

	kmutex_enter(&q->mtx);
	push(q, &bad);
	kmutex_exit(&q->mtx);
	disk_done_all(&bad, EFAULT);
}

/* ---- completions ---- */

struct ended {
	struct diskreqs	good, failed;	/* failed: req->error is the status */
};

static void
completed(struct nvme_queue *q, const struct nvme_cqe *e, struct ended *end)
{
	struct nvme_slot *s = &q->slot[e->cid < q->depth ? e->cid : 0];

	if (e->cid >= q->depth - 1u || (s->req == NULL && !s->admin)) {
		if (q->n->broken == NULL)
			q->n->broken = "a completion of nothing";
		return;
	}
	if (s->admin) {
		s->dw0 = e->dw0;
		s->status = e->status & ~CQE_PHASE;
		kcond_broadcast(&q->cv);
	} else {
		s->req->error = e->status & ~CQE_PHASE;
		if (s->req->error == 0)
			STAILQ_INSERT_TAIL(&end->good, s->req, link);
		else
			STAILQ_INSERT_TAIL(&end->failed, s->req, link);
	}
	slot_give(q, e->cid);
}

/* At most one round.  Whether there was any; the mutex is held. */
static bool
drain(struct nvme_queue *q, struct ended *end)
{
	volatile struct nvme_cqe *c;
	struct nvme_cqe e;
	unsigned n;

	for (n = 0; n < q->depth; n++) {
		c = &q->cq[q->head];
		e.status = c->status;
		if ((e.status & CQE_PHASE) != q->phase)
			break;
		dma_rmb();
		e.dw0 = c->dw0;
		e.cid = c->cid;
		if (++q->head == q->depth) {
			q->head = 0;
			q->phase ^= CQE_PHASE;
		}
		completed(q, &e, end);
	}
	if (n > 0)
		*q->cqdb = q->head;
	return n > 0;
}

/* Again, behind what waits; or that was it. */
static void
failed(struct nvme_queue *q, struct diskreqs *list)
{
	struct diskreq *r;

	while ((r = STAILQ_FIRST(list)) != NULL) {
		STAILQ_REMOVE_HEAD(list, link);
		if (nvme_failed(r, (unsigned)r->error))
			nvme_submit(r->disk, r);
		else
			disk_done(r, EIO);
	}
}

int
nvme_intr(void *arg)
{
	struct nvme_queue *q = arg;
	struct nvme *n = q->n;
	struct ended end;
	struct diskreqs bad;
	bool any, was = false;

	do {
		STAILQ_INIT(&end.good);
		STAILQ_INIT(&end.failed);
		STAILQ_INIT(&bad);
		kmutex_enter(&q->mtx);
		/* a ring that is being reset is nobody's */
		any = n->state != NVME_DEAD && (q->id == 0 ||
		    n->state == NVME_RUNS) && drain(q, &end);
		if (any && n->state == NVME_RUNS && n->broken == NULL)
			push(q, &bad);
		kmutex_exit(&q->mtx);
		was |= any;
		if (!STAILQ_EMPTY(&end.good))
			n->futile = 0;
		disk_done_all(&end.good, 0);
		disk_done_all(&bad, EFAULT);
		failed(q, &end.failed);
	} while (any && n->broken == NULL);
	if (n->broken != NULL && n->state == NVME_RUNS)
		diskwatch_now(&n->watch);
	return was;
}

int
nvme_ask(struct nvme_queue *q, const struct nvme_sqe *cmd, uint64_t ns,
    uint32_t *dw0, uint16_t *status)
{
	uint64_t end = k_uptime() + ns;
	struct nvme_sqe e = *cmd;
	struct nvme_slot *s;
	struct ended none;
	int error = 0;

	kmutex_enter(&q->mtx);
	if (q->nfree == 0) {		/* all without an answer */
		kmutex_exit(&q->mtx);
		return EBUSY;
	}
	s = slot_take(q, &e.cid);
	s->admin = true;
	ring_put(q, &e);
	while (s->admin && error == 0) {
		if (k_uptime() >= end)
			error = ETIMEDOUT;
		else if (kcond_wait_until(&q->cv, &q->mtx, k_uptime() +
		    POLL) != 0)
			(void)drain(q, &none);
	}
	*dw0 = s->dw0;
	*status = s->status;
	kmutex_exit(&q->mtx);
	return error;
}
