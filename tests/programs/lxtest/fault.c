/* fault.c: faults as signals: what the handler is told, and where it goes on. */
#include "lxtest.h"
#include <ucontext.h>

static sigjmp_buf env;
static volatile int sig_is, code, count;
static void *volatile addr;
static volatile uintptr_t handler_sp;

static void
note(int sig, siginfo_t *si)
{
	char here;

	sig_is = sig;
	code = si->si_code;
	addr = si->si_addr;
	handler_sp = (uintptr_t)&here;
	count++;
}

static void
leave(int sig, siginfo_t *si, void *uc)
{

	note(sig, si);
	siglongjmp(env, 1);
}

/* Makes the page accessible: what faulted is done again. */
static void
open_page(int sig, siginfo_t *si, void *uc)
{

	note(sig, si);
	mprotect((void *)((uintptr_t)si->si_addr & -4096UL), 4096,
	    PROT_READ | PROT_WRITE);
}

/* Over the instruction, whose length is in RDX; spoils what it must not. */
static void
skip(int sig, siginfo_t *si, void *vuc)
{
	ucontext_t *uc = vuc;

	note(sig, si);
	uc->uc_mcontext.gregs[REG_RIP] += uc->uc_mcontext.gregs[REG_RDX];
	uc->uc_mcontext.gregs[REG_RAX] = 77;
	__asm__ volatile("pxor %%xmm3, %%xmm3; fninit; std; cld" : : : "xmm3");
}

static void
on(int sig, void (*fn)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa = { .sa_sigaction = fn, .sa_flags = SA_SIGINFO | flags };

	CHECK(sigaction(sig, &sa, NULL) == 0);
}

static int
faults(volatile char *p, int write)
{
	char c = 0;

	if (sigsetjmp(env, 1) != 0)
		return 1;
	if (write)
		*p = 1;
	else
		c = *p;
	__asm__ volatile("" : : "r"(c));
	return 0;
}

void
t_faults(void)
{
	static const char constant[4096] __attribute__((aligned(4096))) = "c";
	char *p = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANON, -1, 0);
	void (*volatile nowhere)(void) = NULL;
	sigset_t set;

	on(SIGSEGV, leave, 0);
	for (int i = 0; i < 3; i++) {		/* the mask is as before: again */
		CHECK(faults((char *)16, 1) && code == SEGV_MAPERR);
		CHECK(sig_is == SIGSEGV && addr == (void *)16);
	}
	CHECK(faults((char *)constant + 5, 1) && code == SEGV_ACCERR);
	CHECK(addr == constant + 5);
	CHECK(mprotect(p + 4096, 4096, PROT_NONE) == 0 && faults(p + 5000, 0));
	CHECK(code == SEGV_ACCERR && addr == p + 5000);
	CHECK(munmap(p + 8192, 4096) == 0 && faults(p + 8192, 0));
	CHECK(code == SEGV_MAPERR && addr == p + 8192);
	CHECK(faults((char *)(1UL << 62), 0) && code == SI_KERNEL && addr == NULL);
	if (sigsetjmp(env, 1) == 0)
		nowhere();
	CHECK(sig_is == SIGSEGV && addr == NULL && code == SEGV_MAPERR);
	CHECK(sigprocmask(SIG_BLOCK, NULL, &set) == 0 && !sigismember(&set, SIGSEGV));
	on(SIGSEGV, leave, SA_RESETHAND);
	CHECK(faults((char *)16, 0));
	struct sigaction sa;
	CHECK(sigaction(SIGSEGV, NULL, &sa) == 0 && sa.sa_handler == SIG_DFL);
	munmap(p, 2 * 4096);
}

/* A collector's barrier: each first write to a page comes by. */
void
t_faults_retried(void)
{
	char *p = mmap(NULL, 64 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANON, -1, 0);

	on(SIGSEGV, open_page, 0);
	count = 0;
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 64; i++)
			p[i * 4096 + 8] += i;
	CHECK(count == 64 && code == SEGV_ACCERR && addr == p + 63 * 4096 + 8);
	for (int i = 0; i < 64; i++)
		CHECK(p[i * 4096 + 8] == (char)(2 * i));
	munmap(p, 64 * 4096);
	signal(SIGSEGV, SIG_DFL);
}

