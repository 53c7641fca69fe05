/*
 * machine.h for platform/hw: what is inlined or laid out per platform.
 * platform/xen has its own file of the same name; -I selects one.
 */
#ifndef SIRLOIN_MACHINE_H
#define SIRLOIN_MACHINE_H

#define PLAT_DIRECT_BASE	0UL		/* identity: VA = PA */
#define PLAT_VMAP_BASE		0x600000000000UL
#define PLAT_VMAP_END		0x680000000000UL

/* Every register at an interrupt or trap, in the order of vectors.S. */
struct plat_frame {
	uint64_t	r15, r14, r13, r12, rbp, rbx;
	uint64_t	r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax;
	uint64_t	vector, error;
	uint64_t	rip, cs, rflags, rsp, ss;
};

/* Offsets are known to switch.S; platform/hw asserts them. */
struct plat_ctx {
	uint64_t	rsp;		/* 0: valid when !preempted */
	uint64_t	fsbase;		/* 8 */
	void		*fpu;		/* 16: XSAVE area */
	uint64_t	preempted;	/* 24: frame and fpu hold the state */
	struct plat_frame frame;	/* 32 */
};

/* The platform's part of struct cpu: hw finds its own by the task register. */
struct plat_cpu { };
#define PLAT_CPU_OFFSET	16		/* in struct cpu */

#define PLAT_IRQ_ENABLED	0x200UL	/* RFLAGS.IF */

static inline unsigned long
plat_irq_save(void)
{
	unsigned long f;

	__asm__ volatile("pushfq; popq %0; cli" : "=r"(f) : : "memory");
	return f;
}

static inline void
plat_irq_restore(unsigned long f)
{

	if (f & PLAT_IRQ_ENABLED)
		__asm__ volatile("sti" : : : "memory");
}

static inline void plat_irq_on(void) { __asm__ volatile("sti" ::: "memory"); }
static inline void plat_irq_off(void) { __asm__ volatile("cli" ::: "memory"); }

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

#endif /* SIRLOIN_MACHINE_H */
