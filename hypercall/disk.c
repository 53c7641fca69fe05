/*
 * disk.c: block devices for file.c and bio.c: waiting transfers, transfers of
 * any size and offset by read-modify-write, and barriers.
 */
#include "hyp.h"

static LIST_HEAD(, hyp_disk) disks = LIST_HEAD_INITIALIZER(disks);
static struct kern_mutex disks_lock;

static void
disks_init(void)
{

	kern_mutex_init(&disks_lock, "disks");
}
KERN_INIT(KERN_INIT_BUS, disks_init);

/* One claim of the device, however many descriptors. */
int
hyp_disk_open(struct blkdev *dev, struct hyp_disk **dp)
{
	struct hyp_disk *d;
	int error = 0;

	kern_mutex_lock(&disks_lock);
	LIST_FOREACH(d, &disks, link)
		if (d->dev == dev)
			break;
	if (d == NULL && (d = kern_zalloc(sizeof(*d))) != NULL) {
		d->dev = dev;
		kern_rw_init(&d->order, "diskorder");
		LIST_INSERT_HEAD(&disks, d, link);
	}
	if (d == NULL)
		error = ENOMEM;
	else if (d->refs == 0)
		error = dev->open(dev);
	if (error == 0)
		d->refs++;
	kern_mutex_unlock(&disks_lock);
	*dp = d;
	return error;
}

void
hyp_disk_close(struct hyp_disk *d)
{

	if ((d->dev->flags & BLK_RDONLY) == 0)
		(void)hyp_disk_barrier(d);
	kern_mutex_lock(&disks_lock);
	if (--d->refs == 0)
		d->dev->close(d->dev);
	kern_mutex_unlock(&disks_lock);
}

size_t
hyp_disk_clip(struct hyp_disk *d, int64_t off, size_t len)
{
	uint64_t size = d->dev->size;

	if (off < 0 || (uint64_t)off >= size)
		return 0;
	return len < size - off ? len : size - off;
}

void
hyp_disk_submit(struct hyp_disk *d, struct blk_req *req)
{
	void **slot = hyp_slot(HYP_SLOT_SUBMIT), *outer = *slot;

	*slot = d;
	d->dev->submit(d->dev, req);
	*slot = outer;
}

struct disk_wait {
	struct blk_req	req;
	struct kern_spin lock;
	struct kern_waitq wq;
	bool		done;
	int		error;
};

static void
disk_wait_done(struct blk_req *req, int error)
{
	struct disk_wait *w = req->arg;
	unsigned long s;

	s = kern_spin_lock(&w->lock);
	w->error = error;
	w->done = true;
	kern_waitq_wake(&w->wq, 1);
	kern_spin_unlock(&w->lock, s);
}

int
hyp_disk_wait(struct hyp_disk *d, enum blk_op op, uint64_t off, void *data,
    size_t len)
{
	struct disk_wait w;
	unsigned long s;

	memset(&w, 0, sizeof(w));
	kern_waitq_init(&w.wq, "disk");
	w.req.op = op;
	w.req.off = off;
	w.req.data = data;
	w.req.len = len;
	w.req.done = disk_wait_done;
	w.req.arg = &w;
	hyp_disk_submit(d, &w.req);
	s = kern_spin_lock(&w.lock);
	while (!w.done) {
		(void)kern_waitq_sleep(&w.wq, &w.lock, s, UINT64_MAX);
		s = kern_spin_lock(&w.lock);
	}
	/* With the lock: disk_wait_done() no longer needs our stack. */
	kern_spin_unlock(&w.lock, s);
	return w.error;
}

/* n bytes inside one block, at offset in of the block at off. */
static int
disk_part(struct hyp_disk *d, bool write, uint64_t off, size_t in,
    uint8_t *data, size_t n, uint8_t *block)
{
	size_t bs = d->dev->blksize;
	int error;

	error = hyp_disk_wait(d, BLK_READ, off, block, bs);
	if (error != 0)
		return error;
	if (!write) {
		memcpy(data, block + in, n);
		return 0;
	}
	memcpy(block + in, data, n);
	return hyp_disk_wait(d, BLK_WRITE, off, block, bs);
}

static int
disk_parts(struct hyp_disk *d, bool write, uint64_t off, uint8_t *data,
    size_t len)
{
	size_t bs = d->dev->blksize, in, n;
	uint8_t *block = NULL;
	int error = 0;

	while (len > 0 && error == 0) {
		in = off & (bs - 1);
		if (in == 0 && len >= bs) {
			n = len & ~(bs - 1);
			error = hyp_disk_wait(d, write ? BLK_WRITE : BLK_READ,
			    off, data, n);
		} else {
			if (block == NULL && (block = kern_malloc(bs, bs)) == NULL)
				return ENOMEM;
			n = bs - in < len ? bs - in : len;
			error = disk_part(d, write, off - in, in, data, n,
			    block);
		}
		off += n;
		data += n;
		len -= n;
	}
	kern_free(block);
	return error;
}

int
hyp_disk_rw(struct hyp_disk *d, bool write, uint64_t off, void *data,
    size_t len)
{
	bool partial = ((off | len) & (d->dev->blksize - 1)) != 0;
	int error;

	if (!write)
		return disk_parts(d, false, off, data, len);
	kern_rw_lock(&d->order, partial);
	error = disk_parts(d, true, off, data, len);
	kern_rw_unlock(&d->order);
	return error;
}

int
hyp_disk_barrier(struct hyp_disk *d)
{
	int error = 0;

	kern_rw_lock(&d->order, true);
	if ((d->dev->flags & BLK_FLUSHES) != 0)
		error = hyp_disk_wait(d, BLK_FLUSH, 0, NULL, 0);
	kern_rw_unlock(&d->order);
	return error;
}
