/*
 * net.c: the stack's start, its lock, and what lwIP wants of its surroundings.
 */
#include <string.h>

#include "lwip/opt.h"
#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/ip_addr.h"
#include "lwip/prot/ip.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/udp.h"
#include "lwip/inet_chksum.h"
#include "lwip/priv/tcp_priv.h"

#include <rump/rumpuser.h>

#include "net.h"
#include "sock.h"
#include "hooks.h"

struct rumpuser_mtx *net_mtx;
static uint8_t isn_key[16];

/* Randomness is asked for in pieces; under the lock, or before there is one. */
void
net_random(void *buf, size_t n)
{
	static uint8_t pool[256];
	static size_t left;
	uint8_t *p = buf;
	size_t got;

	for (; n > 0; n--) {
		while (left == 0) {
			if (rumpuser_getrandom(pool, sizeof(pool), 0, &got) == 0)
				left = got;
		}
		*p++ = pool[--left];
		pool[left] = 0;
	}
}

uint32_t
net_random32(void)
{
	uint32_t v;

	net_random(&v, sizeof(v));
	return v;
}

void
net_assert(const char *file, int line)
{

	k_panic("net: broken invariant, %s line %d", file, line);
}

/* ---- the lock ---- */

void
net_lock(void)
{

	rumpuser_mutex_enter(net_mtx);
	vif_tx_reap();
}

/* Loopback's packets come up with this thread, until there are none. */
static bool
loopback(void)
{
	struct netif *nif;
	u16_t flags;
	bool any = false;

	NETIF_FOREACH(nif) {
		if (nif->loop_first == NULL)
			continue;
		any = true;
		/* they never saw a device that would have filled them in */
		flags = nif->chksum_flags;
		nif->chksum_flags &= ~(NETIF_CHECKSUM_CHECK_TCP |
		    NETIF_CHECKSUM_CHECK_UDP);
		netif_poll(nif);
		nif->chksum_flags = flags;
	}
	return any;
}

/* What has to be done before the lock is let go, or waited with. */
void
net_settle(void)
{

	while (loopback())
		continue;
	for (struct vif_if *v = vif_list; v != NULL; v = v->next)
		if (v->ntxq != 0)
			vif_tx_flush(v);
}

void
net_unlock(void)
{

	net_settle();
	rumpuser_mutex_exit(net_mtx);
}

/* ---- start ---- */

static int
net_init(void)
{
	int error;

	kmutex_init(&net_mtx);
	net_random(isn_key, sizeof(isn_key));
	net_mem_init();
	net_lock();
	lwip_init();
	tcp_ticks = 1;		/* 0 means no time to lwIP's round trip timer */
	/* what stays in this machine needs no checksums */
	netif_find("lo0")->chksum_flags = NETIF_CHECKSUM_CHECK_IP |
	    NETIF_CHECKSUM_GEN_IP | NETIF_CHECKSUM_GEN_ICMP |
	    NETIF_CHECKSUM_CHECK_ICMP | NETIF_CHECKSUM_GEN_ICMP6 |
	    NETIF_CHECKSUM_CHECK_ICMP6;
	vif_dev_attach();
	error = net_timer_start();
	net_unlock();
	return error;
}

RUMP_COMPONENT(COMPONENT_NET, net_init);

/* ---- hooks of lwIP ---- */

/*
 * A connection may begin anew where an old one is in TIME_WAIT, if its sequence
 * numbers lie beyond the old one's (RFC 1122, 4.2.2.13).  lwIP would answer with
 * a reset; without the old connection the listener gets the SYN.
 */
