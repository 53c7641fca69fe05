/*
 * crypto.c: ChaCha20 (RFC 8439) and BLAKE2s (RFC 7693), for random.c.
 */
#include <string.h>
#include "crypto.h"

static inline uint32_t
rotl(uint32_t v, int n)
{

	return v << n | v >> (32 - n);
}

static inline uint32_t
rotr(uint32_t v, int n)
{

	return v >> n | v << (32 - n);
}

static inline void
quarter(uint32_t *x, int a, int b, int c, int d)
{

	x[a] += x[b]; x[d] = rotl(x[d] ^ x[a], 16);
	x[c] += x[d]; x[b] = rotl(x[b] ^ x[c], 12);
	x[a] += x[b]; x[d] = rotl(x[d] ^ x[a], 8);
	x[c] += x[d]; x[b] = rotl(x[b] ^ x[c], 7);
}

void
crypto_chacha20(uint8_t out[64], const uint32_t key[8],
    const uint32_t ctr_nonce[4])
{
	static const uint32_t sigma[4] = {
		0x61707865, 0x3320646e, 0x79622d32, 0x6b206574
	};
	uint32_t in[16], x[16];
	int i;

	memcpy(in, sigma, 16);
	memcpy(in + 4, key, 32);
	memcpy(in + 12, ctr_nonce, 16);
	memcpy(x, in, 64);
	for (i = 0; i < 10; i++) {
		quarter(x, 0, 4, 8, 12);
		quarter(x, 1, 5, 9, 13);
		quarter(x, 2, 6, 10, 14);
		quarter(x, 3, 7, 11, 15);
		quarter(x, 0, 5, 10, 15);
		quarter(x, 1, 6, 11, 12);
		quarter(x, 2, 7, 8, 13);
		quarter(x, 3, 4, 9, 14);
	}
	for (i = 0; i < 16; i++)
		x[i] += in[i];
	memcpy(out, x, 64);
}

static const uint32_t iv[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19
};

static const uint8_t sigma[10][16] = {
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
	{ 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 },
	{ 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
	{ 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 },
	{ 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
	{ 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 },
	{ 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
	{ 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 },
	{ 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
};

static inline void
mix(uint32_t *v, int a, int b, int c, int d, uint32_t x, uint32_t y)
{

	v[a] += v[b] + x; v[d] = rotr(v[d] ^ v[a], 16);
	v[c] += v[d]; v[b] = rotr(v[b] ^ v[c], 12);
	v[a] += v[b] + y; v[d] = rotr(v[d] ^ v[a], 8);
	v[c] += v[d]; v[b] = rotr(v[b] ^ v[c], 7);
}

static void
compress(struct crypto_blake2s *b, bool last)
{
	uint32_t v[16], m[16];
	const uint8_t *s;
	int i;

	memcpy(m, b->buf, 64);
	memcpy(v, b->h, 32);
	memcpy(v + 8, iv, 32);
	v[12] ^= (uint32_t)b->count;
	v[13] ^= (uint32_t)(b->count >> 32);
	if (last)
		v[14] = ~v[14];
	for (i = 0; i < 10; i++) {
		s = sigma[i];
		mix(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
		mix(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
		mix(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
		mix(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
		mix(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
		mix(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
		mix(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
		mix(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
	}
	for (i = 0; i < 8; i++)
		b->h[i] ^= v[i] ^ v[i + 8];
	b->nbuf = 0;
}

void
crypto_blake2s_init(struct crypto_blake2s *b)
{

	memset(b, 0, sizeof(*b));
	memcpy(b->h, iv, 32);
	b->h[0] ^= 0x01010000 ^ 32;
}

void
crypto_blake2s_add(struct crypto_blake2s *b, const void *p, size_t n)
{
	const uint8_t *q = p;
	size_t k;

	while (n != 0) {
		if (b->nbuf == 64)	/* not the last block */
			compress(b, false);
		k = 64 - b->nbuf < n ? 64 - b->nbuf : n;
		memcpy(b->buf + b->nbuf, q, k);
		b->nbuf += k;
		b->count += k;
		q += k;
		n -= k;
	}
}

void
crypto_blake2s_end(struct crypto_blake2s *b, uint8_t digest[32])
{

	memset(b->buf + b->nbuf, 0, 64 - b->nbuf);
	compress(b, true);
	memcpy(digest, b->h, 32);
	memset(b, 0, sizeof(*b));
}
