/* fake.c: see fake.h. */
#include <sanitizer/asan_interface.h>
#include "fake.h"

long fake_pages;
bool fake_short;

/* ---- kernel ---- */

struct cpu { int n; } cpu0;
struct thread { int n; } fake_thread;

static bool out(void) { return fake_short && rnd() % 60 == 0; }
void *kern_zalloc(size_t n) { return out() ? NULL : calloc(1, n); }
void *kern_malloc(size_t n, size_t align) { return out() ? NULL : malloc(n); }
void *kern_realloc(void *p, size_t n) { return out() ? NULL : realloc(p, n); }
unsigned kern_ncpu(void) { return 2; }


void *(*fake_thread_fn)(void *);
void *fake_thread_arg;
bool (*fake_wait)(void);
static jmp_buf leave;
static bool inside;

int
kern_thread_create(struct thread **t, const char *name, void *(*fn)(void *),
    void *arg, int pri, int cpu, int flags, size_t stack)
{

	fake_thread_fn = fn;
	fake_thread_arg = arg;
	if (t != NULL)
		*t = NULL;
	return 0;
}

void
fake_thread_run(void)
{

	if (fake_thread_fn == NULL)
		return;
	inside = true;
	if (setjmp(leave) == 0)
		(void)fake_thread_fn(fake_thread_arg);
	inside = false;
}

int
kern_cv_wait(struct kern_cv *c, struct kern_mutex *m, uint64_t limit)
{
	bool some;

	kern_mutex_unlock(m);
	if (inside && fake_wait == NULL)
		longjmp(leave, 1);
	some = fake_wait != NULL && fake_wait();
	if (!some) {
		CHECK(limit != UINT64_MAX);	/* it would wait for ever */
		if (limit > fake_time)
			fake_time = limit;
	}
	kern_mutex_lock(m);
	return some ? 0 : ETIMEDOUT;
}

void
kern_mem_info(struct kern_mem_info *mi)
{

	memset(mi, 0, sizeof(*mi));
	mi->total = mi->free = 64 << 20;
}

/*
 * Pages of an arena, given back one by one if need be; free ones are poisoned
 * and long unused.
 */
#define ARENA	32768
static char *arena;
static bool page_used[ARENA];

void *
kern_page_alloc(size_t n, size_t align, int flags)
{
	static size_t next;
	size_t i, k, tries;
	char *p;

	if (out())
		return NULL;
	if (arena == NULL) {
		arena = aligned_alloc(PAGE_SIZE, ARENA * PAGE_SIZE);
		ASAN_POISON_MEMORY_REGION(arena, ARENA * PAGE_SIZE);
	}
	for (tries = 0; tries < 2 * ARENA; tries++, next++) {
		i = next % ARENA;
		for (k = 0; k < n && i + k < ARENA && !page_used[i + k]; k++)
			continue;
		if (k == n)
			break;
	}
	CHECK(tries < 2 * ARENA);
	next = i + n;
	memset(page_used + i, true, n);
	fake_pages += n;
	p = arena + i * PAGE_SIZE;
	ASAN_UNPOISON_MEMORY_REGION(p, n * PAGE_SIZE);
	memset(p, flags & KERN_PG_ZERO ? 0 : 0xa5, n * PAGE_SIZE);
	return p;
}

void
kern_page_free(void *p, size_t n)
{
	size_t i = ((char *)p - arena) / PAGE_SIZE, k;

	CHECK(((uintptr_t)p & (PAGE_SIZE - 1)) == 0 && i + n <= ARENA);
	for (k = 0; k < n; k++) {
		CHECK(page_used[i + k]);
		page_used[i + k] = false;
	}
	ASAN_POISON_MEMORY_REGION(p, n * PAGE_SIZE);
	fake_pages -= n;
}

xen_pfn_t xen_gfn(const void *va) { return (uintptr_t)va >> PAGE_SHIFT; }

extern const struct kern_init __start_sirloin_init[], __stop_sirloin_init[];

