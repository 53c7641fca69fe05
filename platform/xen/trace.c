/*
 * trace.c: events and faults in a trace, which goes to the console.
 */
#include <trace.h>
#include "pv.h"

#define HOOK(fn)							\
	TRACED void							\
	traced_##fn(struct plat_frame *f)				\
	{								\
									\
		kern_trace(TRACE_INTR, 0, f->vector);			\
		fn(f);							\
		kern_trace(TRACE_INTR_END, 0, 0);			\
	}
HOOK(xen_interrupt)
HOOK(xen_exception)

void
plat_trace_text(bool writable)
{

	plat_protect((uintptr_t)__text_start, (uintptr_t)(__rodata_start -
	    __text_start), writable ? PROT_RWX : PROT_RX);
	plat_protect((uintptr_t)__rodata_start, (uintptr_t)(__data_start -
	    __rodata_start), writable ? PROT_RW : PROT_R);
}

bool
plat_trace_write(const void *p, size_t n)
{

	return false;
}
