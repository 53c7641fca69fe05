/*
 * rounds.h: what a fuzzer's main() does.  FUZZER [N [anything]]: one(1) to
 * one(N); with a second argument one(N) alone.
 */
#include <stdint.h>
#include <stdlib.h>

static unsigned long
rounds(int argc, char **argv, unsigned long n, void (*one)(uint64_t))
{
	unsigned long i;

	if (argc > 1)
		n = strtoul(argv[1], NULL, 0);
	for (i = argc > 2 ? n : 1; i <= n; i++)
		one(i);
	return n;
}
