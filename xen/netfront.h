/*
 * netfront.h: the network front end's files: netfront.c (device), netfront_rx.c,
 * netfront_tx.c, netparse.c (headers).
 *
 * Locks of a queue: rxlock for the receive ring, txlock for the transmit ring;
 * neither is held while packets are given to their receiver or back to their
 * maker.
 */
#ifndef SIRLOIN_XEN_NETFRONT_H
#define SIRLOIN_XEN_NETFRONT_H

#include <dev.h>
#include <rxpool.h>
#include <xen.h>
#include <xen/io/netif.h>
#include "event.h"
#include "grant.h"
#include "ring.h"
#include "xenbus.h"

#define NF_MAXQUEUE	4
#define NF_RING		256		/* entries of a page, both ways */
#define NF_RXFIRST	64		/* buffers at first */
#define NF_RXBATCH	64
#define NF_RXCOPY	1600		/* bytes that are copied out */
#define NF_RXRESERVE	48		/* the largest packet, and then some */
#define NF_TXINLINE	256		/* bytes copied into a slot */
#define NF_TXSLOTS	XEN_NETIF_NR_SLOTS_MIN	/* of one packet */
#define NF_BACKLOG	1024		/* packets that wait for room */
#define NF_REAP		10000000ull	/* ns until a lone packet is freed */

struct nf;
struct nf_queue;

/* A page that the back end writes to, and what describes a packet in it. */
struct nf_rxbuf {
	struct netpkt	pkt;		/* of the packet that starts here */
	void		*next;		/* these two: struct rxbuf */
	struct nf	*n;
	char		*page;
	grant_ref_t	ref;
	bool		granted;
	uint16_t	offset, used;	/* where the data is */
};

/* A transmit request by its id. */
enum nf_txstate { NF_TXFREE, NF_TXBUSY, NF_TXENDING };
struct nf_txslot {
	grant_ref_t	ref;		/* of data in place; 0: of the slot's */
	uint16_t	head;		/* slot that has the packet */
	uint16_t	left;		/* in the head: requests not over */
	uint16_t	next;		/* free list; list of those ending */
	uint8_t		state;
	void		*copy;		/* pages of a copy, or NULL */
	uint16_t	ncopy;
	struct netpkt	*pkt;		/* in the head; NULL: is back */
};
#define NF_NOSLOT	0xffff
/* Lives until the other side has let go of all of it. */
struct nf_txset {
	struct nf_txslot slot[NF_RING];
	uint16_t	free, nfree;
	uint16_t	ending, nending; /* answered, but still mapped */
	char		*small;		/* NF_TXINLINE bytes for each slot */
	grant_ref_t	smallref[NF_RING * NF_TXINLINE / PAGE_SIZE];
	SLIST_ENTRY(nf_txset) link;
};

struct nf_queue {
	struct nf	*n;
	unsigned	num;
	bool		up;		/* between connect and disconnect */
	struct xen_event event, rxevent;	/* rxevent: where they are split */

	struct kern_mutex rxlock;
	struct xring	rx;
	void		*rxpage;
	grant_ref_t	rxref;
	struct nf_rxbuf	*posted[NF_RING];	/* by place in the ring */
	unsigned	nposted, target;
	bool		starved;
	struct nf_rxbuf	*cur, *cur_last;	/* a packet not yet whole */
	unsigned	cur_nseg;
	uint16_t	cur_flags;
	bool		cur_begun, cur_drop, cur_extra;
	uint16_t	gso_size;
	uint8_t		gso_type;

	struct kern_mutex txlock;
	struct xring	tx;
	void		*txpage;
	grant_ref_t	txref;
	struct nf_txset	*set;
	struct netpktq	backlog;
	unsigned	nbacklog;
};

struct nf {
	struct netdev	nd;		/* first */
	struct xenbus_dev *xd;
	bool		open;
	bool		sg, csum6, gso4, gso6;	/* the back end's */
	bool		split;
	unsigned	nqueue;
	struct nf_queue	queue[NF_MAXQUEUE];
	void		(*input)(void *, struct netpktq *);
	void		*arg;

	struct rxpool	pool;
	uint32_t	kept;		/* that receivers have; atomic */
	unsigned	complaints;

	struct kern_mutex reap_lock;
	struct kern_cv	reap_cv;
	bool		reap_wanted, reaper;
	SLIST_HEAD(, nf_txset) zombies;	/* sets of connections that are over */
};

int	nf_rx_open(struct nf_queue *);
void	nf_rx_close(struct nf_queue *);	/* no event comes any more */
void	nf_rx_refill(struct nf_queue *);	/* rxlock held */
int	nf_rx_intr(void *);
void	nf_rx_free(struct nf *);	/* buffers that nobody has */
/* netbuf.c: NULL: there are no more. */
struct nf_rxbuf *nf_rxbuf_get(struct nf *);
void	nf_rxbuf_destroy(struct nf *, struct nf_rxbuf *);

/* netfront_slot.c: a slot's own place; the slots of a set. */
char	*nf_slot_small(struct nf_txset *, unsigned);
struct nf_txslot *nf_slot_take(struct nf_txset *, uint16_t *id);
void	nf_slot_put(struct nf_txset *, uint16_t id);
/* The other side has answered; the packets that are over go to done. */
void	nf_slot_answered(struct nf_txset *, uint16_t id, struct netpktq *done);
void	nf_slots_end_again(struct nf_txset *, struct netpktq *done);
int	nf_tx_open(struct nf_queue *);
void	nf_tx_close(struct nf_queue *);
bool	nf_reaper_start(struct nf *);

void	nf_xmit(struct netdev *, struct netpktq *);
/* Give back what has been sent.  wait: not only if the lock is free. */
void	nf_tx_reap(struct nf_queue *, bool wait);
int	nf_tx_intr(void *);
/* What has been sent, to done; txlock held. */
void	nf_tx_collect(struct nf_queue *, struct netpktq *done);
void	nf_give_back(struct netpktq *done);
void	nf_want_reaper(struct nf *);

/*
 * netparse.c: where the checksum of the TCP or UDP packet that begins with the
 * len bytes at h belongs, and where its header ends.  False: not such a packet,
 * or not all of its headers are here.
 */
struct nf_headers {
	uint16_t	csum_start, csum_offset, hdr_len;
	bool		v6, tcp;
};
bool	nf_parse(const uint8_t *h, size_t len, struct nf_headers *);
/* Fill in the checksum that p asks for; false: it can't be. */
bool	nf_fill_csum(struct netpkt *p);
/* The same for all packets of a connection. */
uint32_t nf_hash(const struct netpkt *p);
bool	nf_parse_mac(const char *, uint8_t *mac);
/* The slot that says how p is to be cut up. */
void	nf_gso_extra(struct netif_extra_info *, const struct netpkt *p);

#endif /* SIRLOIN_XEN_NETFRONT_H */
