/*
 * faults.c: faults that end a program, or nearly:
 *	faults deep		the stack's end, three times; handled on another
 *	faults again		a fault in the handler of one
 *	faults blocked		a handler, but its signal is blocked
 *	faults nostack		the stack's end, and no other stack
 *	faults call		in a call that it makes
 *	faults smash		the handler makes an unusable context, three times
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

static sigjmp_buf env;
static char stack[32 * 1024];
static const char *what;
static volatile int ndeep, nsmash;

static int
deeper(volatile char *p, int n)
{
	char b[1000];

	memset(b, n, sizeof(b));
	ndeep = n;
	return deeper(b, n + 1) + b[n % 1000];
}

static void
caught(int sig, siginfo_t *si, void *vuc)
{
	ucontext_t *uc = vuc;

	if (strcmp(what, "again") == 0)
		*(volatile char *)8 = 1;
	if (strcmp(what, "smash") != 0 || nsmash++ % 2 != 0)
		siglongjmp(env, 1);
	uc->uc_mcontext.gregs[REG_RIP] = (long)(1UL << 62 | 0x680000001234UL);
	uc->uc_mcontext.gregs[REG_EFL] |= 0x37300;
	memset(uc->uc_mcontext.fpregs, 0xff, sizeof(*uc->uc_mcontext.fpregs) + 64);
}

int
main(int argc, char **argv)
{
	struct sigaction sa = { .sa_sigaction = caught, .sa_flags = SA_SIGINFO };
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };
	volatile int times = 0;
	sigset_t set;

	what = argc > 1 ? argv[1] : "";
	if (strcmp(what, "deep") == 0) {
		sa.sa_flags |= SA_ONSTACK;
		sigaltstack(&ss, NULL);
	}
	sigaction(SIGSEGV, &sa, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGSEGV);
	if (strcmp(what, "blocked") == 0)
		sigprocmask(SIG_BLOCK, &set, NULL);
	if (strcmp(what, "call") == 0) {
		printf("handled here\n");
		(void)!write(1, (void *)0x700000000001UL, 10);
		return 1;
	}
	if (sigsetjmp(env, 1) != 0)
		times++;
	if (times == 3) {
		printf("three times, %s\n", ndeep > 500 ? "deep" : "flat");
		return 0;
	}
	if (strcmp(what, "deep") == 0 || strcmp(what, "nostack") == 0)
		return deeper((volatile char *)what, 1);
	*(volatile char *)0 = 1;
	return 3;
}
