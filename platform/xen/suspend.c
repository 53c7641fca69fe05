/*
 * Suspend and resume (sched.h, SHUTDOWN_suspend).  The toolstack saves all
 * memory and gives the domain other frames: what holds frame numbers is put
 * right by it (page tables, the p2m list) or by us (the rest, here).  CPU 0
 * does it; the others are down meanwhile, each in a thread that waits for it.
 */
#include "pv.h"
#include "../common/xencons.h"

struct park {
	uint64_t	rsp;		/* entry.S knows: first */
	uint64_t	fsbase;
	bool		down;
};
static struct park parks[MAXCPU];
static int result;
static bool again;			/* another life */
static void (*in_new_life)(void);

void	xen_park(struct park *, unsigned long vcpu);
extern char xen_unpark[];

static void *
park_thread(void *arg)
{
	unsigned cpu = (unsigned)(uintptr_t)arg;
	struct park *p = &parks[cpu];
	unsigned long s;

	s = plat_irq_save();
	__asm__ volatile("movq %%fs:0, %0" : "=r"(p->fsbase));
	__atomic_store_n(&p->down, true, __ATOMIC_SEQ_CST);
	xen_park(p, cpu);
	if (again) {
		xen_cpu_enable();
		xen_timer_again();
	}
	plat_irq_restore(s);
	return NULL;
}

/* Until the other CPUs are down. */
static void
wait_parked(unsigned n)
{
	unsigned i;

	for (i = 1; i < n; i++)
		while (!__atomic_load_n(&parks[i].down, __ATOMIC_SEQ_CST) ||
		    xen_hypercall(__HYPERVISOR_vcpu_op, VCPUOP_is_up, i, 0, 0,
		    0) > 0)
			kern_yield();
}

static void
resume_cpus(unsigned n)
{
	unsigned i;
	int error;

	for (i = 1; i < n; i++) {
		if (again && ((error = xen_vcpu_register(xen_cpus[i], i)) != 0
		    || (error = xen_vcpu_start(i, xen_unpark, parks[i].rsp,
		    parks[i].fsbase)) != 0))
			kern_panic("xen: CPU %u does not come back: %d", i,
			    error);
		if (!again)
			(void)xen_vcpu_op(VCPUOP_up, i, NULL);
	}
}

/* Other frames: everything that names one, or that Xen has forgotten. */
static void
new_life(uint64_t was)
{

	xen_shared_map();
	if (xen_vcpu_register(xen_cpus[0], 0) != 0)
		xen_shutdown(SHUTDOWN_crash);
	xen_p2m_publish();
	xen_clock_resume(was);
	xen_cpu_enable();
	xen_console_init();
	xen_event_init();
	xen_timer_again();
}

/* CPU 0, events masked, alone. */
static void
suspend(void)
{
	struct start_info *si = (struct start_info *)(uintptr_t)xen_si;
	struct sched_shutdown r = { .reason = SHUTDOWN_suspend };
	uint64_t was = plat_clock();

	si->store_mfn = xen_mfn_to_pfn(si->store_mfn);
	si->console.domU.mfn = xen_mfn_to_pfn(si->console.domU.mfn);
	xencons_set(NULL, 0);
	xen_foreign_drop();
	again = hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown,
	    (unsigned long)&r, xen_gfn(si), 0, 0) == 0;
	if (again) {
		new_life(was);
		in_new_life();
		return;
	}
	si->store_mfn = xen_pfn_to_mfn(si->store_mfn);
	si->console.domU.mfn = xen_pfn_to_mfn(si->console.domU.mfn);
	xen_foreign_again();
	xen_console_init();
}

static void *
suspend_thread(void *arg)
{
	struct thread *t[MAXCPU];
	unsigned n = kern_ncpu(), i, made;
	unsigned long s;

	for (i = 1; i < n; i++)
		parks[i].down = false;
	for (made = 1; made < n; made++)
		if (kern_thread_create(&t[made], "suspend", park_thread,
		    (void *)(uintptr_t)made, KERN_PRI_INTR, (int)made,
		    KERN_T_BOUND | KERN_T_JOIN, 0) != 0)
			break;
	wait_parked(made);
	if (made == n) {
		s = plat_irq_save();
		suspend();
		plat_irq_restore(s);
		result = again ? 0 : EAGAIN;
	} else {
		again = false;
		result = ENOMEM;
	}
	resume_cpus(made);
	for (i = 1; i < made; i++)
		(void)kern_thread_join(t[i], NULL);
	return NULL;
}

int
xen_suspend(void (*first)(void))
{
	struct thread *t;

	in_new_life = first;
	if (kern_thread_create(&t, "suspend", suspend_thread, NULL,
	    KERN_PRI_KERNEL, 0, KERN_T_BOUND | KERN_T_JOIN, 0) != 0)
		return ENOMEM;
	(void)kern_thread_join(t, NULL);
	return result;
}
