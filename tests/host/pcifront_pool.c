/*
 * pcifront_pool.c: for fuzz_pcifront.c: memory for devices, where each page is
 * anywhere in the machine, and Xen has no piece of it at times.
 */
#include <pci.h>
#include "xen/fake.h"

void	pool(void);

static uint64_t bus_of[65536];		/* by the page's number */

static uint64_t *
moved_to(uintptr_t va)
{

	return &bus_of[va >> PAGE_SHIFT & 65535];
}

paddr_t
plat_virt_to_bus(const void *p)
{
	uintptr_t va = (uintptr_t)p & ~(PAGE_SIZE - 1);
	uint64_t *to = moved_to(va);

	if (*to == 0)
		*to = (uint64_t)(1000000 + rnd()) << PAGE_SHIFT;
	return *to | ((uintptr_t)p & (PAGE_SIZE - 1));
}

int
xen_contiguous(void *va, unsigned order, unsigned bits)
{
	static uint64_t next;
	size_t i, n = 1ul << order;

	CHECK(order <= 12 && bits >= 12);
	if (rnd() % 8 == 0)
		return ENOMEM;
	next = (next + 2 * n) & ~(n - 1);
	if ((next + n) << PAGE_SHIFT > 1ull << (bits < 40 ? bits : 40)) {
		next = n;
		if (2 * n << PAGE_SHIFT > 1ull << bits)
			return ENOMEM;
	}
	for (i = 0; i < n; i++)
		*moved_to((uintptr_t)va + i * PAGE_SIZE) =
		    (next + i) << PAGE_SHIFT;
	return 0;
}

void *
kern_page_alloc_below(size_t n, size_t align, int flags, uint64_t limit)
{

	return NULL;
}

void
pool(void)
{
	struct { char *p; size_t n; } got[40] = { { NULL, 0 } };
	static const uint64_t max[] = { 0xffffff, 0x12345678, 0xffffffff,
	    UINT64_MAX };
	unsigned i, k, round;

	for (round = 0; round < 50; round++) {
		uint64_t m = max[rnd() % 4];
		size_t align = rnd() % 3 ? 0 : 1ul << rnd() % 20;

		i = rnd() % 40;
		if (got[i].p != NULL) {
			for (k = 0; k < got[i].n * PAGE_SIZE; k += 511)
				CHECK(got[i].p[k] == (char)i);
			pci_dma_free(got[i].p, got[i].n);
			got[i].p = NULL;
			continue;
		}
		got[i].n = 1 + (rnd() % 16 ? rnd() % 20 : rnd() % 700);
		got[i].p = pci_dma_alloc(got[i].n, align, m);
		if (got[i].p == NULL)
			continue;
		CHECK(align == 0 ||
		    (plat_virt_to_bus(got[i].p) & (align - 1)) == 0);
		for (k = 0; k < got[i].n; k++)
			CHECK(plat_virt_to_bus(got[i].p + k * PAGE_SIZE) ==
			    plat_virt_to_bus(got[i].p) + k * PAGE_SIZE);
		CHECK(plat_virt_to_bus(got[i].p) + got[i].n * PAGE_SIZE - 1 <= m);
		for (k = 0; k < got[i].n * PAGE_SIZE; k += 73)
			CHECK(got[i].p[k] == 0);
		memset(got[i].p, (int)i, got[i].n * PAGE_SIZE);
	}
	for (i = 0; i < 40; i++)
		if (got[i].p != NULL)
			pci_dma_free(got[i].p, got[i].n);
}
