/*
 * speed: what the common things cost, one line each: "# speed NAME NS", the
 * best of many batches: the host does other things too.
 */
#include "kerntest.h"

#define N	100000
#define M	2000		/* of a pair, each time */

static void
report(const char *what, uint64_t t, unsigned n)
{

	kern_printf("# speed %s %lu ns\n", what, (unsigned long)(t / n));
}

static struct kern_mutex m;
static struct kern_cv cv[2];
static struct kern_rw rw;
static int turn;

static void *
nothing(void *arg)
{

	return arg;
}

static void *
yielder(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < M; i++)
		kern_yield();
	return NULL;
}

static void *
ponger(void *arg)
{
	int me = (int)(uintptr_t)arg, i;

	kern_mutex_lock(&m);
	for (i = 0; i < M / 2; i++) {
		while (turn != me)
			kern_cv_wait(&cv[me], &m, UINT64_MAX);
		turn = !me;
		kern_cv_signal(&cv[!me]);
	}
	kern_mutex_unlock(&m);
	return NULL;
}

static void
pair(const char *what, void *(*fn)(void *), unsigned n, int cpu)
{
	struct thread *t[2];
	uint64_t t0, best = UINT64_MAX;
	int i, b;

	for (b = 0; b < 50; b++) {
		turn = 0;
		t0 = kern_clock();
		for (i = 0; i < 2; i++)
			t[i] = kt_start("pair", fn, (void *)(uintptr_t)i,
			    KERN_PRI_USER, cpu);
		for (i = 0; i < 2; i++)
			kt_join(t[i]);
		t0 = kern_clock() - t0;
		if (t0 < best)
			best = t0;
	}
	report(what, best, n);
}

static void *
fighter(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < M; i++) {
		kern_mutex_lock(&m);
		turn++;
		kern_mutex_unlock(&m);
	}
	return NULL;
}

#define TIME(what, n, stmt)						\
	do {								\
		uint64_t best_ = UINT64_MAX, t0_;			\
		unsigned i_, b_;					\
		for (b_ = 0; b_ < 100; b_++) {				\
			t0_ = kern_clock();				\
			for (i_ = 0; i_ < (n) / 100; i_++) {		\
				stmt;					\
			}						\
			t0_ = kern_clock() - t0_;			\
			if (t0_ < best_)				\
				best_ = t0_;				\
		}							\
		report(what, best_, (n) / 100);				\
	} while (0)

void
speed(void)
{
	struct kern_spin l = KERN_SPIN_INIT;
	void *p[64];
	int k;

	kern_mutex_init(&m, "speed");
	kern_cv_init(&cv[0], "speed");
	kern_cv_init(&cv[1], "speed");
	kern_rw_init(&rw, "speed");
	TIME("clock", N, kern_clock());
	TIME("pause", N, plat_pause());
	TIME("spin", N, kern_spin_unlock(&l, kern_spin_lock(&l)));
	TIME("mutex", N, kern_mutex_lock(&m); kern_mutex_unlock(&m));
	TIME("rw_read", N, kern_rw_lock(&rw, false); kern_rw_unlock(&rw));
	TIME("signal_nobody", N, kern_cv_signal(&cv[0]));
	TIME("malloc_free", N, kern_free(kern_malloc(64, 0)));
	TIME("malloc_free_64k", N, kern_free(kern_malloc(65536, 0)));
	TIME("malloc_free_x64", N / 64,
	    for (k = 0; k < 64; k++) p[k] = kern_malloc(64, 0);
	    for (k = 0; k < 64; k++) kern_free(p[k]));
	TIME("page", N, kern_page_free(kern_page_alloc(1, 0, 0), 1));
	TIME("yield_alone", N, kern_yield());
	TIME("create_join", 10000, kt_join(kt_start("t", nothing, NULL,
	    KERN_PRI_USER, KERN_CPU_ANY)));
	TIME("sleep_1us", 1000, kern_sleep_until(kern_clock() + 1000));
	pair("yield_switch", yielder, 2 * M, 0);
	pair("cv_pingpong_switch", ponger, M, 0);
	pair("cv_pingpong_any_cpu", ponger, M, KERN_CPU_ANY);
	pair("mutex_contended", fighter, 2 * M, KERN_CPU_ANY);
}
