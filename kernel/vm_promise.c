/*
 * vm_promise.c: what programs were promised is kept for them by the page
 * allocator (page.h), so that a touch finds its page whatever others ask for.
 */
#include <vm.h>

#include "page.h"
#include "vm_promise.h"

static uint64_t refused, share, had;	/* had: free when the share was fixed */

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

void
kern_vm_share(uint64_t bytes)
{
	struct kern_mem_info mi;

	kern_mem_info(&mi);
	share = bytes;
	had = mi.free;
}

/* What is kept of the free memory for the rest of the machine. */
static uint64_t
kept(uint64_t nfree)
{
	uint64_t keep = nfree / 32, others = had - nfree - page_committed;

	if ((int64_t)others < 0)
		others = 0;
	return share > others && share - others > keep ? share - others : keep;
}

bool
vm_promise(uint64_t size)
{
	struct kern_mem_info mi;

	if (size == 0)
		return true;
	vm_promised(size);
	kern_mem_info(&mi);
	if (page_promised - page_committed + kept(mi.free) <= mi.free)
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
