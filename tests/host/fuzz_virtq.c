/*
 * fuzz_virtq.c: virtio/ring.c against a device that does what the input says:
 * honest steps, and lies about index, id and length.  A model of the driver
 * says after every step what must hold.
 *
 * libFuzzer: clang -fsanitize=fuzzer,address -DFUZZER.
 * Else: fuzz_virtq [iterations [seed]] runs that many random inputs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../virtio/ring.h"
#include "check.h"

#define MAXNUM	64
#define MAXSEG	8

/* A buffer of the driver: its address is the cookie. */
struct buf {
	int		out;		/* the device has it */
	uint32_t	inlen;
	struct vring_desc table[MAXSEG];
};

struct bed {
	struct vring	v;
	struct vring_slot *slot;
	void		*mem;
	unsigned	num;
	struct buf	buf[MAXNUM];
	unsigned	nout;
	bool		lied;
	/* the device's own idea */
	uint16_t	dev_avail, dev_used;
	uint16_t	told;		/* used index at the last interrupt */
	uint16_t	held[MAXNUM];	/* heads that it took */
	unsigned	nheld;
	bool		interrupt;
};

struct input { const uint8_t *p; size_t n; };

static unsigned
byte(struct input *in)
{

	if (in->n == 0)
		return 0;
	in->n--;
	return *in->p++;
}

static unsigned
word(struct input *in)
{
	unsigned lo = byte(in);

	return lo | byte(in) << 8;
}

static void
check(struct bed *b)
{
	unsigned i, ndesc = 0, chains = 0, n, d;

	for (i = 0; i < b->num; i++) {
		ndesc += b->slot[i].ndesc;
		chains += b->slot[i].ndesc != 0;
	}
	CHECK(ndesc + b->v.nfree == b->num);
	CHECK(chains == b->nout && chains == b->v.outstanding);
	/* The free list is as long as it says, and holds no chain's head. */
	for (n = 0, d = b->v.free_head; n < b->v.nfree; n++) {
		CHECK(d < b->num && b->slot[d].ndesc == 0);
		d = b->slot[d].next;
	}
	CHECK(b->v.why == NULL || b->lied);
}

static void
driver_add(struct bed *b, struct input *in)
{
	struct vring_sg sg[MAXSEG];
	struct buf *f;
	unsigned i, nin, nout, flags = byte(in), which = byte(in) % b->num;
	bool room;

	f = &b->buf[which];
	if (f->out)
		return;
	nout = flags & 3;
	nin = (flags >> 2) & 3;
	f->inlen = 0;
	for (i = 0; i < nout + nin; i++) {
		sg[i].addr = 0x1000 * i;
		sg[i].len = word(in);
		if (i >= nout)
			f->inlen += sg[i].len;
	}
	room = b->v.why == NULL && nout + nin > 0 &&
	    ((flags & 0x40) ? b->v.nfree >= 1 : b->v.nfree >= nout + nin);
	if (vring_add(&b->v, sg, nout, nin, f, (flags & 0x40) ? f->table : NULL,
	    (uintptr_t)f->table) == 0) {
		CHECK(room);
		f->out = 1;
		b->nout++;
	} else
		CHECK(!room);
}

static void
driver_pop(struct bed *b)
{
	struct buf *f;
	uint32_t len;

	f = vring_pop(&b->v, &len);
	if (f == NULL)
		return;
	CHECK(f >= b->buf && f < b->buf + b->num && f->out);
	CHECK(len <= f->inlen);
	f->out = 0;
	b->nout--;
}

/* The device follows the chain at head; returns what it may write. */
static uint32_t
device_chain(struct bed *b, unsigned head)
{
	struct vring_desc *d = &b->v.desc[head];
	uint32_t in = 0;
	unsigned n;

	if (d->flags & VRING_DESC_INDIRECT) {
		n = d->len / sizeof(*d);
		CHECK(n > 0 && n <= MAXSEG);
		d = (void *)(uintptr_t)d->addr;
		for (; n > 0; n--, d++) {
			if (d->flags & VRING_DESC_WRITE)
				in += d->len;
			CHECK(!!(d->flags & VRING_DESC_NEXT) == (n > 1));
		}
		return in;
	}
	for (n = 0; ; d = &b->v.desc[d->next]) {
		CHECK(++n <= b->num);
		if (d->flags & VRING_DESC_WRITE)
			in += d->len;
		if ((d->flags & VRING_DESC_NEXT) == 0)
			return in;
		CHECK(d->next < b->num);
	}
}

static void
device_take(struct bed *b)
{

	while (b->dev_avail != b->v.avail->idx && b->nheld < b->num) {
		b->held[b->nheld++] =
		    b->v.avail->ring[b->dev_avail++ & (b->num - 1)];
		CHECK(b->held[b->nheld - 1] < b->num);
	}
}

static bool
device_wants_irq(struct bed *b)
{
	uint16_t event = b->v.avail->ring[b->num];

	if (!b->v.event_idx)
		return (b->v.avail->flags & VRING_AVAIL_NO_INTERRUPT) == 0;
	return (uint16_t)(b->dev_used - event - 1) <
	    (uint16_t)(b->dev_used - b->told);
}

