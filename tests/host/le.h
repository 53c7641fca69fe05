/* le.h: little-endian numbers of n bytes, as 9P has them. */
#ifndef LE_H
#define LE_H

#include <stdint.h>

static inline uint64_t
number(const uint8_t *p, int n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

static inline void
put_number(uint8_t *p, uint64_t v, int n)
{

	for (; n > 0; n--, v >>= 8)
		*p++ = (uint8_t)v;
}

#endif /* LE_H */
