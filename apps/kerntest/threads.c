#include <string.h>
#include "kerntest.h"

static void *
ret(void *arg)
{

	return arg;
}

static void *
exiter(void *arg)
{

	kern_yield();
	kern_thread_exit((char *)arg + 1);
}

void
test_threads(void)
{
	struct thread *t;
	void *r;

	CHECK(kern_thread_create(&t, "a name that is much too long for us",
	    ret, &t, KERN_PRI_USER, KERN_CPU_ANY, KERN_T_JOIN, 0) == 0);
	CHECK(strcmp(kern_thread_name(t), "a name that is much too long fo")
	    == 0);
	CHECK(kern_thread_join(t, &r) == 0 && r == &t);
	CHECK(kern_thread_create(&t, "x", exiter, &r, KERN_PRI_USER, 0,
	    KERN_T_JOIN, 100000) == 0);
	CHECK(*kern_thread_slot(t, 0) == NULL && *kern_thread_slot(t, 7) ==
	    NULL);
	kern_sleep_until(kern_clock() + 20 * MS);
	CHECK(kern_thread_join(t, &r) == 0 && r == (char *)&r + 1);
	CHECK(kern_thread_create(&t, "big", ret, NULL, KERN_PRI_USER, 0,
	    KERN_T_JOIN, 1UL << 40) == ENOMEM);
	CHECK(kern_thread_join(kern_curthread(), NULL) == EINVAL);
}

static uint32_t ran;

static void *
count(void *arg)
{

	(void)arg;
	__atomic_fetch_add(&ran, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void
wait_ran(uint32_t n)
{
	int i;

	for (i = 0; i < 30000 && __atomic_load_n(&ran, __ATOMIC_RELAXED) < n;
	    i++)
		kern_sleep_until(kern_clock() + MS);
}

/* Two children a round, of which one is not waited for. */
static void *
spawner(void *arg)
{
	uint32_t *made = arg, n;
	int i;

	for (i = 0; i < 500; i++) {
		struct thread *t = kt_start("child", count, NULL,
		    KERN_PRI_USER + i % 3, KERN_CPU_ANY);

		if (i % 2)
			kern_yield();
		TCHECK(kt_join(t));
		TCHECK(kern_thread_create(NULL, "detached", count, NULL,
		    KERN_PRI_USER, i % kern_ncpu(), 0, i % 7 ? 0 : 20000)
		    == 0);
		if ((n = __atomic_add_fetch(made, 2, __ATOMIC_RELAXED)) > 50)
			wait_ran(n - 50);
	}
	return NULL;
}

void
test_create_many(void)
{
	struct kern_mem_info a, b;
	uint32_t made = 0;
	int i;

	ran = 0;
	CHECK(kt_threads(2, spawner, &made, 0, KERN_PRI_USER));
	wait_ran(2000);
	CHECK(ran == 2000);
	kern_mem_info(&a);
	made = 0;
	ran = 0;
	CHECK(kt_threads(4, spawner, &made, 0, KERN_PRI_USER));
	wait_ran(4000);
	CHECK(ran == 4000);
	/* the last of them still have to die */
	for (i = 0; i < 300; i++) {
		kern_mem_info(&b);
		if (b.free + (4 << 20) >= a.free)
			break;
		kern_sleep_until(kern_clock() + 10 * MS);
	}
	if (b.free + (4 << 20) < a.free)
		kern_printf("# free memory: %lu, then %lu\n",
		    (unsigned long)a.free, (unsigned long)b.free);
	CHECK(b.free + (4 << 20) >= a.free);
}

static uint64_t seen;
static uint32_t there;

static void *
visit(void *arg)
{
	uint64_t end = kern_clock() + 20 * SEC;

	(void)arg;
	__atomic_fetch_add(&there, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&there, __ATOMIC_SEQ_CST) < kern_ncpu())
		TCHECK(kern_clock() < end);
	__atomic_fetch_or(&seen, 1ULL << kern_curcpu(), __ATOMIC_RELAXED);
	return NULL;
}

static void *
nailed(void *arg)
{
	unsigned cpu = (unsigned)(uintptr_t)arg;
	int i;

	for (i = 0; i < 200; i++) {
		TCHECK(kern_curcpu() == cpu);
		if (i % 50 == 0)
			kern_sleep_until(kern_clock() + MS);
		kern_yield();
	}
	return NULL;
}

void
test_smp(void)
{
	struct thread *t[64];
	unsigned i, n = kern_ncpu(), tries;
	uint64_t all = n == 64 ? ~0ULL : (1ULL << n) - 1;
	bool ok = true;

	CHECK(n == plat_ncpu());
	/*
	 * They all wait for each other: on all CPUs, or by slices, if the host
	 * holds up a CPU just then; but not always.
	 */
	seen = 0;
	for (tries = 0; ok && seen != all && tries < 50; tries++) {
		there = 0;
		for (i = 0; i < n; i++)
			t[i] = kt_start("visit", visit, NULL, KERN_PRI_USER,
			    KERN_CPU_ANY);
		for (i = 0; i < n; i++)
			ok &= kt_join(t[i]);
	}
	CHECK(ok && seen == all);
	for (i = 0; i < n; i++)
		t[i] = kt_start("nailed", nailed, (void *)(uintptr_t)i,
		    KERN_PRI_USER, i);
	for (i = 0; i < n; i++)
		ok &= kt_join(t[i]);
	CHECK(ok);
}

static uint32_t stop;

static void *
spin_until_stop(void *arg)
{
	uint64_t *n = arg;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		++*(volatile uint64_t *)n;
	return NULL;
}

/*
 * Every CPU worked for most of a window of 200 ms?  An emulated CPU that the
 * host leaves waiting looks idle for that time, so one window may say nothing.
 */
static bool
all_busy(void)
{
	uint64_t idle[MAXCPU], t0;
	unsigned i, cpus = kern_ncpu();
	bool ok = true;

	for (i = 0; i < cpus; i++)
		idle[i] = kern_cpu_idletime(i);
	t0 = kern_clock();
	kern_sleep_until(t0 + 200 * MS);
	t0 = kern_clock() - t0;
	for (i = 0; i < cpus; i++)
		ok &= kern_cpu_idletime(i) - idle[i] < t0 / 3;
	return ok;
}

/*
 * All start on CPU 0, two for each CPU; the others must fetch them: within 10 s
 * all have work.
 */
void
test_steal(void)
{
	struct thread *t[64];
	uint64_t n[64] = { 0 }, end;
	unsigned i, cpus = kern_ncpu(), k = 2 * cpus < 64 ? 2 * cpus : 64;
	bool ok;

	stop = 0;
	for (i = 0; i < k; i++)
		if (kern_thread_create(&t[i], "spin", spin_until_stop, &n[i],
		    KERN_PRI_USER, 0, KERN_T_JOIN, 0) != 0)
			kern_panic("no thread");
	end = kern_clock() + 10000 * MS;
	kern_sleep_until(kern_clock() + 50 * MS);
	while (!(ok = all_busy()) && kern_clock() < end)
		;
	stop = 1;
	for (i = 0; i < k; i++) {
		kt_join(t[i]);
		ok &= n[i] != 0;
	}
	CHECK(ok);
}
