#include <string.h>
#include "kerntest.h"

static uint32_t stop;
static uint64_t when;

static void *
spin(void *arg)
{
	uint64_t *n = arg;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		++*(volatile uint64_t *)n;
	return NULL;
}

/* ---- priorities ---- */

static struct kern_mutex m;
static struct kern_cv cv;

static void *
urgent(void *arg)
{
	uint64_t *worst = arg, t;
	int i;

	kern_mutex_lock(&m);
	for (i = 0; i < 100; i++) {
		while (when == 0)
			kern_cv_wait(&cv, &m, UINT64_MAX);
		t = kern_clock() - when;
		when = 0;
		if (t > *worst)
			*worst = t;
	}
	kern_mutex_unlock(&m);
	return NULL;
}

/* By a thread on its own CPU: the signal itself switches. */
static void *
waker(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < 100; i++) {
		kern_mutex_lock(&m);
		TCHECK(when == 0);
		when = kern_clock();
		kern_mutex_unlock(&m);
		kern_cv_signal(&cv);
		TCHECK(__atomic_load_n(&when, __ATOMIC_RELAXED) == 0);
	}
	return NULL;
}

void
test_preempt(void)
{
	struct thread *s, *u, *w;
	uint64_t n = 0, worst = 0, end, late[50];
	int i;

	kern_mutex_init(&m, "preempt");
	kern_cv_init(&cv, "preempt");
	when = 0;
	u = kt_start("urgent", urgent, &worst, KERN_PRI_KERNEL, 0);
	kern_sleep_until(kern_clock() + 5 * MS);
	w = kt_start("waker", waker, NULL, KERN_PRI_USER, 0);
	CHECK(kt_join(w) && kt_join(u));
	kern_printf("# by a signal: worst %lu ns\n", (unsigned long)worst);

	/* A timer's wake-up takes the CPU from a thread that never stops. */
	stop = 0;
	s = kt_start("spin", spin, &n, KERN_PRI_USER, 0);
	kern_thread_setpri(kern_curthread(), KERN_PRI_KERNEL);
	for (i = 0; i < 50; i++) {
		end = kern_clock() + MS;
		kern_sleep_until(end);
		late[i] = kern_clock() - end;
	}
	kern_thread_setpri(kern_curthread(), KERN_PRI_USER);
	stop = 1;
	kt_join(s);
	kt_sort(late, 50);
	kern_printf("# by a timer: median %lu ns, worst %lu ns\n",
	    (unsigned long)late[25], (unsigned long)late[49]);
	CHECK(late[25] < 50 * MS && n != 0);
}

/* ---- time slices ---- */

void
test_slices(void)
{
	struct thread *t[3];
	uint64_t n[3] = { 0 }, sum = 0;
	unsigned cpu = kern_ncpu() - 1;
	int i;

	stop = 0;
	for (i = 0; i < 3; i++)
		t[i] = kt_start("slice", spin, &n[i], KERN_PRI_USER, cpu);
	kern_thread_setpri(kern_curthread(), KERN_PRI_KERNEL);
	/* with interruptions that must not spoil anybody's turn */
	for (i = 0; i < 400; i++)
		kern_sleep_until(kern_clock() + MS);
	kern_thread_setpri(kern_curthread(), KERN_PRI_USER);
	stop = 1;
	for (i = 0; i < 3; i++) {
		kt_join(t[i]);
		sum += n[i];
	}
	kern_printf("# shares: %lu %lu %lu %%\n",
	    (unsigned long)(n[0] * 100 / sum), (unsigned long)(n[1] * 100 /
	    sum), (unsigned long)(n[2] * 100 / sum));
	for (i = 0; i < 3; i++)
		CHECK(n[i] > sum / 6);
}

/* ---- registers ---- */

static int ymm;
extern int kt_redzone;			/* for regs.S */
int kt_redzone;

static uint64_t switches;		/* CPU 0's, at first */
#define LEAST	100

/* It may take a while when little of the host's CPUs is ours. */
static bool
enough(uint64_t end, int rounds)
{
	uint64_t now = kern_clock();

	return now >= end && (now >= end + 60000 * MS || (rounds > 1 &&
	    kern_cpu_switches(0) - switches > LEAST));
}

