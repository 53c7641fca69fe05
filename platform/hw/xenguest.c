/*
 * xenguest.c: Xen below a PVH guest, for images with devices of Xen's: pages,
 * event channels (Xen public hvm/params.h, hvm/hvm_op.h; docs/misc/pvh.pandoc).
 * Nothing here is linked into an image that has none.
 */
#include <string.h>

#include "hw.h"
#include "../common/xencons.h"
#include "../common/xenevent.h"
#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>

/* A page of the image, which the hypervisor puts its own in place of. */
static union {
	struct shared_info info;
	char		page[PAGE_SIZE];
} shared __attribute__((aligned(4096)));
struct shared_info *const xen_shared_info = &shared.info;

struct event {
	struct plat_irq	irq;		/* first */
	struct xen_port	port;
};

static struct kern_mutex lock = {
	.wq = { .q = TAILQ_HEAD_INITIALIZER(lock.wq.q), .name = "xen" }
};
static bool ready;
static uint32_t vector[MAXCPU];

/* Each VCPU's APIC id is twice its number. */
unsigned
xen_vcpu(unsigned cpu)
{

	return hw_cpus[cpu]->apicid / 2;
}

volatile struct vcpu_info *
xen_vcpu_info(unsigned cpu)
{

	return &xen_shared_info->vcpu_info[xen_vcpu(cpu)];
}

void *
xen_event_page(void)
{

	return kern_page_alloc(1, 0, KERN_PG_ZERO);
}

/* Interrupt context. */
static void
upcall(void *arg)
{

	xen_upcall(hw_cpunum());
}

void
hw_xen_shared_info(void)
{
	struct xen_add_to_physmap op = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_shared_info,
		.gpfn = (uintptr_t)&shared >> PAGE_SHIFT
	};

	if (xen_memory_op(XENMEM_add_to_physmap, &op) != 0)
		kern_panic("xen: the shared page cannot be had");
}

/*
 * The toolstack tells a guest that a suspend was called off only if this has a
 * value (libxc's xc_domain_resume()).  Xen itself has no use for it: each CPU
 * has a vector.
 */
static void
set_callback_irq(void)
{
	struct xen_hvm_param p = { DOMID_SELF, 0, HVM_PARAM_CALLBACK_IRQ, 1 };

	(void)xen_hypercall(__HYPERVISOR_hvm_op, HVMOP_set_param,
	    (unsigned long)&p, 0, 0, 0);
}

static int
set_vector(unsigned cpu)
{
	struct xen_hvm_evtchn_upcall_vector op = {
		.vcpu = xen_vcpu(cpu), .vector = vector[cpu]
	};

	if (cpu == 0)
		set_callback_irq();
	return xen_errno(xen_hypercall(__HYPERVISOR_hvm_op,
	    HVMOP_set_evtchn_upcall_vector, (unsigned long)&op, 0, 0, 0));
}

static int
init_cpu(unsigned cpu)
{
	struct plat_irq *irq;
	uint64_t addr;
	int error;

	error = plat_irq_msi(cpu, upcall, NULL, &irq, &addr, &vector[cpu]);
	return error != 0 ? error : set_vector(cpu);
}

/* ---- console input: by events, once there are events ---- */

static struct xen_port console;

/* Interrupt context. */
static void
console_intr(void *arg)
{

	kern_console_intr();
}

static void
console_init(void)
{
	unsigned port = xencons_port();

	if (port != 0)
		(void)xen_port_open(&console, port, 0, console_intr, NULL);
}

/* ---- the time of day: what Xen says it was at its time 0 (xen.h) ---- */

