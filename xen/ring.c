/* ring.c: the front end's half of a shared ring. */
#include <string.h>
#include "ring.h"

void
xring_init(struct xring *r, void *page, size_t bytes, uint32_t entry)
{

	memset(r, 0, sizeof(*r));
	r->page = page;
	r->entry = entry;
	r->size = xring_entries(bytes, entry);
	r->page->req_event = r->page->rsp_event = 1;
}

void
xring_put(struct xring *r, const void *req, size_t len)
{

	memcpy((void *)xring_slot(r->page, r->size, r->entry, r->req_prod++), req, len);
}

bool
xring_publish(struct xring *r)
{
	uint32_t old = r->published, event;

	if (r->why != NULL || old == r->req_prod)
		return false;
	xring_fence();		/* requests before the index */
	r->page->req_prod = r->published = r->req_prod;
	xring_fence();		/* the index before the question */
	event = r->page->req_event;
	return r->req_prod - event < r->req_prod - old;
}

bool
xring_pending(const struct xring *r)
{

	return r->why == NULL && r->page->rsp_prod != r->rsp_cons;
}

bool
xring_get(struct xring *r, void *rsp, size_t len)
{
	uint32_t prod;

	if (r->why != NULL)
		return false;
	prod = r->page->rsp_prod;
	if (prod == r->rsp_cons)
		return false;
	if (prod - r->rsp_cons > r->published - r->rsp_cons) {
		r->why = "an index jumps";
		return false;
	}
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	memcpy(rsp, (const void *)xring_slot(r->page, r->size, r->entry, r->rsp_cons), len);
	/* the copy is what counts from here on */
	__asm__ volatile("" : : : "memory");
	r->rsp_cons++;
	return true;
}

bool
xring_want(struct xring *r, uint32_t after)
{

	r->page->rsp_event = r->rsp_cons + after;
	xring_fence();
	return r->why != NULL ||
	    r->page->rsp_prod - r->rsp_cons < (after == 0 ? 1 : after);
}
