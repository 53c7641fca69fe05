/*
 * vif.h: what the two halves of NetBSD's interface "virtN" share: vif.c (the
 * interface and its input) and vif_out.c (its output).
 */
#ifndef SIRLOIN_NETBSD_VIF_H
#define SIRLOIN_NETBSD_VIF_H

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kmem.h>
#include <sys/mbuf.h>

#include <net/bpf.h>
#include <net/if.h>
#include <net/if_ether.h>
#include <net/pktqueue.h>
#include <netinet/in.h>
#include <netinet/in_systm.h>
#include <netinet/in_var.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>

#include "line.h"
#include "compat.h"

/* A packet on its way out; done ones wait here for a thread with a context. */
struct txpkt {
	struct netpkt	pkt;		/* first */
	struct mbuf	*m;
	struct vif_softc *sc;
	struct txpkt	*next;
};

struct vif_softc {
	struct ethercom	sc_ec;
	struct vif	*sc_vif;
	struct vif_info	sc_info;
	struct txpkt	*sc_done;	/* pushed by anybody, atomically */
	struct txpkt	*sc_free;	/* under the output lock */
};

#define TX_CSUM_V4	(M_CSUM_TCPv4 | M_CSUM_UDPv4)
#define TX_CSUM_V6	(M_CSUM_TCPv6 | M_CSUM_UDPv6)

/* if_start: the queue to the device. */
void	vif_start(struct ifnet *);

/* Frees what the output kept for its next packets; the device is closed. */
void	vif_txfree(struct vif_softc *);

#endif
