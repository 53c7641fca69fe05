/*
 * ksyms.c: looks a function up in the image's table of symbols, if it has one.
 * A panic uses this: it trusts nothing in the table but its bounds.
 */
#include <string.h>
#include <kern.h>
#include "ksyms.h"

extern const uint32_t __ksyms_start[] __attribute__((weak));
extern const uint32_t __ksyms_end[] __attribute__((weak));

const char *
ksyms_find(const uint32_t *table, size_t size, uintptr_t addr, uintptr_t *off)
{
	size_t n, lo, hi, mid, names;
	const uint32_t *o, *group;
	const char *p, *end;

	if (size < 3 * sizeof(*table) || table[0] == 0)
		return NULL;
	n = table[0];
	names = (2 + n + 1 + (n + KSYMS_GROUP - 1) / KSYMS_GROUP) *
	    sizeof(*table);
	if (names >= size || addr < table[1])
		return NULL;
	addr -= table[1];
	o = table + 2;
	group = o + n + 1;
	if (addr >= o[n])
		return NULL;
	for (lo = 0, hi = n; hi - lo > 1; ) {
		mid = (lo + hi) / 2;
		if (o[mid] <= addr)
			lo = mid;
		else
			hi = mid;
	}
	if (addr < o[lo])
		return NULL;
	end = (const char *)table + size;
	p = (const char *)table + names;
	if (group[lo / KSYMS_GROUP] >= (size_t)(end - p))
		return NULL;
	p += group[lo / KSYMS_GROUP];
	for (n = lo % KSYMS_GROUP; n != 0; n--)
		if ((p = memchr(p, '\0', end - p)) == NULL || ++p == end)
			return NULL;
	if (memchr(p, '\0', end - p) == NULL)
		return NULL;
	*off = addr - o[lo];
	return p;
}

const char *
kern_symbol(uintptr_t addr, uintptr_t *off)
{

	return ksyms_find(__ksyms_start, (uintptr_t)__ksyms_end -
	    (uintptr_t)__ksyms_start, addr, off);
}
