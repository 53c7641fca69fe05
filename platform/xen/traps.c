/*
 * Exceptions and events, once entry.S has moved their frames.
 */
#include <vm.h>

#include "pv.h"
#include "../common/xenevent.h"

/* In images that give programs address space. */
#pragma weak kern_program_fault

#define PAGE_FAULT	14
#define NEXCEPTION	20

void
xen_trap_table(struct trap_info *t)
{
	unsigned v;

	for (v = 0; v < NEXCEPTION; v++, t++) {
		t->vector = (uint8_t)v;
		t->flags = 3;		/* whoever raises it */
		TI_SET_IF(t, 1);	/* masks events */
		t->cs = FLAT_KERNEL_CS;
		t->address = (unsigned long)xen_exception_stubs + 16 * v;
	}
	t->address = 0;
}

void
xen_traps_init(void)
{
	static struct trap_info table[NEXCEPTION + 1];

	xen_trap_table(table);
	if (hypercall(__HYPERVISOR_set_trap_table, (unsigned long)table, 0, 0,
	    0, 0) != 0 || hypercall(__HYPERVISOR_set_callbacks,
	    (unsigned long)xen_event_entry, (unsigned long)xen_failsafe_entry,
	    0, 0, 0) != 0)
		xen_fail("Xen refuses the exception handlers");
}

/* An unmapped page that the stack pointer is at, with a stack above it.  Xen
 * cannot deliver the fault when RSP is in it already: it ends the domain. */
static bool
is_stack_guard(uint64_t va, uint64_t rsp)
{
	static const uint32_t guard[] = XEN_STACK_GUARDS;
	uint64_t page = va & ~(PAGE_SIZE - 1);
	unsigned i;

	for (i = 0; i < sizeof(guard) / sizeof(guard[0]); i++)
		if (page == (uint64_t)__boot_stacks + guard[i])
			return true;
	return va >= PLAT_VMAP_BASE && va < PLAT_VMAP_END &&
	    rsp - (page - 16 * PAGE_SIZE) < 18 * PAGE_SIZE &&
	    plat_virt_to_phys((void *)(page + PAGE_SIZE)) != PADDR_NONE;
}

void
xen_exception(struct plat_frame *f)
{
	bool page = f->vector == PAGE_FAULT;
	uint64_t va = page ? xen_vi[xen_self()->num]->arch.cr2 : 0;

	if (kern_program_fault != NULL && kern_program_fault(f, va))
		return;
	if (page)
		kern_trap(x86_fault_text(f, va, is_stack_guard(va, f->rsp)),
		    va, f);
	kern_trap(f->vector == XEN_VEC_FAILSAFE ? "failed return from Xen" :
	    x86_trap_text(f->vector), 0, f);
}

void
xen_interrupt(struct plat_frame *f)
{

	xen_upcall((unsigned)xen_self()->num);
	if (kern_want_preempt())
		x86_preempt(f);
}

/* SCHEDOP_block unmasks events and waits, in one. */
void
plat_idle(void)
{

	(void)hypercall(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0, 0, 0);
	plat_irq_off();
}
