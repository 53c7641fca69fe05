/*
 * hw.h: what the files of platform/hw share.  PC facts: Intel 64 SDM volume 3
 * (paging 4, traps 6, MP start 8.4, local APIC 10, XSAVE 13, TSC 17.17).
 */
#ifndef HW_H
#define HW_H

#include <pio.h>
#include "../common/x86.h"
#include "asm.h"
#include "bootinfo.h"

/* ---- linker script ---- */

extern char __image_start[], __text_start[], __text_end[], __rodata_start[],
    __rodata_end[], __data_start[], __bss_end[], __bootonly_start[],
    __bootonly_end[], __ksyms_start[], __ksyms_end[], __image_end[];

/* ---- the CPU's instructions ---- */

static inline void
invlpg(uintptr_t va)
{

	__asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

static inline uint64_t
read_cr3(void)
{
	uint64_t v;

	__asm__ volatile("movq %%cr3, %0" : "=r"(v));
	return v;
}

static inline void
write_cr3(uint64_t v)
{

	__asm__ volatile("movq %0, %%cr3" : : "r"(v) : "memory");
}

/* A device register. */
static inline uint32_t
mmio_read(const volatile void *p)
{

	return *(const volatile uint32_t *)p;
}

static inline void
mmio_write(volatile void *p, uint32_t v)
{

	*(volatile uint32_t *)p = v;
}

/* ---- start.c: the course of the boot ---- */

extern uint64_t hw_entry_tsc;
extern struct hw_bootinfo hw_boot;	/* gone after the boot */
/* A line on the console.  %s %d %u %x %lx %p and the like. */
void	hw_log(const char *, ...) __attribute__((format(printf, 1, 2)));
/* The boot cannot go on. */
void	hw_fail(const char *) __attribute__((noreturn));

/* ---- mem.c, pagetable.c ---- */

#define HW_MMIO_BASE	0xffff800000000000UL	/* + physical, uncached */
#define HW_FW_BASE	0xffffc00000000000UL	/* + physical, read only */
#define HW_PHYS_END	(1ULL << 46)

#define PTE_P		0x001UL
#define PTE_W		0x002UL
#define PTE_PWT		0x008UL
#define PTE_PCD		0x010UL
#define PTE_A		0x020UL
#define PTE_D		0x040UL
#define PTE_PS		0x080UL
#define PTE_NX		(x86_feature.nx ? 1UL << 63 : 0)
#define PTE_ADDR	0x000ffffffffff000UL

void	hw_mem_init(void);
/* Zeroed pages before kern_start; fails the boot when there are none. */
void	*hw_early_alloc(size_t npage);
/* The rest of the memory goes to the kernel: no hw_early_alloc from here on. */
void	hw_mem_seal(void);
/* Whether nobody has the page yet; take pages; the largest piece of RAM. */
bool	hw_mem_is_free(uint64_t pa);
void	hw_mem_keep(uint64_t base, uint64_t end);
void	hw_mem_largest(uint64_t *base, uint64_t *end);

/* emulated.c: once the clock runs; true: that took a while, look again. */
struct hw_cpu;
void	hw_emulated_init(uint64_t ram_end);
bool	hw_emulated_idle(struct hw_cpu *);
/* Read-only view of firmware's memory, for ever; NULL. */
const void *hw_map_firmware(uint64_t pa, uint64_t size);
uint64_t hw_trampoline(void);		/* a page below 1 MB; 0: none */
extern uint64_t *hw_pml4;
int	hw_pt_map(uintptr_t va, uint64_t pa, uint64_t size, uint64_t flags,
	    bool large);
void	hw_pt_seal(void);
uint64_t hw_pt_lookup(uintptr_t va);	/* physical address or PADDR_NONE */
uint64_t *hw_pt_entry(uintptr_t va);	/* leaf entry or NULL */
void	hw_tlb_intr(void);
struct hw_cpu;
void	hw_tlb_idle(struct hw_cpu *);
void	hw_tlb_wake(struct hw_cpu *);
void	hw_tlb_online(struct hw_cpu *);

/* ---- cpu.c ---- */

void	hw_cpu_enable(void);		/* control registers of this CPU */

/* ---- traps.c: descriptor tables; per-CPU part ---- */

struct hw_tss {
	uint32_t	res0;
	uint64_t	rsp[3], res1, ist[7], res2;
	uint16_t	res3, iomap;
} __attribute__((packed));

#define HW_VEC_FIRST	0x30		/* of devices */
#define HW_VEC_LAST	0xef
#define HW_NVEC		(HW_VEC_LAST - HW_VEC_FIRST + 1)
#define HW_VEC_TIMER	0xf0
#define HW_VEC_RESCHED	0xf1
#define HW_VEC_TLB	0xf2
#define HW_VEC_ERROR	0xfe
#define HW_VEC_SPURIOUS	0xff

struct plat_irq;
struct hw_cpu {
	struct hw_tss	tss;
	unsigned	num;
	uint32_t	apicid;
	uint64_t	deadline;	/* of plat_timer_set */
	struct plat_irq	*irq[HW_NVEC];
	struct plat_irq	*running;	/* its handler runs here */
	bool		idle;		/* see pagetable.c */
	bool		grown;		/* emulated.c */
	uint64_t	generation;
};
extern struct hw_cpu *hw_cpus[MAXCPU];
extern uint64_t hw_gdt[];
extern uint64_t hw_online;		/* a bit for each CPU that runs */

/* This CPU's number: its task register names its own TSS (and STR is cheap,
 * unlike reading the APIC id). */
static inline unsigned
hw_cpunum(void)
{
	uint64_t tr;

	__asm__ volatile("str %0" : "=r"(tr));
	return ((tr & 0xffff) - HW_SEL_TSS) >> 4;
}
#define hw_self()	(hw_cpus[hw_cpunum()])

void	hw_idt_init(void);
/* Load the tables on this CPU; its stacks are in cpu->tss. */
void	hw_cpu_tables(struct hw_cpu *);
void	hw_interrupt(struct plat_frame *);
void	hw_exception(struct plat_frame *);

/* ---- smp.c ---- */

void	hw_smp_prepare(void);		/* before the final page tables */
void	hw_smp_init(void);		/* sends the APs on their way */
void	hw_smp_again(void);
bool	hw_smp_nmi(void);		/* an NMI was only to wake this CPU */

/* ---- lapic.c ---- */

void	hw_lapic_init(uint64_t pa, int nmi_lint); /* boot CPU: maps it */
void	hw_lapic_cpu(void);		/* every CPU */
uint32_t hw_lapic_id(void);
void	hw_lapic_eoi(void);
#define HW_IPI_FIXED	0x0000
#define HW_IPI_NMI	0x0400
#define HW_IPI_INIT	0x4500
#define HW_IPI_STARTUP	0x4600
void	hw_lapic_ipi(uint32_t apicid, uint32_t command);
void	hw_lapic_ipi_others(uint32_t command);
void	hw_lapic_count(uint32_t ticks);	/* timer, one shot; 0: off */
uint32_t hw_lapic_counter(void);
void	hw_lapic_timer_mode(bool deadline, bool masked);

/* ---- ioapic.c, irq.c ---- */

enum hw_irq_op { HW_IRQ_MASK, HW_IRQ_UNMASK, HW_IRQ_FREE };

void	hw_pic_silence(void);		/* before hw_lapic_init */
void	hw_ioapic_init(const struct hw_madt *);
void	hw_ioapic_write(unsigned gsi, uint32_t apicid, uint32_t low);
void	hw_ioapic_mask(unsigned gsi, bool mask);
bool	hw_ioapic_has(unsigned gsi);
/* ISA interrupt to GSI, and flags as the MADT has them. */
unsigned hw_ioapic_isa(unsigned irq, unsigned *flags);
struct plat_irq {
	plat_irq_fn	fn;
	void		*arg;
	unsigned	cpu, vector;
	int		gsi;		/* -1: message signalled */
	struct plat_irq	*next;		/* of the free list */
	/* An event channel of Xen's (xenguest.c), whose file frees it; or NULL. */
	void		(*event)(struct plat_irq *, enum hw_irq_op);
};
void	hw_irq_init(void);
void	hw_irq_dispatch(unsigned vector);

/* ---- acpi_tables.c, acpi_power.c (the button: plat.h) ---- */

void	hw_acpi_init(void);
extern struct hw_madt hw_madt;
extern struct hw_fadt hw_fadt;
extern bool hw_have_madt, hw_have_fadt;
void	hw_power_init(void);		/* maps the registers */
void	hw_acpi_mode(void);		/* taken from the firmware */
void	hw_power_off(void);		/* returns when it does not work */
void	hw_power_reset(void);

/* ---- clocks ---- */

struct hw_ref {			/* a counter of known frequency */
	const char	*name;
	uint64_t	hz;
	uint64_t	mask;		/* all ones, as wide as it counts */
	uint64_t	(*read)(void);
};
void	hw_clock_init(void);		/* clock.c; before interrupts */
void	hw_clock_tick(uint64_t now);
void	hw_clock_set_epoch(uint64_t ns);
extern void (*hw_clock_look)(void);	/* whether it is another now; or NULL */
void	hw_timer_init(uint64_t tsc_hz, uint64_t lapic_hz, bool deadline);
void	hw_timer_rate(uint64_t tsc_hz);
void	hw_timer_cpu(void);		/* every CPU */
void	hw_timer_intr(void);
void	hw_clock_cpu(struct hw_cpu *);	/* pvclock: every CPU */
extern uint64_t hw_clock_gap;		/* ns the clock may go unread */
const struct hw_ref *hw_hpet_init(void);
const struct hw_ref *hw_pit_init(void);
const struct hw_ref *hw_pmtimer_init(void);
uint64_t hw_rtc_read(void);		/* seconds since 1970; 0: none */
/* tsc.c: frequency as the CPU tells (0: it does not), or as measured. */
uint64_t hw_tsc_told(void);
bool	hw_tsc_constant(void);
struct hw_sample { uint64_t tsc, ref; uint32_t lapic; };
const struct hw_ref *hw_tsc_lapic_ref(void);	/* NULL: not known */
void	hw_tsc_sample(const struct hw_ref *, struct hw_sample *);
bool	hw_tsc_measure(const struct hw_ref *, uint64_t *tsc_hz,
	    uint64_t *lapic_hz);
/* pvclock.c */
bool	hw_pvclock_init(uint64_t *tsc_hz);
uint64_t hw_pvclock_read(void);
uint64_t hw_pvclock_wall(void);		/* ns of 1970 at pvclock 0; 0: none */

/* ---- serial.c, exit.c ---- */

void	hw_serial_init(void);
void	hw_serial_irq(void);		/* input by interrupt from here on */
/* exit.c: a line on the status channel (docs/exit.md); false: there is none. */
bool	hw_status(const char *line);

/* ---- xenpvh.c: a PVH guest's console and shutdown ---- */

void	hw_xen_init(void);		/* early */
void	hw_xen_remap(void);		/* with the final page tables */
uint64_t hw_xen_tsc(void);
void	hw_xen_end(enum plat_end, int status);
uint64_t hw_xen_param(uint32_t index);	/* 0: there is none */
void	hw_xen_console_resume(void);

/* ---- xenguest.c, xenguest_mem.c: the rest of xen.h, if anybody uses it ---- */

int	hw_xen_events(void);		/* the upcalls are set up; errno */
void	hw_xen_shared_info(void);
void	hw_xen_events_resume(void);	/* interrupts masked */
void	hw_xen_resumed(void);		/* thread context */

#endif /* HW_H */
