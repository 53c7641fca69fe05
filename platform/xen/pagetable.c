/*
 * Page tables: four levels that only Xen writes (xen.h, mmu_update).  A table
 * holds machine addresses and is mapped read-only wherever it is mapped; what
 * a change would break is refused by Xen, and that is a mistake of ours.
 */
#include <string.h>

#include "pv.h"

#define LEVEL_SHIFT(l)	(12 + 9 * (l))		/* 0: 4 KB .. 3: 512 GB */
#define INDEX(va, l)	(((va) >> LEVEL_SHIFT(l)) & 511)
#define PTE_TABLE	(PTE_P | PTE_W | PTE_A | PTE_D)

static uint64_t *pml4;
static uint32_t pt_lock;
static bool sealed;

/* ---- batches ---- */

#define BATCH	64
struct batch {
	unsigned		n;
	struct mmu_update	req[BATCH];
};

static void
batch_flush(struct batch *b)
{
	unsigned done = 0;

	if (b->n == 0)
		return;
	if (hypercall(__HYPERVISOR_mmu_update, (unsigned long)b->req, b->n,
	    (unsigned long)&done, DOMID_SELF, 0) != 0)
		kern_panic("xen: page table entry %#lx refused: %#lx",
		    b->req[done].ptr, b->req[done].val);
	b->n = 0;
}

static void
batch_put(struct batch *b, uint64_t ptr, uint64_t val)
{

	b->req[b->n].ptr = ptr | MMU_NORMAL_PT_UPDATE;
	b->req[b->n].val = val;
	if (++b->n == BATCH)
		batch_flush(b);
}

static void
tlb_op(unsigned cmd, uintptr_t va)
{
	struct mmuext_op op = { .cmd = cmd, .arg1.linear_addr = va };

	(void)hypercall(__HYPERVISOR_mmuext_op, (unsigned long)&op, 1, 0,
	    DOMID_SELF, 0);
}

/* ---- walking ---- */

/* Where an entry is, for Xen.  Tables are in the direct map. */
static uint64_t
machine_of(const uint64_t *e)
{

	return xen_p2m[(uintptr_t)e >> PAGE_SHIFT] << PAGE_SHIFT |
	    ((uintptr_t)e & (PAGE_SIZE - 1));
}

static uint64_t *
table(uint64_t pte)
{

	return (uint64_t *)(machine_to_phys_mapping[(pte & PTE_ADDR) >>
	    PAGE_SHIFT] << PAGE_SHIFT);
}

/* The entry of va at a level; NULL: no table for it. */
static uint64_t *
entry(uintptr_t va, int level)
{
	uint64_t *t = pml4, *e;
	int l;

	for (l = 3; l > level; l--) {
		e = &t[INDEX(va, l)];
		if ((*e & PTE_P) == 0)
			return NULL;
		t = table(*e);
	}
	return &t[INDEX(va, level)];
}

static bool
is_guest(uintptr_t va)
{

	return va < 0x0000800000000000 || va >= HYPERVISOR_VIRT_END;
}

static uint64_t *
leaf_entry(uintptr_t va)
{

	return is_guest(va) ? entry(va, 0) : NULL;
}

paddr_t
plat_virt_to_phys(const void *p)
{
	uintptr_t va = (uintptr_t)p;
	uint64_t *e, pte;

	/* Outside the image, the direct map of this has no holes. */
	if (va >= (uintptr_t)__image_end && va < xen_si->nr_pages << PAGE_SHIFT)
		return va;
	if ((e = leaf_entry(va)) == NULL || ((pte = *e) & PTE_P) == 0)
		return PADDR_NONE;
	if (pte & PTE_FOREIGN)
		return (pte & PTE_ADDR) | 1UL << 62 | (va & (PAGE_SIZE - 1));
	return machine_to_phys_mapping[(pte & PTE_ADDR) >> PAGE_SHIFT] <<
	    PAGE_SHIFT | (va & (PAGE_SIZE - 1));
}

paddr_t
plat_virt_to_bus(const void *p)
{
	uintptr_t va = (uintptr_t)p;
	uint64_t *e, pte, mfn;

	if (va >= (uintptr_t)__image_end && va < xen_npfn << PAGE_SHIFT) {
		mfn = xen_p2m[va >> PAGE_SHIFT];
		return mfn == INVALID_MFN ? PADDR_NONE :
		    mfn << PAGE_SHIFT | (va & (PAGE_SIZE - 1));
	}
	if ((e = leaf_entry(va)) == NULL || ((pte = *e) & PTE_P) == 0)
		return PADDR_NONE;
	return (pte & PTE_ADDR) | (va & (PAGE_SIZE - 1));
}

