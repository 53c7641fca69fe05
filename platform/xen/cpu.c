/*
 * CPUs: features as Xen lets a guest see and use them, VCPUs (vcpu.h).
 */
#include <string.h>

#include "pv.h"
#include "../common/xencons.h"

#define CR4_FSGSBASE	0x00010000UL
#define CR4_OSXSAVE	0x00040000UL

_Static_assert(offsetof(struct vcpu_info, evtchn_upcall_mask) + PLAT_CPU_OFFSET
    == GS_MASK, "machine_asm.h");
_Static_assert(offsetof(struct vcpu_info, evtchn_upcall_pending) +
    PLAT_CPU_OFFSET == GS_PENDING, "machine_asm.h");
_Static_assert(offsetof(struct plat_cpu, irq_stack) + PLAT_CPU_OFFSET ==
    GS_IRQ_STACK, "machine_asm.h");
_Static_assert(offsetof(struct plat_cpu, exc_stack) + PLAT_CPU_OFFSET ==
    GS_EXC_STACK, "machine_asm.h");
_Static_assert(sizeof(struct vcpu_info) == 64, "machine.h");

struct vcpu_info *xen_vi[MAXCPU];
struct plat_cpu *xen_cpus[MAXCPU];
static unsigned ncpu = 1;

void	xen_ap_main(void) __attribute__((noreturn));

/* Xen emulates accesses to CR4 and keeps of it what it allows. */
static uint64_t
cr4_try(uint64_t bits)
{
	uint64_t v;

	__asm__ volatile("movq %%cr4, %0" : "=r"(v));
	__asm__ volatile("movq %0, %%cr4" : : "r"(v | bits));
	__asm__ volatile("movq %%cr4, %0" : "=r"(v));
	return v;
}

/* Every CPU. */
void
xen_cpu_enable(void)
{
	struct x86_feature *f = &x86_feature;
	uint64_t cr4;

	cr4 = cr4_try((f->fsgsbase ? CR4_FSGSBASE : 0) |
	    (f->xsave ? CR4_OSXSAVE : 0));
	f->fsgsbase = f->fsgsbase && (cr4 & CR4_FSGSBASE) != 0;
	x86_has_fsgsbase = f->fsgsbase;
	f->xsave = f->xsave && (cr4 & CR4_OSXSAVE) != 0;
	xen_io_ports();
	__asm__ volatile("fninit");
	if (f->xsave)
		x86_xsave_enable();
}

/* ---- VCPUs ---- */

/* Once in the life of each VCPU: from now on Xen uses this vcpu_info. */
int
xen_vcpu_register(struct plat_cpu *c, unsigned num)
{
	struct vcpu_register_vcpu_info r = {
		.mfn = xen_gfn(c->vcpu_info),
		.offset = (uintptr_t)c->vcpu_info & (PAGE_SIZE - 1),
	};
	int error;

	c->num = num;
	if ((error = xen_vcpu_op(VCPUOP_register_vcpu_info, num, &r)) != 0)
		return error;
	xen_vi[num] = (struct vcpu_info *)(void *)c->vcpu_info;
	xen_cpus[num] = c;
	return 0;
}

/* CPU 0 moves from the boot's struct to its own; events are masked. */
void
plat_set_gsbase(void *gsbase)
{
	struct plat_cpu *old = xen_self(), *c =
	    (struct plat_cpu *)((char *)gsbase + PLAT_CPU_OFFSET);

	c->irq_stack = old->irq_stack;
	c->exc_stack = old->exc_stack;
	if (xen_vcpu_register(c, 0) != 0)
		xen_fail("Xen refuses the VCPU's area");
	(void)hypercall(__HYPERVISOR_set_segment_base, SEGBASE_GS_KERNEL,
	    (unsigned long)gsbase, 0, 0, 0);
}

/* How many there are to use; up is none but this one yet. */
void
xen_smp_init(void)
{
	unsigned max = x86_cpus_wanted();

	while (ncpu < max && xen_vcpu_op(VCPUOP_is_up, ncpu, NULL) == 0 &&
	    xen_store_online(ncpu))
		ncpu++;
}

