/*
 * fault.c: faults in images with programs: for want of a page, which comes; and
 * of programs' code, where who runs the programs decides, in the fault's context,
 * whether the thread goes on somewhere else (include/vm.h).
 */
#include <vm.h>

#include "thread.h"

/* Intel 64 SDM 3A, 6.15, interrupt 14: vector, error code. */
#define PAGE_FAULT	14
#define PF_WRITE	0x02
#define PF_FETCH	0x10

static kern_fault_fn *handler;

void
kern_onfault(kern_fault_fn *fn)
{

	__atomic_store_n(&handler, fn, __ATOMIC_RELEASE);
}

/*
 * A program's code: interrupts are on, the thread pointer is a program's, and so
 * is the instruction, unless the fault is that there is none (a wild jump).
 */
bool
kern_program_fault(struct plat_frame *f, uintptr_t va)
{
	kern_fault_fn *fn = __atomic_load_n(&handler, __ATOMIC_ACQUIRE);

	if (f->vector == PAGE_FAULT && kern_vm_fault(va,
	    (f->error & PF_WRITE) != 0, (f->error & PF_FETCH) != 0))
		return true;
	return fn != NULL && (f->rflags & PLAT_IRQ_ENABLED) != 0 &&
	    kern_vm_prot(plat_curthread()->ctx.fsbase) >= 0 &&
	    (va == f->rip || kern_vm_prot(f->rip) >= 0) && fn(f, va);
}

void
kern_resume(struct plat_frame *f)
{

	plat_irq_off();
	f->rflags |= PLAT_IRQ_ENABLED;
	plat_resume(f);
}
