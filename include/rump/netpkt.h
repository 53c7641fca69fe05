/*
 * netpkt.h: a packet on its way through the line, as both sides see it, and
 * the offloads that a device has and a packet asks for.
 */
#ifndef SIRLOIN_RUMP_NETPKT_H
#define SIRLOIN_RUMP_NETPKT_H

#include <stddef.h>
#include <stdint.h>
#include <queue.h>

/* What a device can do, and a packet asks for (virtio's and Xen's union). */
#define NET_TXCSUM	0x01	/* fills in a TCP or UDP checksum, v4 and v6 */
#define NET_TSO4	0x02	/* segments TCP over IPv4 */
#define NET_TSO6	0x04
#define NET_RXCSUM	0x08	/* says that a packet's checksum is good */
#define NET_LRO		0x10	/* may deliver merged TCP packets up to 64 KB */

#define NETPKT_MAXSEG	40	/* 64 KB in 2 KB pieces, and headers */
struct netseg { void *data; uint32_t len; };
/*
 * One Ethernet frame in up to NETPKT_MAXSEG pieces.  Who makes it owns it
 * until it hands it over; the last one who has it calls done() once.
 */
struct netpkt {
	struct netseg	seg[NETPKT_MAXSEG];
	uint16_t	nseg;
	uint16_t	flags;		/* below */
	uint16_t	csum_start;	/* from the frame's start */
	uint16_t	csum_offset;	/* from csum_start */
	uint16_t	gso_size;	/* TCP payload per segment */
	uint16_t	hdr_len;	/* Ethernet to end of TCP header */
	uint32_t	len;		/* sum of the pieces */
	void		(*done)(struct netpkt *);
	void		*arg;		/* the maker's */
	STAILQ_ENTRY(netpkt) link;	/* the owner's */
};
#define NETPKT_CSUM	0x1	/* tx: fill in; pseudo header sum is there */
#define NETPKT_CSUM_OK	0x2	/* rx: verified */
#define NETPKT_TSO4	0x4
#define NETPKT_TSO6	0x8
#define NETPKT_CSUM_PART 0x10	/* rx: not filled in, but data is good */
STAILQ_HEAD(netpktq, netpkt);

/* The Ethernet header, wherever it lies; 0: there is no whole one.  (NetBSD's
 * kernel has no <stdbool.h> and no <string.h>.) */
static inline int
netpkt_header(const struct netpkt *p, uint8_t h[14])
{
	uint32_t at = 0, k;

	for (unsigned i = 0; i < p->nseg && at < 14; i++, at += k) {
		k = p->seg[i].len < 14 - at ? p->seg[i].len : 14 - at;
		__builtin_memcpy(h + at, p->seg[i].data, k);
	}
	return at == 14;
}

struct net_stats {
	uint64_t ipackets, ibytes, idrops, ierrors;
	uint64_t opackets, obytes, odrops, oerrors;
};

#endif /* SIRLOIN_RUMP_NETPKT_H */
