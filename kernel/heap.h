/*
 * heap.h: the part of the heap that every CPU has, and what the allocator and
 * its debug mode (heapdebug.c) tell each other.
 */
#ifndef KERNEL_HEAP_H
#define KERNEL_HEAP_H

#include <stddef.h>
#include <stdint.h>

#define HEAP_NCLASS	25	/* 1 .. 24; 0 is none */

/*
 * Free objects of a class, linked through their first words.  Their number is
 * moved + frees - allocs, moved being those that came from slabs, less those
 * that went back.  room counts frees down to when to look at that number;
 * frees is ahead - room.
 */
struct heap_mag {
	void		*head;
	uint64_t	allocs, room, ahead;
	int64_t		moved;
	uint32_t	max;
};
struct heap_cache {
	struct heap_mag	mag[HEAP_NCLASS];
	uint64_t	large_allocs;
};
void	heap_cache_init(struct heap_cache *);

/* slab.c.  Preemption off; mag_refill returns one object, or NULL. */
#define HEAP_SMALL	2048	/* largest class */
extern const uint16_t heap_class_size[HEAP_NCLASS];
void	slab_init(void);
void	*mag_refill(struct heap_mag *, unsigned k);
void	mag_limit(struct heap_mag *, unsigned k);	/* room == 0 */
uint64_t slab_out(unsigned k);			/* objects not in a slab */
static inline uint32_t
mag_count(const struct heap_mag *m)
{

	return m->moved + m->ahead - m->room - m->allocs;
}

/* The heap itself, without debug mode. */
void	*heap_alloc(size_t size, size_t align);
void	heap_release(void *);
size_t	heap_size(const void *);

/* Debug mode. */
void	*heapdebug_alloc(size_t size, size_t align, void *caller);
void	heapdebug_free(void *, void *caller);
size_t	heapdebug_size(const void *);

#endif /* KERNEL_HEAP_H */
