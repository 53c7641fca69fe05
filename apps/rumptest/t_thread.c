/* t_thread.c: threads, their current lwp, errno and thread-local storage. */
#include "test.h"

/* ---- create, exit, join ---- */

static volatile int ran;
static struct lwp *first_lwp;

static void *
plain_main(void *arg)
{

	first_lwp = rumpuser_curlwp();
	*(volatile int *)arg = 1;
	rumpuser_thread_exit();
}

static void
create(void)
{
	void *cookie = NULL;

	ran = 0;
	first_lwp = (void *)1;
	CHECK_INT(rumpuser_thread_create(plain_main, (void *)&ran, "joined", 1,
	    0, 0, &cookie), 0);
	CHECK(cookie != NULL);
	CHECK_INT(rumpuser_thread_join(cookie), 0);
	TK_CHECK();
	CHECK_INT(ran, 1);
	CHECK(first_lwp == NULL);
	ran = 0;
	cookie = NULL;
	CHECK_INT(rumpuser_thread_create(plain_main, (void *)&ran, NULL, 0,
	    200, 9999, &cookie), 0);
	CHECK(tk_until(&ran, 1));
}

static volatile int left;

static void *
brief_main(void *arg)
{
	volatile char stack[16000];

	stack[0] = stack[sizeof(stack) - 1] = 1;
	__atomic_sub_fetch(&left, 1, __ATOMIC_SEQ_CST);
	rumpuser_thread_exit();
	return arg;
}

/* More threads, one after the other, than stacks fit in a small memory. */
static void
many(void)
{
	void *c[8];
	int i, k;

	for (k = 0; k < 100; k++) {
		left = 8;
		for (i = 0; i < 8; i++)
			CHECK_INT(rumpuser_thread_create(brief_main, NULL,
			    "brief", i & 1, -1, -1, &c[i]), 0);
		for (i = 1; i < 8; i += 2)
			CHECK_INT(rumpuser_thread_join(c[i]), 0);
		CHECK(tk_until(&left, 0));
	}
}

/* ---- curlwp ---- */

static struct lwp *fake = (void *)0x1000;

static void *
curlwp_main(void *arg)
{
	int i;

	CHECK(rumpuser_curlwp() == NULL);
	rumpuser_curlwpop(RUMPUSER_LWP_CREATE, fake);
	CHECK(rumpuser_curlwp() == NULL);
	rumpuser_curlwpop(RUMPUSER_LWP_SET, fake);
	for (i = 0; i < 1000; i++) {
		CHECK(rumpuser_curlwp() == fake);
		if (i % 100 == 0)
			rumpcomp_host_yield();
	}
	rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, fake);
	CHECK(rumpuser_curlwp() == NULL);
	rumpuser_curlwpop(RUMPUSER_LWP_DESTROY, fake);
	return arg;
}

static void
curlwp(void)
{
	struct lwp *me = rumpuser_curlwp();
	struct host_thread *h;

	CHECK(me != NULL);
	CHECK_INT(rumpcomp_host_thread_create(&h, "curlwp", curlwp_main, NULL,
	    1, 0), 0);
	CHECK_INT(rumpcomp_host_thread_join(h, NULL), 0);
	CHECK(rumpuser_curlwp() == me);
}

/* ---- what belongs to a thread ---- */

static __thread int tls_data = 4711;
static __thread int tls_bss;
static __thread char tls_big[500] __attribute__((aligned(64)));
static int own_bad;

static void *
own_main(void *arg)
{
	int me = (int)(intptr_t)arg, i;

	if (tls_data != 4711 || tls_bss != 0 || tls_big[499] != 0 ||
	    ((uintptr_t)tls_big & 63) != 0)
		own_bad++;
	tls_data = tls_bss = me;
	memset(tls_big, me, sizeof(tls_big));
	rumpuser_seterrno(me);
	for (i = 0; i < 200; i++) {
		if (i % 10 == 0)
			rumpcomp_host_yield();
		if (tls_data != me || tls_bss != me ||
		    tls_big[i] != (char)me || *rumpcomp_host_errno() != me)
			own_bad++;
	}
	return arg;
}

static void
own(void)
{
	struct host_thread *h[6];
	void *r;
	int i;

	own_bad = 0;
	rumpuser_seterrno(99);
	for (i = 0; i < 6; i++)
		CHECK_INT(rumpcomp_host_thread_create(&h[i], "own", own_main,
		    (void *)(intptr_t)(i + 1), 1, 0), 0);
	for (i = 0; i < 6; i++) {
		CHECK_INT(rumpcomp_host_thread_join(h[i], &r), 0);
		CHECK_INT((intptr_t)r, i + 1);
	}
	CHECK_INT(own_bad, 0);
	CHECK_INT(*rumpcomp_host_errno(), 99);
	CHECK_INT(tls_data, 4711);
}

static void *
tls_kernel_main(void *arg)
{

	if (tls_data != 4711)
		own_bad++;
	tls_data = 1;
	return plain_main(arg);
}

/* A rump kernel with its current lwp in __thread needs it in its threads. */
static void
tls_kernel(void)
{
	void *c;

	own_bad = 0;
	CHECK_INT(rumpuser_thread_create(tls_kernel_main, (void *)&ran, "tls",
	    1, -1, -1, &c), 0);
	CHECK_INT(rumpuser_thread_join(c), 0);
	CHECK_INT(own_bad, 0);
}

/* ---- futexes: applications' locks ---- */

static uint32_t fut;
static volatile int fut_up;

static void *
futex_main(void *arg)
{

	fut_up = 1;
	while (__atomic_load_n(&fut, __ATOMIC_SEQ_CST) == 0)
		(void)rumpcomp_host_futex_wait(&fut, 0, UINT64_MAX);
	return arg;
}

static void
futex(void)
{
	struct host_thread *h[3];
	uint64_t t0 = now();
	int i;

	fut = 0;
	CHECK_INT(rumpcomp_host_futex_wait(&fut, 1, UINT64_MAX), NB_EAGAIN);
	CHECK_INT(rumpcomp_host_futex_wait(&fut, 0, t0 + 5 * MS), NB_ETIMEDOUT);
	CHECK(now() - t0 >= 5 * MS);
	for (i = 0; i < 3; i++)
		CHECK_INT(rumpcomp_host_thread_create(&h[i], "futex",
		    futex_main, NULL, 1, 0), 0);
	CHECK(tk_until(&fut_up, 1));
	tk_sleep(10 * MS);
	__atomic_store_n(&fut, 1, __ATOMIC_SEQ_CST);
	CHECK(rumpcomp_host_futex_wake(&fut, 10) <= 3);
	for (i = 0; i < 3; i++)
		CHECK_INT(rumpcomp_host_thread_join(h[i], NULL), 0);
}

const struct test tests_thread[] = {
	{ "sem13 create, exit, join, detached", create },
	{ "sem13 stacks come back", many },
	{ "sem14 curlwp: none, set, clear, by thread", curlwp },
	{ "sem14 thread-local storage and errno", own },
	{ "sem14 thread-local storage in kernel threads", tls_kernel },
	{ "host: futex", futex },
	{ NULL, NULL }
};
