/* vm_park.h: pages of areas that may not be accessed now, but keep what they have. */
#ifndef KERNEL_VM_PARK_H
#define KERNEL_VM_PARK_H

#include <kern.h>

extern size_t vm_parked;		/* how many there are: often none */
void	vm_park(uintptr_t va, void *page);
void	*vm_unpark(uintptr_t va);	/* no longer parked; NULL: was not */

#endif /* KERNEL_VM_PARK_H */
