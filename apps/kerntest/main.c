/*
 * kerntest: TAP on the console; the status is the number of failures.
 * Options before the configuration: soak=SECONDS, crash=HOW, config, echo,
 * reboot, watch, speed, only=N.
 */
#include <stdlib.h>
#include <string.h>
#include "kerntest.h"

static const struct { const char *name; void (*fn)(void); } tests[] = {
	{ "threads: create, join, results", test_threads },
	{ "threads: thousands of them", test_create_many },
	{ "threads: on all CPUs, bound to one", test_smp },
	{ "threads: idle CPUs take work", test_steal },
	{ "mutex: exclusion", test_mutex },
	{ "mutex: nobody starves", test_mutex_fair },
	{ "mutex: freed by the thread that got it", test_mutex_gone },
	{ "cv: no wake-up is lost", test_cv },
	{ "cv: timeouts race with signals", test_cv_timeout },
	{ "rw: exclusion, upgrade, downgrade", test_rw },
	{ "futex: no wake-up is lost", test_futex },
	{ "sleep: never early, seldom late", test_sleep },
	{ "timers: arm, cancel, run", test_timers },
	{ "idle: no ticks", test_idle },
	{ "heap: on all CPUs at once", test_heap },
	{ "pages: runs, alignment, low memory", test_pages },
	{ "random: seeded, no repetition", test_random },
	{ "preempt: a higher priority runs at once", test_preempt },
	{ "preempt: equals share a CPU", test_slices },
	{ "preempt: registers and red zone survive", test_regs },
	{ "fs: thread-local block and canary", test_fs },
	{ "memory: all of it, and back", test_no_memory },
	{ "switch: rounding modes and precision survive", test_control },
};
#define NTESTS	(int)(sizeof(tests) / sizeof(tests[0]))

static int failures;
static bool failed;

void
kt_fail(const char *file, int line, const char *what)
{

	failed = true;
	kern_printf("# %s:%d: %s\n", file, line, what);
}

uint64_t
kt_rand(uint64_t *x)
{

	*x ^= *x << 13;
	*x ^= *x >> 7;
	return *x ^= *x << 17;
}

struct thread *
kt_start(const char *name, void *(*fn)(void *), void *arg, int pri, int cpu)
{
	struct thread *t;
	int flags = KERN_T_JOIN | (cpu >= 0 ? KERN_T_BOUND : 0);

	if (kern_thread_create(&t, name, fn, arg, pri, cpu, flags, 0) != 0)
		kern_panic("kerntest: no thread");
	return t;
}

bool
kt_join(struct thread *t)
{
	void *r;

	return kern_thread_join(t, &r) == 0 && r == NULL;
}

bool
kt_threads(int n, void *(*fn)(void *), void *arg, size_t size, int pri)
{
	struct thread *t[64];
	bool ok = true;
	int i;

	/* Every other one is nailed to a CPU: they must meet across CPUs. */
	for (i = 0; i < n; i++)
		t[i] = kt_start("test", fn, (char *)arg + i * size, pri,
		    i % 2 ? i / 2 % (int)kern_ncpu() : KERN_CPU_ANY);
	for (i = 0; i < n; i++)
		ok &= kt_join(t[i]);
	return ok;
}

static unsigned long
number(const char *name)
{
	const char *v;
	size_t len;

	return (v = kern_option(name, &len)) != NULL ? strtoul(v, NULL, 10) : 0;
}

static void
run(int i)
{
	uint64_t t = kern_clock();

	failed = false;
	tests[i].fn();
	kern_heap_check();
	t = kern_clock() - t;
	failures += failed;
	kern_printf("%s %d - %s (%lu ms)\n", failed ? "not ok" : "ok", i + 1,
	    tests[i].name, (unsigned long)(t / MS));
}

/* Console input comes back, by lines, until one is "end". */
static void
echo(void)
{
	char line[128];
	size_t n = 0, got;

	kern_console_write("type: ", 6);	/* no newline: a prompt */
	for (;;) {
		kern_console_read(line + n, 1, &got);
		if (line[n] != '\n' && line[n] != '\r') {
			n += n < sizeof(line) - 1;
			continue;
		}
		line[n] = '\0';
		kern_printf("got \"%s\"\n", line);
		if (strcmp(line, "end") == 0)
			return;
		n = 0;
	}
}

int
sirloin_main(void)
{
	const char *how;
	unsigned long only = number("only");
	size_t len;
	int i;

	kern_printf("# kerntest: %u CPUs, %s, clock %s\n", kern_ncpu(),
	    plat_hypervisor(), plat_clock_name());
	if ((how = kern_option("crash", &len)) != NULL)
		crash(how, len);
	if (kern_option("config", &len) != NULL) {
		kern_printf("%s\n", plat_cmdline());
		return 0;
	}
	if (kern_option("echo", &len) != NULL) {
		echo();
		return 0;
	}
	if (kern_option("reboot", &len) != NULL)
		kern_reboot();
	if (kern_option("watch", &len) != NULL) {
		kern_printf("at %lu ns\n", (unsigned long)kern_clock());
		kern_sleep_until(kern_clock() + 3000 * MS);
		kern_printf("then %lu ns\n", (unsigned long)kern_clock());
		return 0;
	}
	if (kern_option("speed", &len) != NULL) {
		speed();
		return 0;
	}
	if (number("soak") != 0) {
		soak(number("soak") * SEC);
		kern_printf("%s 1 - soak\n1..1\n", failed ? "not ok" : "ok");
		return failed;
	}
	for (i = 0; i < NTESTS; i++)
		if (only == 0 || only == (unsigned long)i + 1)
			run(i);
	kern_printf("1..%d\n", NTESTS);
	return failures;
}
