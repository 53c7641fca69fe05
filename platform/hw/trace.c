/*
 * trace.c: interrupts and faults in a trace, and the port that it goes to: a
 * second isa-debugcon, there if it reads as its own number.
 */
#include <trace.h>
#include "hw.h"

#define TRACE_PORT	0xea

TRACED void
traced_hw_interrupt(struct plat_frame *f)
{
	bool device = f->vector <= HW_VEC_LAST;

	if (device)
		kern_trace(TRACE_INTR, 0, f->vector);
	hw_interrupt(f);		/* a switch of threads ends it, too */
	if (device)
		kern_trace(TRACE_INTR_END, 0, 0);
}

TRACED void
traced_hw_exception(struct plat_frame *f)
{
	bool nmi = f->vector == 2;

	if (!nmi)
		kern_trace(TRACE_INTR, 0, f->vector);
	hw_exception(f);
	if (!nmi)
		kern_trace(TRACE_INTR_END, 0, 0);
}

/* SDM 3A, 4.6: without CR0.WP the kernel writes whatever it can read. */
void
plat_trace_text(bool writable)
{
	uint64_t cr0;

	__asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
	cr0 = writable ? cr0 & ~(uint64_t)HW_CR0_WP : cr0 | HW_CR0_WP;
	__asm__ volatile("movq %0, %%cr0" : : "r"(cr0) : "memory");
}

bool
plat_trace_write(const void *p, size_t n)
{

	if (pio_in8(TRACE_PORT) != TRACE_PORT)
		return false;
	__asm__ volatile("rep outsb" : "+S"(p), "+c"(n) : "d"(TRACE_PORT) :
	    "memory");
	return true;
}