/* ---- growing ---- */

void *
xen_pt_page(void)
{

	return sealed ? kern_page_alloc(1, 0,
	    KERN_PG_ZERO | KERN_PG_PROMISED) :
	    xen_early_alloc(1);
}

void
xen_pt_seal(void)
{

	sealed = true;
}

/* A page becomes a table, zeroed or filled in already: read-only, linked. */
static void
link_table(struct batch *b, uint64_t *t, uint64_t *parent)
{
	uint64_t ma = xen_p2m[(uintptr_t)t >> PAGE_SHIFT] << PAGE_SHIFT;

	batch_put(b, machine_of(entry((uintptr_t)t, 0)), ma | PTE_RO);
	batch_put(b, machine_of(parent), ma | PTE_TABLE);
}

/* pt_lock held: the entry of va at level, with the tables above it; NULL. */
static uint64_t *
entry_make(uintptr_t va, int level)
{
	struct batch b = { .n = 0 };
	uint64_t *t = pml4, *e, *new;
	int l;

	for (l = 3; l > level; l--) {
		e = &t[INDEX(va, l)];
		if ((*e & PTE_P) == 0) {
			if ((new = xen_pt_page()) == NULL)
				return NULL;
			link_table(&b, new, e);
			batch_flush(&b);
		}
		t = table(*e);
	}
	return &t[INDEX(va, level)];
}

int
xen_pt_prepare(uintptr_t va, size_t size)
{
	uintptr_t end = va + size;
	unsigned long s;
	bool ok = true;

	va &= ~((1UL << LEVEL_SHIFT(1)) - 1);
	for (; ok && va < end; va += 1UL << LEVEL_SHIFT(1)) {
		s = x86_lock(&pt_lock);
		ok = entry_make(va, 0) != NULL;
		x86_unlock(&pt_lock, s);
	}
	return ok ? 0 : ENOMEM;
}

/* The tables exist (xen_pt_prepare).  Xen's refusal is an errno here. */
int
xen_pt_map_mfn(uintptr_t va, xen_pfn_t mfn, uint64_t flags)
{

	return xen_errno(hypercall(__HYPERVISOR_update_va_mapping, va,
	    flags != 0 ? mfn << PAGE_SHIFT | flags : 0,
	    UVMF_INVLPG | UVMF_ALL, 0, 0));
}

/* ---- the boot ---- */

/* Flags of a page that the domain builder mapped. */
static uint64_t
boot_flags(uint64_t va)
{
	static const uint32_t guard[] = XEN_STACK_GUARDS;
	uint64_t pt = xen_si->pt_base;
	unsigned i;

	if (va == 0)
		return 0;
	for (i = 0; i < sizeof(guard) / sizeof(guard[0]); i++)
		if (va == (uint64_t)__boot_stacks + guard[i])
			return 0;
	if (va >= (uint64_t)__text_start && va < (uint64_t)__rodata_start)
		return PTE_P | PTE_A;
	if ((va >= (uint64_t)__rodata_start && va < (uint64_t)__data_start) ||
	    (va >= (uint64_t)__ksyms_start && va < (uint64_t)__image_end))
		return PTE_RO;
	if (va - pt < xen_si->nr_pt_frames << PAGE_SHIFT)
		return PTE_RO;
	if (va - xen_si->mod_start < xen_si->mod_len)
		return PTE_RO;
	return PTE_RW;
}

/* What the domain builder mapped gets the protection that it should have.
 * Returns the end of that. */
static uint64_t
protect_boot(void)
{
	struct batch b = { .n = 0 };
	uint64_t va, flags, *e;

	for (va = 0; (e = entry(va, 0)) != NULL && (*e & PTE_P) != 0;
	    va += PAGE_SIZE) {
		if (va == (uint64_t)xen_shared_info)
			continue;	/* mapped already */
		flags = boot_flags(va);
		batch_put(&b, machine_of(e), flags == 0 ? 0 :
		    xen_p2m[va >> PAGE_SHIFT] << PAGE_SHIFT | flags);
	}
	batch_flush(&b);
	tlb_op(MMUEXT_TLB_FLUSH_ALL, 0);
	return va;
}

