/* init.c: the upcall table, and our own threads' way into the rump kernel. */
#include "hyp.h"

struct rumpuser_hyperup hyp_up;
uintptr_t hyp_generation;
uint64_t hyp_init_time;

int
rumpuser_init(int version, const struct rumpuser_hyperup *up)
{

	if (version != RUMPUSER_VERSION || up == NULL)
		return EINVAL;
	hyp_up = *up;
	hyp_init_time = kern_clock();
	__atomic_add_fetch(&hyp_generation, 1, __ATOMIC_RELEASE);
	return 0;
}

/*
 * The first three upcalls make a host thread one of the rump kernel's; it
 * keeps the lwp until another rump kernel takes the table over.
 */
void
hyp_enter(int nlocks)
{
	void **slot = hyp_slot(HYP_SLOT_KTHREAD);
	void *now = (void *)__atomic_load_n(&hyp_generation, __ATOMIC_ACQUIRE);

	if (__builtin_expect(*slot != now, 0)) {
		*hyp_slot(HYP_SLOT_LWP) = NULL;		/* the other one's */
		rumpuser_component_kthread();
		*slot = now;
	}
	hyp_schedule(nlocks, NULL);
}

void
hyp_leave(void)
{

	(void)hyp_unschedule(NULL);
}

void *
hyp_must_alloc(size_t size, const char *what)
{
	void *p = kern_malloc(size, 64);

	if (p == NULL)
		kern_panic("rumpuser: no memory for a %s", what);
	memset(p, 0, size);
	return p;
}

uint64_t
hyp_deadline(uint64_t a, int64_t sec, int64_t nsec)
{
	uint64_t d;

	if (sec < 0 || nsec < 0)
		return a;
	if (__builtin_mul_overflow((uint64_t)sec, 1000000000ULL, &d) ||
	    __builtin_add_overflow(d, (uint64_t)nsec, &d) ||
	    __builtin_add_overflow(d, a, &d))
		return UINT64_MAX - 1;
	return d;
}
