/*
 * fuzz_nic.c: the driver wm with a device that receives and sends what is
 * right and wrong, writes anything into its descriptors, stands still, or is
 * unplugged.  What is received must lie where the device was told to put it;
 * what is sent must be memory, in order, all of it, whatever is reset
 * meanwhile, and come back once; closing leaves nothing behind.
 */
#include "nic_fake.h"
#include "rounds.h"
#define MAXHELD	600
#include "netheld.h"

#define FRAME(n) (20 + (n) % 1400)	/* sent in honest sessions, by number */

static struct wm *sc;
static unsigned ngood, nresent;
static unsigned nseen;			/* packets that went out */
static bool liar, forgetful;

/* ---- the stack's side ---- */

static void
input(void *arg, struct netpktq *q)
{
	struct netpkt *p;
	unsigned k, x;

	CHECK(!sc->ctl->held && !sc->tx.lock->held && !sc->rxq[0].lock->held);
	while ((p = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, link);
		CHECK(p->nseg == 1 && p->seg[0].len == p->len);
		CHECK(p->len >= 14 && p->len <= WM_RXBUF);
		for (k = x = 0; k < p->len; k++)
			x += ((unsigned char *)p->seg[0].data)[k];
		CHECK(liar || x == p->len * 5);
		ngood++;
		keep(p, rnd() % 4 != 0);
	}
}

static void
sent_done(struct netpkt *p)
{

	CHECK(!sc->tx.lock->held);
	came_back(p);
	free(p);
}

/* In pieces, the number at the end; sometimes to be cut up, or nonsense. */
static struct netpkt *
packet(unsigned n)
{
	unsigned total = FRAME(n), i, left;
	bool tso = rnd() % 8 == 0;
	struct netpkt *p;

	if (tso)
		total = 100 + rnd() % 60000;
	p = calloc(1, sizeof(*p) + total);
	p->nseg = 1 + rnd() % (rnd() % 8 ? 4 : NETPKT_MAXSEG);
	p->len = left = total;
	for (i = 0; i < p->nseg; i++) {
		p->seg[i].len = i + 1 == p->nseg ? left : rnd() % (left + 1);
		p->seg[i].data = (char *)(p + 1) + total - left;
		left -= p->seg[i].len;
	}
	memcpy((char *)(p + 1) + total - 4, &n, 4);
	if (tso) {
		p->flags = NETPKT_CSUM | (rnd() % 2 && sc->model->pcie ?
		    NETPKT_TSO6 : NETPKT_TSO4);
		p->csum_start = p->flags & NETPKT_TSO6 ? 54 : 34;
		p->csum_offset = 16;
		p->hdr_len = p->csum_start + 20 + rnd() % 3 * 4;
		p->gso_size = 1000 + rnd() % 448;
	} else if (total > 60 && rnd() % 2) {
		p->flags = NETPKT_CSUM;
		p->csum_start = 34;
		p->csum_offset = rnd() % 2 ? 16 : 6;
	}
	if (liar && rnd() % 8 == 0) {
		p->flags = rnd();
		p->csum_start = rnd();
		p->csum_offset = rnd() % 20;
		p->hdr_len = rnd() % 300;
		p->gso_size = rnd();
		if (rnd() % 4 == 0)
			p->nseg = rnd() % 2 ? 0 : NETPKT_MAXSEG + 1;
	}
	p->done = sent_done;
	p->arg = (void *)(size_t)n;
	return p;
}

static void
send_some(void)
{
	struct netpktq q = STAILQ_HEAD_INITIALIZER(q);
	struct netpkt *p;
	unsigned n = rnd() % (rnd() % 8 ? 8 : 60);

	while (n-- > 0 && nsent < MAXSENT && sc->tx.nwait < WM_TXWAIT - 60) {
		p = packet(nsent++);
		STAILQ_INSERT_TAIL(&q, p, link);
	}
	fake_nic->ops->send(fake_nic, &q);
	CHECK(STAILQ_EMPTY(&q));
}

/* ---- the device's side ---- */

static void
check_context(const struct txdesc *d)
{

	CHECK((d->cmd & 0xf00000) == 0 && (d->cmd & TX_EOP) == 0 ||
	    (d->cmd & TX_C_TCP));
	CHECK((d->addr >> 40 & 0xff) > (d->addr >> 32 & 0xff));
}