unsigned
plat_ncpu(void)
{

	return ncpu;
}

/* Begin at rip.  Its struct plat_cpu is registered. */
int
xen_vcpu_start(unsigned n, const void *rip, uint64_t rsp, uint64_t fsbase)
{
	const size_t npage = (sizeof(struct vcpu_guest_context) + PAGE_SIZE -
	    1) >> PAGE_SHIFT;
	struct vcpu_guest_context *ctx;
	int error;

	if ((ctx = kern_page_alloc(npage, 0, KERN_PG_ZERO)) == NULL)
		return ENOMEM;
	ctx->flags = VGCF_in_kernel;
	ctx->user_regs.rip = (unsigned long)rip;
	ctx->user_regs.rsp = rsp;
	ctx->user_regs.rflags = PLAT_IRQ_ENABLED;
	ctx->user_regs.cs = FLAT_KERNEL_CS;
	ctx->user_regs.ss = FLAT_KERNEL_SS;
	ctx->kernel_ss = FLAT_KERNEL_SS;
	ctx->kernel_sp = rsp;
	xen_trap_table(ctx->trap_ctxt);
	ctx->event_callback_eip = (unsigned long)xen_event_entry;
	ctx->failsafe_callback_eip = (unsigned long)xen_failsafe_entry;
	ctx->fs_base = fsbase;
	ctx->gs_base_kernel = (unsigned long)xen_cpus[n] - PLAT_CPU_OFFSET;
	ctx->ctrlreg[3] = xen_pfn_to_cr3(xen_gfn((void *)xen_si->pt_base));
	error = xen_vcpu_op(VCPUOP_initialise, n, ctx);
	kern_page_free(ctx, npage);
	if (error != 0)
		return error;
	xen_event_cpu(n);
	(void)xen_vcpu_op(VCPUOP_stop_periodic_timer, n, NULL);
	return xen_vcpu_op(VCPUOP_up, n, NULL);
}

int
plat_cpu_start(unsigned n, void *stack_top, void *gsbase)
{
	struct plat_cpu *c =
	    (struct plat_cpu *)((char *)gsbase + PLAT_CPU_OFFSET);
	int error;

	if (n == 0 || n >= ncpu)
		return EINVAL;
	c->irq_stack = (uint64_t)x86_stack_alloc(XEN_STACK_IRQ);
	c->exc_stack = (uint64_t)x86_stack_alloc(XEN_STACK_EXC);
	if (c->irq_stack == 0 || c->exc_stack == 0)
		return ENOMEM;
	if ((error = xen_vcpu_register(c, n)) != 0)
		return error;
	return xen_vcpu_start(n, xen_ap_start, (uint64_t)stack_top,
	    (uint64_t)xen_boot_tls);
}

void
xen_ap_main(void)
{

	xen_cpu_enable();
	kern_cpu_main((unsigned)xen_self()->num);
}

/* ---- for xen/vcpus.c ---- */

void
xen_cpu_park(unsigned n)
{

	(void)xen_vcpu_op(VCPUOP_down, n, NULL);
}

void
xen_cpu_wake(unsigned n)
{

	while (xen_hypercall(__HYPERVISOR_vcpu_op, VCPUOP_is_up, n, 0, 0, 0) >
	    0)
		kern_yield();
	(void)xen_vcpu_op(VCPUOP_up, n, NULL);
}

/* A panic: whatever they are at.  Who held a lock holds it no more. */
void
plat_cpu_stop_others(void)
{
	unsigned n, me = (unsigned)xen_self()->num;

	for (n = 0; n < MAXCPU; n++)
		if (n != me && xen_cpus[n] != NULL)
			(void)xen_vcpu_op(VCPUOP_down, n, NULL);
	xencons_break();
	xen_end_devices();	/* a long report follows */
}

/* ---- reports ---- */

const char *
plat_hypervisor(void)
{

	return "Xen";
}

const char *
plat_name(void)
{

	return "xen";
}
