/*
 * e1000.h: inside the driver "wm": wm.c (attachment, calls of nicops), hw.c
 * (reset, registers), rx.c, tx.c and tx_map.c, watch.c (interrupts, errors,
 * counters).
 *
 * Locks, in this order: ctl (open, close, reset, filter), the receive queues',
 * the transmit queue's.  None is held while packets are given to their receiver
 * or back to their maker, or nic_link() is called.
 */
#ifndef BUILTIN_E1000_H
#define BUILTIN_E1000_H

#include "../dev.h"
#include "reg.h"

#define WM_MAXRXQ	2
#define WM_RXRING	256
#define WM_RXRING2	1024		/* of two: see docs/devices.md */
#define WM_RXBUF	2048		/* RCTL.BSIZE 0 */
#define WM_RXBATCH	64
#define WM_TXRING	512		/* descriptors */
#define WM_TXSLOTS	128		/* packets */
#define WM_TXINLINE	256		/* bytes copied: headers, small packets */
#define WM_TXPIECES	60		/* data descriptors of one packet */
#define WM_TXWAIT	1024		/* packets that wait for descriptors */
#define WM_MAXMCAST	64		/* more: all */
#define WM_ITR		80		/* 20 us between interrupts */
#define WM_SECOND	1000000000ULL

struct wm_model {
	uint16_t	device;
	bool		pcie;		/* 82574: extended descriptors etc. */
	const char	*name;
};

/* A page: what describes the packet, and what the device writes. */
#define WM_RXOFF	1026		/* of the data: the IP header is aligned */
struct wm_rxbuf {
	struct netpkt	pkt;		/* first */
	struct wm_rxbuf	*next;
	struct wm_rxq	*q;
	uint64_t	pa;		/* of the data */
};
_Static_assert(sizeof(struct wm_rxbuf) <= WM_RXOFF, "a buffer is one page");

struct wm_rxq {
	struct wm	*sc;
	unsigned	n;		/* 0, 1 */
	kmutex_t	lock;
	struct dma	mem;
	struct rxdesc	*ring;
	unsigned	size, next;	/* next to be looked at */
	struct wm_rxbuf	*buf[WM_RXRING2];
	struct wm_rxbuf	*spare;
	struct wm_rxbuf	*back;		/* pushed by done(), any thread */
	unsigned	nbuf, maxbuf;	/* that exist, that may */
	bool		discard;	/* up to the end of a packet */
	unsigned	seen;		/* next, and a packet there, a tick ago */
	bool		waiting, overlooked;
};

struct wm_txslot {
	struct netpkt	*pkt;		/* NULL: inlined, and back already */
	uint16_t	last;		/* its last descriptor */
	bool		csum, skipped;	/* has a context; was not told it */
	uint64_t	context[2];
	struct dma	copy;		/* of a packet in too many pieces */
};
struct wm_txq {
	kmutex_t	lock;
	struct dma	mem, inl;	/* descriptors; WM_TXINLINE each slot */
	struct txdesc	*ring, *old;	/* what a reset found */
	unsigned	head, used;	/* next to be filled; under way */
	struct wm_txslot slot[WM_TXSLOTS];
	unsigned	first, nslot;	/* oldest packet; packets under way */
	unsigned	skipped;	/* packets whose context was known */
	uint64_t	context[2];	/* what the device was told last */
	struct netpktq	wait;
	unsigned	nwait;
	bool		intr;		/* TXDW is unmasked */
	uint64_t	sent, seen;	/* packets; the same a tick ago */
	unsigned	stuck;		/* ticks without progress */
};

struct wm {
	struct nic	nic;		/* first */
	struct pcidev	*dev;
	const struct wm_model *model;
	volatile uint32_t *regs;
	int		vectors;	/* 0 line, 1 MSI, more: MSI-X */
	unsigned	nrxq;
	bool		attached;	/* interrupts and threads are there */
	bool		running;	/* between open and close */
	bool		gone;		/* unplugged */
	bool		sick;		/* it has to be reset */
	uint64_t	lastreset, backoff;

