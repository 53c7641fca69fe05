/* fuzz_net_frame.c: frames for fuzz_net.c, good but for what chance does. */
#include "fuzz_net.h"

uint64_t seed = 1;
struct flow flow[16];
const uint8_t mac_us[6] = { 0x52, 0x54, 0, 1, 2, 3 };
static const uint8_t mac_peer[6] = { 0x52, 0x54, 0, 9, 9, 9 };
static const uint8_t ip_us[4] = { 10, 9, 0, 2 };
const uint8_t ip_peer[4] = { 10, 9, 0, 1 };
static const uint8_t ip6_us[16] = { 0xfd, [15] = 2 };
const uint8_t ip6_peer[16] = { 0xfd, [15] = 1 };

static uint32_t
sum16(const uint8_t *p, size_t n, uint32_t s)
{

	for (; n > 1; n -= 2, p += 2)
		s += p[0] << 8 | p[1];
	return n ? s + (p[0] << 8) : s;
}

static void
put_sum(uint8_t *where, uint32_t s)
{

	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	where[0] = ~s >> 8;
	where[1] = ~s;
}
static void put32(uint8_t *p, uint32_t v) { put16(p, v >> 16); put16(p + 2, v); }
static uint32_t get32(const uint8_t *p)
{ return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]; }

/* Ethernet and IP around n bytes at f + 14 + header; the frame's length. */
static size_t
wrap(uint8_t *f, int v6, int proto, size_t n)
{
	uint8_t *ip = f + 14;
	uint32_t s = proto + n;

	memcpy(f, mac_us, 6);
	memcpy(f + 6, mac_peer, 6);
	put16(f + 12, v6 ? 0x86dd : 0x0800);
	memset(ip, 0, v6 ? 40 : 20);
	if (v6) {
		ip[0] = 0x60;
		put16(ip + 4, n);
		ip[6] = proto;
		ip[7] = proto == 58 ? 255 : 64;
		memcpy(ip + 8, ip6_peer, 16);
		memcpy(ip + 24, ip6_us, 16);
		s = sum16(ip + 8, 32, s);
	} else {
		ip[0] = 0x45;
		put16(ip + 2, n + 20);
		put16(ip + 4, rnd(65536));
		ip[8] = 64;
		ip[9] = proto;
		memcpy(ip + 12, ip_peer, 4);
		memcpy(ip + 16, ip_us, 4);
		put_sum(ip + 10, sum16(ip, 20, 0));
		s = proto == 1 ? 0 : sum16(ip + 12, 8, s);
	}
	ip += v6 ? 40 : 20;
	int at = proto == 6 ? 16 : proto == 17 ? 6 : 2;
	put16(ip + at, 0);
	put_sum(ip + at, sum16(ip, n, s));
	return ip - f + n;
}

static size_t
make_tcp(uint8_t *f, struct flow *fl)
{
	uint8_t *t = f + 14 + (fl->v6 ? 40 : 20);
	size_t n = rnd(3) ? 0 : rnd(2) ? rnd(100) : rnd(1400);
	int flags = 0x10;

	memset(t, 0, 40);
	put16(t, fl->port);
	put16(t + 2, PORT);
	if (fl->ack == 0 || rnd(100) == 0) {
		flags = 2;
		if (fl->ack != 0 || rnd(20) == 0)
			fl->port = 1024 + rnd(20000);
		fl->ack = 0;
		put16(t, fl->port);
		fl->seq = rnd(1u << 31);
		n = 0;
	} else if (rnd(30) == 0)
		flags |= 1;
	else if (rnd(60) == 0)
		flags |= 4;
	put32(t + 4, fl->seq + (rnd(10) ? 0 : rnd(3000)));
	put32(t + 8, fl->ack - (rnd(10) ? 0 : rnd(3000)));
	t[12] = 5 << 4;
	t[13] = flags;
	put16(t + 14, rnd(8) ? 65535 : rnd(3) * rnd(2000));
	size_t opt = 0;
	if (flags == 2 || rnd(10) == 0) {
		static const uint8_t o[] = { 2, 4, 5, 0xb4, 1, 3, 3, 7, 4, 2, 1, 0 };

		memcpy(t + 20, o, opt = sizeof(o));
		t[12] = 8 << 4;
	}
	for (size_t i = 0; i < n; i++)
		t[20 + opt + i] = i;
	if (rnd(10))
		fl->seq += n + (flags == 2 || (flags & 1));
	return wrap(f, fl->v6, 6, 20 + opt + n);
}

