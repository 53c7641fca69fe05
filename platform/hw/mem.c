/*
 * Physical memory: what there is, what the kernel gets, and the final page
 * tables.  PA = VA for RAM; the image has pages of its own kind; page 0 and
 * the guard pages of the boot CPU's stacks are not mapped.
 */
#include <string.h>

#include "hw.h"

#define LOW_END		0x100000UL
#define EARLY_END	0x100000000UL	/* reach of the early tables */

static struct hw_ranges direct;		/* the direct map */
static struct hw_ranges avail;		/* of it, what nobody has taken */
static struct hw_range fast[2];		/* the two largest of direct */
static uint64_t total;
static uint64_t trampoline;

extern char __boot_stacks[], __boot_stacks_end[];

const void *
hw_phys(uint64_t pa, uint64_t len)
{

	if (pa == 0 || pa >= EARLY_END || len > EARLY_END - pa)
		return NULL;
	return (const void *)pa;
}

/* Zeroed pages below 4 GB and above 1 MB. */
void *
hw_early_alloc(size_t npage)
{
	uint64_t base, size = npage * PAGE_SIZE;
	unsigned i;

	for (i = 0; i < avail.n; i++) {
		const struct hw_range *r = &avail.r[i];

		base = r->base < LOW_END ? LOW_END : r->base;
		if (base < r->end && r->end - base >= size &&
		    base + size <= EARLY_END) {
			(void)hw_ranges_sub(&avail, base, base + size);
			return memset((void *)base, 0, size);
		}
	}
	hw_fail("too little memory for the page tables");
}

uint64_t
hw_trampoline(void)
{

	return trampoline;
}

static void
take(uint64_t pa, uint64_t size)
{

	(void)hw_ranges_sub(&direct, pa & ~0xfffUL,
	    (pa + size + 0xfff) & ~0xfffUL);
}

/* From the loader's map to `direct' and `avail'. */
static void
divide(void)
{
	unsigned i;

	direct = hw_boot.ram;
	for (i = 0; i < direct.n; i++)
		total += direct.r[i].end - direct.r[i].base;
	take(0, PAGE_SIZE);
	take((uint64_t)__image_start,
	    (uint64_t)(__image_end - __image_start));
	for (i = 0; i < hw_boot.nmodule; i++)
		take(hw_boot.module[i].pa, hw_boot.module[i].size);
	if (hw_boot.cmdline_pa != 0)
		take(hw_boot.cmdline_pa, hw_boot.cmdline_len + 1);
	if (direct.n > 0 && direct.r[0].base < LOW_END - PAGE_SIZE) {
		trampoline = direct.r[0].base;
		take(trampoline, PAGE_SIZE);
	}
	avail = direct;
}

static void
map(uint64_t base, uint64_t end, uint64_t flags)
{

	if (base < end && hw_pt_map(base, base, end - base, flags, true) != 0)
		hw_fail("page tables");
}

static void
map_image(void)
{
	uint64_t stacks = (uint64_t)__boot_stacks;
	uint64_t end = (uint64_t)__boot_stacks_end;
	static const uint32_t guard[] = HW_STACK_GUARDS;
	unsigned i;

	map((uint64_t)__text_start, (uint64_t)__rodata_start, 0);
	map((uint64_t)__rodata_start, (uint64_t)__data_start, PTE_NX);
	map((uint64_t)__data_start, stacks, PTE_W | PTE_NX);
	for (i = 0; i < sizeof(guard) / sizeof(guard[0]); i++)
		map(stacks + guard[i] + PAGE_SIZE,
		    i + 1 < sizeof(guard) / sizeof(guard[0]) ?
		    stacks + guard[i + 1] : end, PTE_W | PTE_NX);
	map(end, (uint64_t)__ksyms_start, PTE_W | PTE_NX);
	map((uint64_t)__ksyms_start, (uint64_t)__image_end, PTE_NX);
}

