/* netinet/in.h */
#ifndef _NETINET_IN_H_
#define _NETINET_IN_H_

#include <sys/socket.h>

#define htons(x)	__builtin_bswap16(x)
#define ntohs(x)	__builtin_bswap16(x)
#define htonl(x)	__builtin_bswap32(x)
#define ntohl(x)	__builtin_bswap32(x)

#define IPPORT_RESERVED	1024

extern const struct in6_addr in6addr_any, in6addr_loopback;

#define IN6_IS_ADDR_UNSPECIFIED(a)					\
	(((a)->s6_addr32[0] | (a)->s6_addr32[1] | (a)->s6_addr32[2] |	\
	(a)->s6_addr32[3]) == 0)
#define IN6_IS_ADDR_LOOPBACK(a)						\
	(((a)->s6_addr32[0] | (a)->s6_addr32[1] | (a)->s6_addr32[2]) == 0 && \
	(a)->s6_addr32[3] == htonl(1))
#define IN6_IS_ADDR_LINKLOCAL(a)					\
	((a)->s6_addr[0] == 0xfe && ((a)->s6_addr[1] & 0xc0) == 0x80)
#define IN6_IS_ADDR_MULTICAST(a)	((a)->s6_addr[0] == 0xff)
#define IN6_IS_ADDR_V4MAPPED(a)						\
	(((a)->s6_addr32[0] | (a)->s6_addr32[1]) == 0 &&		\
	(a)->s6_addr32[2] == htonl(0xffff))

#endif /* _NETINET_IN_H_ */
