/*
 * blkback_pool.c: persistent grants (io/blkif.h, note 7): pages of the front
 * end that stay mapped for the connection, as many as there is room for.  One
 * that was not used for the longest time goes when another one comes.
 */
#include <string.h>
#include "blkback.h"

#define NPAGES	1024
#define NHASH	256		/* a power of two */
#define NONE	0xffff
#define TRIES	64		/* looks for one that may go */

struct slot {
	grant_ref_t	ref;
	grant_handle_t	handle;
	uint16_t	next;		/* of the same hash, or free */
	bool		mapped, used;
};
struct bb_pool {
	struct kern_mutex lock;
	char		*window;
	uint16_t	hash[NHASH];
	uint16_t	free, hand;
	struct slot	slot[NPAGES];
};

int
bb_pool_make(struct bb *b)
{
	struct bb_pool *p = kern_zalloc(sizeof(*p));
	unsigned i;

	if (p == NULL)
		return ENOMEM;
	if ((p->window = xen_window_alloc(NPAGES)) == NULL) {
		kern_free(p);
		return ENOMEM;
	}
	kern_mutex_init(&p->lock, "bbpool");
	memset(p->hash, 0xff, sizeof(p->hash));
	for (i = 0; i < NPAGES; i++)
		p->slot[i].next = i + 1 < NPAGES ? i + 1 : NONE;
	b->pool = p;
	return 0;
}

static char *
address(struct bb_pool *p, struct slot *s)
{

	return p->window + (s - p->slot) * PAGE_SIZE;
}

static void
unmap(struct bb *b, struct slot *s)
{

	xen_unmap_grants(address(b->pool, s), &s->handle, 1);
	s->mapped = false;
	b->user.mapped--;
}

void
bb_pool_free(struct bb *b)
{
	struct bb_pool *p = b->pool;
	unsigned i;

	if (p == NULL)
		return;
	for (i = 0; i < NPAGES; i++)
		if (p->slot[i].mapped)
			unmap(b, &p->slot[i]);
	xen_window_free(p->window, NPAGES);
	kern_free(p);
	b->pool = NULL;
}

/* Out of its list of the same hash. */
static void
forget(struct bb_pool *p, struct slot *s)
{
	uint16_t *at = &p->hash[s->ref % NHASH];

	while (*at != s - p->slot)
		at = &p->slot[*at].next;
	*at = s->next;
}

/* A slot for another page; NULL: all were used lately. */
static struct slot *
room(struct bb *b)
{
	struct bb_pool *p = b->pool;
	struct slot *s;
	unsigned i;

	if (p->free != NONE) {
		s = &p->slot[p->free];
		p->free = s->next;
		return s;
	}
	for (i = 0; i < TRIES; i++) {
		s = &p->slot[p->hand];
		p->hand = (p->hand + 1) % NPAGES;
		if (!s->used) {
			forget(p, s);
			unmap(b, s);
			return s;
		}
		s->used = false;
	}
	return NULL;
}

static struct slot *
find(struct bb *b, grant_ref_t ref)
{
	struct bb_pool *p = b->pool;
	struct slot *s;
	uint16_t i;

	for (i = p->hash[ref % NHASH]; i != NONE; i = p->slot[i].next)
		if (p->slot[i].ref == ref)
			return &p->slot[i];
	if ((s = room(b)) == NULL)
		return NULL;
	if (xen_map_grants(address(p, s), b->d->dom, &ref, 1, false,
	    &s->handle) != 0) {
		s->next = p->free;
		p->free = s - p->slot;
		return NULL;
	}
	b->user.mapped++;
	s->ref = ref;
	s->mapped = true;
	s->next = p->hash[ref % NHASH];
	p->hash[ref % NHASH] = s - p->slot;
	return s;
}

bool
bb_pool_copy(struct bb *b, grant_ref_t ref, size_t at, void *data, size_t n,
    bool in)
{
	struct bb_pool *p = b->pool;
	struct slot *s;

	if (p == NULL)
		return false;
	kern_mutex_lock(&p->lock);
	if ((s = find(b, ref)) != NULL) {
		s->used = true;
		if (in)
			memcpy(data, address(p, s) + at, n);
		else
			memcpy(address(p, s) + at, data, n);
	}
	kern_mutex_unlock(&p->lock);
	return s != NULL;
}
