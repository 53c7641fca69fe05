/*
 * Devices of the machine that the domain was given: their memory (x86/mm.c of
 * any guest: a frame that is no RAM may be mapped where the toolstack granted
 * it), memory in one piece (memory.h, XENMEM_exchange), lines and their ends of
 * interrupt (physdev.h).
 */
#include <string.h>

#include "pv.h"
#include <xen/physdev.h>

#define PTE_IO		(PTE_P | PTE_W | PTE_A | PTE_D | PTE_NX | PTE_PCD | \
			 PTE_PWT | PTE_FOREIGN)

/* ---- device memory ---- */

struct iomap {
	uintptr_t	va;
	uint64_t	pa;
	size_t		size;
	LIST_ENTRY(iomap) link;
};
static LIST_HEAD(, iomap) iomaps = LIST_HEAD_INITIALIZER(iomaps);
static struct kern_mutex io_mutex = {
	.wq = { .q = TAILQ_HEAD_INITIALIZER(io_mutex.wq.q), .name = "iomap" }
};

/* A range that somebody calls a device's, and that has memory of ours in it. */
static bool
is_ours(xen_pfn_t mfn, size_t n)
{
	uint64_t i;

	for (i = 0; i < xen_npfn; i++)
		if (xen_p2m[i] - mfn < n)
			return true;
	return false;
}

static struct iomap *
map_new(paddr_t pa, size_t size)
{
	struct iomap *m;
	size_t off;
	void *va;

	if (is_ours(pa >> PAGE_SHIFT, size >> PAGE_SHIFT) ||
	    (m = kern_zalloc(sizeof(*m))) == NULL)
		return NULL;
	if ((va = xen_window_alloc(size >> PAGE_SHIFT)) == NULL) {
		kern_free(m);
		return NULL;
	}
	m->va = (uintptr_t)va;
	m->pa = pa;
	m->size = size;
	for (off = 0; off < size; off += PAGE_SIZE)
		if (xen_pt_map_mfn(m->va + off, (pa + off) >> PAGE_SHIFT,
		    PTE_IO) != 0)
			break;
	if (off == size)
		return m;
	plat_unmap(m->va, off);
	xen_window_free(va, size >> PAGE_SHIFT);
	kern_free(m);
	return NULL;
}

void *
plat_map_io(paddr_t pa, size_t size)
{
	struct iomap *m;

	if (((pa | size) & (PAGE_SIZE - 1)) != 0 || size == 0 ||
	    pa + size < pa || pa + size > PTE_ADDR)
		return NULL;
	kern_mutex_lock(&io_mutex);
	LIST_FOREACH(m, &iomaps, link)
		if (m->pa == pa && m->size == size)
			break;
	if (m == NULL && (m = map_new(pa, size)) != NULL)
		LIST_INSERT_HEAD(&iomaps, m, link);
	kern_mutex_unlock(&io_mutex);
	return m != NULL ? (void *)m->va : NULL;
}

void
xen_io_revoke(uint64_t addr, uint64_t size)
{
	struct iomap *m, *next;
	void *ones = NULL;
	size_t off;

	kern_mutex_lock(&io_mutex);
	for (m = LIST_FIRST(&iomaps); m != NULL; m = next) {
		next = LIST_NEXT(m, link);
		if (m->pa >= addr + size || addr >= m->pa + m->size)
			continue;
		if (ones == NULL &&
		    (ones = kern_page_alloc(1, 0, 0)) == NULL)
			kern_panic("no memory for a device that went away");
		memset(ones, 0xff, PAGE_SIZE);
		for (off = 0; off < m->size; off += PAGE_SIZE)
			(void)xen_pt_map_mfn(m->va + off, xen_gfn(ones),
			    PTE_RW);
		LIST_REMOVE(m, link);
		kern_free(m);
	}
	kern_mutex_unlock(&io_mutex);
}

/* ---- memory in one piece ---- */

int
xen_contiguous(void *va, unsigned order, unsigned bits)
{
	size_t n = 1ul << order, i, size = n << PAGE_SHIFT;
	xen_pfn_t pfn = (uintptr_t)va >> PAGE_SHIFT, out = pfn, *in;
	struct xen_memory_exchange x = {
		.in = { .nr_extents = n, .domid = DOMID_SELF },
		.out = { .nr_extents = 1, .extent_order = order,
		    .mem_flags = bits < 64 ? XENMEMF_address_bits(bits) : 0,
		    .domid = DOMID_SELF },
	};

	if ((in = kern_zalloc(n * sizeof(*in))) == NULL)
		return ENOMEM;
	memcpy(in, xen_p2m + pfn, n * sizeof(*in));
	set_xen_guest_handle(x.in.extent_start, in);
	set_xen_guest_handle(x.out.extent_start, &out);
	plat_unmap((uintptr_t)va, size);
	for (i = 0; i < n; i++)
		xen_p2m[pfn + i] = INVALID_MFN;
	(void)xen_memory_op(XENMEM_exchange, &x);
	for (i = 0; i < n; i++)
		xen_p2m[pfn + i] = x.nr_exchanged == n ? out + i : in[i];
	kern_free(in);
	if (plat_map((uintptr_t)va, (uintptr_t)va, size, PROT_RW) != 0)
		kern_panic("xen: pages at %p cannot be mapped", va);
	return x.nr_exchanged == n ? 0 : ENOMEM;
}

/* ---- interrupts ---- */

/* A bit for each pirq whose end Xen wants to be told of; NULL: all. */
static volatile uint32_t *eoi_wanted;

static void
eoi_init(void)
{
	struct physdev_pirq_eoi_gmfn op;
	void *page;

	if (eoi_wanted != NULL || (page = kern_page_alloc(1, 0,
	    KERN_PG_ZERO)) == NULL)
		return;
	op.gmfn = xen_gfn(page);
	if (xen_physdev_op(PHYSDEVOP_pirq_eoi_gmfn_v2, &op) == 0)
		eoi_wanted = page;
	else
		kern_page_free(page, 1);
}

void
xen_pirq_eoi(unsigned pirq)
{
	struct physdev_eoi op = { .irq = pirq };

	if (eoi_wanted == NULL || pirq >= 8 * PAGE_SIZE ||
	    (eoi_wanted[pirq / 32] >> pirq % 32 & 1) != 0)
		(void)xen_physdev_op(PHYSDEVOP_eoi, &op);
}

int
xen_pirq_port(unsigned pirq, evtchn_port_t *port)
{

	eoi_init();
	return xen_evtchn_pirq(pirq, true, port);
}

/* I/O ports: those that the toolstack granted, others are a fault. */
void
xen_io_ports(void)
{
	struct physdev_set_iopl op = { .iopl = 1 };

	(void)xen_physdev_op(PHYSDEVOP_set_iopl, &op);
}
