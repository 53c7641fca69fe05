/*
 * t_fpu.c: what a thread has in its registers is its own, although it is
 * interrupted and preempted at any instruction: vector and x87 registers,
 * their control words, and the red zone below the stack pointer.
 */
#include "test.h"

#define NTHREADS	5
static volatile int stop;
static int bad[NTHREADS];
static unsigned long rounds[NTHREADS];

/* Fill all XMM registers, spin, look at them, all in one go. */
static bool
xmm_round(uint64_t seed)
{
	uint64_t in[32] __attribute__((aligned(16)));
	uint64_t out[32] __attribute__((aligned(16)));
	long n = 20000;
	int i;

	for (i = 0; i < 32; i++)
		in[i] = seed * (uint64_t)(i + 1) ^ (uint64_t)i << 56;
	__asm__ volatile(
	    "movdqa 0(%1),%%xmm0; movdqa 16(%1),%%xmm1;"
	    "movdqa 32(%1),%%xmm2; movdqa 48(%1),%%xmm3;"
	    "movdqa 64(%1),%%xmm4; movdqa 80(%1),%%xmm5;"
	    "movdqa 96(%1),%%xmm6; movdqa 112(%1),%%xmm7;"
	    "movdqa 128(%1),%%xmm8; movdqa 144(%1),%%xmm9;"
	    "movdqa 160(%1),%%xmm10; movdqa 176(%1),%%xmm11;"
	    "movdqa 192(%1),%%xmm12; movdqa 208(%1),%%xmm13;"
	    "movdqa 224(%1),%%xmm14; movdqa 240(%1),%%xmm15;"
	    "1: pause; dec %0; jnz 1b;"
	    "movdqa %%xmm0,0(%2); movdqa %%xmm1,16(%2);"
	    "movdqa %%xmm2,32(%2); movdqa %%xmm3,48(%2);"
	    "movdqa %%xmm4,64(%2); movdqa %%xmm5,80(%2);"
	    "movdqa %%xmm6,96(%2); movdqa %%xmm7,112(%2);"
	    "movdqa %%xmm8,128(%2); movdqa %%xmm9,144(%2);"
	    "movdqa %%xmm10,160(%2); movdqa %%xmm11,176(%2);"
	    "movdqa %%xmm12,192(%2); movdqa %%xmm13,208(%2);"
	    "movdqa %%xmm14,224(%2); movdqa %%xmm15,240(%2)"
	    : "+r"(n) : "r"(in), "r"(out)
	    : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",
	      "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",
	      "xmm13", "xmm14", "xmm15");
	return memcmp(in, out, sizeof(in)) == 0;
}

static bool
x87_round(long v)
{
	long in = v, out = 0, n = 20000;

	__asm__ volatile("fildq %2; fildq %2; faddp;"
	    "1: pause; dec %1; jnz 1b; fistpq %0"
	    : "=m"(out), "+r"(n) : "m"(in) : "memory", "cc", "st", "st(1)");
	return out == 2 * v;
}

/* Xen delivers its events below the stack pointer (docs/xen.md). */
static bool have_redzone;

static bool
find_redzone(void)
{
	char *text = rumpcomp_host_malloc(65536, 0);
	struct rumpuser_iovec iov = { text, 65535 };
	size_t n = 0;
	bool xen;
	int f;

	if (rumpuser_open("sirloin:status", RUMPUSER_OPEN_RDONLY, &f) == 0) {
		CHECK_INT(rumpuser_iovread(f, &iov, 1, 0, &n), 0);
		CHECK_INT(rumpuser_close(f), 0);
	}
	text[n] = '\0';
	xen = strstr(text, "\"platform\":\"xen\"") != NULL;
	rumpcomp_host_free(text);
	return !xen;
}

