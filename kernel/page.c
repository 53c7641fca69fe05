/*
 * page.c: the page allocator: a binary buddy system in three zones of address.
 *
 * Blocks are aligned to their size in physical address, so holes and the
 * borders of zones (1 MB, 4 GB) are never inside one: page 0 is not RAM and
 * the buddy of a block counts as free only if its byte says so.
 *
 * A small free block is in a list by its first bytes; one of 2 MB and more by
 * an element of `big', so that memory nobody has used yet is not touched: the
 * first touch of 2 MB can cost a virtual machine's host a millisecond.
 */
#include <string.h>
#include "page.h"
#include "thread.h"

#define NORDER		25		/* blocks up to 64 GB */
#define BIG		9		/* order of the array's blocks */
#define MAXRANGE	256

enum { ZONE_1M, ZONE_4G, ZONE_HIGH, NZONE };

struct freeblk { LIST_ENTRY(freeblk) link; };
LIST_HEAD(freelist, freeblk);

static struct zone {
	uint32_t	map;		/* orders that have a block */
	struct freelist	list[NORDER];
} zones[NZONE];

uint8_t	**page_map;
size_t	page_nchunk;

static struct freeblk *big;		/* for every 2 MB of address */
static struct kern_spin page_lock;
static uint64_t page_total, page_nfree;
uint64_t page_owed;

static inline struct freeblk *
pfn_to_blk(size_t pfn)
{

	return plat_phys_to_virt((paddr_t)pfn << PAGE_SHIFT);
}

static inline size_t
va_to_pfn(const void *va)
{

	return ((uintptr_t)va - PLAT_DIRECT_BASE) >> PAGE_SHIFT;
}

static struct freeblk *
blk_node(size_t pfn, unsigned order)
{

	return order >= BIG ? &big[pfn >> BIG] : pfn_to_blk(pfn);
}

static struct zone *
zone_of(size_t pfn)
{

	return &zones[pfn < (1UL << 8) ? ZONE_1M :
	    pfn < (1UL << 20) ? ZONE_4G : ZONE_HIGH];
}

static void
mark(size_t pfn, size_t n, uint8_t v)
{
	size_t room;

	while (n != 0) {
		room = (1UL << PG_CHUNKSHIFT) -
		    (pfn & ((1UL << PG_CHUNKSHIFT) - 1));
		if (room > n)
			room = n;
		memset(page_byte_pfn(pfn), v, room);
		pfn += room;
		n -= room;
	}
}

void
page_mark(const void *va, size_t n, uint8_t v)
{

	mark(va_to_pfn(va), n, v);
}

/* ---- blocks; page_lock held ---- */

static void
blk_insert(size_t pfn, unsigned order)
{
	struct zone *z = zone_of(pfn);

	LIST_INSERT_HEAD(&z->list[order], blk_node(pfn, order), link);
	z->map |= 1U << order;
	*page_byte_pfn(pfn) = PG_FREE | order;
}

static void
blk_remove(size_t pfn, unsigned order)
{
	struct zone *z = zone_of(pfn);

	LIST_REMOVE(blk_node(pfn, order), link);
	if (LIST_EMPTY(&z->list[order]))
		z->map &= ~(1U << order);
	*page_byte_pfn(pfn) = PG_TAIL;
}

static void
blk_free(size_t pfn, unsigned order)
{
	size_t buddy;

	for (; order < NORDER - 1; order++) {
		buddy = pfn ^ (1UL << order);
		if (*page_byte_pfn(buddy) != (PG_FREE | order))
			break;
		blk_remove(buddy, order);
		pfn &= ~(1UL << order);
	}
	blk_insert(pfn, order);
}

