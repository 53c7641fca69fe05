/* blk.c: virtio-blk (virtio 1.1, 5.2): the device. */
#include <stdio.h>
#include "blk.h"

#define VBLK_WANTED	(VB_F_SIZE_MAX | VB_F_SEG_MAX | VB_F_RO | \
	VB_F_BLK_SIZE | VB_F_FLUSH)
#define ID_WAIT		5000000000ull	/* ns */

static void
vblk_close(struct blkdev *bd)
{
	struct vblk *b = (struct vblk *)bd;

	kern_mutex_lock(&b->lock);
	b->up = false;
	kern_mutex_unlock(&b->lock);
	(void)virtio_reset(b->d);
	virtio_vectors_free(b->d);
	vblk_io_close(b);
	b->d->broken = false;
	virtio_release(b->d);
}

static int
start(struct vblk *b)
{
	struct virtio_dev *d = b->d;
	uint32_t v;
	int error;

	if ((error = virtio_negotiate(d, VBLK_WANTED)) != 0)
		return error;
	b->indirect = d->features & VIRTIO_F_INDIRECT;
	b->maxseg = BLK_MAXSEG;
	b->segsize = 1u << 20;
	if (d->features & VB_F_SEG_MAX) {
		virtio_config(d, VB_CFG_SEG_MAX, &v, sizeof(v));
		if (v > 0 && v < b->maxseg)
			b->maxseg = v;
	}
	if (d->features & VB_F_SIZE_MAX) {
		virtio_config(d, VB_CFG_SIZE_MAX, &v, sizeof(v));
		if (v < b->bd.blksize) {
			kern_printf("%s: pieces of %u bytes make no sense\n",
			    d->name, v);
			return EIO;
		}
		if (v < b->segsize)
			b->segsize = v;
	}
	d->vec[0].fn = vblk_intr;
	d->vec[0].arg = b;
	snprintf(d->vec[0].name, sizeof(d->vec[0].name), "%s", b->bd.name);
	if ((error = virtio_vectors(d, 1)) != 0 ||
	    (error = vblk_io_open(b)) != 0)
		return error;
	virtio_start(d);
	kern_mutex_lock(&b->lock);
	b->up = true;
	if (!b->idknown)
		vblk_ask_id(b);
	kern_mutex_unlock(&b->lock);
	return 0;
}

static int
vblk_open(struct blkdev *bd)
{
	struct vblk *b = (struct vblk *)bd;
	int error;

	if ((error = virtio_claim(b->d, bd->name)) != 0)
		return error;
	if ((error = start(b)) != 0) {
		kern_printf("%s: not opened: error %d\n", bd->name, error);
		vblk_close(bd);
	}
	return error;
}

static void
vblk_identify(struct blkdev *bd)
{
	struct vblk *b = (struct vblk *)bd;
	uint64_t limit = plat_clock() + ID_WAIT;
	bool mine;

	if (b->idknown || b->d->broken)
		return;
	mine = vblk_open(bd) == 0;
	kern_mutex_lock(&b->lock);
	while (b->up && !b->idknown && !b->d->broken)
		if (kern_cv_wait(&b->idcv, &b->lock, limit) == ETIMEDOUT)
			break;
	kern_mutex_unlock(&b->lock);
	if (mine)
		vblk_close(bd);
}

/* False, and a message: the device can't be a disk. */
static bool
geometry(struct vblk *b)
{
	struct virtio_dev *d = b->d;
	uint64_t cap;
	uint32_t blksize = 512;

	virtio_config(d, VB_CFG_CAPACITY, &cap, sizeof(cap));
	if (d->offered & VB_F_BLK_SIZE)
		virtio_config(d, VB_CFG_BLK_SIZE, &blksize, sizeof(blksize));
	if (blksize < 512 || blksize > 4096 || (blksize & (blksize - 1))) {
		kern_printf("%s: a block size of %u is not supported\n",
		    d->name, blksize);
		return false;
	}
	if (cap == 0 || cap >> 54 != 0) {
		kern_printf("%s: a capacity of 0x%lx sectors makes no sense\n",
		    d->name, (unsigned long)cap);
		return false;
	}
	b->bd.blksize = blksize;
	b->bd.size = (cap << 9) & ~((uint64_t)blksize - 1);
	return b->bd.size != 0;
}

void
virtio_blk_attach(struct virtio_dev *d)
{
	struct vblk *b;

	if ((b = kern_zalloc(sizeof(*b))) == NULL)
		return;
	b->d = d;
	if (!geometry(b)) {
		kern_free(b);
		return;
	}
	kern_mutex_init(&b->lock, "blk");
	kern_cv_init(&b->idcv, "blkid");
	b->bd.driver = "virtio-blk";
	b->bd.pci = d->pci;
	b->bd.flags = (d->offered & VB_F_RO ? BLK_RDONLY : 0) |
	    (d->offered & VB_F_FLUSH ? BLK_FLUSHES : 0);
	b->bd.submit = vblk_submit;
	b->bd.open = vblk_open;
	b->bd.close = vblk_close;
	b->bd.identify = vblk_identify;
	blkdev_register(&b->bd);
}
