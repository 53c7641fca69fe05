/*
 * random.c: random bytes.
 *
 * Input goes to a pool, a running BLAKE2s hash, with the time of its arrival.
 * When the pool has 256 bits of credit, its digest and the old key are hashed
 * to the new key.  Output is ChaCha20 with fast key erasure: the first half
 * block of every request becomes the next key before the rest is given away.
 *
 * Credit: RDSEED and RDRAND 4 bits a byte (half of what their makers claim,
 * since nobody can look inside);
 * others what kern_random_add's caller may claim, at most 8 bits a byte; timing
 * jitter 1/8 bit for a sample that passes the tests below.
 */
#include <string.h>
#include "crypto.h"
#include "thread.h"

#define SEED_BITS	256
#define RESEED_NS	60000000000ULL	/* fresh hardware bytes once a minute */

static struct kern_spin rnd_lock;
static struct kern_waitq rnd_wq = {
	.q = TAILQ_HEAD_INITIALIZER(rnd_wq.q), .name = "entropy"
};
static struct crypto_blake2s pool;
static unsigned pool_bits;
static uint32_t key[8];
static bool started, seeded;
static uint64_t reseed_at;
static const char *seed_source = "nothing";

/* ---- generator; rnd_lock held ---- */

static void
rnd_rekey(void)
{
	struct crypto_blake2s b = pool;
	uint8_t digest[32];

	crypto_blake2s_end(&b, digest);
	crypto_blake2s_init(&b);
	crypto_blake2s_add(&b, key, sizeof(key));
	crypto_blake2s_add(&b, digest, sizeof(digest));
	crypto_blake2s_end(&b, (uint8_t *)key);
	crypto_blake2s_init(&pool);
	crypto_blake2s_add(&pool, digest, sizeof(digest));
	memset(digest, 0, sizeof(digest));
	pool_bits = 0;
}

static void
rnd_generate(uint8_t *p, size_t n)
{
	uint32_t old[8], ctr[4] = { 0, 0, 0, 0 };
	uint8_t block[64];
	size_t k;

	memcpy(old, key, sizeof(old));
	crypto_chacha20(block, old, ctr);
	memcpy(key, block, 32);
	for (k = n < 32 ? n : 32; n != 0; k = n < 64 ? n : 64) {
		memcpy(p, ctr[0] == 0 ? block + 32 : block, k);
		p += k;
		if ((n -= k) == 0)
			break;
		ctr[0]++;
		crypto_chacha20(block, old, ctr);
	}
	memset(block, 0, sizeof(block));
	memset(old, 0, sizeof(old));
}

static void
rnd_add(const void *p, size_t n, unsigned bits, const char *who)
{
	uint64_t now = plat_clock();

	crypto_blake2s_add(&pool, &now, sizeof(now));
	crypto_blake2s_add(&pool, p, n);
	if (bits > n * 8)
		bits = n * 8;
	pool_bits += bits;
	if (pool_bits < SEED_BITS)
		return;
	rnd_rekey();
	if (!seeded) {
		seed_source = who;
		__atomic_store_n(&seeded, true, __ATOMIC_RELEASE);
		kern_waitq_wake(&rnd_wq, INT32_MAX);
	}
}

/* ---- sources ---- */

/* Four equal words in a row: a generator that is broken (some CPUs' RDRAND). */
static bool
hw_healthy(const uint64_t *w, size_t n)
{
	size_t i, run = 1;

	for (i = 1; i < n; i++) {
		run = w[i] == w[i - 1] ? run + 1 : 1;
		if (run == 4)
			return false;
	}
	return n != 0 && run < n;
}

static void
hw_add(void)
{
	uint64_t w[9];
	size_t got;
	unsigned long s;

	got = plat_hwrandom(w, sizeof(w));
	if (got == 0)
		return;
	s = kern_spin_lock(&rnd_lock);
	rnd_add(w, got, hw_healthy(w, got / 8) ? got * 4 : 0, "cpu");
	reseed_at = plat_clock() + RESEED_NS;
	kern_spin_unlock(&rnd_lock, s);
	memset(w, 0, sizeof(w));
}

/*
 * Jitter: how long a little hashing and memory traffic takes.  A sample is
 * credited when its first, second and third differences are not zero (a
 * clock that is too coarse or a regular machine gives zeros), and a window of
 * 64 samples only when no value fills more than half of it: the repetition
 * and proportion tests of NIST SP 800-90B section 4.4, made stricter.
 */
