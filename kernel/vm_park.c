/* vm_park.c: pages of areas without access.  vm.c's mutex is held. */
#include <tree.h>

#include "vm_park.h"

struct parked {
	RB_ENTRY(parked) node;
	uintptr_t	va;
	void		*page;
};

static int
parked_cmp(const struct parked *a, const struct parked *b)
{

	return a->va < b->va ? -1 : a->va > b->va;
}

static RB_HEAD(parkeds, parked) parkeds = RB_INITIALIZER(&parkeds);
RB_GENERATE_STATIC(parkeds, parked, node, parked_cmp)

size_t vm_parked;

void
vm_park(uintptr_t va, void *page)
{
	struct parked *p = kern_malloc(sizeof(*p), 0);

	if (p == NULL)
		kern_panic("vm: no memory to keep a page");
	p->va = va;
	p->page = page;
	RB_INSERT(parkeds, &parkeds, p);
	vm_parked++;
}

void *
vm_unpark(uintptr_t va)
{
	struct parked key = { .va = va }, *p;
	void *page;

	if (vm_parked == 0 || (p = RB_FIND(parkeds, &parkeds, &key)) == NULL)
		return NULL;
	RB_REMOVE(parkeds, &parkeds, p);
	vm_parked--;
	page = p->page;
	kern_free(p);
	return page;
}