/* A table for the 2 MB of the direct map from va on. */
static void
fill_direct(uint64_t *t, uint64_t va)
{
	uint64_t pfn = va >> PAGE_SHIFT;
	unsigned i;

	for (i = 0; i < 512 && pfn + i < xen_npfn; i++)
		if (xen_p2m[pfn + i] != INVALID_MFN)
			t[i] = xen_p2m[pfn + i] << PAGE_SHIFT | PTE_RW;
}

/*
 * The direct map of all memory.  Its tables lie in the first free memory, of
 * which 512 KB at least are mapped; each adds 2 MB, so there is always room.
 */
void
xen_pt_boot(void)
{
	static struct batch b;
	uint64_t va, end = xen_npfn << PAGE_SHIFT, *e, *t;

	pml4 = (uint64_t *)xen_si->pt_base;
	va = protect_boot();
	/* The last table of the builder's may be used in part. */
	for (; va < end && (e = entry(va, 0)) != NULL; va += PAGE_SIZE)
		batch_put(&b, machine_of(e),
		    xen_p2m[va >> PAGE_SHIFT] << PAGE_SHIFT | PTE_RW);
	batch_flush(&b);
	for (; va < end; va += 1UL << LEVEL_SHIFT(1)) {
		if ((e = entry_make(va, 1)) == NULL)
			xen_fail("too little memory for the page tables");
		t = xen_early_alloc(1);
		fill_direct(t, va);
		link_table(&b, t, e);
		if (b.n >= BATCH / 2)
			batch_flush(&b);
	}
	batch_flush(&b);
}

/* ---- plat.h ---- */

static uint64_t
prot_flags(int prot)
{
	uint64_t f = PTE_P | PTE_A | PTE_D;

	switch (prot & 3) {
	case PROT_R:	f |= PTE_NX; break;
	case PROT_RW:	f |= PTE_W | PTE_NX; break;
	case PROT_RX:	break;
	default:	f |= PTE_W; break;
	}
	return prot & PROT_UNCACHED ? f | PTE_PCD | PTE_PWT : f;
}

/* pt_lock held. */
static int
map(uintptr_t va, uint64_t pfn, size_t npage, uint64_t flags)
{
	struct batch b;
	uint64_t *e;

	b.n = 0;
	for (; npage > 0; npage--, va += PAGE_SIZE, pfn++) {
		if ((e = entry_make(va, 0)) == NULL) {
			batch_flush(&b);
			return ENOMEM;
		}
		batch_put(&b, machine_of(e),
		    xen_p2m[pfn] << PAGE_SHIFT | flags);
	}
	batch_flush(&b);
	return 0;
}

static bool
mapped(uintptr_t va)
{
	uint64_t *e = leaf_entry(va);

	return e != NULL && (*e & PTE_P) != 0;
}

int
plat_map(uintptr_t va, paddr_t pa, size_t size, int prot)
{
	unsigned long s;
	size_t off;
	int error;

	if (pa >> PAGE_SHIFT >= xen_npfn ||
	    size >> PAGE_SHIFT > xen_npfn - (pa >> PAGE_SHIFT))
		return EINVAL;
	for (off = 0; off < size; off += PAGE_SIZE)
		if (mapped(va + off))
			return EEXIST;
	s = x86_lock(&pt_lock);
	error = map(va, pa >> PAGE_SHIFT, size >> PAGE_SHIFT,
	    prot_flags(prot));
	x86_unlock(&pt_lock, s);
	if (error != 0)
		plat_unmap(va, size);
	return error;
}

/* Every mapped page of a range: gone (keep 0), or with other flags. */
static void
change(uintptr_t va, size_t size, uint64_t keep, uint64_t flags)
{
	unsigned long s = x86_lock(&pt_lock);
	struct batch b;
	uint64_t *e;
	size_t off, n = 0;

	b.n = 0;
	for (off = 0; off < size; off += PAGE_SIZE)
		if ((e = leaf_entry(va + off)) != NULL &&
		    (*e & PTE_P) != 0) {
			batch_put(&b, machine_of(e),
			    (*e & keep) | flags);
			n++;
		}
	batch_flush(&b);
	x86_unlock(&pt_lock, s);
	if (n == 1 && size == PAGE_SIZE)
		tlb_op(MMUEXT_INVLPG_ALL, va);
	else if (n > 0)
		tlb_op(MMUEXT_TLB_FLUSH_ALL, 0);
}

void
plat_unmap(uintptr_t va, size_t size)
{

	change(va, size, 0, 0);
}

void
plat_protect(uintptr_t va, size_t size, int prot)
{

	change(va, size, PTE_ADDR, prot_flags(prot));
}
