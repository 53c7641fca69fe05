/*
 * hostilefront DOMID LIE: a network front end in dom0 whose back end is in
 * domain DOMID, right in all but the one thing that LIE names.  Says "lied",
 * then ends in order and waits until the
 * back end has cleaned up ("removed"); but for the lie "dies".
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>
#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xen/io/netif.h>
#include <xen/io/xenbus.h>

#define xen_wmb() __asm__ volatile("" ::: "memory")
#define xen_mb() __sync_synchronize()
#define ID	7
#define NPAGE	4			/* rings, one to send, one to receive */

static struct xs_handle *xs;
static xenevtchn_handle *evt;
static const char *lie;
static char front[64], back[64];
static int dom;
static char *page[NPAGE];
static uint32_t ref[NPAGE];
static int port;
static netif_tx_front_ring_t tx;
static netif_rx_front_ring_t rx;

static void
die(const char *what)
{

	printf("hostilefront: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
say(const char *s)
{

	puts(s);
	fflush(stdout);
}

static bool is(const char *name) { return strcmp(lie, name) == 0; }

static void
put(const char *dir, const char *key, const char *fmt, ...)
{
	char path[160], v[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(v, sizeof(v), fmt, ap);
	va_end(ap);
	snprintf(path, sizeof(path), "%s/%s", dir, key);
	if (!xs_write(xs, XBT_NULL, path, v, strlen(v)))
		die(path);
}

static int
back_state(void)
{
	char path[160], *v;
	unsigned len;
	int s;

	snprintf(path, sizeof(path), "%s/state", back);
	v = xs_read(xs, XBT_NULL, path, &len);
	s = v != NULL ? atoi(v) : 0;
	free(v);
	return s;
}

static bool
wait_back(int state)
{

	for (int i = 0; i < 200; i++) {
		if (back_state() == state)
			return true;
		usleep(20000);
	}
	return false;
}

static void
make(const char *path, unsigned owner, unsigned reader)
{
	struct xs_permissions perms[2] = { { .id = owner, .perms = XS_PERM_NONE },
	    { .id = reader, .perms = XS_PERM_READ } };

	if (!xs_mkdir(xs, XBT_NULL, path) ||
	    !xs_set_permissions(xs, XBT_NULL, path, perms, 2))
		die(path);
}

static void
share(void)
{
	xengntshr_handle *g = xengntshr_open(NULL, 0);

	if (g == NULL)
		die("gntshr");
	for (int i = 0; i < NPAGE; i++)
		if ((page[i] = xengntshr_share_pages(g, dom, 1, &ref[i], 1)) == NULL)
			die("share");
	SHARED_RING_INIT((netif_tx_sring_t *)page[0]);
	SHARED_RING_INIT((netif_rx_sring_t *)page[1]);
	FRONT_RING_INIT(&tx, (netif_tx_sring_t *)page[0], 4096);
	FRONT_RING_INIT(&rx, (netif_rx_sring_t *)page[1], 4096);
	if ((port = xenevtchn_bind_unbound_port(evt, dom)) < 0)
		die("port");
}

static void
devices(void)
{

	make(front, 0, dom);
	make(back, dom, 0);
	put(front, "backend", "%s", back);
	put(front, "backend-id", "%d", dom);
	put(front, "state", is("state-word") ? "banana" : "1");
	put(back, "frontend", "%s", front);
	put(back, "frontend-id", "0");
	put(back, "mac", "00:16:3e:00:00:77");
	put(back, "online", "1");
	put(back, "state", "1");
}

static void
publish(void)
{

	put(front, "tx-ring-ref", is("ring-word") ? "x" : "%u", is("ring-ref") ?
	    4000000 : ref[0]);
	put(front, "rx-ring-ref", "%u", ref[1]);
	put(front, "event-channel", "%u", is("port") ? 99999 : (unsigned)port);
	put(front, "request-rx-copy", is("no-rx-copy") ? "0" : "1");
	put(front, "feature-sg", is("feature-word") ? "certainly" : "1");
	if (is("queues"))
		put(front, "multi-queue-num-queues", "4000000000");
	put(front, "state", "4");
}

static void
send(unsigned i)
{
	netif_tx_request_t *r = RING_GET_REQUEST(&tx, tx.req_prod_pvt++);
	uint8_t *h = (uint8_t *)page[2];

	memset(h, 0xff, 6);			/* to everybody */
	memcpy(h + 6, is("spoof") ? "\0\x16\x3e\0\0\2" : "\0\x16\x3e\0\0\x77", 6);
	h[12] = 0x88;
	h[13] = 0xb5;
	memset(r, 0, sizeof(*r));
	r->gref = is("tx-gref") ? 12345678 : ref[2];
	r->offset = is("tx-offset") ? 4090 : 0;
	r->size = is("tx-short") ? 3 : is("tx-long") ? 65535 : 60;
	r->id = i;
	if (is("tx-endless") || is("tx-beyond"))
		r->flags = NETTXF_more_data;
	if (is("tx-extra"))
		r->flags = NETTXF_extra_info;
	if (is("tx-blank"))
		r->flags = NETTXF_csum_blank;
}

static void
post(unsigned i)
{
	netif_rx_request_t *r = RING_GET_REQUEST(&rx, rx.req_prod_pvt++);

	memset(r, 0, sizeof(*r));
	r->id = i;
	r->gref = is("rx-gref") ? 7654321 : ref[3];
}

/* A batch of requests, with the lie in it. */
static void
turn(unsigned n)
{
	int notify;

	for (unsigned i = 0; i < n; i++) {
		if (!is("silence") && !RING_FULL(&rx))
			post(i);
		if (!RING_FULL(&tx))
			send(i);
	}
	if (is("tx-beyond"))
		((netif_tx_request_t *)RING_GET_REQUEST(&tx,
		    tx.req_prod_pvt - 1))->flags = NETTXF_more_data;
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&rx, notify);
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&tx, notify);
	(void)notify;			/* always, and too often */
	if (is("tx-jump"))
		tx.sring->req_prod += 1000;
	if (is("tx-back"))
		tx.sring->req_prod -= 5;
	if (is("rx-jump"))
		rx.sring->req_prod += 1000;
	if (is("rubbish"))
		for (int i = 64; i < 4096; i++)
			page[0][i] = page[1][i] = (char)rand();
	(void)xenevtchn_notify(evt, port);
	tx.rsp_cons = tx.sring->rsp_prod;
	rx.rsp_cons = rx.sring->rsp_prod;
}

static void
misbehave(void)
{
	/* rx-jump: until there was a packet for us, by which it is seen */
	int turns = is("flood") ? 4000 : is("rx-jump") ? 1000 : 20;

	for (int i = 0; i < turns; i++) {
		if (is("rx-jump") && back_state() != XenbusStateConnected)
			break;
		turn(is("flood") ? 200 : 20);
		if (!is("flood"))
			usleep(20000);
		if (is("flip")) {
			put(front, "state", "1");
			put(front, "state", "4");
		}
		if (is("vanish") && i == 5) {
			(void)xs_rm(xs, XBT_NULL, front);
			break;
		}
		if (is("state-late") && i == 5)
			put(front, "state", "-1");
	}
	say("lied");
	usleep(200000);
}

int
main(int argc, char **argv)
{

	if (argc != 3)
		return 2;
	dom = atoi(argv[1]);
	lie = argv[2];
	snprintf(front, sizeof(front), "/local/domain/0/device/vif/%d", ID);
	snprintf(back, sizeof(back), "/local/domain/%d/backend/vif/0/%d", dom, ID);
	if ((xs = xs_open(0)) == NULL || (evt = xenevtchn_open(NULL, 0)) == NULL)
		die("open");
	share();
	devices();
	if (!wait_back(XenbusStateInitWait))
		say("never offered");
	publish();
	if (wait_back(XenbusStateConnected))
		say("connected");
	misbehave();
	if (is("dies"))
		_exit(0);
	put(back, "online", "0");
	put(back, "state", "5");
	(void)xs_rm(xs, XBT_NULL, front);
	for (int i = 0; i < 500 && back_state() != 0; i++)
		usleep(20000);
	say(back_state() == 0 ? "removed" : "still there");
	return 0;
}
