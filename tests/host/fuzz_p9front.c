/*
 * fuzz_p9front.c: the 9P front end with a back end that answers in any order and
 * in pieces, goes away in the middle and comes back, keeps pages mapped, and
 * sometimes lies in its rings.  Every request ends; what an honest back end
 * answers is what comes back; a suspend waits for those who are inside.
 */
#include "xen/fake.h"
#include "p9_rpc.h"
#include "rounds.h"
#include "../../xen/p9front.h"

#define MAXPEND	32

static struct xenbus_dev xd;
static struct pf *f;
static struct xen_suspender *suspender;
static bool lies, down, in_suspend;
static uint32_t out_cons[PF_MAXRING], in_prod[PF_MAXRING];
static unsigned nsuspend, nlost;

static struct pend {
	uint8_t		*reply;
	size_t		n, at;
	unsigned	ring;
} pend[MAXPEND];
static unsigned npend;

void xen_on_suspend(struct xen_suspender *s) { suspender = s; }
static bool is_liar(void) { return lies; }

static uint64_t
key(const char *name)
{

	if (rnd() % 30 == 0)
		return rnd() % 2 ? ~0ull : rnd();
	if (strcmp(name, "max-rings") == 0)
		return 1 + rnd() % 6;
	CHECK(strcmp(name, "max-ring-page-order") == 0);
	return PF_MINORDER + rnd() % 6;
}

/* ---- the back end ---- */

static uint8_t *
at(struct pf_ring *r, bool out, uint32_t i)
{

	return r->data + (out ? pf_size(f) : 0) + (i & (pf_size(f) - 1));
}

/* A message of the front end's: all of it must be there. */
static void
receive(struct pf_ring *r)
{
	static uint8_t req[PF_MAXMSG], reply[PF_MAXMSG];
	unsigned k = r - f->ring;
	uint32_t n = 0, i, avail = r->intf->out_prod - out_cons[k];
	struct pend *p = &pend[npend];

	CHECK(avail <= pf_size(f) && (avail == 0 || avail >= RPC_MIN));
	if (avail == 0 || npend == MAXPEND)
		return;
	for (i = 0; i < 4; i++)
		n |= (uint32_t)*at(r, true, out_cons[k] + i) << 8 * i;
	CHECK(n <= avail && n <= f->dev.maxmsg);
	for (i = 0; i < n; i++)
		req[i] = *at(r, true, out_cons[k] + i);
	CHECK((req[5] | req[6] << 8) % f->nring == k);
	r->intf->out_cons = out_cons[k] += n;
	p->n = rpc_answer(req, n, reply);
	p->at = 0;
	p->ring = k;
	p->reply = malloc(p->n);
	memcpy(p->reply, reply, p->n);
	npend++;
}

/* More of a reply; no other's of the same ring is begun before it is whole. */
static void
answer(void)
{
	unsigned i = rnd() % npend, j;
	struct pend *p = &pend[i];
	struct pf_ring *r = &f->ring[p->ring];
	uint32_t room = pf_size(f) - (in_prod[p->ring] - r->intf->in_cons), n;

	for (j = 0; j < npend; j++)
		if (j != i && pend[j].ring == p->ring && pend[j].at != 0)
			return;
	n = p->n - p->at;
	if (n > room)
		n = room;
	if (rnd() % 3 == 0 && n > 1)
		n = 1 + rnd() % (n - 1);
	for (; n > 0; n--)
		*at(r, false, in_prod[p->ring]++) = p->reply[p->at++];
	r->intf->in_prod = in_prod[p->ring];
	if (p->at == p->n) {
		free(p->reply);
		*p = pend[--npend];
	}
}

static void
forget(void)
{

	while (npend > 0)
		free(pend[--npend].reply);
	memset(out_cons, 0, sizeof(out_cons));
	memset(in_prod, 0, sizeof(in_prod));
}

