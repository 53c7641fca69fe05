/*
 * rng.c: virtio-rng (virtio 1.1, 5.4): asked for 64 bytes at boot, in the
 * background, and again every five minutes.  What it returns comes from the
 * hypervisor's generator and is credited in full, but never more than that.
 */
#include <string.h>
#include "virtio.h"

#define RNG_BYTES	64
#define RNG_AGAIN	(300 * 1000000000ull)	/* ns */

struct vrng {
	struct virtio_dev *d;
	struct virtq	*q;
	uint8_t		*buf;
	uint64_t	pa;
	struct kern_spin lock;
	struct kern_timer timer;
	struct virtio_job job;
};

/* Any context. */
static void
ask(void *arg)
{
	struct vrng *r = arg;
	struct vring_sg sg = { r->pa, RNG_BYTES };
	unsigned long s;

	s = kern_spin_lock(&r->lock);
	if (vring_add(&r->q->ring, &sg, 0, 1, r, NULL, 0) == 0)
		virtq_kick(r->q);
	kern_spin_unlock(&r->lock, s);
}

static int
rng_intr(void *arg)
{
	struct vrng *r = arg;
	unsigned long s;
	uint32_t len;
	void *got;

	if (r->q == NULL)
		return 1;
	s = kern_spin_lock(&r->lock);
	got = vring_pop(&r->q->ring, &len);
	(void)vring_intr_on(&r->q->ring, 1);	/* one request at a time */
	kern_spin_unlock(&r->lock, s);
	if (r->q->ring.why != NULL)
		virtio_broken(r->d, r->q->ring.why);
	if (got == NULL)
		return 1;
	kern_random_add(r->buf, len, 8 * len);
	memset(r->buf, 0, RNG_BYTES);
	kern_timer_arm(&r->timer, plat_clock() + RNG_AGAIN);
	return 1;
}

static void
rng_start(void *arg)
{
	struct vrng *r = arg;
	struct virtio_dev *d = r->d;

	if (virtio_claim(d, "virtio-rng") != 0)
		return;
	d->vec[0].fn = rng_intr;
	d->vec[0].arg = r;
	memcpy(d->vec[0].name, "rng", 4);
	if (virtio_negotiate(d, 0) == 0 && virtio_vectors(d, 1) == 0 &&
	    (r->buf = virtio_dma_alloc(RNG_BYTES, &r->pa)) != NULL &&
	    (r->q = virtq_create(d, 0, 8, 0)) != NULL) {
		virtio_start(d);
		ask(r);
		return;
	}
	kern_printf("%s: not usable\n", d->name);
	(void)virtio_reset(d);
	virtio_vectors_free(d);
	virtio_dma_free(r->buf, RNG_BYTES);
	virtio_release(d);
}

void
virtio_rng_attach(struct virtio_dev *d)
{
	struct vrng *r;
	size_t n;

	/* norng: for the rump kernel's own driver */
	if (kern_option("norng", &n) != NULL)
		return;
	if (!virtio_job_init() || (r = kern_zalloc(sizeof(*r))) == NULL)
		return;
	r->d = d;
	kern_timer_init(&r->timer, ask, r);
	r->job.fn = rng_start;
	r->job.arg = r;
	virtio_job_queue(&r->job);
}
