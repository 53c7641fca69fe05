/*
 * The deadline of each CPU: its local APIC's timer, by TSC deadline (SDM 3A,
 * 10.5.4.1) or counted down.
 */
#include "hw.h"

#define MSR_TSC_DEADLINE 0x6e0
#define NS		1000000000UL
#define SHIFT		32

static bool by_deadline;
static uint64_t per_ns;			/* ticks << SHIFT */

void
hw_timer_init(uint64_t tsc_hz, uint64_t lapic_hz, bool deadline)
{

	by_deadline = deadline;
	per_ns = shift_div(deadline ? tsc_hz : lapic_hz, SHIFT, NS);
	hw_timer_cpu();
}

/* The TSC's rate is known better now. */
void
hw_timer_rate(uint64_t tsc_hz)
{

	if (by_deadline)
		per_ns = shift_div(tsc_hz, SHIFT, NS);
}

void
hw_timer_cpu(void)
{

	hw_lapic_timer_mode(by_deadline, false);
}

static void
program(struct hw_cpu *c)
{
	uint64_t now, delta, ticks, end = c->deadline;

	if (end == UINT64_MAX && (c->num != 0 || hw_clock_gap == UINT64_MAX)) {
		if (by_deadline)
			wrmsr(MSR_TSC_DEADLINE, 0);
		else
			hw_lapic_count(0);
		return;
	}
	now = plat_clock();
	delta = end > now ? end - now : 0;
	/* CPU 0 keeps a narrow clock going. */
	if (c->num == 0 && delta > hw_clock_gap)
		delta = hw_clock_gap;
	if (delta > 1000 * NS)
		delta = 1000 * NS;	/* then looks again */
	ticks = mul_shift(delta, per_ns, SHIFT) + 1;
	if (by_deadline)
		wrmsr(MSR_TSC_DEADLINE, rdtsc() + ticks);
	else
		hw_lapic_count(ticks > UINT32_MAX ? UINT32_MAX :
		    (uint32_t)ticks);
}

void
plat_timer_set(uint64_t deadline)
{
	struct hw_cpu *c = hw_self();

	c->deadline = deadline;
	program(c);
}

void
hw_timer_intr(void)
{
	struct hw_cpu *c = hw_self();
	uint64_t now = plat_clock();

	if (c->num == 0)
		hw_clock_tick(now);
	if (c->deadline > now) {
		program(c);		/* early: it was far away, or rounded */
		return;
	}
	c->deadline = UINT64_MAX;
	if (c->num == 0 && hw_clock_gap != UINT64_MAX)
		program(c);
	kern_timer_intr();
}
