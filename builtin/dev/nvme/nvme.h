/*
 * nvme.h: NVM Express 1.4 (section numbers are its base specification's), what
 * of it this driver uses, and the driver's own structures.
 *
 * Locks: a queue's mutex is for its rings, slots and waiting requests.  The
 * state changes in the controller's thread (watch) alone, and counts for a
 * request once its queue's mutex was held.
 */
#ifndef BUILTIN_NVME_H
#define BUILTIN_NVME_H

#include "../dev.h"

/* 3.1: registers */
#define NVME_CAP	0x00
#define  CAP_MQES(c)	((uint32_t)((c) & 0xffff) + 1)
#define  CAP_TO(c)	((uint32_t)((c) >> 24 & 0xff))	/* 500 ms each */
#define  CAP_DSTRD(c)	((uint32_t)((c) >> 32 & 0xf))
#define  CAP_CSS_NVM(c)	(((c) >> 37 & 1) != 0)
#define  CAP_MPSMIN(c)	((uint32_t)((c) >> 48 & 0xf))
#define NVME_VS		0x08
#define NVME_CC		0x14
#define  CC_EN		0x1
#define  CC_SHN_NORMAL	0x4000
#define  CC_SHN_MASK	0xc000
#define  CC_ENTRIES	(6u << 16 | 4u << 20)	/* 64 and 16 bytes */
#define NVME_CSTS	0x1c
#define  CSTS_RDY	0x1
#define  CSTS_CFS	0x2
#define  CSTS_SHST(v)	((v) >> 2 & 3)
#define NVME_AQA	0x24
#define NVME_ASQ	0x28
#define NVME_ACQ	0x30
#define NVME_DOORBELLS	0x1000

/* 5, 6: commands */
#define ADM_CREATE_SQ	0x01
#define ADM_CREATE_CQ	0x05
#define ADM_IDENTIFY	0x06
#define  CNS_NS		0
#define  CNS_CTRL	1
#define  CNS_ACTIVE	2
#define ADM_ABORT	0x08
#define ADM_SETFEAT	0x09
#define  FEAT_NQUEUES	0x07
#define NVM_FLUSH	0x00
#define NVM_WRITE	0x01
#define NVM_READ	0x02
#define NVM_DSM		0x09		/* 6.7 */
#define  DSM_DEALLOCATE	0x4

struct nvme_sqe {			/* 4.2 */
	uint8_t		opc, flags;
	uint16_t	cid;
	uint32_t	nsid;
	uint64_t	rsvd, mptr, prp1, prp2;
	uint32_t	cdw10, cdw11, cdw12, cdw13, cdw14, cdw15;
};
struct nvme_cqe {			/* 4.6 */
	uint32_t	dw0, dw1;
	uint16_t	sqhd, sqid, cid, status;
};
struct nvme_range {			/* 6.7: of Dataset Management */
	uint32_t	attributes, blocks;
	uint64_t	lba;
};
#define CQE_PHASE	0x1
#define STATUS(s)	((s) >> 1 & 0x7ff)	/* SCT << 8 | SC */
#define STATUS_DNR	0x8000
#define STATUS_ABORTED	0x007

#define DEPTH		64		/* of a queue: slots and one entry more */
#define ADMIN_DEPTH	8
#define PAGE		4096u
#define MAXIO		(256u << 10)
#define MAXDISCARD	(1u << 30)	/* bytes; a range has 2^32 blocks */
#define PRPS		(MAXIO / PAGE)	/* in a list, beside prp1 */
#define MAXQUEUES	16
#define MAXNS		64
#define MAXTRIES	5

struct nvme;
struct nvme_slot {
	struct diskreq	*req;		/* NULL: free, or an admin command */
	bool		admin;		/* until it is answered: */
	uint16_t	status;
	uint32_t	dw0;
	bool		aborted;
	uint64_t	late;		/* k_uptime() */
};
struct nvme_queue {
	struct nvme	*n;
	kmutex_t	mtx;
	kcond_t		cv;		/* admin: answered */
	uint16_t	id, vector;
	uint16_t	depth, tail, head, phase;
	uint16_t	nfree, nbusy;
	volatile struct nvme_sqe *sq;
	volatile struct nvme_cqe *cq;
	volatile uint32_t *sqdb, *cqdb;
	struct dma	sqmem, cqmem, prpmem;
	struct diskreqs	waiting;
	uint8_t		free[DEPTH];	/* a stack */
	struct nvme_slot slot[DEPTH];
};
struct nvme_ns {
	struct disk	d;
	struct nvme	*n;
	uint32_t	id;
	uint8_t		shift;		/* log2 of a block */
};
enum nvme_state { NVME_OFF, NVME_RUNS, NVME_RESETS, NVME_DEAD };
struct nvme {
	struct pcidev	*pci;
	volatile char	*regs;
	size_t		reglen;
	uint64_t	cap;
	enum nvme_state	state;
	const char	*broken;	/* why a reset is wanted */
	uint32_t	maxio;
	bool		cache, discards;
	unsigned	nqueue, nvector, resets;
	unsigned	futile;		/* resets since a command was good */
	char		model[48], serial[24];
	struct diskwatch watch;
	struct nvme_queue *q[MAXQUEUES + 1];	/* 0: admin */
};

static inline uint32_t
nvme_read(struct nvme *n, unsigned reg)
{

	return *(volatile uint32_t *)(n->regs + reg);
}
static inline void
nvme_write(struct nvme *n, unsigned reg, uint32_t v)
{

	*(volatile uint32_t *)(n->regs + reg) = v;
}
static inline void
nvme_write64(struct nvme *n, unsigned reg, uint64_t v)
{

	nvme_write(n, reg, (uint32_t)v);
	nvme_write(n, reg + 4, (uint32_t)(v >> 32));
}

/* ---- queue.c ---- */

struct nvme_queue *nvme_queue_new(struct nvme *, unsigned id, unsigned depth);
void	nvme_queue_free(struct nvme_queue *);
/*
 * Empty rings; the device does not run.  What was out goes to out, its error
 * whether it was late.
 */
void	nvme_queue_clear(struct nvme_queue *, struct diskreqs *out);
int	nvme_intr(void *queue);
void	nvme_submit(struct disk *, struct diskreq *);
/* An admin command, and wait: EBUSY, ETIMEDOUT. */
int	nvme_ask(struct nvme_queue *, const struct nvme_sqe *, uint64_t ns,
	    uint32_t *dw0, uint16_t *status);
/* The state has become NVME_RUNS: begin what waits. */
void	nvme_queue_run(struct nvme_queue *);

/* ---- admin.c ---- */

/* Waits; 0 and *dw0, or an error, which it has reported. */
int	nvme_admin(struct nvme *, const struct nvme_sqe *, uint32_t *dw0,
	    const char *what);
/* Off; on, with the I/O queues if they are there; those. */
int	nvme_disable(struct nvme *);
int	nvme_enable(struct nvme *);
int	nvme_create(struct nvme *);

/* ---- error.c ---- */

/* How the driver's status is called; for the log. */
const char *nvme_status_name(unsigned status);
/* Whether it is to be tried again; reports it. */
bool	nvme_failed(struct diskreq *, unsigned status);
bool	nvme_tick(void *);
void	nvme_shutdown(void *);
bool	nvme_gone(struct nvme *);	/* no configuration space any more */

#endif /* BUILTIN_NVME_H */
