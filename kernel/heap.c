/*
 * heap.c: the heap.  Small objects come in classes of size from slabs (slab.c);
 * each CPU keeps a short list of free objects for every class, used without a
 * lock while the thread cannot be preempted.  Everything else is whole pages.
 * The page map (page.h) says for any address which of them it is.
 */
#include <string.h>
#include "page.h"
#include "thread.h"

bool	kern_heap_debug;
static uint64_t large_pages, large_live, heap_fails;
static uint8_t class_of[HEAP_SMALL / 16 + 1];	/* by (size + 15) / 16 */
static uint8_t fast_class[HEAP_SMALL / 16 + 1];	/* debug: 0, always empty */

void
heap_init(void)
{
	unsigned k, i = 0;

	slab_init();
	for (k = 1; k < HEAP_NCLASS; k++)
		for (; i <= heap_class_size[k] / 16U; i++)
			class_of[i] = k;
	if (!kern_heap_debug)
		memcpy(fast_class, class_of, sizeof(class_of));
}

/* ---- small objects ---- */

/* The second word of a free object says so: that catches most double frees. */
#define FREE_MARK(p)	((void *)((uintptr_t)(p) ^ 0x5a170123UL))

/*
 * The thread stays here from one instruction to the other.  Not nested, and
 * nobody else's business: plain stores will do.
 */
static inline void
heap_enter(void)
{

	PLAT_HERE->inheap = true;
	__asm__ volatile("" : : : "memory");
}

static inline void
heap_leave(void)
{

	__asm__ volatile("" : : : "memory");
	PLAT_HERE->inheap = false;
	__asm__ volatile("" : : : "memory");
}

/* Another thread was to run meanwhile. */
static void * __attribute__((noinline))
heap_resched(void *p)
{

	sched_restore(plat_irq_save());
	return p;
}

static void * __attribute__((noinline))
small_alloc(unsigned k)
{
	struct heap_mag *m;
	void **p;

	heap_enter();
	m = &plat_self()->heap.mag[k];
	if ((p = m->head) != NULL)
		m->head = *p;
	else
		p = mag_refill(m, k);
	m->allocs += p != NULL;
	heap_leave();
	if (p != NULL)
		p[1] = NULL;
	return heap_resched(p);
}

static void __attribute__((noinline))
free_slow(unsigned k)
{

	mag_limit(&plat_self()->heap.mag[k], k);
	heap_leave();
	heap_resched(NULL);
}

static void __attribute__((noinline, noreturn))
free_twice(const void *p)
{

	kern_panic("heap: %p freed twice", p);
}

static inline void
small_free(void **p, unsigned k)
{

	if (__builtin_expect(p[1] == FREE_MARK(p), 0))
		free_twice(p);
	heap_enter();
	p[0] = PLAT_HERE->heap.mag[k].head;
	p[1] = FREE_MARK(p);
	PLAT_HERE->heap.mag[k].head = p;
	if (__builtin_expect(--PLAT_HERE->heap.mag[k].room == 0, 0)) {
		free_slow(k);
		return;
	}
	heap_leave();
	if (__builtin_expect(PLAT_HERE->resched, 0))
		heap_resched(NULL);
}

/* ---- large blocks ---- */

static size_t
large_count(const void *p)
{
	const char *q = p;
	size_t n = 0;

	do {
		n++;
		q += PAGE_SIZE;
	} while (*page_byte(q) == PG_MORE);
	return n;
}

static void *
large_alloc(size_t size, size_t align)
{
	size_t n = (size + PAGE_SIZE - 1) >> PAGE_SHIFT;
	void *p;

	if (n == 0)
		n = 1;
	if (size > SIZE_MAX / 2 || (p = kern_page_alloc(n, align, 0)) == NULL)
		return NULL;
	if (n > 1)
		page_mark((char *)p + PAGE_SIZE, n - 1, PG_MORE);
	page_mark(p, 1, PG_LARGE);
	__atomic_fetch_add(&large_pages, n, __ATOMIC_RELAXED);
	__atomic_fetch_add(&large_live, 1, __ATOMIC_RELAXED);
	plat_self()->heap.large_allocs++;	/* a report may miss one */
	return p;
}

static void
large_free(void *p)
{
	size_t n;

	n = large_count(p);
	__atomic_fetch_sub(&large_pages, n, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&large_live, 1, __ATOMIC_RELAXED);
	kern_page_free(p, n);
}

/* ---- the heap ---- */

static inline void *
heap_try(size_t size, size_t align)
{

	if (align > 16) {
		if (size < align)
			size = align;
		if (size <= HEAP_SMALL && (size & (size - 1)) != 0)
			size = 1UL << (64 - __builtin_clzl(size));
	}
	if (size <= HEAP_SMALL)
		return small_alloc(class_of[(size + 15) / 16]);
	return large_alloc(size, align);
}

static void * __attribute__((noinline))
heap_retry(size_t size, size_t align)
{
	void *p = NULL;

	if (size < SIZE_MAX / 2 && heap_reclaim())
		p = heap_try(size, align);
	if (p == NULL)
		__atomic_fetch_add(&heap_fails, 1, __ATOMIC_RELAXED);
	return p;
}

