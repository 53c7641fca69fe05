/*
 * fuzz_vnet.c: virtio-net's driver with a device that sends right and wrong
 * headers, lengths and counts of buffers, and sometimes lies in its rings.
 * Every packet received must lie within its buffers; every packet sent must
 * come back once, broken device or not; closing leaves no page behind.
 */
#include "virtio/fake.h"
#include "rounds.h"
#include "../../virtio/net.h"
#include "netheld.h"

static struct fake_dev dev;
static unsigned ngood;
static bool lies;

static void
input(void *arg, struct netpktq *q)
{
	struct netpkt *p;
	uint32_t sum;
	unsigned i, k, x;

	while ((p = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, link);
		CHECK(p->nseg >= 1 && p->nseg <= NETPKT_MAXSEG);
		for (i = sum = 0; i < p->nseg; sum += p->seg[i++].len) {
			CHECK(p->seg[i].len <= p->len);
			for (k = x = 0; k < p->seg[i].len; k++)
				x += ((unsigned char *)p->seg[i].data)[k];
			CHECK(x != 0xffffffff);		/* it was readable */
		}
		CHECK(sum == p->len && p->len >= 14);
		if (p->flags & NETPKT_CSUM_PART)
			CHECK(p->csum_start + p->csum_offset + 2u <= p->len);
		if (p->flags & (NETPKT_TSO4 | NETPKT_TSO6))
			CHECK(p->gso_size != 0);
		ngood++;
		keep(p, rnd() % 2 != 0);
	}
}

static void
sent_done(struct netpkt *p)
{

	came_back(p);
	free(p);
}

static void
send_some(void)
{
	struct netpktq q = STAILQ_HEAD_INITIALIZER(q);
	struct netpkt *p;
	unsigned i, n = rnd() % 20, total;

	while (n-- > 0 && nsent < MAXSENT) {
		total = 14 + rnd() % (rnd() % 4 ? 1500 : 60000);
		p = calloc(1, sizeof(*p) + total);
		p->nseg = 1 + rnd() % 6;
		p->len = total;
		for (i = 0; i < p->nseg; i++) {
			p->seg[i].len = i + 1 == p->nseg ? total :
			    rnd() % (total + 1);
			p->seg[i].data = (char *)(p + 1) + p->len - total;
			total -= p->seg[i].len;
		}
		if (rnd() % 16 == 0)
			p->nseg = rnd() % 2 ? 0 : NETPKT_MAXSEG + 1;
		p->flags = rnd() % 4 ? 0 : rnd() & 0xf;
		p->csum_start = rnd() % 100;
		p->csum_offset = rnd() % 8 ? 16 : rnd();
		p->gso_size = 1448;
		p->done = sent_done;
		p->arg = (void *)(size_t)nsent++;
		STAILQ_INSERT_TAIL(&q, p, link);
	}
	fake_net->xmit(fake_net, &q);
	CHECK(STAILQ_EMPTY(&q));
}

/* The device has sent something: headers and data must be there. */
static void
device_tx(void)
{
	struct fake_piece p[NET_TXSG];
	unsigned total, n = rnd() % 8;
	int head, i, k;

	while (n-- > 0 && (head = fake_take(&dev, 1)) >= 0) {
		k = fake_chain(&dev, 1, head, p, NET_TXSG);
		for (i = total = 0; i < k; i++) {
			CHECK(!p[i].write);
			total += p[i].len;
		}
		CHECK(total >= 10 + 14);
		fake_use(&dev, 1, head, 0);
	}
}

