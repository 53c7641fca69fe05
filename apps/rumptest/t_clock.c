/* t_clock.c: clocks and sleeping, alone and among threads that spin. */
#include "test.h"

static uint64_t
gettime(int which)
{
	int64_t sec = -1;
	long nsec = -1;

	CHECK_INT(rumpuser_clock_gettime(which, &sec, &nsec), 0);
	CHECK(sec >= 0 && nsec >= 0 && nsec < (long)SEC);
	return (uint64_t)sec * SEC + (uint64_t)nsec;
}

#define mono()	gettime(RUMPUSER_CLOCK_ABSMONO)

static void
reading(void)
{
	uint64_t a, b, w, best = SEC;
	int64_t sec;
	long nsec;
	int i;

	a = mono();
	for (i = 0; i < 2000; i++, a = b) {
		b = mono();
		CHECK(b >= a);
		if (b > a && b - a < best)
			best = b - a;
	}
	CHECK(best < MS / 10);		/* not a tick's resolution */
	w = gettime(RUMPUSER_CLOCK_RELWALL);
	CHECK(w / SEC > 1600000000);	/* 2020-09-13 */
	tk_sleep(20 * MS);
	CHECK(gettime(RUMPUSER_CLOCK_RELWALL) - w >= 20 * MS);
	CHECK(rumpuser_clock_gettime(2, &sec, &nsec) != 0 || test_linux());
}

static void
sleep_rel(void)
{
	static const uint64_t ns[] = { 0, 1, 1000, 100000, MS, 3 * MS,
	    10 * MS, 50 * MS, 1000 * MS + 1 };
	uint64_t t0, d;
	size_t i;

	for (i = 0; i < sizeof(ns) / sizeof(*ns); i++) {
		t0 = mono();
		CHECK_INT(rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL,
		    (int64_t)(ns[i] / SEC), (long)(ns[i] % SEC)), 0);
		d = mono() - t0;
		CHECK(d >= ns[i]);
		CHECK(d < ns[i] + 3 * SEC);
		TK_CHECK();
	}
}

static void
sleep_abs(void)
{
	uint64_t t = mono() + 10 * MS, start = t;
	int i;

	/* As the rump kernel's clock does it: no drift, no error, ever. */
	for (i = 0; i < 30; i++, t += 10 * MS) {
		CHECK_INT(rumpuser_clock_sleep(RUMPUSER_CLOCK_ABSMONO,
		    (int64_t)(t / SEC), (long)(t % SEC)), 0);
		CHECK(mono() >= t);
	}
	CHECK(mono() - start < 300 * MS + 3 * SEC);
	/* What has passed is not an error, nor a sleep. */
	t = mono();
	CHECK_INT(rumpuser_clock_sleep(RUMPUSER_CLOCK_ABSMONO, 0, 1), 0);
	CHECK(mono() - t < 3 * SEC);
}

/* One clock for all CPUs: a value read is never later than one read after. */
static uint64_t latest;
static volatile int mono_stop;

