/*
 * vmap.c: address ranges in the platform's vmap area.  Free extents are in a
 * list by address, merged; what was never used lies above `top'.  Every range
 * has an unmapped page below it.  The users are few and ask seldom: stacks are
 * kept by thread.c.
 */
#include "thread.h"

struct extent {
	TAILQ_ENTRY(extent)	link;
	uintptr_t		va;
	size_t			size;
};

static TAILQ_HEAD(extentq, extent) extents = TAILQ_HEAD_INITIALIZER(extents);
static uintptr_t top = PLAT_VMAP_BASE;
static struct kern_mutex vmap_mutex = {
	.wq = { .q = TAILQ_HEAD_INITIALIZER(vmap_mutex.wq.q), .name = "vmap" }
};

static size_t
whole(size_t size)
{

	return ((size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1)) + PAGE_SIZE;
}

void *
kern_vmap_alloc(size_t size)
{
	struct extent *e;
	uintptr_t va = 0;

	if (size == 0 || size > PLAT_VMAP_END - PLAT_VMAP_BASE - PAGE_SIZE)
		return NULL;
	size = whole(size);
	kern_mutex_lock(&vmap_mutex);
	TAILQ_FOREACH(e, &extents, link)
		if (e->size >= size)
			break;
	if (e != NULL) {
		va = e->va;
		e->va += size;
		e->size -= size;
		if (e->size == 0)
			TAILQ_REMOVE(&extents, e, link);
		else
			e = NULL;
	} else if (size <= PLAT_VMAP_END - top) {
		va = top;
		top += size;
	}
	kern_mutex_unlock(&vmap_mutex);
	kern_free(e);
	return va == 0 ? NULL : (void *)(va + PAGE_SIZE);
}

/* Joins e and the extent behind it, if they touch; returns the one to free. */
static struct extent *
merge(struct extent *e)
{
	struct extent *next = e != NULL ? TAILQ_NEXT(e, link) : NULL;

	if (next == NULL)
		return NULL;
	KASSERT(e->va + e->size <= next->va);
	if (e->va + e->size != next->va)
		return NULL;
	e->size += next->size;
	TAILQ_REMOVE(&extents, next, link);
	return next;
}

/* Without memory for the extent its addresses are lost: there are plenty. */
void
kern_vmap_free(void *p, size_t size)
{
	struct extent *e, *o, *gone[2];

	if ((e = kern_malloc(sizeof(*e), 0)) == NULL)
		return;
	e->va = (uintptr_t)p - PAGE_SIZE;
	e->size = whole(size);
	kern_mutex_lock(&vmap_mutex);
	KASSERT(e->va >= PLAT_VMAP_BASE && e->va + e->size <= top);
	TAILQ_FOREACH_REVERSE(o, &extents, extentq, link)
		if (o->va < e->va)
			break;
	if (o != NULL)
		TAILQ_INSERT_AFTER(&extents, o, e, link);
	else
		TAILQ_INSERT_HEAD(&extents, e, link);
	gone[0] = merge(e);
	gone[1] = merge(o);
	kern_mutex_unlock(&vmap_mutex);
	kern_free(gone[0]);
	kern_free(gone[1]);
}
