/*
 * The clock: pvclock, or a counter (TSC, HPET, PM timer, PIT) and its rate.
 * Zero is the first instruction of the image where the TSC can tell.
 */
#include <stdlib.h>
#include <string.h>

#include "hw.h"

#define NS		1000000000UL
#define SHIFT		52		/* rate: ns << SHIFT per tick */

/*
 * ns = base_ns + (ticks - base) * rate >> SHIFT.  Changed, rarely, by CPU 0;
 * seq is odd meanwhile.  A reader whose counter was read in between tries
 * again, so that two answers never follow two rates in the wrong order.
 */
static struct {
	uint32_t	seq;
	uint64_t	base, base_ns, rate;
} clk;
static enum { CLOCK_TSC, CLOCK_REF, CLOCK_PV } kind;
static const char *name = "tsc";
static uint64_t hz;
static uint64_t epoch, pv_zero;

uint64_t hw_clock_gap = UINT64_MAX;

/* ---- narrow counters, made wide ---- */

static const struct hw_ref *ref;	/* the clock, or to measure the TSC */
static uint32_t ref_lock;
static uint64_t ref_last, ref_wide;
static uint64_t ref_tsc, ref_per_tsc;	/* a narrow one's ticks << SHIFT */

/*
 * A counter that goes round in 55 ms may do so unseen, when a hypervisor lets
 * this CPU wait.  Even a TSC that is not trusted as a clock tells how often.
 */
static uint64_t
unseen(uint64_t delta)
{
	uint64_t now = rdtsc(), width = ref->mask + 1, expect;

	if ((int64_t)(now - ref_tsc) < 0)
		return 0;		/* another CPU's, which is behind */
	expect = mul_shift(now - ref_tsc, ref_per_tsc, SHIFT);
	ref_tsc = now;
	return expect > delta ? (expect - delta + width / 2) / width * width :
	    0;
}

static uint64_t __attribute__((noinline))
ref_read(void)
{
	unsigned long s = x86_lock(&ref_lock);
	uint64_t v = ref->read(), delta = (v - ref_last) & ref->mask;

	if (ref->mask < UINT32_MAX && x86_feature.hyper)
		delta += unseen(delta);
	ref_wide += delta;
	ref_last = v;
	v = ref_wide;
	x86_unlock(&ref_lock, s);
	return v;
}

