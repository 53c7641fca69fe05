/*
 * balloon.c: memory goes back to the hypervisor and comes again, as
 * memory/target says (docs/misc/xenstore-paths.pandoc; in KB).  What a PVH
 * guest sees as its memory is memory/static-max, of which it may not use more
 * than the target; a PV guest begins with all that its target is then.
 */
#include <xen.h>
#include "xs.h"

#define KB_PAGE		(PAGE_SIZE / 1024)
#define CHUNK		64
#define SPARE		(2 * 1024 * 1024 / PAGE_SIZE)	/* free pages, always */
#define RETRY		5000000000ull	/* ns */

static struct kern_mutex lock;
static struct kern_cv cv;
static uint64_t top;			/* KB with an empty balloon */
static uint64_t goal, have;		/* pages in the balloon */
static void **pages;			/* room for `room' of them */
static uint64_t room;
static bool told;

static bool
make_room(uint64_t n)
{
	void **p;

	if (n <= room)
		return true;
	n = (n + 511) & ~511ul;
	if ((p = kern_realloc(pages, n * sizeof(*p))) == NULL)
		return false;
	pages = p;
	room = n;
	return true;
}

/* Up to a chunk of free pages into the balloon; how many. */
static unsigned
inflate(uint64_t n)
{
	struct kern_mem_info mi;
	unsigned k, done;

	kern_mem_info(&mi);
	if (n > CHUNK)
		n = CHUNK;
	if (mi.free / PAGE_SIZE < SPARE + n || !make_room(have + n))
		return 0;
	for (k = 0; k < n; k++)
		if ((pages[have + k] = kern_page_alloc(1, 0, 0)) == NULL)
			break;
	done = k > 0 ? xen_balloon_give(pages + have, k) : 0;
	while (k > done)
		kern_page_free(pages[have + --k], 1);
	return done;
}

static unsigned
deflate(uint64_t n)
{
	unsigned done, i;

	if (n > CHUNK)
		n = CHUNK;
	done = xen_balloon_fill(pages + have - n, n);
	for (i = 0; i < done; i++)
		kern_page_free(pages[have - n + i], 1);
	/* those that got no memory stay in the balloon */
	for (i = done; i < n; i++)
		pages[have - n + i - done] = pages[have - n + i];
	return done;
}

static void *
balloon_main(void *arg)
{
	uint64_t want;
	unsigned k;

	for (;;) {
		kern_mutex_lock(&lock);
		while (goal == have)
			(void)kern_cv_wait(&cv, &lock, UINT64_MAX);
		want = goal;
		kern_mutex_unlock(&lock);
		k = want > have ? inflate(want - have) : deflate(have - want);
		kern_mutex_lock(&lock);
		have = want > have ? have + k : have - k;
		if (k == 0 && goal == want) {
			if (!told)
				kern_printf("xen: memory: %lu KB of %lu are "
				    "%s\n", (unsigned long)(want > have ?
				    want - have : have - want) * KB_PAGE,
				    (unsigned long)top, want > have ?
				    "in use and not given back" :
				    "not to be had again");
			told = true;
			(void)kern_cv_wait(&cv, &lock, plat_clock() + RETRY);
		}
		kern_mutex_unlock(&lock);
	}
	return NULL;
}

/* What a PV guest does not have yet is in the balloon. */
static void
adopt(void)
{
	void *first;
	uint64_t n = xen_mem_absent(&first);

	if (n == 0 || !make_room(n))
		return;
	for (have = 0; have < n; have++)
		pages[have] = (char *)first + (n - 1 - have) * PAGE_SIZE;
	top += n * KB_PAGE;
}

static void
target_changed(struct xs_watch *w, const char *path)
{
	static bool begun;
	uint64_t kb, max;

	if (xs_read_num(0, "memory", "target", UINT64_MAX / 1024, &kb) != 0)
		return;
	if (top == 0) {
		top = kb;
		if (xen_kind() == XEN_PVH && xs_read_num(0, "memory",
		    "static-max", UINT64_MAX / 1024, &max) == 0)
			top = max;
		adopt();
	}
	kern_mutex_lock(&lock);
	goal = kb < top ? (top - kb) / KB_PAGE : 0;
	told = false;
	kern_cv_signal(&cv);
	kern_mutex_unlock(&lock);
	if (goal != have && !begun)
		begun = kern_thread_create(NULL, "balloon", balloon_main, NULL,
		    KERN_PRI_KERNEL, KERN_CPU_ANY, 0, 16 * 1024) == 0;
}

static struct xs_watch target = {
	.path = "memory/target", .fn = target_changed
};

static void
balloon_init(void)
{

	if (!xs_ready())
		return;
	kern_mutex_init(&lock, "balloon");
	kern_cv_init(&cv, "balloon");
	(void)xs_watch(&target);
}
KERN_INIT(KERN_INIT_LATE, balloon_init);
