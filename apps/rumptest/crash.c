/*
 * crash.c: ends that must be a panic report which names the thread and these
 * functions, and a failure status; never a hang or a silent reboot.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <rump/rump.h>
#include "test.h"

#define STATUS	"/crash-status"
#define SIZE	65536		/* of sirloin:status */

typedef void (*fn_t)(void);

static void __attribute__((noinline))
crash_null(void)
{
	volatile int *volatile p = NULL;

	*p = 1;
}

static void __attribute__((noinline))
crash_wild(void)
{
	volatile int *volatile p = (int *)0x123456789abcdef0;

	*p = 1;
}

static int __attribute__((noinline))
crash_stack(volatile char *up)
{
	volatile char here[1000];

	here[0] = up[0];
	if (here[0] == 1)		/* never */
		return 0;
	return crash_stack(here) + here[999];
}

static void __attribute__((noinline))
crash_div0(void)
{
	volatile int zero = 0, n = 100;

	n = n / zero;
}

static void __attribute__((noinline))
crash_jump0(void)
{
	volatile fn_t f = NULL;

	f();
	__asm__ volatile("");		/* no tail call */
}

/* Code where data is: not executable. */
static void __attribute__((noinline))
crash_exec(void)
{
	static uint8_t data[16] = { 0xc3 };
	volatile fn_t f = (fn_t)(void *)data;

	f();
	__asm__ volatile("");
}

/* A constant: not writable. */
static const int constant[16] = { 1 };

static void __attribute__((noinline))
crash_rodata(void)
{
	volatile int *volatile p = (volatile int *)(uintptr_t)constant;

	*p = 2;
}

/* The canary of the stack protector. */
static void __attribute__((noinline))
crash_smash(void)
{
	char buf[32];
	volatile char *volatile p = buf;
	int i;

	for (i = 0; i < 64; i++)
		p[i] = 'x';
}

/* In test_crash(), until this thread ends: its frames are in the report. */
static bool
main_sleeps(void)
{
	static char text[SIZE + 1];
	int fd = open(STATUS, O_RDONLY);
	size_t got = 0;
	ssize_t n;

	if (fd < 0)
		return false;
	while (got < SIZE && (n = read(fd, text + got, SIZE - got)) > 0)
		got += (size_t)n;
	close(fd);
	text[got] = '\0';
	return strstr(text, "\"name\":\"main\",\"state\":\"sleep\"") != NULL;
}

static void *
crash_main(void *arg)
{
	const char *how = arg;
	volatile char c = 0;

	while (!main_sleeps())
		rumpcomp_host_sleep_until(now() + MS);
	if (strcmp(how, "null") == 0)
		crash_null();
	else if (strcmp(how, "wild") == 0)
		crash_wild();
	else if (strcmp(how, "stack") == 0)
		(void)crash_stack(&c);
	else if (strcmp(how, "div0") == 0)
		crash_div0();
	else if (strcmp(how, "jump0") == 0)
		crash_jump0();
	else if (strcmp(how, "exec") == 0)
		crash_exec();
	else if (strcmp(how, "rodata") == 0)
		crash_rodata();
	else if (strcmp(how, "smash") == 0)
		crash_smash();
	else if (strcmp(how, "abort") == 0)
		rumpuser_exit(RUMPUSER_PANIC);
	else
		rumpuser_dprintf("crash: unknown way: %s\n", how);
	return NULL;
}

/* In a thread of its own, whose name the report must have. */
void
test_crash(const char *how)
{
	struct host_thread *h;

	CHECK_INT(rump_pub_etfs_register(STATUS, "sirloin:status",
	    RUMP_ETFS_REG), 0);
	if (rumpcomp_host_thread_create(&h, "crasher", crash_main,
	    (void *)how, 1, 0) == 0)
		(void)rumpcomp_host_thread_join(h, NULL);
	rumpuser_dprintf("crash: %s: still here\n", how);
}