uint64_t
plat_clock(void)
{
	uint64_t ticks, ns;
	uint32_t s;

	if (kind == CLOCK_PV)
		return hw_pvclock_read() - pv_zero;
	do {
		while ((s = __atomic_load_n(&clk.seq, __ATOMIC_ACQUIRE)) & 1)
			plat_pause();
		ticks = kind == CLOCK_TSC ? rdtsc_ordered() : ref_read();
		ns = clk.base_ns + mul_shift(ticks - clk.base, clk.rate,
		    SHIFT);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (s != __atomic_load_n(&clk.seq, __ATOMIC_RELAXED));
	return ns;
}

static void
set_rate(uint64_t base, uint64_t base_ns, uint64_t new_hz)
{

	__atomic_store_n(&clk.seq, clk.seq + 1, __ATOMIC_SEQ_CST);
	clk.base = base;
	clk.base_ns = base_ns;
	clk.rate = shift_div(NS, SHIFT, new_hz);
	hz = new_hz;
	__atomic_store_n(&clk.seq, clk.seq + 1, __ATOMIC_SEQ_CST);
}

/* ---- measuring on: the boot has no time for it, so more comes later ---- */

static struct hw_sample first;
static uint64_t refine_at = UINT64_MAX;

static void __attribute__((cold))
refine(void)
{
	uint64_t elapsed, expect, ticks, wraps, new_hz, width;
	unsigned long s;
	struct hw_sample now;

	hw_tsc_sample(ref, &now);
	elapsed = now.tsc - first.tsc;
	width = ref->mask + 1;
	/* How often the counter went round is known well enough. */
	expect = mul_shift(elapsed, shift_div(ref->hz, 32, hz), 32);
	ticks = (now.ref - first.ref) & ref->mask;
	wraps = expect > ticks ? (expect - ticks + width / 2) / width : 0;
	ticks += wraps * width;
	new_hz = mul_shift(elapsed, shift_div(ref->hz, 24, ticks), 24);
	refine_at = refine_at < 100 * NS ? refine_at * 8 : UINT64_MAX;
	if (new_hz < hz - (hz >> 7) || new_hz > hz + (hz >> 7))
		return;			/* something was odd: keep the old */
	s = plat_irq_save();
	elapsed = rdtsc_ordered();
	set_rate(elapsed, clk.base_ns + mul_shift(elapsed - clk.base,
	    clk.rate, SHIFT), new_hz);
	plat_irq_restore(s);
}

/* ---- choosing ---- */

static bool
forced(const char *what)
{
	size_t len;
	const char *v = kern_option("clock", &len);

	return v != NULL && len == strlen(what) && memcmp(v, what, len) == 0;
}

static const struct hw_ref *
find_ref(void)
{
	const struct hw_ref *r = NULL;

	if (forced("pit"))
		return hw_pit_init();
	if (forced("pmtimer"))
		return hw_pmtimer_init();
	if ((r = hw_hpet_init()) == NULL && !forced("hpet") &&
	    (r = hw_pmtimer_init()) == NULL)
		r = hw_pit_init();
	return r;
}

static void
use_ref(uint64_t tsc_hz)
{

	kind = CLOCK_REF;
	name = ref->name;
	ref_last = ref->read();
	ref_tsc = rdtsc();
	ref_per_tsc = shift_div(ref->hz, SHIFT, tsc_hz);
	set_rate(0, 0, ref->hz);
	/* It must be read four times on its way round. */
	hw_clock_gap = (ref->mask + 1) / 4 * NS / ref->hz;
}

static void
use_tsc(uint64_t tsc_hz)
{

	kind = CLOCK_TSC;
	set_rate(hw_entry_tsc, 0, tsc_hz);
}

static void
use_pvclock(uint64_t tsc_hz)
{
	uint64_t since = rdtsc() - hw_entry_tsc;

	kind = CLOCK_PV;
	name = "pvclock";
	hz = tsc_hz;
	pv_zero = hw_pvclock_read() -
	    mul_shift(since, shift_div(NS, SHIFT, tsc_hz), SHIFT);
}

/* Without a clock that can be trusted to measure by: what is likely. */
static uint64_t
guess(void)
{
	uint32_t r[4] = { 0, 0, 0, 0 };

	if (x86_feature.maxleaf >= 0x16)
		cpuid(0x16, 0, r);	/* base frequency, MHz */
	hw_log("hw: nothing to measure the clock by\n");
	return r[0] != 0 ? r[0] * 1000000UL : NS;
}

/*
 * The LAPIC's rate: measured with the TSC's.  QEMU's and KVM's count
 * nanoseconds (hw/intc/apic.c; APIC_BUS_CYCLE_NS), which is more exact.
 */
static uint64_t
lapic_rate(uint64_t measured)
{

	if (x86_feature.hyper && measured > NS - NS / 64 &&
	    measured < NS + NS / 64)
		return NS;
	return measured;
}

static uint64_t
tsc_as_ref(void)
{

	return rdtsc_ordered();
}

/* Rates of the TSC and of the local APIC, from what is told or by measuring. */
static void
find_rates(uint64_t told, uint64_t *tsc_hz, uint64_t *lapic_hz)
{
	static struct hw_ref tsc = { "tsc", 0, UINT64_MAX, tsc_as_ref };
	const struct hw_ref *quick = hw_tsc_lapic_ref();
	uint64_t dummy;

	*tsc_hz = told;
	*lapic_hz = 0;
	if (told != 0) {
		tsc.hz = told;
		if (!x86_feature.tscdeadline)
			(void)hw_tsc_measure(&tsc, &dummy, lapic_hz);
		return;
	}
	if (ref == NULL && quick == NULL)
		*tsc_hz = *lapic_hz = guess();
	else if (!hw_tsc_measure(quick != NULL ? quick : ref, tsc_hz,
	    lapic_hz))
		hw_log("hw: the clock was hard to measure\n");
	if (ref != NULL) {
		hw_tsc_sample(ref, &first);
		refine_at = NS;
	}
}

/*
 * A CMOS clock has whole seconds, and QEMU's begins with the second in which
 * QEMU was started: it is up to two behind.  The word `utc' is the time, ns,
 * shortly before a virtual machine's TSC was 0.
 */
static uint64_t
told_epoch(void)
{
	size_t len;
	const char *v = kern_option("utc", &len);

	if (v == NULL || !x86_feature.hyper || kind != CLOCK_TSC)
		return 0;
	return strtoul(v, NULL, 10) +
	    mul_shift(hw_entry_tsc, clk.rate, SHIFT);
}

static uint64_t
find_epoch(bool pv)
{
	uint64_t wall, told = told_epoch();

	if (pv && (wall = hw_pvclock_wall()) != 0)
		return wall + (kind == CLOCK_PV ? pv_zero :
		    hw_pvclock_read() - plat_clock());
	wall = hw_rtc_read() * NS;
	if (wall != 0)
		wall -= plat_clock();
	return wall > told ? wall : told;
}

void __attribute__((cold))
hw_clock_init(void)
{
	uint64_t told = hw_tsc_told(), pv_hz = 0, tsc_hz, lapic_hz;
	bool pv, trusted;

	pv = hw_pvclock_init(&pv_hz);
	if (told == 0)
		told = pv_hz;
	trusted = pv || hw_tsc_constant();
	if (told == 0 || !trusted || forced("hpet") || forced("pit") ||
	    forced("pmtimer"))
		ref = find_ref();
	find_rates(told, &tsc_hz, &lapic_hz);

	if (ref != NULL && (forced(ref->name) ||
	    (!trusted && !forced("tsc")))) {
		use_ref(tsc_hz);
		refine_at = UINT64_MAX;
	} else if (pv && !forced("tsc"))
		use_pvclock(pv_hz);
	else
		use_tsc(tsc_hz);
	hw_timer_init(tsc_hz, lapic_rate(lapic_hz), x86_feature.tscdeadline);
	epoch = find_epoch(pv);
}

/* From the timer interrupt of CPU 0. */
void
hw_clock_tick(uint64_t now)
{

	if (now >= refine_at) {
		refine();
		if (kind == CLOCK_TSC)
			hw_timer_rate(hz);
	}
}

/* ---- plat.h ---- */

const char *
plat_clock_name(void)
{

	return name;
}

uint64_t
plat_clock_hz(void)
{

	return hz;
}

uint64_t
plat_clock_epoch(void)
{

	if (hw_clock_look != NULL)
		hw_clock_look();
	return epoch;
}

void	(*hw_clock_look)(void);

void
hw_clock_set_epoch(uint64_t ns)
{

	epoch = ns;
}

/* The zero of the clock, where the TSC tells; else as early as there is one. */
uint64_t
plat_boot_entry(void)
{

	return 0;
}
