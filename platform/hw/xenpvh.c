/*
 * What a PVH guest of Xen has instead of a UART and a power switch: the
 * console ring and the shutdown hypercall (Xen public headers io/console.h,
 * sched.h, hvm/params.h, arch-x86/cpuid.h; docs/misc/pvh.pandoc).
 */
#include <string.h>

#include "hw.h"
#include "../common/xencons.h"
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>

#define LEAF_BASE	0x40000000	/* PVH: always here */
#define TSC_EMULATED	0x1
#define TSC_SAFE	0x2

static uint64_t ring_pa;
static bool on_xen, amd;		/* SVM, not VMX */

/* As Linux does it since XSA-466: without a hypercall page. */
long
xen_hypercall(unsigned op, unsigned long a, unsigned long b, unsigned long c,
    unsigned long d, unsigned long e)
{
	register unsigned long r10 __asm__("r10") = d;
	register unsigned long r8 __asm__("r8") = e;
	unsigned long ax = op;

	if (amd)
		__asm__ volatile("vmmcall" : "+a"(ax), "+D"(a), "+S"(b),
		    "+d"(c), "+r"(r10), "+r"(r8) : : "memory");
	else
		__asm__ volatile("vmcall" : "+a"(ax), "+D"(a), "+S"(b),
		    "+d"(c), "+r"(r10), "+r"(r8) : : "memory");
	return (long)ax;
}

enum xen_kind
xen_kind(void)
{

	return on_xen ? XEN_PVH : XEN_NONE;
}

uint64_t
hw_xen_param(uint32_t index)
{
	struct xen_hvm_param p = { DOMID_SELF, 0, index, 0 };

	return xen_hypercall(__HYPERVISOR_hvm_op, HVMOP_get_param,
	    (unsigned long)&p, 0, 0, 0) == 0 ? p.value : 0;
}

/* The page is where it was when this is called again after a resume. */
static void
console(uint64_t base)
{

	if (ring_pa != 0)
		xencons_set((void *)(base + ring_pa),
		    (evtchn_port_t)hw_xen_param(HVM_PARAM_CONSOLE_EVTCHN));
}

/* Early: the first 4 GB are mapped as they are. */
void
hw_xen_init(void)
{
	uint32_t r[4];

	if (strcmp(plat_hypervisor(), "Xen") != 0)
		return;
	on_xen = true;
	cpuid(0, 0, r);
	amd = memcmp(&r[2], "cAMD", 4) == 0 || memcmp(&r[2], "uine", 4) == 0;
	ring_pa = hw_xen_param(HVM_PARAM_CONSOLE_PFN) << PAGE_SHIFT;
	if (ring_pa >= 1UL << 32)
		ring_pa = 0;
	console(0);
}

/* The final tables are loaded now. */
void
hw_xen_remap(void)
{

	if (ring_pa == 0)
		return;
	if (hw_pt_map(HW_MMIO_BASE + ring_pa, ring_pa, PAGE_SIZE,
	    PTE_W | PTE_NX, false) != 0)
		xencons_set(NULL, 0);
	else
		console(HW_MMIO_BASE);
}

void
hw_xen_console_resume(void)
{

	console(HW_MMIO_BASE);
}

/* The guest's TSC as Xen tells it; 0 when it cannot be the clock. */
uint64_t
hw_xen_tsc(void)
{
	uint32_t r[4];

	if (!on_xen)
		return 0;
	cpuid(LEAF_BASE + 3, 0, r);
	return r[0] & (TSC_EMULATED | TSC_SAFE) ? r[2] * 1000UL : 0;
}

/* Returns when this is not Xen. */
void
hw_xen_end(enum plat_end how, int status)
{
	struct sched_shutdown op = { how == PLAT_REBOOT ? SHUTDOWN_reboot :
	    how == PLAT_PANIC ? SHUTDOWN_crash : SHUTDOWN_poweroff };

	if (!on_xen)
		return;
	if (how == PLAT_PANIC)
		xencons_break();
	xencons_end(how, status);
	(void)xen_sched_op(SCHEDOP_shutdown, &op);
}
