/* foreign.c: see foreign.h. */
#include <sys/mman.h>
#include <unistd.h>
#include "foreign.h"

char *foreign;
unsigned foreign_mapped;
bool foreign_dead, foreign_ro;
static int memfd;

void
foreign_init(void)
{

	memfd = memfd_create("foreign", 0);
	CHECK(memfd >= 0 && ftruncate(memfd, FOREIGN_PAGES * PAGE_SIZE) == 0);
	foreign = mmap(NULL, FOREIGN_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
	    MAP_SHARED, memfd, 0);
	CHECK(foreign != MAP_FAILED);
}

void *
xen_window_alloc(unsigned n)
{
	char *p;

	if (fake_short && rnd() % 20 == 0)
		return NULL;
	p = mmap(NULL, n * PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
	    MAP_NORESERVE, -1, 0);
	CHECK(p != MAP_FAILED);
	return p;
}

void
xen_window_free(void *w, unsigned n)
{

	CHECK(munmap(w, n * PAGE_SIZE) == 0);
}

void
xen_unmap_grants(void *w, const grant_handle_t *h, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		CHECK(h[i] < 100000 && foreign_mapped > 0);
		foreign_mapped--;
		CHECK(mmap((char *)w + i * PAGE_SIZE, PAGE_SIZE, PROT_NONE,
		    MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		    -1, 0) != MAP_FAILED);
	}
}

static bool
valid(grant_ref_t r, bool write)
{

	return r >= FOREIGN_REF && r < FOREIGN_REF + FOREIGN_PAGES &&
	    !(write && foreign_ro && r % 7 == 0) && !foreign_dead;
}

int
xen_map_grants(void *w, domid_t dom, const grant_ref_t *ref, unsigned n,
    bool ro, grant_handle_t *h)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		if (!valid(ref[i], !ro) || (fake_short && rnd() % 20 == 0)) {
			xen_unmap_grants(w, h, i);
			return EINVAL;
		}
		CHECK(mmap((char *)w + i * PAGE_SIZE, PAGE_SIZE, PROT_READ |
		    PROT_WRITE, MAP_FIXED | MAP_SHARED, memfd,
		    (ref[i] - FOREIGN_REF) * PAGE_SIZE) != MAP_FAILED);
		h[i] = ref[i];
		foreign_mapped++;
	}
	return 0;
}

static void
copy_one(struct gnttab_copy *c)
{
	bool in = (c->flags & GNTCOPY_source_gref) != 0;
	struct gnttab_copy_ptr *t = in ? &c->source : &c->dest;
	struct gnttab_copy_ptr *o = in ? &c->dest : &c->source;
	char *theirs, *ours;

	CHECK(c->len > 0 && t->offset + c->len <= PAGE_SIZE &&
	    o->offset + c->len <= PAGE_SIZE);
	CHECK(t->domid == FOREIGN_DOM && o->domid == DOMID_SELF &&
	    c->flags == (in ? GNTCOPY_source_gref : GNTCOPY_dest_gref));
	if (!valid(t->u.ref, !in)) {
		c->status = GNTST_bad_gntref;
		return;
	}
	theirs = foreign + (t->u.ref - FOREIGN_REF) * PAGE_SIZE + t->offset;
	ours = (char *)(o->u.gmfn << PAGE_SHIFT) + o->offset;
	if (in)
		memcpy(ours, theirs, c->len);
	else
		memcpy(theirs, ours, c->len);
	c->status = GNTST_okay;
}

int
xen_grant_copy(struct gnttab_copy *op, unsigned n)
{

	CHECK(n > 0);
	if (fake_short && rnd() % 50 == 0)
		return ENOMEM;
	while (n-- > 0)
		copy_one(op++);
	return 0;
}
