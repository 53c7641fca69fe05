/*
 * fuzz_xenstore.c: xenstore's client with a daemon that takes and gives bytes
 * in pieces of any size: an honest one, whose store must be seen as it is, and
 * one that answers with anything, late, twice, to nobody or never.
 */
#include "xen/fake.h"
#include "rounds.h"
#include "../../xen/xs_impl.h"

#define NKEYS	8
#define NWATCH	4
#define RING	XENSTORE_RING_SIZE

static struct xenstore_domain_interface page;
static int (*handler)(void *);
static char store[NKEYS][3000];		/* "k0" ..; "": not there */
static char txn_store[NKEYS][3000];
static bool in_txn, liar;
static struct xs_watch watches[NWATCH];
static unsigned calls[NWATCH], deferred, ngood, npumps;

static char inbuf[8192], outbuf[65536];
static size_t nin, nout;

const char *plat_cmdline(void) { return "{"; }
bool plat_config(const char *text, size_t n) { return false; }
enum xen_kind xen_kind(void) { return XEN_PVH; }

int
xen_start_page(enum xen_page which, void **va, evtchn_port_t *port)
{

	memset(&page, 0, sizeof(page));
	nin = nout = 0;
	*va = &page;
	*port = 3;
	return 0;
}

int
xen_event_bind(struct xen_event *e, const char *name, evtchn_port_t port,
    int cpu, int (*fn)(void *), void *arg)
{

	handler = fn;
	e->port = port;
	e->irq = (void *)e;
	return 0;
}

/* ---- the daemon ---- */

static void
reply(uint32_t type, uint32_t id, uint32_t txn, const void *body, size_t len)
{
	struct xsd_sockmsg h = { type, id, txn, (uint32_t)len };

	if (liar && rnd() % 12 == 0) {
		switch (rnd() % 6) {
		case 0: h.type = rnd() % 30; break;
		case 1: h.req_id += rnd() % 3; break;
		case 2: h.len = rnd() % 5000; break;
		case 3: h.len = rnd(); break;
		case 4: return;
		case 5: h.type = XS_WATCH_EVENT; break;
		}
	}
	if (nout + sizeof(h) + len > sizeof(outbuf))
		return;
	memcpy(outbuf + nout, &h, sizeof(h));
	memcpy(outbuf + nout + sizeof(h), body, len);
	nout += sizeof(h) + len;
}

static void
fail(const struct xsd_sockmsg *h, const char *error)
{

	reply(XS_ERROR, h->req_id, h->tx_id, error, strlen(error) + 1);
}

static int
key_of(const char *path)
{

	return path[0] == 'k' && path[1] >= '0' && path[1] < '0' + NKEYS &&
	    path[2] == '\0' ? path[1] - '0' : -1;
}

static void
fire(const char *path)
{
	char body[300];
	unsigned i;
	int n;

	for (i = 0; i < NWATCH; i++) {
		if (!watches[i].on || strcmp(watches[i].path, path) != 0)
			continue;
		n = snprintf(body, sizeof(body), "%s%c%u", path, 0,
		    watches[i].token) + 1;
		if (liar && rnd() % 4 == 0)
			body[rnd() % n] = rnd();
		reply(XS_WATCH_EVENT, 0, 0, body, liar && rnd() % 8 == 0 ?
		    rnd() % (n + 1) : n);
	}
}

static void
serve(const struct xsd_sockmsg *h, const char *body)
{
	char (*s)[3000] = h->tx_id != 0 ? txn_store : store;
	int k = key_of(body);
	size_t n;

	CHECK(h->len <= XENSTORE_PAYLOAD_MAX);
	switch (h->type) {
	case XS_READ:
		if (k < 0 || s[k][0] == '\0')
			fail(h, "ENOENT");
		else
			reply(XS_READ, h->req_id, h->tx_id, s[k], strlen(s[k]));
		break;
	case XS_WRITE:
		CHECK(memchr(body, '\0', h->len) != NULL);
		n = h->len - strlen(body) - 1;
		if (k < 0 || n >= sizeof(s[k])) {
			fail(h, "EACCES");
			break;
		}
		memcpy(s[k], body + strlen(body) + 1, n);
		s[k][n] = '\0';
		reply(XS_WRITE, h->req_id, h->tx_id, "OK", 3);
		fire(body);
		break;
	case XS_RM:
		if (k >= 0)
			s[k][0] = '\0';
		reply(XS_RM, h->req_id, h->tx_id, "OK", 3);
		break;
	case XS_DIRECTORY:
		reply(XS_DIRECTORY, h->req_id, 0, "a\0bc\0", 5);
		break;
	case XS_TRANSACTION_START:
		memcpy(txn_store, store, sizeof(store));
		in_txn = true;
		reply(XS_TRANSACTION_START, h->req_id, 0, "7", 2);
		break;
	case XS_TRANSACTION_END:
		in_txn = false;
		if (body[0] == 'T' && rnd() % 3 == 0) {
			fail(h, "EAGAIN");
			break;
		}
		if (body[0] == 'T')
			memcpy(store, txn_store, sizeof(store));
		reply(XS_TRANSACTION_END, h->req_id, h->tx_id, "OK", 3);
		break;
	case XS_WATCH:
		reply(XS_WATCH, h->req_id, 0, "OK", 3);
		fire(body);
		break;
	default:
		reply(h->type, h->req_id, h->tx_id, "OK", 3);
		break;
	}
}