void
fake_init(void)
{
	const struct kern_init *i;

	for (i = __start_sirloin_init; i < __stop_sirloin_init; i++)
		i->fn();
}

/* ---- grants ---- */

struct fake_grant fake_grant[FAKE_REFS];
unsigned fake_grants;

grant_ref_t
xen_grant_ref(void)
{
	static grant_ref_t next = 8;
	unsigned i;

	if (out())
		return 0;
	for (i = 0; i < FAKE_REFS; i++) {
		if (++next >= FAKE_REFS)
			next = 8;
		if (fake_grant[next].used)
			continue;
		memset(&fake_grant[next], 0, sizeof(fake_grant[next]));
		fake_grant[next].used = true;
		fake_grants++;
		return next;
	}
	return 0;
}

void
xen_grant_free(grant_ref_t r)
{

	CHECK(r < FAKE_REFS && fake_grant[r].used && !fake_grant[r].access);
	fake_grant[r].used = false;
	fake_grants--;
}

void
xen_grant_access(grant_ref_t r, domid_t dom, xen_pfn_t gfn, bool readonly)
{

	CHECK(r < FAKE_REFS && fake_grant[r].used && !fake_grant[r].access);
	fake_grant[r].access = true;
	fake_grant[r].readonly = readonly;
	fake_grant[r].va = (char *)(gfn << PAGE_SHIFT);
}

bool
xen_grant_end(grant_ref_t r)
{

	CHECK(r < FAKE_REFS && fake_grant[r].used);
	if (fake_grant[r].mapped)
		return false;
	fake_grant[r].access = false;
	return true;
}

grant_ref_t
xen_grant_page(domid_t dom, const void *va, bool readonly)
{
	grant_ref_t r = xen_grant_ref();

	if (r != 0)
		xen_grant_access(r, dom, xen_gfn(va), readonly);
	return r;
}

static void
drop(grant_ref_t r, void *page)
{

	xen_grant_free(r);
	if (page != NULL)
		kern_page_free(page, 1);
}

void
xen_grant_dispose(grant_ref_t r, void *page)
{

	CHECK(fake_grant[r].page == NULL);
	if (xen_grant_end(r))
		drop(r, page);
	else
		fake_grant[r].page = page != NULL ? page : (void *)1;
}

char *
fake_access(grant_ref_t r, bool write)
{

	if (r >= FAKE_REFS || !fake_grant[r].access ||
	    (write && fake_grant[r].readonly))
		return NULL;
	return fake_grant[r].va;
}

void
fake_unmap_all(void)
{
	struct fake_grant *g;
	void *page;

	for (g = fake_grant; g < fake_grant + FAKE_REFS; g++) {
		g->mapped = false;
		if (!g->used || (page = g->page) == NULL)
			continue;
		g->page = NULL;
		g->access = false;
		drop(g - fake_grant, page == (void *)1 ? NULL : page);
	}
}

/* ---- events, devices ---- */

int (*fake_event_fn)(void *);

int
xen_event_alloc(struct xen_event *e, const char *name, domid_t dom, int cpu,
    int (*fn)(void *), void *arg)
{

	if (out())
		return ENOSPC;
	e->port = 1;
	e->irq = (void *)e;
	fake_event_fn = fn;
	return 0;
}
void xen_event_free(struct xen_event *e) { memset(e, 0, sizeof(*e)); }
void xen_evtchn_notify(evtchn_port_t p) { CHECK(p != 0); }

struct xenbus_driver *fake_driver;
uint64_t (*fake_key)(const char *);
const char *fake_trouble;

void xenbus_driver(struct xenbus_driver *d) { fake_driver = d; }
void xenbus_trouble(struct xenbus_dev *d, const char *why)
    { fake_trouble = why; }
void xenbus_look(struct xenbus_dev *d) { }

uint64_t
xenbus_peer_num(struct xenbus_dev *d, const char *key, uint64_t max,
    uint64_t otherwise)
{
	uint64_t v = fake_key(key);

	return v == ~0ull || v > max ? otherwise : v;
}
