/* admin.c: an NVMe controller off and on, and its admin commands. */
#include "nvme.h"

#define MS		1000000

int
nvme_admin(struct nvme *n, const struct nvme_sqe *e, uint32_t *dw0,
    const char *what)
{
	uint16_t status = 0;
	uint32_t dw;
	int error;

	error = nvme_ask(n->q[0], e, disk_timeout(), &dw, &status);
	if (error == 0 && STATUS(status) != 0) {
		k_printf("%s: %s: %s (0x%03x)\n", n->pci->name, what,
		    nvme_status_name(STATUS(status)), STATUS(status));
		return EIO;
	}
	if (error != 0)
		k_printf("%s: %s: no answer\n", n->pci->name, what);
	if (dw0 != NULL)
		*dw0 = dw;
	return error;
}

/* 3.1.6: until CSTS.RDY is as wanted, as long as CAP.TO allows. */
static int
wait_ready(struct nvme *n, uint32_t want)
{
	uint64_t end = k_uptime() + (CAP_TO(n->cap) + 1) * 500ull * MS;
	uint32_t v;

	for (;;) {
		v = nvme_read(n, NVME_CSTS);
		if (v == UINT32_MAX)
			return ENXIO;
		if ((v & CSTS_RDY) == want)
			return 0;
		if ((want != 0 && (v & CSTS_CFS)) || k_uptime() > end)
			return EIO;
		(void)rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL, 0, MS);
	}
}

/* Afterwards the device leaves our memory alone. */
int
nvme_disable(struct nvme *n)
{
	uint32_t cc = nvme_read(n, NVME_CC);
	int error;

	if (cc == UINT32_MAX)
		return ENXIO;
	/* 7.6.1: not before it is ready, if it was being enabled */
	if ((cc & CC_EN) && (error = wait_ready(n, CSTS_RDY)) == ENXIO)
		return error;
	nvme_write(n, NVME_CC, 0);
	return wait_ready(n, 0);
}

/* 5.3, 5.4 */
static int
create(struct nvme *n, struct nvme_queue *q)
{
	uint32_t size = (q->depth - 1u) << 16 | q->id;
	struct nvme_sqe cq = { .opc = ADM_CREATE_CQ, .prp1 = q->cqmem.pa,
	    .cdw10 = size, .cdw11 = (uint32_t)q->vector << 16 | 0x3 };
	struct nvme_sqe sq = { .opc = ADM_CREATE_SQ, .prp1 = q->sqmem.pa,
	    .cdw10 = size, .cdw11 = (uint32_t)q->id << 16 | 0x1 };
	int error;

	if ((error = nvme_admin(n, &cq, NULL, "create completion queue")) != 0)
		return error;
	return nvme_admin(n, &sq, NULL, "create submission queue");
}

/* 5.21.1.7: how many we get may be less. */
static int
ask_queues(struct nvme *n)
{
	struct nvme_sqe e = { .opc = ADM_SETFEAT, .cdw10 = FEAT_NQUEUES,
	    .cdw11 = (n->nqueue - 1) << 16 | (n->nqueue - 1) };
	uint32_t v;
	int error;

	if ((error = nvme_admin(n, &e, &v, "number of queues")) != 0)
		return error;
	if (n->nqueue > (v & 0xffff) + 1)
		n->nqueue = (v & 0xffff) + 1;
	if (n->nqueue > (v >> 16) + 1)
		n->nqueue = (v >> 16) + 1;
	return 0;
}

int
nvme_create(struct nvme *n)
{
	int error = 0;

	for (unsigned i = 1; i <= n->nqueue && error == 0; i++)
		error = create(n, n->q[i]);
	return error;
}

int
nvme_enable(struct nvme *n)
{
	struct nvme_queue *a = n->q[0];
	unsigned had = n->nqueue;
	int error;

	nvme_write(n, NVME_AQA, (a->depth - 1u) << 16 | (a->depth - 1u));
	nvme_write64(n, NVME_ASQ, a->sqmem.pa);
	nvme_write64(n, NVME_ACQ, a->cqmem.pa);
	nvme_write(n, NVME_CC, CC_ENTRIES | CC_EN);
	if ((error = wait_ready(n, CSTS_RDY)) != 0)
		return error;
	if ((error = ask_queues(n)) != 0)
		return error;
	/* After a reset there are requests in the queues that it had. */
	return n->q[1] == NULL ? 0 : n->nqueue < had ? EIO : nvme_create(n);
}
