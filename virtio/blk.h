/* blk.h: virtio-blk's files: blk.c (device), blk_io.c (requests). */
#ifndef SIRLOIN_VIRTIO_BLK_H
#define SIRLOIN_VIRTIO_BLK_H

#include <dev.h>
#include "virtio.h"

#define BLK_RING	256
#define BLK_SLOTS	128	/* requests at the device at once */
#define BLK_MAXSEG	32	/* pieces of data of one */

/* What the device sees of a request. */
struct vblk_dma {
	struct vb_hdr	hdr;
	uint8_t		status;
	uint8_t		id[VB_ID_BYTES];
	struct vring_desc table[BLK_MAXSEG + 2];
};
/* A caller's request, perhaps in several parts. */
struct vblk_io {
	struct blk_req	*req;		/* NULL: GET_ID */
	size_t		issued;		/* bytes */
	unsigned	parts;		/* at the device */
	int		error;
	SLIST_ENTRY(vblk_io) link;
};
struct vblk_slot {
	struct vblk_io	*io;
	struct vblk_dma	*dma;
	uint64_t	pa;
	SLIST_ENTRY(vblk_slot) link;
};
STAILQ_HEAD(blk_reqq, blk_req);

struct vblk {
	struct blkdev	bd;		/* first */
	struct virtio_dev *d;
	struct kern_mutex lock;
	bool		up;
	struct virtq	*q;
	unsigned	maxseg, nslot;
	uint32_t	segsize;
	bool		indirect;
	struct vblk_dma	*dma;
	struct vblk_slot *slots;
	struct vblk_io	*ios;
	SLIST_HEAD(, vblk_slot) freeslots;
	SLIST_HEAD(, vblk_io) freeios;
	struct blk_reqq	pending;
	struct vblk_io	*cur;		/* issued in part */
	struct kern_cv	idcv;
	bool		idknown;
	unsigned	complaints;
};

int	vblk_io_open(struct vblk *);
void	vblk_io_close(struct vblk *);	/* after a reset */
int	vblk_intr(void *);
void	vblk_submit(struct blkdev *, struct blk_req *);
void	vblk_ask_id(struct vblk *);

#endif /* SIRLOIN_VIRTIO_BLK_H */
