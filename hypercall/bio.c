/*
 * bio.c: block I/O.  Requests go to the driver as they are; the completion
 * runs biodone in the driver's interrupt thread, which becomes a thread of the
 * rump kernel for it.  A completion that comes from inside submit() is in
 * somebody else's hypercall, perhaps with locks of the rump kernel held: it
 * goes to a thread of ours, and so do requests that never reach the driver.
 * A request from within a biodone must not wait for other requests, which the
 * same interrupt thread completes: that, too, is left to our thread.
 */
#include "hyp.h"

struct bio {
	struct blk_req	req;
	struct hyp_disk	*disk;
	bool		start;		/* for our thread: start it, not end it */
	bool		indriver;	/* its driver completes it */
	rump_biodone_fn	biodone;
	void		*arg;
	int		op;
	bool		ordered;	/* holds disk->order as a reader */
	bool		spare;
	size_t		len;
	int		error;
	STAILQ_ENTRY(bio) link;
};

/* A few for when there is no memory, which is when pages are written out. */
#define BIO_NSPARE	16
static struct bio bio_spares[BIO_NSPARE];
static STAILQ_HEAD(, bio) bio_free = STAILQ_HEAD_INITIALIZER(bio_free);
static STAILQ_HEAD(, bio) bio_late = STAILQ_HEAD_INITIALIZER(bio_late);
static struct kern_spin bio_lock = KERN_SPIN_INIT;
static struct kern_waitq bio_freewq, bio_latewq;
static struct thread *bio_thread;

static void	bio_start(struct bio *);

static struct bio *
bio_alloc(void)
{
	struct bio *b = kern_zalloc(sizeof(*b));
	unsigned long s;

	if (b != NULL)
		return b;
	s = kern_spin_lock(&bio_lock);
	while ((b = STAILQ_FIRST(&bio_free)) == NULL) {
		(void)kern_waitq_sleep(&bio_freewq, &bio_lock, s, UINT64_MAX);
		s = kern_spin_lock(&bio_lock);
	}
	STAILQ_REMOVE_HEAD(&bio_free, link);
	kern_spin_unlock(&bio_lock, s);
	memset(b, 0, sizeof(*b));
	b->spare = true;
	return b;
}

static void
bio_release(struct bio *b)
{
	unsigned long s;

	if (!b->spare) {
		kern_free(b);
		return;
	}
	s = kern_spin_lock(&bio_lock);
	STAILQ_INSERT_TAIL(&bio_free, b, link);
	kern_waitq_wake(&bio_freewq, 1);
	kern_spin_unlock(&bio_lock, s);
}

/* In a thread of the rump kernel's: tell it. */
static void
bio_tell(struct bio *b)
{

	hyp_enter(0);
	b->biodone(b->arg, b->error == 0 ? b->len : 0, b->error);
	hyp_leave();
	bio_release(b);
}

static void *
bio_main(void *arg)
{
	struct bio *b;
	unsigned long s;

	(void)arg;
	for (;;) {
		s = kern_spin_lock(&bio_lock);
		if ((b = STAILQ_FIRST(&bio_late)) == NULL) {
			(void)kern_waitq_sleep(&bio_latewq, &bio_lock, s,
			    UINT64_MAX);
			continue;
		}
		STAILQ_REMOVE_HEAD(&bio_late, link);
		kern_spin_unlock(&bio_lock, s);
		if (b->start)
			bio_start(b);
		else
			bio_tell(b);
	}
	return NULL;
}

static void
bio_init(void)
{
	int i, error;

	kern_waitq_init(&bio_freewq, "biofree");
	kern_waitq_init(&bio_latewq, "biodone");
	for (i = 0; i < BIO_NSPARE; i++)
		STAILQ_INSERT_TAIL(&bio_free, &bio_spares[i], link);
	error = kern_thread_create(&bio_thread, "biodone", bio_main, NULL,
	    KERN_PRI_KERNEL + 2, KERN_CPU_ANY, 0, 0);
	if (error != 0)
		kern_panic("rumpuser: no thread for block I/O");
}
KERN_INIT(KERN_INIT_LATE, bio_init);

