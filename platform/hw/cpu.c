/*
 * Control registers; who runs this machine.
 */
#include <string.h>

#include "hw.h"

/* Every CPU, before anything that takes an interrupt or uses SSE. */
void
hw_cpu_enable(void)
{
	struct x86_feature *f = &x86_feature;
	uint64_t cr4 = HW_CR4_PAE | HW_CR4_MCE | HW_CR4_OSFXSR | HW_CR4_OSXMM;

	if (f->fsgsbase)
		cr4 |= HW_CR4_FSGSBASE;
	if (f->xsave)
		cr4 |= HW_CR4_OSXSAVE;
	if (f->smep)
		cr4 |= HW_CR4_SMEP;
	if (f->umip)
		cr4 |= HW_CR4_UMIP;
	__asm__ volatile("movq %0, %%cr0" : : "r"((uint64_t)HW_CR0));
	__asm__ volatile("movq %0, %%cr4" : : "r"(cr4));
	__asm__ volatile("fninit");
	if (f->xsave)
		x86_xsave_enable();
}

/* ---- reports ---- */

static const struct { const char *sig, *name; } hypervisors[] = {
	{ "TCGTCGTCGTCG", "TCG" },
	{ "KVMKVMKVM", "KVM" },
	{ "XenVMMXenVMM", "Xen" },
	{ "Microsoft Hv", "Hyper-V" },
	{ "VMwareVMware", "VMware" },
};

const char *
plat_hypervisor(void)
{
	unsigned i;

	if (!x86_feature.hyper)
		return "hardware";
	for (i = 0; i < sizeof(hypervisors) / sizeof(hypervisors[0]); i++)
		if (strcmp(x86_feature.hv, hypervisors[i].sig) == 0)
			return hypervisors[i].name;
	return "hypervisor";
}

const char *
plat_name(void)
{

	return "hw";
}
