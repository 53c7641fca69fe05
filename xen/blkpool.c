/* blkpool.c: granted pages for data, last in first out (io/blkif.h, note 7). */
#include "blkfront.h"

static struct bf_page *
page_new(struct bf *b)
{
	struct bf_page *p;

	if (b->npages >= b->maxpages ||
	    (p = kern_malloc(sizeof(*p), 0)) == NULL)
		return NULL;
	if ((p->va = kern_page_alloc(1, 0, KERN_PG_ZERO)) == NULL) {
		kern_free(p);
		return NULL;
	}
	if ((p->ref = xen_grant_page(b->xd->dom, p->va, false)) == 0) {
		kern_page_free(p->va, 1);
		kern_free(p);
		return NULL;
	}
	b->npages++;
	return p;
}

struct bf_page *
bf_pages_get(struct bf *b, unsigned n)
{
	struct bf_page *list = NULL, *p;

	for (; n > 0; n--) {
		if ((p = b->pool) != NULL)
			b->pool = p->next;
		else if ((p = page_new(b)) == NULL) {
			bf_pages_put(b, list);
			return NULL;
		}
		p->next = list;
		list = p;
	}
	return list;
}

void
bf_pages_put(struct bf *b, struct bf_page *p)
{
	struct bf_page *next;

	for (; p != NULL; p = next) {
		next = p->next;
		p->next = b->pool;
		b->pool = p;
	}
}

void
bf_pages_free(struct bf *b, struct bf_page *p)
{
	struct bf_page *next;

	for (; p != NULL; p = next) {
		next = p->next;
		xen_grant_dispose(p->ref, p->va);
		kern_free(p);
		b->npages--;
	}
}

void
bf_pool_empty(struct bf *b)
{

	bf_pages_free(b, b->pool);
	b->pool = NULL;
}