	kmutex_t	ctl;
	kcond_t		watch;		/* wakes the watching thread */
	bool		promisc, allmcast;
	uint32_t	mta[128], rctl;

	void		(*input)(void *, struct netpktq *);
	void		*arg;
	unsigned	receivers;	/* threads in wm_rx_work() */
	struct wm_rxq	rxq[WM_MAXRXQ];
	struct wm_txq	tx;
};

static inline uint32_t
wm_read(struct wm *sc, unsigned reg)
{

	return sc->regs[reg / 4];
}

static inline void
wm_write(struct wm *sc, unsigned reg, uint32_t v)
{

	sc->regs[reg / 4] = v;
}

/* ---- hw.c: ctl held, or nobody else is there ---- */

void	wm_delay(unsigned us);
/* Stops everything; registers are as after power up.  EIO: it is not there. */
int	wm_hw_reset(struct wm *);
/* After a reset, with the rings in order: receives and sends. */
void	wm_hw_start(struct wm *);
int	wm_hw_address(struct wm *, uint8_t mac[6]);
void	wm_hw_filter(struct wm *);
void	wm_hw_phy(struct wm *);		/* negotiate, if it does not by itself */
/* It answers no more: reported once, and not used from then on. */
bool	wm_hw_gone(struct wm *);

/* ---- rx.c ---- */

int	wm_rx_alloc(struct wm *);
void	wm_rx_free(struct wm *);
void	wm_rx_setup(struct wm_rxq *);	/* after a reset */
/* A batch of packets, whose descriptors are free again; the lock is held. */
unsigned wm_rx_collect(struct wm_rxq *, struct netpktq *);
/* Whether there was anything.  Calls the stack. */
bool	wm_rx_work(struct wm_rxq *);
/* overlooked: a packet has been lying there since the last call. */
void	wm_rx_look(struct wm_rxq *);

/* ---- tx.c ---- */

int	wm_tx_alloc(struct wm *);
void	wm_tx_free(struct wm *);	/* gives all packets back */
/* What has been sent, to a list; the lock is held. */
void	wm_tx_collect(struct wm_txq *, struct netpktq *done);
/* After a reset, the lock is held: what was under way is sent again. */
void	wm_tx_setup(struct wm *);
void	wm_tx_go(struct wm *);		/* and then; dropped without a link */
void	wm_tx_send(struct nic *, struct netpktq *);
/* wait: not only if nobody else is at it. */
void	wm_tx_reap(struct wm *, bool wait);
/* Drops what waits; owned: and what the device had, which is stopped. */
void	wm_tx_flush(struct wm *, bool owned);
bool	wm_tx_hung(struct wm *);

/* ---- tx_map.c ---- */

struct wm_piece { uint64_t pa; uint32_t len; };
struct wm_pieces { unsigned n; struct wm_piece p[WM_TXPIECES]; };
/* Asks only for what the device has, and for what makes sense. */
bool	wm_tx_acceptable(struct wm *, const struct netpkt *);
/* The two words of its context descriptor; false: it needs none. */
bool	wm_tx_context(const struct netpkt *, uint64_t c[2]);
/* Where it lies (nowhere: it can't be sent); true: all is in the slot. */
bool	wm_tx_map(struct wm *, struct wm_txslot *, const struct netpkt *,
	    struct wm_pieces *);

/* ---- watch.c ---- */

/* The interrupts' causes, once the rings work; and none. */
void	wm_intr_on(struct wm *);
int	wm_intr_attach(struct wm *);
/* The device does what it must not: it will be reset. */
void	wm_sick(struct wm *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	wm_link_read(struct wm *, bool *up, uint32_t *mbps);
void	wm_tick(struct wm *);		/* once a second, and when sick */
void	wm_watch_thread(void *);

#endif /* BUILTIN_E1000_H */
