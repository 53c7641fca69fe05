/* blkproto.c: what a disk's front end asks for. */
#include <string.h>
#include <kern_errno.h>
#include "blkproto.h"

#define PAGE		4096u
#define PERPAGE		(PAGE / BLK_SECTOR)
#define MAXDIRECT	11
#define FLAG_SECURE	1

/* io/blkif.h; the numbers are the protocol's. */
enum {
	OP_READ = 0, OP_WRITE = 1, OP_BARRIER = 2, OP_FLUSH = 3,
	OP_DISCARD = 5, OP_INDIRECT = 6
};

/*
 * A uint64_t is aligned to 8 bytes in one ABI and to 4 in the other; so these
 * are the offsets of: id, sector_number, segments, nr_sectors, and the
 * indirect form's sector_number and references.
 */
static const struct layout {
	uint8_t	id, sector, seg, nsectors, isector, iref, entry, answer;
} layouts[] = {
	[BLK_ABI_64] = { 8, 16, 24, 24, 16, 28, 112, 16 },
	[BLK_ABI_32] = { 4, 12, 20, 20, 12, 24, 108, 12 },
};

size_t
blk_entry(enum blk_abi abi)
{

	return layouts[abi].entry;
}

size_t
blk_answer(enum blk_abi abi)
{

	return layouts[abi].answer;
}

#define GET(type, p, off)						\
	({ type v_; memcpy(&v_, (const char *)(p) + (off), sizeof(v_)); v_; })

void
blk_segments(const void *p, struct blk_want *w)
{
	const char *s = p;
	unsigned i;

	for (i = 0; i < w->nseg; i++, s += BLK_SEGBYTES) {
		w->seg[i].ref = GET(uint32_t, s, 0);
		w->seg[i].first = GET(uint8_t, s, 4);
		w->seg[i].last = GET(uint8_t, s, 5);
	}
}

/* A flush that brings data flushes first: what a barrier does, and more. */
static int
operation(unsigned code, unsigned nseg, enum export_op *op)
{

	switch (code) {
	case OP_READ:
		*op = EXPORT_READ;
		return nseg == 0 ? EINVAL : 0;
	case OP_WRITE:
		*op = EXPORT_WRITE;
		return nseg == 0 ? EINVAL : 0;
	case OP_BARRIER:
		*op = EXPORT_BARRIER;
		return 0;
	case OP_FLUSH:
		*op = nseg == 0 ? EXPORT_FLUSH : EXPORT_BARRIER;
		return 0;
	default:
		return EOPNOTSUPP;
	}
}

int
blk_parse(enum blk_abi abi, const void *e, struct blk_want *w)
{
	const struct layout *l = &layouts[abi];
	int error;

	w->opcode = GET(uint8_t, e, 0);
	w->id = GET(uint64_t, e, l->id);
	w->indirect = w->opcode == OP_INDIRECT;
	w->nseg = 0;
	w->off = w->len = 0;
	if (w->opcode == OP_DISCARD) {
		w->op = EXPORT_DISCARD;
		w->sector = GET(uint64_t, e, l->sector);
		w->len = GET(uint64_t, e, l->nsectors);
		return GET(uint8_t, e, 1) & FLAG_SECURE ? EOPNOTSUPP : 0;
	}
	if (w->indirect) {
		w->nseg = GET(uint16_t, e, 2);
		w->sector = GET(uint64_t, e, l->isector);
		w->ref = GET(uint32_t, e, l->iref);
		/* Linux wants to be answered with what was done, not how. */
		w->opcode = GET(uint8_t, e, 1);
		error = operation(w->opcode, w->nseg, &w->op);
		if (error == 0 && (w->nseg == 0 || w->nseg > BLK_MAXSEG ||
		    (w->op != EXPORT_READ && w->op != EXPORT_WRITE)))
			error = EINVAL;
		return error;
	}
	w->nseg = GET(uint8_t, e, 1);
	w->sector = GET(uint64_t, e, l->sector);
	error = operation(w->opcode, w->nseg, &w->op);
	if (error == 0 && w->nseg > MAXDIRECT)
		error = EINVAL;
	if (error == 0)
		blk_segments((const char *)e + l->seg, w);
	return error;
}

/* Bytes of all segments; 0: one of them is none. */
static uint64_t
length(const struct blk_want *w)
{
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < w->nseg; i++) {
		if (w->seg[i].first > w->seg[i].last ||
		    w->seg[i].last >= PERPAGE)
			return 0;
		n += (w->seg[i].last - w->seg[i].first + 1u) * BLK_SECTOR;
	}
	return n;
}

int
blk_check(struct blk_want *w, const struct export_info *i, bool readonly)
{
	uint64_t sectors = i->size / BLK_SECTOR, n = w->len;

	if (w->op != EXPORT_READ && w->op != EXPORT_FLUSH && readonly)
		return EROFS;
	if (w->op == EXPORT_DISCARD && (i->flags & EXPORT_DISCARDS) == 0)
		return EOPNOTSUPP;
	if (w->nseg > 0 && (n = length(w) / BLK_SECTOR) == 0)
		return EINVAL;
	if (n == 0) {
		w->off = w->len = 0;
		return w->op == EXPORT_DISCARD ? EINVAL : 0;
	}
	if (w->sector >= sectors || n > sectors - w->sector)
		return EINVAL;
	w->off = w->sector * BLK_SECTOR;
	w->len = n * BLK_SECTOR;
	return ((w->off | w->len) & (i->blksize - 1)) != 0 ? EINVAL : 0;
}

/* The two ABIs differ in what follows only. */
void
blk_respond(void *entry, uint64_t id, uint8_t opcode, int status)
{
	char *p = entry;
	int16_t s = (int16_t)status;

	memset(p, 0, 16);
	memcpy(p, &id, sizeof(id));
	p[8] = (char)opcode;
	memcpy(p + 10, &s, sizeof(s));
}
