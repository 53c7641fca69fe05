/* t_rw.c: read-write locks. */
#include "test.h"

#define R	RUMPUSER_RW_READER
#define W	RUMPUSER_RW_WRITER

static struct rumpuser_rw *rw;
static volatile int stage, other;

static int
is_held(int op)
{
	int v = -1;

	rumpuser_rw_held(op, rw, &v);
	return v != 0;
}

static void
held_other(void *arg)
{
	int readers = (int)(intptr_t)arg;

	CHECK_INT(is_held(W), 0);
	CHECK_INT(is_held(R), readers);
}

static void
held(void)
{

	rumpuser_rw_init(&rw);
	CHECK(!is_held(R) && !is_held(W));
	rumpuser_rw_enter(R, rw);
	CHECK(is_held(R) && !is_held(W));
	tk_join(tk_spawn(held_other, (void *)1, -1));
	rumpuser_rw_exit(rw);
	CHECK(!is_held(R) && !is_held(W));
	rumpuser_rw_enter(W, rw);
	CHECK(!is_held(R) && is_held(W));
	tk_join(tk_spawn(held_other, (void *)0, -1));
	rumpuser_rw_exit(rw);
	CHECK(!is_held(R) && !is_held(W));
	rumpuser_rw_destroy(rw);
}

static void
try_both_busy(void *arg)
{

	(void)arg;
	CHECK_INT(rumpuser_rw_tryenter(W, rw), NB_EBUSY);
	CHECK_INT(rumpuser_rw_tryenter(R, rw), NB_EBUSY);
}

static void
try_writer_busy(void *arg)
{

	(void)arg;
	CHECK_INT(rumpuser_rw_tryenter(W, rw), NB_EBUSY);
	CHECK_INT(rumpuser_rw_tryenter(R, rw), 0);
	CHECK_INT(rumpuser_rw_tryenter(W, rw), NB_EBUSY);
	rumpuser_rw_exit(rw);
}

static void
tryenter(void)
{

	rumpuser_rw_init(&rw);
	CHECK_INT(rumpuser_rw_tryenter(R, rw), 0);
	tk_join(tk_spawn(try_writer_busy, NULL, -1));
	rumpuser_rw_exit(rw);
	CHECK_INT(rumpuser_rw_tryenter(W, rw), 0);
	CHECK(is_held(W));
	tk_join(tk_spawn(try_both_busy, NULL, -1));
	rumpuser_rw_exit(rw);
	CHECK_INT(rumpuser_rw_tryenter(W, rw), 0);
	rumpuser_rw_exit(rw);
	rumpuser_rw_destroy(rw);
}

static void
writer(void *arg)
{

	(void)arg;
	stage = 1;
	rumpuser_rw_enter(W, rw);
	other = 1;
	CHECK(is_held(W));
	rumpuser_rw_exit(rw);
}

/* A writer waits; we become a reader; it does not get in until we leave. */
static void
downgrade(void)
{
	struct tk_thread *t;
	int i;

	if (test_linux()) {
		test_skip("POSIX has no downgrade");
		return;
	}
	rumpuser_rw_init(&rw);
	for (i = 0; i < 20; i++) {
		stage = other = 0;
		rumpuser_rw_enter(W, rw);
		t = tk_spawn(writer, NULL, -1);
		CHECK(tk_until(&stage, 1));
		tk_sleep(MS);
		rumpuser_rw_downgrade(rw);
		TK_CHECK();
		CHECK_INT(other, 0);
		CHECK(is_held(R) && !is_held(W));
		tk_sleep(2 * MS);
		CHECK_INT(other, 0);
		CHECK(is_held(R));
		rumpuser_rw_exit(rw);
		tk_join(t);
		CHECK_INT(other, 1);
		CHECK(!is_held(R) && !is_held(W));
	}
	rumpuser_rw_destroy(rw);
}

static void
reader(void *arg)
{

	(void)arg;
	rumpuser_rw_enter(R, rw);
	stage++;
	rumpuser_rw_exit(rw);
}

/* Readers that wait get in with a writer that becomes one of them. */
static void
downgrade_readers(void)
{
	struct tk_thread *t[3];
	int i;

	rumpuser_rw_init(&rw);
	stage = 0;
	rumpuser_rw_enter(W, rw);
	for (i = 0; i < 3; i++)
		t[i] = tk_spawn(reader, NULL, -1);
	tk_sleep(20 * MS);
	CHECK_INT(stage, 0);
	rumpuser_rw_downgrade(rw);
	for (i = 0; i < 3; i++)
		tk_join(t[i]);
	CHECK_INT(stage, 3);
	rumpuser_rw_exit(rw);
	rumpuser_rw_destroy(rw);
}

