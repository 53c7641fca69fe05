/*
 * rnd.h: chance that can be repeated: included by one file of a test.
 */
#include <stdint.h>

static uint64_t rnd_seed;

static void
rnd_start(uint64_t s)
{

	rnd_seed = s * 2654435761u + 1;
}

unsigned rnd(void);
unsigned
rnd(void)
{

	rnd_seed = rnd_seed * 6364136223846793005ull + 1442695040888963407ull;
	return rnd_seed >> 33;
}
