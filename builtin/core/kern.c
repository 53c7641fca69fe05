/* kern.c: memory, threads, time and messages, on the line. */
#include "init.h"
#include <stdarg.h>
#include <stdio.h>

#define NS	1000000000

/* ---- memory ---- */

void *
kmem_alloc_aligned(size_t n, size_t align)
{
	void *p;

	return rumpuser_malloc(n, align, &p) == 0 ? p : NULL;
}

void *
kmem_alloc(size_t n)
{

	return kmem_alloc_aligned(n, 0);
}

void *
kmem_zalloc(size_t n)
{
	void *p = kmem_alloc_aligned(n, 0);

	return p != NULL ? memset(p, 0, n) : NULL;
}

void
kmem_free(void *p, size_t n)
{

	if (p != NULL)
		rumpuser_free(p, n);
}

char *
kmem_strdup(const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = kmem_alloc(n);

	return p != NULL ? memcpy(p, s, n) : NULL;
}

void
kmem_strfree(char *s)
{

	if (s != NULL)
		kmem_free(s, strlen(s) + 1);
}

/* ---- threads ---- */

struct kthread {
	void	(*fn)(void *);
	void	*arg;
};

static void *
kthread_main(void *arg)
{
	struct kthread kt = *(struct kthread *)arg;
	struct lwp *l = sys_enter();

	kmem_free(arg, sizeof(kt));
	kt.fn(kt.arg);
	sys_leave(l, 0, 0);
	rumpuser_thread_exit();
}

int
kthread_create(const char *name, void (*fn)(void *), void *arg)
{
	struct kthread *kt = kmem_alloc(sizeof(*kt));
	void *cookie;
	int error;

	if (kt == NULL)
		return ENOMEM;
	kt->fn = fn;
	kt->arg = arg;
	error = rumpuser_thread_create(kthread_main, kt, name, 0, 0, -1,
	    &cookie);
	if (error != 0)
		kmem_free(kt, sizeof(*kt));
	return error;
}

/* ---- time ---- */

/* Time of day at k_uptime() 0, ns; changed by k_settime() only. */
static int64_t epoch;

uint64_t
k_uptime(void)
{
	int64_t sec;
	long nsec;

	(void)rumpuser_clock_gettime(RUMPUSER_CLOCK_ABSMONO, &sec, &nsec);
	return (uint64_t)sec * NS + nsec;
}

struct timespec
k_now(void)
{
	int64_t t = k_uptime() + __atomic_load_n(&epoch, __ATOMIC_RELAXED);

	return (struct timespec){ t / NS, t % NS };
}

int
k_settime(const struct timespec *ts)
{

	/* what fits in 64 bits of nanoseconds: to the year 2262 */
	if (ts->tv_nsec < 0 || ts->tv_nsec >= NS || ts->tv_sec < 0 ||
	    ts->tv_sec > INT64_MAX / NS - 1)
		return EINVAL;
	__atomic_store_n(&epoch, ts->tv_sec * NS + ts->tv_nsec -
	    (int64_t)k_uptime(), __ATOMIC_RELAXED);
	return 0;
}

int
kcond_wait_until(kcond_t *c, kmutex_t *m, uint64_t deadline)
{
	uint64_t now;

	if (deadline == UINT64_MAX) {
		rumpuser_cv_wait(*c, *m);
		return 0;
	}
	if ((now = k_uptime()) >= deadline)
		return ETIMEDOUT;
	return rumpuser_cv_timedwait(*c, *m, (deadline - now) / NS,
	    (deadline - now) % NS);
}

int
kern_init(void)
{
	int64_t sec;
	long nsec;

	(void)rumpuser_clock_gettime(RUMPUSER_CLOCK_RELWALL, &sec, &nsec);
	epoch = sec * NS + nsec - (int64_t)k_uptime();
	return 0;
}

/* ---- messages ---- */

static void
print(const char *fmt, va_list ap)
{
	char line[256];

	(void)vsnprintf(line, sizeof(line), fmt, ap);
	rumpuser_dprintf("%s", line);
}

void
k_printf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print(fmt, ap);
	va_end(ap);
}

void
k_panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	rumpuser_dprintf("rump kernel panic: ");
	print(fmt, ap);
	va_end(ap);
	rumpuser_dprintf("\n");
	rumpuser_exit(RUMPUSER_PANIC);
}

