/*
 * Memory: what the domain builder left (xen.h, "Start-of-day memory layout"),
 * the list of machine frames, and the pages that other domains own.
 */
#include <string.h>

#include "pv.h"

#define LIST		512		/* frame numbers in a page */
#define SLACK		1024		/* pages: the toolstack allows some more */

xen_pfn_t *xen_p2m;
uint64_t xen_npfn;

/* Its own frame is not used: Xen's is mapped in its place. */
static char shared_page[PAGE_SIZE] __attribute__((aligned(4096)));
struct shared_info *const xen_shared_info =
    (struct shared_info *)(void *)shared_page;

static uint64_t next;			/* address: early allocations */
static uint64_t npopulated;		/* pages that it began with */
static uint64_t *frame_lists;

void
xen_shared_map(void)
{

	if (hypercall(__HYPERVISOR_update_va_mapping, (uintptr_t)shared_page,
	    xen_si->shared_info | PTE_RW, UVMF_INVLPG | UVMF_ALL, 0, 0) != 0)
		xen_shutdown(SHUTDOWN_crash);
}

void *
xen_early_alloc(size_t npage)
{
	void *p = (void *)next;

	if (npage > npopulated - (next >> PAGE_SHIFT))
		xen_fail("too little memory for the page tables");
	next += npage << PAGE_SHIFT;
	return memset(p, 0, npage << PAGE_SHIFT);
}

