/*
 * net.c: raw frames.  ping: ARP and ICMP echo with QEMU's user network at
 * 10.0.2.2; echo: whatever we send comes back with the addresses swapped.
 */
#include <stdio.h>
#include "devtest.h"

#define LIMIT	3000000000ull	/* ns */

struct net_test {
	struct netdev	*n;
	struct event	got, sent;
	struct kern_mutex lock;
	struct netpktq	q;		/* received */
	uint8_t		peer[6];
	unsigned	done;
};

static void
input(void *arg, struct netpktq *q)
{
	struct net_test *t = arg;
	struct netpkt *p;

	while ((p = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, link);
		kern_mutex_lock(&t->lock);
		STAILQ_INSERT_TAIL(&t->q, p, link);
		kern_mutex_unlock(&t->lock);
		event_post(&t->got);
	}
}

static void
sent(struct netpkt *p)
{
	struct net_test *t = p->arg;

	event_post(&t->sent);
	kern_free(p);
}

/* The next packet, flattened into buf; its length, 0: none came. */
static size_t
receive(struct net_test *t, uint8_t *buf, size_t max, uint64_t ns)
{
	struct netpkt *p;
	size_t len = 0;
	unsigned i;

	if (!event_wait(&t->got, t->done + 1, ns))
		return 0;
	t->done++;
	kern_mutex_lock(&t->lock);
	p = STAILQ_FIRST(&t->q);
	STAILQ_REMOVE_HEAD(&t->q, link);
	kern_mutex_unlock(&t->lock);
	for (i = 0; i < p->nseg && len + p->seg[i].len <= max; i++) {
		memcpy(buf + len, p->seg[i].data, p->seg[i].len);
		len += p->seg[i].len;
	}
	p->done(p);
	return len;
}

/* Send a frame in up to `pieces' pieces. */
static struct netpkt *
make(struct net_test *t, const uint8_t *frame, size_t len, unsigned pieces)
{
	struct netpkt *p = kern_malloc(sizeof(*p) + len, 0);
	uint8_t *data = (uint8_t *)(p + 1);
	size_t at = 0, k;
	unsigned i;

	if (p == NULL)
		return NULL;
	memset(p, 0, sizeof(*p));
	memcpy(data, frame, len);
	for (i = 0; i < pieces && at < len; i++, at += k) {
		k = i + 1 == pieces ? len - at : (len - at) / (pieces - i) | 1;
		if (k > len - at)
			k = len - at;
		p->seg[i].data = data + at;
		p->seg[i].len = k;
	}
	p->nseg = i;
	p->len = len;
	p->done = sent;
	p->arg = t;
	return p;
}

static void
transmit(struct net_test *t, const uint8_t *frame, size_t len, unsigned pieces)
{
	struct netpktq q = STAILQ_HEAD_INITIALIZER(q);
	struct netpkt *p = make(t, frame, len, pieces);

	if (p == NULL)
		return;
	STAILQ_INSERT_TAIL(&q, p, link);
	t->n->xmit(t->n, &q);
}