/* Any run of pages, as the largest blocks that it consists of. */
static void
run_free(size_t pfn, size_t n)
{
	unsigned order, fit;

	page_nfree += n;
	mark(pfn, n, PG_TAIL);
	while (n != 0) {
		order = 63 - __builtin_clzl(n);
		fit = pfn == 0 ? NORDER - 1 : (unsigned)__builtin_ctzl(pfn);
		if (order > fit)
			order = fit;
		if (order > NORDER - 1)
			order = NORDER - 1;
		blk_free(pfn, order);
		pfn += 1UL << order;
		n -= 1UL << order;
	}
}

/* First page of a run of n, 0 for none; what the block has more goes back. */
static size_t
run_take(size_t n, unsigned order, int zmax)
{
	struct freeblk *b;
	struct zone *z;
	unsigned o;
	size_t pfn;

	for (z = &zones[zmax]; z >= zones; z--)
		if (z->map >> order != 0)
			break;
	if (z < zones)
		return 0;
	o = order + __builtin_ctz(z->map >> order);
	b = LIST_FIRST(&z->list[o]);
	pfn = o >= BIG ? (size_t)(b - big) << BIG : va_to_pfn(b);
	blk_remove(pfn, o);
	page_nfree -= 1UL << o;
	if (n < 1UL << o)
		run_free(pfn + n, (1UL << o) - n);
	return pfn;
}

/* Are there n that nobody was promised?  Page tables and CPUs have some, too. */
static bool
run_spare(size_t n, int flags)
{
	uint64_t owed = page_owed;

	return owed == 0 || (flags & KERN_PG_PROMISED) != 0 || page_nfree >=
	    n + (owed >> PAGE_SHIFT) + (owed >> 20) + ncpu * CPU_PAGES;
}

/* ---- single pages: each CPU keeps some, marked PG_TAIL ---- */

static void *
cache_take(void)
{
	struct cpu *c;
	unsigned long s;
	void *p = NULL;

	s = plat_irq_save();
	c = plat_self();
	if (c->npages != 0) {
		p = c->pages[--c->npages];
		*page_byte(p) = PG_USED;
	}
	plat_irq_restore(s);
	return p;
}

/* After the cache was found empty: some more, of which one is returned. */
static size_t
cache_fill(void)
{
	struct cpu *c = plat_self();
	size_t pfn, i;

	if (c->npages != 0 ||
	    (pfn = run_take(CPU_PAGES / 2, 3, ZONE_HIGH)) == 0)
		return run_take(1, 0, ZONE_HIGH);
	mark(pfn, CPU_PAGES / 2, PG_TAIL);
	for (i = CPU_PAGES / 2 - 1; i != 0; i--)
		c->pages[c->npages++] = pfn_to_blk(pfn + i);
	return pfn;
}

/* page_lock held: all but `keep' go back. */
static void
cache_flush(unsigned keep)
{
	struct cpu *c = plat_self();

	while (c->npages > keep)
		run_free(va_to_pfn(c->pages[--c->npages]), 1);
}

static bool
cache_give_back(void)
{
	unsigned long s;
	bool some;

	s = kern_spin_lock(&page_lock);
	some = plat_self()->npages != 0;
	cache_flush(0);
	kern_spin_unlock(&page_lock, s);
	return some;
}

/* False: it is full. */
static bool
cache_put(void *p)
{
	struct cpu *c;
	unsigned long s;
	bool room;

	s = plat_irq_save();
	c = plat_self();
	if ((room = c->npages < CPU_PAGES)) {
		*page_byte(p) = PG_TAIL;
		c->pages[c->npages++] = p;
	}
	plat_irq_restore(s);
	return room;
}

/* ---- interface ---- */