static void
bio_leave_it(struct bio *b)
{
	unsigned long s;

	s = kern_spin_lock(&bio_lock);
	STAILQ_INSERT_TAIL(&bio_late, b, link);
	kern_waitq_wake(&bio_latewq, 1);
	kern_spin_unlock(&bio_lock, s);
}

static void
bio_finish(struct bio *b, int error)
{

	b->error = error;
	b->start = false;
	if (b->ordered)
		kern_rw_unlock(&b->disk->order);
	if (b->indriver && *hyp_slot(HYP_SLOT_SUBMIT) == NULL)
		bio_tell(b);
	else
		bio_leave_it(b);
}

static void
bio_req_done(struct blk_req *req, int error)
{
	struct bio *b = req->arg;

	/* Written; now to stable storage. */
	if (error == 0 && req->op == BLK_WRITE &&
	    (b->op & RUMPUSER_BIO_SYNC) != 0 &&
	    (b->disk->dev->flags & BLK_FLUSHES) != 0) {
		req->op = BLK_FLUSH;
		req->off = 0;
		req->data = NULL;
		req->len = 0;
		hyp_disk_submit(b->disk, req);
		return;
	}
	bio_finish(b, error);
}

/* Not on block boundaries: a transfer that waits. */
static void
bio_unaligned(struct bio *b, bool write)
{
	int error;

	error = hyp_disk_rw(b->disk, write, b->req.off, b->req.data, b->len);
	if (error == 0 && write && (b->op & RUMPUSER_BIO_SYNC) != 0)
		error = hyp_disk_barrier(b->disk);
	bio_finish(b, error);
}

static void
bio_start(struct bio *b)
{
	bool write = (b->op & RUMPUSER_BIO_WRITE) != 0;
	bool nowait = *hyp_slot(HYP_SLOT_KTHREAD) != NULL &&
	    kern_curthread() != bio_thread;

	b->start = true;
	if (((b->req.off | b->len) & (b->disk->dev->blksize - 1)) != 0) {
		if (nowait)
			bio_leave_it(b);
		else
			bio_unaligned(b, write);
		return;
	}
	if (write && kern_rw_trylock(&b->disk->order, false) != 0) {
		if (nowait) {
			bio_leave_it(b);
			return;
		}
		kern_rw_lock(&b->disk->order, false);
	}
	b->ordered = write;
	b->indriver = true;
	hyp_disk_submit(b->disk, &b->req);
}

/* Whether it can be done at all; b->len becomes what there is to do. */
static int
bio_check(struct bio *b, struct hyp_file *f, size_t len, int64_t off)
{
	bool write = (b->op & RUMPUSER_BIO_WRITE) != 0;
	int acc = f != NULL ? f->mode & RUMPUSER_OPEN_ACCMODE : 0;

	if (f == NULL || f->kind != HYP_BLK ||
	    acc == (write ? RUMPUSER_OPEN_RDONLY : RUMPUSER_OPEN_WRONLY))
		return EBADF;
	if (off < 0 || (b->op & (RUMPUSER_BIO_READ | RUMPUSER_BIO_WRITE)) == 0)
		return EINVAL;
	b->disk = f->disk;
	b->len = hyp_disk_clip(f->disk, off, len);
	return b->len == 0 && write && len != 0 ? ENOSPC : 0;
}

void
rumpuser_bio(int fd, int op, void *data, size_t len, int64_t off,
    rump_biodone_fn biodone, void *donearg)
{
	struct bio *b;
	int nlocks, error;

	nlocks = hyp_unschedule(NULL);
	b = bio_alloc();
	b->op = op;
	b->biodone = biodone;
	b->arg = donearg;
	error = bio_check(b, hyp_file(fd), len, off);
	b->req.op = (op & RUMPUSER_BIO_WRITE) != 0 ? BLK_WRITE : BLK_READ;
	b->req.off = (uint64_t)off;
	b->req.data = data;
	b->req.len = b->len;
	b->req.done = bio_req_done;
	b->req.arg = b;
	if (error != 0 || b->len == 0)
		bio_finish(b, error);
	else
		bio_start(b);
	hyp_schedule(nlocks, NULL);
}
