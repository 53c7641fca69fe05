/*
 * The other CPUs.  They are sent for all at once and early in the boot (SDM
 * 3A, 8.4.4.1, without the delays that only a 486 needed), and park in a halt
 * until plat_cpu_start() gives them a stack; the boot waits for none of them
 * before that.
 */
#include <string.h>

#include "hw.h"

struct hw_ap {
	volatile uint64_t	go;
	uint64_t		stack;
	volatile uint64_t	state;		/* 1: parked, 2: runs */
	uint32_t		apicid;
	volatile uint32_t	nmi;		/* one is on its way */
	void			*gsbase;
	uint64_t		tsc;		/* of the CPU that started it */
	uint64_t		park[10];	/* stack for one NMI */
};
_Static_assert(offsetof(struct hw_cpu, tss.ist) == CPU_IST1, "machine_asm.h");
_Static_assert(offsetof(struct hw_ap, apicid) == AP_APICID, "asm.h");
_Static_assert(offsetof(struct hw_ap, nmi) == AP_NMI, "asm.h");
_Static_assert(offsetof(struct hw_ap, go) == AP_GO, "asm.h");
_Static_assert(offsetof(struct hw_ap, stack) == AP_STACK, "asm.h");
_Static_assert(offsetof(struct hw_ap, state) == AP_STATE, "asm.h");
_Static_assert(sizeof(struct hw_ap) == 1 << AP_SIZE_SHIFT, "asm.h");
_Static_assert(AP_PARK_TOP == 1 << AP_SIZE_SHIFT, "asm.h");

struct hw_ap *hw_ap;
uint32_t hw_ncpu = 1, hw_ap_next = 1;

static struct { uint64_t lo, hi; } park_idt[3];
struct { uint16_t limit; uint64_t base; } __attribute__((packed))
    hw_park_idt_pointer = { sizeof(park_idt) - 1, (uint64_t)park_idt };

extern char hw_tramp_start[], hw_tramp_end[], hw_tramp_cr3[],
    hw_tramp_efer[];
void	hw_park_nmi(void);
void	hw_ap_main(unsigned) __attribute__((noreturn));

#define START_TIMEOUT	2000000000UL
#define START_RETRY	10000000UL

static void
park_idt_init(void)
{
	uint64_t p = (uint64_t)hw_park_nmi;

	park_idt[2].lo = (p & 0xffff) | HW_SEL_CODE << 16 |
	    0x8e00UL << 32 | (p & 0xffff0000) << 32;
	park_idt[2].hi = p >> 32;
}

static void
trampoline_init(uint64_t page)
{
	uint32_t v;

	/* Written through the early tables; read only in the final ones. */
	memcpy((void *)page, hw_tramp_start,
	    (size_t)(hw_tramp_end - hw_tramp_start));
	v = (uint32_t)(uint64_t)hw_pml4;
	memcpy((char *)page + (hw_tramp_cr3 - hw_tramp_start), &v, sizeof(v));
	v = HW_EFER_LME | (x86_feature.nx ? HW_EFER_NXE : 0);
	memcpy((char *)page + (hw_tramp_efer - hw_tramp_start), &v, sizeof(v));
}

/* Before the final tables are loaded. */
void
hw_smp_prepare(void)
{

	if (hw_trampoline() != 0)
		trampoline_init(hw_trampoline());
}

static void
ipi_all(uint32_t command)
{
	uint32_t me = hw_lapic_id();
	unsigned i;

	for (i = 0; i < hw_madt.ncpu; i++)
		if (hw_madt.apicid[i] != me)
			hw_lapic_ipi(hw_madt.apicid[i], command);
}

static void
startup_all(void)
{

	ipi_all(HW_IPI_STARTUP | (uint32_t)(hw_trampoline() >> PAGE_SHIFT));
}

