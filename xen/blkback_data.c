/*
 * blkback_data.c: a request's memory, and the ways between it and the front
 * end's pages: the hypervisor's copies, or pages that stay mapped.
 */
#include <string.h>
#include "blkback.h"

/* ---- memory ---- */

static bool
claim(struct bb *b, bool *flag)
{
	unsigned long s;
	bool free;

	s = kern_spin_lock(&b->spin);
	if ((free = !*flag))
		*flag = true;
	kern_spin_unlock(&b->spin, s);
	return free;
}

struct bb_io *
bb_io_get(struct bb *b)
{
	struct bb_io *io = kern_malloc(sizeof(*io), 0);

	if (io == NULL && claim(b, &b->spare_used))
		io = &b->spare;
	if (io != NULL) {
		io->x.req.data = NULL;
		io->npages = 0;
		io->reserve = io->bad = false;
	}
	return io;
}

void
bb_io_put(struct bb *b, struct bb_io *io)
{
	unsigned long s;

	if (io->npages > 0)
		kern_page_free(io->x.req.data, io->npages);
	s = kern_spin_lock(&b->spin);
	b->user.memory = b->memory -= io->npages * PAGE_SIZE;
	if (io->reserve)
		b->reserve_used = false;
	if (io == &b->spare)
		b->spare_used = false;
	kern_spin_unlock(&b->spin, s);
	if (io != &b->spare)
		kern_free(io);
}

/*
 * Pages with anything in them: data that was read is copied only if all of it
 * was read.
 */
bool
bb_data_get(struct bb *b, struct bb_io *io)
{
	size_t n = (io->w.len + PAGE_SIZE - 1) / PAGE_SIZE;
	unsigned long s;
	bool ok;

	if (n == 0 || io->w.op == EXPORT_DISCARD)
		return true;
	s = kern_spin_lock(&b->spin);
	ok = b->memory + n * PAGE_SIZE <= b->maxmemory;
	kern_spin_unlock(&b->spin, s);
	if (!ok)
		return false;
	if ((io->x.req.data = kern_page_alloc(n, 0, 0)) != NULL) {
		io->npages = n;
		s = kern_spin_lock(&b->spin);
		b->user.memory = b->memory += n * PAGE_SIZE;
		kern_spin_unlock(&b->spin, s);
		return true;
	}
	io->reserve = claim(b, &b->reserve_used);
	if (io->reserve)
		io->x.req.data = b->reserve;
	return io->reserve;
}

/* ---- copies ---- */

static void
set_op(struct bb *b, struct gnttab_copy *c, grant_ref_t ref, unsigned at,
    void *p, unsigned n, bool in)
{
	struct gnttab_copy_ptr theirs = { .u.ref = ref, .domid = b->d->dom,
	    .offset = at };
	struct gnttab_copy_ptr ours = { .u.gmfn = xen_gfn(p),
	    .domid = DOMID_SELF, .offset = (uintptr_t)p & (PAGE_SIZE - 1) };

	memset(c, 0, sizeof(*c));
	memcpy(&c->source, in ? &theirs : &ours, sizeof(c->source));
	memcpy(&c->dest, in ? &ours : &theirs, sizeof(c->dest));
	c->len = n;
	c->flags = in ? GNTCOPY_source_gref : GNTCOPY_dest_gref;
	c->status = GNTST_general_error;
}

int
bb_indirect(struct bb *b, struct bb_io *io)
{
	size_t n = io->w.nseg * BLK_SEGBYTES;
	struct gnttab_copy c;

	if (!bb_pool_copy(b, io->w.ref, 0, b->page, n, true)) {
		set_op(b, &c, io->w.ref, 0, b->page, n, true);
		if (xen_grant_copy(&c, 1) != 0 || c.status != GNTST_okay)
			return EINVAL;
	}
	blk_segments(b->page, &io->w);
	return 0;
}

/* A copy of the hypervisor's stays inside a page on both sides. */
void
bb_copy(struct bb *b, struct bb_io *io, bool in, struct gnttab_copy *op,
    unsigned *nop)
{
	const struct blk_seg *g = io->w.seg;
	char *p = io->x.req.data;
	unsigned at, k, left;

	for (; g < io->w.seg + io->w.nseg; g++) {
		at = g->first * BLK_SECTOR;
		left = (g->last - g->first + 1) * BLK_SECTOR;
		if (bb_pool_copy(b, g->ref, at, p, left, in)) {
			p += left;
			continue;
		}
		for (; left > 0; left -= k, at += k, p += k) {
			k = PAGE_SIZE - ((uintptr_t)p & (PAGE_SIZE - 1));
			if (k > left)
				k = left;
			set_op(b, &op[(*nop)++], g->ref, at, p, k, in);
		}
	}
}
