/*
 * vm_promise.c: what programs were promised is kept for them by the page
 * allocator (page.h), so that a touch finds its page whatever others ask for.
 */
#include <vm.h>

#include "page.h"
#include "vm_promise.h"

static uint64_t refused;

void
vm_promised(int64_t size)
{

	__atomic_fetch_add(&page_promised, size, __ATOMIC_RELAXED);
}

void
vm_committed(int64_t size)
{

	__atomic_fetch_add(&page_committed, size, __ATOMIC_RELAXED);
}

/* Not the last of it: the rest of the machine wants some, too. */
bool
vm_promise(uint64_t size)
{
	struct kern_mem_info mi;

	if (size == 0)
		return true;
	vm_promised(size);
	kern_mem_info(&mi);
	if (page_promised - page_committed <= mi.free - mi.free / 32)
		return true;
	vm_promised(-size);
	vm_refuse();
	return false;
}

void
vm_refuse(void)
{

	__atomic_fetch_add(&refused, 1, __ATOMIC_RELAXED);
}

void
kern_vm_info(struct kern_vm_info *vi)
{

	vi->promised = page_promised;
	vi->committed = page_committed;
	vi->refused = refused;
}
