/*
 * netback.h: the network back end's files: netback.c (device), netback_tx.c (what
 * the front end sends), netback_rx.c (what it receives).
 *
 * A queue's transmit half is its event thread's alone.  rxlock is the receive
 * half's, which any thread uses that has a packet for the guest; it is not held
 * while packets are given back to their maker.
 */
#ifndef SIRLOIN_XEN_NETBACK_H
#define SIRLOIN_XEN_NETBACK_H

#include <netsoft.h>
#include <xen.h>
#include <xen/io/netif.h>
#include "backbus.h"
#include "backring.h"
#include "grant.h"
#include "switch.h"

#define NB_MAXQUEUE	8
#define NB_RING		256		/* entries of a page, both ways */
#define NB_BATCH	64		/* packets at a time */
#define NB_ROUNDS	4		/* batches until others have their turn */
#define NB_SLOTS	40		/* of a packet; XEN_NETIF_NR_SLOTS_MIN is 18 */
#define NB_SEGMENTS	128		/* of a packet that is to be cut */
#define NB_OPS		256		/* copies in one hypercall */
#define NB_BACKLOG	(1024 * 1024)	/* bytes for a front end that is slow */
#define NB_UNDERWAY	(4 * 1024 * 1024) /* bytes of a guest's that others hold */
#define NB_STALE	2000000000ull	/* ns: then it does not want them */

/* What others hold of a guest's packets; lives as long as the last of them. */
struct nb_account {
	uint32_t	refs;		/* packets, and the device */
	uint64_t	bytes;
};

struct nb;
struct nb_txbatch;
struct nb_rxbatch;
struct nb_queue {
	struct nb	*n;
	unsigned	num;
	bool		up;		/* between connect and disconnect */
	struct xen_event event, rxevent; /* rxevent: where they are split */
	struct backbus_map txmap, rxmap;

	struct bring	tx;
	struct gnttab_copy txop[NB_OPS];
	struct nb_txbatch *txbatch;

	struct kern_mutex rxlock;
	struct bring	rx;
	struct netpktq	backlog;
	size_t		nbacklog;	/* bytes */
	uint64_t	waiting;	/* since when the first one waits */
	struct gnttab_copy rxop[NB_OPS];
	struct nb_rxbatch *rxbatch;
};

struct nb {
	struct sw_port	port;		/* first */
	struct backbus_dev *bd;
	uint32_t	caps;		/* NET_*: what the front end takes */
	bool		sg, csum6, split, attached;
	size_t		maxbacklog;	/* a queue's */
	struct nb_account *account;
	uint64_t	maxunderway;
	unsigned	nqueue;
	struct nb_queue	*queue;

	/* rate: so many bytes in so many ns; 0: no limit */
	uint64_t	rate_bytes, rate_ns;
	struct kern_spin rate_lock;
	int64_t		credit;
	uint64_t	refilled;
};

/* A packet in our memory; NULL: none, or others hold too much of this guest's. */
struct netpkt *nb_packet(struct nb *, uint32_t len);
bool	nb_is_ours(const struct netpkt *);
void	nb_account_drop(struct nb_account *);
/* It is this guest's fault now that a packet of ours is still there. */
void	nb_account_move(struct netpkt *, struct nb_account *);

bool	nb_tx_open(struct nb_queue *);	/* false: no memory */
bool	nb_rx_open(struct nb_queue *);
/* Nobody else uses it any more. */
void	nb_tx_close(struct nb_queue *);
void	nb_rx_close(struct nb_queue *);

/* Event channels: a direction each, or both where they share one. */
int	nb_tx_intr(void *);
int	nb_rx_intr(void *);
int	nb_intr(void *);
/* The switch has packets for the guest. */
void	nb_output(struct sw_port *, struct netpktq *);

#endif /* SIRLOIN_XEN_NETBACK_H */
