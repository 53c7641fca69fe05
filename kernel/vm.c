/*
 * vm.c: address space for programs.  Areas lie in one large range of the
 * mapping area, in a tree by address; a page comes when it is touched, sixteen
 * at a time where that fits.
 *
 * One mutex serialises the calls.  The fault handler runs with interrupts
 * masked and takes only the spin lock, under which the tree changes; an area
 * whose pages are being taken away is frozen, and a fault in it tries again.
 */
#include <string.h>
#include <vm.h>

#include "vm_park.h"
#include "vm_promise.h"

#define SPACE		(1UL << 40)
#define AROUND		(16 * PAGE_SIZE)	/* pages at a fault */
#define BATCH		64			/* pages taken away at once */

struct area {
	RB_ENTRY(area)	node;
	uintptr_t	start, end;
	int		prot, owner;
	bool		frozen;
};

static int
area_cmp(const struct area *a, const struct area *b)
{
	return a->start < b->start ? -1 : a->start > b->start;
}

static RB_HEAD(areas, area) areas = RB_INITIALIZER(&areas);
RB_GENERATE_STATIC(areas, area, node, area_cmp)

static uintptr_t base, next;		/* the range; what was never used */
static struct kern_spin lock = KERN_SPIN_INIT;
static struct kern_mutex mutex = {
	.wq = { .q = TAILQ_HEAD_INITIALIZER(mutex.wq.q), .name = "vm" }
};

/* ---- areas ---- */

/* The first area that ends above va. */
static struct area *
area_above(uintptr_t va)
{
	struct area *a = RB_ROOT(&areas), *found = NULL;

	while (a != NULL)
		if (a->end > va) {
			found = a;
			a = RB_LEFT(a, node);
		} else
			a = RB_RIGHT(a, node);
	return found;
}

/* An area begins at va, if any has va inside it. */
static int
area_split(uintptr_t va)
{
	struct area *a = area_above(va), *b;
	unsigned long s;

	if (a == NULL || a->start >= va)
		return 0;
	if ((b = kern_malloc(sizeof(*b), 0)) == NULL)
		return ENOMEM;
	s = kern_spin_lock(&lock);
	*b = *a;
	b->start = a->end = va;
	RB_INSERT(areas, &areas, b);
	kern_spin_unlock(&lock, s);
	return 0;
}

/* a and its neighbours that are like it become one. */
static void
area_merge(struct area *a)
{
	struct area *n;
	unsigned long s;
	int i;

	for (i = 0; i < 2; i++) {
		n = i == 0 ? RB_NEXT(areas, &areas, a) :
		    RB_PREV(areas, &areas, a);
		if (n == NULL || n->prot != a->prot || n->owner != a->owner ||
		    (i == 0 ? n->start != a->end : n->end != a->start))
			continue;
		s = kern_spin_lock(&lock);
		RB_REMOVE(areas, &areas, n);
		if (i == 0)
			a->end = n->end;
		else
			a->start = n->start;	/* the order is the same */
		kern_spin_unlock(&lock, s);
		kern_free(n);
	}
}

static uintptr_t
find_room(size_t size)
{
	struct area *a;
	uintptr_t va = base;

	if (base == 0) {
		base = next = (uintptr_t)kern_vmap_alloc(SPACE);
		if (base == 0)
			return 0;
	}
	if (size <= base + SPACE - next) {
		va = next;
		next += size + PAGE_SIZE;	/* areas don't touch */
		return va;
	}
	RB_FOREACH(a, areas, &areas) {
		if (a->start - va >= size + PAGE_SIZE && a->start > va)
			return va;
		va = a->end + PAGE_SIZE;
	}
	return 0;
}

/* ---- pages ---- */

static void
freeze(struct area *a, bool on)
{
	unsigned long s;

	if (on)
		kern_preempt_disable();
	s = kern_spin_lock(&lock);
	a->frozen = on;
	kern_spin_unlock(&lock, s);
	if (!on)
		kern_preempt_enable();
}

enum then { FREE, FREE_BUT_OWE, PARK };

/* Take the pages of [va, end) in a away; how many bytes there were. */
static size_t
take_pages(struct area *a, uintptr_t va, uintptr_t end, enum then then)
{
	void *page[BATCH];
	uintptr_t from;
	paddr_t pa;
	size_t i, n, taken = 0;

	for (from = va; va < end; from = va) {
		freeze(a, true);
		for (n = 0; n < BATCH && va < end; n++, va += PAGE_SIZE) {
			pa = plat_virt_to_phys((void *)va);
			page[n] = pa != PADDR_NONE ? plat_phys_to_virt(pa) : NULL;
		}
		plat_unmap(from, va - from);
		freeze(a, false);
		for (i = 0; i < n; i++) {
			if (page[i] == NULL)
				continue;
			taken += PAGE_SIZE;
			if (then == FREE_BUT_OWE)
				vm_uncommit(PAGE_SIZE);
			else
				vm_release(PAGE_SIZE);
			if (then == PARK)
				vm_park(from + i * PAGE_SIZE, page[i]);
			else
				kern_page_free(page[i], 1);
		}
	}
	return taken;
}

