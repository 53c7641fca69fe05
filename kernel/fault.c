/*
 * fault.c: faults of programs' code.  Who runs the programs decides, in the
 * fault's context, whether the thread goes on somewhere else (include/vm.h).
 */
#include <vm.h>

#include "thread.h"

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
