/*
 * soak=SECONDS: sleeping, locking, preempting, allocating and dying threads,
 * all at once; anything that hangs is noticed by a watchdog.
 */
#include "kerntest.h"

static uint64_t end;
static struct kern_mutex m;
static struct kern_cv cv;
static struct kern_rw rw;
static uint64_t a, b, tokens;
static uint64_t progress[16];

static void
step(unsigned k)
{

	__atomic_fetch_add(&progress[k], 1, __ATOMIC_RELAXED);
}

static void *
locker(void *arg)
{
	uint64_t x = 1 + (uintptr_t)arg;

	while (kern_clock() < end) {
		kern_mutex_lock(&m);
		TCHECK(a == b);
		a++;
		if (kt_rand(&x) % 32 == 0)
			kern_yield();
		b++;
		tokens++;
		if (kt_rand(&x) % 2)
			kern_cv_signal(&cv);
		else
			kern_cv_broadcast(&cv);
		kern_mutex_unlock(&m);
		step(0);
		if (kt_rand(&x) % 16 == 0)
			kern_sleep_until(kern_clock() + kt_rand(&x) % 300000);
	}
	return NULL;
}

static void *
waiter(void *arg)
{
	uint64_t x = 2 + (uintptr_t)arg;

	while (kern_clock() < end) {
		kern_mutex_lock(&m);
		while (tokens == 0 && kern_clock() < end)
			kern_cv_wait(&cv, &m, kern_clock() +
			    (kt_rand(&x) % 2 ? 20 * MS : kt_rand(&x) % 50000));
		if (tokens != 0)
			tokens--;
		kern_mutex_unlock(&m);
		step(1);
	}
	return NULL;
}

static void *
reader(void *arg)
{
	uint64_t x = 3 + (uintptr_t)arg;

	while (kern_clock() < end) {
		bool write = kt_rand(&x) % 5 == 0;

		kern_rw_lock(&rw, write);
		if (write && kt_rand(&x) % 2)
			kern_rw_downgrade(&rw);
		if (kt_rand(&x) % 8 == 0)
			kern_yield();
		kern_rw_unlock(&rw);
		step(2);
	}
	return NULL;
}

static void *
holder(void *arg)
{
	uint64_t seed = 77777 * (1 + (uintptr_t)arg);

	while (kern_clock() < end) {
		TCHECK(kt_regs(seed++, 5000) == 0);
		step(3);
	}
	return NULL;
}

static void *
child(void *arg)
{

	kern_free(arg);
	return NULL;
}

static void *
parent(void *arg)
{
	uint64_t x = 4 + (uintptr_t)arg;

	while (kern_clock() < end) {
		struct thread *t = kt_start("child", child,
		    kern_malloc(kt_rand(&x) % 5000, 0),
		    KERN_PRI_USER + (int)(kt_rand(&x) % 10), KERN_CPU_ANY);

		if (kt_rand(&x) % 3 == 0)
			kern_yield();
		TCHECK(kt_join(t));
		step(4);
	}
	return NULL;
}

static void *
sleeper(void *arg)
{
	uint64_t x = 5 + (uintptr_t)arg, d;

	while (kern_clock() < end) {
		d = kern_clock() + kt_rand(&x) % (2 * MS);
		kern_sleep_until(d);
		TCHECK(kern_clock() >= d);
		step(5);
	}
	return NULL;
}

static void *(*const worker[])(void *) = {
	locker, waiter, reader, holder, parent, sleeper
};
static const char *const name[] = {
	"locker", "waiter", "reader", "holder", "parent", "sleeper"
};
/* Only these may have a higher priority: the others would starve the rest. */
static const bool sleeps[] = { true, true, false, false, false, true };
#define NW	6

/* Above them all: nobody may stand still. */
static void *
watchdog(void *arg)
{
	uint64_t last[NW] = { 0 };
	unsigned k;

	(void)arg;
	while (kern_clock() + 3 * SEC < end) {
		kern_sleep_until(kern_clock() + 3 * SEC);
		for (k = 0; k < NW; k++) {
			if (progress[k] == last[k])
				kern_panic("soak: no %s has moved", name[k]);
			last[k] = progress[k];
		}
	}
	return NULL;
}

void
soak(uint64_t ns)
{
	struct thread *t[NW * 4], *dog;
	struct kern_mem_info mi;
	unsigned i;
	bool ok = true;

	end = kern_clock() + ns;
	kern_mutex_init(&m, "soak");
	kern_cv_init(&cv, "soak");
	kern_rw_init(&rw, "soak");
	dog = kt_start("watchdog", watchdog, NULL, KERN_PRI_INTR, -1);
	for (i = 0; i < NW * 4; i++)
		t[i] = kt_start(name[i % NW], worker[i % NW],
		    (void *)(uintptr_t)i, KERN_PRI_USER +
		    (i / NW == 3 && sleeps[i % NW] ? 4 : 0),
		    i / NW % 2 ? (int)(i % kern_ncpu()) : KERN_CPU_ANY);
	for (i = 0; i < NW * 4; i++)
		ok &= kt_join(t[i]);
	kt_join(dog);
	for (i = 0; i < NW; i++)
		kern_printf("# %s: %lu\n", name[i], (unsigned long)progress[i]);
	kern_mem_info(&mi);
	kern_printf("# heap: %lu bytes in use\n", (unsigned long)mi.heap_used);
	kern_heap_check();
	CHECK(ok);
}
