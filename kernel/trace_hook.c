/*
 * trace_hook.c: what stands in for functions of the kernel while there is a
 * trace, and the change of the image that makes it so.
 */
#include <trace.h>
#include "thread.h"

/* scripts/tracesites. */
extern const uint32_t __trace_sites_start[], __trace_sites_end[];

/* The site holds a call's distance, or an address. */
static void
divert(uint32_t from, uint32_t to, uint32_t *site)
{
	uint32_t next = (uint32_t)(uintptr_t)(site + 1);

	if (*site != from && *site + next != from)
		kern_panic("trace: %p does not refer to %#x", (void *)site,
		    from);
	*site += to - from;
}

void
kern_trace_start(void)
{
	const uint32_t *p;
	uint32_t from, to;
	unsigned long s;
	size_t len;

	if (kern_option("trace", &len) == NULL)
		return;
	s = plat_irq_save();
	plat_trace_text(true);
	for (p = __trace_sites_start; p < __trace_sites_end; p++) {
		from = *p++;
		to = *p++;
		for (; *p != 0; p++)
			divert(from, to, (uint32_t *)(uintptr_t)*p);
	}
	plat_trace_text(false);
	plat_irq_restore(s);
	rumpcomp_trace_phase("kernel");
}

/* Interrupts are masked. */
TRACED void
traced_kern_switch_done(void)
{
	const struct thread *prev = plat_self()->prev;

	if (prev != NULL)
		kern_trace_switch(prev);
	kern_switch_done();
}

TRACED void
traced_sched_ready(struct thread *t)
{

	kern_trace(TRACE_WAKE, t->id, 0);
	sched_ready(t);
}

/* What the platform's interrupts are to the kernel. */
#define NAMED(fn, text)							\
	TRACED void							\
	traced_##fn(void)						\
	{								\
									\
		kern_trace(TRACE_INTR, 0, (uintptr_t)text);		\
		fn();							\
		kern_trace(TRACE_INTR_END, 0, 0);			\
	}
NAMED(kern_timer_intr, "timer")
NAMED(kern_resched_intr, "another CPU's call")
NAMED(kern_console_intr, "console")

TRACED void __attribute__((noreturn))
traced_plat_end(enum plat_end how, int status)
{

	kern_trace_end();
	plat_end(how, status);
}
