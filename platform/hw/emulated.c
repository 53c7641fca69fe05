/*
 * What QEMU's emulation (TCG) wants to be treated like.  Facts: QEMU's
 * accel/tcg/cputlb.c and translate-all.c; SeaBIOS, src/malloc.c.
 */
#include <string.h>

#include "hw.h"

static bool emulated;

/*
 * A page that code has run in is watched: every store into it takes a
 * microsecond.  SeaBIOS runs in 128 KB below the top of memory, 256 KB or
 * 16 MB lower.  Nobody gets these pages, if there is memory enough.
 */
#define LEAST		0x600000UL
#define TOP_RESERVED	0x20000UL	/* between RAM's end and the top */
#define BIOS_SIZE	0x20000UL
#define SLOW		1000		/* ns, for four stores */

static bool
is_slow(uint64_t pa)
{
	volatile uint64_t *p = (volatile uint64_t *)pa;
	uint64_t start;

	*p = 0;
	start = plat_clock();
	p[0] = p[1] = p[2] = p[3] = 0;
	return plat_clock() - start > SLOW;
}

static void
leave_bios(uint64_t top)
{
	uint64_t pa, base = 0, end = 0;

	for (pa = top - BIOS_SIZE; pa < top; pa += PAGE_SIZE)
		if (hw_mem_is_free(pa) && is_slow(pa)) {
			base = base != 0 ? base : pa;
			end = pa + PAGE_SIZE;
		}
	if (base != 0)
		hw_mem_keep(base, end);
}

void
hw_emulated_init(uint64_t ram_end)
{

	emulated = strcmp(plat_hypervisor(), "TCG") == 0;
	if (!emulated || ram_end < LEAST)
		return;
	leave_bios(ram_end + TOP_RESERVED - 0x40000);
	if (ram_end > 0x1100000)
		leave_bios(ram_end + TOP_RESERVED - 0x1000000);
}

/*
 * The emulated TLB has an entry for 4 KB whatever the page's size.  It starts
 * with few and doubles when a flush finds most of them used; but nothing here
 * flushes.  So this is done once, when a CPU has nothing else to do: by then
 * boots that count in milliseconds are over.
 */
#define GROW_AFTER	100000000UL	/* ns from boot */
#define GROW_MIN	64		/* entries */
#define GROW_MAX	4096

static void
grow(void)
{
	uint64_t base, end, n, i;

	hw_mem_largest(&base, &end);
	for (n = GROW_MIN; n < GROW_MAX && n * PAGE_SIZE <= end - base; n *= 2) {
		for (i = 0; i < n; i++)
			(void)*(volatile char *)(base + i * PAGE_SIZE);
		write_cr3(read_cr3());
	}
}

bool
hw_emulated_idle(struct hw_cpu *c)
{

	if (!emulated || c->grown || plat_clock() < GROW_AFTER)
		return false;
	c->grown = true;
	plat_irq_on();
	grow();
	plat_irq_off();
	return true;
}
