/*
 * machine.h for platform/hw: what is inlined or laid out per platform.
 * platform/xen has its own file of the same name; -I selects one.
 */
#ifndef SIRLOIN_MACHINE_H
#define SIRLOIN_MACHINE_H

#include <machine_x86.h>

#define PLAT_DIRECT_BASE	0UL		/* identity: VA = PA */
#define PLAT_VMAP_BASE		0x600000000000UL
#define PLAT_VMAP_END		0x680000000000UL

/* The platform's part of struct cpu: hw finds its own by the task register. */
struct plat_cpu { };
#define PLAT_FAULTS_NEED_STACK 0	/* handlers have stacks of their own */
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

#endif /* SIRLOIN_MACHINE_H */
