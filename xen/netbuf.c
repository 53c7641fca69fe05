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
	unsigned long s;
	bool more;

	s = kern_spin_lock(&n->freelock);
	if ((b = n->free) != NULL)
		n->free = b->next;
	more = b == NULL && n->nbuf < n->maxbuf;
	if (more)
		n->nbuf++;
	kern_spin_unlock(&n->freelock, s);
	if (!more || (b = rxbuf_new(n)) != NULL)
		return b;
	s = kern_spin_lock(&n->freelock);
	n->nbuf--;
	if (n->nbuf > 2 * NF_RXRESERVE)
		n->maxbuf = n->nbuf;	/* memory says so */
	kern_spin_unlock(&n->freelock, s);
	return NULL;
}

/* The buffers of a chain are free again. */
void
nf_rxbuf_put(struct nf *n, struct nf_rxbuf *b)
{
	struct nf_rxbuf *last;
	unsigned long s;

	for (last = b; last->next != NULL; last = last->next)
		continue;
	s = kern_spin_lock(&n->freelock);
	last->next = n->free;
	n->free = b;
	kern_spin_unlock(&n->freelock, s);
}

/* Nobody has it, but the other side may. */
void
nf_rxbuf_destroy(struct nf *n, struct nf_rxbuf *b)
{
	unsigned long s;

	xen_grant_dispose(b->ref, b->page);
	kern_free(b);
	s = kern_spin_lock(&n->freelock);
	n->nbuf--;
	kern_spin_unlock(&n->freelock, s);
}

void
nf_rx_free(struct nf *n)
{
	struct nf_rxbuf *b;
	unsigned long s;

	for (;;) {
		s = kern_spin_lock(&n->freelock);
		if ((b = n->free) != NULL)
			n->free = b->next;
		kern_spin_unlock(&n->freelock, s);
		if (b == NULL)
			return;
		nf_rxbuf_destroy(n, b);
	}
}
