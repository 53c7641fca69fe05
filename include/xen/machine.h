/*
 * machine.h for platform/xen: what is inlined or laid out per platform.
 * platform/hw has its own file of the same name; -I selects one.
 */
#ifndef SIRLOIN_MACHINE_H
#define SIRLOIN_MACHINE_H

#include <machine_asm.h>
#include <machine_x86.h>

#define PLAT_DIRECT_BASE	0UL		/* VA = pseudo-physical */
#define PLAT_VMAP_BASE		0x600000000000UL
#define PLAT_VMAP_END		0x680000000000UL

/*
 * The platform's part of struct cpu, which GS base points at.  It begins with
 * what this VCPU shares with Xen (struct vcpu_info, registered there), so that
 * one instruction masks events on whichever CPU it runs.
 */
struct plat_cpu {
	uint8_t		vcpu_info[64];	/* GS_PENDING, GS_MASK: its head */
	uint64_t	irq_stack;	/* GS_IRQ_STACK: top of it */
	uint64_t	exc_stack;	/* GS_EXC_STACK */
	uint64_t	num;
} __attribute__((aligned(64)));
#define PLAT_FAULTS_NEED_STACK 1	/* Xen pushes onto the one in use */
#define PLAT_CPU_OFFSET	64		/* in struct cpu */

#define PLAT_IRQ_ENABLED	0x200UL	/* RFLAGS.IF, as Xen shows it */

#define MACHINE_STR(x)	MACHINE_STR_(x)
#define MACHINE_STR_(x)	#x

static inline void
plat_irq_off(void)
{

	__asm__ volatile("movb $1, %%gs:" MACHINE_STR(GS_MASK) : : :
	    "memory");
}

/* An event that came meanwhile is taken now: xen_force_upcall keeps all
 * registers.  Preempted in between, it was taken already. */
static inline void
plat_irq_on(void)
{

	__asm__ volatile("movb $0, %%gs:" MACHINE_STR(GS_MASK) "\n\t"
	    "cmpb $0, %%gs:" MACHINE_STR(GS_PENDING) "\n\t"
	    "je 1f; call xen_force_upcall; 1:" : : : "memory", "cc");
}

static inline unsigned long
plat_irq_save(void)
{
	uint8_t masked;

	__asm__ volatile("movb %%gs:" MACHINE_STR(GS_MASK) ", %0" :
	    "=q"(masked) : : "memory");
	plat_irq_off();
	return masked ? 0 : PLAT_IRQ_ENABLED;
}

static inline void
plat_irq_restore(unsigned long f)
{

	if (f & PLAT_IRQ_ENABLED)
		plat_irq_on();
}

#endif /* SIRLOIN_MACHINE_H */
