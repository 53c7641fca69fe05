/* vm_park.h: pages of areas that may not be accessed now, but keep what they have. */
#ifndef KERNEL_VM_PARK_H
#define KERNEL_VM_PARK_H

#include <kern.h>

/* Room for all pages that are mapped in [va, end).  ENOMEM. */
int	vm_park_reserve(uintptr_t va, uintptr_t end);
void	vm_park(uintptr_t va, void *page);	/* one, with room reserved */
size_t	vm_park_bytes(uintptr_t va, uintptr_t end);
/* Those of [va, end) are mapped again; how many bytes. */
size_t	vm_unpark(uintptr_t va, uintptr_t end, int plat_prot);
void	vm_park_free(uintptr_t va, uintptr_t end);

#endif /* KERNEL_VM_PARK_H */
