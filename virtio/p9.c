/*
 * p9.c: virtio-9p (virtio 1.2, 5.16): a channel to a 9P server.  A request is
 * a chain: the message to read, and room for the reply.
 */
#include <kern_errno.h>
#include <string.h>
#include <dev.h>
#include "virtio.h"

#define RING		128
#define MAXSG		40
#define MAXMSG		(64 * 1024)	/* 17 pages each way at most */
#define MINREPLY	7		/* size, type, tag */

struct vp9 {
	struct p9dev	dev;		/* first */
	struct virtio_dev *d;
	struct virtq	*q;
	struct kern_spin lock;
	struct kern_waitq room;		/* for a chain */
};
struct call {
	struct kern_waitq wq;
	bool		done;
	uint32_t	len;
};

/* The lock is held: who waits finds that it is over. */
static void
fail_all(struct vp9 *v)
{
	struct call *c;

	while ((c = vring_reclaim(&v->q->ring)) != NULL) {
		c->done = true;
		c->len = 0;
		(void)kern_waitq_wake(&c->wq, 1);
	}
	(void)kern_waitq_wake(&v->room, 1000);
}

static int
intr(void *arg)
{
	struct vp9 *v = arg;
	struct call *c;
	unsigned long s;
	uint32_t len;

	if (v->q == NULL)
		return 1;
	(void)virtio_gave_up(v->d);
	s = kern_spin_lock(&v->lock);
	do
		while ((c = vring_pop(&v->q->ring, &len)) != NULL) {
			c->done = true;
			c->len = len;
			(void)kern_waitq_wake(&c->wq, 1);
			(void)kern_waitq_wake(&v->room, 1);
		}
	while (v->q->ring.why == NULL && !vring_intr_on(&v->q->ring, 1));
	kern_spin_unlock(&v->lock, s);
	if (v->q->ring.why != NULL)
		virtio_broken(v->d, v->q->ring.why);
	return 1;
}

/*
 * A device that does what it must not keeps its memory: it is told to stop
 * before buffers that it may still write to are given back.
 */
static void
give_up(struct vp9 *v)
{
	unsigned long s;

	if (virtio_reset(v->d) != 0)
		kern_panic("%s: writes to memory, and does not stop",
		    v->d->name);
	s = kern_spin_lock(&v->lock);
	fail_all(v);
	kern_spin_unlock(&v->lock, s);
}

/* Puts the chain into the ring; waits for room.  With the state of the lock. */
static int
enqueue(struct vp9 *v, const struct vring_sg *sg, int nout, int nin,
    struct call *c, unsigned long *s)
{

	*s = kern_spin_lock(&v->lock);
	for (;;) {
		if (v->d->broken || v->q->ring.why != NULL) {
			kern_spin_unlock(&v->lock, *s);
			return EIO;
		}
		if (vring_add(&v->q->ring, sg, (unsigned)nout, (unsigned)nin, c,
		    NULL, 0) == 0)
			break;
		(void)kern_waitq_sleep(&v->room, &v->lock, *s, UINT64_MAX);
		*s = kern_spin_lock(&v->lock);
	}
	virtq_kick(v->q);
	return 0;
}

#define LOOK	1000000000ull		/* ns: is the device still there? */

static int
rpc(struct p9dev *dev, const void *req, size_t len, void *reply, size_t rmax,
    size_t *rlen)
{
	struct vp9 *v = (struct vp9 *)dev;
	struct call c = { .done = false };
	struct vring_sg sg[MAXSG];
	unsigned long s;
	int nout, n, error;

	if ((nout = virtio_sg(sg, 0, MAXSG, req, len)) < 0 ||
	    (n = virtio_sg(sg + nout, 0, MAXSG - nout, reply, rmax)) < 0)
		return EINVAL;
	kern_waitq_init(&c.wq, "9p");
	if ((error = enqueue(v, sg, nout, n, &c, &s)) != 0)
		return error;
	while (!c.done) {
		(void)kern_waitq_sleep(&c.wq, &v->lock, s, plat_clock() + LOOK);
		if (v->d->broken)
			give_up(v);
		s = kern_spin_lock(&v->lock);
	}
	kern_spin_unlock(&v->lock, s);
	if (c.len < MINREPLY || c.len > rmax)
		return EIO;
	*rlen = c.len;
	return 0;
}

static int
start(struct vp9 *v)
{
	struct virtio_dev *d = v->d;
	int error;

	d->vec[0].fn = intr;
	d->vec[0].arg = v;
	memcpy(d->vec[0].name, v->dev.name, sizeof(v->dev.name));
	if ((error = virtio_negotiate(d, V9_F_MOUNT_TAG)) != 0 ||
	    (error = virtio_vectors(d, 1)) != 0)
		return error;
	if ((v->q = virtq_create(d, 0, RING, 0)) == NULL)
		return ENOMEM;
	virtio_start(d);
	return 0;
}

static void
p9_close(struct p9dev *dev)
{
	struct vp9 *v = (struct vp9 *)dev;

	(void)virtio_reset(v->d);
	virtio_vectors_free(v->d);
	virtq_destroy(v->q);
	v->q = NULL;
	virtio_release(v->d);
}

static int
p9_open(struct p9dev *dev)
{
	struct vp9 *v = (struct vp9 *)dev;
	int error;

	if ((error = virtio_claim(v->d, dev->name)) != 0)
		return error;
	if ((error = start(v)) != 0) {
		kern_printf("%s: not opened: error %d\n", dev->name, error);
		p9_close(dev);
	}
	return error;
}

void
virtio_9p_attach(struct virtio_dev *d)
{
	struct vp9 *v;
	uint16_t n;

	if ((d->offered & V9_F_MOUNT_TAG) == 0 ||
	    (v = kern_zalloc(sizeof(*v))) == NULL)
		return;
	virtio_config(d, V9_CFG_TAGLEN, &n, sizeof(n));
	if (n >= sizeof(v->dev.tag))
		n = sizeof(v->dev.tag) - 1;
	virtio_config(d, V9_CFG_TAG, v->dev.tag, n);
	v->d = d;
	kern_waitq_init(&v->room, "9proom");
	v->dev.driver = "virtio-9p";
	v->dev.maxmsg = MAXMSG;
	v->dev.open = p9_open;
	v->dev.close = p9_close;
	v->dev.rpc = rpc;
	p9dev_register(&v->dev);
}
