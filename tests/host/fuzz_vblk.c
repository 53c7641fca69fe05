/*
 * fuzz_vblk.c: virtio-blk's driver with a device that stores what it is told,
 * fails requests, and sometimes lies in its ring.  Every request comes back
 * once; what an honest device confirmed is what the model has.
 */
#include "virtio/fake.h"
#include "rounds.h"
#include "../../virtio/blk.h"

#define DISK	(256u << 10)
#define MAXREQ	64

static struct fake_dev dev;
static uint8_t disk[DISK], model[DISK];
static bool unknown[DISK / 512];	/* a failed write may have happened */
static bool lies;
static unsigned ndone;

struct req {
	struct blk_req	r;
	bool		busy;
	uint8_t		*data;		/* allocated to the byte */
	uint8_t		*mem;
};
static struct req reqs[MAXREQ];

static void
done(struct blk_req *r, int error)
{
	struct req *q = r->arg;
	uint64_t i;

	CHECK(q->busy);
	q->busy = false;
	ndone++;
	if (r->op == BLK_WRITE && r->off + r->len <= DISK)
		for (i = r->off / 512; error != 0 && error != EINVAL &&
		    error != EROFS && i < (r->off + r->len + 511) / 512; i++)
			unknown[i] = true;
	if (error == 0 && r->op == BLK_WRITE)
		memcpy(model + r->off, q->data, r->len);
	if (error == 0 && r->op == BLK_READ && !lies)
		for (i = 0; i < r->len; i += 512)
			CHECK(unknown[(r->off + i) / 512] || memcmp(q->data + i,
			    model + r->off + i, 512) == 0);
	free(q->mem);
}

/* No two requests under way touch the same block. */
static bool
clashes(uint64_t off, size_t len)
{
	unsigned i;

	for (i = 0; i < MAXREQ; i++)
		if (reqs[i].busy && reqs[i].r.off < off + len &&
		    off < reqs[i].r.off + reqs[i].r.len)
			return true;
	return false;
}

static void
submit(void)
{
	struct req *q = &reqs[rnd() % MAXREQ];
	uint64_t off = (uint64_t)(rnd() % (DISK / 512)) * 512;
	size_t len = (rnd() % (rnd() % 4 ? 16 : 400)) * 512, i;

	if (off + len > DISK)
		len = DISK - off;
	if (rnd() % 32 == 0)
		off += rnd();
	if (rnd() % 32 == 0)
		len += rnd() % 4096;
	if (q->busy || clashes(off, len))
		return;
	q->mem = malloc(len + 16);
	q->data = q->mem + rnd() % 16;
	for (i = 0; i < len; i++)
		q->data[i] = rnd();
	q->r = (struct blk_req){ .op = rnd() % 8 ? rnd() % 2 ? BLK_READ :
	    BLK_WRITE : BLK_FLUSH, .off = off, .data = q->data, .len = len,
	    .done = done, .arg = q };
	if (q->r.op == BLK_FLUSH)
		q->r.len = 0;
	q->busy = true;
	fake_blk->submit(fake_blk, &q->r);
}

/* Do what the chain says; sometimes fail. */
static void
serve(int head)
{
	struct fake_piece p[BLK_MAXSEG + 2];
	struct vb_hdr h;
	uint64_t at;
	uint32_t in = 0;
	uint8_t status = rnd() % 16 ? VB_S_OK : rnd() % 4;
	int i, n;

	n = fake_chain(&dev, 0, head, p, BLK_MAXSEG + 2);
	CHECK(n >= 2 && p[0].len == sizeof(h) && !p[0].write);
	CHECK(p[n - 1].len == 1 && p[n - 1].write);
	memcpy(&h, p[0].p, sizeof(h));
	at = h.sector * 512;
	for (i = 1; i < n - 1; i++) {
		CHECK(p[i].write == (h.type != VB_T_OUT));
		if (h.type == VB_T_GET_ID) {
			CHECK(p[i].len == VB_ID_BYTES);
			memset(p[i].p, 'x', VB_ID_BYTES);
			in += p[i].len;
			continue;
		}
		CHECK(at + p[i].len <= DISK);
		if (p[i].write) {
			memcpy(p[i].p, disk + at, p[i].len);
			in += p[i].len;
		} else
			memcpy(disk + at, p[i].p, p[i].len);
		at += p[i].len;
	}
	CHECK(h.type == VB_T_GET_ID || at % 512 == 0);
	if (rnd() % 64)
		*(uint8_t *)p[n - 1].p = status;
	fake_use(&dev, 0, head, in + 1);
}

