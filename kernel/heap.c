/*
 * heap.c: the heap.  Small objects come in classes of size from slabs, runs of
 * 1, 2 or 4 pages aligned to their size with a header at the start; each CPU
 * keeps a short list of free objects for every class, used with preemption
 * off and without a lock.  Everything else is whole pages.  The page map
 * (page.h) says for any address which of them it is.
 */
#include <string.h>
#include "page.h"
#include "thread.h"

#define SMALL	2048

struct slab {
	LIST_ENTRY(slab) link;		/* in cl->partial while nfree > 0 */
	void		*free;
	uint16_t	nfree;		/* with those never used */
	uint16_t	fresh;		/* index of the first never used */
};

static const uint16_t class_size[HEAP_NCLASS] = {
	0, 16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384,
	448, 512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048
};
static uint8_t class_of[SMALL / 16 + 1];	/* by (size + 15) / 16 */

static struct class {
	struct kern_spin	lock;
	LIST_HEAD(, slab)	partial;
	uint16_t		size, first, nobj, pages;
	uint32_t		nempty;		/* slabs with nothing in use */
	uint64_t		out;		/* objects not in a slab */
} classes[HEAP_NCLASS];

bool	kern_heap_debug;
static uint64_t large_pages, large_live, heap_fails;

void
heap_cache_init(struct heap_cache *h)
{
	unsigned k;

	for (k = 1; k < HEAP_NCLASS; k++)
		h->mag[k].limit = h->mag[k].max = class_size[k] <= 256 ? 32 :
		    class_size[k] <= 1024 ? 16 : 8;
}

void
heap_init(void)
{
	struct class *cl;
	unsigned k, i;

	for (k = 1, i = 0; k < HEAP_NCLASS; k++) {
		cl = &classes[k];
		LIST_INIT(&cl->partial);
		cl->size = class_size[k];
		cl->pages = cl->size <= 256 ? 1 : cl->size <= 1024 ? 2 : 4;
		cl->first = (cl->size & (cl->size - 1)) == 0 &&
		    cl->size > sizeof(struct slab) ? cl->size :
		    (sizeof(struct slab) + 15) & ~15;
		cl->nobj = (cl->pages * PAGE_SIZE - cl->first) / cl->size;
		for (; i <= cl->size / 16; i++)
			class_of[i] = k;
	}
}

/* ---- slabs ---- */

static struct slab *
slab_of(const struct class *cl, const void *p)
{

	return (struct slab *)((uintptr_t)p &
	    ~(cl->pages * PAGE_SIZE - 1));
}

static struct slab *
slab_new(unsigned k)
{
	struct class *cl = &classes[k];
	struct slab *sl;

	sl = kern_page_alloc(cl->pages, cl->pages * PAGE_SIZE, 0);
	if (sl == NULL)
		return NULL;
	page_mark(sl, cl->pages, k);
	sl->free = NULL;
	sl->nfree = cl->nobj;
	sl->fresh = 0;
	return sl;
}

static void
slab_drop(struct class *cl, struct slab *sl)
{

	LIST_REMOVE(sl, link);
	cl->nempty--;
	page_mark(sl, cl->pages, PG_USED);
	kern_page_free(sl, cl->pages);
}

static void *
slab_take(struct class *cl)
{
	struct slab *sl = LIST_FIRST(&cl->partial);
	void *p;

	if (sl->nfree == cl->nobj)
		cl->nempty--;
	if ((p = sl->free) != NULL)
		sl->free = *(void **)p;
	else
		p = (char *)sl + cl->first + sl->fresh++ * cl->size;
	if (--sl->nfree == 0)
		LIST_REMOVE(sl, link);
	cl->out++;
	return p;
}

static void
slab_put(struct class *cl, void *p)
{
	struct slab *sl = slab_of(cl, p);

	*(void **)p = sl->free;
	sl->free = p;
	cl->out--;
	if (sl->nfree++ == 0)
		LIST_INSERT_HEAD(&cl->partial, sl, link);
	if (sl->nfree == cl->nobj && cl->nempty++ > 0)
		slab_drop(cl, sl);
}

static inline uint32_t
mag_count(const struct heap_mag *m)
{

	return m->moved + m->frees - m->allocs;
}

/* Half a list of objects for the CPU; returns one of them, or NULL. */
static void * __attribute__((noinline))
mag_refill(struct heap_mag *m, unsigned k)
{
	struct class *cl = &classes[k];
	struct slab *sl;
	unsigned long s;
	uint32_t n;
	void *p;

	s = kern_spin_lock(&cl->lock);
	while (LIST_EMPTY(&cl->partial)) {
		kern_spin_unlock(&cl->lock, s);
		if ((sl = slab_new(k)) == NULL)
			return NULL;
		s = kern_spin_lock(&cl->lock);
		LIST_INSERT_HEAD(&cl->partial, sl, link);
		cl->nempty++;
	}
	for (n = m->max / 2; n != 0 && !LIST_EMPTY(&cl->partial); n--) {
		p = slab_take(cl);
		*(void **)p = m->head;
		m->head = p;
		m->moved++;
	}
	kern_spin_unlock(&cl->lock, s);
	p = m->head;
	m->head = *(void **)p;
	return p;
}

/* Objects above `keep' go back to their slabs. */
static void
mag_flush(struct heap_mag *m, unsigned k, uint32_t keep)
{
	struct class *cl = &classes[k];
	uint32_t n = mag_count(m);
	unsigned long s;
	void *p;

	s = kern_spin_lock(&cl->lock);
	for (; n > keep; n--) {
		p = m->head;
		m->head = *(void **)p;
		m->moved--;
		slab_put(cl, p);
	}
	kern_spin_unlock(&cl->lock, s);
}

