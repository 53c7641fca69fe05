/* ifioctl.c: the interface ioctls of sockets (net/if.h, sys/sockio.h). */
#include <string.h>

#include "lwip/opt.h"
#include "lwip/netif.h"

#include "sock.h"

static void
put_in(struct sockaddr *sa, u32_t addr)
{
	struct sockaddr_in sin = { .sin_len = sizeof(sin),
	    .sin_family = AF_INET, .sin_addr.s_addr = addr };

	memcpy(sa, &sin, sizeof(sin));
}

static int
get_in(const struct sockaddr *sa, ip4_addr_t *ip)
{
	struct sockaddr_in sin;

	if (sa->sa_family != AF_INET)
		return EAFNOSUPPORT;
	memcpy(&sin, sa, sizeof(sin));
	ip->addr = sin.sin_addr.s_addr;
	return 0;
}

static bool is_loop(struct netif *nif) { return nif->linkoutput != vif_linkoutput; }

static short
get_flags(struct netif *nif)
{
	short flags = IFF_MULTICAST;
	struct vif_if *v;

	if (netif_is_up(nif))
		flags |= IFF_UP | IFF_RUNNING;
	if (is_loop(nif))
		return flags | IFF_LOOPBACK;
	v = nif->state;
	return flags | IFF_BROADCAST | (v->promisc ? IFF_PROMISC : 0) |
	    (v->allmulti ? IFF_ALLMULTI : 0);
}

static int
set_flags(struct netif *nif, int flags)
{
	struct vif_if *v = nif->state;

	if (!is_loop(nif)) {
		v->promisc = (flags & IFF_PROMISC) != 0;
		v->allmulti = (flags & IFF_ALLMULTI) != 0;
		vif_dev_filter(v);
	}
	if (flags & IFF_UP)
		return net_if_up(nif);
	netif_set_down(nif);
	return 0;
}

static int
get_conf(struct ifconf *ifc)
{
	struct ifreq ifr;
	struct netif *nif;
	char *dst = ifc->ifc_buf;
	int left = ifc->ifc_len, used = 0;

	NETIF_FOREACH(nif) {
		if (dst != NULL && left < (int)sizeof(ifr))
			break;
		memset(&ifr, 0, sizeof(ifr));
		strncpy(ifr.ifr_name, netif_name(nif), IFNAMSIZ - 1);
		put_in(&ifr.ifr_addr, netif_ip4_addr(nif)->addr);
		if (dst != NULL) {
			memcpy(dst, &ifr, sizeof(ifr));
			dst += sizeof(ifr);
			left -= sizeof(ifr);
		}
		used += sizeof(ifr);
	}
	ifc->ifc_len = used;
	return 0;
}

static int
get_data(struct netif *nif, struct if_data *d)
{
	struct vif_if *v = nif->state;
	struct net_stats st;
	uint32_t mbps;

	memset(d, 0, sizeof(*d));
	d->ifi_type = is_loop(nif) ? IFT_LOOP : IFT_ETHER;
	d->ifi_link_state = LINK_STATE_UP;
	d->ifi_mtu = nif->mtu;
	if (is_loop(nif))
		return 0;
	d->ifi_addrlen = 6;
	d->ifi_hdrlen = 14;
	if (!vif_dev_link(v, &mbps))
		d->ifi_link_state = LINK_STATE_DOWN;
	d->ifi_baudrate = mbps * 1000000ULL;
	vif_dev_stats(v, &st);
	d->ifi_ipackets = st.ipackets;
	d->ifi_ibytes = st.ibytes;
	d->ifi_ierrors = v->ierrors + st.ierrors;
	d->ifi_iqdrops = v->idrops + st.idrops;
	d->ifi_opackets = st.opackets;
	d->ifi_obytes = st.obytes;
	d->ifi_oerrors = v->oerrors + st.oerrors + st.odrops;
	return 0;
}