static uint16_t
checksum(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += p[i] << 8 | p[i + 1];
	if (len & 1)
		sum += p[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static const uint8_t us[4] = { 10, 0, 2, 15 }, gateway[4] = { 10, 0, 2, 2 };

static bool
arp(struct net_test *t)
{
	uint8_t f[42] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, r[1600];
	size_t len;
	int tries;

	memcpy(f + 6, t->n->mac, 6);
	memcpy(f + 12, "\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01", 10);
	memcpy(f + 22, t->n->mac, 6);
	memcpy(f + 28, us, 4);
	memcpy(f + 38, gateway, 4);
	for (tries = 0; tries < 5; tries++) {
		transmit(t, f, sizeof(f), 1);
		while ((len = receive(t, r, sizeof(r), LIMIT / 3)) != 0)
			if (len >= 42 && r[12] == 8 && r[13] == 6 &&
			    r[21] == 2 && memcmp(r + 28, gateway, 4) == 0) {
				memcpy(t->peer, r + 6, 6);
				return true;
			}
	}
	return false;
}

/* An echo request with n bytes; whether the same comes back. */
static bool
ping(struct net_test *t, size_t n, unsigned seq, unsigned pieces)
{
	static uint8_t f[1600], r[2000];
	size_t i, len, total = 14 + 20 + 8 + n;
	uint16_t sum;

	memset(f, 0, sizeof(f));
	memcpy(f, t->peer, 6);
	memcpy(f + 6, t->n->mac, 6);
	f[12] = 8;
	f[14] = 0x45;
	f[16] = (total - 14) >> 8;
	f[17] = total - 14;
	f[18] = seq >> 8;
	f[19] = seq;
	f[22] = 64;
	f[23] = 1;
	memcpy(f + 26, us, 4);
	memcpy(f + 30, gateway, 4);
	sum = checksum(f + 14, 20);
	f[24] = sum >> 8;
	f[25] = sum;
	f[34] = 8;
	f[40] = seq >> 8;
	f[41] = seq;
	for (i = 0; i < n; i++)
		f[42 + i] = seq * 7 + i * 13;
	sum = checksum(f + 34, 8 + n);
	f[36] = sum >> 8;
	f[37] = sum;
	transmit(t, f, total, pieces);
	while ((len = receive(t, r, sizeof(r), LIMIT)) != 0)
		if (len >= total && r[12] == 8 && r[13] == 0 && r[23] == 1 &&
		    r[34] == 0 && r[40] == f[40] && r[41] == f[41])
			return memcmp(r + 42, f + 42, n) == 0;
	return false;
}

static void
test_ping(struct net_test *t)
{
	unsigned i, bad = 0, rounds = option_number("rounds", 200);
	uint32_t seed = 99;
	uint64_t began;
	size_t n;

	if (!arp(t)) {
		ok(false, "%s: no answer to ARP", t->n->name);
		return;
	}
	ok(true, "%s: ARP", t->n->name);
	began = kern_clock();
	for (i = 0; i < rounds && bad < 5; i++) {
		n = random32(&seed) % 1450;
		bad += !ping(t, n, i, 1 + random32(&seed) % 8);
	}
	ok(bad == 0, "%s: %u echoes", t->n->name, rounds);
	kern_printf("# %s: %lu us an echo\n", t->n->name, (unsigned long)
	    ((kern_clock() - began) / 1000 / rounds));
}

static void
fill(uint8_t *f, size_t len, const uint8_t *mac, unsigned seq)
{
	size_t i;

	memcpy(f, "\x02\x00\x00\x00\x00\x01", 6);
	memcpy(f + 6, mac, 6);
	f[12] = 0x88;			/* for experiments */
	f[13] = 0xb5;
	f[14] = seq >> 8;
	f[15] = seq;
	for (i = 16; i < len; i++)
		f[i] = seq + i * 11;
}

/* A burst larger than the ring; the network may lose some of it. */
static void
test_echo(struct net_test *t)
{
	static uint8_t f[1514], r[2000];
	unsigned i, k, came, bad = 0, total = 0, rounds;
	struct netpktq q;
	size_t len, want;

	rounds = option_number("rounds", 200);
	for (i = 0; i < rounds; i++) {
		want = 60 + i * 37 % 1455;
		fill(f, want, t->n->mac, i);
		transmit(t, f, want, 1 + i % 20);
		len = receive(t, r, sizeof(r), LIMIT);
		bad += len != want || memcmp(r + 12, f + 12, want - 12) != 0;
	}
	ok(bad == 0, "%s: %u frames echoed", t->n->name, rounds);
	STAILQ_INIT(&q);
	for (i = 0; i < 1000; i++) {
		struct netpkt *p;

		fill(f, sizeof(f), t->n->mac, i);
		if ((p = make(t, f, sizeof(f), 3)) != NULL)
			STAILQ_INSERT_TAIL(&q, p, link);
		total++;
	}
	k = t->sent.n;
	t->n->xmit(t->n, &q);
	ok(STAILQ_EMPTY(&q), "%s: a burst is taken", t->n->name);
	ok(event_wait(&t->sent, k + total, LIMIT),
	    "%s: a burst of %u is given back", t->n->name, total);
	for (came = bad = 0; (len = receive(t, r, sizeof(r),
	    LIMIT / 6)) != 0; came++) {
		fill(f, sizeof(f), t->n->mac, r[14] << 8 | r[15]);
		bad += len != sizeof(f) ||
		    memcmp(r + 12, f + 12, sizeof(f) - 12) != 0;
	}
	ok(came > 0 && bad == 0, "%s: of the burst %u came back, %u damaged",
	    t->n->name, came, bad);
}

/* Packets that are kept must not stop the device. */
static void
test_hoard(struct net_test *t)
{
	static uint8_t f[1514], r[2000];
	struct netpkt *p, *next;
	unsigned i, kept, sequence, tries;
	size_t len;

	fill(f, sizeof(f), t->n->mac, 1);
	for (i = 0; i < 3000; i++) {
		transmit(t, f, sizeof(f), 1);
		(void)event_wait(&t->got, t->done + i + 1, LIMIT / 100);
	}
	kern_mutex_lock(&t->lock);
	kept = t->got.n - t->done;
	kern_mutex_unlock(&t->lock);
	/* With all of them kept, one more must come. */
	sequence = t->got.n;
	for (tries = 0; tries < 10 && t->got.n == sequence; tries++) {
		transmit(t, f, sizeof(f), 1);
		(void)event_wait(&t->got, sequence + 1, LIMIT / 10);
	}
	ok(t->got.n > sequence, "%s: receives while %u packets are kept",
	    t->n->name, kept);
	kern_mutex_lock(&t->lock);
	p = STAILQ_FIRST(&t->q);
	STAILQ_INIT(&t->q);
	t->done = t->got.n;
	kern_mutex_unlock(&t->lock);
	for (; p != NULL; p = next) {
		next = STAILQ_NEXT(p, link);
		p->done(p);
	}
	while (receive(t, r, sizeof(r), LIMIT / 10) != 0)
		continue;
	fill(f, 777, t->n->mac, 4711);
	for (len = 0, tries = 0; tries < 5 && len != 777; tries++) {
		transmit(t, f, 777, 1);
		len = receive(t, r, sizeof(r), LIMIT / 5);
	}
	ok(len == 777, "%s: receives after they were given back", t->n->name);
}

void
test_net(struct netdev *n, void *arg)
{
	static struct net_test t;
	static uint8_t frame[2000];
	unsigned before;
	uint64_t began;
	int error, again;

	kern_printf("# %s: %s %02x:%02x:%02x:%02x:%02x:%02x mtu %u caps %x "
	    "link %s\n", n->name, n->driver, n->mac[0], n->mac[1], n->mac[2],
	    n->mac[3], n->mac[4], n->mac[5], n->mtu, n->caps,
	    n->linkup ? "up" : "down");
	memset(&t, 0, sizeof(t));
	t.n = n;
	event_init(&t.got);
	event_init(&t.sent);
	kern_mutex_init(&t.lock, "nettest");
	STAILQ_INIT(&t.q);
	for (again = 0; again < 2; again++) {
		began = kern_clock();
		if ((error = n->open(n, input, &t)) != 0) {
			ok(false, "%s: open: error %d", n->name, error);
			return;
		}
		kern_printf("# %s: opened in %lu us\n", n->name,
		    (unsigned long)((kern_clock() - began) / 1000));
		ok(n->open(n, input, &t) == EBUSY,
		    "%s: a second opening is refused", n->name);
		if (option_is("net", "echo")) {
			test_echo(&t);
			test_hoard(&t);
		} else
			test_ping(&t);
		/* One packet alone is given back too. */
		before = t.sent.n;
		transmit(&t, (const uint8_t[300]){ 0xff, 0xff, 0xff, 0xff, 0xff,
		    0xff, 2, 0, 0, 0, 0, 9, 0x88, 0xb5 }, 300, 2);
		ok(event_wait(&t.sent, before + 1, 200000000),
		    "%s: a lone packet is given back", n->name);
		show_irqs(n->name);
		n->close(n);
		/* What was received before may be given back after. */
		while (receive(&t, frame, sizeof(frame), LIMIT / 100) != 0)
			continue;
	}
}
