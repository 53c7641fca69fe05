/*
 * netback.c: network interfaces of other domains: the device (Xen public
 * io/netif.h).  Each is a port of the switch while its front end is connected.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "netback.h"
#include "netfront.h"		/* nf_parse_mac() */

static struct sw *sw;
static bool locked;		/* the word vif=locked */

/* ---- queues ---- */

static void
queues_down(struct nb *n)
{
	struct nb_queue *q;
	unsigned i;

	n->port.up = false;
	for (i = 0; i < n->nqueue; i++) {
		q = &n->queue[i];
		kern_mutex_lock(&q->rxlock);
		__atomic_store_n(&q->up, false, __ATOMIC_SEQ_CST);
		kern_mutex_unlock(&q->rxlock);
		xen_event_free(&q->event);
		xen_event_free(&q->rxevent);
	}
	/* now nobody brings packets to the switch; and nobody gets any: */
	if (n->attached)
		sw_detach(&n->port);
	n->attached = false;
	for (i = 0; i < n->nqueue; i++) {
		q = &n->queue[i];
		nb_rx_close(q);
		nb_tx_close(q);
		backbus_unmap(&q->txmap);
		backbus_unmap(&q->rxmap);
	}
	kern_free(n->queue);
	n->queue = NULL;
	n->nqueue = 0;
}

static int
ring_map(struct nb *n, const char *dir, const char *key, struct backbus_map *m,
    struct bring *r, size_t entry)
{
	grant_ref_t ref;
	uint64_t v;
	int error;

	if ((error = backbus_peer_num(n->bd, dir, key, UINT32_MAX, &v)) != 0)
		return error;
	ref = (grant_ref_t)v;
	if ((error = backbus_map(n->bd, &ref, 1, m)) != 0)
		return error;
	bring_init(r, m->va, PAGE_SIZE, entry);
	return 0;
}

static int
channel(struct nb *n, struct nb_queue *q, const char *dir, const char *which,
    int (*fn)(void *), struct xen_event *e)
{
	char key[32], name[40];
	uint64_t port;
	int error;

	(void)snprintf(key, sizeof(key), "event-channel%s", which);
	error = backbus_peer_num(n->bd, dir, key, UINT32_MAX, &port);
	if (error != 0)
		return error;
	(void)snprintf(name, sizeof(name), "%s/%u%s", n->port.name, q->num,
	    which);
	return backbus_event(n->bd, (evtchn_port_t)port, name,
	    q->num % kern_ncpu(), fn, q, e);
}

static int
queue_make(struct nb *n, struct nb_queue *q, unsigned num, const char *dir)
{
	int error;

	q->n = n;
	q->num = num;
	if (!nb_tx_open(q) || !nb_rx_open(q))
		return ENOMEM;
	error = ring_map(n, dir, "tx-ring-ref", &q->txmap, &q->tx,
	    sizeof(union netif_tx_sring_entry));
	if (error == 0)
		error = ring_map(n, dir, "rx-ring-ref", &q->rxmap, &q->rx,
		    sizeof(union netif_rx_sring_entry));
	if (error != 0)
		return error;
	q->up = true;
	if (!n->split)
		return channel(n, q, dir, "", nb_intr, &q->event);
	error = channel(n, q, dir, "-tx", nb_tx_intr, &q->event);
	return error != 0 ? error : channel(n, q, dir, "-rx", nb_rx_intr,
	    &q->rxevent);
}

/* ---- backbus ---- */

static unsigned
maxqueue(void)
{

	return kern_ncpu() < NB_MAXQUEUE ? kern_ncpu() : NB_MAXQUEUE;
}

/* What the front end can. */
static int
negotiate(struct nb *n)
{
	struct backbus_dev *bd = n->bd;
	const char *dir;
	char queue[16];
	uint64_t v;

	if (!backbus_peer_flag(bd, "request-rx-copy"))
		return EOPNOTSUPP;
	n->sg = backbus_peer_flag(bd, "feature-sg");
	n->caps = backbus_peer_flag(bd, "feature-no-csum-offload") ? 0 :
	    NET_TXCSUM;
	if (n->sg && n->caps != 0 && backbus_peer_flag(bd,
	    "feature-gso-tcpv4"))
		n->caps |= NET_TSO4;
	if (n->sg && n->caps != 0 && backbus_peer_flag(bd,
	    "feature-gso-tcpv6"))
		n->caps |= NET_TSO6;
	n->csum6 = backbus_peer_flag(bd, "feature-ipv6-csum-offload");
	n->nqueue = 1;
	if (backbus_peer_num(bd, NULL, "multi-queue-num-queues", UINT32_MAX,
	    &v) == 0) {
		if (v == 0 || v > maxqueue())
			return EINVAL;
		n->nqueue = (unsigned)v;
	}
	(void)snprintf(queue, sizeof(queue), "queue-0");
	dir = n->nqueue > 1 ? queue : NULL;
	n->split = backbus_peer_num(bd, dir, "event-channel-tx", UINT32_MAX,
	    &v) == 0;
	return 0;
}