static int
alias(struct netif *nif, const struct ifaliasreq *ifra)
{
	ip4_addr_t ip, mask;
	int error;

	if ((error = get_in(&ifra->ifra_addr, &ip)) != 0)
		return error;
	if (get_in(&ifra->ifra_mask, &mask) != 0)
		IP4_ADDR(&mask, 255, 255, 255, 0);
	return net_set_ipv4(nif, &ip, &mask);
}

static int
one(struct netif *nif, unsigned long cmd, struct ifreq *ifr)
{
	ip4_addr_t ip;
	u32_t addr = netif_ip4_addr(nif)->addr, mask = netif_ip4_netmask(nif)->addr;
	int error;

	switch (cmd) {
	case SIOCGIFFLAGS:
		ifr->ifr_flags = get_flags(nif);
		return 0;
	case SIOCSIFFLAGS:
		return set_flags(nif, ifr->ifr_flags);
	case SIOCGIFADDR:
		put_in(&ifr->ifr_addr, addr);
		return addr == 0 ? EADDRNOTAVAIL : 0;
	case SIOCGIFNETMASK:
		put_in(&ifr->ifr_addr, mask);
		return addr == 0 ? EADDRNOTAVAIL : 0;
	case SIOCGIFBRDADDR:
		put_in(&ifr->ifr_addr, addr | ~mask);
		return addr == 0 ? EADDRNOTAVAIL : 0;
	case SIOCSIFADDR:
		if ((error = get_in(&ifr->ifr_addr, &ip)) == 0)
			error = net_set_ipv4(nif, &ip, netif_ip4_netmask(nif));
		return error;
	case SIOCSIFNETMASK:
		if ((error = get_in(&ifr->ifr_addr, &ip)) == 0)
			netif_set_netmask(nif, &ip);
		return error;
	case SIOCGIFMTU:
		ifr->ifr_mtu = nif->mtu;
		return 0;
	case SIOCSIFMTU:
		if (is_loop(nif) || ifr->ifr_mtu < 576 ||
		    ifr->ifr_mtu > ((struct vif_if *)nif->state)->info.mtu)
			return EINVAL;
		nif->mtu = nif->mtu6 = ifr->ifr_mtu;
		return 0;
	case SIOCGIFINDEX:
		ifr->ifr_index = netif_get_index(nif);
		return 0;
	case SIOCGIFDATA:
		return get_data(nif, &((struct ifdatareq *)ifr)->ifdr_data);
	case SIOCAIFADDR:
		return alias(nif, (struct ifaliasreq *)ifr);
	}
	return ENOTTY;
}

int
net_ifioctl(unsigned long cmd, void *data)
{
	struct ifreq *ifr = data;
	struct netif *nif;
	char name[IFNAMSIZ], dev[] = "net0";
	int error;

	/* all others have a name in front */
	if (((cmd >> 8) & 0xff) != 'i' || IOCPARM_LEN(cmd) < sizeof(struct ifconf))
		return ENOTTY;
	if (cmd != SIOCGIFCONF) {
		if (IOCPARM_LEN(cmd) < IFNAMSIZ + sizeof(int))
			return ENOTTY;
		memcpy(name, ifr->ifr_name, IFNAMSIZ);
		name[IFNAMSIZ - 1] = '\0';
	}
	if (cmd != SIOCGIFCONF && bridge_ioctl != NULL &&
	    strncmp(name, "bridge", 6) == 0) {
		net_lock();
		error = bridge_ioctl(cmd, name, data);
		net_unlock();
		return error;
	}
	if (cmd == SIOCIFCREATE) {
		if (strncmp(name, "virt", 4) != 0 || name[4] < '0' ||
		    name[4] > '9' || name[5] != '\0')
			return EINVAL;
		dev[3] = name[4];
		return vif_create(name, dev);
	}
	if (cmd == SIOCIFDESTROY)
		return vif_destroy(name);
	net_lock();
	if (cmd == SIOCGIFCONF)
		error = get_conf(data);
	else if ((nif = netif_byname(name)) == NULL)
		error = ENXIO;
	else
		error = one(nif, cmd, ifr);
	net_unlock();
	return error;
}
