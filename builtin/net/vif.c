/*
 * vif.c: network interfaces of lwIP on network devices, the platform's or a
 * driver's (vif_dev.c): their life, and what they receive.  A received
 * packet is handed up without a copy, as pbufs on the device's memory, unless
 * it is small or something about it is odd.
 */
#include <string.h>

#include "lwip/opt.h"
#include "lwip/netif.h"
#include "lwip/etharp.h"
#include "lwip/ethip6.h"
#include "lwip/prot/ethernet.h"
#include "lwip/prot/etharp.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/ip6.h"
#include "netif/ethernet.h"

#include <rump/rumpuser.h>

#include "net.h"
#include "sock.h"

#define COPYBREAK	256	/* not worth a hold on the device's memory */
#define HEADROOM	136	/* headers that lwIP wants in one piece */
#define FRAME_MAX	65535

struct vif_if *vif_list;

/* Pieces of one packet as pbufs; the packet is done when all are free. */
struct rxhold {
	struct netpkt	*pkt;
	unsigned	refs;
	struct rxpiece {
		struct pbuf_custom pc;
		struct rxhold	*hold;
	} piece[];
};

static void
rx_free(struct pbuf *p)
{
	struct rxhold *h = ((struct rxpiece *)p)->hold;

	if (--h->refs > 0)
		return;
	net_mem_held -= h->pkt->len;
	h->pkt->done(h->pkt);
	net_free(h);
}

static struct pbuf *
rx_hold(struct netpkt *pkt)
{
	struct rxhold *h;
	struct pbuf *p, *head = NULL;

	h = net_malloc(sizeof(*h) + pkt->nseg * sizeof(h->piece[0]));
	if (h == NULL)
		return NULL;
	h->pkt = pkt;
	h->refs = 0;
	for (int i = pkt->nseg - 1; i >= 0; i--) {
		if (pkt->seg[i].len == 0)
			continue;
		h->piece[i].hold = h;
		h->piece[i].pc.custom_free_function = rx_free;
		p = pbuf_alloced_custom(PBUF_RAW, pkt->seg[i].len, PBUF_REF,
		    &h->piece[i].pc, pkt->seg[i].data, pkt->seg[i].len);
		h->refs++;
		if (head != NULL) {
			p->next = head;
			p->tot_len += head->tot_len;
		}
		head = p;
	}
	net_mem_held += pkt->len;
	return head;
}

static struct pbuf *
rx_copy(struct netpkt *pkt)
{
	struct pbuf *p = pbuf_alloc(PBUF_RAW, pkt->len, PBUF_RAM);
	uint8_t *dst;

	if (p != NULL) {
		dst = p->payload;
		for (int i = 0; i < pkt->nseg; i++) {
			net_memcpy(dst, pkt->seg[i].data, pkt->seg[i].len);
			dst += pkt->seg[i].len;
		}
		pkt->done(pkt);
	}
	return p;
}

/* A device may say anything. */
static bool
rx_sane(const struct netpkt *pkt)
{
	uint64_t sum = 0;

	if (pkt->nseg == 0 || pkt->nseg > NETPKT_MAXSEG)
		return false;
	for (int i = 0; i < pkt->nseg; i++)
		sum += pkt->seg[i].len;
	return sum == pkt->len && sum >= SIZEOF_ETH_HDR && sum <= FRAME_MAX;
}

/* Whether lwIP can take it as it lies: headers in the first piece. */
static bool
rx_straight(const struct netpkt *pkt)
{
	const uint8_t *f = pkt->seg[0].data;
	uint8_t next;

	if (pkt->nseg == 1)
		return true;
	if (pkt->seg[0].len < HEADROOM)
		return false;
	/* IPv6 with extension headers: who knows how many */
	next = f[SIZEOF_ETH_HDR + 6];
	return ((const struct eth_hdr *)f)->type != PP_HTONS(ETHTYPE_IPV6) ||
	    next == IP6_NEXTH_TCP || next == IP6_NEXTH_UDP;
}

/* lwIP reads these headers before it looks whether they are there. */
static bool
rx_truncated(const struct pbuf *p)
{

	switch (((const struct eth_hdr *)p->payload)->type) {
	case PP_HTONS(ETHTYPE_IP):
		return p->len < SIZEOF_ETH_HDR + IP_HLEN;
	case PP_HTONS(ETHTYPE_IPV6):
		return p->len < SIZEOF_ETH_HDR + IP6_HLEN;
	case PP_HTONS(ETHTYPE_ARP):
		return p->len < SIZEOF_ETH_HDR + SIZEOF_ETHARP_HDR;
	}
	return true;		/* nobody wants it */
}

