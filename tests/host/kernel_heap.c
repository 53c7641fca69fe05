/*
 * kernel_heap.c: the heap, its debug mode, and the vmap area.
 */
#include <sys/wait.h>
#include <unistd.h>
#include "kernel/fake.h"

#define MAXLIVE	3000
static struct { uint8_t *p; size_t n; uint8_t v; } live[MAXLIVE];
static int nlive;

static size_t
some_size(void)
{

	switch (fake_rand() % 8) {
	case 0:
		return fake_rand() % 20000;
	case 1:
		return fake_rand() % 4;
	default:
		return fake_rand() % 2200;
	}
}

static void
check(int i)
{
	size_t k;

	for (k = 0; k < live[i].n; k++)
		CHECK(live[i].p[k] == live[i].v);
}

static void
fill(int i, uint8_t *p, size_t n)
{

	live[i].p = p;
	live[i].n = n;
	live[i].v = fake_rand();
	memset(p, live[i].v, n);
}

static void
alloc_one(void)
{
	size_t n = some_size();
	size_t align = fake_rand() % 4 ? 0 : 16UL << fake_rand() % 10;
	uint8_t *p;

	if ((p = kern_malloc(n, align)) == NULL)
		return;
	CHECK((uintptr_t)p % (align != 0 ? align : 16) == 0);
	CHECK(kern_malloc_size(p) >= n);
	fill(nlive++, p, n);
}

static void
change_one(int i)
{
	size_t n = some_size(), k;
	uint8_t *p;

	check(i);
	if ((p = kern_realloc(live[i].p, n)) == NULL)
		return;
	for (k = 0; k < n && k < live[i].n; k++)
		CHECK(p[k] == live[i].v);
	fill(i, p, n);
}

static void
stress(int rounds)
{
	int i;

	while (rounds-- > 0) {
		if (nlive == 0 || (nlive < MAXLIVE && fake_rand() % 100 <
		    (rounds / 2000 % 2 ? 65 : 35)))
			alloc_one();
		else if (fake_rand() % 5 == 0)
			change_one(fake_rand() % nlive);
		else {
			i = fake_rand() % nlive;
			check(i);
			kern_free(live[i].p);
			live[i] = live[--nlive];
		}
	}
	while (nlive != 0) {
		check(--nlive);
		kern_free(live[nlive].p);
	}
}

static void
test_normal(void)
{
	struct kern_mem_info mi;
	uint64_t free0;
	void *p, *q;

	kern_mem_info(&mi);
	CHECK(mi.heap_used == 0);
	free0 = mi.free;
	stress(200000);
	kern_mem_info(&mi);
	CHECK(mi.heap_used == 0 && mi.heap_allocs == mi.heap_frees);
	CHECK(mi.heap_allocs > 40000);
	/* nearly all has gone back already, the rest does when memory ends */
	CHECK(free0 - mi.free < 1536 * 1024);
	CHECK(kern_malloc(1UL << 40, 0) == NULL);
	CHECK(kern_malloc(SIZE_MAX - 5, 0) == NULL);
	CHECK(kern_malloc((64 << 20) - 1, 0) == NULL);
	kern_mem_info(&mi);
	CHECK(mi.heap_fails == 3);
	CHECK(mi.free == free0);

	p = kern_malloc(0, 0);
	q = kern_malloc(0, 0);
	CHECK(p != NULL && q != NULL && p != q);
	kern_free(p);
	CHECK(PANICS(kern_free(p), "twice"));
	kern_free(q);
	kern_free(NULL);
	CHECK(PANICS(kern_free((void *)0x1000), "not allocated"));
	p = kern_malloc(10000, 0);
	CHECK(PANICS(kern_free((char *)p + 4096), "not allocated"));
	kern_free(p);
	CHECK(PANICS(kern_free(p), "not allocated"));
	/* out of memory and back */
	for (q = NULL; (p = kern_malloc(100, 0)) != NULL; q = p)
		*(void **)p = q;
	for (; q != NULL; q = p) {
		p = *(void **)q;
		kern_free(q);
	}
	kern_mem_info(&mi);
	CHECK(mi.heap_used == 0);
	CHECK(kern_malloc((64 << 20) - 1, 0) == NULL);
	kern_mem_info(&mi);
	CHECK(mi.free == free0);
}

static void
test_debug(void)
{
	uint8_t *p, *q;

	stress(30000);
	kern_heap_check();
	p = kern_malloc(33, 0);
	CHECK(kern_malloc_size(p) == 33);
	p[33] = 1;
	CHECK(PANICS(kern_heap_check(), "behind the block"));
	CHECK(PANICS(kern_free(p), "allocated by thread \"tester\""));
	p[33] = 0xbe;
	p = kern_malloc(40, 256);
	q = kern_malloc(50, 0);
	p[-1] = 7;
	CHECK(PANICS(kern_heap_check(), "before the block"));
	p[-1] = 0xbe;
	kern_free(q);
	CHECK(PANICS(kern_free(q), "freed twice"));
	q[5] = 1;
	CHECK(PANICS(kern_heap_check(), "after it was freed"));
	q[5] = 0xdf;
	kern_heap_check();
	CHECK(PANICS(kern_free(p + 16), "not allocated"));
	kern_free(p);
	kern_heap_check();
}

#define NV	100
static void
test_vmap(void)
{
	struct { uintptr_t a; size_t n; } v[NV] = { { 0, 0 } };
	int r, i, j;

	for (r = 0; r < 20000; r++) {
		i = fake_rand() % NV;
		if (v[i].a != 0) {
			kern_vmap_free((void *)v[i].a, v[i].n);
			v[i].a = 0;
			continue;
		}
		v[i].n = 1 + fake_rand() % 300000;
		v[i].a = (uintptr_t)kern_vmap_alloc(v[i].n);
		CHECK(v[i].a >= PLAT_VMAP_BASE + PAGE_SIZE &&
		    v[i].a + v[i].n <= PLAT_VMAP_END);
		for (j = 0; j < NV; j++)	/* with a guard page below */
			CHECK(j == i || v[j].a == 0 ||
			    v[i].a + v[i].n <= v[j].a - PAGE_SIZE ||
			    v[j].a + v[j].n <= v[i].a - PAGE_SIZE);
	}
	for (i = 0; i < NV; i++)
		if (v[i].a != 0)
			kern_vmap_free((void *)v[i].a, v[i].n);
	/* merged: all that was ever used is one piece again */
	CHECK(kern_vmap_alloc(PLAT_VMAP_END - PLAT_VMAP_BASE) == NULL);
	for (i = 0; kern_vmap_alloc(1 << 20) != NULL; i++)
		;
	CHECK(i >= 250);
}

/* Debug mode is for the whole life of a heap: each has a process of its own. */
int
main(void)
{
	pid_t child = fork();
	int status;

	kern_heap_debug = child == 0;
	fake_init();
	fake_ram(0x100000, 0x1800000);
	fake_ram(0x100000000, 0x1000000);
	CHECK(page_init() != 0);
	heap_init();
	heap_cache_init(&cpu0.heap);
	if (child == 0) {
		test_debug();
		return 0;
	}
	test_normal();
	test_vmap();
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	printf("ok kernel_heap\n");
	return 0;
}
