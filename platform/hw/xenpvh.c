/*
 * What a PVH guest of Xen has instead of a UART and a power switch: the
 * console ring and the shutdown hypercall (Xen public headers io/console.h,
 * sched.h, hvm/params.h, arch-x86/cpuid.h; docs/misc/pvh.pandoc).
 */
#include <string.h>

#include "hw.h"
#include <xen.h>
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>

#define LEAF_BASE	0x40000000	/* PVH: always here */

#define TSC_EMULATED	0x1
#define TSC_SAFE	0x2

struct console {
	char		in[1024], out[2048];
	uint32_t	in_cons, in_prod, out_cons, out_prod;
};

static volatile struct console *ring;
static uint64_t ring_pa;
static evtchn_port_t port;
static uint32_t lock;
static bool on_xen, amd;		/* SVM, not VMX */

/* As Linux does it since XSA-466: without a hypercall page. */
static long
hypercall(unsigned long op, unsigned long a, void *b)
{

	if (amd)
		__asm__ volatile("vmmcall" : "+a"(op), "+D"(a), "+S"(b) : :
		    "memory");
	else
		__asm__ volatile("vmcall" : "+a"(op), "+D"(a), "+S"(b) : :
		    "memory");
	return (long)op;
}

/* xen.h's, for images with devices of Xen's. */
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

	return hypercall(__HYPERVISOR_hvm_op, HVMOP_get_param, &p) == 0 ?
	    p.value : 0;
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
	port = (uint32_t)hw_xen_param(HVM_PARAM_CONSOLE_EVTCHN);
	if (ring_pa != 0 && ring_pa < 1UL << 32)
		ring = (volatile struct console *)ring_pa;
}

/* The final tables are loaded now. */
void
hw_xen_remap(void)
{

	if (ring == NULL)
		return;
	if (hw_pt_map(HW_MMIO_BASE + ring_pa, ring_pa, PAGE_SIZE,
	    PTE_W | PTE_NX, false) != 0)
		ring = NULL;
	else
		ring = (volatile struct console *)(HW_MMIO_BASE + ring_pa);
}

void
hw_xen_write(const char *p, size_t n)
{
	unsigned long s;
	uint32_t prod;

	if (ring == NULL)
		return;
	s = x86_lock(&lock);
	while (n > 0) {
		prod = ring->out_prod;
		while (n > 0 && prod - ring->out_cons < sizeof(ring->out)) {
			ring->out[prod++ % sizeof(ring->out)] = *p++;
			n--;
		}
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		ring->out_prod = prod;
		(void)hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send,
		    &port);
		if (n > 0)
			(void)hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield,
			    NULL);
	}
	x86_unlock(&lock, s);
}

size_t
hw_xen_read(char *p, size_t n)
{
	size_t i = 0;
	uint32_t cons;

	if (ring == NULL)
		return 0;
	for (cons = ring->in_cons; i < n && cons != ring->in_prod; i++)
		p[i] = ring->in[cons++ % sizeof(ring->in)];
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	ring->in_cons = cons;
	return i;
}

unsigned
hw_xen_console_port(void)
{

	return ring != NULL ? port : 0;
}

/* The page is where it was. */
void
hw_xen_console_resume(void)
{

	port = (evtchn_port_t)hw_xen_param(HVM_PARAM_CONSOLE_EVTCHN);
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
	uint32_t reason = how == PLAT_REBOOT ? SHUTDOWN_reboot :
	    how == PLAT_EXIT && status == 0 ? SHUTDOWN_poweroff : SHUTDOWN_crash;

	if (!on_xen)
		return;
	if (how == PLAT_EXIT)
		hw_log("exit %d\n", status & 0xff);
	while (ring != NULL && ring->out_cons != ring->out_prod)
		(void)hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, NULL);
	(void)hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &reason);
}