static int
page_prot(int prot)
{

	if (prot & VM_EXEC)
		return prot & VM_WRITE ? PROT_RWX : PROT_RX;
	return prot & VM_WRITE ? PROT_RW : PROT_R;
}

/* A page at va, unless there is one.  Any context. */
static bool
page_in(uintptr_t va, int prot)
{
	void *page;

	if (plat_virt_to_phys((void *)va) != PADDR_NONE)
		return true;
	if ((page = kern_page_alloc(1, 0, KERN_PG_ZERO |
	    KERN_PG_PROMISED)) == NULL)
		return false;
	if (plat_map(va, plat_virt_to_phys(page), PAGE_SIZE,
	    page_prot(prot)) != 0) {
		kern_page_free(page, 1);	/* another CPU was first */
		return plat_virt_to_phys((void *)va) != PADDR_NONE;
	}
	vm_commit(PAGE_SIZE);
	return true;
}

static bool
allowed(int prot, bool write, bool fetch)
{

	if (write)
		return (prot & VM_WRITE) != 0;
	return fetch ? (prot & VM_EXEC) != 0 : prot != 0;
}

bool
kern_vm_fault(uintptr_t va, bool write, bool fetch)
{
	uintptr_t from = va & ~(AROUND - 1), to = from + AROUND;
	struct area *a;
	unsigned long s;
	bool good = false;

	if (base == 0 || va < base || va >= base + SPACE)
		return false;
	s = kern_spin_lock(&lock);
	a = area_above(va);
	if (a != NULL && a->start <= va && a->frozen)
		good = true;
	else if (a != NULL && a->start <= va &&
	    allowed(a->prot, write, fetch)) {
		va &= ~(PAGE_SIZE - 1);
		good = page_in(va, a->prot);
		from = from > a->start ? from : a->start;
		to = to < a->end ? to : a->end;
		for (; good && from < to; from += PAGE_SIZE)
			if (!page_in(from, a->prot))
				break;
	}
	kern_spin_unlock(&lock, s);
	return good;
}

int
kern_vm_prot(uintptr_t va)
{
	unsigned long s;
	struct area *a;
	int prot;

	if (base == 0 || va < base || va >= base + SPACE)
		return -1;
	s = kern_spin_lock(&lock);
	a = area_above(va);
	prot = a != NULL && a->start <= va ? a->prot : -1;
	kern_spin_unlock(&lock, s);
	return prot;
}

/* ---- calls ---- */

static bool
sane(uintptr_t va, size_t size)
{

	return size != 0 && ((va | size) & (PAGE_SIZE - 1)) == 0 &&
	    size <= SPACE && base != 0 && va >= base && va - base <= SPACE - size;
}

static void
set_prot(struct area *a, int prot)
{
	unsigned long s = kern_spin_lock(&lock);

	a->prot = prot;
	kern_spin_unlock(&lock, s);
}

static int
unmap(uintptr_t va, size_t size)
{
	struct area *a, *n;
	size_t promised;
	unsigned long s;
	int error;

	if ((error = area_split(va)) != 0 ||
	    (error = area_split(va + size)) != 0)
		return error;
	for (a = area_above(va); a != NULL && a->start < va + size; a = n) {
		n = RB_NEXT(areas, &areas, a);
		promised = a->prot != 0 ? a->end - a->start : 0;
		set_prot(a, 0);			/* no more pages */
		vm_renounce(promised -
		    take_pages(a, a->start, a->end, FREE));
		vm_park_free(a->start, a->end);
		s = kern_spin_lock(&lock);
		RB_REMOVE(areas, &areas, a);
		kern_spin_unlock(&lock, s);
		kern_free(a);
	}
	return 0;
}

int
kern_vm_map(uintptr_t *vap, size_t size, int prot)
{
	struct area *a;
	unsigned long s;
	int error = 0, owner = prot / VM_OWNER(1);

	prot %= VM_OWNER(1);
	if (size == 0 || (size & (PAGE_SIZE - 1)) != 0 || size > SPACE ||
	    (*vap != 0 && !sane(*vap, size)))
		return EINVAL;
	if ((a = kern_zalloc(sizeof(*a))) == NULL)
		return ENOMEM;
	kern_mutex_lock(&mutex);
	if (*vap != 0)
		error = unmap(*vap, size);
	if (error == 0 && prot != 0 && !vm_promise(size))
		error = ENOMEM;
	if (error == 0 && *vap == 0 && (*vap = find_room(size)) == 0) {
		vm_renounce(prot != 0 ? size : 0);
		error = ENOMEM;
	}
	if (error == 0) {
		a->start = *vap;
		a->end = *vap + size;
		a->prot = prot;
		a->owner = owner;
		s = kern_spin_lock(&lock);
		RB_INSERT(areas, &areas, a);
		kern_spin_unlock(&lock, s);
		area_merge(a);
	}
	kern_mutex_unlock(&mutex);
	if (error != 0)
		kern_free(a);
	return error;
}