/* General registers and 128 bytes below the stack pointer. */
static bool
redzone_round(uint64_t v)
{
	uint64_t ok, n = 20000, room[16], top = (uint64_t)(room + 16);

	if (have_redzone)
		__asm__ volatile("mov %%rsp,%0" : "=r"(top));
	__asm__ volatile(
	    "mov %2,-8(%3); mov %2,-64(%3); mov %2,-128(%3);"
	    "mov %2,%%r8; mov %2,%%r9; mov %2,%%r10; mov %2,%%r11;"
	    "mov %2,%%r12; mov %2,%%r13; mov %2,%%r14; mov %2,%%r15;"
	    "1: pause; dec %1; jnz 1b;"
	    "xor %2,%%r8; xor %2,%%r9; xor %2,%%r10; xor %2,%%r11;"
	    "xor %2,%%r12; xor %2,%%r13; xor %2,%%r14; xor %2,%%r15;"
	    "mov -8(%3),%0; xor %2,%0; or %%r8,%0; or %%r9,%0;"
	    "or %%r10,%0; or %%r11,%0; or %%r12,%0; or %%r13,%0;"
	    "or %%r14,%0; or %%r15,%0;"
	    "mov -64(%3),%%r8; xor %2,%%r8; or %%r8,%0;"
	    "mov -128(%3),%%r8; xor %2,%%r8; or %%r8,%0"
	    : "=&r"(ok), "+r"(n) : "r"(v), "r"(top)
	    : "memory", "cc", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
	      "r15");
	return ok == 0;
}

static uint32_t
mxcsr(void)
{
	uint32_t v;

	__asm__ volatile("stmxcsr %0" : "=m"(v));
	return v;
}

static uint16_t
x87cw(void)
{
	uint16_t v;

	__asm__ volatile("fnstcw %0" : "=m"(v));
	return v;
}

static void *
fpu_main(void *arg)
{
	int me = (int)(intptr_t)arg;
	/* a rounding mode of its own: MXCSR bits 13-14, control word 10-11 */
	uint32_t mx = 0x1f80 | (uint32_t)(me & 3) << 13;
	uint16_t cw = (uint16_t)(0x037f & ~0xc00) |
	    (uint16_t)((me & 3) << 10);

	__asm__ volatile("ldmxcsr %0" : : "m"(mx));
	__asm__ volatile("fldcw %0" : : "m"(cw));
	while (!stop) {
		if (!xmm_round((uint64_t)(me + 1) * 0x9e3779b97f4a7c15ULL) ||
		    !x87_round(me * 1000003L + 7) ||
		    !redzone_round((uint64_t)me * 0xdeadbeef1234567ULL + 1) ||
		    (mxcsr() & ~0x3fU) != mx || x87cw() != cw)
			bad[me]++;
		if (++rounds[me] % 16 == 0)
			rumpcomp_host_yield();
		if (rounds[me] % 64 == 0)
			rumpcomp_host_sleep_until(now() + 10000);
	}
	return arg;
}

/* Every wake-up of this kernel thread preempts one of them. */
static void
disturb(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < 1000; i++)
		tk_sleep(MS);
}

static void
registers(void)
{
	struct host_thread *h[NTHREADS];
	struct tk_thread *t[2];
	int i;

	have_redzone = find_redzone();
	stop = 0;
	for (i = 0; i < NTHREADS; i++) {
		bad[i] = 0;
		rounds[i] = 0;
		CHECK_INT(rumpcomp_host_thread_create(&h[i], "fpu", fpu_main,
		    (void *)(intptr_t)i, 1, 0), 0);
	}
	for (i = 0; i < 2; i++)
		t[i] = tk_spawn(disturb, NULL, i);
	for (i = 0; i < 2; i++)
		tk_join(t[i]);
	stop = 1;
	for (i = 0; i < NTHREADS; i++) {
		CHECK_INT(rumpcomp_host_thread_join(h[i], NULL), 0);
		CHECK_INT(bad[i], 0);
		CHECK(rounds[i] > 0);
	}
}

/* A new thread starts with the ABI's state, whatever its maker had. */
static void *
fresh_main(void *arg)
{
	uint32_t *r = arg;

	r[0] = mxcsr();
	r[1] = x87cw();
	return arg;
}

static void
fresh(void)
{
	uint32_t mine = 0x1f80 | 3 << 13, was = mxcsr(), r[2];
	struct host_thread *h;

	__asm__ volatile("ldmxcsr %0" : : "m"(mine));
	CHECK_INT(rumpcomp_host_thread_create(&h, "fresh", fresh_main, r, 1,
	    0), 0);
	CHECK_INT(rumpcomp_host_thread_join(h, NULL), 0);
	CHECK_INT(mxcsr() & ~0x3fU, mine);
	__asm__ volatile("ldmxcsr %0" : : "m"(was));
	if (test_linux())	/* where it is inherited */
		return;
	CHECK_INT(r[0], 0x1f80);
	CHECK_INT(r[1], 0x037f);
}

const struct test tests_fpu[] = {
	{ "fpu: registers and red zone survive preemption", registers },
	{ "fpu: a new thread's state", fresh },
	{ NULL, NULL }
};
