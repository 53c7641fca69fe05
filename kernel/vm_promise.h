/* vm_promise.h: what programs were promised of the memory. */
#ifndef KERNEL_VM_PROMISE_H
#define KERNEL_VM_PROMISE_H

#include <kern.h>

bool	vm_promise(uint64_t size);	/* so many bytes more, if they can be had */
void	vm_refuse(void);		/* one that could not be */
void	vm_renounce(uint64_t size);	/* some that have no pages */
void	vm_commit(uint64_t size);	/* some have pages now */
void	vm_uncommit(uint64_t size);	/* no longer, but are still promised */
void	vm_release(uint64_t size);	/* no longer, nor promised any more */
void	vm_resume(uint64_t size);	/* those of vm_release(), with their pages */

#endif /* KERNEL_VM_PROMISE_H */
