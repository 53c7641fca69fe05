/* extent.c: where extents are, and what is in them. */
#include <stdio.h>
#include <string.h>
#include "disktest.h"

#define MAGIC		0x54534554534b4944ULL	/* "DISKTEST" */
#define WORDS		(SECTOR / 8)

uint64_t
next_random(uint64_t *x)
{

	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static uint64_t
mix(uint64_t a, uint64_t b)
{

	a = (a ^ b) * 0x9e3779b97f4a7c15ULL;
	a ^= a >> 29;
	return a * 0xbf58476d1ce4e5b9ULL ^ a >> 32;
}

/* Mostly small ones, some that no driver takes in one piece. */
static uint32_t
random_len(uint64_t *x)
{
	uint64_t r = next_random(x);
	uint32_t most = r % 16 == 0 ? MAXEXTENT : r % 4 == 0 ? 128 * 1024 :
	    16 * 1024;

	return (uint32_t)(next_random(x) % (most / SECTOR) + 1) * SECTOR;
}

int
layout(struct extent *e, int max, uint64_t base, uint64_t size, uint64_t salt)
{
	uint64_t x = mix(seed, salt) | 1, off = 0;
	uint32_t len;
	int n = 0;

	for (; n < max; n++, off += len) {
		len = random_len(&x);
		if (len > size - off)
			break;
		e[n] = (struct extent){ .off = base + off, .len = len };
	}
	return n;
}

static void
fill_sector(uint64_t *w, uint64_t no, uint64_t sector, uint64_t gen)
{
	uint64_t x = mix(mix(seed ^ no, sector), gen) | 1;

	w[0] = MAGIC;
	w[1] = no << 32 | sector;
	w[2] = gen;
	w[3] = seed;
	for (int i = 4; i < WORDS; i++)
		w[i] = next_random(&x);
}

void
fill(char *buf, const struct extent *e, int no, uint64_t gen)
{

	for (uint32_t i = 0; i < e->len / SECTOR; i++)
		fill_sector((uint64_t *)(void *)(buf + i * SECTOR),
		    (uint64_t)no, i, gen);
}

bool
examine(const char *buf, const struct extent *e, int no, uint64_t *min,
    uint64_t *max)
{
	uint64_t want[WORDS], w[4], gen;
	uint32_t i;

	*min = UINT64_MAX;
	*max = 0;
	for (i = 0; i < e->len / SECTOR; i++) {
		memcpy(w, buf + i * SECTOR, sizeof(w));
		gen = w[0] == MAGIC ? w[2] : 0;
		*min = gen < *min ? gen : *min;
		*max = gen > *max ? gen : *max;
		if (gen == 0)
			continue;
		fill_sector(want, (uint64_t)no, i, gen);
		if (memcmp(want, buf + i * SECTOR, SECTOR) == 0)
			continue;
		printf("bad %d sector %u of %u at %llu: says extent %llu, "
		    "sector %llu, generation %llu\n", no, i, e->len / SECTOR,
		    (unsigned long long)(e->off + i * SECTOR),
		    (unsigned long long)(w[1] >> 32),
		    (unsigned long long)(w[1] & 0xffffffff),
		    (unsigned long long)gen);
		return false;
	}
	return true;
}
