/*
 * The CPU's own random numbers (SDM 1, 7.3.17): RDSEED, which is meant for
 * seeds, else RDRAND.
 */
#include <string.h>

#include "x86.h"

#define TRIES	64			/* RDSEED may be empty for a while */

static bool
rdseed(uint64_t *v)
{
	uint8_t ok;

	__asm__ volatile("rdseed %0; setc %1" : "=r"(*v), "=q"(ok));
	return ok;
}

static bool
rdrand(uint64_t *v)
{
	uint8_t ok;

	__asm__ volatile("rdrand %0; setc %1" : "=r"(*v), "=q"(ok));
	return ok;
}

static bool
word(uint64_t *v)
{
	unsigned i;

	for (i = 0; x86_feature.rdseed && i < TRIES; i++) {
		if (rdseed(v))
			return true;
		plat_pause();
	}
	for (i = 0; x86_feature.rdrand && i < TRIES; i++)
		if (rdrand(v))
			return true;
	return false;
}

size_t
plat_hwrandom(void *p, size_t n)
{
	size_t done = 0, k;
	uint64_t v;

	while (done < n && word(&v)) {
		k = n - done < sizeof(v) ? n - done : sizeof(v);
		memcpy((char *)p + done, &v, k);
		done += k;
	}
	return done;
}