/* A packet from descriptor i on, all of which is there; its last one. */
static unsigned
look_at_packet(unsigned i, bool honest)
{
	static uint8_t whole[70000];
	struct txdesc *ring = (void *)((uint64_t)REG(TDBAH) << 32 | REG(TDBAL));
	unsigned len, total = 0, mask = REG(TDLEN) / 16 - 1, n;
	uint64_t c[2] = { 0 };

	for (;; i = (i + 1) & mask) {
		struct txdesc *d = &ring[i];

		CHECK(i != REG(TDT) && (d->cmd & TX_DEXT) != 0);
		if ((d->cmd & TX_DATA) == 0) {
			check_context(d);
			CHECK(total == 0);
			memcpy(c, d, 16);
			continue;
		}
		len = d->cmd & 0xfffff;
		CHECK(len > 0 && len <= TX_MAXPIECE && total + len <= 65550);
		memcpy(whole + total, (void *)d->addr, len);
		CHECK(total != 0 || (c[1] & TX_TSE) == 0 ||
		    (c[1] >> 40 & 0xff) == len);
		total += len;
		if (d->cmd & TX_EOP)
			break;
	}
	if ((ring[i].cmd & TX_TSE) != 0)
		CHECK((c[1] & TX_TSE) != 0 &&
		    (c[1] & 0xfffff) + (c[1] >> 40 & 0xff) == total);
	if (honest) {
		memcpy(&n, whole + total - 4, 4);
		/* what was sent, but not written back, is sent again */
		CHECK(n <= nseen && ((ring[i].cmd & TX_TSE) ||
		    total == FRAME(n)));
		nresent += n < nseen;
		if (n == nseen)
			nseen++;
	}
	return i;
}

static void
device_tx(void)
{
	struct txdesc *ring = (void *)((uint64_t)REG(TDBAH) << 32 | REG(TDBAL));
	unsigned n = rnd() % 40, mask = REG(TDLEN) / 16 - 1, last;

	while (n-- > 0 && REG(TDH) != REG(TDT)) {
		last = look_at_packet(REG(TDH), !liar);
		REG(TDH) = (last + 1) & mask;
		if (forgetful && rnd() % 300 == 0)
			break;			/* sent, and never said */
		CHECK(ring[last].cmd & TX_RS);
		ring[last].cmd |= TX_DD;
	}
}

static uint64_t
writeback(unsigned len)
{
	unsigned st = RX_DD | RX_EOP | (rnd() % 2 ? RX_L4CS : 0);
	unsigned err = rnd() % 8 ? 0 : rnd() & 0xff;

	if (rnd() % 8 == 0)
		st ^= 1u << (1 + rnd() % 7);
	if (sc->model->pcie)
		return (uint64_t)len << 32 | err << 24 | st;
	return len | (uint64_t)st << 32 | (uint64_t)err << 40;
}

static void
device_rx(void)
{
	unsigned q = rnd() % sc->nrxq, n = rnd() % 80, len;
	struct rxdesc *ring = (void *)((uint64_t)REG(RDBAH(q)) << 32 |
	    REG(RDBAL(q)));
	unsigned mask = REG(RDLEN(q)) / 16 - 1, at;

	while (n-- > 0 && (at = REG(RDH(q))) != REG(RDT(q))) {
		len = rnd() % 8 ? 60 + rnd() % 1455 : rnd() % 2049;
		memset((void *)ring[at].addr, 5, WM_RXBUF);
		if (liar && rnd() % 60 == 0)
			len = rnd() & 0xffff;
		ring[at].wb = writeback(len);
		REG(RDH(q)) = (at + 1) & mask;
	}
}

static void
device_lies(void)
{
	struct txdesc *tx = (void *)((uint64_t)REG(TDBAH) << 32 | REG(TDBAL));
	struct rxdesc *rx = (void *)((uint64_t)REG(RDBAH(0)) << 32 |
	    REG(RDBAL(0)));

	switch (rnd() % 4) {
	case 0:
		rx[rnd() % (REG(RDLEN(0)) / 16)].wb = (uint64_t)rnd() << 32 ^
		    rnd();
		break;
	case 1:
		tx[rnd() % WM_TXRING].cmd |= TX_DD;
		break;
	case 2:
		REG(STATUS) = rnd();
		break;
	case 3:
		REG(CRCERRS) = rnd();
		break;
	}
}

static void
interrupt(void)
{
	unsigned n = sc->vectors > 1 ? rnd() % (sc->nrxq + 1) : 0;

	REG(ICR) = rnd() % 4 ? INT_RXT0 | INT_TXDW | INT_LSC : rnd();
	(void)fake_intr[n](fake_intrarg[n]);
	REG(ICR) = 0;
}

/* ---- sessions ---- */