int
kern_vm_unmap(uintptr_t va, size_t size)
{
	int error;

	if (!sane(va, size))
		return EINVAL;
	kern_mutex_lock(&mutex);
	error = unmap(va, size);
	kern_mutex_unlock(&mutex);
	return error;
}

void
kern_vm_unmap_owner(int owner)
{
	struct area *a, *n;

	kern_mutex_lock(&mutex);
	for (a = RB_MIN(areas, &areas); a != NULL; a = n) {
		n = RB_NEXT(areas, &areas, a);
		if (a->owner == owner)
			(void)unmap(a->start, a->end - a->start);
	}
	kern_mutex_unlock(&mutex);
}

/* Is all of [va, end) in areas?  *more: bytes that would newly be promised. */
static bool
covered(uintptr_t va, uintptr_t end, uint64_t *more)
{
	uintptr_t from = va;
	struct area *a;

	*more = 0;
	for (a = area_above(va); a != NULL && a->start <= va;
	    a = RB_NEXT(areas, &areas, a)) {
		if (a->prot == 0)
			*more += (a->end < end ? a->end : end) - va;
		va = a->end;
		if (va >= end) {
			*more -= vm_park_bytes(from, end);
			return true;
		}
	}
	return false;
}

static int
protect_area(struct area *a, int prot)
{
	size_t size = a->end - a->start;
	int old = a->prot;

	if (old == prot)
		return 0;
	if (old == 0)				/* before a fault brings others */
		vm_resume(vm_unpark(a->start, a->end, page_prot(prot)));
	set_prot(a, prot);
	if (prot == 0 && vm_park_reserve(a->start, a->end) != 0) {
		set_prot(a, old);
		vm_refuse();
		return ENOMEM;
	}
	if (prot == 0)
		vm_renounce(size - take_pages(a, a->start, a->end, PARK));
	else if (old != 0)
		plat_protect(a->start, size, page_prot(prot));
	return 0;
}

int
kern_vm_protect(uintptr_t va, size_t size, int prot)
{
	uint64_t more;
	struct area *a;
	int error = 0;

	if (!sane(va, size))
		return EINVAL;
	kern_mutex_lock(&mutex);
	if (area_split(va) != 0 || area_split(va + size) != 0 ||
	    !covered(va, va + size, &more) || (prot != 0 && !vm_promise(more)))
		error = ENOMEM;
	for (a = error == 0 ? area_above(va) : NULL;
	    error == 0 && a != NULL && a->start < va + size;
	    a = RB_NEXT(areas, &areas, a)) {
		error = protect_area(a, prot);
		area_merge(a);
	}
	kern_mutex_unlock(&mutex);
	return error;
}

int
kern_vm_discard(uintptr_t va, size_t size)
{
	uintptr_t end = va + size;
	struct area *a;

	if (!sane(va, size))
		return EINVAL;
	kern_mutex_lock(&mutex);
	for (a = area_above(va); a != NULL && a->start < end;
	    a = RB_NEXT(areas, &areas, a))
		take_pages(a, a->start > va ? a->start : va,
		    a->end < end ? a->end : end, FREE_BUT_OWE);
	kern_mutex_unlock(&mutex);
	return 0;
}

static int
commit(uintptr_t va, uintptr_t end)
{
	struct area *a;

	for (; va < end; va += PAGE_SIZE) {
		a = area_above(va);
		if (a == NULL || a->start > va || a->prot == 0 ||
		    !page_in(va, a->prot))
			return ENOMEM;
	}
	return 0;
}

int
kern_vm_commit(uintptr_t va, size_t size)
{
	int error;

	if (!sane(va, size))
		return EINVAL;
	kern_mutex_lock(&mutex);
	error = commit(va, va + size);
	kern_mutex_unlock(&mutex);
	return error;
}

int
kern_vm_stack(uintptr_t top)
{
	struct area *a;
	int error = 0;

	if (PLAT_FAULTS_NEED_STACK == 0)
		return 0;
	kern_mutex_lock(&mutex);
	a = area_above(top - 1);
	if (a != NULL && a->start < top)
		error = commit(a->start, (top + PAGE_SIZE - 1) & -PAGE_SIZE);
	kern_mutex_unlock(&mutex);
	return error;
}
