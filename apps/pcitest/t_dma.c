/* t_dma.c: memory for devices, and devices that use it. */
#include "pcitest.h"

#define MASK28	0x0fffffffUL		/* what edu reaches by default */

static int
alloc(size_t size, size_t align, size_t boundary, unsigned long max,
    unsigned long *pa, unsigned long *va)
{
	int error;

	*pa = *va = 0;
	in();
	error = rumpcomp_pci_dmalloc_limit(size, align, boundary, max, pa, va);
	out();
	return error;
}

static void
release(unsigned long va, size_t size)
{

	in();
	rumpcomp_pci_dmafree(va, size);
	out();
}

static void
check_piece(unsigned long pa, unsigned long va, size_t size, size_t align,
    size_t boundary, unsigned long max)
{
	size_t k;

	CHECK(pa != 0 && pa - 1 + size <= max);
	CHECK(align == 0 || (pa & (align - 1)) == 0);
	CHECK(boundary == 0 ||
	    ((pa ^ (pa + size - 1)) & ~(boundary - 1)) == 0);
	for (k = 0; k < size && ((char *)va)[k] == 0; k++)
		continue;
	CHECK_INT(k, size);
	for (k = 0; k < size; k += 4096)
		CHECK_INT(rumpcomp_pci_virt_to_mach((void *)(va + k)), pa + k);
	memset((void *)va, 0xa5, size);
}

static void
limits(void)
{
	static const unsigned long max[] = { 0xfffffUL, 0xffffffUL,
	    0x1ffffffUL, MASK28, 0x7fffffffUL, 0xffffffffUL, ~0UL };
	static const size_t size[] = { 1, 4096, 4097, 12288, 65536, 200000 };
	unsigned long pa, va;
	size_t i, k, align;

	for (i = 0; i < sizeof(max) / sizeof(*max); i++)
		for (k = 0; k < sizeof(size) / sizeof(*size); k++)
			for (align = 1; align <= 1 << 20; align <<= 10) {
				size_t boundary = k % 2 != 0 ? 1 << 18 : 0;

				if (alloc(size[k], align, boundary, max[i],
				    &pa, &va) != 0) {
					CHECK(max[i] < 1UL << opt_low);
					continue;
				}
				check_piece(pa, va, size[k], align, boundary,
				    max[i]);
				release(va, size[k]);
			}
	CHECK_INT(alloc(0, 0, 0, ~0UL, &pa, &va), NB_EINVAL);
	CHECK_INT(alloc(4096, 48, 0, ~0UL, &pa, &va), NB_EINVAL);
	CHECK_INT(alloc(4096, 0, 48, ~0UL, &pa, &va), NB_EINVAL);
	CHECK_INT(alloc(8192, 0, 4096, ~0UL, &pa, &va), NB_EINVAL);
	CHECK_INT(alloc(1UL << 40, 0, 0, ~0UL, &pa, &va), NB_ENOMEM);
	CHECK_INT(alloc(~0UL, 0, 0, ~0UL, &pa, &va), NB_ENOMEM);
	CHECK_INT(alloc(4096, 0, 0, 100, &pa, &va), NB_ENOMEM);
	CHECK_INT(alloc(100, 0, 128, ~0UL, &pa, &va), 0);
	release(va, 100);
}

/* All pieces of 64 KB below 16 MB; how many there were. */
static unsigned
take_all(void)
{
	enum { SIZE = 64 << 10, MAX = 256 };
	static unsigned long va[MAX];
	unsigned long pa;
	unsigned n, k;

	for (n = 0; n < MAX && alloc(SIZE, 0, 0, 0xffffff, &pa, &va[n]) == 0;
	    n++)
		check_piece(pa, va[n], SIZE, 0, 0, 0xffffff);
	CHECK(n > 0 && n < MAX);
	for (k = 0; k < n; k++)
		release(va[k], SIZE);
	return n;
}

/*
 * All there is, and all of it again.  Single pages that were freed may lie in
 * some CPU's store, and a kernel's own threads take and free pages meanwhile:
 * what is lost, though, stays lost.
 */
static void
exhaust(void)
{
	unsigned before, n = 0, tries;

	if (opt_low >= 24) {
		test_skip("there may be none");
		return;
	}
	before = take_all();
	for (tries = 0; tries < 10 && n + 4 < before; tries++)
		n = take_all();
	CHECK(n + 4 >= before);
	test_note("%u KB below 16 MB", before * 64);
}

