/*
 * netfront.c: a network interface whose back end is in another domain: the
 * device (Xen public io/netif.h).
 */
#include <stdio.h>
#include <string.h>
#include "netfront.h"

#define ETHERMTU	1500

/* ---- queues ---- */

static void
queues_down(struct nf *n)
{
	unsigned i;

	n->nd.linkup = false;
	for (i = 0; i < n->nqueue; i++) {
		struct nf_queue *q = &n->queue[i];

		kern_mutex_lock(&q->rxlock);
		kern_mutex_lock(&q->txlock);
		q->up = false;
		kern_mutex_unlock(&q->txlock);
		kern_mutex_unlock(&q->rxlock);
		/* No lock here: handlers that run have to end. */
		xen_event_free(&q->event);
		xen_event_free(&q->rxevent);
		nf_tx_close(q);
		nf_rx_close(q);
	}
	n->nqueue = 0;
	nf_rx_free(n);
}

static int
queue_make(struct nf *n, struct nf_queue *q, unsigned num)
{
	domid_t dom = n->xd->dom;
	char name[24];
	int error;

	q->n = n;
	q->num = num;
	if ((error = nf_rx_open(q)) != 0 || (error = nf_tx_open(q)) != 0)
		return error;
	(void)snprintf(name, sizeof(name), "%s/%u%s", n->xd->name, num,
	    n->split ? " tx" : "");
	error = xen_event_alloc(&q->event, name, dom, num % kern_ncpu(),
	    n->split ? nf_tx_intr : nf_rx_intr, q);
	if (error != 0 || !n->split)
		return error;
	(void)snprintf(name, sizeof(name), "%s/%u rx", n->xd->name, num);
	return xen_event_alloc(&q->rxevent, name, dom, num % kern_ncpu(),
	    nf_rx_intr, q);
}

/* ---- xenbus ---- */

static void
nf_disconnect(struct xenbus_dev *xd, bool gone)
{
	struct nf *n = xd->priv;

	if (n != NULL)
		queues_down(n);
}

/* What both sides can. */
static unsigned
negotiate(struct nf *n)
{
	struct xenbus_dev *xd = n->xd;
	unsigned nq;

	n->sg = xenbus_peer_num(xd, "feature-sg", 1, 0);
	n->gso4 = n->sg && xenbus_peer_num(xd, "feature-gso-tcpv4", 1, 0);
	n->gso6 = n->sg && xenbus_peer_num(xd, "feature-gso-tcpv6", 1, 0);
	n->csum6 = xenbus_peer_num(xd, "feature-ipv6-csum-offload", 1, 0);
	n->split = xenbus_peer_num(xd, "feature-split-event-channels", 1, 0);
	nq = xenbus_peer_num(xd, "multi-queue-max-queues", 256, 1);
	if (nq > kern_ncpu())
		nq = kern_ncpu();
	if (nq > NF_MAXQUEUE)
		nq = NF_MAXQUEUE;
	n->nd.caps = NET_TXCSUM | NET_RXCSUM | NET_LRO |
	    (n->gso4 ? NET_TSO4 : 0) | (n->gso6 ? NET_TSO6 : 0);
	return nq == 0 ? 1 : nq;
}

static int
nf_connect(struct xenbus_dev *xd)
{
	struct nf *n = xd->priv;
	struct kern_mem_info mi;
	unsigned i, nq;
	int error = 0;

	if (!xenbus_peer_num(xd, "feature-rx-copy", 1, 0)) {
		kern_printf("%s: the back end has no feature-rx-copy\n",
		    xd->name);
		return EOPNOTSUPP;
	}
	nq = negotiate(n);
	kern_mem_info(&mi);
	/* at most an eighth of memory in buffers */
	n->pool.max = mi.total / 8 / PAGE_SIZE;
	if (n->pool.max > 4 * NF_RING * nq)
		n->pool.max = 4 * NF_RING * nq;
	n->nqueue = nq;
	for (i = 0; i < nq && error == 0; i++)
		error = queue_make(n, &n->queue[i], i);
	if (error != 0) {
		queues_down(n);
		return error;
	}
	for (i = 0; i < nq; i++) {
		kern_mutex_lock(&n->queue[i].rxlock);
		n->queue[i].up = true;
		nf_rx_refill(&n->queue[i]);
		kern_mutex_unlock(&n->queue[i].rxlock);
	}
	return 0;
}

static int
publish_queue(struct nf *n, xs_txn t, const char *dir, struct nf_queue *q)
{
	int error;

	if ((error = xs_printf(t, dir, "tx-ring-ref", "%u", q->txref)) != 0 ||
	    (error = xs_printf(t, dir, "rx-ring-ref", "%u", q->rxref)) != 0)
		return error;
	if (!n->split)
		return xs_printf(t, dir, "event-channel", "%u", q->event.port);
	error = xs_printf(t, dir, "event-channel-tx", "%u", q->event.port);
	return error != 0 ? error : xs_printf(t, dir, "event-channel-rx", "%u",
	    q->rxevent.port);
}

