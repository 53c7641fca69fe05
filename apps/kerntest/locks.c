#include "kerntest.h"

#define NT	8

static struct kern_mutex m;
static struct kern_cv cv, cv2;
static struct kern_rw rw;
static uint64_t shared[4];

/* ---- mutex ---- */

static void *
mutex_worker(void *arg)
{
	uint64_t x = 1 + (uintptr_t)arg;
	int i;

	for (i = 0; i < 3000; i++) {
		if (kt_rand(&x) % 8 == 0) {
			if (kern_mutex_trylock(&m) != 0)
				kern_mutex_lock(&m);
		} else
			kern_mutex_lock(&m);
		TCHECK(kern_mutex_owner(&m) == kern_curthread());
		TCHECK(shared[0] == shared[1]);
		shared[0]++;
		if (kt_rand(&x) % 16 == 0)
			kern_yield();
		shared[1]++;
		kern_mutex_unlock(&m);
		if (kt_rand(&x) % 64 == 0)
			kern_sleep_until(kern_clock() + 20000);
	}
	return NULL;
}

void
test_mutex(void)
{

	kern_mutex_init(&m, "test");
	shared[0] = shared[1] = 0;
	CHECK(kern_mutex_trylock(&m) == 0);
	CHECK(kern_mutex_trylock(&m) == EBUSY);
	kern_mutex_unlock(&m);
	CHECK(kern_mutex_owner(&m) == NULL);
	CHECK(kt_threads(NT, mutex_worker, (void *)7, 1, KERN_PRI_USER));
	CHECK(shared[0] == NT * 3000 && shared[1] == shared[0]);
	CHECK(kern_mutex_owner(&m) == NULL);
}

static uint32_t stop;

static void *
hog(void *arg)
{
	uint64_t t;

	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		kern_mutex_lock(&m);
		for (t = kern_clock(); kern_clock() - t < 300000; )
			;
		kern_mutex_unlock(&m);
	}
	return NULL;
}

void
test_mutex_fair(void)
{
	struct thread *t = kt_start("hog", hog, NULL, KERN_PRI_USER,
	    kern_ncpu() - 1);
	uint64_t t0 = kern_clock();
	int i;

	kern_sleep_until(kern_clock() + 5 * MS);
	for (i = 0; i < 20; i++) {
		kern_mutex_lock(&m);
		kern_mutex_unlock(&m);
		kern_sleep_until(kern_clock() + MS);
	}
	stop = 1;
	kt_join(t);
	stop = 0;
	CHECK(kern_clock() - t0 < 20 * SEC);
}

/* The last of two to unlock frees it: an unlock may not touch it afterwards. */
struct gone { struct kern_mutex m; int refs; };

static void *
gone_worker(void *arg)
{
	struct gone *g = arg;
	int refs;

	kern_mutex_lock(&g->m);
	refs = --g->refs;
	kern_mutex_unlock(&g->m);
	if (refs == 0) {
		uint8_t *p = (uint8_t *)g;
		size_t i;

		for (i = 0; i < sizeof(*g); i++)
			p[i] = 0x55;
		for (i = 0; i < 20; i++)
			kern_yield();
		for (i = 0; i < sizeof(*g); i++)
			TCHECK(((volatile uint8_t *)p)[i] == 0x55);
		kern_free(g);
	}
	return NULL;
}

void
test_mutex_gone(void)
{
	struct gone *g;
	int i;

	for (i = 0; i < 1000; i++) {
		g = kern_zalloc(sizeof(*g));
		CHECK(g != NULL);
		kern_mutex_init(&g->m, "gone");
		g->refs = 3;
		CHECK(kt_threads(3, gone_worker, g, 0, KERN_PRI_USER));
	}
}

/* ---- condition variables ---- */

#define QMAX	4
static int queue[QMAX], qhead, qn;
static uint64_t sum_in, sum_out;

