/*
 * The time stamp counter: whether it can be trusted, and how fast it is.
 */
#include <string.h>

#include "hw.h"

#define ATTEMPTS	8
#define LEAF_HV_TIMING	0x40000010

static bool
is_tcg(void)
{

	return x86_feature.hyper && strcmp(x86_feature.hv, "TCGTCGTCGTCG") == 0;
}

/*
 * Invariant as the CPU says; or under TCG, whose TSC is the host clock's
 * cpu_get_ticks(): one counter for all virtual CPUs, which never stops or
 * changes its rate while the host's own does not, though no CPUID bit says so.
 */
bool
hw_tsc_constant(void)
{

	return x86_feature.invtsc || is_tcg() || hw_xen_tsc() != 0;
}

/* SDM 3A, 18.7.3: crystal times ratio.  Hypervisors: kHz in their own leaf. */
uint64_t
hw_tsc_told(void)
{
	uint32_t r[4];

	if (hw_xen_tsc() != 0)
		return hw_xen_tsc();
	if (x86_feature.hyper && x86_feature.maxhv >= LEAF_HV_TIMING &&
	    x86_feature.maxhv < LEAF_HV_TIMING + 0x100) {
		cpuid(LEAF_HV_TIMING, 0, r);
		if (r[0] != 0)
			return r[0] * 1000UL;
	}
	if (x86_feature.maxleaf >= 0x15) {
		cpuid(0x15, 0, r);
		if (r[0] != 0 && r[1] != 0 && r[2] != 0)
			return (uint64_t)r[2] * r[1] / r[0];
	}
	return 0;
}

/*
 * One reading of all counters at a time: the quickest of a few, because a
 * slow one was interrupted by the hypervisor in between.
 */
void
hw_tsc_sample(const struct hw_ref *ref, struct hw_sample *s)
{
	uint64_t best = UINT64_MAX, t0, t1, r;
	uint32_t l;
	unsigned i;

	for (i = 0; i < 5; i++) {
		t0 = rdtsc_ordered();
		r = ref->read();
		t1 = rdtsc_ordered();
		l = hw_lapic_counter();
		if (t1 - t0 >= best)
			continue;
		best = t1 - t0;
		s->tsc = t0 + best / 2;
		s->ref = r;
		s->lapic = l;
	}
}

/* 500 of the counter's ticks, but from 0.2 to 1 ms. */
static uint64_t
window_ticks(uint64_t hz)
{
	uint64_t least = hz / 5000, most = hz / 1000;

	return least > 500 ? least : most < 500 ? most : 500;
}

static void
window(const struct hw_ref *ref, uint64_t *tsc_hz, uint64_t *lapic_hz)
{
	uint64_t want = window_ticks(ref->hz), ticks;
	struct hw_sample a, b;

	hw_tsc_sample(ref, &a);
	while (((ref->read() - a.ref) & ref->mask) < want)
		plat_pause();
	hw_tsc_sample(ref, &b);
	ticks = (b.ref - a.ref) & ref->mask;
	*tsc_hz = (b.tsc - a.tsc) * ref->hz / ticks;
	*lapic_hz = (uint64_t)(a.lapic - b.lapic) * ref->hz / ticks;
}

/*
 * TCG's local APIC counts the nanoseconds of QEMU's clock (hw/intc/apic.c,
 * apic_get_current_count): to measure by, there is nothing finer or quicker.
 */
static uint64_t
lapic_read(void)
{

	return 0xffffffff - hw_lapic_counter();
}

const struct hw_ref *
hw_tsc_lapic_ref(void)
{
	static const struct hw_ref lapic = {
		"lapic", 1000000000, 0xffffffff, lapic_read
	};

	return is_tcg() ? &lapic : NULL;
}

static bool
agree(uint64_t a, uint64_t b)
{
	uint64_t d = a > b ? a - b : b - a;

	return d <= a >> 9;		/* 0.2 %, for now: see clock.c */
}

/* Two windows in a row that agree; false with the last one's result. */
bool
hw_tsc_measure(const struct hw_ref *ref, uint64_t *tsc_hz, uint64_t *lapic_hz)
{
	uint64_t tsc, lapic;
	unsigned i;

	hw_lapic_timer_mode(false, true);
	hw_lapic_count(0xffffffff);
	window(ref, tsc_hz, lapic_hz);
	for (i = 0; i < ATTEMPTS; i++) {
		tsc = *tsc_hz;
		lapic = *lapic_hz;
		window(ref, tsc_hz, lapic_hz);
		if (agree(tsc, *tsc_hz) && agree(lapic, *lapic_hz)) {
			*tsc_hz = (tsc + *tsc_hz) / 2;
			*lapic_hz = (lapic + *lapic_hz) / 2;
			hw_lapic_count(0);
			return true;
		}
	}
	hw_lapic_count(0);
	return false;
}
