/*
 * x86.h: what both platforms have of the processor: platform/common and the
 * inline instructions.  Intel 64 SDM: XSAVE 1-13, TSC 3-17.17.
 */
#ifndef X86_H
#define X86_H

#include <kern.h>
#include <machine_asm.h>

static inline uint64_t
rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (uint64_t)hi << 32 | lo;
}

static inline void
wrmsr(uint32_t msr, uint64_t v)
{

	__asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)v),
	    "d"((uint32_t)(v >> 32)) : "memory");
}

static inline void
cpuid(uint32_t leaf, uint32_t sub, uint32_t r[4])
{

	__asm__ volatile(MACHINE_CPUID : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]),
	    "=d"(r[3]) : "a"(leaf), "c"(sub));
}

static inline uint64_t
rdtsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

/* In program order with the loads before it (SDM, RDTSC). */
static inline uint64_t
rdtsc_ordered(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

/* (a * b) >> s, exact; and (a << s) / b, the quotient fitting in 64 bits. */
static inline uint64_t
mul_shift(uint64_t a, uint64_t b, unsigned s)
{

	return (uint64_t)(((unsigned __int128)a * b) >> s);
}

static inline uint64_t
shift_div(uint64_t a, unsigned s, uint64_t b)
{
	uint64_t hi = s == 0 ? 0 : a >> (64 - s), lo = a << s, q, r;

	__asm__("divq %4" : "=a"(q), "=d"(r) : "0"(lo), "1"(hi), "r"(b));
	return q;
}

/* A spin lock of these rooms; masks interrupts. */
static inline unsigned long
x86_lock(uint32_t *l)
{
	unsigned long f = plat_irq_save();

	while (__atomic_exchange_n(l, 1, __ATOMIC_ACQUIRE) != 0)
		plat_pause();
	return f;
}

static inline void
x86_unlock(uint32_t *l, unsigned long f)
{

	__atomic_store_n(l, 0, __ATOMIC_RELEASE);
	plat_irq_restore(f);
}

/* ---- cpu.c: features, extended state of preempted threads ---- */

struct x86_feature {
	bool		nx, page1g, fsgsbase, xsave, xsaveopt, smep, umip;
	bool		x2apic, tscdeadline, invtsc, rdrand, rdseed, hyper;
	uint64_t	xcr0;
	uint32_t	fpusize;
	uint32_t	maxleaf, maxhv;
	char		hv[13];		/* hypervisor's signature */
};
extern struct x86_feature x86_feature;
extern uint8_t x86_has_fsgsbase;	/* for switch.S */
/* From CPUID; hw's control registers are its own. */
void	x86_cpu_detect(void);
/* XCR0 and the size that it gives; CR4.OSXSAVE is set.  Every CPU. */
void	x86_xsave_enable(void);
void	x86_fpu_save(void *area);
void	x86_fpu_restore(const void *area);
void	x86_fpu_init_area(void *area);
#define X86_FPU_HEAD	576		/* legacy area and XSAVE header */
extern uint8_t x86_fpu_initial[];

/* ---- smp.c ---- */

/* The word cpus=N of the command line; MAXCPU without it. */
unsigned x86_cpus_wanted(void);
/* A stack with a guard page below; its top, or NULL: no memory is left. */
void	*x86_stack_alloc(size_t);
/*
 * The thread that was interrupted gives way: its registers move from this
 * CPU's interrupt stack to its context, and the stack is free again.
 */
void	x86_preempt(const struct plat_frame *);

/* ---- traptext.c ---- */

const char *x86_trap_text(uint64_t vector);
/* guard: the address is in the guard page of a stack. */
const char *x86_fault_text(const struct plat_frame *, uint64_t va, bool guard);
#define X86_PF_PRESENT	0x01
#define X86_PF_WRITE	0x02
#define X86_PF_FETCH	0x10

#endif /* X86_H */