static void __attribute__((noinline))
mag_limit(struct heap_mag *m, unsigned k)
{

	if (mag_count(m) >= m->max)
		mag_flush(m, k, m->max / 2);
	m->limit = m->frees + m->max - mag_count(m);
}

/* ---- small objects ---- */

/* No preemption in between; not nested: plain stores will do. */
static inline struct thread *
heap_enter(void)
{
	struct thread *t = plat_curthread();

	*(volatile uint32_t *)&t->inheap = 1;
	__asm__ volatile("" : : : "memory");
	return t;
}

static inline void
heap_leave(struct thread *t, struct cpu *c)
{

	__asm__ volatile("" : : : "memory");
	*(volatile uint32_t *)&t->inheap = 0;
	__asm__ volatile("" : : : "memory");
	if (__builtin_expect(c->resched, 0))
		sched_restore(plat_irq_save());
}

static inline void *
small_alloc(unsigned k)
{
	struct thread *t = heap_enter();
	struct cpu *c = plat_self();
	struct heap_mag *m = &c->heap.mag[k];
	void **p;

	if (__builtin_expect((p = m->head) != NULL, 1))
		m->head = *p;
	else if ((p = mag_refill(m, k)) == NULL) {
		heap_leave(t, c);
		return NULL;
	}
	m->allocs++;
	heap_leave(t, c);
	p[1] = NULL;
	return p;
}

/* The second word of a free object says so: that catches most double frees. */
#define FREE_MARK(p)	((void *)((uintptr_t)(p) ^ 0x5a170123UL))

static inline void
small_free(void **p, unsigned k)
{
	struct thread *t;
	struct cpu *c;
	struct heap_mag *m;

	if (__builtin_expect(p[1] == FREE_MARK(p), 0))
		kern_panic("heap: %p is freed twice", (void *)p);
	t = heap_enter();
	c = plat_self();
	m = &c->heap.mag[k];
	p[0] = m->head;
	p[1] = FREE_MARK(p);
	m->head = p;
	if (__builtin_expect(++m->frees == m->limit, 0))
		mag_limit(m, k);
	heap_leave(t, c);
}

/* ---- large blocks ---- */

static size_t
large_count(const void *p)
{
	const char *q = p;
	uint8_t *b;
	size_t n = 0;

	do {
		n++;
		q += PAGE_SIZE;
		b = page_byte(q);
	} while (b != NULL && *b == PG_MORE);
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

/*
 * Gives free memory back to the page allocator.  Any context, but does nothing
 * where it might not sleep, or while another thread is at it.
 */
bool
heap_reclaim(void)
{
	static uint32_t busy;
	struct thread *t = plat_curthread();
	struct class *cl;
	unsigned long s;
	unsigned k;
	size_t n;

	s = plat_irq_save();
	plat_irq_restore(s);
	if ((s & PLAT_IRQ_ENABLED) == 0 || thread_nailed(t) ||
	    __atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE) != 0)
		return false;
	n = thread_reclaim();
	for (k = 1; k < HEAP_NCLASS; k++) {
		cl = &classes[k];
		heap_enter();
		mag_flush(&plat_self()->heap.mag[k], k, 0);
		heap_leave(t, plat_self());
		s = kern_spin_lock(&cl->lock);
		while (cl->nempty > 0) {
			struct slab *sl;

			LIST_FOREACH(sl, &cl->partial, link)
				if (sl->nfree == cl->nobj)
					break;
			slab_drop(cl, sl);
			n += cl->pages;
		}
		kern_spin_unlock(&cl->lock, s);
	}
	__atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
	return n != 0;
}

static inline void *
heap_try(size_t size, size_t align)
{

	if (align > 16) {
		if (size < align)
			size = align;
		if (size <= SMALL && (size & (size - 1)) != 0)
			size = 1UL << (64 - __builtin_clzl(size));
	}
	if (size <= SMALL)
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

static void
heap_bad(const void *p)
{

	kern_panic("heap: %p was not allocated", p);
}

void
heap_release(void *p)
{
	uint8_t *b = page_byte(p);

	if (__builtin_expect(b != NULL && *b - 1U < PG_MAXCLASS, 1) &&
	    ((uintptr_t)p & 15) == 0)
		small_free(p, *b);
	else if (b != NULL && *b == PG_LARGE &&
	    ((uintptr_t)p & (PAGE_SIZE - 1)) == 0)
		large_free(p);
	else
		heap_bad(p);
}

size_t
heap_size(const void *p)
{
	uint8_t *b = page_byte(p);

	if (b != NULL && *b - 1U < PG_MAXCLASS)
		return class_size[*b];
	if (b == NULL || *b != PG_LARGE)
		heap_bad(p);
	return large_count(p) << PAGE_SHIFT;
}

/* ---- interface ---- */

void *
kern_malloc(size_t size, size_t align)
{

	KASSERT((align & (align - 1)) == 0);
	if (__builtin_expect(kern_heap_debug, 0))
		return heapdebug_alloc(size, align,
		    __builtin_return_address(0));
	return heap_alloc(size, align);
}

void *
kern_zalloc(size_t size)
{
	void *p;

	if ((p = kern_malloc(size, 0)) != NULL)
		memset(p, 0, size);
	return p;
}

void
kern_free(void *p)
{

	if (p == NULL)
		return;
	if (__builtin_expect(kern_heap_debug, 0))
		heapdebug_free(p, __builtin_return_address(0));
	else
		heap_release(p);
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
		n = classes[k].out;
		for (i = 0; i < ncpu; i++) {
			n -= mag_count(&cpus[i]->heap.mag[k]);
			mi->heap_allocs += cpus[i]->heap.mag[k].allocs;
		}
		live += n;
		mi->heap_used += n * class_size[k];
	}
	mi->heap_frees = mi->heap_allocs - live;
}
