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

static struct parked *spare;		/* a list by their left links */
static size_t nspare;

int
vm_park_reserve(uintptr_t va, uintptr_t end)
{
	struct parked *p;
	size_t n = 0;

	for (; va < end; va += PAGE_SIZE)
		n += plat_virt_to_phys((void *)va) != PADDR_NONE;
	while (nspare < n) {
		if ((p = kern_malloc(sizeof(*p), 0)) == NULL)
			break;
		RB_LEFT(p, node) = spare;
		spare = p;
		nspare++;
	}
	if (nspare >= n)
		return 0;
	for (; (p = spare) != NULL; nspare--) {
		spare = RB_LEFT(p, node);
		kern_free(p);
	}
	return ENOMEM;
}

void
vm_park(uintptr_t va, void *page)
{
	struct parked *p = spare;

	if (p == NULL)
		kern_panic("vm: no room was reserved for a page");
	spare = RB_LEFT(p, node);
	nspare--;
	p->va = va;
	p->page = page;
	RB_INSERT(parkeds, &parkeds, p);
}

size_t
vm_park_bytes(uintptr_t va, uintptr_t end)
{
	struct parked key = { .va = va }, *p;
	size_t n = 0;

	for (p = RB_NFIND(parkeds, &parkeds, &key); p != NULL && p->va < end;
	    p = RB_NEXT(parkeds, &parkeds, p))
		n += PAGE_SIZE;
	return n;
}

/* The first in [va, end) is no longer parked; its page, or NULL. */
static void *
take(uintptr_t *va, uintptr_t end)
{
	struct parked key = { .va = *va }, *p;
	void *page;

	p = RB_NFIND(parkeds, &parkeds, &key);
	if (p == NULL || p->va >= end)
		return NULL;
	RB_REMOVE(parkeds, &parkeds, p);
	*va = p->va;
	page = p->page;
	kern_free(p);
	return page;
}

size_t
vm_unpark(uintptr_t va, uintptr_t end, int prot)
{
	size_t n = 0;
	void *page;

	/* Page tables stay when pages go: there is one for each. */
	while ((page = take(&va, end)) != NULL) {
		if (plat_map(va, plat_virt_to_phys(page), PAGE_SIZE, prot) != 0)
			kern_panic("vm: no page table for a page");
		n += PAGE_SIZE;
	}
	return n;
}

void
vm_park_free(uintptr_t va, uintptr_t end)
{
	void *page;

	while ((page = take(&va, end)) != NULL)
		kern_page_free(page, 1);
}
