/*
 * pv.h: what the files of platform/xen share.  Facts are in Xen's public
 * headers (xen.h, arch-x86/xen.h, event_channel.h, vcpu.h, memory.h), named
 * where they are used.
 */
#ifndef XEN_PV_H
#define XEN_PV_H

#include <xen.h>
#include "../common/x86.h"
#include "asm.h"

/* ---- linker script ---- */

extern char __image_start[], __text_start[], __text_end[], __rodata_start[],
    __rodata_end[], __data_start[], __bss_end[], __ksyms_start[],
    __ksyms_end[], __image_end[], __boot_stacks[], __boot_stack_end[];

/* ---- entry.S ---- */

extern char xen_hypercall_page[], xen_exception_stubs[], xen_event_entry[],
    xen_failsafe_entry[], xen_ap_start[];
extern uint64_t xen_boot_tls[];

static inline long
hypercall(unsigned long op, unsigned long a, unsigned long b, unsigned long c,
    unsigned long d, unsigned long e)
{
	unsigned long r;
	register unsigned long r10 __asm__("r10") = d;
	register unsigned long r8 __asm__("r8") = e;

	__asm__ volatile("call *%[page]" : "=a"(r), "+D"(a), "+S"(b), "+d"(c),
	    "+r"(r10), "+r"(r8) : [page] "r"((uintptr_t)xen_hypercall_page +
	    32 * op) : "memory");
	return (long)r;
}

/* ---- start.c ---- */

extern const struct start_info *xen_si;
/* The boot cannot go on. */
void	xen_fail(const char *) __attribute__((noreturn));
void	xen_console_init(void);

/* ---- mem.c, pagetable.c ---- */

#define PTE_P		0x001UL
#define PTE_W		0x002UL
#define PTE_PWT		0x008UL
#define PTE_PCD		0x010UL
#define PTE_A		0x020UL
#define PTE_D		0x040UL
#define PTE_FOREIGN	0x200UL		/* for software: no page of ours */
#define PTE_NX		(1UL << 63)
#define PTE_ADDR	0x000ffffffffff000UL
#define PTE_RW		(PTE_P | PTE_W | PTE_A | PTE_D | PTE_NX)
#define PTE_RO		(PTE_P | PTE_A | PTE_NX)

extern xen_pfn_t *xen_p2m;		/* mfn of each pfn */
extern uint64_t xen_npfn;		/* how many it may have */

void	xen_mem_init(void);
void	*xen_early_alloc(size_t npage);	/* zeroed, before kern_start */
void	xen_p2m_publish(void);		/* for the toolstack */
void	xen_shared_map(void);		/* xen_shared_info at its address */

/* Tables for [va, va + size); ENOMEM. */
int	xen_pt_prepare(uintptr_t va, size_t size);
/* One page, its tables being there; flags 0 unmaps.  errno. */
int	xen_pt_map_mfn(uintptr_t va, xen_pfn_t mfn, uint64_t flags);
void	xen_pt_boot(void);		/* direct map and protection */
void	xen_pt_seal(void);
void	*xen_pt_page(void);		/* zeroed, before and after */

/* ---- cpu.c, traps.c ---- */

extern struct plat_cpu *xen_cpus[MAXCPU];	/* by VCPU number */
static inline struct plat_cpu *
xen_self(void)
{

	return (struct plat_cpu *)((char *)plat_self() + PLAT_CPU_OFFSET);
}
extern struct vcpu_info *xen_vi[MAXCPU];
void	xen_cpu_enable(void);		/* every CPU: its registers */
void	xen_traps_init(void);
void	xen_trap_table(struct trap_info *);
void	xen_exception(struct plat_frame *);
void	xen_interrupt(struct plat_frame *);
void	xen_smp_init(void);
int	xen_vcpu_register(struct plat_cpu *, unsigned num);
int	xen_vcpu_start(unsigned n, const void *rip, uint64_t rsp,
	    uint64_t fsbase);

/* ---- event.c: with platform/common/xenevent.c ---- */

void	xen_event_init(void);		/* and again after a resume */
/* The platform's own events of a CPU: timer and wake-up. */
void	xen_event_cpu(unsigned cpu);
/*
 * The end: Xen masks a line that no domain listens to.  One that stays raised, with
 * us as a listener that never answers, holds back all interrupts of lower vectors,
 * dom0's too (arch/x86/irq.c: it waits 1 ms for each answer).
 */
void	xen_lines_end(void);

/* ---- device.c ---- */

int	xen_pirq_port(unsigned pirq, evtchn_port_t *);
void	xen_io_ports(void);		/* every CPU: pio.h works */

/* ---- clock.c ---- */

void	xen_clock_init(void);
void	xen_timer_intr(void *);
/* Another hypervisor's time from here on: ours goes on where it was. */
void	xen_clock_resume(uint64_t was);
void	xen_timer_again(void);		/* this CPU's: Xen has forgotten it */

/* ---- foreign.c ---- */

/* Before and after a suspend: frames that are not ours, in our page tables. */
void	xen_foreign_drop(void);
void	xen_foreign_again(void);

/* ---- store.c ---- */

bool	xen_store_online(unsigned vcpu);

/* ---- start.c ---- */

void	xen_shutdown(unsigned reason) __attribute__((noreturn));
void	xen_end_devices(void);		/* xen.h: xen_at_end */

#endif /* XEN_PV_H */
