/*
 * What a PVH guest of Xen has instead of a UART and a power switch: the
 * console ring and the shutdown hypercall (Xen public headers io/console.h,
 * sched.h, hvm/params.h, arch-x86/cpuid.h; docs/misc/pvh.pandoc).
 */
#include <string.h>

#include "hw.h"

#define LEAF_BASE	0x40000000	/* PVH: always here */
#define OP_EVENT_CHANNEL 32
#define OP_SCHED	29
#define OP_HVM		34

#define HVMOP_GET_PARAM	1
#define PARAM_CONSOLE_PFN 17
#define PARAM_CONSOLE_EVTCHN 18
#define DOMID_SELF	0x7ff0
#define EVTCHNOP_SEND	4
#define SCHEDOP_YIELD	0
#define SCHEDOP_SHUTDOWN 2
#define REASON_POWEROFF	0
#define REASON_REBOOT	1
#define REASON_CRASH	3
#define TSC_EMULATED	0x1
#define TSC_SAFE	0x2

struct console {
	char		in[1024], out[2048];
	uint32_t	in_cons, in_prod, out_cons, out_prod;
};
struct param { uint16_t domain, pad; uint32_t index; uint64_t value; };

static volatile struct console *ring;
static uint64_t ring_pa;
static uint32_t port;
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

static uint64_t
param(uint32_t index)
{
	struct param p = { DOMID_SELF, 0, index, 0 };

	return hypercall(OP_HVM, HVMOP_GET_PARAM, &p) == 0 ? p.value : 0;
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
	ring_pa = param(PARAM_CONSOLE_PFN) << PAGE_SHIFT;
	port = (uint32_t)param(PARAM_CONSOLE_EVTCHN);
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
		(void)hypercall(OP_EVENT_CHANNEL, EVTCHNOP_SEND, &port);
		if (n > 0)
			(void)hypercall(OP_SCHED, SCHEDOP_YIELD, NULL);
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
	uint32_t reason = how == PLAT_REBOOT ? REASON_REBOOT :
	    how == PLAT_EXIT && status == 0 ? REASON_POWEROFF : REASON_CRASH;

	if (!on_xen)
		return;
	if (how == PLAT_EXIT)
		hw_log("exit %d\n", status & 0xff);
	while (ring != NULL && ring->out_cons != ring->out_prod)
		(void)hypercall(OP_SCHED, SCHEDOP_YIELD, NULL);
	(void)hypercall(OP_SCHED, SCHEDOP_SHUTDOWN, &reason);
}