static void
device(void)
{
	unsigned n = rnd() % 8;
	int head;

	/* After a lie, what it was offered may be another's memory. */
	while (n-- > 0 && (head = fake_take(&dev, 0)) >= 0)
		if (lies)
			fake_use(&dev, 0, head, 1);
		else
			serve(head);
}

static void
device_lies(void)
{

	if (dev.q[0] == NULL)
		return;
	lies = true;
	if (rnd() % 2)
		fake_use(&dev, 0, rnd() % 4 ? rnd() % dev.q[0]->ring.num :
		    rnd(), rnd() % 5000);
	else
		dev.q[0]->ring.used->idx = dev.used[0] += rnd();
}

static void
session(unsigned steps, bool liar)
{
	unsigned i;

	if (fake_blk->open(fake_blk) != 0) {
		CHECK(strstr(said, "not opened") != NULL);
		return;
	}
	while (steps-- > 0) {
		switch (rnd() % 4) {
		case 0: case 1:
			submit();
			break;
		case 2:
			device();
			break;
		case 3:
			if (liar && rnd() % 32 == 0)
				device_lies();
			dev.d.vec[0].fn(dev.d.vec[0].arg);
			break;
		}
		CHECK(!dev.d.broken || lies);
	}
	/* An honest device finishes what it has. */
	for (i = 0; i < 20000 && !lies; i++) {
		device();
		dev.d.vec[0].fn(dev.d.vec[0].arg);
	}
	for (i = 0; i < MAXREQ && !lies; i++)
		CHECK(!reqs[i].busy);
	fake_blk->close(fake_blk);
	for (i = 0; i < MAXREQ; i++)
		CHECK(!reqs[i].busy);
	CHECK(fake_pages == 0);
}

static void
one(uint64_t seed)
{
	uint64_t cap = DISK / 512;
	uint32_t v;
	unsigned i;

	fake_seed(seed);
	memset(&dev, 0, sizeof(dev));
	memset(disk, 0, sizeof(disk));
	memset(model, 0, sizeof(model));
	memset(unknown, 0, sizeof(unknown));
	said[0] = '\0';
	fake_blk = NULL;
	lies = false;
	dev.offer = ((uint64_t)rnd() << 10 ^ rnd()) & 0xffffffff;
	if (rnd() % 2)
		dev.offer |= VIRTIO_F_VERSION_1;
	dev.offer &= ~VB_F_BLK_SIZE;
	if (rnd() % 4)
		dev.offer &= ~VB_F_RO;
	dev.qmax = 4u << rnd() % 7;
	for (i = 0; i < sizeof(dev.cfg); i++)
		dev.cfg[i] = rnd();
	if (rnd() % 8)
		memcpy(dev.cfg + VB_CFG_CAPACITY, &cap, 8);
	v = rnd() % 8 ? 512u << rnd() % 12 : rnd();
	memcpy(dev.cfg + VB_CFG_SIZE_MAX, &v, 4);
	v = rnd() % 8 ? rnd() % 40 : rnd();
	memcpy(dev.cfg + VB_CFG_SEG_MAX, &v, 4);
	fake_device(&dev, VIRTIO_BLK);
	if (fake_blk == NULL) {
		CHECK(strstr(said, "makes no sense") != NULL);
		return;
	}
	if (fake_blk->size == DISK)
		for (i = 0; i < 2; i++) {
			said[0] = '\0';
			session(rnd() % 800, rnd() % 2);
		}
	free(fake_blk);
}

int
main(int argc, char **argv)
{
	unsigned long n;

	n = rounds(argc, argv, 1000, one);
	CHECK(ndone > n);
	printf("fuzz_vblk: %lu devices, %u requests, ok\n", n, ndone);
	return 0;
}
