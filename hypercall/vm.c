/* vm.c: rump/host.h: address space for programs. */
#include "hyp.h"
#include <rump/host.h>
#include <vm.h>

/* The same numbers on both sides. */
_Static_assert(HOST_VM_READ == VM_READ && HOST_VM_WRITE == VM_WRITE &&
    HOST_VM_EXEC == VM_EXEC && HOST_VM_OWNER(1) == VM_OWNER(1), "protections");

int
rumpcomp_host_vm_map(void **addr, size_t size, int prot)
{
	uintptr_t va = (uintptr_t)*addr;
	int error = kern_vm_map(&va, size, prot);

	if (error == 0)
		*addr = (void *)va;
	return error;
}

int
rumpcomp_host_vm_unmap(void *addr, size_t size)
{

	return kern_vm_unmap((uintptr_t)addr, size);
}

void
rumpcomp_host_vm_unmap_owner(int owner)
{

	kern_vm_unmap_owner(owner);
}

int
rumpcomp_host_vm_protect(void *addr, size_t size, int prot)
{

	return kern_vm_protect((uintptr_t)addr, size, prot);
}

int
rumpcomp_host_vm_discard(void *addr, size_t size)
{

	return kern_vm_discard((uintptr_t)addr, size);
}

int
rumpcomp_host_vm_commit(void *addr, size_t size)
{

	return kern_vm_commit((uintptr_t)addr, size);
}

int
rumpcomp_host_vm_charge(size_t size)
{

	return kern_vm_charge(size);
}

void
rumpcomp_host_vm_uncharge(size_t size)
{

	kern_vm_uncharge(size);
}

int
rumpcomp_host_vm_stack(void *top)
{

	return kern_vm_stack((uintptr_t)top);
}

void
rumpcomp_host_meminfo(uint64_t *total, uint64_t *free)
{
	struct kern_mem_info mi;

	kern_mem_info(&mi);
	*total = mi.total;
	*free = mi.free;
}

/* "vm" of sirloin:status: bytes, and calls that failed for want of memory. */
static void
vm_status(kern_put_fn put, void *to)
{
	struct kern_vm_info vi;

	kern_vm_info(&vi);
	put(to, "{\"promised\":%llu,\"committed\":%llu,\"refused\":%llu}",
	    (unsigned long long)vi.promised, (unsigned long long)vi.committed,
	    (unsigned long long)vi.refused);
}
KERN_STATUS("vm", vm_status);