void *
heap_alloc(size_t size, size_t align)
{
	void *p = heap_try(size, align);

	return __builtin_expect(p != NULL, 1) ? p : heap_retry(size, align);
}

static void __attribute__((noinline, noreturn))
heap_bad(const void *p)
{

	kern_panic("heap: %p was not allocated", p);
}

/* One comparison: p is aligned to 16, 0 < k < PG_DEBUG. */
static inline bool
block_small(const void *p, unsigned k)
{

	return (((uintptr_t)p & 15) << 8 | (k - 1)) < PG_DEBUG - 1;
}

/* Class of a block, 0 for none; debug mode's mark is not part of it. */
static unsigned
block_class(const void *p)
{
	unsigned k = *page_byte(p);

	if (k <= PG_MAXCLASS)
		k &= ~PG_DEBUG;
	return block_small(p, k) ? k : 0;
}

void
heap_release(void *p)
{
	unsigned k;

	if ((k = block_class(p)) != 0)
		small_free(p, k);
	else if (*page_byte(p) == PG_LARGE &&
	    ((uintptr_t)p & (PAGE_SIZE - 1)) == 0)
		large_free(p);
	else
		heap_bad(p);
}

size_t
heap_size(const void *p)
{
	unsigned k;

	if ((k = block_class(p)) != 0)
		return heap_class_size[k];
	if (*page_byte(p) != PG_LARGE)
		heap_bad(p);
	return large_count(p) << PAGE_SHIFT;
}

/* ---- interface ---- */

static void * __attribute__((noinline))
malloc_slow(size_t size, size_t align)
{
	void *caller = __builtin_return_address(0);	/* kern_malloc's */

	KASSERT((align & (align - 1)) == 0);
	if (kern_heap_debug)
		return heapdebug_alloc(size, align, caller);
	return heap_alloc(size, align);
}

/* The common case is a leaf function; all else is a tail call. */
void *
kern_malloc(size_t size, size_t align)
{
	unsigned k;
	void **p;

	/* size and align <= 16 in one comparison */
	if (__builtin_expect(((align >> 5) << 12 | size) > HEAP_SMALL, 0))
		return malloc_slow(size, align);
	k = fast_class[(size + 15) / 16];
	heap_enter();
	p = PLAT_HERE->heap.mag[k].head;
	if (__builtin_expect(p == NULL, 0)) {
		heap_leave();
		return malloc_slow(size, align);
	}
	PLAT_HERE->heap.mag[k].head = *p;
	PLAT_HERE->heap.mag[k].allocs++;
	p[1] = NULL;
	heap_leave();
	if (__builtin_expect(PLAT_HERE->resched, 0))
		return heap_resched(p);
	return p;
}

void *
kern_zalloc(size_t size)
{
	void *p;

	if ((p = kern_malloc(size, 0)) != NULL)
		memset(p, 0, size);
	return p;
}

static void __attribute__((noinline))
free_other(void *p)
{
	void *caller = __builtin_return_address(0);	/* kern_free's */

	if (p == NULL)
		return;
	if (kern_heap_debug)
		heapdebug_free(p, caller);
	else
		heap_release(p);
}

void
kern_free(void *p)
{
	unsigned k = *page_byte(p);

	if (__builtin_expect(block_small(p, k), 1))
		small_free(p, k);
	else
		free_other(p);
}

size_t
kern_malloc_size(const void *p)
{

	return kern_heap_debug ? heapdebug_size(p) : heap_size(p);
}

void *
kern_realloc(void *p, size_t size)
{
	size_t old;
	void *n;

	if (p == NULL)
		return kern_malloc(size, 0);
	old = kern_malloc_size(p);
	if (size <= old && (kern_heap_debug ? size == old :
	    size >= old / 2 || old <= 64))
		return p;
	if ((n = kern_malloc(size, 0)) == NULL)
		return size <= old ? p : NULL;
	memcpy(n, p, size < old ? size : old);
	kern_free(p);
	return n;
}

void	page_info(uint64_t *, uint64_t *);

void
kern_mem_info(struct kern_mem_info *mi)
{
	uint64_t live = large_live, n;
	unsigned k, i;

	memset(mi, 0, sizeof(*mi));
	page_info(&mi->total, &mi->free);
	mi->heap_used = large_pages << PAGE_SHIFT;
	mi->heap_fails = heap_fails;
	for (i = 0; i < ncpu; i++)
		mi->heap_allocs += cpus[i]->heap.large_allocs;
	for (k = 1; k < HEAP_NCLASS; k++) {
		n = slab_out(k);
		for (i = 0; i < ncpu; i++) {
			n -= mag_count(&cpus[i]->heap.mag[k]);
			mi->heap_allocs += cpus[i]->heap.mag[k].allocs;
		}
		live += n;
		mi->heap_used += n * heap_class_size[k];
	}
	mi->heap_frees = mi->heap_allocs - live;
}
