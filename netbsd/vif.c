/*
 * vif.c: NetBSD's network interface on the platform's devices: interface
 * "virtN" on the line's rumpcomp_vif_ calls (include/rump/vif.h).  It plays the
 * part of NetBSD's own virtif, with batches, no copies, and the device's
 * checksum and segmentation offloads.  Here are the interface and its input;
 * vif_out.c has the output.  Compiled against the tree's kernel
 * headers, 2016 to NetBSD 11 (compat.h has the differences).
 */
#include "vif.h"

#include <sys/lwp.h>
#include <sys/module.h>
#include <sys/sockio.h>

#include <net/if_dl.h>
#include <net/if_types.h>

/* ---- input ---- */

/* The last piece of a packet gives the packet back. */
static void
vif_extfree(struct mbuf *m, void *buf, size_t size, void *arg)
{
	struct netpkt *p = arg;

	if (p != NULL && __atomic_sub_fetch(&p->csum_start, 1, __ATOMIC_ACQ_REL) == 0)
		p->done(p);
	if (m != NULL)
		pool_cache_put(mb_cache, m);
}

/* A chain whose data is the packet's own; its csum_start counts the pieces. */
static struct mbuf *
vif_rxchain(struct netpkt *p)
{
	struct mbuf *m, *top = NULL, **mp = &top;
	int i;

	p->csum_start = p->nseg;
	for (i = 0; i < p->nseg; i++) {
		m = top == NULL ? m_gethdr(M_DONTWAIT, MT_DATA) :
		    m_get(M_DONTWAIT, MT_DATA);
		if (m == NULL) {
			m_freem(top);
			/* what the chain did not take */
			if (__atomic_sub_fetch(&p->csum_start, p->nseg - i,
			    __ATOMIC_ACQ_REL) == 0)
				p->done(p);
			return NULL;
		}
		MEXTADD(m, p->seg[i].data, p->seg[i].len, M_DEVBUF,
		    vif_extfree, p);
		m->m_flags |= M_EXT_RW;
		m->m_len = p->seg[i].len;
		*mp = m;
		mp = &m->m_next;
	}
	top->m_pkthdr.len = p->len;
	return top;
}

/* A small packet: cheaper to copy, and its buffer is free at once. */
static struct mbuf *
vif_rxcopy(struct netpkt *p)
{
	struct mbuf *m = m_gethdr(M_DONTWAIT, MT_DATA);
	int i, off = 0;

	if (m != NULL) {
		for (i = 0; i < p->nseg; off += p->seg[i++].len)
			memcpy(mtod(m, char *) + off, p->seg[i].data,
			    p->seg[i].len);
		m->m_len = m->m_pkthdr.len = off;
	}
	p->done(p);
	return m;
}

/* The device says that the sum is right: which one, from the headers. */
static void
vif_rxoffload(struct mbuf *m, int flags)
{
	const uint8_t *h = mtod(m, const uint8_t *) + ETHER_HDR_LEN;
	struct ether_header *eh = mtod(m, struct ether_header *);

	if ((flags & (NETPKT_CSUM_OK | NETPKT_CSUM_PART)) == 0 ||
	    m->m_len < ETHER_HDR_LEN + 20)
		return;
	if (eh->ether_type == htons(ETHERTYPE_IP)) {
		if (h[9] == IPPROTO_TCP)
			m->m_pkthdr.csum_flags |= M_CSUM_TCPv4;
		else if (h[9] == IPPROTO_UDP)
			m->m_pkthdr.csum_flags |= M_CSUM_UDPv4;
	} else if (eh->ether_type == htons(ETHERTYPE_IPV6)) {
		if (h[6] == IPPROTO_TCP)
			m->m_pkthdr.csum_flags |= M_CSUM_TCPv6;
		else if (h[6] == IPPROTO_UDP)
			m->m_pkthdr.csum_flags |= M_CSUM_UDPv6;
	}
}

/*
 * A packet that the device merged from several, longer than ether_input()
 * takes.  It is TCP for us, or not ours.
 */
static void
vif_input_merged(struct ifnet *ifp, struct mbuf *m)
{
	const struct ether_header *eh = mtod(m, struct ether_header *);
	pktqueue_t *q = eh->ether_type == htons(ETHERTYPE_IP) ? ip_pktq :
	    eh->ether_type == htons(ETHERTYPE_IPV6) ? compat_ip6_pktq : NULL;

	compat_tap_in(ifp, m);
	if (q == NULL || memcmp(eh->ether_dhost, CLLADDR(ifp->if_sadl),
	    ETHER_ADDR_LEN) != 0) {
		m_freem(m);
		return;
	}
	m_adj(m, ETHER_HDR_LEN);
	if (!pktq_enqueue(q, m, 0))
		m_freem(m);
}

/* The line's input upcall: a thread with a context. */
static void
vif_input(void *arg, struct netpktq *q)
{
	struct vif_softc *sc = arg;
	struct ifnet *ifp = &sc->sc_ec.ec_if;
	struct netpkt *p;
	struct mbuf *m;
	int bound, flags;

	KERNEL_LOCK(1, NULL);
	bound = curlwp_bind();
	while ((p = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, link);
		if ((ifp->if_flags & IFF_RUNNING) == 0 || p->len < ETHER_HDR_LEN) {
			p->done(p);
			continue;
		}
		flags = p->flags;
		m = p->len <= MHLEN ? vif_rxcopy(p) : vif_rxchain(p);
		if (m == NULL) {
			compat_count_ierror(ifp);
			continue;
		}
		m_set_rcvif(m, ifp);
		vif_rxoffload(m, flags);
		if (m->m_pkthdr.len > ifp->if_mtu + ETHER_HDR_LEN +
		    ETHER_VLAN_ENCAP_LEN)
			vif_input_merged(ifp, m);
		else
			compat_input(ifp, m);
	}
	curlwp_bindx(bound);
	KERNEL_UNLOCK_ONE(NULL);
}

