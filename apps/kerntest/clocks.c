#include <stdlib.h>
#include "kerntest.h"

/* ---- sleep ---- */

static int
later(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

void
kt_sort(uint64_t *v, int n)
{

	qsort(v, n, sizeof(*v), later);
}

void
test_sleep(void)
{
	uint64_t late[200], t, end, x = 17;
	int i;

	for (i = 0; i < 200; i++) {
		end = kern_clock() + kt_rand(&x) % (2 * MS);
		kern_sleep_until(end);
		t = kern_clock();
		CHECK(t >= end);
		late[i] = t - end;
	}
	kt_sort(late, 200);
	kern_printf("# overshoot: median %lu ns, 90%% %lu ns, worst %lu ns\n",
	    (unsigned long)late[100], (unsigned long)late[180],
	    (unsigned long)late[199]);
	/* a host that has other things to do may hold us up now and then */
	CHECK(late[100] < 20 * MS);
	kern_sleep_until(0);
}

/* ---- timers ---- */

#define NTIMER	64
static struct kern_timer timer[NTIMER];
static uint64_t due[NTIMER];
static uint32_t fired[NTIMER], bad;

static void
fire(void *arg)
{
	int i = (int)(uintptr_t)arg;

	if (kern_clock() < __atomic_load_n(&due[i], __ATOMIC_SEQ_CST))
		__atomic_fetch_add(&bad, 1, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&fired[i], 1, __ATOMIC_SEQ_CST);
}

/* Each thread has some of the timers; armed = fired + cancelled. */
static void *
timer_worker(void *arg)
{
	uint64_t x = 23 + (uintptr_t)arg;
	int first = (int)(uintptr_t)arg * 16, i, k;
	uint32_t armed[16] = { 0 }, cancelled[16] = { 0 };

	for (k = 0; k < 2000; k++) {
		i = kt_rand(&x) % 16;
		cancelled[i] += kern_timer_cancel(&timer[first + i]);
		TCHECK(fired[first + i] + cancelled[i] == armed[i]);
		due[first + i] = kern_clock() + kt_rand(&x) % 100000;
		kern_timer_arm(&timer[first + i], due[first + i]);
		armed[i]++;
		if (kt_rand(&x) % 8 == 0)
			kern_sleep_until(kern_clock() + kt_rand(&x) % 50000);
	}
	kern_sleep_until(kern_clock() + 5 * MS);
	for (i = 0; i < 16; i++)
		TCHECK(!kern_timer_cancel(&timer[first + i]) &&
		    fired[first + i] + cancelled[i] == armed[i]);
	return NULL;
}

void
test_timers(void)
{
	int i;

	for (i = 0; i < NTIMER; i++) {
		fired[i] = 0;
		kern_timer_init(&timer[i], fire, (void *)(uintptr_t)i);
	}
	bad = 0;
	CHECK(!kern_timer_cancel(&timer[0]));
	CHECK(kt_threads(NTIMER / 16, timer_worker, NULL, 1, KERN_PRI_USER));
	CHECK(bad == 0);
}

/* ---- idle ---- */

void
test_idle(void)
{
	uint64_t n[64], idle[64], t;
	unsigned i, cpus = kern_ncpu();

	kern_sleep_until(kern_clock() + 50 * MS);
	for (i = 0; i < cpus; i++) {
		n[i] = kern_cpu_wakeups(i);
		idle[i] = kern_cpu_idletime(i);
	}
	t = kern_clock();
	kern_sleep_until(t + 300 * MS);
	t = kern_clock() - t;
	for (i = 0; i < cpus; i++) {
		/* an old deadline, the end of the sleep, devices */
		if (kern_cpu_wakeups(i) - n[i] > 6)
			kern_printf("# CPU %u woke %lu times\n", i,
			    (unsigned long)(kern_cpu_wakeups(i) - n[i]));
		CHECK(kern_cpu_wakeups(i) - n[i] <= 6);
		CHECK(kern_cpu_idletime(i) - idle[i] > t / 2);
	}
}