static uint64_t
xen_time(void)
{
	volatile struct vcpu_time_info *t =
	    &xen_shared_info->vcpu_info[xen_vcpu(0)].time;
	uint64_t delta, ns;
	uint32_t version;

	do {
		version = __atomic_load_n(&t->version, __ATOMIC_ACQUIRE);
		delta = rdtsc_ordered() - t->tsc_timestamp;
		delta = t->tsc_shift < 0 ? delta >> -t->tsc_shift :
		    delta << t->tsc_shift;
		ns = t->system_time +
		    mul_shift(delta, t->tsc_to_system_mul, 32);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while ((version & 1) != 0 || version != t->version);
	return ns;
}

/*
 * Xen may tell it late: of a new PVH domain it knows it from the moment on when
 * dom0 next sets its clock.
 */
static void
wall_clock(void)
{
	volatile struct shared_info *si = xen_shared_info;
	static uint32_t seen;
	uint64_t wall;
	uint32_t version;

	if (__atomic_load_n(&si->wc_version, __ATOMIC_RELAXED) == seen)
		return;
	do {
		version = __atomic_load_n(&si->wc_version, __ATOMIC_ACQUIRE);
		wall = ((uint64_t)si->wc_sec_hi << 32 | si->wc_sec) *
		    1000000000 + si->wc_nsec;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while ((version & 1) != 0 || version != si->wc_version);
	hw_clock_set_epoch(wall + xen_time() - plat_clock());
	seen = version;
}

void
xen_set_epoch(uint64_t ns)
{

	if (plat_clock_epoch() < 1000000000)
		hw_clock_set_epoch(ns);
}

int
hw_xen_events(void)
{
	unsigned i;
	int error = 0;

	if (xen_kind() == XEN_NONE)
		return ENXIO;
	kern_mutex_lock(&lock);
	if (!ready) {
		hw_xen_shared_info();
		xen_events_init();
		for (i = 0; i < kern_ncpu() && error == 0; i++)
			error = init_cpu(i);
		if ((ready = error == 0)) {
			console_init();
			hw_clock_look = wall_clock;
		}
	}
	kern_mutex_unlock(&lock);
	return error;
}

void
hw_xen_events_resume(void)
{
	unsigned i;

	hw_xen_shared_info();
	xen_events_init();
	for (i = 0; i < kern_ncpu(); i++)
		(void)set_vector(i);
}

void
hw_xen_resumed(void)
{

	hw_xen_console_resume();
	console_init();
}

static void
event_op(struct plat_irq *irq, enum hw_irq_op op)
{
	struct event *e = (struct event *)irq;

	switch (op) {
	case HW_IRQ_MASK:
		xen_evtchn_mask(e->port.port);
		break;
	case HW_IRQ_UNMASK:
		xen_evtchn_unmask(e->port.port);
		break;
	case HW_IRQ_FREE:
		xen_port_close(&e->port);
		kern_free(e);
		break;
	}
}

int
plat_irq_event(unsigned port, unsigned cpu, plat_irq_fn fn, void *arg,
    struct plat_irq **pp)
{
	struct event *e;
	int error;

	if ((error = hw_xen_events()) != 0)
		return error;
	if ((e = kern_zalloc(sizeof(*e))) == NULL)
		return ENOMEM;
	e->irq.cpu = cpu;
	e->irq.gsi = -1;
	e->irq.event = event_op;
	if ((error = xen_port_open(&e->port, port, cpu, fn, arg)) != 0) {
		kern_free(e);
		return error;
	}
	*pp = &e->irq;
	return 0;
}

int
xen_start_page(enum xen_page which, void **va, evtchn_port_t *port)
{
	uint64_t pa;

	if (xen_kind() == XEN_NONE || which != XEN_PAGE_STORE)
		return ENXIO;
	pa = hw_xen_param(HVM_PARAM_STORE_PFN) << PAGE_SHIFT;
	*port = (evtchn_port_t)hw_xen_param(HVM_PARAM_STORE_EVTCHN);
	if (pa == 0 || *port == 0)
		return ENXIO;
	if (hw_pt_map(HW_MMIO_BASE + pa, pa, PAGE_SIZE, PTE_W | PTE_NX,
	    false) != 0)
		return ENOMEM;
	*va = (void *)(HW_MMIO_BASE + pa);
	return 0;
}