static void
device_use(struct bed *b, unsigned which, unsigned lie, unsigned value)
{
	volatile struct vring_used_elem *e;
	uint32_t len;
	unsigned head;

	if (b->nheld == 0)
		return;
	which %= b->nheld;
	head = b->held[which];
	b->held[which] = b->held[--b->nheld];
	e = &b->v.used->ring[b->dev_used & (b->num - 1)];
	len = lie || b->lied ? 0 : device_chain(b, head);
	e->id = head;
	e->len = len ? value % (len + 1) : 0;
	if (lie & 1)		/* often one that is in range */
		e->id = value & 0x100 ? value : value % b->num;
	if (lie & 2)
		e->len = 0x10000u * value + value;
	b->lied |= lie != 0;
	b->v.used->idx = ++b->dev_used;
	if (device_wants_irq(b)) {
		b->interrupt = true;
		b->told = b->dev_used;
	}
}

static void
step(struct bed *b, struct input *in)
{
	unsigned op = byte(in);

	switch (op & 15) {
	case 0: case 1: case 2: case 3:
		driver_add(b, in);
		break;
	case 4: case 5:
		if (!vring_publish(&b->v))
			break;
		/* FALLTHROUGH */
	case 6:
		device_take(b);
		break;
	case 7: case 8: case 9: {
		unsigned which = byte(in);

		device_use(b, which, 0, word(in));
		break;
	}
	case 10:
		driver_pop(b);
		break;
	case 11:		/* the interrupt thread's loop */
		b->interrupt = false;
		vring_intr_off(&b->v);
		do {
			while (vring_pending(&b->v))
				driver_pop(b);
		} while (!vring_intr_on(&b->v, 1));
		/* All seen, so the next one must interrupt. */
		CHECK(b->v.why != NULL || b->v.used_idx == b->v.used->idx);
		b->told = b->dev_used;
		if (!b->lied && b->nheld > 0) {
			device_use(b, 0, 0, 0);
			CHECK(b->interrupt);
		}
		break;
	case 12:
		if ((op & 0x30) == 0x30) {
			unsigned which = byte(in);

			device_use(b, which, 1 + byte(in) % 3, word(in));
		}
		break;
	case 13:
		if ((op & 0x30) == 0x30) {
			b->v.used->idx = b->dev_used = word(in);
			b->lied = true;
		}
		break;
	case 14:
		b->v.used->flags = op >> 7;
		*(uint16_t *)((char *)(uintptr_t)b->v.used + 4 + 8 * b->num) =
		    word(in);
		break;
	case 15:		/* scribble on what the driver only writes */
		if ((op & 0x30) == 0x30) {
			unsigned i = byte(in) % b->num;

			memset(&b->v.desc[i], byte(in), sizeof(b->v.desc[i]));
			b->lied = true;
		}
		break;
	}
	check(b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bed bed;
	struct bed *b = &bed;
	struct input in = { data, size };
	struct buf *f;
	size_t avail, used, bytes;
	unsigned mode = byte(&in);

	memset(b, 0, sizeof(*b));
	b->num = 1u << (mode % 7);
	bytes = vring_layout(b->num, mode & 0x40 ? 4096 : 64, &avail, &used);
	b->mem = aligned_alloc(4096, (bytes + 4095) & ~4095ul);
	memset(b->mem, 0, bytes);
	b->slot = calloc(b->num, sizeof(*b->slot));
	vring_init(&b->v, b->num, mode & 0x40 ? 4096 : 64, b->mem, b->slot,
	    mode & 0x80);
	/* Start anywhere, so that indices wrap. */
	b->v.avail_idx = b->v.published = b->v.used_idx = b->told =
	    b->dev_avail = b->dev_used = word(&in);
	b->v.avail->idx = b->v.used->idx = b->dev_used;
	check(b);
	while (in.n > 0)
		step(b, &in);
	while ((f = vring_reclaim(&b->v)) != NULL) {
		CHECK(f->out);
		f->out = 0;
		b->nout--;
	}
	b->lied = true;
	check(b);
	CHECK(b->nout == 0 && b->v.nfree == b->num);
	free(b->mem);
	free(b->slot);
	return 0;
}

#ifndef FUZZER
int
main(int argc, char **argv)
{
	static uint8_t data[4096];
	unsigned long i, n = argc > 1 ? strtoul(argv[1], NULL, 0) : 20000;
	uint64_t x = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	size_t k, len;

	for (i = 0; i < n; i++) {
		for (k = 0; k < sizeof(data); k++) {
			x = x * 6364136223846793005ull + 1442695040888963407ull;
			data[k] = x >> 56;
		}
		len = (x >> 20) % sizeof(data);
		/* Half of the runs have an honest device. */
		for (k = 0; (i & 1) && k < len; k++)
			if ((data[k] & 15) > 11)
				data[k] &= 0xcf;
		LLVMFuzzerTestOneInput(data, len);
	}
	printf("fuzz_virtq: %lu inputs, ok\n", n);
	return 0;
}
#endif
