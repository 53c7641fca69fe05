/*
 * Time: Xen's system time, which each VCPU has a record of (xen.h, struct
 * vcpu_time_info), the wall clock in shared_info, and the one-shot timer.
 */
#include "pv.h"
#include "../common/pvclock.h"

#define FAR	1000000000000UL		/* ns */

static uint64_t zero;			/* Xen's time at our time 0 */
static uint64_t last;			/* given out last */
static uint64_t epoch;
static uint64_t deadlines[MAXCPU];	/* 0, UINT64_MAX: none */

/* Each VCPU's record may be off by a little: no answer is before another. */
static uint64_t
monotonic(uint64_t t)
{
	uint64_t l = __atomic_load_n(&last, __ATOMIC_RELAXED);

	do {
		if (t <= l)
			return l;
	} while (!__atomic_compare_exchange_n(&last, &l, t, false,
	    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	return t;
}

static uint64_t
system_time(void)
{
	unsigned long s = plat_irq_save();
	uint64_t t = pvclock_read((volatile struct pvclock *)
	    &xen_vi[xen_self()->num]->time);

	plat_irq_restore(s);
	return t;
}

uint64_t
plat_clock(void)
{
	uint64_t t = system_time() - zero;

	return plat_ncpu() == 1 || (xen_vi[0]->time.flags &
	    XEN_PVCLOCK_TSC_STABLE_BIT) != 0 ? t : monotonic(t);
}

/* What the wall clock showed at our time 0. */
static void
wall_clock(void)
{
	volatile struct shared_info *si = xen_shared_info;
	uint64_t wall;
	uint32_t version;

	do {
		version = si->wc_version;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		wall = ((uint64_t)si->wc_sec_hi << 32 | si->wc_sec) *
		    1000000000 + si->wc_nsec;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while ((version & 1) != 0 || version != si->wc_version);
	epoch = wall + zero;
}

void
xen_clock_init(void)
{

	xen_vi[0] = &xen_shared_info->vcpu_info[0];
	zero = system_time();
	wall_clock();
}

void
xen_clock_resume(uint64_t was)
{

	zero = system_time() - was;
	wall_clock();
}

/* ---- the timer ---- */

static void
program(unsigned cpu, uint64_t deadline)
{
	struct vcpu_set_singleshot_timer t;
	uint64_t most = plat_clock() + FAR;	/* then it looks again */

	t.timeout_abs_ns = (deadline < most ? deadline : most) + zero;
	t.flags = 0;
	/* One in the past comes at once. */
	if (deadline == UINT64_MAX)
		(void)xen_vcpu_op(VCPUOP_stop_singleshot_timer, cpu, NULL);
	else
		(void)xen_vcpu_op(VCPUOP_set_singleshot_timer, cpu, &t);
}

void
plat_timer_set(uint64_t deadline)
{
	unsigned cpu = (unsigned)xen_self()->num;

	if (deadline == UINT64_MAX && deadlines[cpu] == UINT64_MAX)
		return;
	deadlines[cpu] = deadline;
	program(cpu, deadline);
}

void
xen_timer_again(void)
{
	unsigned cpu = (unsigned)xen_self()->num;

	program(cpu, deadlines[cpu]);
}

/* Interrupt context. */
void
xen_timer_intr(void *arg)
{
	unsigned cpu = (unsigned)xen_self()->num;

	if (deadlines[cpu] > plat_clock()) {
		program(cpu, deadlines[cpu]);	/* early */
		return;
	}
	deadlines[cpu] = UINT64_MAX;
	kern_timer_intr();
}

/* ---- reports ---- */

const char *
plat_clock_name(void)
{

	return "xen";
}

uint64_t
plat_clock_hz(void)
{
	const struct vcpu_time_info *t = &xen_vi[0]->time;
	uint64_t hz = shift_div(1000000000, 32, t->tsc_to_system_mul);

	return t->tsc_shift >= 0 ? hz >> t->tsc_shift : hz << -t->tsc_shift;
}

uint64_t
plat_clock_epoch(void)
{

	return epoch;
}

uint64_t
plat_boot_entry(void)
{

	return 0;
}

/* Xen always tells a PV guest. */
void
xen_set_epoch(uint64_t ns)
{

	if (epoch < 1000000000)
		epoch = ns;
}
