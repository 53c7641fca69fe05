/* regs.c: the registers of an HBA and of its ports. */
#include "ahci.h"

uint32_t
ahci_read(volatile char *regs, unsigned reg)
{

	return *(volatile uint32_t *)(regs + reg);
}

void
ahci_write(volatile char *regs, unsigned reg, uint32_t v)
{

	*(volatile uint32_t *)(regs + reg) = v;
}
