/*
 * vm.h: address space for programs (kernel/vm.c): ranges of the mapping area
 * that get their pages when they are touched, and are really protected.
 * Addresses and sizes are whole pages.  Thread context, but for kern_vm_fault.
 */
#ifndef SIRLOIN_VM_H
#define SIRLOIN_VM_H

#include <kern.h>

#define VM_READ		1
#define VM_WRITE	2
#define VM_EXEC		4
#define VM_OWNER(n)	((n) << 8)	/* to map, with prot: whose it is */

/*
 * A new range of zeroes, anywhere (*vap 0), or at *vap, which must lie in a
 * range given out before: what was there is replaced.  prot of VM_*; 0 only
 * reserves addresses.  ENOMEM when there could not be memory for all that was
 * promised; EINVAL.
 */
int	kern_vm_map(uintptr_t *vap, size_t size, int prot);
/* Unmapped holes in [va, va + size) are fine.  ENOMEM. */
int	kern_vm_unmap(uintptr_t va, size_t size);
void	kern_vm_unmap_owner(int);	/* all that is this one's */
/*
 * ENOMEM: a hole, no memory for what becomes writable, or none to keep what
 * becomes inaccessible: from there on, nothing has changed.
 */
int	kern_vm_protect(uintptr_t va, size_t size, int prot);
/* The pages are zeroes again, and their memory is free. */
int	kern_vm_discard(uintptr_t va, size_t size);
/* Pages for all of it now.  ENOMEM. */
int	kern_vm_commit(uintptr_t va, size_t size);
/*
 * So many bytes that the machine is to spend on a program (its threads' stacks)
 * are its own, not of what is kept for others.  ENOMEM, as for a map's.
 */
int	kern_vm_charge(size_t size);
void	kern_vm_uncharge(size_t size);
/*
 * A thread is to begin on a stack that grows down from top: the pages that
 * must be there now are, if any (a PV guest's faults are pushed onto it).
 */
int	kern_vm_stack(uintptr_t top);
/*
 * For a page fault, interrupts masked: true when the page is there now and the
 * access can be made again.
 */
bool	kern_vm_fault(uintptr_t va, bool write, bool fetch);
/* What may be done at va (VM_*); -1: nothing is there.  Any context. */
int	kern_vm_prot(uintptr_t va);

/*
 * From the platform, for every exception that it has no answer to: true when the
 * thread goes on as the frame says now.  va: of a page fault, else 0.
 */
bool	kern_program_fault(struct plat_frame *, uintptr_t va);
/*
 * It asks fn, of programs' code whose fault is not for want of a page: in the
 * exception's context, where fn must touch nothing that may not be there.
 */
typedef bool kern_fault_fn(struct plat_frame *, uintptr_t va);
void	kern_onfault(kern_fault_fn *);
/* This thread goes on there; f is on a stack that it has no use for then. */
void	kern_resume(struct plat_frame *f) __attribute__((noreturn));

/*
 * Of what is free now so much is for others than programs: what these have not
 * taken of it is promised to nobody.
 */
void	kern_vm_share(uint64_t bytes);

struct kern_vm_info {
	uint64_t	promised;	/* bytes that may be written */
	uint64_t	committed;	/* bytes that have pages */
	uint64_t	refused;	/* calls that failed for want of memory */
};
void	kern_vm_info(struct kern_vm_info *);

#endif /* SIRLOIN_VM_H */
