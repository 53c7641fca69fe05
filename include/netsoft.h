/*
 * netsoft.h: what a packet asks of a device that can't do it, done in software.
 * Thread context.
 */
#ifndef SIRLOIN_NETSOFT_H
#define SIRLOIN_NETSOFT_H

#include <dev.h>

/*
 * After this no packet of the list asks for more than caps (NET_TXCSUM,
 * NET_TSO4, NET_TSO6): checksums that are missing are filled in where they are,
 * what is to be cut into segments is replaced by copies.  What makes no sense,
 * or finds no memory, is given back; returns how many packets that were.
 * NETPKT_CSUM and NETPKT_CSUM_PART are the same here, and stay what they are.
 */
unsigned netsoft(struct netpktq *, uint32_t caps);
/* A copy of a packet in one piece, done() included; NULL: no memory. */
struct netpkt *netsoft_copy(const struct netpkt *);
/* Give back all packets of a list, which is empty then; how many. */
unsigned netsoft_drop(struct netpktq *);

#endif /* SIRLOIN_NETSOFT_H */
