/*
 * mem.c: memory.  Whole pages, which is what a rump kernel's pools and buffers
 * ask for, come from the page allocator without any header; the size alone
 * tells at free where they came from.
 */
#include "hyp.h"

int hyp_mem_first;		/* KERN_PG_*: where pages are looked for first */
uint64_t hyp_mem_share;

static bool
mem_ispages(size_t len)
{

	return len != 0 && (len & (PAGE_SIZE - 1)) == 0;
}

/*
 * Pages are not to be had.  A rump kernel waits for some to come back, and asks
 * again and again; when it gets none for so long, it never will.
 */
#define MEM_PATIENCE	10000000000ULL	/* ns */
#define MEM_AGAIN	3000000000ULL
static uint64_t mem_short_since, mem_short_last;

static void
mem_short(size_t len)
{
	static bool told;
	struct kern_mem_info mi;
	uint64_t now = kern_clock();

	if (mem_short_since == 0 || now - mem_short_last > MEM_AGAIN)
		mem_short_since = now;
	mem_short_last = now;
	kern_mem_info(&mi);
	if (now - mem_short_since > MEM_PATIENCE)
		kern_panic("no memory for the rump kernel: %lu KB in all",
		    (unsigned long)mi.total / 1024);
	if (!told)
		kern_printf("memory: the rump kernel wants %lu bytes, %lu KB of "
		    "%lu are free\n", (unsigned long)len,
		    (unsigned long)mi.free / 1024,
		    (unsigned long)mi.total / 1024);
	told = true;
}

int
rumpuser_malloc(size_t len, int alignment, void **memp)
{
	size_t align = alignment > 0 ? (size_t)alignment : 0;

	*memp = NULL;
	if (alignment < 0 || (align & (align - 1)) != 0)
		return EINVAL;
	if (mem_ispages(len) && align < PAGE_SIZE)
		align = PAGE_SIZE;
	if (mem_ispages(len) && !kern_heap_debug) {
		*memp = kern_page_alloc(len >> PAGE_SHIFT, align, hyp_mem_first);
		if (*memp == NULL && hyp_mem_first != 0)
			*memp = kern_page_alloc(len >> PAGE_SHIFT, align, 0);
		if (*memp == NULL && len <= 64 * 1024)
			mem_short(len);
		else if (mem_short_since != 0)
			mem_short_since = 0;
	} else
		*memp = kern_malloc(len, align);
	return *memp != NULL ? 0 : ENOMEM;
}

void
rumpuser_free(void *p, size_t len)
{

	if (p == NULL)
		return;
	if (mem_ispages(len) && !kern_heap_debug)
		kern_page_free(p, len >> PAGE_SHIFT);
	else
		kern_free(p);
}

/*
 * Memory that will hold code is mapped a second time, executable, in the
 * mapping area; there are few of these (kernel modules).
 */
struct mem_exec {
	void		*va;		/* what the caller has */
	void		*range;		/* the mapping area's */
	void		*pages;
	size_t		size, rangesize;
	LIST_ENTRY(mem_exec) link;
};
static LIST_HEAD(, mem_exec) mem_execs = LIST_HEAD_INITIALIZER(mem_execs);
static struct kern_spin mem_lock = KERN_SPIN_INIT;

static int
mem_map_exec(void *pages, size_t size, size_t align, void **memp)
{
	struct mem_exec *m = kern_zalloc(sizeof(*m));
	unsigned long s;
	int error;

	if (m == NULL)
		return ENOMEM;
	m->pages = pages;
	m->size = size;
	m->rangesize = size + (align > PAGE_SIZE ? align : 0);
	if ((m->range = kern_vmap_alloc(m->rangesize)) == NULL) {
		kern_free(m);
		return ENOMEM;
	}
	m->va = (void *)(((uintptr_t)m->range + align - 1) & ~(align - 1));
	error = plat_map((uintptr_t)m->va, plat_virt_to_phys(pages), size,
	    PROT_RWX);
	if (error != 0) {
		kern_vmap_free(m->range, m->rangesize);
		kern_free(m);
		return error;
	}
	s = kern_spin_lock(&mem_lock);
	LIST_INSERT_HEAD(&mem_execs, m, link);
	kern_spin_unlock(&mem_lock, s);
	*memp = m->va;
	return 0;
}

int
rumpuser_anonmmap(void *prefaddr, size_t size, int alignbit, int exec,
    void **memp)
{
	size_t n = (size + PAGE_SIZE - 1) >> PAGE_SHIFT, align;
	void *pages;
	int error;

	(void)prefaddr;
	*memp = NULL;
	if (size == 0 || n == 0 || alignbit < 0 || alignbit > 40)
		return EINVAL;
	align = alignbit > PAGE_SHIFT ? 1UL << alignbit : PAGE_SIZE;
	pages = kern_page_alloc(n, exec ? 0 : align, KERN_PG_ZERO);
	if (pages == NULL)
		return ENOMEM;
	if (!exec) {
		*memp = pages;
		return 0;
	}
	error = mem_map_exec(pages, n << PAGE_SHIFT, align, memp);
	if (error != 0)
		kern_page_free(pages, n);
	return error;
}

void
rumpuser_unmap(void *p, size_t size)
{
	size_t n = (size + PAGE_SIZE - 1) >> PAGE_SHIFT;
	struct mem_exec *m;
	unsigned long s;

	if ((uintptr_t)p < PLAT_VMAP_BASE || (uintptr_t)p >= PLAT_VMAP_END) {
		kern_page_free(p, n);
		return;
	}
	s = kern_spin_lock(&mem_lock);
	LIST_FOREACH(m, &mem_execs, link)
		if (m->va == p)
			break;
	if (m != NULL)
		LIST_REMOVE(m, link);
	kern_spin_unlock(&mem_lock, s);
	if (m == NULL || m->size != n << PAGE_SHIFT)
		kern_panic("rumpuser_unmap: %p was not mapped", p);
	plat_unmap((uintptr_t)m->va, m->size);
	kern_page_free(m->pages, n);
	kern_vmap_free(m->range, m->rangesize);
	kern_free(m);
}

unsigned long
rumpuser_getpagesize(void)
{

	return PAGE_SIZE;
}
