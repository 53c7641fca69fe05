/*
 * port.c: commands to a disk at an AHCI port, and their completions.
 * With NCQ up to 32 are out; a flush or a discard is alone, because it is no NCQ
 * command (5.6.4.2).  Nothing is taken for done in a look at the port that also shows
 * an error: all that is out is done again.
 */
#include "ahci.h"

/* ---- commands; the mutex is held ---- */

void
ahci_fis(struct ahci_port *p, unsigned slot, uint8_t cmd, unsigned nprd,
    bool write)
{
	struct ahci_header *h = &p->mem->header[slot];
	struct ahci_table *t = &p->mem->table[slot];

	memset(t->fis, 0, 20);
	t->fis[0] = 0x27;		/* register, host to device */
	t->fis[1] = 0x80;		/* a command */
	t->fis[2] = cmd;
	t->fis[7] = 0x40;		/* LBA */
	h->flags = (uint16_t)(5 | (write ? HDR_WRITE : 0));
	h->prdtl = (uint16_t)nprd;
	h->prdbc = 0;
	h->table = p->dma.pa + ((char *)t - (char *)p->mem);
}

/* Pieces of memory, pages that follow each other as one; 0: no address. */
static unsigned
prdt(struct ahci_table *t, const char *p, size_t len)
{
	const char *end = p + len;
	uint64_t pa, next = UINT64_MAX;
	unsigned nprd = 0;
	size_t n;

	for (; p < end; p += n) {
		n = PAGE - ((uintptr_t)p & (PAGE - 1));
		n = n < (size_t)(end - p) ? n : (size_t)(end - p);
		if ((pa = dma_addr(p)) == UINT64_MAX)
			return 0;
		if (pa == next)
			t->prd[nprd - 1].len += (uint32_t)n;
		else
			t->prd[nprd++] = (struct ahci_prd){ .addr = pa,
			    .len = (uint32_t)n - 1 };
		next = pa + n;
	}
	return nprd;
}

static void
set_lba(uint8_t *fis, uint64_t lba)
{

	for (unsigned i = 0; i < 3; i++) {
		fis[4 + i] = (uint8_t)(lba >> 8 * i);
		fis[8 + i] = (uint8_t)(lba >> (24 + 8 * i));
	}
}

/* Place and count of a read or a write. */
static void
set_transfer(uint8_t *fis, const struct diskreq *r, uint32_t blksize,
    unsigned slot, bool ncq)
{
	uint32_t count = (uint32_t)(r->len / blksize);

	set_lba(fis, r->off / blksize);
	if (ncq) {			/* count and tag */
		fis[3] = (uint8_t)count;
		fis[11] = (uint8_t)(count >> 8);
		fis[12] = (uint8_t)(slot << 3);
	} else {
		fis[12] = (uint8_t)count;
		fis[13] = (uint8_t)(count >> 8);
	}
}

/* ACS-2: entries of 48 bits of address and 16 of count; 0 blocks: none. */
static void
set_discard(uint8_t *fis, const struct diskreq *r, uint32_t blksize)
{
	uint64_t *list = r->data, lba = r->off / blksize, left, n;
	unsigned i;

	left = r->len / blksize;
	for (i = 0; i < NRANGE; i++, lba += n, left -= n) {
		n = left < RANGE ? left : RANGE;
		list[i] = n > 0 ? n << 48 | lba : 0;
	}
	fis[3] = DSM_TRIM;		/* features */
	fis[12] = 1;			/* sectors of the list */
}

static uint8_t
opcode(const struct diskreq *r, bool ncq)
{

	switch (r->op) {
	case DISK_FLUSH:
		return ATA_FLUSH_EXT;
	case DISK_DISCARD:
		return ATA_DSM;
	case DISK_WRITE:
		return ncq ? ATA_WRITE_FPDMA : ATA_WRITE_DMA_EXT;
	default:
		return ncq ? ATA_READ_FPDMA : ATA_READ_DMA_EXT;
	}
}

/* False: the request's memory has no address. */
static bool
issue(struct ahci_port *p, struct diskreq *r, bool ncq)
{
	unsigned slot = (unsigned)__builtin_ctz(p->slots & ~p->out), nprd = 0;
	struct ahci_table *t = &p->mem->table[slot];
	uint32_t bit = 1u << slot;

	if (r->op != DISK_FLUSH && (nprd = prdt(t, r->data,
	    r->op == DISK_DISCARD ? DISK_LIST : r->len)) == 0)
		return false;
	ahci_fis(p, slot, opcode(r, ncq), nprd, r->op == DISK_WRITE ||
	    r->op == DISK_DISCARD);
	if (r->op == DISK_DISCARD)
		set_discard(t->fis, r, p->d.blksize);
	else if (r->op != DISK_FLUSH)
		set_transfer(t->fis, r, p->d.blksize, slot, ncq);
	p->slot[slot].req = r;
	p->slot[slot].late = k_uptime() + disk_timeout();
	p->queued = ncq;
	p->out |= bit;
	dma_wmb();
	if (ncq)
		ahci_write(p->regs, P_SACT, bit);
	ahci_write(p->regs, P_CI, bit);
	return true;
}

