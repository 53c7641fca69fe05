/* fuzz.h: a deterministic main() for a libFuzzer entry with a corpus. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#ifndef FUZZER
static uint64_t fuzz_seed = 1;

static uint64_t
fuzz_rnd(uint64_t n)
{

	fuzz_seed = fuzz_seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (fuzz_seed >> 16) % n;
}

/* A sample with pieces changed, doubled, removed, or of other samples. */
static size_t
fuzz_mutate(char *buf, size_t size, const char *const *samples, size_t nsample,
    const char *alphabet)
{
	const char *s = samples[fuzz_rnd(nsample)];
	size_t n = strlen(s) < size ? strlen(s) : size;

	memcpy(buf, s, n);
	for (int k = fuzz_rnd(6); k > 0 && n > 0; k--) {
		size_t at = fuzz_rnd(n), len = fuzz_rnd(8) + 1;

		if (len > n - at)
			len = n - at;
		switch (fuzz_rnd(5)) {
		case 0:
			buf[at] = fuzz_rnd(256);
			break;
		case 1:
			buf[at] = alphabet[fuzz_rnd(strlen(alphabet))];
			break;
		case 2:
			memmove(buf + at, buf + at + len, n - at - len);
			n -= len;
			break;
		case 3:
			if (n + len <= size) {
				memmove(buf + at + len, buf + at, n - at);
				n += len;
			}
			break;
		case 4:
			s = samples[fuzz_rnd(nsample)];
			len = fuzz_rnd(strlen(s) + 1);
			if (len > size - at)
				len = size - at;
			memcpy(buf + at, s, len);
			if (at + len > n)
				n = at + len;
			break;
		}
	}
	return n;
}

/* In a block of the exact size, so that ASan sees a byte too many. */
static void
fuzz_one(const char *buf, size_t n)
{
	uint8_t *p = malloc(n);

	memcpy(p, buf, n);
	LLVMFuzzerTestOneInput(p, n);
	free(p);
}

static void
fuzz_all(long rounds, const char *const *samples, size_t nsample,
    const char *alphabet)
{
	static char buf[20000];

	for (size_t i = 0; i < nsample; i++)
		fuzz_one(samples[i], strlen(samples[i]));
	for (long i = 0; i < rounds; i++)
		fuzz_one(buf, fuzz_mutate(buf, sizeof(buf), samples, nsample,
		    alphabet));
}
#endif