static uint64_t
page_end(uint64_t base, uint64_t size)
{

	return (base + size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
}

/* Behind everything of the domain builder's; one page is its boot stack. */
static uint64_t
first_free(void)
{
	uint64_t end[] = {
		page_end((uint64_t)__image_end, 0),
		page_end(xen_si->mod_start, xen_si->mod_len),
		page_end(xen_si->mfn_list, xen_npfn * sizeof(*xen_p2m)),
		(uint64_t)xen_si + PAGE_SIZE,
		(xen_mfn_to_pfn(xen_si->store_mfn) + 1) << PAGE_SHIFT,
		(xen_mfn_to_pfn(xen_si->console.domU.mfn) + 1) << PAGE_SHIFT,
		xen_si->pt_base + ((xen_si->nr_pt_frames + 1) << PAGE_SHIFT),
	}, max = 0;
	unsigned i;

	for (i = 0; i < sizeof(end) / sizeof(end[0]); i++)
		if (end[i] > max)
			max = end[i];
	return max;
}

/* ---- the list of frames, for the toolstack's save ---- */

/* mfn of the page at a page-aligned address of the direct map. */
static xen_pfn_t
mfn_of(const void *p)
{

	return xen_p2m[(uintptr_t)p >> PAGE_SHIFT];
}

/* Two levels above the list (arch-x86/xen.h, pfn_to_mfn_frame_list_list). */
static void
p2m_init(void)
{
	uint64_t npage = (xen_npfn + LIST - 1) / LIST;

	/* From 512 GB on it is too large to be told so. */
	if (npage <= LIST * LIST)
		frame_lists = xen_early_alloc(1 + (npage + LIST - 1) / LIST);
	xen_p2m_publish();
}

void
xen_p2m_publish(void)
{
	uint64_t npage = (xen_npfn + LIST - 1) / LIST, i;
	uint64_t *list = frame_lists + LIST;

	xen_shared_info->arch.max_pfn = xen_npfn;
	if (frame_lists == NULL) {
		xen_shared_info->arch.pfn_to_mfn_frame_list_list = ~0UL;
		return;
	}
	for (i = 0; i < npage; i++)
		list[i] = mfn_of(xen_p2m + i * LIST);
	for (i = 0; i * LIST < npage; i++)
		frame_lists[i] = mfn_of(list + i * LIST);
	xen_shared_info->arch.pfn_to_mfn_frame_list_list =
	    mfn_of(frame_lists);
}

/* ---- how much there may be ---- */

/* Pages that the domain may ever have: the end of its memory map (memory.h,
 * XENMEM_memory_map; entries as the BIOS has them). */
static uint64_t
most_pages(void)
{
	static struct {
		uint64_t	base, size;
		uint32_t	type;		/* 1: RAM */
	} __attribute__((packed)) e[32];
	struct xen_memory_map map = { .nr_entries = 32 };
	uint64_t max = 0;
	unsigned i;

	set_xen_guest_handle(map.buffer, (void *)e);
	if (xen_memory_op(XENMEM_memory_map, &map) != 0)
		return 0;
	for (i = 0; i < map.nr_entries && i < 32; i++)
		if (e[i].type == 1 && e[i].base + e[i].size > max)
			max = e[i].base + e[i].size;
	return max >> PAGE_SHIFT;
}

/*
 * Room for as much memory as the domain may ever have: the list, and tables of
 * the direct map.  There is nothing in it yet.
 */
static void
grow(void)
{
	uint64_t old = xen_npfn, n = most_pages(), i;
	xen_pfn_t *list;

	if (n < old + SLACK)
		return;
	/* At most a tenth of what there is, for both. */
	if ((n - old) / 50 > old)
		n = old * 50;
	list = xen_early_alloc((n * sizeof(*list) + PAGE_SIZE - 1) >>
	    PAGE_SHIFT);
	for (i = 0; i < n; i++)
		list[i] = i < old ? xen_p2m[i] : INVALID_MFN;
	xen_p2m = list;
	xen_npfn = n;
	if (xen_pt_prepare(old << PAGE_SHIFT, (n - old) << PAGE_SHIFT) != 0)
		xen_fail("too little memory for the page tables");
}

uint64_t
xen_mem_absent(void **first)
{

	*first = (void *)(npopulated << PAGE_SHIFT);
	return xen_npfn - npopulated;
}

void
xen_mem_init(void)
{

	next = first_free();
	npopulated = xen_npfn;
	xen_pt_boot();
	grow();
	p2m_init();
}

/* ---- xen.h ---- */

xen_pfn_t
xen_pfn_to_mfn(xen_pfn_t pfn)
{

	return pfn < xen_npfn ? xen_p2m[pfn] : INVALID_MFN;
}

xen_pfn_t
xen_mfn_to_pfn(xen_pfn_t mfn)
{
	xen_pfn_t pfn;

	if (mfn >= MACH2PHYS_NR_ENTRIES)
		return INVALID_MFN;
	pfn = machine_to_phys_mapping[mfn];
	return pfn < xen_npfn && xen_p2m[pfn] == mfn ? pfn : INVALID_MFN;
}

xen_pfn_t
xen_gfn(const void *va)
{
	paddr_t pa = plat_virt_to_phys(va);

	return pa != PADDR_NONE ? xen_pfn_to_mfn(pa >> PAGE_SHIFT) :
	    INVALID_MFN;
}

int
xen_start_page(enum xen_page which, void **va, evtchn_port_t *port)
{
	bool console = which == XEN_PAGE_CONSOLE;
	xen_pfn_t pfn = xen_mfn_to_pfn(console ? xen_si->console.domU.mfn :
	    xen_si->store_mfn);

	if (pfn == INVALID_MFN)
		return ENXIO;
	*va = (void *)(pfn << PAGE_SHIFT);
	*port = console ? xen_si->console.domU.evtchn : xen_si->store_evtchn;
	return 0;
}

/* ---- plat.h ---- */

int
plat_mem_ranges(struct plat_range *r, int max)
{
	int n = 0;

	if (n < max) {
		r[n].base = PAGE_SIZE;
		r[n++].size = (uint64_t)__image_start - PAGE_SIZE;
	}
	if (n < max) {
		r[n].base = next;
		r[n++].size = (npopulated << PAGE_SHIFT) - next;
	}
	if (n < max && xen_npfn > npopulated) {
		r[n].base = npopulated << PAGE_SHIFT;
		r[n].size = (xen_npfn - npopulated) << PAGE_SHIFT;
		r[n++].absent = true;
	}
	return n;
}

uint64_t
plat_mem_total(void)
{

	return npopulated << PAGE_SHIFT;
}
