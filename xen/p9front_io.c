/* p9front_io.c: requests into a ring, replies out of it: see p9front.h. */
#include "p9front.h"

#define fence()	__atomic_thread_fence(__ATOMIC_SEQ_CST)

static uint32_t
le(const uint8_t *p, unsigned n)
{
	uint32_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

static void
broken(struct pf *f, const char *why)
{

	if (f->connected)
		xenbus_trouble(f->xd, why);
	f->connected = f->present = false;
	pf_fail(f);
}

void
pf_fail(struct pf *f)
{
	struct pf_call *c;
	unsigned i;

	for (i = 0; i < PF_MAXRING; i++)
		while (f->ring[i].ncalls > 0 &&
		    (c = TAILQ_FIRST(&f->ring[i].calls)) != NULL) {
			TAILQ_REMOVE(&f->ring[i].calls, c, link);
			f->ring[i].ncalls--;
			c->error = EIO;
			c->done = true;
			kern_cv_signal(&c->cv);
		}
	kern_cv_broadcast(&f->cv);
}

/* ---- requests ---- */

static void
ring_write(struct pf *f, struct pf_ring *r, const uint8_t *p, uint32_t n)
{
	uint32_t size = pf_size(f), at = r->out_prod & (size - 1);
	uint32_t first = n < size - at ? n : size - at;
	uint8_t *out = r->data + size;

	memcpy(out + at, p, first);
	memcpy(out, p + first, n - first);
	r->out_prod += n;
	fence();			/* the message before the index */
	r->intf->out_prod = r->out_prod;
	fence();
	xen_event_notify(&r->event);
}

/*
 * A ring with room for n bytes; NULL: there is no connection, or none any more.
 * QEMU's back end takes it for granted that the tag says which ring.
 */
static struct pf_ring *
ring_with_room(struct pf *f, uint16_t tag, uint32_t n)
{
	uint32_t used;
	struct pf_ring *r;

	while (f->connected && !f->fresh) {
		r = &f->ring[tag % f->nring];
		used = r->out_prod - r->intf->out_cons;
		if (used > pf_size(f)) {
			broken(f, "an index jumps");
			break;
		}
		if (n <= pf_size(f) - used)
			return r;
		(void)kern_cv_wait(&f->cv, &f->lock, UINT64_MAX);
	}
	return NULL;
}

int
pf_rpc(struct p9dev *dev, const void *req, size_t len, void *reply, size_t room,
    size_t *rlen)
{
	struct pf_call c = { .reply = reply, .room = room };
	struct pf *f = (struct pf *)dev;
	struct pf_ring *r;

	if (len < PF_HEADER || len > dev->maxmsg || room < PF_HEADER)
		return EINVAL;
	c.tag = (uint16_t)le((const uint8_t *)req + 5, 2);
	kern_cv_init(&c.cv, "9p");
	kern_mutex_lock(&f->lock);
	if ((r = ring_with_room(f, c.tag, (uint32_t)len)) == NULL) {
		kern_mutex_unlock(&f->lock);
		return EIO;
	}
	TAILQ_INSERT_TAIL(&r->calls, &c, link);
	r->ncalls++;
	ring_write(f, r, req, (uint32_t)len);
	while (!c.done)
		(void)kern_cv_wait(&c.cv, &f->lock, UINT64_MAX);
	kern_mutex_unlock(&f->lock);
	*rlen = c.len;
	return c.error;
}

/* ---- replies ---- */

/* The n bytes at offset off of what has come. */
static void
ring_read(struct pf *f, struct pf_ring *r, uint32_t off, uint8_t *to, uint32_t n)
{
	uint32_t size = pf_size(f), at = (r->in_cons + off) & (size - 1);
	uint32_t first = n < size - at ? n : size - at;

	memcpy(to, r->data + at, first);
	memcpy(to + first, r->data, n - first);
}

/* Takes one reply; NULL, or why the back end is not to be talked to. */
static const char *
take(struct pf *f, struct pf_ring *r, uint32_t avail, bool *any)
{
	uint8_t head[PF_HEADER];
	struct pf_call *c;
	uint32_t n;

	*any = false;
	if (avail < PF_HEADER)
		return NULL;
	ring_read(f, r, 0, head, PF_HEADER);
	n = le(head, 4);
	if (n < PF_HEADER || n > pf_size(f))
		return "a reply of impossible length";
	if (avail < n)
		return NULL;		/* the rest comes */
	TAILQ_FOREACH(c, &r->calls, link)
		if (c->tag == le(head + 5, 2))
			break;
	if (c == NULL)
		return "a reply that nobody waits for";
	if (n > c->room)
		return "a reply longer than agreed";
	memcpy(c->reply, head, PF_HEADER);	/* read once */
	ring_read(f, r, PF_HEADER, c->reply + PF_HEADER, n - PF_HEADER);
	r->in_cons += n;
	TAILQ_REMOVE(&r->calls, c, link);
	r->ncalls--;
	c->len = n;
	c->done = *any = true;
	kern_cv_signal(&c->cv);
	return NULL;
}

int
pf_intr(void *arg)
{
	struct pf_ring *r = arg;
	struct pf *f = r->f;
	const char *why = NULL;
	bool any = true, some = false;
	uint32_t avail;

	kern_mutex_lock(&f->lock);
	while (f->connected && any && why == NULL) {
		avail = r->intf->in_prod - r->in_cons;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (avail > pf_size(f))
			why = "an index jumps";
		else
			why = take(f, r, avail, &any);
		some |= any;
	}
	if (why != NULL)
		broken(f, why);
	else if (some && f->connected) {
		fence();		/* it is read before it is free */
		r->intf->in_cons = r->in_cons;
		fence();
		xen_event_notify(&r->event);
	}
	kern_cv_broadcast(&f->cv);	/* there may be room for requests */
	kern_mutex_unlock(&f->lock);
	return 1;
}
