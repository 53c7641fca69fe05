/*
 * dmapool.c: memory for devices of a PV guest, whose pages lie anywhere in the
 * machine: regions that Xen exchanged for pieces of it.
 *
 * A region has 2^n pages, 64 KB at least, aligned to its size both here and in
 * the machine; small ones are divided by a map of their pages.  A region that
 * nobody uses stays for the next who asks, up to 2 MB of them; then its pages go
 * back to the page allocator, whose they are: where in the machine they lie is
 * of no account there.
 */
#include <string.h>
#include "pcifront.h"

#define MINORDER	4		/* 64 KB */
#define MAXORDER	12		/* 16 MB: Xen's limit with a device */
#define MAPPED		512		/* larger regions have one user */
#define KEEP		512		/* pages that nobody uses */

struct region {
	char		*va;
	uint64_t	addr;		/* for devices */
	size_t		n;		/* pages */
	size_t		nfree;
	uint64_t	used[MAPPED / 64];
	LIST_ENTRY(region) link;
};
static LIST_HEAD(, region) regions = LIST_HEAD_INITIALIZER(regions);
static struct kern_spin lock = KERN_SPIN_INIT;
static size_t idle;			/* pages of regions without users */

static bool
is_used(const struct region *r, size_t i)
{

	return r->used[i / 64] >> i % 64 & 1;
}

static void
set_used(struct region *r, size_t i, size_t n, bool used)
{

	if (r->nfree == r->n)
		idle -= r->n;
	r->nfree += used ? -n : n;
	if (r->nfree == r->n)
		idle += r->n;
	for (; r->n <= MAPPED && n > 0; n--, i++)
		if (used)
			r->used[i / 64] |= 1ull << i % 64;
		else
			r->used[i / 64] &= ~(1ull << i % 64);
}

/* lock held.  n pages in a row, at a multiple of step pages; NULL. */
static char *
take_from(struct region *r, size_t n, size_t step)
{
	size_t i, k;

	if (r->nfree < n || (r->n > MAPPED && r->nfree != r->n))
		return NULL;
	for (i = 0; i + n <= r->n; i += step) {
		for (k = 0; r->n <= MAPPED && k < n; k++)
			if (is_used(r, i + k))
				break;
		if (k < n && r->n <= MAPPED)
			continue;
		set_used(r, i, r->n > MAPPED ? r->n : n, true);
		return r->va + i * PAGE_SIZE;
	}
	return NULL;
}

/* Nothing of a region lies above max; its alignment is its size's. */
static char *
take(size_t n, size_t align, uint64_t max)
{
	unsigned long s = kern_spin_lock(&lock);
	struct region *r;
	char *p = NULL;

	LIST_FOREACH(r, &regions, link) {
		if (r->addr + r->n * PAGE_SIZE - 1 > max ||
		    align > r->n * PAGE_SIZE)
			continue;
		if (r->n > MAPPED && n <= MAPPED)
			continue;
		p = take_from(r, n, align > PAGE_SIZE ? align >> PAGE_SHIFT : 1);
		if (p != NULL)
			break;
	}
	kern_spin_unlock(&lock, s);
	return p;
}

/* Do these pages happen to lie well? */
static bool
lies_well(const char *va, size_t n, uint64_t max)
{
	uint64_t addr = plat_virt_to_bus(va);
	size_t i;

	if ((addr & (n * PAGE_SIZE - 1)) != 0 || addr > max ||
	    n * PAGE_SIZE - 1 > max - addr)
		return false;
	for (i = 1; i < n; i++)
		if (plat_virt_to_bus(va + i * PAGE_SIZE) !=
		    addr + i * PAGE_SIZE)
			return false;
	return true;
}

/* Bits of the addresses up to max, which is at least a page. */
static unsigned
bits_of(uint64_t max)
{

	return max == UINT64_MAX ? 64 : 63 - __builtin_clzll(max + 1);
}

static bool
add_region(unsigned order, uint64_t max)
{
	size_t n = 1ul << order;
	struct region *r;
	unsigned long s;

	if ((r = kern_zalloc(sizeof(*r))) == NULL)
		return false;
	r->n = r->nfree = n;
	r->va = kern_page_alloc(n, n * PAGE_SIZE, 0);
	if (r->va != NULL && !lies_well(r->va, n, max) &&
	    xen_contiguous(r->va, order, bits_of(max)) != 0) {
		kern_page_free(r->va, n);
		r->va = NULL;
	}
	if (r->va == NULL) {
		kern_free(r);
		return false;
	}
	r->addr = plat_virt_to_bus(r->va);
	s = kern_spin_lock(&lock);
	LIST_INSERT_HEAD(&regions, r, link);
	idle += n;
	kern_spin_unlock(&lock, s);
	return true;
}

void *
dmapool_alloc(size_t n, size_t align, uint64_t max)
{
	unsigned order;
	char *p;

	if (n == 0 || n > 1ul << MAXORDER || align > PAGE_SIZE << MAXORDER ||
	    max < PAGE_SIZE)
		return NULL;
	while ((p = take(n, align, max)) == NULL) {
		order = n == 1 ? 0 : 64 - __builtin_clzl(n - 1);
		while (PAGE_SIZE << order < align)
			order++;
		if (!(order < MINORDER && add_region(MINORDER, max)) &&
		    !add_region(order, max))
			return NULL;
	}
	return memset(p, 0, n << PAGE_SHIFT);
}

void
dmapool_free(void *va, size_t n)
{
	unsigned long s = kern_spin_lock(&lock);
	struct region *r;
	char *p = va;
	bool away;

	LIST_FOREACH(r, &regions, link)
		if (p >= r->va && p < r->va + r->n * PAGE_SIZE)
			break;
	if (r == NULL || (r->n <= MAPPED &&
	    !is_used(r, (size_t)(p - r->va) >> PAGE_SHIFT)))
		kern_panic("memory for devices freed that is not in use: %p",
		    va);
	set_used(r, (size_t)(p - r->va) >> PAGE_SHIFT,
	    r->n > MAPPED ? r->n : n, false);
	away = r->nfree == r->n && idle > KEEP;
	if (away) {
		LIST_REMOVE(r, link);
		idle -= r->n;
	}
	kern_spin_unlock(&lock, s);
	if (away) {
		kern_page_free(r->va, r->n);
		kern_free(r);
	}
}
