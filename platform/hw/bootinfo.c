/*
 * What the parsers of both boot protocols share.
 */
#include <string.h>

#include "bootinfo.h"

#define CMDLINE_MAX	(1024 * 1024)
#define PHYS_MAX	(1ULL << 46)	/* the identity map's reach */

/* One entry of a memory map.  What does not fit is left out and noted. */
void
hw_bootinfo_mem(struct hw_bootinfo *bi, uint64_t base, uint64_t size,
    bool usable)
{
	uint64_t end;

	if (base >= PHYS_MAX || size == 0)
		return;
	end = size > PHYS_MAX - base ? PHYS_MAX : base + size;
	if (!hw_ranges_add(usable ? &bi->ram : &bi->resv, base, end))
		bi->truncated = true;
}

/* Reserved wins over usable where a firmware's map says both. */
bool
hw_bootinfo_finish(struct hw_bootinfo *bi)
{
	unsigned i;

	for (i = 0; i < bi->resv.n; i++)
		if (!hw_ranges_sub(&bi->ram, bi->resv.r[i].base,
		    bi->resv.r[i].end))
			bi->truncated = true;
	hw_ranges_pages(&bi->ram);
	if (bi->ram.n == 0) {
		bi->error = "the memory map has no usable memory";
		return false;
	}
	return true;
}

/* Length of the string at pa; false when it has no end that can be seen. */
bool
hw_bootinfo_string(uint64_t pa, uint64_t *len)
{
	uint64_t n = 0;
	const char *p;

	while (n < CMDLINE_MAX) {
		/* To the end of the page: a string may end a mapping. */
		uint64_t step = 4096 - ((pa + n) & 4095);
		const char *nul;

		if ((p = hw_phys(pa + n, step)) == NULL) {
			if ((p = hw_phys(pa + n, 1)) == NULL)
				return false;
			step = 1;
		}
		if ((nul = memchr(p, 0, step)) != NULL) {
			*len = n + (uint64_t)(nul - p);
			return true;
		}
		n += step;
	}
	return false;
}

bool
hw_bootinfo_module(struct hw_bootinfo *bi, uint64_t pa, uint64_t size)
{

	if (pa == 0 || pa >= PHYS_MAX || size > PHYS_MAX - pa) {
		bi->error = "a boot module lies outside the memory";
		return false;
	}
	if (bi->nmodule == HW_NMODULE) {
		bi->error = "too many boot modules";
		return false;
	}
	bi->module[bi->nmodule].pa = pa;
	bi->module[bi->nmodule].size = size;
	bi->nmodule++;
	return true;
}
