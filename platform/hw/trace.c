/*
 * trace.c: hooks around interrupts and faults (ld --wrap), and the port that a
 * trace goes to: a second isa-debugcon, there if it reads as its own number.
 */
#include <trace.h>
#include "hw.h"

#define TRACE_PORT	0xea

void	__real_hw_interrupt(struct plat_frame *);
void	__wrap_hw_interrupt(struct plat_frame *);
void
__wrap_hw_interrupt(struct plat_frame *f)
{
	bool on = __builtin_expect(rumpcomp_trace_on, 0) &&
	    f->vector <= HW_VEC_LAST;

	if (__builtin_expect(on, 0))
		kern_trace(TRACE_INTR, 0, f->vector);
	__real_hw_interrupt(f);		/* a switch of threads ends it, too */
	if (__builtin_expect(on, 0))
		kern_trace(TRACE_INTR_END, 0, 0);
}

void	__real_hw_exception(struct plat_frame *);
void	__wrap_hw_exception(struct plat_frame *);
void
__wrap_hw_exception(struct plat_frame *f)
{
	bool on = __builtin_expect(rumpcomp_trace_on, 0) && f->vector != 2;

	if (__builtin_expect(on, 0))
		kern_trace(TRACE_INTR, 0, f->vector);
	__real_hw_exception(f);
	if (__builtin_expect(on, 0))
		kern_trace(TRACE_INTR_END, 0, 0);
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