static void
rx_packet(struct vif_if *v, struct netpkt *pkt)
{
	bool csum_ok = (pkt->flags & (NETPKT_CSUM_OK | NETPKT_CSUM_PART)) != 0;
	struct pbuf *p;

	v->ipackets++;
	if (!rx_sane(pkt)) {
		v->ierrors++;
		pkt->done(pkt);
		return;
	}
	v->ibytes += pkt->len;
	if (pkt->len <= COPYBREAK || !rx_straight(pkt))
		p = rx_copy(pkt);
	else
		p = net_mem_full() ? NULL : rx_hold(pkt);
	if (p == NULL) {
		v->idrops++;
		pkt->done(pkt);
		return;
	}
	if (rx_truncated(p))
		pbuf_free(p);
	else
		gro_input(v, p, csum_ok);
}

void
vif_input(void *arg, struct netpktq *q)
{
	struct vif_if *v = arg;

	if (__atomic_load_n(&v->bridge, __ATOMIC_ACQUIRE) != NULL)
		bridge_input(v, q);
	else
		vif_input_up(v, q);
}

void
vif_input_up(struct vif_if *v, struct netpktq *q)
{
	struct netpkt *pkt;

	net_lock();
	while ((pkt = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, link);
		rx_packet(v, pkt);
	}
	gro_flush(v);
	net_unlock();
}

/* ---- life ---- */

static err_t
vif_netif_init(struct netif *nif)
{
	struct vif_if *v = nif->state;

	memcpy(nif->name, v->name, 2);
	nif->hwaddr_len = 6;
	memcpy(nif->hwaddr, v->info.mac, 6);
	nif->mtu = nif->mtu6 = v->info.mtu;
	nif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP |
	    NETIF_FLAG_ETHERNET | NETIF_FLAG_MLD6 |
	    (vif_dev_link(v, NULL) ? NETIF_FLAG_LINK_UP : 0);
	nif->linkoutput = vif_linkoutput;
	nif->output = etharp_output;
	nif->output_ip6 = ethip6_output;
	nif->hostname = k_hostname;
	if (v->info.caps & NET_TXCSUM)
		nif->chksum_flags &= ~(NETIF_CHECKSUM_GEN_TCP |
		    NETIF_CHECKSUM_GEN_UDP);
	return ERR_OK;
}

struct vif_if *
vif_find(const char *name)
{
	struct vif_if *v;

	for (v = vif_list; v != NULL; v = v->next)
		if (strcmp(v->name, name) == 0)
			break;
	return v;
}

struct netif *
netif_byname(const char *name)
{
	struct vif_if *v = vif_find(name);

	if (v != NULL)
		return &v->nif;
	return strcmp(name, "lo0") == 0 ? netif_find("lo0") : NULL;
}

const char *
netif_name(struct netif *nif)
{

	for (struct vif_if *v = vif_list; v != NULL; v = v->next)
		if (&v->nif == nif)
			return v->name;
	return "lo0";
}

static int
vif_start(struct vif_if *v)
{

	if (netif_add_noaddr(&v->nif, v, vif_netif_init, ethernet_input) == NULL)
		return ENXIO;
	v->next = vif_list;
	vif_list = v;
	net_timer_second();
	return 0;
}

int
vif_create(const char *name, const char *device)
{
	struct vif_if *v;
	int error;

	if (strlen(name) >= VIF_NAMESIZE)
		return EINVAL;
	/* packets may come at once, and wait for the lock */
	net_lock();
	v = vif_find(name) == NULL ? net_zalloc(sizeof(*v)) : NULL;
	error = v != NULL ? 0 : vif_find(name) != NULL ? EEXIST : ENOMEM;
	if (error == 0) {
		strcpy(v->name, name);
		vif_tx_init(v);
		if ((error = vif_dev_open(v, device)) == 0)
			error = vif_start(v);
		if (error != 0)
			net_free(v);
	}
	net_unlock();
	return error;
}

int
vif_attach(struct nic *nic, const char *name, const struct vif_info *info)
{
	struct vif_if *v = net_zalloc(sizeof(*v));
	int error;

	if (v == NULL)
		return ENOMEM;
	strncpy(v->name, name, sizeof(v->name) - 1);
	v->nic = nic;
	v->info = *info;
	vif_tx_init(v);
	if ((error = vif_start(v)) != 0)
		net_free(v);
	return error;
}

int
vif_destroy(const char *name)
{
	struct vif_if *v, **vp;

	net_lock();
	for (vp = &vif_list; (v = *vp) != NULL; vp = &v->next)
		if (strcmp(v->name, name) == 0)
			break;
	if (v != NULL && (v->nic != NULL || v->bridge != NULL)) {
		net_unlock();		/* as long as its device; a member */
		return v->nic != NULL ? EINVAL : EBUSY;
	}
	if (v != NULL) {
		net_settle();
		*vp = v->next;
		netif_remove(&v->nif);
	}
	net_unlock();
	if (v == NULL)
		return ENXIO;
	/* may wait for a batch that waits for the lock */
	vif_dev_close(v);
	net_lock();
	net_free(v);
	net_unlock();
	return 0;
}