static void *
holder(void *arg)
{
	uint64_t seed = 0x123456789abcULL * (1 + (uintptr_t)arg), end;
	int rounds = 0;

	for (end = kern_clock() + 400 * MS; !enough(end, rounds); rounds++)
		TCHECK((rounds % 4 == 3 && ymm ? kt_ymm : kt_regs)(seed +
		    rounds, 20000) == 0);
	TCHECK(rounds > 1);
	return NULL;
}

static void *
disturber(void *arg)
{
	uint64_t x = 41 + (uintptr_t)arg;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		kern_sleep_until(kern_clock() + 20000 + kt_rand(&x) % 100000);
		TCHECK(kt_regs(x, 10) == 0);
	}
	return NULL;
}

void
test_regs(void)
{
	struct thread *t[64];
	unsigned i, n = kern_ncpu();
	bool ok;

	stop = 0;
	switches = kern_cpu_switches(0);
	ymm = kt_have_ymm();
	/* Xen delivers events there (docs/xen.md). */
	if ((kt_redzone = strcmp(plat_name(), "xen") != 0) == 0)
		kern_printf("# no red zone on this platform\n");
	for (i = 0; i < n; i++)
		t[i] = kt_start("disturb", disturber, (void *)(uintptr_t)i,
		    KERN_PRI_KERNEL, i);
	ok = kt_threads(3 * n < 64 ? 3 * n : 64, holder, NULL, 1,
	    KERN_PRI_USER);
	stop = 1;
	for (i = 0; i < n; i++)
		ok &= kt_join(t[i]);
	kern_printf("# %lu switches on CPU 0%s\n",
	    (unsigned long)(kern_cpu_switches(0) - switches),
	    ymm ? ", AVX too" : "");
	CHECK(ok);
	CHECK(kern_cpu_switches(0) - switches > LEAST);
}

/* ---- FS base ---- */

static uint64_t
fs_word(uintptr_t off)
{
	uint64_t v;

	__asm__ volatile("movq %%fs:(%1), %0" : "=r"(v) : "r"(off));
	return v;
}

static void *
fs_worker(void *arg)
{
	uint64_t block[16] = { 0 };
	uint64_t self = fs_word(0), can = fs_word(0x28);
	int i;

	(void)arg;
	TCHECK(self != 0 && self % 64 == 0 && can != 0);
	TCHECK(*(uint64_t *)self == self);
	for (i = 0; i < 50; i++) {
		kern_yield();
		TCHECK(fs_word(0) == self && fs_word(0x28) == can);
	}
	block[0] = (uintptr_t)block;
	kern_thread_setfs((uintptr_t)block);
	for (i = 0; i < 50; i++) {
		kern_yield();
		if (i % 10 == 0)
			kern_sleep_until(kern_clock() + 100000);
		TCHECK(fs_word(0) == (uintptr_t)block && fs_word(0x28) == can);
	}
	return NULL;
}

void
test_fs(void)
{

	CHECK(kt_threads(8, fs_worker, NULL, 0, KERN_PRI_USER));
}

/* ---- control words ---- */

static void *
control(void *arg)
{
	uint32_t mode = (uint32_t)(uintptr_t)arg & 3, mx, i;
	uint32_t want = 0x1f80 | mode << 13;
	uint16_t cw = (uint16_t)(0x037f | mode << 10), now;

	__asm__ volatile("ldmxcsr %0; fldcw %1" : : "m"(want), "m"(cw));
	for (i = 0; i < 200; i++) {
		if (i % 20 == 0)
			kern_sleep_until(kern_clock() + 100000);
		else if (i % 20 == 10)
			for (now = 0; now < 30000; now++)
				__asm__ volatile("");
		else
			kern_yield();
		__asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(mx),
		    "=m"(now));
		TCHECK(mx == want && now == cw);
	}
	return NULL;
}

void
test_control(void)
{

	CHECK(kt_threads(12, control, NULL, 1, KERN_PRI_USER));
}
