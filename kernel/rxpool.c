/* rxpool.c: see rxpool.h. */
#include <rxpool.h>

void *
rxpool_get(struct rxpool *rp, bool *more)
{
	struct rxbuf *b;
	unsigned long s;

	s = kern_spin_lock(&rp->lock);
	if ((b = rp->free) != NULL)
		rp->free = b->next;
	*more = b == NULL && rp->n < rp->max;
	if (*more)
		rp->n++;
	kern_spin_unlock(&rp->lock, s);
	return b;
}

void
rxpool_put(struct rxpool *rp, void *chain)
{
	struct rxbuf *last;
	unsigned long s;

	for (last = chain; last->next != NULL; last = last->next)
		continue;
	s = kern_spin_lock(&rp->lock);
	last->next = rp->free;
	rp->free = chain;
	kern_spin_unlock(&rp->lock, s);
}

void
rxpool_less(struct rxpool *rp, bool failed, unsigned least)
{
	unsigned long s;

	s = kern_spin_lock(&rp->lock);
	rp->n--;
	if (failed && rp->n > least)
		rp->max = rp->n;
	kern_spin_unlock(&rp->lock, s);
}
