/*
 * fuzz_v9p.c: virtio-9p's driver with a device that answers in any order, and
 * sometimes lies in its ring.  Every request ends; what an honest device
 * answers is what comes back; memory that was given back is left alone.
 */
#include "virtio/fake.h"
#include "p9_rpc.h"
#include "rounds.h"

static struct fake_dev dev;
static bool lies;
static int waiting[64], nwaiting;	/* chains that were taken */

static bool is_liar(void) { return lies; }
void kern_panic(const char *f, ...) { CHECK(!"panic"); abort(); }

/* ---- the device ---- */

static void
serve(int head)
{
	static uint8_t req[70000], reply[70000];
	struct fake_piece p[64];
	size_t len = 0, room = 0, n, at = 0, k;
	int i, np = fake_chain(&dev, 0, head, p, 64);

	for (i = 0; i < np && !p[i].write; i++) {
		CHECK(len + p[i].len <= sizeof(req));
		memcpy(req + len, p[i].p, p[i].len);
		len += p[i].len;
	}
	n = rpc_answer(req, len, reply);
	for (; i < np; i++) {
		CHECK(p[i].write);
		room += p[i].len;
		k = n - at < p[i].len ? n - at : p[i].len;
		memcpy(p[i].p, reply + at, k);
		at += k;
	}
	CHECK(n <= room);
	fake_use(&dev, 0, head, n);
}

static void
lie(void)
{

	lies = true;
	if (rnd() % 2)
		fake_use(&dev, 0, rnd() % 4 ? rnd() % dev.q[0]->ring.num :
		    rnd(), rnd() % 3 ? rnd() % (rnd() % 2 ? 16 : 70000) : rnd());
	else
		dev.q[0]->ring.used->idx = dev.used[0] += rnd();
}

static void
device(void)
{
	int head, i;

	if (dev.q[0] == NULL)
		return;
	while (nwaiting < 64 && (head = fake_take(&dev, 0)) >= 0)
		waiting[nwaiting++] = head;
	while (nwaiting > 0 && rnd() % 4) {
		i = rnd() % nwaiting;
		head = waiting[i];
		waiting[i] = waiting[--nwaiting];
		/* After a lie, what it was offered may be another's memory. */
		if (lies)
			fake_use(&dev, 0, head, rnd() % 2 ? rnd() : rnd() % 70000);
		else
			serve(head);
	}
	if (rnd() % 400 == 0)
		lie();
	if (rnd() % 2)
		dev.d.vec[0].fn(dev.d.vec[0].arg);
}

/* ---- waiting: others go on ---- */

void kern_waitq_init(struct kern_waitq *w, const char *name) { }
int kern_waitq_wake(struct kern_waitq *w, int n) { return 0; }

int
kern_waitq_sleep(struct kern_waitq *w, struct kern_spin *l, unsigned long s,
    uint64_t until)
{

	if (rpc_depth < 6 && rnd() % 3 == 0)
		rpc(is_liar);
	else
		device();
	if (lies && rnd() % 8 == 0)	/* one that says nothing any more is reset */
		virtio_broken(&dev.d, "silent");
	return 0;
}

static void
one(uint64_t seed)
{
	unsigned i, k;

	fake_seed(seed);
	memset(&dev, 0, sizeof(dev));
	said[0] = '\0';
	fake_p9 = NULL;
	dev.offer = (((uint64_t)rnd() << 10 ^ rnd()) & 0xffffffff) |
	    V9_F_MOUNT_TAG;
	if (rnd() % 2)
		dev.offer |= VIRTIO_F_VERSION_1;
	if (rnd() % 20 == 0)
		dev.offer &= ~(uint64_t)V9_F_MOUNT_TAG;
	dev.qmax = 16u << rnd() % 5;
	for (i = 0; i < sizeof(dev.cfg); i++)
		dev.cfg[i] = rnd();
	fake_device(&dev, VIRTIO_9P);
	if (fake_p9 == NULL) {
		CHECK((dev.offer & V9_F_MOUNT_TAG) == 0);
		return;
	}
	CHECK(memchr(fake_p9->tag, '\0', sizeof(fake_p9->tag)) != NULL);
	for (k = 0; k < 3; k++) {
		lies = dev.d.broken = false;
		nwaiting = 0;
		if (fake_p9->open(fake_p9) != 0)
			continue;
		for (i = 0; i < 60; i++)
			rpc(is_liar);
		CHECK(lies || !dev.d.broken);
		fake_p9->close(fake_p9);
		CHECK(fake_pages == 0);
	}
	free(fake_p9);
}

int
main(int argc, char **argv)
{
	unsigned long n;

	n = rounds(argc, argv, 1000, one);
	CHECK(rpc_good > n);
	printf("fuzz_v9p: %lu devices, %u replies, %u failed, ok\n", n, rpc_good,
	    rpc_bad);
	return 0;
}
