/*
 * net.c: virtio-net (virtio 1.1, 5.1): one pair of queues, checksum and TSO
 * offload both ways where the device has them.  The control queue is not used:
 * without it a device passes all packets, and nothing else of it is needed.
 */
#include <stdio.h>
#include <string.h>
#include "net.h"

#define VNET_WANTED	(VN_F_CSUM | VN_F_GUEST_CSUM | VN_F_MTU | VN_F_MAC | \
	VN_F_GUEST_TSO4 | VN_F_GUEST_TSO6 | VN_F_HOST_TSO4 | VN_F_HOST_TSO6 | \
	VN_F_MRG_RXBUF | VN_F_STATUS)
#define ETHERMTU	1500

/* Features that need others (5.1.3.1), or more room than a buffer has. */
static uint64_t
sane(uint64_t f)
{

	if ((f & VN_F_CSUM) == 0)
		f &= ~(VN_F_HOST_TSO4 | VN_F_HOST_TSO6);
	if ((f & VN_F_GUEST_CSUM) == 0 || (f & VN_F_MRG_RXBUF) == 0)
		f &= ~(VN_F_GUEST_TSO4 | VN_F_GUEST_TSO6);
	return f;
}

static uint32_t
caps(uint64_t f)
{

	return (f & VN_F_CSUM ? NET_TXCSUM : 0) |
	    (f & VN_F_HOST_TSO4 ? NET_TSO4 : 0) |
	    (f & VN_F_HOST_TSO6 ? NET_TSO6 : 0) |
	    (f & VN_F_GUEST_CSUM ? NET_RXCSUM : 0) |
	    (f & (VN_F_GUEST_TSO4 | VN_F_GUEST_TSO6) ? NET_LRO : 0);
}

static void
read_link(struct vnet *n)
{
	uint16_t st = VN_ST_LINK_UP;
	bool up;

	if (n->d->offered & VN_F_STATUS)
		virtio_config(n->d, VN_CFG_STATUS, &st, sizeof(st));
	up = !n->d->broken && (st & VN_ST_LINK_UP);
	if (n->up && up != n->nd.linkup)
		kern_printf("%s: link %s\n", n->nd.name, up ? "up" : "down");
	n->nd.linkup = up;
}

/* Vector 0: the configuration changed, or sent packets are wanted back. */
static int
misc_intr(void *arg)
{
	struct vnet *n = arg;

	if (!n->up)
		return 1;
	if (n->d->changed) {
		(void)virtio_gave_up(n->d);
		read_link(n);
	}
	vnet_tx_reap(n, true);
	return 1;
}

static void
vnet_close(struct netdev *nd)
{
	struct vnet *n = (struct vnet *)nd;

	n->up = false;
	(void)virtio_reset(n->d);
	virtio_vectors_free(n->d);
	vnet_tx_close(n);
	vnet_rx_close(n);
	n->d->broken = false;
	virtio_release(n->d);
}

static int
start(struct vnet *n)
{
	struct virtio_dev *d = n->d;
	int error;

	if ((error = virtio_negotiate(d, sane(d->offered & VNET_WANTED))) != 0)
		return error;
	n->mergeable = d->features & VN_F_MRG_RXBUF;
	n->any_layout = d->features & (VIRTIO_F_ANY_LAYOUT | VIRTIO_F_VERSION_1);
	n->hdrlen = d->features & (VN_F_MRG_RXBUF | VIRTIO_F_VERSION_1) ?
	    sizeof(struct vn_hdr) : sizeof(struct vn_hdr) - 2;
	d->vec[0].fn = misc_intr;
	d->vec[1].fn = vnet_rx_intr;
	d->vec[0].arg = d->vec[1].arg = n;
	snprintf(d->vec[0].name, sizeof(d->vec[0].name), "%s misc", n->nd.name);
	snprintf(d->vec[1].name, sizeof(d->vec[1].name), "%s rx", n->nd.name);
	if ((error = virtio_vectors(d, 2)) != 0 ||
	    (error = vnet_rx_open(n)) != 0 || (error = vnet_tx_open(n)) != 0)
		return error;
	n->up = true;
	virtio_start(d);
	kern_mutex_lock(&n->rxlock);
	vnet_rx_refill(n);
	kern_mutex_unlock(&n->rxlock);
	return 0;
}

static int
vnet_open(struct netdev *nd, void (*rx)(void *, struct netpktq *), void *arg)
{
	struct vnet *n = (struct vnet *)nd;
	int error;

	if ((error = virtio_claim(n->d, n->nd.name)) != 0)
		return error;
	n->input = rx;
	n->arg = arg;
	if ((error = start(n)) != 0) {
		kern_printf("%s: not opened: error %d\n", nd->name, error);
		vnet_close(nd);
	}
	return error;
}

static void
read_mac(struct vnet *n)
{
	static uint8_t made;

	if (n->d->offered & VN_F_MAC) {
		virtio_config(n->d, VN_CFG_MAC, n->nd.mac, 6);
		/* Neither a group's nor nobody's. */
		if ((n->nd.mac[0] & 1) == 0 &&
		    memcmp(n->nd.mac, "\0\0\0\0\0", 6) != 0)
			return;
		kern_printf("%s: its address makes no sense: another is used\n",
		    n->d->name);
	}
	memcpy(n->nd.mac, "\x02\x53\x69\x72\x6c", 5);	/* local */
	if (kern_random(n->nd.mac + 3, 3, false) != 0)
		n->nd.mac[5] = made++;
}

void
virtio_net_attach(struct virtio_dev *d)
{
	struct vnet *n;
	uint16_t mtu = ETHERMTU;

	if ((n = kern_zalloc(sizeof(*n))) == NULL)
		return;
	n->d = d;
	kern_mutex_init(&n->rxlock, "netrx");
	kern_mutex_init(&n->txlock, "nettx");
	n->nd.driver = "virtio-net";
	n->nd.pci = d->pci;
	n->nd.open = vnet_open;
	n->nd.close = vnet_close;
	n->nd.xmit = vnet_xmit;
	n->nd.caps = caps(sane(d->offered & VNET_WANTED));
	read_mac(n);
	if (d->offered & VN_F_MTU)
		virtio_config(d, VN_CFG_MTU, &mtu, sizeof(mtu));
	if (mtu < 68) {
		kern_printf("%s: MTU %u makes no sense: %u is used\n", d->name,
		    mtu, ETHERMTU);
		mtu = ETHERMTU;
	}
	n->nd.mtu = mtu;
	read_link(n);
	netdev_register(&n->nd);
}
