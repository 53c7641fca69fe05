/*
 * slab.c: objects of a class of size, in slabs: runs of 1, 2 or 4 pages aligned
 * to their size, with a header at the start.  The CPUs' lists of free objects
 * (heap.h) are filled from slabs and emptied into them by halves.
 */
#include "page.h"
#include "thread.h"

struct slab {
	LIST_ENTRY(slab) link;		/* in cl->partial while nfree > 0 */
	void		*free;
	uint16_t	nfree;		/* with those never used */
	uint16_t	fresh;		/* index of the first never used */
};

const uint16_t heap_class_size[HEAP_NCLASS] = {
	0, 16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384,
	448, 512, 640, 768, 896, 1024, 1280, 1536, 1792, HEAP_SMALL
};

static struct class {
	struct kern_spin	lock;
	LIST_HEAD(, slab)	partial;
	uint16_t		size, first, nobj, pages;
	uint32_t		nempty;		/* slabs with nothing in use */
	uint64_t		out;		/* objects not in a slab */
} classes[HEAP_NCLASS];

void
heap_cache_init(struct heap_cache *h)
{
	unsigned k, n;

	for (k = 1; k < HEAP_NCLASS; k++) {
		n = 8192 / heap_class_size[k];
		h->mag[k].max = n < 16 ? 16 : n < 64 ? n : 64;
		h->mag[k].room = h->mag[k].ahead = h->mag[k].max;
	}
}

void
slab_init(void)
{
	struct class *cl;
	unsigned k;

	for (k = 1; k < HEAP_NCLASS; k++) {
		cl = &classes[k];
		LIST_INIT(&cl->partial);
		cl->size = heap_class_size[k];
		cl->pages = cl->size <= 256 ? 1 : cl->size <= 1024 ? 2 : 4;
		cl->first = (cl->size & (cl->size - 1)) == 0 &&
		    cl->size > sizeof(struct slab) ? cl->size :
		    (sizeof(struct slab) + 15) & ~15;
		cl->nobj = (cl->pages * PAGE_SIZE - cl->first) / cl->size;
	}
}

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
	page_mark(sl, cl->pages, kern_heap_debug ? k | PG_DEBUG : k);
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

/* Half a list of objects for the CPU; returns one of them, or NULL. */
void *
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

void
mag_limit(struct heap_mag *m, unsigned k)
{

	if (mag_count(m) >= m->max)
		mag_flush(m, k, m->max / 2);
	m->ahead -= m->room;		/* the frees so far */
	m->room = m->max - mag_count(m);
	m->ahead += m->room;
}

/*
 * Gives free memory back to the page allocator.  Any context, but does nothing
 * where it might not sleep, or while another thread is at it.
 */
bool
heap_reclaim(void)
{
	static uint32_t busy;
	struct class *cl;
	struct slab *sl;
	unsigned long s;
	unsigned k;
	bool nailed;
	size_t n;

	s = plat_irq_save();
	nailed = sched_nailed(plat_self());
	plat_irq_restore(s);
	if ((s & PLAT_IRQ_ENABLED) == 0 || nailed ||
	    __atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE) != 0)
		return false;
	n = thread_reclaim();
	for (k = 1; k < HEAP_NCLASS; k++) {
		cl = &classes[k];
		kern_preempt_disable();
		mag_flush(&plat_self()->heap.mag[k], k, 0);
		kern_preempt_enable();
		s = kern_spin_lock(&cl->lock);
		while (cl->nempty > 0) {
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

uint64_t
slab_out(unsigned k)
{

	return classes[k].out;
}
