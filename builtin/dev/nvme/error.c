/*
 * error.c: what goes wrong with an NVMe controller: commands that fail, that
 * are not answered, rings that make no sense, a device that is gone.
 */
#include "nvme.h"

#define ABORT_WAIT	2000000000ull	/* ns */
#define SHUTDOWN_WAIT	10000000000ull
#define MAXFUTILE	8

/* 4.6.1.2: SCT << 8 | SC */
static const struct { uint16_t status; const char *name; } names[] = {
	{ 0x001, "invalid opcode" }, { 0x002, "invalid field" },
	{ 0x004, "data transfer error" }, { 0x006, "internal error" },
	{ STATUS_ABORTED, "aborted" }, { 0x008, "queue deleted" },
	{ 0x00b, "invalid namespace or format" },
	{ 0x020, "namespace is write protected" },
	{ 0x080, "LBA out of range" }, { 0x081, "capacity exceeded" },
	{ 0x082, "namespace not ready" }, { 0x083, "reservation conflict" },
	{ 0x280, "write fault" }, { 0x281, "unrecovered read error" },
	{ 0x282, "guard check error" }, { 0x286, "access denied" },
	{ 0x287, "unwritten block" },
};

const char *
nvme_status_name(unsigned status)
{

	for (unsigned i = 0; i < __arraycount(names); i++)
		if (names[i].status == status)
			return names[i].name;
	return "error";
}

/* One more try, if it may have one. */
static bool
again(struct diskreq *r)
{

	if (++r->tries >= MAXTRIES)
		return false;
	__atomic_fetch_add(&r->disk->retries, 1, __ATOMIC_RELAXED);
	return true;
}

bool
nvme_failed(struct diskreq *r, unsigned status)
{
	bool more = (status & STATUS_DNR) == 0 && again(r);

	disk_complain(r->disk, r, "%s (0x%03x)%s", nvme_status_name(STATUS(status)),
	    STATUS(status), more ? ", once more" : "");
	return more;
}

/* ---- the end of a controller ---- */

bool
nvme_gone(struct nvme *n)
{

	return pcidev_read(n->pci, 0) == UINT32_MAX;
}

static void
queues_clear(struct nvme *n, bool waiting, struct diskreqs *all)
{
	struct diskreqs out;
	struct nvme_queue *q;

	STAILQ_INIT(all);
	for (unsigned i = 0; i <= n->nqueue; i++) {
		if ((q = n->q[i]) == NULL)
			continue;
		nvme_queue_clear(q, &out);
		STAILQ_CONCAT(all, &out);
		if (!waiting)
			continue;
		kmutex_enter(&q->mtx);
		STAILQ_CONCAT(all, &q->waiting);
		kmutex_exit(&q->mtx);
	}
}

static void
give_up(struct nvme *n, const char *why)
{
	struct diskreqs all;

	k_printf("%s: %s: its disks fail from now on\n", n->pci->name, why);
	pcidev_enable(n->pci, PCIDEV_OFF);	/* no late writes to memory */
	n->state = NVME_DEAD;
	queues_clear(n, true, &all);
	disk_done_all(&all, EIO);
}

/* ---- reset ---- */

/*
 * What was out begins again, in front; or fails, if it was so too often: what
 * was late, or all, if nothing was.
 */
static unsigned
requeue(struct nvme *n, struct diskreqs *all)
{
	struct diskreqs lost = STAILQ_HEAD_INITIALIZER(lost);
	struct diskreqs more = STAILQ_HEAD_INITIALIZER(more);
	struct nvme_queue *q = n->q[1];
	struct diskreq *r;
	unsigned count = 0;
	bool late = false;

	STAILQ_FOREACH(r, all, link)
		late |= r->error;
	while ((r = STAILQ_FIRST(all)) != NULL) {
		STAILQ_REMOVE_HEAD(all, link);
		if ((late && !r->error) || again(r)) {
			STAILQ_INSERT_TAIL(&more, r, link);
			count++;
		} else
			STAILQ_INSERT_TAIL(&lost, r, link);
	}
	kmutex_enter(&q->mtx);
	STAILQ_CONCAT(&more, &q->waiting);
	STAILQ_CONCAT(&q->waiting, &more);
	kmutex_exit(&q->mtx);
	STAILQ_FOREACH(r, &lost, link)
		disk_complain(r->disk, r, "no answer");
	disk_done_all(&lost, EIO);
	return count;
}