static void
step(void)
{

	switch (rnd() % 9) {
	case 0: case 1:
		device_rx();
		break;
	case 2:
		send_some();
		break;
	case 3:
		device_tx();
		break;
	case 4: case 5:
		interrupt();
		break;
	case 6:
		release(rnd() % (MAXHELD + 1));
		break;
	case 7:
		if (rnd() % 4 == 0) {
			fake_time += WM_SECOND;
			wm_tick(sc);
		}
		break;
	case 8:
		if (liar && rnd() % 8 == 0)
			device_lies();
		else if (rnd() % 32 == 0)
			wm_sick(sc, "a test says so");
		break;
	}
}

static void
all_goes_out(void)
{

	forgetful = false;
	for (int i = 0; i < 1000 && nseen < nsent; i++) {
		fake_time += WM_SECOND;
		wm_tick(sc);
		device_tx();
		interrupt();
	}
	CHECK(nseen == nsent);
}

static void
session(unsigned steps)
{
	uint8_t group[2][6] = { { 0x33, 0x33, 0, 0, 0, 1 }, { 1 } };
	bool opened;

	nsent = nseen = 0;
	forgetful = true;
	opened = fake_nic->ops->open(fake_nic, input, NULL) == 0;
	if (!opened)
		CHECK(strstr(fake_said, "not started") != NULL);
	else
		CHECK(fake_nic->ops->open(fake_nic, input, NULL) == EBUSY);
	while (opened && steps-- > 0) {
		step();
		if (rnd() % 100 == 0)
			fake_nic->ops->filter(fake_nic, rnd() % 2, group,
			    (int)(rnd() % 4) - 1);
		if (liar && rnd() % 1000 == 0) {
			fake_unplugged = true;
			for (unsigned i = 0; i < NREG / 4; i++)
				fake_regs[i] = 0xffffffff;
			wm_tick(sc);
			CHECK(!fake_nic->linkup && sc->gone);
			CHECK(strstr(fake_said, "wm0: the device is gone"));
			send_some();
			interrupt();
			break;
		}
		CHECK(fake_short || fake_nic->stats.odrops == 0 || liar);
	}
	if (opened && !liar && !fake_short)
		all_goes_out();
	fake_nic->ops->close(fake_nic);
	for (unsigned i = 0; i < nsent; i++)
		CHECK(back[i] == 1);
	memset(back, 0, sizeof(back));
}

/* A device that takes packets and sends none: said, and reset. */
static void
hang(void)
{

	liar = fake_short = 0;
	nsent = nseen = 0;
	fake_said[0] = '\0';
	if (fake_nic->ops->open(fake_nic, input, NULL) != 0)
		return;
	do
		send_some();
	while (nsent == 0);
	for (int i = 0; i < 4; i++) {
		fake_time += WM_SECOND;
		wm_tick(sc);
	}
	CHECK(strstr(fake_said, "none sent for 2 seconds: reset") != NULL);
	CHECK(fake_nic->resets > 0);
	all_goes_out();
	fake_nic->ops->close(fake_nic);
	memset(back, 0, sizeof(back));
}

static void
one(uint64_t n)
{
	static const uint16_t ids[] = { 0x100e, 0x10d3, 0x150c };

	fake_seed(n);
	fake_unplugged = false;
	fake_said[0] = '\0';
	fake_mem = fake_short = 0;
	k_ncpu = 1 + rnd() % 4;
	fake_vectors = rnd() % 3 * 2 + rnd() % 2;	/* 0 to 5 */
	fake_reset();
	if ((sc = fake_attach(ids[rnd() % 3])) == NULL)
		return;
	if (rnd() % 3 == 0)
		fake_short = 50;
	for (int i = 0; i < 3 && !sc->gone; i++) {
		fake_said[0] = '\0';
		fake_nic->stats.odrops = 0;
		liar = n % 2;
		session(rnd() % 1500);
	}
	if (!sc->gone)
		hang();
	/* what the receiver still has comes back after the closing */
	release(0);
	fake_short = 0;
	if (fake_nic->ops->open(fake_nic, input, NULL) == 0)
		fake_nic->ops->close(fake_nic);
	else
		wm_rx_free(sc);
	CHECK(fake_mem == 1);
	free(sc->ctl);
	free(sc->tx.lock);
	for (int i = 0; i < WM_MAXRXQ; i++)
		free(sc->rxq[i].lock);
	free(sc);
}

int
main(int argc, char **argv)
{
	unsigned long n;

	n = rounds(argc, argv, 400, one);
	CHECK(ngood > n && nresent > 0);
	printf("fuzz_nic: %lu devices, %u packets received, %u sent again, "
	    "%u resets, ok\n", n, ngood, nresent, fake_resets);
	return 0;
}