static void *
producer(void *arg)
{
	int i;

	for (i = 1; i <= 2000; i++) {
		kern_mutex_lock(&m);
		while (qn == QMAX)
			kern_cv_wait(&cv, &m, UINT64_MAX);
		queue[(qhead + qn++) % QMAX] = i;
		sum_in += i;
		kern_cv_signal(&cv2);
		kern_mutex_unlock(&m);
	}
	(void)arg;
	return NULL;
}

static void *
consumer(void *arg)
{
	int i;

	for (i = 1; i <= 2000; i++) {
		kern_mutex_lock(&m);
		while (qn == 0)
			kern_cv_wait(&cv2, &m, UINT64_MAX);
		sum_out += queue[qhead];
		qhead = (qhead + 1) % QMAX;
		qn--;
		if (i % 2)
			kern_cv_signal(&cv);
		kern_mutex_unlock(&m);
		if (i % 2 == 0)		/* without the mutex too */
			kern_cv_signal(&cv);
	}
	(void)arg;
	return NULL;
}

static void *
either(void *arg)
{

	return ((uintptr_t)arg & 1) != 0 ? producer(arg) : consumer(arg);
}

void
test_cv(void)
{

	kern_mutex_init(&m, "test");
	kern_cv_init(&cv, "room");
	kern_cv_init(&cv2, "data");
	qn = 0;
	sum_in = sum_out = 0;
	CHECK(kt_threads(NT, either, NULL, 1, KERN_PRI_USER));
	CHECK(qn == 0 && sum_in == sum_out);
	CHECK(sum_in == NT / 2 * (2000ULL * 2001 / 2));
	CHECK(kern_cv_waiters(&cv) == 0 && kern_cv_waiters(&cv2) == 0);
}

static uint32_t tokens, got, timeouts, early;

/* A signal that was given to somebody is not also a timeout. */
static void *
impatient(void *arg)
{
	uint64_t x = 3 + (uintptr_t)arg, deadline;
	int error;

	kern_mutex_lock(&m);
	while (!stop) {
		deadline = kern_clock() + kt_rand(&x) % 60000;
		error = 0;
		while (tokens == 0 && error == 0 && !stop)
			error = kern_cv_wait(&cv, &m, deadline);
		if (tokens != 0) {
			tokens--;
			got++;
		} else if (error == ETIMEDOUT) {
			timeouts++;
			early += kern_clock() < deadline;
		}
	}
	kern_mutex_unlock(&m);
	return NULL;
}

void
test_cv_timeout(void)
{
	struct thread *t[NT];
	uint64_t x = 99;
	uint32_t given = 0;
	int i;

	tokens = got = timeouts = early = stop = 0;
	CHECK(kern_mutex_trylock(&m) == 0);
	CHECK(kern_cv_wait(&cv, &m, kern_clock() + MS) == ETIMEDOUT);
	CHECK(kern_cv_wait(&cv, &m, 1) == ETIMEDOUT);
	CHECK(kern_mutex_owner(&m) == kern_curthread());
	kern_mutex_unlock(&m);
	for (i = 0; i < NT; i++)
		t[i] = kt_start("impatient", impatient, (void *)(uintptr_t)i,
		    KERN_PRI_USER, KERN_CPU_ANY);
	for (i = 0; i < 4000; i++) {
		kern_mutex_lock(&m);
		tokens++;
		given++;
		kern_cv_signal(&cv);
		kern_mutex_unlock(&m);
		if (kt_rand(&x) % 2)
			kern_sleep_until(kern_clock() + kt_rand(&x) % 40000);
	}
	for (i = 0; i < 1000 && __atomic_load_n(&tokens, __ATOMIC_RELAXED); i++)
		kern_sleep_until(kern_clock() + MS);
	kern_mutex_lock(&m);
	stop = 1;
	kern_cv_broadcast(&cv);
	kern_mutex_unlock(&m);
	for (i = 0; i < NT; i++)
		kt_join(t[i]);
	stop = 0;
	kern_printf("# %u signals, %u timeouts\n", given, timeouts);
	CHECK(tokens == 0 && got == given && timeouts > 100 && early == 0);
}

/* ---- read-write locks ---- */

static int32_t readers, writers;

