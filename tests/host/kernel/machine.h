/*
 * machine.h of a platform that is a host process, for the unit tests of
 * kernel/: one CPU, no interrupts.  "Physical" memory is a reserved range.
 */
#ifndef SIRLOIN_MACHINE_H
#define SIRLOIN_MACHINE_H

#define PLAT_DIRECT_BASE	0x200000000000UL
#define PLAT_VMAP_BASE		0x600000000000UL
#define PLAT_VMAP_END		0x600010000000UL	/* 256 MB */

struct plat_frame { uint64_t rip; };
struct plat_ctx { uint64_t preempted; };

struct plat_cpu { };
#define PLAT_CPU_OFFSET	16
#define PLAT_IRQ_ENABLED	0x200UL

extern unsigned long fake_irq;
static inline unsigned long
plat_irq_save(void)
{
	unsigned long s = fake_irq;

	fake_irq = 0;
	return s;
}
static inline void plat_irq_restore(unsigned long s) { fake_irq |= s; }
static inline void plat_irq_on(void) { fake_irq = PLAT_IRQ_ENABLED; }
static inline void plat_irq_off(void) { fake_irq = 0; }
static inline void plat_pause(void) { }

struct cpu;
struct thread;
extern struct cpu cpu0;
extern struct thread fake_thread;
static inline struct cpu *plat_self(void) { return &cpu0; }
#define PLAT_HERE	(&cpu0)
static inline struct thread *plat_curthread(void) { return &fake_thread; }

#endif /* SIRLOIN_MACHINE_H */