#define WINDOW	64
#define JITTER_NS	20000000ull	/* until the next try */

static uint64_t
jitter_sample(struct crypto_blake2s *b)
{
	static uint8_t mem[4096];
	static size_t pos;
	uint64_t t = plat_clock();
	int i;

	crypto_blake2s_add(b, &t, sizeof(t));
	for (i = 0; i < 32; i++) {
		pos = (pos * 5 + 1 + (t >> (i & 7))) & (sizeof(mem) - 1);
		mem[pos] += i;
	}
	return plat_clock() - t;
}

static unsigned
jitter_window(struct crypto_blake2s *b)
{
	uint64_t d[WINDOW], d1, d2, p1 = 0, p2 = 0;
	unsigned good = 0, same, i, j;

	for (i = 0; i < WINDOW; i++) {
		d[i] = jitter_sample(b);
		d1 = i != 0 ? d[i] - d[i - 1] : 0;
		d2 = d1 - p1;
		if (d[i] != 0 && d1 != 0 && d2 != 0 && d2 != p2)
			good++;
		p1 = d1;
		p2 = d2;
	}
	for (i = 0; i < WINDOW; i++) {
		for (j = 0, same = 0; j < WINDOW; j++)
			same += d[j] == d[i];
		if (same > WINDOW / 2)
			return 0;
	}
	return good / 8;
}

/*
 * Thread context, some milliseconds: when somebody wants random bytes and no
 * other source has come up with any.  Gives up when there is no jitter at all.
 */
static void
jitter_add(void)
{
	struct crypto_blake2s b;
	uint8_t digest[32];
	unsigned bits, i;
	unsigned long s;

	for (i = 0; i < 512 && !__atomic_load_n(&seeded, __ATOMIC_ACQUIRE);
	    i++) {
		crypto_blake2s_init(&b);
		bits = jitter_window(&b);
		crypto_blake2s_end(&b, digest);
		s = kern_spin_lock(&rnd_lock);
		rnd_add(digest, sizeof(digest), bits, "jitter");
		kern_spin_unlock(&rnd_lock, s);
	}
}

/* At the first use: many programs have none, and start faster. */
static void
random_start(void)
{
	uint64_t boot[3] = { plat_clock(), plat_clock_epoch(),
	    plat_clock_hz() };
	unsigned long s;

	s = kern_spin_lock(&rnd_lock);
	if (!started) {
		crypto_blake2s_init(&pool);
		crypto_blake2s_add(&pool, boot, sizeof(boot));
		rnd_rekey();
		started = true;
		kern_spin_unlock(&rnd_lock, s);
		hw_add();
	} else
		kern_spin_unlock(&rnd_lock, s);
}

/* ---- interface ---- */

int
kern_random(void *p, size_t n, bool wait)
{
	uint8_t *q = p;
	unsigned long s;
	size_t k;

	if (!started)
		random_start();
	if (seeded && plat_clock() >= reseed_at && reseed_at != 0)
		hw_add();
	if (!__atomic_load_n(&seeded, __ATOMIC_ACQUIRE))
		jitter_add();
	while (!__atomic_load_n(&seeded, __ATOMIC_ACQUIRE)) {
		if (!wait)
			return EAGAIN;
		s = kern_spin_lock(&rnd_lock);
		if (seeded)
			kern_spin_unlock(&rnd_lock, s);
		else
			kern_waitq_sleep(&rnd_wq, &rnd_lock, s,
			    plat_clock() + JITTER_NS);
		jitter_add();		/* there may be some now */
	}
	for (; n != 0; n -= k, q += k) {
		k = n < 1024 ? n : 1024;	/* not long under the lock */
		s = kern_spin_lock(&rnd_lock);
		rnd_generate(q, k);
		kern_spin_unlock(&rnd_lock, s);
	}
	return 0;
}

void
kern_random_add(const void *p, size_t n, unsigned credit_bits)
{
	unsigned long s;

	if (!started)
		random_start();
	s = kern_spin_lock(&rnd_lock);
	rnd_add(p, n, credit_bits, "device");
	kern_spin_unlock(&rnd_lock, s);
}

const char *
kern_random_source(void)
{

	return seed_source;
}