static void *
rw_worker(void *arg)
{
	uint64_t x = 11 + (uintptr_t)arg;
	int i;

	for (i = 0; i < 3000; i++) {
		bool write = kt_rand(&x) % 4 == 0;

		kern_rw_lock(&rw, write);
		if (write) {
			TCHECK(++writers == 1 && readers == 0);
			TCHECK(rw.writer == kern_curthread());
			shared[2]++;
			if (kt_rand(&x) % 16 == 0)
				kern_yield();
			writers--;
			if (kt_rand(&x) % 4 == 0) {
				uint64_t seen = shared[2];

				kern_rw_downgrade(&rw);
				kern_yield();
				TCHECK(shared[2] == seen);
			}
		} else {
			__atomic_fetch_add(&readers, 1, __ATOMIC_SEQ_CST);
			TCHECK(writers == 0);
			if (kt_rand(&x) % 16 == 0)
				kern_yield();
			__atomic_fetch_sub(&readers, 1, __ATOMIC_SEQ_CST);
			if (kt_rand(&x) % 8 == 0 &&
			    kern_rw_tryupgrade(&rw) == 0) {
				TCHECK(writers == 0 && readers == 0);
				TCHECK(rw.writer == kern_curthread());
			}
		}
		kern_rw_unlock(&rw);
	}
	return NULL;
}

void
test_rw(void)
{

	kern_rw_init(&rw, "test");
	CHECK(kern_rw_trylock(&rw, false) == 0);
	CHECK(kern_rw_trylock(&rw, false) == 0);
	CHECK(kern_rw_readers(&rw) == 2);
	CHECK(kern_rw_trylock(&rw, true) == EBUSY);
	CHECK(kern_rw_tryupgrade(&rw) == EBUSY);
	kern_rw_unlock(&rw);
	CHECK(kern_rw_tryupgrade(&rw) == 0);
	CHECK(kern_rw_trylock(&rw, false) == EBUSY);
	kern_rw_downgrade(&rw);
	CHECK(kern_rw_readers(&rw) == 1);
	kern_rw_unlock(&rw);
	CHECK(kt_threads(NT, rw_worker, NULL, 1, KERN_PRI_USER));
	CHECK(kern_rw_trylock(&rw, true) == 0);
	kern_rw_unlock(&rw);
}

/* ---- futex: the mutex of "Futexes Are Tricky", and timeouts ---- */

static uint32_t fx;

static void
fx_lock(uint64_t *x)
{
	uint32_t v = 0;

	if (__atomic_compare_exchange_n(&fx, &v, 1, false, __ATOMIC_SEQ_CST,
	    __ATOMIC_SEQ_CST))
		return;
	while (__atomic_exchange_n(&fx, 2, __ATOMIC_SEQ_CST) != 0)
		kern_futex_wait(&fx, 2, kt_rand(x) % 4 ? UINT64_MAX :
		    kern_clock() + kt_rand(x) % 50000);
}

static void *
fx_worker(void *arg)
{
	uint64_t x = 5 + (uintptr_t)arg;
	int i;

	for (i = 0; i < 4000; i++) {
		fx_lock(&x);
		TCHECK(shared[0] == shared[1]);
		shared[0]++;
		if (kt_rand(&x) % 8 == 0)
			kern_yield();
		shared[1]++;
		if (__atomic_exchange_n(&fx, 0, __ATOMIC_SEQ_CST) == 2)
			kern_futex_wake(&fx, 1);
	}
	return NULL;
}

void
test_futex(void)
{
	uint32_t v = 3;

	CHECK(kern_futex_wait(&v, 4, UINT64_MAX) == EAGAIN);
	CHECK(kern_futex_wait(&v, 3, kern_clock() + MS) == ETIMEDOUT);
	CHECK(kern_futex_wake(&v, 5) == 0);
	shared[0] = shared[1] = fx = 0;
	CHECK(kt_threads(NT, fx_worker, NULL, 1, KERN_PRI_USER));
	CHECK(shared[0] == NT * 4000 && fx == 0);
}
