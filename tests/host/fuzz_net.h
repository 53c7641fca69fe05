/*
 * fuzz_net.h: fuzz_net.c (device and applications) and fuzz_net_frame.c (what
 * comes from the network).
 */
#ifndef FUZZ_NET_H
#define FUZZ_NET_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"

#define PORT		10000

extern uint64_t seed;
static inline uint32_t
rnd(uint32_t n)
{

	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(seed >> 33) % n;
}

static inline void
put16(uint8_t *p, uint32_t v)
{

	p[0] = v >> 8;
	p[1] = v;
}

/* What the network knows of connections. */
struct flow { int v6; uint16_t port; uint32_t seq, ack; };
extern struct flow flow[16];
extern const uint8_t mac_us[6], ip_peer[4], ip6_peer[16];

/* The next frame, of any protocol; if of TCP, of this connection. */
size_t	frame(uint8_t *, struct flow *);
/* What the stack says of a connection, for the next frames to follow. */
void	follow(const uint8_t *, size_t);

#endif /* FUZZ_NET_H */