static size_t
make_udp(uint8_t *f, int v6)
{
	uint8_t *u = f + 14 + (v6 ? 40 : 20);
	size_t n = rnd(1400);

	put16(u, rnd(4) ? 67 : 5353);
	put16(u + 2, rnd(3) ? PORT : rnd(2) ? 68 : 53);
	put16(u + 4, n + 8);
	memset(u + 8, rnd(256), n);
	return wrap(f, v6, 17, n + 8);
}

static size_t
make_icmp(uint8_t *f, int v6)
{
	static const uint8_t type6[] = { 128, 133, 134, 135, 136, 137, 1, 2, 130, 131 };
	uint8_t *c = f + 14 + (v6 ? 40 : 20);
	size_t n = 8 + rnd(200);

	for (size_t i = 0; i < n; i++)
		c[i] = rnd(256);
	c[0] = v6 ? type6[rnd(10)] : rnd(2) ? 8 : rnd(20);
	c[1] = 0;
	if (v6 && (c[0] == 135 || c[0] == 136) && n >= 32) {
		memcpy(c + 8, rnd(2) ? ip6_us : ip6_peer, 16);
		c[24] = 1 + rnd(2);
		c[25] = 1;
	} else if (v6 && c[0] == 134 && n >= 48) {	/* prefix information */
		c[16] = 3;
		c[17] = 4;
		c[18] = 64;
		c[19] = 0xc0;
	}
	size_t len = wrap(f, v6, v6 ? 58 : 1, n);
	if (v6)
		f[14 + 7] = 255;
	return len;
}

static size_t
make_arp(uint8_t *f)
{
	static const uint8_t a[] = { 0, 1, 8, 0, 6, 4, 0, 1 };

	memset(f, 0xff, 6);
	memcpy(f + 6, mac_peer, 6);
	put16(f + 12, 0x0806);
	memcpy(f + 14, a, 8);
	f[21] = 1 + rnd(2);
	memcpy(f + 22, mac_peer, 6);
	memcpy(f + 28, ip_peer, 4);
	memcpy(f + 32, mac_us, 6);
	memcpy(f + 38, ip_us, 4);
	return 60;
}

/* One of the frame's fragments, or all as good ones: few ever come together. */
static void
fragment(uint8_t *f, size_t *n)
{

	if (f[12] == 8 && f[13] == 0) {
		put16(f + 14 + 4, rnd(4));
		put16(f + 14 + 6, (rnd(2) ? 0x2000 : 0) | rnd(rnd(2) ? 4 : 8192));
		put16(f + 14 + 10, 0);
		put_sum(f + 14 + 10, sum16(f + 14, 20, 0));
	} else if (f[12] == 0x86 && *n < 1400) {
		memmove(f + 14 + 48, f + 14 + 40, *n - 14 - 40);
		memset(f + 14 + 40, 0, 8);
		f[14 + 40] = f[14 + 6];
		f[14 + 6] = 44;
		put16(f + 14 + 42, rnd(2) ? rnd(65536) : rnd(8) * 8 + rnd(2));
		f[14 + 47] = rnd(4);
		*n += 8;
		put16(f + 14 + 4, *n - 14 - 40);
	}
}

size_t
frame(uint8_t *f, struct flow *fl)
{
	size_t n;

	switch (rnd(12)) {
	case 0: n = make_arp(f); break;
	case 1: case 2: n = make_udp(f, rnd(2)); break;
	case 3: case 4: n = make_icmp(f, rnd(2)); break;
	default: n = make_tcp(f, fl); break;
	}
	if (rnd(12) == 0)
		fragment(f, &n);
	return n;
}

void
follow(const uint8_t *f, size_t n)
{
	int v6 = f[12] == 0x86;
	const uint8_t *t = f + 14 + (v6 ? 40 : 20);

	if (n < 14 + 40 + (v6 ? 20 : 0) || f[14 + (v6 ? 6 : 9)] != 6)
		return;
	for (int i = 0; i < 16; i++)
		if (flow[i].v6 == v6 && flow[i].port == (t[2] << 8 | t[3])) {
			flow[i].ack = get32(t + 4) + ((t[13] & 3) != 0) +
			    (n - (t - f) - (t[12] >> 4) * 4);
			if (t[13] & 4)
				flow[i].ack = 0;
		}
}