static bool
alone(const struct diskreq *r)
{

	return r->op == DISK_FLUSH || r->op == DISK_DISCARD;
}

/* May r go now?  Commands that are out at the same time are of a kind. */
static bool
may_go(struct ahci_port *p, const struct diskreq *r, bool *ncq)
{

	*ncq = p->ncq && p->single == 0 && !alone(r);
	if (p->out == 0)
		return true;
	return p->single == 0 && !alone(r) && *ncq == p->queued &&
	    (p->slots & ~p->out) != 0 &&
	    (p->queued || !alone(p->slot[__builtin_ctz(p->out)].req));
}

static void
push(struct ahci_port *p, struct diskreqs *bad)
{
	struct diskreq *r;
	bool ncq;

	while ((r = STAILQ_FIRST(&p->waiting)) != NULL && may_go(p, r, &ncq)) {
		STAILQ_REMOVE_HEAD(&p->waiting, link);
		if (!issue(p, r, ncq))
			STAILQ_INSERT_TAIL(bad, r, link);
	}
}

void
ahci_submit(struct disk *d, struct diskreq *r)
{
	struct ahci_port *p = d->priv;
	struct diskreqs bad = STAILQ_HEAD_INITIALIZER(bad);

	kmutex_enter(&p->mtx);
	if (p->state == AHCI_DEAD) {
		kmutex_exit(&p->mtx);
		disk_done(r, EIO);
		return;
	}
	STAILQ_INSERT_TAIL(&p->waiting, r, link);
	if (p->state == AHCI_RUNS && p->broken == NULL)
		push(p, &bad);
	kmutex_exit(&p->mtx);
	disk_done_all(&bad, EFAULT);
	diskwatch_busy(&p->h->watch);
}

void
ahci_port_run(struct ahci_port *p)
{
	struct diskreqs bad = STAILQ_HEAD_INITIALIZER(bad);

	kmutex_enter(&p->mtx);
	push(p, &bad);
	kmutex_exit(&p->mtx);
	disk_done_all(&bad, EFAULT);
}

/* ---- completions ---- */

static void
completed(struct ahci_port *p, uint32_t done, struct diskreqs *good)
{
	unsigned slot;

	p->out &= ~done;
	for (; done != 0; done &= done - 1) {
		slot = (unsigned)__builtin_ctz(done);
		STAILQ_INSERT_TAIL(good, p->slot[slot].req, link);
		p->slot[slot].req = NULL;
		p->futile = 0;
		if (p->single > 0)
			p->single--;
	}
}

/*
 * A look at the port; whether it had something to say.  What comes after the
 * status was cleared sets it again; and an error that ends a command is there
 * before the command's bit goes.
 */
static bool
look(struct ahci_port *p, struct diskreqs *good, struct diskreqs *bad)
{
	uint32_t busy, is;

	if ((is = ahci_read(p->regs, P_IS)) == 0)
		return false;
	if (is & PI_CONNECT)		/* those show what SERR has */
		ahci_write(p->regs, P_SERR, UINT32_MAX);
	ahci_write(p->regs, P_IS, is);
	busy = ahci_read(p->regs, P_CI);
	if (p->queued)
		busy |= ahci_read(p->regs, P_SACT);
	is |= ahci_read(p->regs, P_IS) & PI_ERROR;
	if (is == UINT32_MAX && p->broken == NULL)
		p->broken = "the port does not answer";
	if (p->broken == NULL && p->state == AHCI_RUNS) {
		if (is & PI_ERROR) {
			p->tfd = (uint16_t)ahci_read(p->regs, P_TFD);
			p->failed = true;
			p->broken = "an error";
		} else if ((is & PI_CONNECT) && SSTS_DET(ahci_read(p->regs,
		    P_SSTS)) != DET_UP)
			p->broken = "the link is down";
	}
	if (p->broken == NULL && p->state == AHCI_RUNS) {
		completed(p, p->out & ~busy, good);
		push(p, bad);
	}
	return true;
}

bool
ahci_port_intr(struct ahci_port *p)
{
	struct diskreqs good = STAILQ_HEAD_INITIALIZER(good);
	struct diskreqs bad = STAILQ_HEAD_INITIALIZER(bad);
	bool was = false, broken;
	int rounds = MAXSLOTS;

	kmutex_enter(&p->mtx);
	while (rounds-- > 0 && look(p, &good, &bad))
		was = true;
	broken = p->broken != NULL && p->state == AHCI_RUNS;
	kmutex_exit(&p->mtx);
	disk_done_all(&good, 0);
	disk_done_all(&bad, EFAULT);
	if (broken)
		diskwatch_now(&p->h->watch);
	return was;
}
