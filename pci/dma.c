/*
 * dma.c: memory for devices.
 */
#include "pci_impl.h"

void *
pci_dma_alloc(size_t n, size_t align, uint64_t max)
{

	if (pci_host != NULL && pci_host->dma_alloc != NULL)
		return pci_host->dma_alloc(n, align, max);
	if (max == UINT64_MAX)
		return kern_page_alloc(n, align, KERN_PG_ZERO);
	if (max == UINT32_MAX)
		return kern_page_alloc(n, align, KERN_PG_LOW4G | KERN_PG_ZERO);
	return kern_page_alloc_below(n, align, KERN_PG_ZERO, max + 1);
}

void
pci_dma_free(void *va, size_t n)
{

	if (pci_host != NULL && pci_host->dma_free != NULL)
		pci_host->dma_free(va, n);
	else
		kern_page_free(va, n);
}
