/*
 * vmap.c: address ranges in the platform's vmap area.  Free extents are in
 * two trees, by address to merge and by size to find the best fit; what was
 * never used lies above `top'.  Every range has an unmapped page below it.
 */
#include <string.h>
#include "thread.h"

struct extent {
	uintptr_t		va;
	size_t			size;
	RB_ENTRY(extent)	byaddr, bysize;
};
RB_HEAD(addrtree, extent);
RB_HEAD(sizetree, extent);

static struct addrtree addrs = RB_INITIALIZER(&addrs);
static struct sizetree sizes = RB_INITIALIZER(&sizes);
static uintptr_t top = PLAT_VMAP_BASE;
static struct kern_mutex vmap_mutex = {
	.wq = { .q = TAILQ_HEAD_INITIALIZER(vmap_mutex.wq.q), .name = "vmap" }
};

static int
addr_cmp(const struct extent *a, const struct extent *b)
{

	return (a->va > b->va) - (a->va < b->va);
}

static int
size_cmp(const struct extent *a, const struct extent *b)
{

	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	return addr_cmp(a, b);
}

RB_PROTOTYPE_STATIC(addrtree, extent, byaddr, addr_cmp)
RB_GENERATE_STATIC(addrtree, extent, byaddr, addr_cmp)
RB_PROTOTYPE_STATIC(sizetree, extent, bysize, size_cmp)
RB_GENERATE_STATIC(sizetree, extent, bysize, size_cmp)

static size_t
whole(size_t size)
{

	return ((size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1)) + PAGE_SIZE;
}

static void
extent_insert(struct extent *e)
{

	RB_INSERT(addrtree, &addrs, e);
	RB_INSERT(sizetree, &sizes, e);
}

static void
extent_remove(struct extent *e)
{

	RB_REMOVE(addrtree, &addrs, e);
	RB_REMOVE(sizetree, &sizes, e);
}

void *
kern_vmap_alloc(size_t size)
{
	struct extent key, *e;
	uintptr_t va = 0;

	if (size == 0 || size > PLAT_VMAP_END - PLAT_VMAP_BASE - PAGE_SIZE)
		return NULL;
	size = whole(size);
	memset(&key, 0, sizeof(key));
	key.size = size;
	kern_mutex_lock(&vmap_mutex);
	if ((e = RB_NFIND(sizetree, &sizes, &key)) != NULL) {
		extent_remove(e);
		va = e->va;
		e->va += size;
		e->size -= size;
		if (e->size != 0) {
			extent_insert(e);
			e = NULL;
		}
	} else if (size <= PLAT_VMAP_END - top) {
		va = top;
		top += size;
	}
	kern_mutex_unlock(&vmap_mutex);
	kern_free(e);
	return va == 0 ? NULL : (void *)(va + PAGE_SIZE);
}

/* Without memory for the extent its addresses are lost: there are plenty. */
void
kern_vmap_free(void *p, size_t size)
{
	struct extent *e, *o, *gone = NULL;

	if ((e = kern_malloc(sizeof(*e), 0)) == NULL)
		return;
	e->va = (uintptr_t)p - PAGE_SIZE;
	e->size = whole(size);
	KASSERT(e->va >= PLAT_VMAP_BASE && e->va + e->size <= PLAT_VMAP_END);
	kern_mutex_lock(&vmap_mutex);
	if ((o = RB_NFIND(addrtree, &addrs, e)) != NULL) {
		KASSERT(o->va >= e->va + e->size);
		if (o->va == e->va + e->size) {
			extent_remove(o);
			e->size += o->size;
			gone = o;
		}
	}
	RB_INSERT(addrtree, &addrs, e);
	o = RB_PREV(addrtree, &addrs, e);
	RB_REMOVE(addrtree, &addrs, e);
	if (o != NULL) {
		KASSERT(o->va + o->size <= e->va);
		if (o->va + o->size == e->va) {
			extent_remove(o);
			o->size += e->size;
			kern_free(gone);
			gone = e;
			e = o;
		}
	}
	extent_insert(e);
	kern_mutex_unlock(&vmap_mutex);
	kern_free(gone);
}
