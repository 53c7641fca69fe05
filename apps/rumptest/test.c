/* test.c: runs tests and counts them; a watchdog for those that hang. */
#include <stdarg.h>
#include <stdio.h>
#include "test.h"

static int ntests, nfailed;
static int failed_now;			/* in this test */
static const char *skipped;
static const char *volatile running;
static volatile uint64_t started;

#define WATCHDOG	(120 * SEC)

static void *
watchdog(void *arg)
{
	const char *name;

	for (;;) {
		rumpcomp_host_sleep_until(now() + SEC);
		if ((name = running) != NULL && now() - started > WATCHDOG) {
			rumpuser_dprintf("not ok %d - %s\n# hangs\n"
			    "Bail out!  a test hangs\n", ntests + 1, name);
			rumpuser_exit(125);
		}
	}
	return arg;
}

void
test_run(const struct test *t)
{
	static bool watched;
	uint64_t ms;

	/* With a priority that threads under test do not have. */
	if (!watched && rumpuser_thread_create(watchdog, NULL, "watchdog", 0,
	    255, -1, NULL) == 0)
		watched = true;
	for (; t->name != NULL; t++) {
		failed_now = 0;
		skipped = NULL;
		started = now();
		running = t->name;
		t->fn();
		running = NULL;
		ms = (now() - started) / MS;
		ntests++;
		if (failed_now != 0)
			nfailed++;
		rumpuser_dprintf("%s %d - %s%s%s # %u ms\n",
		    failed_now != 0 ? "not ok" : "ok", ntests, t->name,
		    skipped != NULL ? " # SKIP " : "",
		    skipped != NULL ? skipped : "", (unsigned)ms);
	}
}

void
test_plan(void)
{

	rumpuser_dprintf("1..%d\n# %d passed, %d failed\n", ntests,
	    ntests - nfailed, nfailed);
}

int
test_failures(void)
{

	return nfailed > 125 ? 125 : nfailed;
}

void
test_fail(const char *file, int line, const char *what)
{

	/* Ten are enough to know. */
	if (__atomic_add_fetch(&failed_now, 1, __ATOMIC_RELAXED) <= 10)
		rumpuser_dprintf("# %s:%d: not true: %s\n", file, line, what);
}

void
test_note(const char *fmt, ...)
{
	char buf[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	rumpuser_dprintf("#   %s\n", buf);
}

void
test_skip(const char *why)
{

	skipped = why;
}

bool
test_linux(void)
{
	char name[64];

	return rumpuser_getparam(RUMPUSER_PARAM_HOSTNAME, name,
	    sizeof(name)) == 0 && strcmp(name, "hostline") == 0;
}
