/*
 * t_vif.c: network hypercalls: an ARP request to the gateway of QEMU's user
 * network (10.0.2.2), which always answers; on another network only sending
 * is seen.
 */
#include "test.h"
#include <rump/vif.h>

#define FRAME	60
static struct vif *vif;
static struct vif_info info;
static volatile int answers, received, sent, bad_context;
static uint8_t gateway[6];

static void
input(void *arg, struct netpktq *q)
{
	struct lwp *l = tk_self();
	struct netpkt *p;
	uint8_t *d;

	if (arg != (void *)&vif || l == NULL || l->cpu == NULL ||
	    l->cpu->owner != l)
		bad_context++;
	while ((p = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, link);
		d = p->seg[0].data;
		if (p->nseg > 0 && p->seg[0].len >= 42 && d[12] == 8 &&
		    d[13] == 6 && d[21] == 2 && d[31] == 2) {
			memcpy(gateway, d + 22, 6);
			answers++;
		}
		received++;
		p->done(p);
	}
}

static void
sent_one(struct netpkt *p)
{

	(void)p;
	__atomic_add_fetch(&sent, 1, __ATOMIC_SEQ_CST);
}

/* RFC 826: who has 10.0.2.2, tell 10.0.2.15. */
static void
arp(struct netpkt *p, uint8_t *f)
{
	static const uint8_t head[] = { 8, 6, 0, 1, 8, 0, 6, 4, 0, 1 };

	memset(f, 0, FRAME);
	memset(f, 0xff, 6);
	memcpy(f + 6, info.mac, 6);
	memcpy(f + 12, head, sizeof(head));
	memcpy(f + 22, info.mac, 6);
	memcpy(f + 28, "\x0a\0\2\x0f", 4);
	memcpy(f + 38, "\x0a\0\2\2", 4);
	memset(p, 0, sizeof(*p));
	p->seg[0].data = f;		/* in two pieces */
	p->seg[0].len = 14;
	p->seg[1].data = f + 14;
	p->seg[1].len = FRAME - 14;
	p->nseg = 2;
	p->len = FRAME;
	p->done = sent_one;
}

static bool
open_net(void)
{

	if (rumpcomp_vif_open("net0", input, (void *)&vif, &info, &vif) != 0) {
		test_skip("no net0");
		return false;
	}
	return true;
}

static void
names(void)
{
	char buf[16];
	struct vif *v;
	int n;

	for (n = 0; n < 32; n++) {
		memset(buf, 'x', sizeof(buf));
		if (rumpcomp_vif_name(n, buf, sizeof(buf)) != 0)
			break;
		CHECK(memchr(buf, '\0', sizeof(buf)) != NULL);
	}
	CHECK_INT(rumpcomp_vif_name(n, buf, sizeof(buf)), NB_ENOENT);
	CHECK(rumpcomp_vif_open("net99", input, NULL, &info, &v) != 0);
	TK_CHECK();
}

#define NSEND	50
static void
traffic(void)
{
	static struct netpkt p[NSEND];
	static uint8_t f[NSEND][FRAME];
	struct netpktq q = STAILQ_HEAD_INITIALIZER(q);
	struct net_stats st;
	struct vif *second;
	uint64_t end = now() + 5 * SEC;
	int round, i;

	if (!open_net())
		return;
	CHECK((info.mac[0] & 1) == 0);
	CHECK(info.mtu >= 576);
	CHECK(rumpcomp_vif_open("net0", input, NULL, &info, &second) != 0 ||
	    test_linux());
	sent = answers = received = bad_context = 0;
	/* Twice: the second batch also ends the first. */
	for (round = 1; round <= 2; round++) {
		for (i = 0; i < NSEND; i++) {
			arp(&p[i], f[i]);
			STAILQ_INSERT_TAIL(&q, &p[i], link);
		}
		rumpcomp_vif_send(vif, &q);
		TK_CHECK();
		CHECK(STAILQ_EMPTY(&q));
		while (sent < round * NSEND && now() < end)
			tk_sleep(MS);
		CHECK_INT(sent, round * NSEND);
	}
	end = now() + SEC;
	while (answers == 0 && now() < end)
		tk_sleep(MS);
	test_note("%d answers of %d packets", answers, received);
	if (answers > 0)
		CHECK((gateway[0] & 1) == 0);
	CHECK_INT(bad_context, 0);
	rumpcomp_vif_stats(vif, &st);
	CHECK(st.opackets + st.odrops >= 2 * NSEND || test_linux());
	CHECK(st.ipackets >= (uint64_t)received || test_linux());
	rumpcomp_vif_close(vif);
	TK_CHECK();
}

/* Nothing comes after close; and it can be opened again. */
static void
reopen(void)
{
	static struct netpkt p;
	static uint8_t f[FRAME];
	struct netpktq q = STAILQ_HEAD_INITIALIZER(q);
	int i, was;

	for (i = 0; i < 5; i++) {
		if (!open_net())
			return;
		sent = 0;
		arp(&p, f);
		STAILQ_INSERT_TAIL(&q, &p, link);
		rumpcomp_vif_send(vif, &q);
		rumpcomp_vif_close(vif);
		/* Closing gives back what was not sent yet. */
		CHECK_INT(sent, 1);
		was = received;
		tk_sleep(20 * MS);
		CHECK_INT(received, was);
	}
}

const struct test tests_vif[] = {
	{ "vif: names", names },
	{ "vif: packets both ways, input has the context", traffic },
	{ "vif: close and open again", reopen },
	{ NULL, NULL }
};
