/*
 * heapdebug.c: the heap with suspicion (option "heapdebug").  Every block has
 * a header that names who allocated it, red zones on both sides, and is kept
 * for a while after it was freed, filled with a pattern that must stay.
 */
#include <string.h>
#include "page.h"
#include "thread.h"

#define LIVE	0x4c6956650a11c8edULL
#define FREED	0xf4eed0f4eed0f4eeULL
#define RED	0xbe
#define DEAD	0xdf
#define FRESH	0xa5
#define TAIL	32

struct dhead {
	uint64_t		magic;
	size_t			size;
	void			*raw;
	void			*caller;	/* of malloc, later of free */
	TAILQ_ENTRY(dhead)	link;
	char			thread[24];	/* who allocated it */
	uint8_t			red[24];
} __attribute__((aligned(16)));

static TAILQ_HEAD(dlist, dhead) live = TAILQ_HEAD_INITIALIZER(live),
    grave = TAILQ_HEAD_INITIALIZER(grave);
static size_t grave_bytes;
static struct kern_spin dlock;

#define GRAVE_MAX	(256 * 1024)

static const char *
where(void *caller)
{
	const char *name;
	uintptr_t off;

	name = kern_symbol((uintptr_t)caller, &off);
	return name != NULL ? name : "?";
}

static void __attribute__((noreturn))
report(const char *what, struct dhead *h)
{

	kern_panic("heap: %s: block %p of %zu bytes, allocated by thread "
	    "\"%s\", last handled in %s", what, (void *)(h + 1), h->size,
	    h->thread, where(h->caller));
}

static bool
filled(const uint8_t *p, uint8_t v, size_t n)
{

	for (; n != 0; n--)
		if (*p++ != v)
			return false;
	return true;
}

static void
check_red(struct dhead *h)
{

	if (!filled(h->red, RED, sizeof(h->red)))
		report("bytes before the block were written", h);
	if (!filled((uint8_t *)(h + 1) + h->size, RED, TAIL))
		report("bytes behind the block were written", h);
}

static void
check_dead(struct dhead *h)
{

	if (h->magic != FREED || !filled((uint8_t *)(h + 1), DEAD, h->size))
		report("written after it was freed", h);
}

void *
heapdebug_alloc(size_t size, size_t align, void *caller)
{
	struct dhead *h;
	uintptr_t raw, user;
	unsigned long s;

	if (align < 16)
		align = 16;
	if (size > SIZE_MAX / 2)
		return NULL;
	raw = (uintptr_t)heap_alloc(size + sizeof(*h) + TAIL +
	    (align > 16 ? align : 0), 0);
	if (raw == 0)
		return NULL;
	user = (raw + sizeof(*h) + align - 1) & ~(align - 1);
	h = (struct dhead *)user - 1;
	h->magic = LIVE;
	h->size = size;
	h->raw = (void *)raw;
	h->caller = caller;
	memcpy(h->thread, kern_thread_name(plat_curthread()),
	    sizeof(h->thread) - 1);
	h->thread[sizeof(h->thread) - 1] = '\0';
	memset(h->red, RED, sizeof(h->red));
	memset((void *)user, FRESH, size);
	memset((char *)user + size, RED, TAIL);
	s = kern_spin_lock(&dlock);
	TAILQ_INSERT_TAIL(&live, h, link);
	kern_spin_unlock(&dlock, s);
	return (void *)user;
}

static struct dhead *
head_of(const void *p)
{
	struct dhead *h = (struct dhead *)(uintptr_t)p - 1;
	uint8_t b = *page_byte(h);

	if (((uintptr_t)p & 15) != 0 || b == 0 || b == PG_USED ||
	    b >= PG_TAIL ||
	    (h->magic != LIVE && h->magic != FREED))
		kern_panic("heap: %p was not allocated", p);
	return h;
}

void
heapdebug_free(void *p, void *caller)
{
	struct dhead *h = head_of(p), *old;
	struct dlist out = TAILQ_HEAD_INITIALIZER(out);
	unsigned long s;

	s = kern_spin_lock(&dlock);
	if (h->magic == FREED) {
		kern_spin_unlock(&dlock, s);
		report("freed twice", h);
	}
	h->magic = FREED;
	TAILQ_REMOVE(&live, h, link);
	kern_spin_unlock(&dlock, s);
	check_red(h);
	h->caller = caller;
	memset(p, DEAD, h->size);
	s = kern_spin_lock(&dlock);
	TAILQ_INSERT_TAIL(&grave, h, link);
	grave_bytes += h->size + sizeof(*h);
	while (grave_bytes > GRAVE_MAX && (old = TAILQ_FIRST(&grave)) != h) {
		TAILQ_REMOVE(&grave, old, link);
		grave_bytes -= old->size + sizeof(*old);
		TAILQ_INSERT_TAIL(&out, old, link);
	}
	kern_spin_unlock(&dlock, s);
	while ((old = TAILQ_FIRST(&out)) != NULL) {
		TAILQ_REMOVE(&out, old, link);
		check_dead(old);
		old->magic = 0;
		heap_release(old->raw);
	}
}

size_t
heapdebug_size(const void *p)
{

	return head_of(p)->size;
}

void
kern_heap_check(void)
{
	struct dhead *h;
	unsigned long s;

	if (!kern_heap_debug)
		return;
	s = kern_spin_lock(&dlock);
	TAILQ_FOREACH(h, &live, link)
		check_red(h);
	TAILQ_FOREACH(h, &grave, link)
		check_dead(h);
	kern_spin_unlock(&dlock, s);
}
