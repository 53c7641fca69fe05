/* addr.c: NetBSD's socket addresses and lwIP's. */
#include <string.h>

#include "lwip/opt.h"
#include "lwip/ip_addr.h"
#include "lwip/ip6_addr.h"

#include "sock.h"

static int
get_in6(struct sock *so, const struct sockaddr_in6 *sin6, ip_addr_t *ip)
{
	ip6_addr_t *ip6 = ip_2_ip6(ip);

	ip_addr_set_zero_ip6(ip);
	memcpy(ip6->addr, &sin6->sin6_addr, 16);
	if (ip6_addr_isipv4mappedipv6(ip6)) {
		if (so->state & SS_V6ONLY)
			return EINVAL;
		ip_addr_set_ip4_u32(ip, sin6->sin6_addr.s6_addr32[3]);
		return 0;
	}
	if (ip6_addr_has_scope(ip6, IP6_UNKNOWN)) {
		if (sin6->sin6_scope_id != 0)
			ip6_addr_set_zone(ip6, sin6->sin6_scope_id);
		else if (vif_list != NULL)
			ip6_addr_assign_zone(ip6, IP6_UNKNOWN, &vif_list->nif);
	}
	return 0;
}

int
addr_get(struct sock *so, const struct sockaddr *sa, uint32_t len,
    ip_addr_t *ip, uint16_t *port)
{
	struct sockaddr_in sin;
	struct sockaddr_in6 sin6;

	if (sa == NULL || len < 2)
		return EINVAL;
	if (sa->sa_family != so->domain)
		return EAFNOSUPPORT;
	if (so->domain == AF_INET) {
		if (len < sizeof(sin))
			return EINVAL;
		memcpy(&sin, sa, sizeof(sin));
		ip_addr_set_ip4_u32_val(*ip, sin.sin_addr.s_addr);
		*port = lwip_ntohs(sin.sin_port);
		return 0;
	}
	if (len < sizeof(sin6))
		return EINVAL;
	memcpy(&sin6, sa, sizeof(sin6));
	*port = lwip_ntohs(sin6.sin6_port);
	return get_in6(so, &sin6, ip);
}

static void
put(void *buf, uint32_t *len, const void *sa, uint32_t full)
{

	if (*len > full)
		*len = full;
	memcpy(buf, sa, *len);
}

void
addr_put(int domain, const ip_addr_t *ip, uint16_t port, void *buf,
    uint32_t *len)
{
	struct sockaddr_in sin = { .sin_len = sizeof(sin),
	    .sin_family = AF_INET, .sin_port = lwip_htons(port) };
	struct sockaddr_in6 sin6 = { .sin6_len = sizeof(sin6),
	    .sin6_family = AF_INET6, .sin6_port = lwip_htons(port) };
	struct sockaddr un = { 2, AF_LOCAL, { 0 } };

	if (domain == AF_LOCAL) {
		put(buf, len, &un, 2);
		return;
	}
	if (domain == AF_INET) {
		if (ip != NULL && IP_IS_V4(ip))
			sin.sin_addr.s_addr = ip_2_ip4(ip)->addr;
		put(buf, len, &sin, sizeof(sin));
		return;
	}
	if (ip != NULL && IP_IS_V6(ip) && !IP_IS_ANY_TYPE_VAL(*ip)) {
		memcpy(&sin6.sin6_addr, ip_2_ip6(ip)->addr, 16);
		sin6.sin6_scope_id = ip6_addr_zone(ip_2_ip6(ip));
	} else if (ip != NULL && IP_IS_V4(ip)) {
		sin6.sin6_addr.s6_addr32[2] = PP_HTONL(0xffff);
		sin6.sin6_addr.s6_addr32[3] = ip_2_ip4(ip)->addr;
	}
	put(buf, len, &sin6, sizeof(sin6));
}
