/*
 * Descriptor tables, exceptions and the way out of an interrupt.
 */
#include <string.h>

#include "hw.h"
#include "../common/xencons.h"
#include <vm.h>

/* In images that give programs address space. */
#pragma weak kern_program_fault

struct hw_cpu *hw_cpus[MAXCPU];

struct gate { uint16_t off0, sel, type, off1; uint32_t off2, res; };
static struct gate idt[256] __attribute__((aligned(16)));
extern char hw_exception_stubs[], hw_interrupt_stubs[];

#define GATE_INTERRUPT	0x8e00		/* present, DPL 0, masks interrupts */
#define TSS_PRESENT	0x89
#define NMI		2
#define DOUBLE_FAULT	8
#define PAGE_FAULT	14
#define MACHINE_CHECK	18

static unsigned
vector_ist(unsigned v)
{

	if (v >= 32)
		return HW_IST_IRQ;
	if (v == NMI)
		return HW_IST_NMI;
	if (v == DOUBLE_FAULT || v == MACHINE_CHECK)
		return HW_IST_FATAL;
	return HW_IST_EXC;
}

void
hw_idt_init(void)
{
	unsigned v;

	for (v = 0; v < 256; v++) {
		uint64_t p = v < 32 ? (uint64_t)hw_exception_stubs + 16 * v :
		    (uint64_t)hw_interrupt_stubs + 8 * (v - 32);

		idt[v].off0 = (uint16_t)p;
		idt[v].off1 = (uint16_t)(p >> 16);
		idt[v].off2 = (uint32_t)(p >> 32);
		idt[v].sel = HW_SEL_CODE;
		idt[v].type = (uint16_t)(GATE_INTERRUPT | vector_ist(v));
	}
}

static void
tss_descriptor(struct hw_cpu *c)
{
	uint64_t base = (uint64_t)&c->tss;
	uint64_t limit = sizeof(c->tss) - 1;
	uint64_t *d = &hw_gdt[HW_SEL_TSS / 8 + 2 * c->num];

	d[0] = limit | (base & 0xffffff) << 16 | (uint64_t)TSS_PRESENT << 40 |
	    (base >> 24 & 0xff) << 56;
	d[1] = base >> 32;
}

void
hw_cpu_tables(struct hw_cpu *c)
{
	struct { uint16_t limit; uint64_t base; } __attribute__((packed)) p;

	c->tss.iomap = sizeof(c->tss);
	tss_descriptor(c);
	p.limit = sizeof(idt) - 1;
	p.base = (uint64_t)idt;
	/* In this order: an NMI may come that needs the stacks. */
	__asm__ volatile("ltr %w0" : : "r"(HW_SEL_TSS + 16 * c->num));
	__asm__ volatile("lidt %0" : : "m"(p));
}

void
plat_set_gsbase(void *gsbase)
{

	wrmsr(X86_MSR_GSBASE, (uint64_t)gsbase);
}

/* ---- exceptions ---- */

static bool
is_boot_guard(uint64_t va)
{
	static const uint32_t guard[] = HW_STACK_GUARDS;
	extern char __boot_stacks[];
	unsigned i;

	for (i = 0; i < sizeof(guard) / sizeof(guard[0]); i++)
		if (va - (uint64_t)__boot_stacks - guard[i] < PAGE_SIZE)
			return true;
	return false;
}

/* An unmapped page that the stack pointer is at, with a stack above it. */
static bool
is_stack_guard(uint64_t va, uint64_t rsp)
{
	uint64_t page = va & ~(PAGE_SIZE - 1);

	if (is_boot_guard(va))
		return true;
	return va >= PLAT_VMAP_BASE && va < PLAT_VMAP_END &&
	    rsp - (page - 16 * PAGE_SIZE) < 18 * PAGE_SIZE &&
	    hw_pt_entry(page + PAGE_SIZE) != NULL;
}

