/* netbuf.c: receive buffers that nobody has. */
#include "netfront.h"

static struct nf_rxbuf *
rxbuf_new(struct nf *n)
{
	struct nf_rxbuf *b;

	if ((b = kern_zalloc(sizeof(*b))) == NULL)
		return NULL;
	b->n = n;
	b->page = kern_page_alloc(1, 0, KERN_PG_ZERO);
	if (b->page != NULL && (b->ref = xen_grant_ref()) != 0)
		return b;
	if (b->page != NULL)
		kern_page_free(b->page, 1);
	kern_free(b);
	return NULL;
}

struct nf_rxbuf *
nf_rxbuf_get(struct nf *n)
{
	struct nf_rxbuf *b;
	bool more;

	b = rxpool_get(&n->pool, &more);
	if (more && (b = rxbuf_new(n)) == NULL)
		rxpool_less(&n->pool, true, 2 * NF_RXRESERVE);
	return b;
}

/* Nobody has it, but the other side may. */
void
nf_rxbuf_destroy(struct nf *n, struct nf_rxbuf *b)
{

	xen_grant_dispose(b->ref, b->page);
	kern_free(b);
	rxpool_less(&n->pool, false, 0);
}

void
nf_rx_free(struct nf *n)
{
	struct nf_rxbuf *b;
	unsigned long s;

	for (;;) {
		s = kern_spin_lock(&n->pool.lock);
		if ((b = n->pool.free) != NULL)
			n->pool.free = b->next;
		kern_spin_unlock(&n->pool.lock, s);
		if (b == NULL)
			return;
		nf_rxbuf_destroy(n, b);
	}
}
