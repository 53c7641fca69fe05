/*
 * Local APIC (SDM 3A, chapter 10): x2APIC where the CPU has it, else mapped
 * registers.
 */
#include "hw.h"

#define MSR_APICBASE	0x1b
#define APICBASE_X2	0x400
#define APICBASE_ON	0x800
#define MSR_X2		0x800

#define REG_ID		0x020
#define REG_TPR		0x080
#define REG_EOI		0x0b0
#define REG_SVR		0x0f0
#define REG_ESR		0x280
#define REG_ICR		0x300
#define REG_ICR_HIGH	0x310
#define REG_LVT_TIMER	0x320
#define REG_LVT_THERMAL	0x330
#define REG_LVT_PERF	0x340
#define REG_LVT_LINT0	0x350
#define REG_LVT_LINT1	0x360
#define REG_LVT_ERROR	0x370
#define REG_TIMER_INIT	0x380
#define REG_TIMER_CUR	0x390
#define REG_TIMER_DIV	0x3e0

#define SVR_ON		0x100
#define LVT_MASKED	0x10000
#define LVT_NMI		0x400
#define LVT_DEADLINE	0x40000
#define ICR_PENDING	0x1000
#define DIV_BY_1	0xb

uint8_t hw_lapic_x2;			/* for trampoline.S too */
static volatile uint8_t *regs;
static int nmi_lint;

static uint32_t
lapic_read(unsigned reg)
{

	if (hw_lapic_x2)
		return (uint32_t)rdmsr(MSR_X2 + (reg >> 4));
	return mmio_read(regs + reg);
}

static void
lapic_write(unsigned reg, uint32_t v)
{

	if (hw_lapic_x2)
		wrmsr(MSR_X2 + (reg >> 4), v);
	else
		mmio_write(regs + reg, v);
}

uint32_t
hw_lapic_id(void)
{

	return hw_lapic_x2 ? lapic_read(REG_ID) : lapic_read(REG_ID) >> 24;
}

void
hw_lapic_eoi(void)
{

	lapic_write(REG_EOI, 0);
}

void __attribute__((cold))
hw_lapic_init(uint64_t pa, int lint)
{

	hw_lapic_x2 = x86_feature.x2apic;
	nmi_lint = lint;
	if (pa == 0)
		pa = rdmsr(MSR_APICBASE) & PTE_ADDR;
	if (!hw_lapic_x2 && (regs = plat_map_io(pa, PAGE_SIZE)) == NULL)
		hw_fail("no local APIC");
	hw_lapic_cpu();
}

void __attribute__((cold))
hw_lapic_cpu(void)
{
	uint64_t base = rdmsr(MSR_APICBASE);

	/* Disabled to x2APIC goes by way of enabled (SDM 10.12.5). */
	if ((base & APICBASE_ON) == 0)
		wrmsr(MSR_APICBASE, base |= APICBASE_ON);
	if (hw_lapic_x2 && (base & APICBASE_X2) == 0)
		wrmsr(MSR_APICBASE, base | APICBASE_X2);
	lapic_write(REG_TPR, 0);
	lapic_write(REG_SVR, SVR_ON | HW_VEC_SPURIOUS);
	lapic_write(REG_LVT_TIMER, LVT_MASKED | HW_VEC_TIMER);
	lapic_write(REG_LVT_LINT0, nmi_lint == 0 ? LVT_NMI : LVT_MASKED);
	lapic_write(REG_LVT_LINT1, nmi_lint == 1 ? LVT_NMI : LVT_MASKED);
	lapic_write(REG_LVT_ERROR, LVT_MASKED | HW_VEC_ERROR);
	lapic_write(REG_TIMER_DIV, DIV_BY_1);
	lapic_write(REG_EOI, 0);
}

/* ---- interrupts between CPUs ---- */

void
hw_lapic_ipi(uint32_t apicid, uint32_t command)
{
	unsigned long s;

	if (hw_lapic_x2) {
		/* The write does not order earlier stores (SDM 10.12.3). */
		__asm__ volatile("mfence; lfence" : : : "memory");
		wrmsr(MSR_X2 + (REG_ICR >> 4), (uint64_t)apicid << 32 |
		    command);
		return;
	}
	s = plat_irq_save();
	while (lapic_read(REG_ICR) & ICR_PENDING)
		plat_pause();
	lapic_write(REG_ICR_HIGH, apicid << 24);
	lapic_write(REG_ICR, command);
	plat_irq_restore(s);
}

/* ---- timer ---- */

void
hw_lapic_timer_mode(bool deadline, bool masked)
{

	lapic_write(REG_LVT_TIMER, HW_VEC_TIMER |
	    (deadline ? LVT_DEADLINE : 0) | (masked ? LVT_MASKED : 0));
	/* The deadline's MSR is not ordered after a mapped register. */
	__asm__ volatile("mfence" : : : "memory");
}

void
hw_lapic_count(uint32_t ticks)
{

	lapic_write(REG_TIMER_INIT, ticks);
}

uint32_t
hw_lapic_counter(void)
{

	return lapic_read(REG_TIMER_CUR);
}