static bool
take(void)
{
	struct xsd_sockmsg h;
	size_t n = page.req_prod - page.req_cons, i;

	CHECK(n <= RING || liar);
	if (n > RING)
		return false;
	if (rnd() % 2 && n > 0)
		n = rnd() % n + 1;
	for (i = 0; i < n && nin < sizeof(inbuf) - 1; i++)
		inbuf[nin++] = page.req[page.req_cons++ % RING];
	while (nin >= sizeof(h)) {
		memcpy(&h, inbuf, sizeof(h));
		if (nin < sizeof(h) + h.len)
			break;
		inbuf[nin] = '\0';
		serve(&h, inbuf + sizeof(h));
		memmove(inbuf, inbuf + sizeof(h) + h.len,
		    nin - sizeof(h) - h.len);
		nin -= sizeof(h) + h.len;
	}
	return i > 0;
}

static bool
give(void)
{
	size_t room = RING - (page.rsp_prod - page.rsp_cons), n, i;

	n = nout < room ? nout : room;
	if (n > RING)
		return false;
	if (rnd() % 2 && n > 0)
		n = rnd() % n + 1;
	for (i = 0; i < n; i++)
		page.rsp[page.rsp_prod++ % RING] = outbuf[i];
	memmove(outbuf, outbuf + n, nout - n);
	nout -= n;
	return n > 0;
}

static bool
pump(void)
{
	bool some;

	if (liar && rnd() % 300 == 0) {
		if (rnd() % 2)
			page.rsp_prod += rnd() % 3 ? 2000 : rnd();
		else
			page.req_cons -= 2000;
		handler(NULL);
		return true;
	}
	some = take();
	some |= give();
	if (some)
		handler(NULL);
	npumps++;
	return some;
}

/* ---- the client ---- */

static void
fired(struct xs_watch *w, const char *path)
{

	calls[w - watches]++;
	CHECK(strlen(path) < 5000);
}

static void
later(void *arg)
{

	deferred++;
}

static void
fill(char *buf, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		buf[i] = rnd() % 3 ? '0' + rnd() % 10 : ' ' + rnd() % 90;
	buf[n] = '\0';
}

static void
transaction(void)
{
	char k[8], v[64];
	unsigned tries = 0;
	xs_txn t;
	int error;

	snprintf(k, sizeof(k), "k%u", rnd() % NKEYS);
	fill(v, 1 + rnd() % 40);
	do {
		if ((error = xs_begin(&t)) != 0)
			break;
		if ((error = xs_write(t, k, NULL, v)) != 0)
			(void)xs_end(t, true);
		else
			error = xs_end(t, false);
	} while (error == EAGAIN && tries++ < 50);
	if (!liar) {
		CHECK(error == 0 && strcmp(store[key_of(k)], v) == 0);
		ngood++;
	}
}

static void
operation(void)
{
	static char big[6000];
	char k[8], *v, text[32];
	unsigned i = rnd() % NKEYS;
	uint64_t num;
	size_t len;
	int error;

	snprintf(k, sizeof(k), "k%u", i);
	switch (rnd() % 9) {
	case 0: case 1:
		fill(big, rnd() % (rnd() % 8 ? 100 : 2900));
		error = xs_write(0, k, NULL, big);
		CHECK(liar || (error == 0 && strcmp(store[i], big) == 0));
		break;
	case 2: case 3:
		if ((error = xs_read(0, k, NULL, &v, &len)) != 0) {
			CHECK(liar || (error == ENOENT && store[i][0] == '\0'));
			break;
		}
		CHECK(v[len] == '\0');
		CHECK(liar || (strcmp(v, store[i]) == 0 && ++ngood));
		free(v);
		break;
	case 4:
		error = xs_read_num(0, k, NULL, 1000, &num);
		CHECK(error != 0 || num <= 1000);
		error = xs_read_str(0, k, NULL, text, sizeof(text));
		CHECK(error != 0 || strlen(text) < sizeof(text));
		break;
	case 5:
		fill(big, 5000);
		CHECK(xs_write(0, k, NULL, big) == E2BIG);
		if (xs_directory(0, "device", "vif", &v, &len) == 0) {
			CHECK(v[len] == '\0');
			CHECK(liar || (len == 5 && xs_string(v, len, 2) == NULL &&
			    strcmp(xs_string(v, len, 1), "bc") == 0));
			free(v);
		}
		break;
	case 6:
		transaction();
		break;
	case 7:
		i = rnd() % NWATCH;
		if (watches[i].on)
			xs_unwatch(&watches[i]);
		else {
			snprintf(watches[i].path, sizeof(watches[i].path),
			    "k%u", rnd() % NKEYS);
			watches[i].fn = fired;
			calls[i] = 0;
			error = xs_watch(&watches[i]);
			CHECK(liar || error == 0);
			while (!liar && calls[i] == 0) {
				(void)pump();
				xs_watch_run();
			}
		}
		break;
	case 8:
		(void)xs_defer(later, NULL);
		error = xs_rm(0, k, NULL);
		CHECK(liar || (error == 0 && store[i][0] == '\0'));
		break;
	}
	xs_watch_run();
}

static void
one(uint64_t seed)
{
	unsigned steps, i;

	fake_seed(seed);
	said[0] = '\0';
	liar = rnd() % 2;
	/* A new connection; all watches are set again. */
	xs_suspend();
	xs_resume(false);
	for (steps = 20 + rnd() % 200; steps > 0; steps--)
		operation();
	for (i = 0; i < NWATCH; i++)
		if (watches[i].on)
			xs_unwatch(&watches[i]);
	CHECK(xs.talking == 0 && (xs.ntxn == 0 || liar));
	xs.ntxn = 0;
	memset(store, 0, sizeof(store));
}

int
main(int argc, char **argv)
{
	unsigned long n;

	fake_wait = pump;
	fake_init();
	CHECK(xs_ready());
	n = rounds(argc, argv, 1000, one);
	CHECK(ngood > n && deferred > n);
	printf("fuzz_xenstore: %lu daemons, %u good answers, ok\n", n,
	    ngood);
	return 0;
}
