/* hooks.h: where lwIP asks us.  Included by lwIP's sources after its headers. */
#ifndef BUILTIN_LWIP_HOOKS_H
#define BUILTIN_LWIP_HOOKS_H

#include "lwip/ip_addr.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"

/* Initial sequence numbers after RFC 6528. */
u32_t	net_tcp_isn(const ip_addr_t *, u16_t, const ip_addr_t *, u16_t);
/* A packet for a connection; an error drops it (tcp_io.c). */
struct tcp_pcb;
struct tcp_hdr;
err_t	net_tcp_inpacket(struct tcp_pcb *, struct tcp_hdr *, u16_t optlen,
	    u16_t opt1len, u16_t datalen);
/* A header with its options; where the next option goes (tcp_io.c). */
u32_t	*net_tcp_outpacket(struct tcp_hdr *, const struct tcp_pcb *, u32_t *);
/* Nonzero: the packet was too short for what it says, and is gone. */
int	net_ip4_insane(struct pbuf *, struct netif *);

/* The IPv6 router that the configuration names. */
const ip6_addr_t *net_nd6_gw(struct netif *, const ip6_addr_t *dest);

/*
 * Packets above the interface's MTU: ip4.c and ip6.c call these instead of
 * fragmenting at once (vif_tx.c).
 */
err_t	net_ip4_toobig(struct pbuf *, struct netif *, const ip4_addr_t *);
err_t	net_ip6_toobig(struct pbuf *, struct netif *, const ip6_addr_t *);
#define ip4_frag	net_ip4_toobig
#define ip6_frag	net_ip6_toobig

#endif /* BUILTIN_LWIP_HOOKS_H */
