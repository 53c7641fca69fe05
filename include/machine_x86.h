/*
 * machine_x86.h: what machine.h of every platform on x86-64 has in common; each
 * includes this.
 */
#ifndef SIRLOIN_MACHINE_X86_H
#define SIRLOIN_MACHINE_X86_H

#include <stdint.h>

/* Every register at an interrupt or trap, as the platform's entry code stores
 * them. */
struct plat_frame {
	uint64_t	r15, r14, r13, r12, rbp, rbx;
	uint64_t	r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax;
	uint64_t	vector, error;
	uint64_t	rip, cs, rflags, rsp, ss;
};

/* Offsets are known to switch.S; platform/common asserts them. */
struct plat_ctx {
	uint64_t	rsp;		/* 0: valid when !preempted */
	uint64_t	fsbase;		/* 8 */
	void		*fpu;		/* 16: XSAVE area */
	uint64_t	preempted;	/* 24: frame and fpu hold the state */
	struct plat_frame frame;	/* 32 */
};

/* From rsp to the frame pointer that switch.S has saved. */
#define PLAT_CTX_FP	40

static inline void
plat_pause(void)
{

	__asm__ volatile("pause" : : : "memory");
}

/*
 * The CPU's own struct cpu: GS base points at it and its first word is its
 * own address.  Interrupts masked or preemption disabled, or the answer may
 * be another CPU's by the time it is used.
 */
struct cpu;
static inline struct cpu *
plat_self(void)
{
	struct cpu *c;

	__asm__ volatile("movq %%gs:0, %0" : "=r"(c));
	return c;
}

/*
 * The same for one access to a member: PLAT_HERE->x is this CPU's, whichever
 * that is, when the instruction runs.
 */
#define PLAT_HERE	((volatile struct cpu __seg_gs *)0)

/* The running thread: second word of struct cpu; always right. */
struct thread;
static inline struct thread *
plat_curthread(void)
{
	struct thread *t;

	__asm__ volatile("movq %%gs:8, %0" : "=r"(t));
	return t;
}

#endif /* SIRLOIN_MACHINE_X86_H */