void *
kern_page_alloc(size_t n, size_t align, int flags)
{
	bool single = n == 1 && align <= PAGE_SIZE &&
	    (flags & (KERN_PG_LOW1M | KERN_PG_LOW4G)) == 0;
	void *p;
	unsigned order, aorder;
	unsigned long s;
	size_t pfn = 0;
	int zmax;

	if (n == 0 || n > 1UL << (NORDER - 1))
		return NULL;
	order = n == 1 ? 0 : 64 - __builtin_clzl(n - 1);
	if (align > PAGE_SIZE) {
		aorder = __builtin_ctzl(align) - PAGE_SHIFT;
		if (aorder > order)
			order = aorder;
	}
	if (order >= NORDER)
		return NULL;
	if (single && (p = cache_take()) != NULL)
		goto out;
	zmax = flags & KERN_PG_LOW1M ? ZONE_1M :
	    flags & KERN_PG_LOW4G ? ZONE_4G : ZONE_HIGH;
	do {
		s = kern_spin_lock(&page_lock);
		pfn = !run_spare(n, flags) ? 0 :
		    single ? cache_fill() : run_take(n, order, zmax);
		if (pfn != 0)
			mark(pfn, n, PG_USED);
		kern_spin_unlock(&page_lock, s);
	} while (pfn == 0 && (cache_give_back() || heap_reclaim()));
	if (pfn == 0)
		return NULL;
	p = pfn_to_blk(pfn);
out:
	if (flags & KERN_PG_ZERO)
		memset(p, 0, n << PAGE_SHIFT);
	return p;
}

/* page_lock held: the smallest block with an aligned run below the limit. */
static size_t
run_take_below(size_t n, unsigned order, size_t limit)
{
	struct freeblk *b;
	unsigned o;
	size_t pfn;
	int z;

	for (o = order; o < NORDER; o++)
		for (z = NZONE - 1; z >= 0; z--)
			LIST_FOREACH(b, &zones[z].list[o], link) {
				pfn = o >= BIG ? (size_t)(b - big) << BIG :
				    va_to_pfn(b);
				if (pfn >= limit || n > limit - pfn)
					continue;
				blk_remove(pfn, o);
				page_nfree -= 1UL << o;
				if (n < 1UL << o)
					run_free(pfn + n, (1UL << o) - n);
				mark(pfn, n, PG_USED);
				return pfn;
			}
	return 0;
}

void *
kern_page_alloc_below(size_t n, size_t align, int flags, uint64_t limit)
{
	unsigned order, aorder;
	unsigned long s;
	size_t pfn;
	void *p;

	if (n == 0 || n > 1UL << (NORDER - 1))
		return NULL;
	order = n == 1 ? 0 : 64 - __builtin_clzl(n - 1);
	aorder = align > PAGE_SIZE ? __builtin_ctzl(align) - PAGE_SHIFT : 0;
	if (aorder > order)
		order = aorder;
	do {
		s = kern_spin_lock(&page_lock);
		pfn = run_spare(n, flags) ?
		    run_take_below(n, order, limit >> PAGE_SHIFT) : 0;
		kern_spin_unlock(&page_lock, s);
	} while (pfn == 0 && (cache_give_back() || heap_reclaim()));
	if (pfn == 0)
		return NULL;
	p = pfn_to_blk(pfn);
	if (flags & KERN_PG_ZERO)
		memset(p, 0, n << PAGE_SHIFT);
	return p;
}

/* In use from the first page to the last (in debug mode: all of them). */
static bool
run_used(size_t pfn, size_t n)
{
	size_t step = kern_heap_debug || n == 1 ? 1 : n - 1, i;
	uint8_t b;

	for (i = 0; i < n; i += step) {
		b = *page_byte_pfn(pfn + i);
		if (b == 0 || b >= PG_TAIL)
			return false;
	}
	return true;
}

void
kern_page_free(void *va, size_t n)
{
	size_t pfn = va_to_pfn(va);
	unsigned long s;

	if (n == 0)
		return;
	if (((uintptr_t)va & (PAGE_SIZE - 1)) != 0 || !run_used(pfn, n))
		kern_panic("pages freed that are not in use: %p, %zu", va, n);
	if (n == 1 && cache_put(va))
		return;
	s = kern_spin_lock(&page_lock);
	if (n == 1)
		cache_flush(CPU_PAGES / 2);
	run_free(pfn, n);
	kern_spin_unlock(&page_lock, s);
}

