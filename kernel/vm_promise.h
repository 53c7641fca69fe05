/* vm_promise.h: what programs were promised of the memory. */
#ifndef KERNEL_VM_PROMISE_H
#define KERNEL_VM_PROMISE_H

#include <kern.h>

bool	vm_promise(uint64_t size);	/* so many bytes more, if they can be had */
void	vm_refuse(void);		/* one that could not be */
void	vm_promised(int64_t size);	/* more, or fewer, without a question */
void	vm_committed(int64_t size);	/* bytes that have pages now, or no longer */

#endif /* KERNEL_VM_PROMISE_H */