static bool stopping;			/* plat_cpu_stop_others */

void
hw_exception(struct plat_frame *f)
{
	bool page = f->vector == PAGE_FAULT;
	uint64_t va = 0;

	if (f->vector == NMI && __atomic_load_n(&stopping, __ATOMIC_ACQUIRE))
		for (;;)
			__asm__ volatile("cli; hlt");
	if (f->vector == NMI && hw_smp_nmi())
		return;
	if (page || f->vector == DOUBLE_FAULT)
		__asm__ volatile("movq %%cr2, %0" : "=r"(va));
	if (kern_program_fault != NULL && kern_program_fault(f, va))
		return;
	kern_trap(page ? x86_fault_text(f, va, is_stack_guard(va, f->rsp)) :
	    x86_trap_text(f->vector), va, f);
}

/* By NMI, so that CPUs stop that have masked interrupts. */
void
plat_cpu_stop_others(void)
{
	unsigned n, me = hw_cpunum();
	uint64_t others;

	__atomic_store_n(&stopping, true, __ATOMIC_SEQ_CST);
	others = __atomic_exchange_n(&hw_online, 1UL << me, __ATOMIC_SEQ_CST) &
	    ~(1UL << me);
	for (n = 0; n < MAXCPU; n++)
		if (others >> n & 1)
			hw_lapic_ipi(hw_cpus[n]->apicid, HW_IPI_NMI);
	xencons_break();		/* one of them may have its lock */
}

/* ---- interrupts ---- */

/*
 * plat_idle()'s HLT.  No interrupt comes between STI and it (SDM 6.8.3), but QEMU's
 * VMRUN (7.2) does not load the interrupt shadow of its guest, and what is made ready
 * in that place would sleep with the CPU.
 */
extern const char idle_hlt[] __asm__(".Lidle_hlt");

/*
 * An interrupt where interrupts are masked: now and then QEMU (7.2) delivers once more
 * what its VMRUN has injected, mostly before the first instruction of the stub, whose
 * frame is overwritten then (docs/xen.md, "The test bed").  Elsewhere it is one too many.
 */
static void
masked(const struct plat_frame *f)
{

	if ((uintptr_t)(f + 1) - f->rsp <= HW_STACK_IRQ)
		kern_panic("interrupt delivered twice");
}

void
hw_interrupt(struct plat_frame *f)
{
	struct hw_cpu *c = hw_self();

	if ((f->rflags & PLAT_IRQ_ENABLED) == 0) {
		masked(f);
		return;
	}
	if (f->rip == (uint64_t)idle_hlt)
		f->rip++;
	if (c->idle)
		hw_tlb_wake(c);
	switch (f->vector) {
	case HW_VEC_TIMER:
		hw_lapic_eoi();
		hw_timer_intr();
		break;
	case HW_VEC_RESCHED:
		hw_lapic_eoi();
		kern_resched_intr();
		break;
	case HW_VEC_TLB:
		hw_lapic_eoi();
		hw_tlb_intr();
		return;			/* nobody wakes by that */
	case HW_VEC_SPURIOUS:
		return;			/* takes no EOI (SDM 10.9) */
	default:
		/* A vector that nobody owns may still have been a real one. */
		if (f->vector >= HW_VEC_FIRST && f->vector <= HW_VEC_LAST)
			hw_irq_dispatch((unsigned)f->vector);
		hw_lapic_eoi();
	}
	if (kern_want_preempt())
		x86_preempt(f);
}

/* STI takes effect after the next instruction: no interrupt is missed. */
void
plat_idle(void)
{
	struct hw_cpu *c = hw_self();

	if (hw_emulated_idle(c))
		return;
	hw_tlb_idle(c);
	__asm__ volatile("sti\n"
	    ".Lidle_hlt:\n"
	    "	hlt\n"
	    "	cli" : : : "memory");
	if (c->idle)
		hw_tlb_wake(c);
}
