/* t_pci.c: PCI hypercalls, as far as they need no device. */
#include "test.h"
#include <rump/pci.h>

#pragma weak rumpcomp_pci_confread
#pragma weak rumpcomp_pci_confwrite
#pragma weak rumpcomp_pci_irq_map
#pragma weak rumpcomp_pci_irq_establish
#pragma weak rumpcomp_pci_dmalloc
#pragma weak rumpcomp_pci_dmafree
#pragma weak rumpcomp_pci_dmamem_map
#pragma weak rumpcomp_pci_virt_to_mach
#pragma weak rumpcomp_pci_iospace_init

static bool
have_pci(void)
{

	if (rumpcomp_pci_confread != NULL)
		return true;
	test_skip("not in hostline");
	return false;
}

static void
config(void)
{
	unsigned v, w, dev, found = 0;

	if (!have_pci())
		return;
	CHECK_INT(rumpcomp_pci_iospace_init(), 0);
	for (dev = 0; dev < 32; dev++) {
		v = 0;
		if (rumpcomp_pci_confread(0, dev, 0, 0, &v) != 0)
			CHECK_INT(v, 0xffffffffU);
		if (v == 0xffffffffU)
			continue;
		found++;
		CHECK((v & 0xffff) != 0);
		CHECK_INT(rumpcomp_pci_confread(0, dev, 0, 8, &w), 0);
	}
	test_note("%u functions to be had", found);
	v = 0;
	CHECK(rumpcomp_pci_confread(255, 31, 7, 0, &v) != 0);
	CHECK_INT(v, 0xffffffffU);
	CHECK(rumpcomp_pci_confwrite(255, 31, 7, 4, 0) != 0);
	CHECK(rumpcomp_pci_confread(0, 0, 0, 3, &v) != 0);
	CHECK(rumpcomp_pci_confread(0, 0, 0, -4, &v) != 0);
	CHECK(rumpcomp_pci_confread(0, 0, 0, 4096, &v) != 0);
	CHECK(rumpcomp_pci_irq_map(255, 31, 7, 11, 1) != 0);
	CHECK(rumpcomp_pci_irq_establish(12345, NULL, NULL) == NULL);
}

static void
dma(void)
{
	static const size_t size[] = { 1, 100, 4096, 5000, 65536 };
	static uint8_t image[8192];
	struct rumpcomp_pci_dmaseg seg;
	unsigned long pa, va;
	uint8_t stack[64];
	size_t i, k, align;
	void *p;

	if (!have_pci())
		return;
	for (i = 0; i < sizeof(size) / sizeof(*size); i++)
		for (align = 1; align <= 65536; align *= 16) {
			pa = va = 0;
			CHECK_INT(rumpcomp_pci_dmalloc(size[i], align, &pa,
			    &va), 0);
			CHECK(pa != 0 && (pa & (align - 1)) == 0);
			CHECK(pa + size[i] <= 1UL << 32);
			for (k = 0; k < size[i]; k++)
				if (((uint8_t *)va)[k] != 0)
					break;
			CHECK_INT(k, size[i]);
			for (k = 0; k < size[i]; k += 4096)
				CHECK_INT(rumpcomp_pci_virt_to_mach(
				    (void *)(va + k)), pa + k);
			seg.ds_pa = pa;
			seg.ds_len = size[i];
			seg.ds_vacookie = va;
			CHECK_INT(rumpcomp_pci_dmamem_map(&seg, 1, size[i],
			    &p), 0);
			memset(p, 0xee, size[i]);
			rumpcomp_pci_dmafree(va, size[i]);
		}
	CHECK(rumpcomp_pci_dmalloc((size_t)1 << 40, 0, &pa, &va) != 0);
	CHECK(rumpcomp_pci_dmalloc(4096, 48, &pa, &va) != 0);
	CHECK(rumpcomp_pci_virt_to_mach(image) != ~0UL);
	CHECK(rumpcomp_pci_virt_to_mach(stack) != ~0UL);
	CHECK_INT(rumpcomp_pci_virt_to_mach(image + 4096) & 4095,
	    (unsigned long)image & 4095);
	CHECK_INT(rumpcomp_pci_virt_to_mach((void *)0x7f1234567000), ~0UL);
}

const struct test tests_pci[] = {
	{ "pci: configuration space", config },
	{ "pci: memory for devices", dma },
	{ NULL, NULL }
};