static void
find_fast(void)
{
	unsigned i;

	for (i = 0; i < direct.n; i++) {
		struct hw_range r = direct.r[i], t;

		if (r.end - r.base > fast[0].end - fast[0].base) {
			t = fast[0];
			fast[0] = r;
			r = t;
		}
		if (r.end - r.base > fast[1].end - fast[1].base)
			fast[1] = r;
	}
}

void
hw_mem_init(void)
{
	unsigned i;

	divide();
	hw_pml4 = hw_early_alloc(1);
	for (i = 0; i < direct.n; i++)
		map(direct.r[i].base, direct.r[i].end, PTE_W | PTE_NX);
	map_image();
	if (trampoline != 0)
		map(trampoline, trampoline + PAGE_SIZE, 0);
	find_fast();
}

/* The end of RAM below 4 GB. */
static uint64_t
low_end(void)
{
	uint64_t end = 0;
	unsigned i;

	for (i = 0; i < direct.n; i++)
		if (direct.r[i].end <= EARLY_END && direct.r[i].end > end)
			end = direct.r[i].end;
	return end;
}

void
hw_mem_seal(void)
{

	(void)hw_ranges_add(&avail, (uint64_t)__bootonly_start,
	    (uint64_t)__bootonly_end);
	hw_emulated_init(low_end());
	hw_pt_seal();
}

bool
hw_mem_is_free(uint64_t pa)
{
	unsigned i;

	for (i = 0; i < avail.n; i++)
		if (pa >= avail.r[i].base && pa < avail.r[i].end)
			return true;
	return false;
}

void
hw_mem_keep(uint64_t base, uint64_t end)
{

	(void)hw_ranges_sub(&avail, base, end);
}

void
hw_mem_largest(uint64_t *base, uint64_t *end)
{

	*base = fast[0].base;
	*end = fast[0].end;
}

/* ---- windows ---- */

const void *
hw_map_firmware(uint64_t pa, uint64_t size)
{
	uint64_t base = pa & ~0xfffUL;
	uint64_t end = (pa + size + 0xfff) & ~0xfffUL;

	if (pa == 0 || pa >= HW_PHYS_END || size > HW_PHYS_END - pa)
		return NULL;
	if (hw_pt_map(HW_FW_BASE + base, base, end - base, PTE_NX, true) != 0)
		return NULL;
	return (const void *)(HW_FW_BASE + pa);
}

void *
plat_map_io(paddr_t pa, size_t size)
{
	uint64_t base = pa & ~0xfffUL, end;
	unsigned i;

	if (size == 0 || pa >= HW_PHYS_END || size > HW_PHYS_END - pa)
		return NULL;
	end = (pa + size + 0xfff) & ~0xfffUL;
	for (i = 0; i < direct.n; i++)
		if (base < direct.r[i].end && end > direct.r[i].base)
			return NULL;
	if (base < (uint64_t)__image_end && end > (uint64_t)__image_start)
		return NULL;
	if (hw_pt_map(HW_MMIO_BASE + base, base, end - base,
	    PTE_W | PTE_NX | PTE_PCD | PTE_PWT, true) != 0)
		return NULL;
	return (void *)(HW_MMIO_BASE + pa);
}

/* ---- plat.h ---- */

int
plat_mem_ranges(struct plat_range *r, int max)
{
	int i;

	for (i = 0; i < (int)avail.n && i < max; i++) {
		r[i].base = avail.r[i].base;
		r[i].size = avail.r[i].end - avail.r[i].base;
	}
	return i;
}

uint64_t
plat_mem_total(void)
{

	return total;
}

paddr_t	plat_virt_to_bus(const void *)
    __attribute__((alias("plat_virt_to_phys")));

paddr_t
plat_virt_to_phys(const void *p)
{
	uintptr_t va = (uintptr_t)p;

	if (va - fast[0].base < fast[0].end - fast[0].base ||
	    va - fast[1].base < fast[1].end - fast[1].base)
		return va;
	return hw_pt_lookup(va);
}