static void
segments(void)
{
	struct rumpcomp_pci_dmaseg s[3];
	unsigned long pa, va;
	char *p = NULL;
	void *q;
	size_t i, total = 0;

	for (i = 0; i < 3; i++) {
		CHECK_INT(alloc(4096 << i, 0, 0, ~0UL, &pa, &va), 0);
		s[2 - i].ds_pa = pa;
		s[2 - i].ds_len = 4096 << i;
		s[2 - i].ds_vacookie = va;
		total += 4096 << i;
	}
	in();
	q = NULL;
	CHECK_INT(rumpcomp_pci_dmamem_map(s, 1, 4096, &q), 0);
	CHECK(q == (void *)s[0].ds_vacookie);
	CHECK_INT(rumpcomp_pci_dmamem_map(s, 3, total, &q), 0);
	CHECK_INT(rumpcomp_pci_dmamem_map(s, 3, total + 1, (void **)&va),
	    NB_EINVAL);
	CHECK_INT(rumpcomp_pci_dmamem_map(s, 0, 0, (void **)&va), NB_EINVAL);
	out();
	if ((p = q) == NULL)
		return;
	for (i = 0; i < total; i++)
		p[i] = i * 7;
	for (i = 0; i < 3; p += s[i].ds_len, i++) {
		CHECK(memcmp(p, (void *)s[i].ds_vacookie, s[i].ds_len) == 0);
		CHECK_INT(rumpcomp_pci_virt_to_mach(p + 100),
		    s[i].ds_pa + 100);
	}
}

/* RAM to the device, or from it, and wait for its interrupt. */
static bool
transfer(struct edu *e, unsigned long pa, unsigned off, unsigned n, bool to_ram)
{
	uint32_t want = e->count + 1;

	*(volatile uint64_t *)(e->reg + EDU_SRC) = to_ram ? EDU_BUF + off : pa;
	*(volatile uint64_t *)(e->reg + EDU_DST) = to_ram ? pa : EDU_BUF + off;
	*(volatile uint64_t *)(e->reg + EDU_COUNT) = n;
	*(volatile uint64_t *)(e->reg + EDU_CMD) =
	    EDU_START | EDU_DMAIRQ | (to_ram ? EDU_TORAM : 0);
	return edu_wait(e, want, 10 * SEC) && e->last == EDU_IRQ_DMA;
}

static void
fill(unsigned char *p, size_t n, uint32_t seed)
{

	for (; n-- != 0; seed = seed * 69069 + 1)
		*p++ = seed >> 24;
}

static void
round_trip(struct edu *e, unsigned char *a, unsigned char *b, size_t n,
    unsigned off)
{
	size_t i;

	fill(a, n, n + off);
	memset(b, 0x55, n);
	CHECK(transfer(e, rumpcomp_pci_virt_to_mach(a), off, n, false));
	CHECK(transfer(e, rumpcomp_pci_virt_to_mach(b), off, n, true));
	for (i = 0; i < n && a[i] == b[i]; i++)
		continue;
	CHECK_INT(i, n);
}

/* What is read-only for us a device can read all the same. */
static const unsigned char constants[4096] __attribute__((aligned(4096))) = {
	[0] = 0x12, [100] = 0x34, [2000] = 0x56, [4093] = 0x78
};

static void
from_constants(struct edu *e, unsigned char *b)
{

	memset(b, 0x55, 4096);
	CHECK(transfer(e, rumpcomp_pci_virt_to_mach((void *)(uintptr_t)
	    constants), 0, EDU_BUFSIZE, false));
	CHECK(transfer(e, rumpcomp_pci_virt_to_mach(b), 0, EDU_BUFSIZE, true));
	CHECK(memcmp(b, constants, EDU_BUFSIZE) == 0);
}

static unsigned char image_page[2][4096] __attribute__((aligned(4096)));

static void
device(void)
{
	unsigned char stack[200] __attribute__((aligned(256)));
	unsigned long max = opt_mask64 ? ~0UL : MASK28, pa, va;
	unsigned char *a, *b;
	struct edu *e;

	if (!edu_any())
		return;
	for (e = edus; e < edus + nedu && e < edus + (on_tk ? 1 : 4); e++) {
		if (!edu_ready(e))
			continue;
		CHECK_INT(alloc(8192, 0, 0, max, &pa, &va), 0);
		a = (unsigned char *)va;
		CHECK_INT(alloc(8192, 0, 0, max, &pa, &va), 0);
		b = (unsigned char *)va;
		if (opt_mask64)
			CHECK(pa >= 1UL << 32);
		round_trip(e, a, b, EDU_BUFSIZE, 0);
		round_trip(e, a + 100, b + 4000, 1000, 500);
		if (e == edus) {
			/* The image's own memory, and a thread's stack. */
			round_trip(e, image_page[0], image_page[1], EDU_BUFSIZE, 0);
			from_constants(e, b);
			if (rumpcomp_pci_virt_to_mach(stack) <= max)
				round_trip(e, image_page[0], stack, 200, 8);
		}
		release((unsigned long)a, 8192);
		release((unsigned long)b, 8192);
		edu_close(e);
	}
}

const struct test tests_dma[] = {
	{ "dma: limits, alignment, boundaries", limits },
	{ "dma: everything below 16 MB, twice", exhaust },
	{ "dma: several segments", segments },
	{ "dma: the device reads and writes it", device },
	{ NULL, NULL }
};
