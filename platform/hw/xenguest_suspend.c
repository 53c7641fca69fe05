/*
 * xenguest_suspend.c: a PVH guest is frozen and thawed (Xen public sched.h,
 * SHUTDOWN_suspend).  Memory, registers and the TSC go on as they were; the
 * pages and vectors that the hypervisor was given have to be given again.
 */
#include "hw.h"
#include <xen.h>

#define PRI_PARK	(KERN_NPRI - 1)

static uint32_t parked, go;

/* Keeps a CPU from doing anything else. */
static void *
park(void *arg)
{
	unsigned long s = plat_irq_save();

	__atomic_add_fetch(&parked, 1, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&go, __ATOMIC_SEQ_CST))
		plat_pause();
	__atomic_sub_fetch(&parked, 1, __ATOMIC_SEQ_CST);
	plat_irq_restore(s);
	return NULL;
}

/* All other CPUs; interrupts are masked here when it returns. */
static int
park_others(unsigned long *s)
{
	unsigned me, n = 0, i;
	int error = 0;

	kern_preempt_disable();
	me = kern_curcpu();
	kern_preempt_enable();
	__atomic_store_n(&go, 0, __ATOMIC_SEQ_CST);
	for (i = 0; i < kern_ncpu() && error == 0; i++)
		if (i != me && (error = kern_thread_create(NULL, "suspend",
		    park, NULL, PRI_PARK, i, KERN_T_BOUND, 0)) == 0)
			n++;
	/* If this thread was moved, it waits for its turn there. */
	while (__atomic_load_n(&parked, __ATOMIC_SEQ_CST) < n)
		kern_yield();
	*s = plat_irq_save();
	return error;
}

int
xen_suspend(void)
{
	struct sched_shutdown op = { .reason = SHUTDOWN_suspend };
	unsigned long s;
	long r = -1;
	int error;

	if ((error = park_others(&s)) == 0) {
		r = xen_hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown,
		    (unsigned long)&op, 0, 0, 0);
		if (r == 0)
			hw_xen_events_resume();
		else
			error = r > 0 ? EAGAIN : xen_errno(r);
	}
	__atomic_store_n(&go, 1, __ATOMIC_SEQ_CST);
	plat_irq_restore(s);
	while (__atomic_load_n(&parked, __ATOMIC_SEQ_CST) > 0)
		kern_yield();
	if (r == 0)
		hw_xen_resumed();
	return error;
}
