/*
 * crash=HOW: each ends in a panic that names the thread and the function.
 */
#include <string.h>
#include "kerntest.h"

static volatile int zero, seven = 7;

static int __attribute__((noinline))
crash_recursion(int n)
{
	volatile char page[2048];

	page[0] = (char)n;
	return zero != 0 ? n : crash_recursion(n + 1) + page[0];
}

static void __attribute__((noinline))
crash_smash(volatile char *p, int n)
{

	while (n-- > 0)
		p[n] = 0x41;
}

static void __attribute__((noinline))
crash_canary(void)
{
	char buf[32];

	crash_smash(buf, 64);
}

static void __attribute__((noinline))
crash_function(const char *how)
{
	void (*fn)(void) = (void (*)(void))(uintptr_t)zero;
	char *p;

	if (strcmp(how, "null") == 0)
		*(volatile int *)(uintptr_t)zero = 1;
	else if (strcmp(how, "wild") == 0)
		*(volatile int *)0x123456789000UL = 1;
	else if (strcmp(how, "stack") == 0)
		crash_recursion(0);
	else if (strcmp(how, "div") == 0)
		zero = seven / zero;
	else if (strcmp(how, "jump") == 0)
		fn();
	else if (strcmp(how, "text") == 0)
		*(volatile char *)(uintptr_t)crash_canary = 1;
	else if (strcmp(how, "data") == 0)
		((void (*)(void))(uintptr_t)&zero)();
	else if (strcmp(how, "smash") == 0)
		crash_canary();
	else if (strcmp(how, "recursive") == 0)
		kern_panic("and %s", (const char *)0x123456789000UL);
	else if (strcmp(how, "assert") == 0)
		KASSERT(zero == 1);
	else if (strcmp(how, "free") == 0) {
		p = kern_malloc(100, 0);
		kern_free(p);
		kern_free(p);
	} else if (strcmp(how, "overrun") == 0) {
		p = kern_malloc(100, 0);
		memset(p, 0, 101);
		kern_free(p);
	} else
		kern_printf("# no such crash: %s\n", how);
}

static void *
crash_thread(void *arg)
{

	crash_function(arg);
	return NULL;
}

static void
crash_timer(void *arg)
{

	(void)arg;
	*(volatile int *)(uintptr_t)zero = 1;
}

void
crash(const char *how, size_t len)
{
	static char name[32];
	static struct kern_timer t;

	memcpy(name, how, len < 31 ? len : 31);
	if (strcmp(name, "interrupt") == 0) {
		kern_timer_init(&t, crash_timer, NULL);
		kern_timer_arm(&t, kern_clock() + MS);
		kern_sleep_until(kern_clock() + SEC);
	}
	kt_join(kt_start("crasher", crash_thread, name, KERN_PRI_USER,
	    kern_ncpu() - 1));
}
