/*
 * Pages that are not memory of ours: the grant table, other domains' grants
 * (grant_table.h); and memory that is given back (memory.h).
 */
#include "pv.h"

#define CHUNK		64		/* elements of one hypercall */
#define MAXFRAME	512		/* of the grant table */
#define PATIENCE	100		/* times 10 ms, for a page swapped out */

static struct { uintptr_t va; unsigned n; } table;

/* ---- windows ---- */

void *
xen_window_alloc(unsigned npage)
{
	size_t size = (size_t)npage << PAGE_SHIFT;
	void *w = kern_vmap_alloc(size);

	if (w != NULL && xen_pt_prepare((uintptr_t)w, size) != 0) {
		kern_vmap_free(w, size);
		return NULL;
	}
	return w;
}

void
xen_window_free(void *w, unsigned npage)
{

	kern_vmap_free(w, (size_t)npage << PAGE_SHIFT);
}

/* ---- the grant table ---- */

int
xen_map_grant_table(void *window, unsigned first, unsigned n)
{
	struct gnttab_setup_table s = { .dom = DOMID_SELF,
	    .nr_frames = first + n };
	xen_pfn_t *frame;
	unsigned i;
	int error;

	if (first + n > MAXFRAME)
		return ENOSPC;
	if ((frame = kern_page_alloc(1, 0, 0)) == NULL)
		return ENOMEM;
	set_xen_guest_handle(s.frame_list, frame);
	error = xen_grant_op(GNTTABOP_setup_table, &s, 1);
	if (error == 0 && s.status != GNTST_okay)
		error = ENOSPC;
	for (i = first; error == 0 && i < first + n; i++)
		error = xen_pt_map_mfn((uintptr_t)window +
		    (i - first) * PAGE_SIZE, frame[i], PTE_RW | PTE_FOREIGN);
	kern_page_free(frame, 1);
	if (error == 0) {
		table.va = (uintptr_t)window - first * PAGE_SIZE;
		table.n = first + n;
	}
	return error;
}

/* No frame that is not ours may be in the page tables that are saved. */
void
xen_foreign_drop(void)
{
	unsigned i;

	for (i = 0; i < table.n; i++)
		(void)xen_pt_map_mfn(table.va + i * PAGE_SIZE, 0, 0);
	(void)xen_pt_map_mfn((uintptr_t)xen_shared_info, 0, 0);
}

/* The suspend was cancelled: the same frames again. */
void
xen_foreign_again(void)
{

	xen_shared_map();
	if (table.n != 0)
		(void)xen_map_grant_table((void *)table.va, 0, table.n);
}

/* ---- grants of others ---- */

static void
map_again(struct gnttab_map_grant_ref *m)
{
	unsigned i;

	for (i = 0; m->status == GNTST_eagain && i < PATIENCE; i++) {
		kern_sleep_until(plat_clock() + 10000000);
		if (xen_grant_op(GNTTABOP_map_grant_ref, m, 1) != 0)
			return;
	}
}

/* Up to CHUNK of them; how many are mapped, from the first one on. */
static unsigned
map_some(char *va, domid_t dom, const grant_ref_t *ref, unsigned n,
    bool readonly, grant_handle_t *handle)
{
	struct gnttab_map_grant_ref m[CHUNK];
	unsigned i, done = n;

	for (i = 0; i < n; i++)
		m[i] = (struct gnttab_map_grant_ref) {
			.host_addr = (uintptr_t)va + i * PAGE_SIZE,
			.flags = GNTMAP_host_map | 1 << _GNTMAP_guest_avail0 |
			    (readonly ? GNTMAP_readonly : 0),
			.ref = ref[i], .dom = dom, .status = GNTST_general_error,
		};
	if (xen_grant_op(GNTTABOP_map_grant_ref, m, n) != 0)
		return 0;
	for (i = 0; i < n; i++) {
		map_again(&m[i]);
		handle[i] = m[i].handle;
		if (m[i].status != GNTST_okay && done == n)
			done = i;
		else if (m[i].status == GNTST_okay && done < n)
			xen_unmap_grants(va + i * PAGE_SIZE, &handle[i], 1);
	}
	return done;
}

int
xen_map_grants(void *window, domid_t dom, const grant_ref_t *ref, unsigned n,
    bool readonly, grant_handle_t *handle)
{
	unsigned done = 0, k, got;

	while (done < n) {
		k = n - done < CHUNK ? n - done : CHUNK;
		got = map_some((char *)window + done * PAGE_SIZE, dom,
		    ref + done, k, readonly, handle + done);
		done += got;
		if (got < k) {
			xen_unmap_grants(window, handle, done);
			return EINVAL;
		}
	}
	return 0;
}

void
xen_unmap_grants(void *window, const grant_handle_t *handle, unsigned n)
{
	struct gnttab_unmap_grant_ref u[CHUNK];
	char *va = window;
	unsigned i, k;

	for (; n > 0; n -= k, handle += k, va += k * PAGE_SIZE) {
		k = n < CHUNK ? n : CHUNK;
		for (i = 0; i < k; i++)
			u[i] = (struct gnttab_unmap_grant_ref) {
				.host_addr = (uintptr_t)va + i * PAGE_SIZE,
				.handle = handle[i],
			};
		(void)xen_grant_op(GNTTABOP_unmap_grant_ref, u, k);
	}
}

/* ---- ballooning ---- */

static bool
give_one(void *page)
{
	uintptr_t va = (uintptr_t)page;
	xen_pfn_t pfn = va >> PAGE_SHIFT, mfn = xen_p2m[pfn];
	struct xen_memory_reservation r = {
		.nr_extents = 1, .domid = DOMID_SELF
	};

	if (xen_pt_map_mfn(va, 0, 0) != 0)
		return false;
	xen_p2m[pfn] = INVALID_MFN;
	set_xen_guest_handle(r.extent_start, &mfn);
	if (xen_hypercall(__HYPERVISOR_memory_op, XENMEM_decrease_reservation,
	    (unsigned long)&r, 0, 0, 0) == 1)
		return true;
	xen_p2m[pfn] = mfn;
	if (xen_pt_map_mfn(va, mfn, PTE_RW) != 0)
		kern_panic("xen: page %p is lost", page);
	return false;
}

unsigned
xen_balloon_give(void *const *page, unsigned n)
{
	unsigned i;

	for (i = 0; i < n && give_one(page[i]); i++)
		continue;
	return i;
}

unsigned
xen_balloon_fill(void *const *page, unsigned n)
{
	struct xen_memory_reservation r = {
		.nr_extents = 1, .domid = DOMID_SELF
	};
	xen_pfn_t frame, pfn;
	unsigned i;

	for (i = 0; i < n; i++) {
		frame = pfn = (uintptr_t)page[i] >> PAGE_SHIFT;
		set_xen_guest_handle(r.extent_start, &frame);
		if (xen_hypercall(__HYPERVISOR_memory_op,
		    XENMEM_populate_physmap, (unsigned long)&r, 0, 0, 0) != 1)
			break;
		xen_p2m[pfn] = frame;
		if (xen_pt_map_mfn((uintptr_t)page[i], frame, PTE_RW) != 0)
			kern_panic("xen: page %p cannot be mapped", page[i]);
	}
	return i;
}
