/*
 * xenguest_mem.c: memory of a PVH guest: grants, ballooning (Xen public
 * memory.h, grant_table.h).  A frame's number is its physical page's.
 */
#include <string.h>

#include "hw.h"
#include <xen.h>

#define CHUNK	256		/* pages a hypercall */

xen_pfn_t
xen_gfn(const void *va)
{

	return plat_virt_to_phys(va) >> PAGE_SHIFT;
}

xen_pfn_t
xen_pfn_to_mfn(xen_pfn_t pfn)
{

	return pfn;
}

xen_pfn_t
xen_mfn_to_pfn(xen_pfn_t mfn)
{

	return mfn;
}

void *
xen_window_alloc(unsigned npage)
{

	return kern_vmap_alloc(npage * PAGE_SIZE);
}

void
xen_window_free(void *w, unsigned npage)
{

	kern_vmap_free(w, npage * PAGE_SIZE);
}

/*
 * Each frame of the table takes the place of a page of memory; after a resume
 * it takes that of the same page.
 */
int
xen_map_grant_table(void *window, unsigned first, unsigned n)
{
	struct xen_add_to_physmap op = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_grant_table
	};
	char *va = window;
	paddr_t pa;
	void *page;
	unsigned i;
	int error;

	for (i = 0; i < n; i++, va += PAGE_SIZE) {
		if ((pa = plat_virt_to_phys(va)) == PADDR_NONE) {
			if ((page = kern_page_alloc(1, 0, 0)) == NULL)
				return ENOMEM;
			pa = plat_virt_to_phys(page);
			if ((error = plat_map((uintptr_t)va, pa, PAGE_SIZE,
			    PROT_RW)) != 0) {
				kern_page_free(page, 1);
				return error;
			}
		}
		op.idx = first + i;
		op.gpfn = pa >> PAGE_SHIFT;
		if ((error = xen_memory_op(XENMEM_add_to_physmap, &op)) != 0)
			return error;
	}
	return 0;
}

/*
 * Frames of others take the place of pages of ours, which are given back to
 * the hypervisor meanwhile.
 */
static int
window_back(void *window, unsigned n)
{
	void *page;
	char *va = window;
	unsigned i;

	for (i = 0; i < n; i++, va += PAGE_SIZE) {
		page = plat_phys_to_virt(plat_virt_to_phys(va));
		plat_unmap((uintptr_t)va, PAGE_SIZE);
		if (xen_balloon_fill(&page, 1) == 1)
			kern_page_free(page, 1);
	}
	return ENOMEM;
}

static int
window_fill(void *window, unsigned n)
{
	char *va = window;
	void *page;
	unsigned i;
	int error;

	for (i = 0; i < n; i++, va += PAGE_SIZE) {
		if ((page = kern_page_alloc(1, 0, 0)) == NULL)
			return window_back(window, i);
		if (xen_balloon_give(&page, 1) != 1) {
			kern_page_free(page, 1);
			return window_back(window, i);
		}
		error = plat_map((uintptr_t)va, plat_virt_to_phys(page),
		    PAGE_SIZE, PROT_RW);
		if (error != 0) {
			if (xen_balloon_fill(&page, 1) == 1)
				kern_page_free(page, 1);
			return window_back(window, i);
		}
	}
	return 0;
}

int
xen_map_grants(void *window, domid_t dom, const grant_ref_t *ref, unsigned n,
    bool readonly, grant_handle_t *handle)
{
	struct gnttab_map_grant_ref op;
	char *va = window;
	unsigned i;
	int error;

	if ((error = window_fill(window, n)) != 0)
		return error;
	for (i = 0; i < n; i++) {
		memset(&op, 0, sizeof(op));
		op.host_addr = plat_virt_to_phys(va + i * PAGE_SIZE);
		op.flags = GNTMAP_host_map | (readonly ? GNTMAP_readonly : 0);
		op.ref = ref[i];
		op.dom = dom;
		error = xen_grant_op(GNTTABOP_map_grant_ref, &op, 1);
		if (error == 0 && op.status != GNTST_okay)
			error = EINVAL;
		if (error != 0)
			break;
		handle[i] = op.handle;
	}
	if (error != 0) {
		xen_unmap_grants(window, handle, i);
		(void)window_back(va + i * PAGE_SIZE, n - i);
	}
	return error;
}

void
xen_unmap_grants(void *window, const grant_handle_t *handle, unsigned n)
{
	struct gnttab_unmap_grant_ref op;
	char *va = window;
	unsigned i;

	for (i = 0; i < n; i++) {
		memset(&op, 0, sizeof(op));
		op.host_addr = plat_virt_to_phys(va + i * PAGE_SIZE);
		op.handle = handle[i];
		(void)xen_grant_op(GNTTABOP_unmap_grant_ref, &op, 1);
	}
	(void)window_back(window, n);
}

static unsigned
reserve(unsigned cmd, void *const *page, unsigned n)
{
	static xen_pfn_t frame[CHUNK];
	static struct kern_mutex lock = {
		.wq = { .q = TAILQ_HEAD_INITIALIZER(lock.wq.q),
		    .name = "balloon" }
	};
	struct xen_memory_reservation op;
	unsigned done = 0, k, i;
	long got;

	kern_mutex_lock(&lock);
	do {
		k = n - done < CHUNK ? n - done : CHUNK;
		for (i = 0; i < k; i++)
			frame[i] = xen_gfn(page[done + i]);
		memset(&op, 0, sizeof(op));
		set_xen_guest_handle(op.extent_start, frame);
		op.nr_extents = k;
		op.domid = DOMID_SELF;
		got = xen_hypercall(__HYPERVISOR_memory_op, cmd,
		    (unsigned long)&op, 0, 0, 0);
		if (got > 0)
			done += (unsigned)got;
	} while (got == k && done < n);
	kern_mutex_unlock(&lock);
	return done;
}

unsigned
xen_balloon_give(void *const *page, unsigned n)
{

	return reserve(XENMEM_decrease_reservation, page, n);
}

unsigned
xen_balloon_fill(void *const *page, unsigned n)
{

	return reserve(XENMEM_populate_physmap, page, n);
}

/* A PVH guest begins with all addresses populated. */
uint64_t
xen_mem_absent(void **first)
{

	return 0;
}
