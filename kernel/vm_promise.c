/*
 * vm_promise.c: what programs were promised is kept for them by the page
 * allocator (page.h), so that a touch finds its page whatever others ask for.
 * Each change is one step of page_owed: another CPU never sees half of it.
 */
#include <vm.h>

#include "page.h"
#include "vm_promise.h"

static uint64_t committed, refused;
static uint64_t share, had;		/* had: free when the share was fixed */

static void
add(uint64_t *p, uint64_t size)
{

	__atomic_fetch_add(p, size, __ATOMIC_RELAXED);
}

void
vm_renounce(uint64_t size)
{

	add(&page_owed, -size);
}

void
vm_commit(uint64_t size)
{

	add(&page_owed, -size);
	add(&committed, size);
}

void
vm_uncommit(uint64_t size)
{

	add(&page_owed, size);
	add(&committed, -size);
}

void
vm_release(uint64_t size)
{

	add(&committed, -size);
}

void
vm_resume(uint64_t size)
{

	add(&committed, size);
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
	uint64_t keep = nfree / 32, others = had - nfree - committed;

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
	add(&page_owed, size);
	kern_mem_info(&mi);
	if (page_owed + kept(mi.free) <= mi.free)
		return true;
	vm_renounce(size);
	vm_refuse();
	return false;
}

int
kern_vm_charge(size_t size)
{

	if (!vm_promise(size))
		return ENOMEM;
	vm_commit(size);
	return 0;
}

void
kern_vm_uncharge(size_t size)
{

	vm_release(size);
}

void
vm_refuse(void)
{

	add(&refused, 1);
}

void
kern_vm_info(struct kern_vm_info *vi)
{

	vi->committed = committed;
	vi->promised = page_owed + committed;
	vi->refused = refused;
}