static int
nb_connect(struct backbus_dev *bd)
{
	struct nb *n = bd->priv;
	struct kern_mem_info mi;
	char dir[16];
	unsigned i;
	int error;

	if ((error = negotiate(n)) != 0) {
		n->nqueue = 0;
		return error;
	}
	n->queue = kern_zalloc(n->nqueue * sizeof(*n->queue));
	if (n->queue == NULL) {
		n->nqueue = 0;
		return ENOMEM;
	}
	for (i = 0; i < n->nqueue; i++)		/* for queues_down() */
		kern_mutex_init(&n->queue[i].rxlock, "netback");
	/* at most a 64th of memory for a guest that does not receive */
	kern_mem_info(&mi);
	n->maxbacklog = mi.total / 64 < NB_BACKLOG ? mi.total / 64 : NB_BACKLOG;
	n->maxbacklog /= n->nqueue;
	n->maxunderway = mi.total / 16 < NB_UNDERWAY ? mi.total / 16 :
	    NB_UNDERWAY;
	if ((error = sw_attach(sw, &n->port)) != 0)
		return error;
	n->attached = true;
	/* a channel's first event comes by itself, for what is in the ring */
	for (i = 0; i < n->nqueue && error == 0; i++) {
		(void)snprintf(dir, sizeof(dir), "queue-%u", i);
		error = queue_make(n, &n->queue[i], i, n->nqueue > 1 ? dir :
		    NULL);
	}
	return error;
}

static void
nb_connected(struct backbus_dev *bd)
{
	struct nb *n = bd->priv;

	n->port.up = true;
}

static bool
nb_disconnect(struct backbus_dev *bd)
{

	queues_down(bd->priv);
	return true;
}

static int
nb_offer(struct backbus_dev *bd, xs_txn t)
{
	static const char *const can[] = { "feature-rx-copy", "feature-sg",
	    "feature-gso-tcpv4", "feature-gso-tcpv6",
	    "feature-ipv6-csum-offload", "feature-split-event-channels" };
	unsigned i;
	int error = 0;

	for (i = 0; i < sizeof(can) / sizeof(can[0]) && error == 0; i++)
		error = xs_write(t, bd->node, can[i], "1");
	if (error == 0)
		error = xs_write(t, bd->node, "feature-rx-flip", "0");
	if (error == 0)
		error = xs_printf(t, bd->node, "multi-queue-max-queues", "%u",
		    maxqueue());
	return error;
}

/* "BYTES,MICROSECONDS" (xl-network-configuration(5), rate). */
static void
read_rate(struct nb *n)
{
	unsigned long bytes, us;
	char text[48], *end;

	if (backbus_str(n->bd, "rate", text, sizeof(text)) != 0)
		return;
	bytes = strtoul(text, &end, 10);
	us = *end == ',' ? strtoul(end + 1, &end, 10) : 0;
	if (*end != '\0' || bytes == 0 || us == 0 || us > 1000000 ||
	    bytes > UINT32_MAX) {
		kern_printf("%s: rate \"%s\": not used\n", n->bd->name, text);
		return;
	}
	n->rate_bytes = bytes;
	n->rate_ns = us * 1000;
	n->credit = (int64_t)bytes;
	n->refilled = plat_clock();
}

static int
nb_probe(struct backbus_dev *bd)
{
	struct nb *n;
	char mac[32];

	if ((n = kern_zalloc(sizeof(*n))) == NULL)
		return ENOMEM;
	if ((n->account = kern_zalloc(sizeof(*n->account))) == NULL) {
		kern_free(n);
		return ENOMEM;
	}
	n->account->refs = 1;
	n->bd = bd;
	(void)snprintf(n->port.name, sizeof(n->port.name), "%s", bd->name);
	n->port.output = nb_output;
	if (backbus_str(bd, "mac", mac, sizeof(mac)) != 0 ||
	    !nf_parse_mac(mac, n->port.mac))
		memset(n->port.mac, 0, 6);
	else
		n->port.locked = locked;
	read_rate(n);
	bd->priv = n;
	return 0;
}

static void
nb_remove(struct backbus_dev *bd)
{

	struct nb *n = bd->priv;

	nb_account_drop(n->account);
	kern_free(n);
	bd->priv = NULL;
}

static struct backbus_driver driver = {
	.type = "vif", .probe = nb_probe, .offer = nb_offer,
	.connect = nb_connect, .connected = nb_connected,
	.disconnect = nb_disconnect, .remove = nb_remove
};

static void
netback_init(void)
{
	const char *word;
	size_t len;

	if (xen_kind() == XEN_NONE || !xs_ready())
		return;
	word = kern_option("vif", &len);
	locked = word != NULL && len == 6 && strncmp(word, "locked", 6) == 0;
	if ((sw = sw_get()) == NULL)
		kern_printf("xen: no memory for a switch: no vif is served\n");
	else
		backbus_driver(&driver);
}
KERN_INIT(KERN_INIT_LATE, netback_init);
