/*
 * trace.c: hooks around events and faults (ld --wrap); a trace goes to the
 * console.
 */
#include <trace.h>
#include "pv.h"

#define HOOK(fn)							\
	void	__real_##fn(struct plat_frame *);			\
	void	__wrap_##fn(struct plat_frame *);			\
	void								\
	__wrap_##fn(struct plat_frame *f)				\
	{								\
		bool on = __builtin_expect(rumpcomp_trace_on, 0);	\
									\
		if (__builtin_expect(on, 0))				\
			kern_trace(TRACE_INTR, 0, f->vector);		\
		__real_##fn(f);						\
		if (__builtin_expect(on, 0))				\
			kern_trace(TRACE_INTR_END, 0, 0);		\
	}
HOOK(xen_interrupt)
HOOK(xen_exception)

bool
plat_trace_write(const void *p, size_t n)
{

	return false;
}