static void
upgrade_other(void *arg)
{

	(void)arg;
	rumpuser_rw_enter(R, rw);
	CHECK_INT(rumpuser_rw_tryupgrade(rw), NB_EBUSY);
	CHECK(is_held(R) && !is_held(W));
	rumpuser_rw_exit(rw);
}

static void
upgrade(void)
{
	int e;

	rumpuser_rw_init(&rw);
	rumpuser_rw_enter(R, rw);
	tk_join(tk_spawn(upgrade_other, NULL, -1));
	e = rumpuser_rw_tryupgrade(rw);
	CHECK(e == 0 || e == NB_EBUSY);
	if (e == 0)
		CHECK(is_held(W) && !is_held(R));
	else
		CHECK(is_held(R) && !is_held(W));
	rumpuser_rw_exit(rw);
	CHECK(!is_held(R) && !is_held(W));
	rumpuser_rw_destroy(rw);
}

static void
contended(void)
{
	struct lwp *l = tk_self();
	struct tk_thread *t;
	unsigned u, s;

	rumpuser_rw_init(&rw);
	stage = other = 0;
	rumpuser_rw_enter(R, rw);
	/* On our CPU: it has to give it up when it must wait. */
	t = tk_spawn(writer, NULL, (int)(l->cpu - tk_cpus));
	CHECK(tk_until(&stage, 1));
	CHECK_INT(other, 0);
	rumpuser_rw_exit(rw);
	u = l->unsched;
	s = l->sched;
	/* The writer is before us, or after. */
	rumpuser_rw_enter(W, rw);
	CHECK_INT(l->unsched - u, l->sched - s);
	rumpuser_rw_exit(rw);
	TK_CHECK();
	tk_join(t);
	CHECK_INT(other, 1);
	rumpuser_rw_destroy(rw);
}

/* ---- exclusion ---- */

#define NTHREADS	6
#define ROUNDS		4000
static int nr, nw, total;

static void
check_writer(void)
{

	if (__atomic_add_fetch(&nw, 1, __ATOMIC_SEQ_CST) != 1 ||
	    __atomic_load_n(&nr, __ATOMIC_SEQ_CST) != 0 || !is_held(W))
		test_fail(__FILE__, __LINE__, "a writer is alone");
	total++;
	__atomic_sub_fetch(&nw, 1, __ATOMIC_SEQ_CST);
}

static void
check_reader(void)
{

	__atomic_add_fetch(&nr, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&nw, __ATOMIC_SEQ_CST) != 0 || !is_held(R) ||
	    is_held(W))
		test_fail(__FILE__, __LINE__, "readers are without writers");
	__atomic_sub_fetch(&nr, 1, __ATOMIC_SEQ_CST);
}

static void
stress_main(void *arg)
{
	unsigned x = (unsigned)(uintptr_t)arg * 7919 + 1, k;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		x = x * 1103515245 + 12345;
		k = (x >> 16) % 16;
		if (k < 9) {
			rumpuser_rw_enter(R, rw);
			check_reader();
			if (k == 0 && rumpuser_rw_tryupgrade(rw) == 0)
				check_writer();
		} else if (k < 13) {
			rumpuser_rw_enter(W, rw);
			check_writer();
			if (k == 9) {
				rumpuser_rw_downgrade(rw);
				check_reader();
			}
		} else {
			if (rumpuser_rw_tryenter(k & 1 ? R : W, rw) != 0)
				continue;
			if (k & 1)
				check_reader();
			else
				check_writer();
		}
		if (k == 3)
			rumpcomp_host_yield();
		rumpuser_rw_exit(rw);
	}
}

static void
stress(void)
{
	struct tk_thread *t[NTHREADS];
	int i;

	rumpuser_rw_init(&rw);
	for (i = 0; i < NTHREADS; i++)
		t[i] = tk_spawn(stress_main, (void *)(intptr_t)i, -1);
	for (i = 0; i < NTHREADS; i++)
		tk_join(t[i]);
	CHECK(total > 0);
	CHECK(!is_held(R) && !is_held(W));
	rumpuser_rw_destroy(rw);
}

const struct test tests_rw[] = {
	{ "sem05 held: any reader, this writer", held },
	{ "sem05 tryenter looks at readers and writers", tryenter },
	{ "sem05 downgrade lets no writer in between", downgrade },
	{ "sem05 downgrade lets readers in", downgrade_readers },
	{ "sem05 tryupgrade", upgrade },
	{ "sem05 waiting gives up the context", contended },
	{ "sem05 exclusion", stress },
	{ NULL, NULL }
};