void
hw_smp_init(void)
{
	unsigned max = x86_cpus_wanted();

	if (!hw_have_madt || hw_madt.ncpu < 2 || max == 1)
		return;
	if (hw_trampoline() == 0) {
		hw_log("hw: no memory below 1 MB: one CPU only\n");
		return;
	}
	hw_ncpu = max < hw_madt.ncpu ? max : hw_madt.ncpu;
	hw_ap = hw_early_alloc((hw_ncpu * sizeof(*hw_ap) + PAGE_SIZE - 1) >>
	    PAGE_SHIFT);
	park_idt_init();
	ipi_all(HW_IPI_INIT);
	startup_all();
}

/* A millisecond or so later, for a CPU that was still busy with its INIT.
 * One that runs ignores it. */
void
hw_smp_again(void)
{

	if (__atomic_load_n(&hw_ap_next, __ATOMIC_RELAXED) < hw_ncpu)
		startup_all();
}

/* ---- one of them ---- */

void
hw_ap_main(unsigned n)
{
	struct hw_ap *ap = &hw_ap[n];
	struct hw_cpu *c = hw_cpus[n];

	hw_cpu_enable();
	hw_cpu_tables(c);
	plat_set_gsbase(ap->gsbase);
	hw_lapic_cpu();
	c->apicid = ap->apicid;
	hw_timer_cpu();
	hw_clock_cpu(c);
	if (hw_tsc_constant() && rdtsc_ordered() < ap->tsc)
		hw_log("hw: CPU %u's time stamp counter is behind\n", n);
	hw_tlb_online(c);
	ap->state = 2;
	kern_cpu_main(n);
}

unsigned
plat_ncpu(void)
{

	return hw_ncpu;
}

static struct hw_cpu *
cpu_alloc(unsigned n)
{
	static const size_t size[] = { HW_STACK_IRQ, HW_STACK_EXC,
	    HW_STACK_NMI, HW_STACK_FATAL };
	struct hw_cpu *c;
	void *top;
	unsigned i;

	_Static_assert(sizeof(*c) <= PAGE_SIZE, "a page for each");
	if (hw_cpus[n] != NULL)
		return hw_cpus[n];
	if ((c = kern_page_alloc(1, 0, KERN_PG_ZERO)) == NULL)
		return NULL;
	c->num = n;
	c->deadline = UINT64_MAX;
	for (i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		if ((top = x86_stack_alloc(size[i])) == NULL)
			return NULL;	/* the machine is out of memory */
		c->tss.ist[i] = (uint64_t)top;
	}
	return hw_cpus[n] = c;
}

/* Wait until somebody has parked as number n. */
static int
wait_parked(const struct hw_ap *ap)
{
	uint64_t start = plat_clock(), retry = start + START_RETRY;

	while (ap->state == 0) {
		uint64_t now = plat_clock();

		if (now - start > START_TIMEOUT)
			return ETIMEDOUT;
		if (now > retry) {
			startup_all();
			retry = now + 10 * START_RETRY;
		}
		plat_pause();
	}
	return 0;
}

int
plat_cpu_start(unsigned n, void *stack_top, void *gsbase)
{
	struct hw_ap *ap = &hw_ap[n];

	if (n == 0 || n >= hw_ncpu)
		return EINVAL;
	if (cpu_alloc(n) == NULL)
		return ENOMEM;
	ap->stack = (uint64_t)stack_top;
	ap->gsbase = gsbase;
	ap->tsc = rdtsc_ordered();
	__atomic_store_n(&ap->go, 1, __ATOMIC_SEQ_CST);
	/* It parks first and looks then; the order here is the reverse. */
	if (ap->state == 0 && wait_parked(ap) != 0) {
		ap->go = 0;
		return ETIMEDOUT;
	}
	ap->nmi = 1;
	hw_lapic_ipi(ap->apicid, HW_IPI_NMI);
	return 0;
}

/* The NMI that was to wake this CPU came when it was awake already. */
bool
hw_smp_nmi(void)
{
	unsigned n = hw_cpunum();

	return n != 0 && __atomic_exchange_n(&hw_ap[n].nmi, 0,
	    __ATOMIC_ACQ_REL) != 0;
}

void
plat_cpu_kick(unsigned n)
{

	hw_lapic_ipi(hw_cpus[n]->apicid, HW_IPI_FIXED | HW_VEC_RESCHED);
}