static void
tcp_reopen(const struct ip_hdr *ip, const struct tcp_hdr *th)
{
	struct tcp_pcb *pcb;

	if ((TCPH_FLAGS(th) & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN)
		return;
	for (pcb = tcp_tw_pcbs; pcb != NULL; pcb = pcb->next)
		if (pcb->remote_port == lwip_ntohs(th->src) &&
		    pcb->local_port == lwip_ntohs(th->dest) &&
		    IP_IS_V4(&pcb->remote_ip) &&
		    ip_2_ip4(&pcb->remote_ip)->addr == ip->src.addr &&
		    ip_2_ip4(&pcb->local_ip)->addr == ip->dest.addr) {
			if (TCP_SEQ_GT(lwip_ntohl(th->seqno), pcb->rcv_nxt))
				tcp_abandon(pcb, 0);
			return;
		}
}

/*
 * lwIP looks at UDP's ports before it knows that there are any, unless the
 * packet is for the interface's own address (a short last fragment).
 */
int
net_ip4_insane(struct pbuf *p, struct netif *nif)
{
	const struct ip_hdr *ip = p->payload;

	if (p->len >= IP_HLEN && IPH_PROTO(ip) == IP_PROTO_TCP &&
	    p->len >= IPH_HL_BYTES(ip) + TCP_HLEN)
		tcp_reopen(ip, (const struct tcp_hdr *)((const char *)ip +
		    IPH_HL_BYTES(ip)));
	if (p->len >= IP_HLEN && (IPH_PROTO(ip) != IP_PROTO_UDP ||
	    p->len >= IPH_HL_BYTES(ip) + UDP_HLEN ||
	    ip->dest.addr == netif_ip4_addr(nif)->addr))
		return 0;
	pbuf_free(p);
	return 1;
}

#define ROTL(x, n)	((x) << (n) | (x) >> (64 - (n)))
static void
sipround(uint64_t v[4])
{

	v[0] += v[1]; v[1] = ROTL(v[1], 13) ^ v[0]; v[0] = ROTL(v[0], 32);
	v[2] += v[3]; v[3] = ROTL(v[3], 16) ^ v[2];
	v[0] += v[3]; v[3] = ROTL(v[3], 21) ^ v[0];
	v[2] += v[1]; v[1] = ROTL(v[1], 17) ^ v[2]; v[2] = ROTL(v[2], 32);
}

/* SipHash-2-4 of n words (Aumasson, Bernstein 2012). */
static uint64_t
siphash(const uint8_t key[16], const uint64_t *w, int n)
{
	uint64_t k[2], v[4];

	memcpy(k, key, 16);
	v[0] = k[0] ^ 0x736f6d6570736575;
	v[1] = k[1] ^ 0x646f72616e646f6d;
	v[2] = k[0] ^ 0x6c7967656e657261;
	v[3] = k[1] ^ 0x7465646279746573;
	for (int i = 0; i <= n; i++) {
		uint64_t m = i < n ? w[i] : (uint64_t)n << 59;

		v[3] ^= m;
		sipround(v);
		sipround(v);
		v[0] ^= m;
	}
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sipround(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

u32_t
net_tcp_isn(const ip_addr_t *la, u16_t lport, const ip_addr_t *ra, u16_t rport)
{
	uint64_t w[5] = { 0 };

	if (IP_IS_V6(la)) {
		memcpy(&w[0], ip_2_ip6(la)->addr, 16);
		memcpy(&w[2], ip_2_ip6(ra)->addr, 16);
	} else
		w[0] = (uint64_t)ip_2_ip4(la)->addr << 32 | ip_2_ip4(ra)->addr;
	w[4] = (uint64_t)lport << 16 | rport;
	return (u32_t)siphash(isn_key, w, 5) + (u32_t)(k_uptime() / 4096);
}

/* ---- copying and summing ---- */

typedef uint64_t __attribute__((may_alias, aligned(1))) word;

void *
net_memcpy(void *dst, const void *src, size_t n)
{

	return memcpy(dst, src, n);
}

static uint16_t
fold(uint64_t sum)
{

	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

uint16_t net_chksum_fold(uint64_t sum) { return fold(sum); }

/* One's complement sum of memory (RFC 1071), eight bytes at a time. */
unsigned short
net_chksum(const void *v, int n)
{
	const uint8_t *p = v;
	uint64_t sum = 0, w;

	for (; n >= 32; n -= 32, p += 32)
		for (int i = 0; i < 4; i++) {
			w = ((const word *)p)[i];
			sum += w;
			sum += sum < w;
		}
	for (; n >= 8; n -= 8, p += 8) {
		w = *(const word *)p;
		sum += w;
		sum += sum < w;
	}
	if (n > 0) {
		w = 0;
		memcpy(&w, p, n);
		sum += w;
		sum += sum < w;
	}
	return fold(sum);
}

/* ---- errors ---- */

int
net_errno(err_t e)
{
	static const uint8_t map[] = {
		[-ERR_OK] = 0, [-ERR_MEM] = ENOBUFS, [-ERR_BUF] = ENOBUFS,
		[-ERR_TIMEOUT] = ETIMEDOUT, [-ERR_RTE] = EHOSTUNREACH,
		[-ERR_INPROGRESS] = EALREADY, [-ERR_VAL] = EINVAL,
		[-ERR_WOULDBLOCK] = EAGAIN, [-ERR_USE] = EADDRINUSE,
		[-ERR_ALREADY] = EALREADY, [-ERR_ISCONN] = EISCONN,
		[-ERR_CONN] = ENOTCONN, [-ERR_IF] = EIO,
		[-ERR_ABRT] = ECONNABORTED, [-ERR_RST] = ECONNRESET,
		[-ERR_CLSD] = ECONNRESET, [-ERR_ARG] = EIO,
	};

	return -e >= 0 && -e < (int)sizeof(map) ? map[-e] : EIO;
}