static void
reset(struct nvme *n)
{
	const char *why = n->broken;
	struct diskreqs all;
	unsigned count;
	int error;

	n->state = NVME_RESETS;		/* the rings are ours now */
	if (nvme_gone(n)) {
		give_up(n, "the device is gone");
		return;
	}
	n->resets++;
	error = ++n->futile > MAXFUTILE ? EIO : nvme_disable(n);
	if (error == 0) {
		queues_clear(n, false, &all);
		count = requeue(n, &all);
		k_printf("%s: %s: reset, %u commands once more\n",
		    n->pci->name, why, count);
		if ((error = nvme_enable(n)) != 0 &&
		    (error = nvme_disable(n)) == 0) {
			queues_clear(n, false, &all);
			error = nvme_enable(n);
		}
	}
	if (error != 0) {
		give_up(n, nvme_gone(n) ? "the device is gone" :
		    "it can't be reset");
		return;
	}
	n->broken = NULL;
	n->state = NVME_RUNS;
	for (unsigned i = 1; i <= n->nqueue; i++)
		nvme_queue_run(n->q[i]);
}

/* ---- what is late ---- */

/* 5.1: an abort is a wish; it ends with an answer, or with a reset. */
static void
abort_one(struct nvme *n, struct nvme_queue *q, unsigned cid)
{
	struct nvme_sqe e = { .opc = ADM_ABORT,
	    .cdw10 = cid << 16 | q->id };
	uint16_t status;
	uint32_t dw0;

	if (nvme_ask(n->q[0], &e, ABORT_WAIT, &dw0, &status) != 0)
		n->broken = "no answer to an abort";
}

/* Whether there is anything out. */
static bool
look(struct nvme *n, struct nvme_queue *q)
{
	uint64_t now = k_uptime(), want = 0;
	struct nvme_slot *s;
	struct diskreq *r;
	bool busy, late = false;

	kmutex_enter(&q->mtx);
	for (unsigned i = 0; i < q->depth - 1u; i++) {
		s = &q->slot[i];
		if ((r = s->req) == NULL || now < s->late)
			continue;
		late = true;
		if (s->aborted)
			n->broken = "no answer";
		else
			want |= 1ull << i;
	}
	busy = q->nbusy > 0 || !STAILQ_EMPTY(&q->waiting);
	kmutex_exit(&q->mtx);
	/* Was it only the interrupt that did not come? */
	if (late && nvme_intr(q)) {
		k_printf("%s: a lost interrupt\n", n->pci->name);
		n->broken = NULL;
		return true;
	}
	for (; want != 0 && n->broken == NULL; want &= want - 1) {
		unsigned i = (unsigned)__builtin_ctzll(want);

		kmutex_enter(&q->mtx);
		s = &q->slot[i];
		r = s->req != NULL && now >= s->late ? s->req : NULL;
		if (r != NULL) {
			disk_complain(r->disk, r, "no answer: abort");
			s->aborted = true;
			s->late = now + disk_timeout() / 4;
		}
		kmutex_exit(&q->mtx);
		if (r != NULL)
			abort_one(n, q, i);
	}
	return busy;
}

bool
nvme_tick(void *arg)
{
	struct nvme *n = arg;
	bool busy = false;
	uint32_t v;

	if (n->state != NVME_RUNS)
		return false;
	v = nvme_read(n, NVME_CSTS);
	if (n->broken == NULL && (v == UINT32_MAX || (v & CSTS_CFS) ||
	    (v & CSTS_RDY) == 0))
		n->broken = "the controller does not run";
	for (unsigned i = 1; i <= n->nqueue && n->broken == NULL; i++)
		busy |= look(n, n->q[i]);
	if (n->broken != NULL) {
		reset(n);
		busy = true;
	}
	return busy;
}

/* 7.6.2 */
void
nvme_shutdown(void *arg)
{
	struct nvme *n = arg;
	uint64_t end = k_uptime() + SHUTDOWN_WAIT;
	uint32_t cc;

	if (n->state != NVME_RUNS)
		return;
	n->state = NVME_OFF;
	cc = nvme_read(n, NVME_CC) & ~CC_SHN_MASK;
	nvme_write(n, NVME_CC, cc | CC_SHN_NORMAL);
	while (CSTS_SHST(nvme_read(n, NVME_CSTS)) < 2 && k_uptime() < end)
		(void)rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, 1000000);
}