static void
lie(struct pf_ring *r)
{
	uint8_t *p = (uint8_t *)r->intf;
	unsigned i, n;

	lies = true;
	switch (rnd() % 6) {
	case 0:
		r->intf->in_prod = rnd() % 2 ? rnd() : r->intf->in_prod + rnd() % 64;
		break;
	case 1:
		r->intf->out_cons = rnd() % 2 ? rnd() : r->intf->out_cons + rnd() % 64;
		break;
	case 2:			/* of any length, or to anybody */
		n = rnd() % 2 ? rnd() % 140000 : rnd();
		for (i = 0; i < 4; i++)
			*at(r, false, r->intf->in_prod + i) = n >> 8 * i;
		*at(r, false, r->intf->in_prod + 5) = r->ncalls > 0 && rnd() % 4 ?
		    TAILQ_FIRST(&r->calls)->tag : rnd() % 16;
		*at(r, false, r->intf->in_prod + 6) = rnd() % 20 == 0;
		r->intf->in_prod += rnd() % 2 ? n : rnd() % pf_size(f);
		break;
	case 5:			/* any bytes */
		for (i = 0, n = rnd() % 40; i < n; i++)
			*at(r, false, r->intf->in_prod + i) = rnd() % 3 ? 0 : rnd();
		r->intf->in_prod += n;
		break;
	case 3:
		memset(p + rnd() % 3000, rnd(), 64);
		break;
	case 4:
		memset(r->data + rnd() % 4000, rnd(), 64);
		break;
	}
}

static void
peer(void)
{
	struct pf_ring *r = &f->ring[rnd() % f->nring];

	if (!lies && rnd() % 2)
		receive(r);
	if (!lies && npend > 0)
		answer();
	if (!in_suspend && rnd() % 200 == 0)
		lie(r);
	if (lies || rnd() % 2)
		pf_intr(r);
}

/* ---- connections ---- */

static void
connect(void)
{

	forget();
	lies = false;
	fake_trouble = NULL;
	f->present = true;		/* comes(): the trouble is over */
	while (fake_driver->connect(&xd) != 0)
		CHECK(f->nring == 0);
	(void)fake_driver->publish(&xd, 1);
	if (fake_driver->connected(&xd, true) != 0) {	/* smaller than before */
		fake_driver->disconnect(&xd, true);
		return;
	}
	CHECK(f->nring >= 1 && f->nring <= PF_MAXRING);
	down = false;
}

static void
disconnect(bool gone)
{

	fake_driver->disconnect(&xd, gone);
	CHECK(f->nring == 0);
	down = true;
	nlost++;
}

/* Those inside come to their end before, if they can. */
static void
suspend(void)
{

	in_suspend = true;
	suspender->before(suspender->arg);
	CHECK(f->inside == 0 || lies || down || said[0] != '\0');
	if (!down)
		disconnect(false);
	suspender->after(suspender->arg, false);
	in_suspend = false;
	nsuspend++;
}

static void
inside(void)
{
	uint32_t session = fake_p9->enter(fake_p9);
	unsigned n = rnd() % 4;

	if (rnd() % 8)
		fake_p9->begin(fake_p9, session);
	while (n-- > 0)
		rpc(is_liar);
	fake_p9->leave(fake_p9);
}

/* What goes on while somebody waits. */
static bool
others(void)
{

	if (down || fake_trouble != NULL) {
		if (fake_trouble != NULL)
			disconnect(true);
		connect();
	} else if (!in_suspend && rpc_depth > 0 && rpc_depth < 5 && rnd() % 4 == 0)
		rpc(is_liar);
	else if (rnd() % 300 == 0 || lies)	/* else it may never end */
		disconnect(false);
	else
		peer();
	return true;
}

static void
one(uint64_t seed)
{
	unsigned i;

	fake_seed(seed);
	memset(&xd, 0, sizeof(xd));
	strcpy(xd.name, "9pfs 0");
	fake_key = key;
	fake_wait = others;
	fake_string = rnd() % 2 ? "1" : "1,2";
	said[0] = '\0';
	down = true;
	CHECK(fake_driver->probe(&xd) == 0);
	f = xd.priv;
	while (down)
		connect();
	fake_driver->attach(&xd, false);
	CHECK(fake_p9->open(fake_p9) == 0 && fake_p9->open(fake_p9) == EBUSY);
	for (i = 0; i < 40; i++) {
		fake_short = rnd() % 8 == 0;
		inside();
		fake_short = false;
		if (rnd() % 10 == 0)
			suspend();
		if (rnd() % 16 == 0)
			fake_unmap_all();
	}
	fake_p9->close(fake_p9);
	if (!down)
		disconnect(true);
	forget();
	fake_unmap_all();
	CHECK(fake_pages == 0 && fake_grants == 0);
	free(f);
}

int
main(int argc, char **argv)
{
	unsigned long n;

	fake_init();
	n = rounds(argc, argv, 1000, one);
	CHECK(rpc_good > 20 * n && nsuspend > n);
	printf("fuzz_p9front: %lu channels, %u replies, %u failed, %u connections "
	    "lost, %u suspends, ok\n", n, rpc_good, rpc_bad, nlost, nsuspend);
	return 0;
}
