/* netconfig.h: what the files of our netconfig share (netconfig.c). */
#ifndef SIRLOIN_NETBSD_NETCONFIG_H
#define SIRLOIN_NETBSD_NETCONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <rump/abi_net.h>

/* Offsets of sockaddr_dl (sys/net/if_dl.h) and its MAC. */
struct nc_link {
	unsigned	index;
	uint8_t		mac[6];
};
int	nc_link(const char *ifname, struct nc_link *);

/* Addresses in network order. */
int	nc_addr4(const char *ifname, uint32_t addr, uint32_t mask);
int	nc_deladdr4(const char *ifname, uint32_t addr);
int	nc_gw4(uint32_t addr);
/* Seconds that the address lasts and is preferred; UINT32_MAX: for ever. */
int	nc_addr6(const char *ifname, const uint8_t *addr, int prefix,
	    uint32_t valid, uint32_t preferred);
/* index: of the interface, where addr is link-local. */
int	nc_gw6(const uint8_t *addr, unsigned index);
int	nc_nogw6(const uint8_t *addr, unsigned index);
/* Name servers for /etc/resolv.conf; each family's replace its own. */
void	nc_resolvers(int family, const void *addrs, int n);

/* errno of the call that returned r, or 0. */
int	nc_error(long r);
void	nc_say(const char *ifname, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

#define NC_SEC		1000000000ULL
#define NC_FOREVER	UINT32_MAX

/* An unaligned number in network order. */
static inline uint32_t
nc_get(const uint8_t *p, int n)
{
	uint32_t v = 0;

	while (n-- > 0)
		v = v << 8 | *p++;
	return v;
}

static inline uint8_t *
nc_put(uint8_t *p, uint32_t v, int n)
{

	for (int i = n - 1; i >= 0; i--)
		*p++ = (uint8_t)(v >> (8 * i));
	return p;
}

#endif /* SIRLOIN_NETBSD_NETCONFIG_H */
