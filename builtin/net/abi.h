/* abi.h: what rump/abi_net.h leaves out: an interface's counters (net/if.h). */
#ifndef BUILTIN_NET_ABI_H
#define BUILTIN_NET_ABI_H

#include <rump/abi_net.h>

struct if_data {
	uint8_t		ifi_type, ifi_addrlen, ifi_hdrlen;
	int		ifi_link_state;
	uint64_t	ifi_mtu, ifi_metric, ifi_baudrate;
	uint64_t	ifi_ipackets, ifi_ierrors, ifi_opackets, ifi_oerrors;
	uint64_t	ifi_collisions, ifi_ibytes, ifi_obytes;
	uint64_t	ifi_imcasts, ifi_omcasts, ifi_iqdrops, ifi_noproto;
	struct timespec	ifi_lastchange;
};
struct ifdatareq {
	char		ifdr_name[IFNAMSIZ];
	struct if_data	ifdr_data;
};
#define IFT_ETHER	6
#define IFT_LOOP	24
#define LINK_STATE_DOWN	1
#define LINK_STATE_UP	2
#define SIOCGIFDATA	_IOWR('i', 133, struct ifdatareq)

#endif /* BUILTIN_NET_ABI_H */
