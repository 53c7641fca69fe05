/*
 * pvclock.h: time as a function of the TSC, in a record that the hypervisor
 * keeps right: KVM's and Xen's are the same (Linux,
 * Documentation/virt/kvm/x86/msr.rst; Xen public xen.h, vcpu_time_info).
 */
#ifndef PVCLOCK_H
#define PVCLOCK_H

#include "x86.h"

struct pvclock {
	uint32_t	version, pad;
	uint64_t	tsc, ns;
	uint32_t	mul;
	int8_t		shift;
	uint8_t		flags, pad2[2];
} __attribute__((aligned(32)));

static inline uint64_t
pvclock_read(const volatile struct pvclock *c)
{
	uint64_t delta, base;
	uint32_t v, mul;
	int shift;

	do {
		while ((v = c->version) & 1)
			plat_pause();
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		delta = rdtsc_ordered() - c->tsc;
		base = c->ns;
		mul = c->mul;
		shift = c->shift;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (v != c->version);
	delta = shift >= 0 ? delta << shift : delta >> -shift;
	return base + mul_shift(delta, mul, 32);
}

#endif /* PVCLOCK_H */
