/*
 * KVM's paravirtual clock (Linux, Documentation/virt/kvm/x86/msr.rst and
 * cpuid.rst): time as a function of the TSC, kept right by the host.
 */
#include <string.h>

#include "hw.h"
#include "../common/pvclock.h"

#define LEAF_FEATURES	0x40000001
#define FEATURE_CLOCK2	(1U << 3)
#define FEATURE_STABLE	(1U << 24)
#define MSR_WALL	0x4b564d00
#define MSR_TIME	0x4b564d01
#define FLAG_STABLE	0x01

struct pvwall { uint32_t version, sec, nsec; } __attribute__((aligned(16)));

static volatile struct pvclock *clocks;	/* one per CPU; NULL: not in use */
static volatile struct pvwall wall;
static bool stable;
static uint64_t last;

/*
 * Stable: any CPU's record does for all.  Else the own one, and whoever is
 * behind another CPU's answer gives that.
 */
uint64_t
hw_pvclock_read(void)
{
	unsigned long s;
	uint64_t t, l;

	if (stable)
		return pvclock_read(&clocks[0]);
	s = plat_irq_save();
	t = pvclock_read(&clocks[hw_cpunum()]);
	plat_irq_restore(s);
	l = __atomic_load_n(&last, __ATOMIC_RELAXED);
	do {
		if (t <= l)
			return l;
	} while (!__atomic_compare_exchange_n(&last, &l, t, false,
	    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	return t;
}

void
hw_clock_cpu(struct hw_cpu *c)
{

	if (clocks != NULL)
		wrmsr(MSR_TIME, plat_virt_to_phys((const void *)
		    &clocks[c->num]) | 1);
}

bool
hw_pvclock_init(uint64_t *tsc_hz)
{
	const volatile struct pvclock *c;
	uint32_t r[4];

	if (!x86_feature.hyper || strcmp(plat_hypervisor(), "KVM") != 0)
		return false;
	cpuid(LEAF_FEATURES, 0, r);
	if ((r[0] & FEATURE_CLOCK2) == 0)
		return false;
	clocks = hw_early_alloc(1);
	_Static_assert(MAXCPU * sizeof(*clocks) <= PAGE_SIZE, "a page");
	hw_clock_cpu(hw_cpus[0]);
	c = &clocks[0];
	if (c->mul == 0) {
		clocks = NULL;
		return false;
	}
	stable = (r[0] & FEATURE_STABLE) != 0 && (c->flags & FLAG_STABLE) != 0;
	/* ns = (tsc << shift) * mul >> 32, so hz = 10^9 << 32 / mul >> shift */
	*tsc_hz = shift_div(1000000000, 32, c->mul);
	if (c->shift >= 0)
		*tsc_hz >>= c->shift;
	else
		*tsc_hz <<= -c->shift;
	return true;
}

uint64_t
hw_pvclock_wall(void)
{
	uint32_t v;
	uint64_t ns;

	wrmsr(MSR_WALL, plat_virt_to_phys((const void *)&wall));
	do {
		v = wall.version;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		ns = wall.sec * 1000000000UL + wall.nsec;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while ((v & 1) != 0 || v != wall.version);
	return ns;
}
