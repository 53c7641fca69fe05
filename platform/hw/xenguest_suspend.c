/*
 * xenguest_suspend.c: a PVH guest is frozen and thawed (Xen public sched.h,
 * SHUTDOWN_suspend).  Memory, registers and the TSC go on as they were; the
 * pages and vectors that the hypervisor was given have to be given again.
 */
#include "hw.h"
#include <xen.h>

#define PRI_PARK	(KERN_NPRI - 1)

static uint32_t parked, go;
static void (*in_new_life)(void);

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

/*
 * A CPU that the toolstack has taken (xen/vcpus.c) halts, and still answers
 * interrupts: others wait until it has heard of a page that is gone.
 */
static uint64_t asleep;

void
xen_cpu_park(unsigned n)
{

	__atomic_fetch_or(&asleep, 1UL << n, __ATOMIC_SEQ_CST);
	while ((__atomic_load_n(&asleep, __ATOMIC_SEQ_CST) >> n & 1) != 0)
		plat_idle();
}

void
xen_cpu_wake(unsigned n)
{

	while ((__atomic_load_n(&asleep, __ATOMIC_SEQ_CST) >> n & 1) == 0)
		kern_yield();
	__atomic_fetch_and(&asleep, ~(1UL << n), __ATOMIC_SEQ_CST);
	plat_cpu_kick(n);
}

/* All CPUs but 0; interrupts are masked here when it returns. */
static int
park_others(unsigned long *s)
{
	unsigned n = 0, i;
	int error = 0;

	__atomic_store_n(&go, 0, __ATOMIC_SEQ_CST);
	for (i = 1; i < kern_ncpu() && error == 0; i++)
		if ((error = kern_thread_create(NULL, "suspend", park, NULL,
		    PRI_PARK, (int)i, KERN_T_BOUND, 0)) == 0)
			n++;
	while (__atomic_load_n(&parked, __ATOMIC_SEQ_CST) < n)
		kern_yield();
	*s = plat_irq_save();
	return error;
}

/*
 * On CPU 0: where a suspend is called off, the toolstack puts the answer into
 * that one's RAX, whichever asked (libxc's modify_returncode()).
 */
static void *
suspend(void *arg)
{
	struct sched_shutdown op = { .reason = SHUTDOWN_suspend };
	unsigned long s;
	long r = -1;
	int error;

	if ((error = park_others(&s)) == 0) {
		r = xen_hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown,
		    (unsigned long)&op, 0, 0, 0);
		if (r == 0) {
			hw_xen_events_resume();
			in_new_life();
		} else
			error = r > 0 ? EAGAIN : xen_errno(r);
	}
	__atomic_store_n(&go, 1, __ATOMIC_SEQ_CST);
	plat_irq_restore(s);
	while (__atomic_load_n(&parked, __ATOMIC_SEQ_CST) > 0)
		kern_yield();
	if (r == 0)
		hw_xen_resumed();
	*(int *)arg = error;
	return NULL;
}

int
xen_suspend(void (*first)(void))
{
	struct thread *t;
	int error, result;

	in_new_life = first;
	if ((error = kern_thread_create(&t, "suspend", suspend, &result,
	    KERN_PRI_KERNEL, 0, KERN_T_BOUND | KERN_T_JOIN, 0)) != 0)
		return error;
	(void)kern_thread_join(t, NULL);
	return result;
}