/* ---- the interface ---- */

static int
vif_init(struct ifnet *ifp)
{

	ifp->if_flags |= IFF_RUNNING;
	return 0;
}

static void
vif_stop(struct ifnet *ifp, int disable)
{

	ifp->if_flags &= ~IFF_RUNNING;
}

/* Offloads that the device has are on from the start. */
static void
vif_caps(struct ifnet *ifp, uint32_t caps)
{

	if (caps & NET_TXCSUM) {
		ifp->if_capabilities |= IFCAP_CSUM_TCPv4_Tx |
		    IFCAP_CSUM_UDPv4_Tx | IFCAP_CSUM_TCPv6_Tx |
		    IFCAP_CSUM_UDPv6_Tx;
		ifp->if_csum_flags_tx = TX_CSUM_V4 | TX_CSUM_V6;
		if (caps & NET_TSO4)
			ifp->if_capabilities |= IFCAP_TSOv4;
		if (caps & NET_TSO6)
			ifp->if_capabilities |= IFCAP_TSOv6;
	}
	if (caps & NET_RXCSUM) {
		ifp->if_capabilities |= IFCAP_CSUM_TCPv4_Rx |
		    IFCAP_CSUM_UDPv4_Rx | IFCAP_CSUM_TCPv6_Rx |
		    IFCAP_CSUM_UDPv6_Rx;
		ifp->if_csum_flags_rx = TX_CSUM_V4 | TX_CSUM_V6;
	}
	ifp->if_capenable = ifp->if_capabilities;
}

/*
 * A bridge makes its members promiscuous.  It forwards frames as they are,
 * whatever they lack, and of its own interfaces' packets it forgets what was
 * left to the device (2016: bridge_enqueue()): nothing is left to it then.
 */
static void
vif_promisc(struct vif_softc *sc)
{
	struct ifnet *ifp = &sc->sc_ec.ec_if;

	if ((ifp->if_flags & IFF_PROMISC) == 0)
		return;
	rumpcomp_vif_whole(sc->sc_vif);
	ifp->if_csum_flags_tx = 0;
	ifp->if_capenable &= ~(IFCAP_CSUM_TCPv4_Tx | IFCAP_CSUM_UDPv4_Tx |
	    IFCAP_CSUM_TCPv6_Tx | IFCAP_CSUM_UDPv6_Tx | IFCAP_TSOv4 |
	    IFCAP_TSOv6);
}

static int
vif_ioctl(struct ifnet *ifp, u_long cmd, void *data)
{
	int error = ether_ioctl(ifp, cmd, data);

	if (cmd == SIOCSIFFLAGS)
		vif_promisc(ifp->if_softc);
	return error == ENETRESET ? 0 : error;
}

static int	vif_clone(struct if_clone *, int);
static int	vif_unclone(struct ifnet *);
static struct if_clone vif_cloner =
    IF_CLONE_INITIALIZER("virt", vif_clone, vif_unclone);

static int
vif_clone(struct if_clone *ifc, int unit)
{
	struct vif_softc *sc = kmem_zalloc(sizeof(*sc), KM_SLEEP);
	struct ifnet *ifp = &sc->sc_ec.ec_if;
	char name[16];
	int error;

	snprintf(name, sizeof(name), "net%d", unit);
	error = rumpcomp_vif_open(name, vif_input, sc, &sc->sc_info, &sc->sc_vif);
	if (error != 0) {
		kmem_free(sc, sizeof(*sc));
		return error;
	}
	if_initname(ifp, "virt", unit);
	ifp->if_softc = sc;
	ifp->if_flags = IFF_BROADCAST | IFF_SIMPLEX | IFF_MULTICAST;
	ifp->if_init = vif_init;
	ifp->if_ioctl = vif_ioctl;
	ifp->if_start = vif_start;
	ifp->if_stop = vif_stop;
	ifp->if_dlt = DLT_EN10MB;
	IFQ_SET_READY(&ifp->if_snd);
	if_initialize(ifp);
	vif_caps(ifp, sc->sc_info.caps);	/* which that has cleared */
	ether_ifattach(ifp, sc->sc_info.mac);
	if_register(ifp);
	ifp->if_mtu = sc->sc_info.mtu;
	return 0;
}

static int
vif_unclone(struct ifnet *ifp)
{
	struct vif_softc *sc = ifp->if_softc;

	if (ifp->if_flags & IFF_UP)
		return EBUSY;
	vif_stop(ifp, 1);
	rumpcomp_vif_close(sc->sc_vif);
	ether_ifdetach(ifp);
	if_detach(ifp);
	vif_txfree(sc);
	kmem_free(sc, sizeof(*sc));
	return 0;
}

MODULE(MODULE_CLASS_DRIVER, if_virt, NULL);

static int
if_virt_modcmd(modcmd_t cmd, void *arg)
{

	switch (cmd) {
	case MODULE_CMD_INIT:
		if_clone_attach(&vif_cloner);
		return 0;
	default:
		return ENOTTY;
	}
}