static long
skipped(int divide)
{
	long rax = 5, rbx = 6, r;
	double one[2] = { 1.5, 2.5 }, got[2];

	__asm__ volatile("movupd %5, %%xmm3; fldl %5; movl $0, %%ecx\n"
	    "	cmpl $0, %4; je 1f\n"
	    "	movl $2, %%edx; divl %%ecx; jmp 2f\n"
	    "1:	movl $2, %%edx; ud2\n"
	    "2:	movupd %%xmm3, %2; fstpl %3"
	    : "+a"(rax), "+b"(rbx), "=m"(got), "=m"(r)
	    : "r"(divide), "m"(one) : "rcx", "rdx", "xmm3", "cc", "st");
	CHECK(got[0] == 1.5 && got[1] == 2.5 && rbx == 6);
	CHECK(memcmp(&r, one, sizeof(r)) == 0);
	return rax;
}

void
t_faults_skipped(void)
{
	const unsigned short traps = 0x37f & ~4;	/* division by zero */

	on(SIGFPE, skip, 0);
	on(SIGILL, skip, 0);
	sig_is = 0;
	CHECK(skipped(1) == 77 && sig_is == SIGFPE && code == FPE_INTDIV);
	CHECK(skipped(0) == 77 && sig_is == SIGILL && code == ILL_ILLOPN && addr != NULL);
	on(SIGFPE, leave, 0);
	if (sigsetjmp(env, 1) == 0)
		__asm__ volatile("fldcw %0; fld1; fldz; fdivrp; fwait; fstp %%st(0)"
		    : : "m"(traps));
	__asm__ volatile("fninit");
	CHECK(sig_is == SIGFPE && code == FPE_FLTDIV);
	signal(SIGFPE, SIG_DFL);
	signal(SIGILL, SIG_DFL);
}

/* ---- on another stack ---- */

static char stack[64 * 1024];

static void
sent(int sig, siginfo_t *si, void *uc)
{

	note(sig, si);
}

/* A handler that has a fault of its own, and its handler another. */
static void
nested(int sig, siginfo_t *si, void *uc)
{

	if (++count == 5)
		siglongjmp(env, 1);
	*(volatile char *)24 = 1;
}

void
t_altstack(void)
{
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) }, old;
	uintptr_t lo = (uintptr_t)stack, hi = lo + sizeof(stack);

	CHECK(sigaltstack(&ss, NULL) == 0 && sigaltstack(NULL, &old) == 0);
	CHECK(old.ss_sp == stack && old.ss_size == sizeof(stack) && old.ss_flags == 0);
	ss.ss_size = 100;
	FAILS(sigaltstack(&ss, NULL), ENOMEM);
	on(SIGSEGV, leave, SA_ONSTACK);
	CHECK(faults((char *)16, 0) && handler_sp >= lo && handler_sp < hi);
	on(SIGSEGV, leave, 0);
	CHECK(faults((char *)16, 0) && (handler_sp < lo || handler_sp >= hi));
	on(SIGUSR1, sent, SA_ONSTACK);
	CHECK(raise(SIGUSR1) == 0 && handler_sp >= lo && handler_sp < hi);
	on(SIGSEGV, nested, SA_ONSTACK | SA_NODEFER);
	count = 0;
	CHECK(faults((char *)16, 0) && count == 5);
	ss.ss_flags = SS_DISABLE;
	CHECK(sigaltstack(&ss, NULL) == 0 && sigaltstack(NULL, &old) == 0);
	CHECK(old.ss_flags == SS_DISABLE);
	signal(SIGSEGV, SIG_DFL);
	signal(SIGUSR1, SIG_DFL);
}

/* ---- in several threads at once ---- */

static void *
barrier(void *arg)
{
	long bad = 0;
	char *p;

	for (int round = 0; round < 30; round++) {
		p = mmap(NULL, 8 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);
		for (int i = 0; i < 8; i++) {
			p[i * 4096 + round] = (char)(i + 1);
			bad += p[i * 4096 + round] != i + 1;
		}
		munmap(p, 8 * 4096);
	}
	return (void *)bad;
}

void
t_faults_threads(void)
{
	pthread_t t[4];
	void *bad;

	on(SIGSEGV, open_page, 0);
	for (int i = 0; i < 4; i++)
		CHECK(pthread_create(&t[i], NULL, barrier, NULL) == 0);
	for (int i = 0; i < 4; i++)
		CHECK(pthread_join(t[i], &bad) == 0 && bad == NULL);
	signal(SIGSEGV, SIG_DFL);
}
