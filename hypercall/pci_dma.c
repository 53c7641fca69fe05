/*
 * pci_dma.c: memory that devices read and write, for drivers above the line.
 */
#include "pci.h"

/*
 * NetBSD's bus_dma in a rump kernel has no bounce buffers: whatever memory the
 * kernel has is given to devices, some of which have addresses of 32 bits.  So
 * the kernel's memory comes from below 4 GB while there is some.
 */
static void
pci_dma_init(void)
{
	struct plat_range r[64];
	int n = plat_mem_ranges(r, 64);

	/* ascending */
	if (n > 0 && r[n - 1].base >= 1ull << 32)
		hyp_mem_first = KERN_PG_LOW4G;
}
KERN_INIT(KERN_INIT_LATE, pci_dma_init);

static size_t
pages_of(size_t size)
{

	return (size >> PAGE_SHIFT) + ((size & (PAGE_SIZE - 1)) != 0);
}

/*
 * The page allocator's runs are aligned to the power of two that their size
 * rounds up to, if it is told to: so they cross no boundary of that size.
 */
int
rumpcomp_pci_dmalloc_limit(size_t size, size_t align, size_t boundary,
    unsigned long maxaddr, unsigned long *pap, unsigned long *vap)
{
	size_t n = pages_of(size);
	void *va;

	if (size == 0 || (align & (align - 1)) != 0 ||
	    (boundary & (boundary - 1)) != 0 ||
	    (boundary != 0 && size > boundary))
		return EINVAL;
	/* A boundary below a page is kept by what begins at a page. */
	while (boundary > PAGE_SIZE && align < size)
		align = align == 0 ? PAGE_SIZE : align << 1;
	if (align <= PAGE_SIZE)
		align = 0;
	va = pci_dma_alloc(n, align, maxaddr);
	if (va == NULL)
		return ENOMEM;
	*pap = plat_virt_to_bus(va);
	*vap = (unsigned long)va;
	return 0;
}

/*
 * NetBSD's kernel gives no limits, and there are devices and drivers that need
 * one.
 */
int
rumpcomp_pci_dmalloc(size_t size, size_t align, unsigned long *pap,
    unsigned long *vap)
{

	return rumpcomp_pci_dmalloc_limit(size, align, 0, 0xffffffffUL, pap,
	    vap);
}

void
rumpcomp_pci_dmafree(unsigned long va, size_t size)
{

	pci_dma_free((void *)va, pages_of(size));
}

/* The segments, one after the other, in a range of their own, for ever. */
static int
map_segments(const struct rumpcomp_pci_dmaseg *seg, size_t nseg, size_t len,
    void **vap)
{
	char *va = kern_vmap_alloc(len), *p = va;
	size_t i, n;
	int error;

	if (va == NULL)
		return ENOMEM;
	for (i = 0; i < nseg; i++, p += n) {
		n = seg[i].ds_len;
		error = plat_map((uintptr_t)p, plat_virt_to_phys(
		    (void *)seg[i].ds_vacookie), n, PROT_RW);
		if (error != 0) {
			if (p != va)
				plat_unmap((uintptr_t)va, (size_t)(p - va));
			kern_vmap_free(va, len);
			return error;
		}
	}
	*vap = va;
	return 0;
}

/* What dmalloc gave is mapped already; pieces may lie in any order. */
int
rumpcomp_pci_dmamem_map(struct rumpcomp_pci_dmaseg *seg, size_t nseg,
    size_t totlen, void **vap)
{
	size_t i, len = 0;
	bool one = true, whole = true;
	int nlocks, error;

	for (i = 0; i < nseg; i++) {
		if (seg[i].ds_vacookie != seg[0].ds_vacookie + len)
			one = false;
		if (((seg[i].ds_pa | seg[i].ds_len) & (PAGE_SIZE - 1)) != 0)
			whole = false;
		if (len + seg[i].ds_len < len)
			return EINVAL;
		len += seg[i].ds_len;
	}
	if (len == 0 || totlen > len || (!one && !whole))
		return EINVAL;
	if (one) {
		*vap = (void *)seg[0].ds_vacookie;
		return 0;
	}
	nlocks = hyp_unschedule(NULL);
	error = map_segments(seg, nseg, len, vap);
	hyp_schedule(nlocks, NULL);
	return error;
}

unsigned long
rumpcomp_pci_virt_to_mach(void *va)
{

	return plat_virt_to_bus(va);
}
