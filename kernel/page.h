/*
 * page.h: a byte for every page of RAM, for the page allocator and the heap.
 */
#ifndef KERNEL_PAGE_H
#define KERNEL_PAGE_H

#include <kern.h>

/*
 * 0 not RAM, or kept by the platform; 1..PG_MAXCLASS a heap slab of that
 * class; PG_FREE | order: first page of a free block.
 */
#define PG_DEBUG	0x20	/* or'ed to the class: heap in debug mode */
#define PG_MAXCLASS	0x3f
#define PG_USED		0x40
#define PG_LARGE	0x41	/* first page of a large heap block */
#define PG_MORE		0x42	/* its other pages */
#define PG_TAIL		0x43	/* free, not the first of its block */
#define PG_FREE		0x80

#define PG_CHUNKSHIFT	12	/* pages of one array of bytes: 16 MB */
extern uint8_t	**page_map;	/* [page_nchunk + 1]; zeros: no RAM */
extern size_t	page_nchunk;

/* The page's byte; a zero when there is no such page. */
static inline uint8_t *
page_byte_pfn(size_t pfn)
{
	size_t i = pfn >> PG_CHUNKSHIFT;

	i = i < page_nchunk ? i : page_nchunk;
	return &page_map[i][pfn & ((1UL << PG_CHUNKSHIFT) - 1)];
}

static inline uint8_t *
page_byte(const void *va)
{

	return page_byte_pfn(((uintptr_t)va - PLAT_DIRECT_BASE) >> PAGE_SHIFT);
}

/*
 * Bytes that programs were promised (vm.c) and that have no pages yet.  They
 * are kept for them: others' allocations fail before.
 */
extern uint64_t page_owed;

/* Set the bytes of n pages of RAM. */
void	page_mark(const void *va, size_t n, uint8_t v);

#endif /* KERNEL_PAGE_H */
