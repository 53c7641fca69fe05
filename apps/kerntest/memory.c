#include <string.h>
#include "kerntest.h"

#define NBOX	64

/* Blocks change hands through the boxes: freed on another CPU, often. */
static void *box[NBOX];

static bool
intact(const uint8_t *p)
{
	size_t n = *(const uint32_t *)p, i;

	for (i = 4; i < n; i++)
		if (p[i] != (uint8_t)(n ^ i))
			return false;
	return true;
}

static void *
heap_worker(void *arg)
{
	uint64_t x = 31 + (uintptr_t)arg;
	uint8_t *p;
	size_t n, k;
	int i;

	for (i = 0; i < 6000; i++) {
		n = 16 + kt_rand(&x) % (kt_rand(&x) % 16 ? 300 : 9000);
		if ((p = kern_malloc(n, 0)) != NULL) {
			*(uint32_t *)p = n;
			for (k = 4; k < n; k++)
				p[k] = (uint8_t)(n ^ k);
		}
		p = __atomic_exchange_n(&box[kt_rand(&x) % NBOX], p,
		    __ATOMIC_SEQ_CST);
		if (p == NULL)
			continue;
		TCHECK(intact(p));
		if (kt_rand(&x) % 8 == 0) {
			n = *(uint32_t *)p;
			TCHECK((p = kern_realloc(p, n + 100)) != NULL &&
			    intact(p));
		}
		kern_free(p);
	}
	return NULL;
}

void
test_heap(void)
{
	struct kern_mem_info a, b;
	int i;

	kern_mem_info(&a);
	CHECK(kt_threads(8, heap_worker, NULL, 1, KERN_PRI_USER));
	for (i = 0; i < NBOX; i++) {
		kern_free(box[i]);
		box[i] = NULL;
	}
	kern_mem_info(&b);
	kern_printf("# %lu allocations, %lu bytes more in use\n",
	    (unsigned long)(b.heap_allocs - a.heap_allocs),
	    (unsigned long)(b.heap_used - a.heap_used));
	CHECK(b.heap_allocs - a.heap_allocs >= 48000);
	/* new threads have their structures; nothing of the rest is left */
	CHECK(kern_heap_debug || b.heap_used <= a.heap_used + 32768);
}

static void *
page_worker(void *arg)
{
	uint64_t x = 37 + (uintptr_t)arg, v;
	struct { uint64_t *p; size_t n; } own[16] = { { 0, 0 } };
	int i, k;

	for (i = 0; i < 3000; i++) {
		k = kt_rand(&x) % 16;
		if (own[k].p != NULL) {
			v = (uintptr_t)own[k].p;
			TCHECK(own[k].p[0] == v);
			TCHECK(own[k].p[own[k].n * 512 - 1] == ~v);
			kern_page_free(own[k].p, own[k].n);
			own[k].p = NULL;
			continue;
		}
		own[k].n = 1 + kt_rand(&x) % 8;
		own[k].p = kern_page_alloc(own[k].n, 0, 0);
		if (own[k].p == NULL)
			continue;
		own[k].p[0] = (uintptr_t)own[k].p;
		own[k].p[own[k].n * 512 - 1] = ~(uintptr_t)own[k].p;
	}
	for (k = 0; k < 16; k++)
		if (own[k].p != NULL)
			kern_page_free(own[k].p, own[k].n);
	return NULL;
}

void
test_pages(void)
{
	uint8_t *p;
	paddr_t pa;

	p = kern_page_alloc(3, 1 << 16, KERN_PG_LOW4G | KERN_PG_ZERO);
	CHECK(p != NULL);
	pa = plat_virt_to_phys(p);
	CHECK(pa % (1 << 16) == 0 && pa + 3 * PAGE_SIZE <= 1ULL << 32);
	CHECK(p == plat_phys_to_virt(pa));
	CHECK(p[0] == 0 && p[3 * PAGE_SIZE - 1] == 0);
	kern_page_free(p, 3);
	if ((p = kern_page_alloc(1, 0, KERN_PG_LOW1M)) != NULL) {
		CHECK(plat_virt_to_phys(p) < 1 << 20);
		kern_page_free(p, 1);
	}
	CHECK(kern_page_alloc(1UL << 40, 0, 0) == NULL);
	/* more than half of the machine in one piece cannot always be had,
	 * but memory above 4 GB can, when there is some */
	if (plat_mem_total() > 5ULL << 30) {
		p = kern_page_alloc(1 << 16, 0, 0);
		CHECK(p != NULL && plat_virt_to_phys(p) >= 1ULL << 32);
		p[0] = p[(1 << 28) - 1] = 1;
		kern_page_free(p, 1 << 16);
	}
	CHECK(kt_threads(6, page_worker, NULL, 1, KERN_PRI_USER));
}

/* All there is, to the last object, and back. */
static void **
take_all(size_t size, void **list)
{
	void **p;

	while ((p = kern_malloc(size, 0)) != NULL) {
		*p = list;
		list = p;
	}
	return list;
}

static void *
nothing(void *arg)
{

	return arg;
}

void
test_no_memory(void)
{
	struct kern_mem_info a, b;
	struct thread *t = NULL;
	void **list = NULL, **next;
	int error, i;

	kern_mem_info(&a);
	list = take_all(1 << 20, list);
	list = take_all(4096, list);
	list = take_all(100, list);
	error = 0;
	/* stacks of dead threads were given back: there are none left */
	for (i = 0; i < 3 && error == 0; i++) {
		error = kern_thread_create(&t, "no memory", nothing, NULL,
		    KERN_PRI_USER, KERN_CPU_ANY, KERN_T_JOIN, 300000);
		if (error == 0)
			kt_join(t);
	}
	for (; list != NULL; list = next) {
		next = *list;
		kern_free(list);
	}
	CHECK(error == ENOMEM);
	kern_mem_info(&b);
	CHECK(b.heap_fails > a.heap_fails);
	CHECK(b.free + (2 << 20) > a.free);
	CHECK(kt_join(kt_start("again", nothing, NULL, KERN_PRI_USER, -1)));
}

void
test_random(void)
{
	uint64_t a[16], b[16];
	int i, j;

	CHECK(kern_random(a, sizeof(a), true) == 0);
	CHECK(kern_random(b, sizeof(b), false) == 0);
	for (i = 0; i < 16; i++)
		for (j = 0; j < 16; j++)
			CHECK(a[i] != b[j] && (i == j || a[i] != a[j]));
	kern_printf("# seeded by %s\n", kern_random_source());
	CHECK(strcmp(kern_random_source(), "nothing") != 0);
}