static void
mono_main(void *arg)
{
	uint64_t seen, t;
	int i;

	(void)arg;
	for (i = 0; i < 20000 && !mono_stop; i++) {
		seen = __atomic_load_n(&latest, __ATOMIC_SEQ_CST);
		t = mono();
		if (t < seen) {
			test_fail(__FILE__, __LINE__, "the clock steps back");
			test_note("by %llu ns",
			    (unsigned long long)(seen - t));
			mono_stop = 1;
		}
		while (seen < t && !__atomic_compare_exchange_n(&latest, &seen,
		    t, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			continue;
	}
}

static void
one_clock(void)
{
	struct tk_thread *t[TK_MAXCPU];
	int i, n = tk_ncpu < 8 ? tk_ncpu : 8;

	latest = 0;
	mono_stop = 0;
	for (i = 0; i < n; i++)
		t[i] = tk_spawn(mono_main, NULL, i);
	for (i = 0; i < n; i++)
		tk_join(t[i]);
}

/* ---- among spinning threads ---- */

static volatile int spin_stop;

static void *
spin_main(void *arg)
{

	while (!spin_stop)
		__asm__ volatile("pause" ::: "memory");
	return arg;
}

#define NLATE	51
static uint64_t lates[NLATE];		/* ascending */

static void
late_main(void *arg)
{
	uint64_t t0, late;
	int i, k;

	(void)arg;
	for (i = 0; i < NLATE; i++) {
		t0 = mono();
		tk_sleep(2 * MS);
		late = mono() - t0 - 2 * MS;
		for (k = i; k > 0 && lates[k - 1] > late; k--)
			lates[k] = lates[k - 1];
		lates[k] = late;
	}
}

/* Application threads spin on every CPU: a kernel thread is on time. */
static void
spinners(void)
{
	uint64_t most = (tk_ncpu > 1 || test_linux() ? 100 : 3) * MS;
	struct host_thread *h[TK_MAXCPU + 1];
	int i;

	spin_stop = 0;
	for (i = 0; i < tk_ncpu + 1; i++)
		CHECK_INT(rumpcomp_host_thread_create(&h[i], "spin", spin_main,
		    NULL, 1, 0), 0);
	/*
	 * The best of them: an emulated CPU waits for the real one, too, and
	 * again when it waits all the time.  Behind a spinner's time slice,
	 * none would ever be on time.
	 */
	for (i = 0; i < 10 && (i == 0 || lates[2] >= most); i++)
		tk_join(tk_spawn(late_main, NULL, -1));
	spin_stop = 1;
	for (i = 0; i < tk_ncpu + 1; i++)
		CHECK_INT(rumpcomp_host_thread_join(h[i], NULL), 0);
	test_note("sleeping 2 ms among spinners: late by %llu us, at worst "
	    "%llu us", (unsigned long long)(lates[NLATE / 2] / 1000),
	    (unsigned long long)(lates[NLATE - 1] / 1000));
	CHECK(lates[2] < most);
}

/* Equals that spin are preempted: all of them get on. */
static volatile unsigned long spun[4];

static void *
spin_count(void *arg)
{
	volatile unsigned long *n = arg;

	while (!spin_stop)
		(*n)++;
	return NULL;
}

static void
preempted(void)
{
	struct host_thread *h[4];
	int i;

	spin_stop = 0;
	for (i = 0; i < 4; i++) {
		spun[i] = 0;
		CHECK_INT(rumpcomp_host_thread_create(&h[i], "count",
		    spin_count, (void *)&spun[i], 1, 0), 0);
	}
	tk_sleep(600 * MS);
	spin_stop = 1;
	for (i = 0; i < 4; i++)
		CHECK_INT(rumpcomp_host_thread_join(h[i], NULL), 0);
	for (i = 0; i < 4; i++)
		CHECK(spun[i] > 0);
}

/* Many timers at once, each on time and none lost. */
#define NTIMERS	24
static int timers_done;

static void
timer_main(void *arg)
{
	unsigned x = (unsigned)(uintptr_t)arg * 2654435761u;
	uint64_t t0, d;
	int i;

	for (i = 0; i < 40; i++) {
		x = x * 1103515245 + 12345;
		d = (x >> 8) % 3000 * 1000;
		t0 = mono();
		tk_sleep(d);
		CHECK(mono() - t0 >= d);
	}
	__atomic_add_fetch(&timers_done, 1, __ATOMIC_SEQ_CST);
}

static void
timers(void)
{
	struct tk_thread *t[NTIMERS];
	int i;

	timers_done = 0;
	for (i = 0; i < NTIMERS; i++)
		t[i] = tk_spawn(timer_main, (void *)(intptr_t)(i + 1), -1);
	for (i = 0; i < NTIMERS; i++)
		tk_join(t[i]);
	CHECK_INT(timers_done, NTIMERS);
}

const struct test tests_clock[] = {
	{ "sem06 clock_gettime", reading },
	{ "sem06 RELWALL sleeps at least that long", sleep_rel },
	{ "sem06 ABSMONO sleeps until then, the past is no error", sleep_abs },
	{ "sem06 one clock on all CPUs", one_clock },
	{ "sem06 on time although applications spin", spinners },
	{ "sem06 spinning threads are preempted", preempted },
	{ "sem06 many sleepers", timers },
	{ NULL, NULL }
};
