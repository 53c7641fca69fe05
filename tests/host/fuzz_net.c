/*
 * fuzz_net.c [STEPS [SEED]]: builtin/net as a Linux process against a network
 * and a device that lie: frames made from good ones by damage, cut into exact
 * pieces (ASan sees the byte behind), with offload flags that may be wrong;
 * sent packets come back late and in any order.  The frames follow connections
 * by what the stack answers, so that the damage reaches deep.
 */
#define rumpcomp_vif_open	line_vif_open
#define rumpcomp_vif_close	line_vif_close
#define rumpcomp_vif_send	line_vif_send
#define rumpcomp_vif_stats	line_vif_stats
#define rumpcomp_vif_name	line_vif_name
#define rumpuser_clock_gettime	line_clock_gettime
#define rumpuser_cv_timedwait	line_cv_timedwait
#define main			line_main
#include "hostline.c"
#undef main
#undef rumpcomp_vif_open
#undef rumpcomp_vif_close
#undef rumpcomp_vif_send
#undef rumpcomp_vif_stats
#undef rumpcomp_vif_name
#undef rumpuser_clock_gettime
#undef rumpuser_cv_timedwait
#include <arpa/inet.h>
#include "fuzz_net.h"

int	rump_init(void);
int	rump_pub_netconfig_ifcreate(const char *);
int	rump_pub_netconfig_ipv4_ifaddr_cidr(const char *, const char *, int);
int	rump_pub_netconfig_ipv6_ifaddr(const char *, const char *, int);
int	rump_pub_netconfig_auto_ipv6(const char *);
int	rump___sysimpl_socket30(int, int, int);
int	rump___sysimpl_bind(int, const void *, unsigned);
int	rump___sysimpl_connect(int, const void *, unsigned);
int	rump___sysimpl_listen(int, int);
int	rump___sysimpl_accept(int, void *, unsigned *);
int	rump___sysimpl_close(int);
ssize_t	rump___sysimpl_read(int, void *, size_t);
ssize_t	rump___sysimpl_write(int, const void *, size_t);
ssize_t	rump___sysimpl_recvfrom(int, void *, size_t, int, void *, unsigned *);
extern size_t net_mem_used, net_mem_max, net_mem_cache_max;

#define NB		0x20000000	/* SOCK_NONBLOCK */
#define NB_INET		2
#define NB_INET6	24

/* Time runs faster, so that timers come into it; at the end much faster. */
static uint64_t speed = 100, speed_since, speed_base;

int
rumpuser_clock_gettime(int which, int64_t *sec, long *nsec)
{
	uint64_t t;

	line_clock_gettime(which, sec, nsec);
	if (which == RUMPUSER_CLOCK_ABSMONO) {
		t = *sec * 1000000000ULL + *nsec;
		if (speed_since == 0)
			speed_since = t;
		t = speed_base + (t - speed_since) * speed;
		*sec = t / 1000000000;
		*nsec = t % 1000000000;
	}
	return 0;
}

int
rumpuser_cv_timedwait(struct rumpuser_cv *cv, struct rumpuser_mtx *m,
    int64_t sec, int64_t nsec)
{
	uint64_t t = (sec * 1000000000ULL + nsec) / speed;

	return line_cv_timedwait(cv, m, t / 1000000000, t % 1000000000);
}

/* ---- the device ---- */

static void (*vif_input)(void *, struct netpktq *);
static void *vif_arg;
static struct netpkt *held[64];
static int nheld;
static unsigned outstanding;		/* received packets not yet done */
static pthread_mutex_t held_lock = PTHREAD_MUTEX_INITIALIZER;

int
rumpcomp_vif_open(const char *name, void (*input)(void *, struct netpktq *),
    void *arg, struct vif_info *info, struct vif **vp)
{

	vif_input = input;
	vif_arg = arg;
	memcpy(info->mac, mac_us, 6);
	info->mtu = 1500;
	info->caps = NET_TXCSUM | NET_TSO4 | NET_TSO6 | NET_RXCSUM | NET_LRO;
	return 0;
}
void rumpcomp_vif_close(struct vif *vif) { }
void rumpcomp_vif_stats(struct vif *vif, struct net_stats *st)
{ memset(st, 0, sizeof(*st)); }

