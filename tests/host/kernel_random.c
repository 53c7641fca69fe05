/*
 * kernel_random.c: known answers of the primitives; what is credited.
 */
#include "kernel/fake.h"
#include "../../kernel/crypto.h"

/* RFC 8439 section 2.3.2 */
static void
test_chacha(void)
{
	static const uint8_t want[64] = {
		0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15,
		0x50, 0x0f, 0xdd, 0x1f, 0xa3, 0x20, 0x71, 0xc4,
		0xc7, 0xd1, 0xf4, 0xc7, 0x33, 0xc0, 0x68, 0x03,
		0x04, 0x22, 0xaa, 0x9a, 0xc3, 0xd4, 0x6c, 0x4e,
		0xd2, 0x82, 0x64, 0x46, 0x07, 0x9f, 0xaa, 0x09,
		0x14, 0xc2, 0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2,
		0xb5, 0x12, 0x9c, 0xd1, 0xde, 0x16, 0x4e, 0xb9,
		0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c, 0x4e
	};
	uint32_t key[8], ctr[4] = { 1, 0x09000000, 0x4a000000, 0 };
	uint8_t k[32], out[64];
	int i;

	for (i = 0; i < 32; i++)
		k[i] = i;
	memcpy(key, k, 32);
	crypto_chacha20(out, key, ctr);
	CHECK(memcmp(out, want, 64) == 0);
}

static void
blake2s(const void *p, size_t n, size_t step, uint8_t d[32])
{
	struct crypto_blake2s b;
	const uint8_t *q = p;
	size_t k;

	crypto_blake2s_init(&b);
	for (; n != 0; n -= k, q += k) {
		k = step < n ? step : n;
		crypto_blake2s_add(&b, q, k);
	}
	crypto_blake2s_end(&b, d);
}

/* RFC 7693 appendix B and appendix E (the self-test over many lengths) */
static void
test_blake2s(void)
{
	static const uint8_t abc[32] = {
		0x50, 0x8c, 0x5e, 0x8c, 0x32, 0x7c, 0x14, 0xe2,
		0xe1, 0xa7, 0x2b, 0xa3, 0x4e, 0xeb, 0x45, 0x2f,
		0x37, 0x45, 0x8b, 0x20, 0x9e, 0xd6, 0x3a, 0x29,
		0x4d, 0x99, 0x9b, 0x4c, 0x86, 0x67, 0x59, 0x82
	}, none[32] = {
		0x69, 0x21, 0x7a, 0x30, 0x79, 0x90, 0x80, 0x94,
		0xe1, 0x11, 0x21, 0xd0, 0x42, 0x35, 0x4a, 0x7c,
		0x1f, 0x55, 0xb6, 0x48, 0x2c, 0xa1, 0xa5, 0x1e,
		0x1b, 0x25, 0x0d, 0xfd, 0x1e, 0xd0, 0xee, 0xf9
	};
	uint8_t d[32], e[32], in[1024];
	size_t n, step;

	blake2s("abc", 3, 3, d);
	CHECK(memcmp(d, abc, 32) == 0);
	blake2s("", 0, 1, d);
	CHECK(memcmp(d, none, 32) == 0);
	for (n = 0; n < sizeof(in); n++)
		in[n] = n * 7;
	for (n = 0; n <= 300; n++) {
		blake2s(in, n, sizeof(in), d);
		for (step = 1; step < 130; step += 7) {
			blake2s(in, n, step, e);
			CHECK(memcmp(d, e, 32) == 0);
		}
	}
}

static size_t
hw_stuck(void *p, size_t n)
{

	memset(p, 0xff, n);
	return n;
}

static bool hw_asked;

static size_t
hw_good(void *p, size_t n)
{
	uint8_t *q = p;
	size_t i;

	hw_asked = true;
	for (i = 0; i < n; i++)
		q[i] = fake_rand() >> 11;
	return n;
}

int
main(void)
{
	uint8_t a[3000], b[3000], z[40];
	unsigned count[256] = { 0 };
	int i;

	test_chacha();
	test_blake2s();
	fake_init();
	memset(z, 0, sizeof(z));

	/* a broken RDRAND, and a clock that stands: no seed */
	fake_hwrandom = hw_stuck;
	CHECK(kern_random(a, 32, false) == EAGAIN);
	kern_random_add(z, sizeof(z), 0);
	kern_random_add(z, sizeof(z), 200);
	CHECK(kern_random(a, 32, false) == EAGAIN);
	CHECK(PANICS(kern_random(a, 32, true), "would sleep"));
	/* nobody can claim more than 8 bits a byte */
	kern_random_add(z, 1, 100000);
	CHECK(kern_random(a, 32, false) == EAGAIN);
	CHECK(strcmp(kern_random_source(), "nothing") == 0);
	kern_random_add(z, sizeof(z), 60);
	CHECK(kern_random(a, sizeof(a), false) == 0);
	CHECK(strcmp(kern_random_source(), "device") == 0);
	CHECK(kern_random(b, sizeof(b), true) == 0);
	CHECK(memcmp(a, b, sizeof(a)) != 0);
	for (i = 0; i < (int)sizeof(a); i++)
		count[a[i]]++;
	for (i = 0; i < 256; i++)
		CHECK(count[i] < 40);
	/* short requests, every length */
	for (i = 0; i < 200; i++) {
		memset(b, 0, sizeof(b));
		CHECK(kern_random(b, i, false) == 0);
		CHECK(b[i] == 0 && b[i + 1] == 0);
	}
	/* fresh bytes once a minute: the generator goes on after them */
	fake_hwrandom = hw_good;
	fake_clock += 61000000000ULL;
	CHECK(kern_random(b, sizeof(b), false) == 0);
	CHECK(hw_asked);
	printf("ok kernel_random\n");
	return 0;
}
