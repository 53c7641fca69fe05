/*
 * kernel_page.c: the page allocator against a model that owns every page.
 */
#include "kernel/fake.h"
#include "../../kernel/page.h"

bool kern_heap_debug;		/* checks every page of a free */

#define MAXLIVE	2000
static struct { char *p; size_t n; } live[MAXLIVE];
static int nlive;

static bool
in_ram(uint64_t pa, uint64_t size)
{
	int i;

	for (i = 0; i < fake_nranges; i++)
		if (pa >= fake_ranges[i].base &&
		    pa + size <= fake_ranges[i].base + fake_ranges[i].size)
			return true;
	return false;
}

static void
check_new(char *p, size_t n, size_t align, int flags)
{
	uint64_t pa = (uint64_t)p - PLAT_DIRECT_BASE, size = n * PAGE_SIZE;
	int i;

	CHECK(pa != 0 && pa % PAGE_SIZE == 0 && in_ram(pa, PAGE_SIZE) &&
	    in_ram(pa + size - PAGE_SIZE, PAGE_SIZE));
	if (align > PAGE_SIZE)
		CHECK(pa % align == 0);
	if (flags & KERN_PG_LOW4G)
		CHECK(pa + size <= 1ULL << 32);
	if (flags & KERN_PG_LOW1M)
		CHECK(pa + size <= 1 << 20);
	for (i = 0; i < nlive; i++)
		CHECK(p + size <= live[i].p ||
		    p >= live[i].p + live[i].n * PAGE_SIZE);
	if (flags & KERN_PG_ZERO)
		for (i = 0; i < (int)size; i++)
			CHECK(p[i] == 0);
}

static void
alloc_one(void)
{
	static const int flag[] = { 0, 0, 0, KERN_PG_LOW4G, KERN_PG_LOW1M,
	    KERN_PG_ZERO };
	size_t n = 1 + (fake_rand() % 4 ? fake_rand() % 4 : fake_rand() % 70);
	size_t align = fake_rand() % 5 ? 0 : PAGE_SIZE << fake_rand() % 8;
	int flags = flag[fake_rand() % 6];
	char *p;

	if ((p = kern_page_alloc(n, align, flags)) == NULL)
		return;
	check_new(p, n, align, flags);
	/* dirty, so that overlaps and ZERO are noticed */
	memset(p, 0xee, 64);
	live[nlive].p = p;
	live[nlive++].n = n;
}

/* A part of an allocation may be freed too. */
static void
free_one(void)
{
	int i = fake_rand() % nlive;
	size_t k = live[i].n;

	if (k > 1 && fake_rand() % 4 == 0)
		k = 1 + fake_rand() % (k - 1);
	live[i].n -= k;
	kern_page_free(live[i].p + live[i].n * PAGE_SIZE, k);
	if (live[i].n == 0)
		live[i] = live[--nlive];
}

static void
stress(int rounds)
{

	while (rounds-- > 0)
		if (nlive == 0 || (nlive < MAXLIVE && fake_rand() % 100 <
		    (rounds / 1000 % 2 ? 60 : 42)))
			alloc_one();
		else
			free_one();
	while (nlive != 0)
		free_one();
}

int
main(void)
{
	uint64_t total, nfree, have;
	char *p, *q;
	int i;

	fake_init();
	fake_ram(0x1000, 0x9e000);
	fake_ram(0x100000, 0x300000);
	for (i = 0; i < 200; i++)	/* EFI's fragments */
		fake_ram(0x1000000 + i * 0x10000ULL, 0x1000 + i % 15 * 0x1000);
	fake_ram(0x8000000, 0x2000000);
	fake_ram(0xffff0000, 0x10000);		/* ends at 4 GB */
	fake_ram(0x100000000, 0x4000000);	/* begins there */
	fake_ram(0xc000000000, 0x1000000);	/* far away */
	have = page_init();
	page_info(&total, &nfree);
	CHECK(have == total && total == nfree && have > 0x7000000);

	/* the largest blocks are there, and only those */
	p = kern_page_alloc(0x2000000 / PAGE_SIZE, 0x2000000, KERN_PG_LOW4G);
	CHECK(p != NULL);
	kern_page_free(p, 0x2000000 / PAGE_SIZE);
	CHECK(kern_page_alloc(0x8000000 / PAGE_SIZE, 0, 0) == NULL);
	CHECK(kern_page_alloc(0, 0, 0) == NULL);
	CHECK(kern_page_alloc(SIZE_MAX, 0, 0) == NULL);
	CHECK(kern_page_alloc(1, 1UL << 50, 0) == NULL);

	kern_heap_debug = true;
	stress(60000);
	page_info(&total, &nfree);
	CHECK(nfree == total);
	kern_heap_debug = false;
	stress(60000);
	page_info(&total, &nfree);
	CHECK(nfree == total);

	/* merged again: the same largest block; all of it can be had */
	p = kern_page_alloc(0x2000000 / PAGE_SIZE, 0x2000000, KERN_PG_LOW4G);
	CHECK(p != NULL);
	for (i = 0; (q = kern_page_alloc(1, 0, 0)) != NULL; i++)
		;
	page_info(&total, &nfree);
	CHECK(nfree == 0);

	/* mistakes */
	kern_page_free(p, 4);
	CHECK(PANICS(kern_page_free(p, 1), "not in use"));
	CHECK(PANICS(kern_page_free(p + 3 * PAGE_SIZE, 2), "not in use"));
	CHECK(PANICS(kern_page_free(p + 5 * PAGE_SIZE + 8, 1), "not in use"));
	CHECK(PANICS(kern_page_free((void *)PLAT_DIRECT_BASE, 1),
	    "not in use"));
	CHECK(PANICS(kern_page_free((void *)~0xfffUL, 1), "not in use"));
	printf("ok kernel_page\n");
	return 0;
}