void
rumpcomp_vif_send(struct vif *vif, struct netpktq *q)
{
	struct netpkt *p, *done = NULL;
	uint8_t f[65536 + 64];
	uint32_t n;

	while ((p = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, link);
		CHECK(p->nseg >= 1 && p->nseg <= NETPKT_MAXSEG);
		n = 0;
		for (int i = 0; i < p->nseg; i++) {
			CHECK(p->seg[i].len > 0 && n + p->seg[i].len < sizeof(f));
			memcpy(f + n, p->seg[i].data, p->seg[i].len);
			n += p->seg[i].len;
		}
		CHECK(n == p->len && n >= 14);
		if (p->flags & NETPKT_CSUM)
			CHECK(p->csum_start + p->csum_offset + 2u <= n);
		if (p->flags & (NETPKT_TSO4 | NETPKT_TSO6))
			CHECK(p->gso_size > 0 && p->hdr_len < n &&
			    p->hdr_len + p->gso_size <= 1514u);
		else
			CHECK(n <= 1514);
		follow(f, n);
		pthread_mutex_lock(&held_lock);
		if (nheld == 64 || rnd(3) == 0) {
			int i = nheld ? rnd(nheld) : 0;

			done = nheld ? held[i] : NULL;
			if (nheld)
				held[i] = held[--nheld];
		} else
			done = NULL;
		held[nheld++] = p;
		pthread_mutex_unlock(&held_lock);
		if (done != NULL)
			done->done(done);
	}
}

static void
rx_done(struct netpkt *p)
{

	CHECK(p->arg == p);		/* once */
	p->arg = NULL;
	for (int i = 0; i < p->nseg && i < NETPKT_MAXSEG; i++)
		free(p->seg[i].data);
	free(p);
	__atomic_sub_fetch(&outstanding, 1, __ATOMIC_SEQ_CST);
}

/* The frame in exact pieces; sometimes the packet lies about them. */
static struct netpkt *
packet(const uint8_t *f, size_t n)
{
	struct netpkt *p = calloc(1, sizeof(*p));
	size_t at = 0, k;

	do {
		k = p->nseg == NETPKT_MAXSEG - 1 || rnd(3) ? n - at :
		    rnd(n - at + 1);
		p->seg[p->nseg].data = malloc(k);
		p->seg[p->nseg].len = k;
		memcpy(p->seg[p->nseg++].data, f + at, k);
		at += k;
	} while (at < n);
	p->len = n;
	if (rnd(50) == 0)
		p->len = rnd(2) ? rnd(70000) : n - rnd(3);
	p->flags = rnd(2) ? 0 : rnd(32);
	p->gso_size = rnd(2000);
	p->hdr_len = rnd(200);
	p->csum_start = rnd(2000);
	p->done = rx_done;
	p->arg = p;
	__atomic_add_fetch(&outstanding, 1, __ATOMIC_SEQ_CST);
	return p;
}

static void
inject(int batch)
{
	static uint8_t f[70000];
	struct netpktq q;
	unsigned at = rnd(16);		/* a connection, for a while */
	size_t n;

	STAILQ_INIT(&q);
	while (batch-- > 0) {
		at = rnd(4) ? at : rnd(16);
		n = frame(f, &flow[at]);
		if (rnd(3) == 0)
			for (int k = rnd(4); k >= 0; k--)
				f[rnd(rnd(2) ? 90 : n) % n] = rnd(256);
		if (rnd(20) == 0)
			n = rnd(n) + 1;
		if (rnd(200) == 0) {
			memset(f + n, 7, sizeof(f) - n);
			n = rnd(sizeof(f));
		}
		struct netpkt *p = packet(f, n ? n : 1);
		STAILQ_INSERT_TAIL(&q, p, link);
	}
	hyp.hyp_schedule();
	vif_input(vif_arg, &q);
	hyp.hyp_unschedule();
}

/* ---- the applications ---- */

static int tcp[2], udp[2], raw4, conn[32];

static unsigned
address(uint8_t *a, int v6, int port, int peer)
{

	memset(a, 0, 28);
	a[0] = v6 ? 28 : 16;
	a[1] = v6 ? NB_INET6 : NB_INET;
	put16(a + 2, port);
	if (peer)
		memcpy(a + (v6 ? 8 : 4), v6 ? ip6_peer : ip_peer, v6 ? 16 : 4);
	return a[0];
}