static int
nf_publish(struct xenbus_dev *xd, xs_txn t)
{
	static const char *const can[] = { "request-rx-copy",
	    "feature-rx-notify", "feature-sg", "feature-gso-tcpv4",
	    "feature-gso-tcpv6", "feature-ipv6-csum-offload" };
	struct nf *n = xd->priv;
	char dir[64];
	unsigned i;
	int error = 0;

	for (i = 0; i < sizeof(can) / sizeof(can[0]) && error == 0; i++)
		error = xs_write(t, xd->node, can[i], "1");
	if (error != 0)
		return error;
	if (n->nqueue == 1)
		return publish_queue(n, t, xd->node, &n->queue[0]);
	error = xs_printf(t, xd->node, "multi-queue-num-queues", "%u",
	    n->nqueue);
	for (i = 0; i < n->nqueue && error == 0; i++) {
		(void)snprintf(dir, sizeof(dir), "%s/queue-%u", xd->node, i);
		error = publish_queue(n, t, dir, &n->queue[i]);
	}
	return error;
}

static int
nf_connected(struct xenbus_dev *xd, bool first)
{
	struct nf *n = xd->priv;
	unsigned i;

	if (n->nd.linkup)
		return 0;
	n->nd.linkup = true;
	/* Buffers may have been posted before anybody listened. */
	for (i = 0; i < n->nqueue; i++)
		xen_event_notify(n->split ? &n->queue[i].rxevent :
		    &n->queue[i].event);
	return 0;
}

static void
nf_attach(struct xenbus_dev *xd, bool hot)
{
	struct nf *n = xd->priv;

	netdev_register(&n->nd);
	if (hot)
		kern_printf("%s: plugged in: %s\n", xd->name, n->nd.name);
}

/* ---- dev.h ---- */

static int
nf_open(struct netdev *nd, void (*rx)(void *, struct netpktq *), void *arg)
{
	struct nf *n = (struct nf *)nd;

	if (n->open)
		return EBUSY;
	n->input = rx;
	n->arg = arg;
	__atomic_store_n(&n->open, true, __ATOMIC_RELEASE);
	return 0;
}

/* Rings stay; what comes now is dropped, what was sent comes back. */
static void
nf_close(struct netdev *nd)
{
	struct nf *n = (struct nf *)nd;

	__atomic_store_n(&n->open, false, __ATOMIC_SEQ_CST);
}

static void
read_mac(struct nf *n)
{
	char text[32];

	if (xs_read_str(0, n->xd->node, "mac", text, sizeof(text)) == 0 &&
	    nf_parse_mac(text, n->nd.mac))
		return;
	kern_printf("%s: its address makes no sense: another is used\n",
	    n->xd->name);
	memcpy(n->nd.mac, "\x02\x53\x69\x72\x6c", 5);	/* local */
	n->nd.mac[5] = (uint8_t)n->xd->id;
	(void)kern_random(n->nd.mac + 3, 3, false);
}

static int
nf_probe(struct xenbus_dev *xd)
{
	struct nf *n = xd->priv;
	uint64_t mtu;
	unsigned i;

	if (n == NULL) {
		if ((n = kern_zalloc(sizeof(*n))) == NULL)
			return ENOMEM;
		for (i = 0; i < NF_MAXQUEUE; i++) {
			kern_mutex_init(&n->queue[i].rxlock, "netrx");
			kern_mutex_init(&n->queue[i].txlock, "nettx");
		}
		kern_mutex_init(&n->reap_lock, "netreap");
		kern_cv_init(&n->reap_cv, "netreap");
		n->xd = xd;
		n->nd.driver = "xen-netfront";
		n->nd.open = nf_open;
		n->nd.close = nf_close;
		n->nd.xmit = nf_xmit;
		xd->priv = n;
	}
	if (!nf_reaper_start(n))
		return ENOMEM;
	if (!xd->attached)		/* it keeps what others have seen */
		read_mac(n);
	n->nd.mtu = xs_read_num(0, xd->node, "mtu", 65535 - 18, &mtu) == 0 &&
	    mtu >= 68 ? mtu : ETHERMTU;
	return 0;
}

static struct xenbus_driver driver = {
	.type = "vif", .after = XenbusStateConnected, .probe = nf_probe,
	.connect = nf_connect, .publish = nf_publish,
	.connected = nf_connected, .attach = nf_attach,
	.disconnect = nf_disconnect
};

static void
nf_init(void)
{

	xenbus_driver(&driver);
}
KERN_INIT(KERN_INIT_BUS, nf_init);