void
page_info(uint64_t *total, uint64_t *nfree)
{

	uint64_t n = __atomic_load_n(&page_nfree, __ATOMIC_RELAXED);
	unsigned i;

	for (i = 0; i < ncpu; i++)
		n += cpus[i]->npages;
	*total = page_total << PAGE_SHIFT;
	*nfree = n << PAGE_SHIFT;
}

/* ---- start ---- */

static struct plat_range ranges[MAXRANGE];
static uint8_t *bump;			/* memory for all this */
static uint8_t *no_ram;

static void *
bump_alloc(size_t size)
{
	void *p = bump;

	size = (size + 63) & ~63UL;
	memset(p, 0, size);
	bump += size;
	return p;
}

#define CHUNK	(PAGE_SIZE << PG_CHUNKSHIFT)	/* bytes of RAM */

/* Bytes that the map takes, the machine having these ranges. */
static size_t
map_size(const struct plat_range *r, int n)
{
	size_t chunks = 1, c, last = SIZE_MAX, end;
	int i;

	for (i = 0; i < n; i++) {
		end = (r[i].base + r[i].size - 1) / CHUNK;
		for (c = r[i].base / CHUNK; c <= end; c++)
			if (last == SIZE_MAX || c > last) {
				chunks++;
				last = c;
			}
		page_nchunk = end + 1;
	}
	return (chunks << PG_CHUNKSHIFT) + 64 +
	    (page_nchunk + 1) * sizeof(*page_map) + 64 +
	    (page_nchunk << (PG_CHUNKSHIFT - BIG)) * sizeof(*big) + 64;
}

static void
map_range(const struct plat_range *r)
{
	size_t c, end;

	c = r->base / CHUNK;
	end = (r->base + r->size - 1) / CHUNK;
	for (; c <= end; c++)
		if (page_map[c] == no_ram)
			page_map[c] = bump_alloc(1 << PG_CHUNKSHIFT);
}

/* Returns the bytes that can be had; 0 when there is no room for the map. */
uint64_t
page_init(void)
{
	size_t need, c;
	int i, n, big_range = 0;
	unsigned o;

	for (i = 0; i < NZONE; i++)
		for (o = 0; o < NORDER; o++)
			LIST_INIT(&zones[i].list[o]);
	n = plat_mem_ranges(ranges, MAXRANGE);
	for (i = 0; i < n; i++)
		if (!ranges[i].absent &&
		    ranges[i].size > ranges[big_range].size)
			big_range = i;
	if (n == 0)
		return 0;
	need = (map_size(ranges, n) + PAGE_SIZE - 1) >> PAGE_SHIFT;
	if (ranges[big_range].size >> PAGE_SHIFT < need)
		return 0;
	bump = plat_phys_to_virt(ranges[big_range].base);
	page_map = bump_alloc((page_nchunk + 1) * sizeof(*page_map));
	big = bump_alloc((page_nchunk << (PG_CHUNKSHIFT - BIG)) *
	    sizeof(*big));
	no_ram = bump_alloc(1 << PG_CHUNKSHIFT);
	for (c = 0; c <= page_nchunk; c++)
		page_map[c] = no_ram;
	for (i = 0; i < n; i++)
		map_range(&ranges[i]);
	ranges[big_range].base += need << PAGE_SHIFT;
	ranges[big_range].size -= need << PAGE_SHIFT;
	for (i = 0; i < n; i++) {
		size_t pfn = ranges[i].base >> PAGE_SHIFT;
		size_t count = ranges[i].size >> PAGE_SHIFT;

		page_total += count;
		if (ranges[i].absent)
			mark(pfn, count, PG_USED);
		else
			run_free(pfn, count);
	}
	return page_nfree << PAGE_SHIFT;
}
