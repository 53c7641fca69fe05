/*
 * ring.c: split virtqueues; the contract is ring.h.
 *
 * Memory order: what a descriptor says must be visible before avail->idx, and
 * avail->idx before avail_event is read (and used_event before used->idx), or
 * both sides may wait for each other.  The second kind needs a full barrier,
 * on x86 too.
 */
#include "ring.h"

#define EVENT_USED(v)	((v)->avail->ring[(v)->num])

static uint16_t
event_avail(const struct vring *v)
{

	return *(volatile uint16_t *)((uintptr_t)v->used +
	    sizeof(*v->used) + v->num * sizeof(struct vring_used_elem));
}

void (*vring_fence)(void);

static inline void
full_barrier(void)
{

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (vring_fence != NULL)
		vring_fence();
}

size_t
vring_layout(unsigned num, size_t align, size_t *avail, size_t *used)
{
	size_t off;

	off = num * sizeof(struct vring_desc);
	*avail = off;
	off += sizeof(struct vring_avail) + (num + 1) * sizeof(uint16_t);
	off = (off + align - 1) & ~(align - 1);
	*used = off;
	off += sizeof(struct vring_used) +
	    num * sizeof(struct vring_used_elem) + sizeof(uint16_t);
	return (off + align - 1) & ~(align - 1);
}

void
vring_init(struct vring *v, unsigned num, size_t align, void *mem,
    struct vring_slot *slot, bool event_idx)
{
	size_t avail, used;
	unsigned i;

	(void)vring_layout(num, align, &avail, &used);
	v->desc = mem;
	v->avail = (void *)((char *)mem + avail);
	v->used = (void *)((char *)mem + used);
	v->slot = slot;
	v->num = num;
	v->free_head = 0;
	v->nfree = num;
	v->outstanding = 0;
	v->avail_idx = v->published = v->used_idx = 0;
	v->event_idx = event_idx;
	v->why = NULL;
	for (i = 0; i < num; i++) {
		slot[i].cookie = NULL;
		slot[i].ndesc = 0;
		slot[i].inlen = 0;
		slot[i].next = i + 1;	/* the last is never followed */
	}
}

static void
fill(struct vring_desc *d, const struct vring_sg *sg, bool write, bool more,
    unsigned next)
{

	d->addr = sg->addr;
	d->len = sg->len;
	d->flags = (write ? VRING_DESC_WRITE : 0) | (more ? VRING_DESC_NEXT : 0);
	d->next = more ? next : 0;
}

int
vring_add(struct vring *v, const struct vring_sg *sg, unsigned nout,
    unsigned nin, void *cookie, struct vring_desc *table, uint64_t table_pa)
{
	struct vring_slot *head;
	uint32_t inlen = 0;
	unsigned i, d, n, total = nout + nin;

	n = table != NULL ? 1 : total;
	if (v->why != NULL || total == 0 || n > v->nfree)
		return -1;
	for (i = nout; i < total; i++)
		inlen += sg[i].len;
	head = &v->slot[v->free_head];
	d = v->free_head;
	if (table != NULL) {
		for (i = 0; i < total; i++)
			fill(&table[i], &sg[i], i >= nout, i + 1 < total, i + 1);
		v->desc[d].addr = table_pa;
		v->desc[d].len = total * sizeof(struct vring_desc);
		v->desc[d].flags = VRING_DESC_INDIRECT;
		v->desc[d].next = 0;
		d = v->slot[d].next;
	} else {
		for (i = 0; i < total; i++) {
			fill(&v->desc[d], &sg[i], i >= nout, i + 1 < total,
			    v->slot[d].next);
			d = v->slot[d].next;
		}
	}
	head->cookie = cookie;
	head->inlen = inlen;
	head->ndesc = n;
	v->avail->ring[v->avail_idx & (v->num - 1)] = v->free_head;
	v->avail_idx++;
	v->free_head = d;
	v->nfree -= n;
	v->outstanding++;
	return 0;
}

bool
vring_publish(struct vring *v)
{
	uint16_t old = v->published, event;

	if (v->avail_idx == old || v->why != NULL)
		return false;
	__atomic_store_n(&v->avail->idx, v->avail_idx, __ATOMIC_RELEASE);
	v->published = v->avail_idx;
	full_barrier();
	if (!v->event_idx)
		return (v->used->flags & VRING_USED_NO_NOTIFY) == 0;
	/* Section 2.6.7.2: whether the index moved past the event. */
	event = event_avail(v);
	return (uint16_t)(v->avail_idx - event - 1) <
	    (uint16_t)(v->avail_idx - old);
}

static void *
broken(struct vring *v, const char *why)
{

	v->why = why;
	return NULL;
}

/* Give the descriptors of the chain at id back. */
static void *
release(struct vring *v, unsigned id)
{
	struct vring_slot *head = &v->slot[id];
	unsigned i, last = id;

	for (i = 1; i < head->ndesc; i++)
		last = v->slot[last].next;
	v->slot[last].next = v->free_head;
	v->free_head = id;
	v->nfree += head->ndesc;
	v->outstanding--;
	head->ndesc = 0;
	return head->cookie;
}

bool
vring_pending(const struct vring *v)
{

	return v->why == NULL &&
	    __atomic_load_n(&v->used->idx, __ATOMIC_ACQUIRE) != v->used_idx;
}

void *
vring_pop(struct vring *v, uint32_t *len)
{
	volatile struct vring_used_elem *e;
	uint32_t id, n;
	uint16_t idx;

	if (v->why != NULL)
		return NULL;
	idx = __atomic_load_n(&v->used->idx, __ATOMIC_ACQUIRE);
	if (idx == v->used_idx)
		return NULL;
	if ((uint16_t)(idx - v->used_idx) >
	    (uint16_t)(v->published - v->used_idx))
		return broken(v, "used index jumped");
	e = &v->used->ring[v->used_idx & (v->num - 1)];
	id = e->id;		/* read once: it may change */
	n = e->len;
	if (id >= v->num || v->slot[id].ndesc == 0)
		return broken(v, "used id is not outstanding");
	if (n > v->slot[id].inlen)
		return broken(v, "used length exceeds the buffer");
	v->used_idx++;
	*len = n;
	return release(v, id);
}

void
vring_intr_off(struct vring *v)
{

	/* With events: one that is not reached for a whole cycle. */
	if (v->event_idx)
		EVENT_USED(v) = v->used_idx - 1;
	else
		v->avail->flags = VRING_AVAIL_NO_INTERRUPT;
}

bool
vring_intr_on(struct vring *v, unsigned after)
{

	if (v->event_idx)
		EVENT_USED(v) = v->used_idx + after - 1;
	else
		v->avail->flags = 0;
	full_barrier();
	return v->why != NULL ||
	    (uint16_t)(v->used->idx - v->used_idx) < after;
}

void *
vring_reclaim(struct vring *v)
{
	unsigned i;

	if (v->why == NULL)
		v->why = "reset";
	for (i = 0; i < v->num && v->outstanding > 0; i++)
		if (v->slot[i].ndesc != 0)
			return release(v, i);
	return NULL;
}
