/*
 * blkproto.h: requests of a disk's front end (Xen public io/blkif.h), from the
 * bytes of a ring's entry to what they ask for.  Pure code: no locks, no
 * allocation, no hypercall; it builds on any host.  All that it looks at is a
 * copy of ours; nothing in it is believed.
 */
#ifndef SIRLOIN_XEN_BLKPROTO_H
#define SIRLOIN_XEN_BLKPROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <rump/export.h>

#define BLK_MAXSEG	64		/* 256 KB */
#define BLK_ENTRY_MAX	112
#define BLK_SECTOR	512u		/* unit of the protocol's numbers */
#define BLK_SEGBYTES	8		/* a segment, also in an indirect page */

/* How the front end was compiled: where its structures have padding. */
enum blk_abi { BLK_ABI_64, BLK_ABI_32 };
size_t	blk_entry(enum blk_abi);	/* bytes of a ring's entry */
size_t	blk_answer(enum blk_abi);	/* bytes of an answer in it */

struct blk_seg {
	uint32_t	ref;
	uint8_t		first, last;	/* sectors of the page */
};
struct blk_want {
	uint64_t	id;
	uint8_t		opcode;		/* for the answer */
	enum export_op	op;
	bool		indirect;	/* segments are in the page ref: */
	uint32_t	ref;
	unsigned	nseg;
	uint64_t	sector;
	uint64_t	off, len;	/* bytes; blk_check() */
	struct blk_seg	seg[BLK_MAXSEG];
};

/* 0; EOPNOTSUPP; EINVAL.  id and opcode are there in any case. */
int	blk_parse(enum blk_abi, const void *entry, struct blk_want *);
/* The segments of an indirect request: nseg * BLK_SEGBYTES bytes. */
void	blk_segments(const void *, struct blk_want *);
/*
 * Can it be done on this disk?  Sets off and len.  EINVAL: segments or range
 * make no sense; EROFS; EOPNOTSUPP.
 */
int	blk_check(struct blk_want *, const struct export_info *, bool readonly);
/* What is put in a ring: status is a BLKIF_RSP_*. */
void	blk_respond(void *entry, uint64_t id, uint8_t opcode, int status);

#endif /* SIRLOIN_XEN_BLKPROTO_H */
