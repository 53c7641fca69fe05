/*
 * net.h: virtio-net's files: net.c (device), net_rx.c, net_tx.c.
 *
 * Locks: rxlock for the receive ring, txlock for the transmit ring; neither is
 * held while packets are given to their receiver or back to their maker.
 */
#ifndef SIRLOIN_VIRTIO_NET_H
#define SIRLOIN_VIRTIO_NET_H

#include <dev.h>
#include <rxpool.h>
#include "virtio.h"

#define NET_RXRING	256
#define NET_RXFIRST	64	/* buffers at first */
#define NET_TXRING	256
#define NET_RXBATCH	64
#define NET_RXRESERVE	48		/* the largest packet, and then some */
#define NET_RXROUNDS	64	/* batches */
#define NET_BACKLOG	1024	/* packets that wait for room in the ring */
#define NET_TXINLINE	244	/* bytes copied beside the header */
#define NET_TXSG	64
#define NET_TXREAP	10000000ull	/* ns until a lone packet is freed */

/*
 * A receive buffer is one page: what describes the packet, then what the
 * device may write.  The IP header falls on a multiple of four.
 */
struct net_rxbuf {
	struct netpkt	pkt;		/* of the packet that starts here */
	void		*next;		/* these two: struct rxbuf */
	struct vnet	*n;
	uint64_t	pa;		/* of data[] */
	uint32_t	used;
};
#define NET_RXDATA(hdr)	(((sizeof(struct net_rxbuf) + 63) & ~63ul) + \
	((0u - (hdr) - 14) & 3))

/* A packet under way to the device. */
struct net_txslot {
	uint8_t		hdr[sizeof(struct vn_hdr)];
	uint8_t		data[NET_TXINLINE];
};

struct vnet {
	struct netdev	nd;		/* first */
	struct virtio_dev *d;
	unsigned	hdrlen;
	bool		any_layout;
	bool		mergeable;
	bool		up;		/* between open and close */

	struct kern_mutex rxlock;
	struct virtq	*rx;
	void		(*input)(void *, struct netpktq *);
	void		*arg;
	size_t		rxdata, rxsize;	/* of a buffer: offset, room */
	struct net_rxbuf *cur;		/* a merged packet not yet whole */
	struct net_rxbuf *cur_last;
	unsigned	cur_missing;
	bool		cur_drop;
	struct rxpool	pool;
	unsigned	kept;		/* that receivers have; atomic */
	unsigned	posted;		/* that the device has */
	unsigned	target;		/* that it should have */
	bool		starved;

	struct kern_mutex txlock;
	struct virtq	*tx;
	struct net_txslot *slots;
	uint64_t	slots_pa;
	struct netpkt	**txpkt;	/* by slot; NULL: inlined */
	uint16_t	*txfree;	/* stack of free slots */
	unsigned	ntxfree;
	struct netpktq	backlog;
	unsigned	nbacklog;
	struct kern_timer reap_timer;
	bool		reap_armed;
	struct virtio_job reap_job;
};

int	vnet_rx_open(struct vnet *);
void	vnet_rx_close(struct vnet *);	/* after a reset */
void	vnet_rx_refill(struct vnet *);	/* rxlock held */
void	vnet_rx_poke(struct vnet *);	/* there may be buffers again */
int	vnet_rx_intr(void *);

int	vnet_tx_open(struct vnet *);
void	vnet_tx_close(struct vnet *);
void	vnet_xmit(struct netdev *, struct netpktq *);
/* Give back what the device has sent.  wait: not only if the lock is free. */
void	vnet_tx_reap(struct vnet *, bool wait);

#endif /* SIRLOIN_VIRTIO_NET_H */
