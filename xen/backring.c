/* backring.c: the back end's half of a shared ring. */
#include <string.h>
#include "backring.h"

void
bring_init(struct bring *r, void *page, size_t bytes, uint32_t entry)
{

	memset(r, 0, sizeof(*r));
	r->page = page;
	r->entry = entry;
	r->size = xring_entries(bytes, entry);
	r->req_cons = r->rsp_prod = r->published = r->page->rsp_prod;
}

uint32_t
bring_pending(struct bring *r)
{
	uint32_t n;

	if (r->why != NULL)
		return 0;
	n = r->page->req_prod - r->req_cons;
	if (n > r->size - bring_owed(r)) {
		r->why = "an index jumps";
		return 0;
	}
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return n;
}

void
bring_get(struct bring *r, void *req, size_t len)
{

	memcpy(req, (const void *)xring_slot(r->page, r->size, r->entry, r->req_cons), len);
	/* the copy is what counts from here on */
	__asm__ volatile("" : : : "memory");
	r->req_cons++;
}

void
bring_put(struct bring *r, const void *rsp, size_t len)
{

	memcpy((void *)xring_slot(r->page, r->size, r->entry, r->rsp_prod++), rsp, len);
}

bool
bring_publish(struct bring *r)
{
	uint32_t old = r->published, event;

	if (old == r->rsp_prod)
		return false;
	xring_fence();		/* responses before the index */
	r->page->rsp_prod = r->published = r->rsp_prod;
	xring_fence();		/* the index before the question */
	event = r->page->rsp_event;
	return r->rsp_prod - event < r->rsp_prod - old;
}

bool
bring_want(struct bring *r, uint32_t after)
{

	r->page->req_event = r->req_cons + after;
	xring_fence();
	return r->why != NULL ||
	    r->page->req_prod - r->req_cons < (after == 0 ? 1 : after);
}
