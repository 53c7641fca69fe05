/* fault.c: rump/host.h: faults of programs. */
#include "hyp.h"
#include <rump/host.h>
#include <vm.h>

/* One structure, by two names. */
_Static_assert(sizeof(struct host_frame) == sizeof(struct plat_frame) &&
    offsetof(struct host_frame, rdi) == offsetof(struct plat_frame, rdi) &&
    offsetof(struct host_frame, vector) == offsetof(struct plat_frame, vector) &&
    offsetof(struct host_frame, rsp) == offsetof(struct plat_frame, rsp),
    "struct host_frame");

static host_fault_fn *decide;

static bool
on_fault(struct plat_frame *f, uintptr_t va)
{

	return decide((struct host_frame *)(void *)f, va) != 0;
}

void
rumpcomp_host_onfault(host_fault_fn *fn)
{

	decide = fn;
	kern_onfault(on_fault);
}

void
rumpcomp_host_resume(struct host_frame *f)
{

	kern_resume((struct plat_frame *)(void *)f);
}

size_t
rumpcomp_host_fpusize(void)
{

	return plat_fpu_size();
}

int
rumpcomp_host_vm_prot(const void *addr)
{

	return kern_vm_prot((uintptr_t)addr);
}