static void
device_rx(void)
{
	struct fake_piece p[4];
	struct vn_hdr h;
	unsigned n = 1 + rnd() % 3, i, len;
	int head, k;

	if (rnd() % 30 == 0)
		n = rnd() % 30;
	for (i = 0; i < n; i++) {
		if ((head = fake_take(&dev, 0)) < 0)
			return;
		k = fake_chain(&dev, 0, head, p, 4);
		CHECK(k >= 1 && p[0].write);
		memset(&h, 0, sizeof(h));
		if (rnd() % 4 == 0)
			for (len = 0; len < sizeof(h); len++)
				((uint8_t *)&h)[len] = rnd() % 3 ? 0 : rnd();
		if (rnd() % 4)
			h.num_buffers = n;
		if (i == 0)
			memcpy(p[0].p, &h, p[0].len < 12 ? p[0].len : 12);
		len = rnd() % 8 ? p[k - 1].len : rnd() % (p[k - 1].len + 1);
		if (k == 2)
			len += p[0].len;
		if (rnd() % 40 == 0)
			len = rnd() % 20;
		fake_use(&dev, 0, head, len);
	}
}

static void
device_lies(void)
{
	unsigned n = rnd() % 2;

	if (dev.q[n] == NULL)
		return;
	lies = true;
	switch (rnd() % 3) {
	case 0:
		fake_use(&dev, n, rnd() % dev.q[n]->ring.num, rnd() % 5000);
		break;
	case 1:
		fake_use(&dev, n, rnd(), rnd());
		break;
	case 2:
		dev.used[n] += rnd();
		dev.q[n]->ring.used->idx = dev.used[n];
		break;
	}
}

static void
session(unsigned steps, bool liar)
{
	unsigned i;

	if (fake_net->open(fake_net, input, NULL) != 0) {
		CHECK(strstr(said, "not opened") != NULL);
		return;
	}
	lies = false;
	while (steps-- > 0) {
		switch (rnd() % 8) {
		case 0: case 1: case 2:
			device_rx();
			break;
		case 3:
			send_some();
			break;
		case 4:
			device_tx();
			break;
		case 5:
			(void)vnet_rx_intr(fake_net);
			break;
		case 6:
			dev.d.vec[0].fn(dev.d.vec[0].arg);
			release(rnd() % (MAXHELD + 1));
			break;
		case 7:
			if (liar && rnd() % 16 == 0)
				device_lies();
			break;
		}
		if (dev.d.broken)
			CHECK(lies && strstr(said, "not used any more"));
	}
	fake_net->close(fake_net);
	for (i = 0; i < nsent; i++)
		CHECK(back[i] == 1);
	memset(back, 0, sizeof(back));
	nsent = 0;
}

static void
one(uint64_t seed)
{
	unsigned i;

	fake_seed(seed);
	memset(&dev, 0, sizeof(dev));
	said[0] = '\0';
	fake_net = NULL;
	dev.offer = (uint64_t)rnd() << 10 ^ rnd();
	dev.offer &= 0x00ffffffff;
	if (rnd() % 2)
		dev.offer |= VIRTIO_F_VERSION_1;
	if (rnd() % 4)
		dev.offer |= VN_F_MRG_RXBUF | VN_F_CSUM | VN_F_GUEST_CSUM;
	dev.qmax = 2u << rnd() % 8;
	for (i = 0; i < sizeof(dev.cfg); i++)
		dev.cfg[i] = rnd();
	fake_device(&dev, VIRTIO_NET);
	CHECK(fake_net != NULL && (fake_net->mac[0] & 1) == 0);
	for (i = 0; i < 3; i++) {
		said[0] = '\0';
		session(rnd() % 400, rnd() % 2);
	}
	/* What the receiver still has comes back after the closing. */
	release(0);
	if (fake_net->open(fake_net, input, NULL) == 0)
		fake_net->close(fake_net);
	if (fake_pages != 0 && fake_net->open(fake_net, input, NULL) == 0)
		fake_net->close(fake_net);
	free(fake_net);
}

int
main(int argc, char **argv)
{
	unsigned long n;

	n = rounds(argc, argv, 1000, one);
	CHECK(ngood > n);
	printf("fuzz_vnet: %lu devices, %u packets received, ok\n", n, ngood);
	return 0;
}