static void
start(void)
{
	uint8_t a[28];

	CHECK(rump_init() == 0);
	net_mem_cache_max = 0;
	net_mem_max = 32 << 20;
	CHECK(rump_pub_netconfig_ifcreate("virt0") == 0);
	CHECK(rump_pub_netconfig_ipv4_ifaddr_cidr("virt0", "10.9.0.2", 24) == 0);
	CHECK(rump_pub_netconfig_ipv6_ifaddr("virt0", "fd00::2", 64) == 0);
	CHECK(rump_pub_netconfig_auto_ipv6("virt0") == 0);
	for (int v6 = 0; v6 < 2; v6++) {
		tcp[v6] = rump___sysimpl_socket30(v6 ? NB_INET6 : NB_INET, 1 | NB, 0);
		CHECK(rump___sysimpl_bind(tcp[v6], a, address(a, v6, PORT, 0)) == 0);
		CHECK(rump___sysimpl_listen(tcp[v6], 200) == 0);
		udp[v6] = rump___sysimpl_socket30(v6 ? NB_INET6 : NB_INET, 2 | NB, 0);
		CHECK(rump___sysimpl_bind(udp[v6], a, address(a, v6, PORT, 0)) == 0);
	}
	raw4 = rump___sysimpl_socket30(NB_INET, 3 | NB, 1);
	CHECK(raw4 >= 0);
	memset(conn, -1, sizeof(conn));
	for (int i = 0; i < 16; i++)
		flow[i] = (struct flow){ i & 1, 1024 + i, 0, 0 };
}

static unsigned long accepted, received;

static void
applications(void)
{
	static uint8_t buf[70000];
	uint8_t a[28];
	int i = rnd(32);
	ssize_t n;

	if (conn[i] < 0) {
		conn[i] = rump___sysimpl_accept(tcp[rnd(2)], NULL, NULL);
		accepted += conn[i] >= 0;
		if (conn[i] < 0 && rnd(10) == 0) {
			conn[i] = rump___sysimpl_socket30(NB_INET, 1 | NB, 0);
			if (conn[i] >= 0)
				rump___sysimpl_connect(conn[i], a,
				    address(a, 0, 1024 + rnd(200), 1));
		}
	} else if (rnd(30) == 0) {
		rump___sysimpl_close(conn[i]);
		conn[i] = -1;
	} else if (rnd(3) == 0)
		rump___sysimpl_write(conn[i], buf, rnd(10) ? rnd(1000) : rnd(70000));
	else if (rnd(2) == 0) {
		n = rump___sysimpl_read(conn[i], buf, rnd(70000));
		received += n > 0 ? n : 0;
	}
	if (rnd(4) == 0) {
		rump___sysimpl_recvfrom(udp[rnd(2)], buf, sizeof(buf), 0, NULL, NULL);
		rump___sysimpl_recvfrom(raw4, buf, sizeof(buf), 0, NULL, NULL);
	}
}

/* Everybody is gone, and long after, hardly anything may be held. */
static void
settle(void)
{
	int64_t sec;
	long nsec;

	for (int i = 0; i < 2; i++) {
		rump___sysimpl_close(tcp[i]);
		rump___sysimpl_close(udp[i]);
	}
	rump___sysimpl_close(raw4);
	rumpuser_clock_gettime(RUMPUSER_CLOCK_ABSMONO, &sec, &nsec);
	speed_base = sec * 1000000000ULL + nsec;
	speed_since = rumpcomp_host_clock();
	speed = 5000;
	for (int i = 0; i < 400 && (outstanding > 0 ||
	    net_mem_used > 100000); i++)
		usleep(50000);
	/* the device is done with all it was given */
	pthread_mutex_lock(&held_lock);
	while (nheld > 0) {
		nheld--;
		held[nheld]->done(held[nheld]);
	}
	pthread_mutex_unlock(&held_lock);
	rump___sysimpl_close(rump___sysimpl_socket30(NB_INET, 2, 0));
}

int sirloin_main(void) { return 0; }

int
main(int argc, char **argv)
{
	long steps = argc > 1 ? atol(argv[1]) : 20000;

	seed = argc > 2 ? atol(argv[2]) : 1;
	start();
	hyp.hyp_schedule();
	hyp.hyp_lwproc_newlwp(0);
	hyp.hyp_unschedule();
	for (long i = 0; i < steps; i++) {
		inject(1 + rnd(8));
		applications();
		CHECK(net_mem_used <= net_mem_max);
	}
	for (int i = 0; i < 32; i++)
		if (conn[i] >= 0)
			rump___sysimpl_close(conn[i]);
	settle();
	printf("%ld batches, %lu connections, %lu bytes; %u packets, %zu bytes held\n",
	    steps, accepted, received, outstanding, net_mem_used);
	fflush(stdout);
	CHECK(accepted > 0 && received > 0);
	CHECK(outstanding == 0 && net_mem_used < 200000);
	_exit(0);
}
