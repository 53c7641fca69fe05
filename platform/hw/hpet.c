/*
 * High precision event timer (IA-PC HPET Specification 1.0a): its counter.
 */
#include "hw.h"

#define REG_PERIOD	0x004		/* femtoseconds per tick */
#define REG_CONFIG	0x010
#define REG_COUNTER	0x0f0
#define CONFIG_ON	0x1
#define CONFIG_LEGACY	0x2
#define PERIOD_MAX	100000000	/* of the specification: 100 ns */

static volatile uint8_t *regs;
/* The low half is enough: clock.c extends every counter. */
static struct hw_ref ref = { .name = "hpet", .mask = 0xffffffff };

static uint64_t
read_counter(void)
{

	return mmio_read(regs + REG_COUNTER);
}

const struct hw_ref *
hw_hpet_init(void)
{
	const void *table;
	uint64_t pa;
	size_t size;
	uint32_t period, v;

	if ((table = plat_acpi_table("HPET", 0, &size)) == NULL ||
	    !hw_acpi_hpet(table, size, &pa) ||
	    (regs = plat_map_io(pa, 1024)) == NULL)
		return NULL;
	period = mmio_read(regs + REG_PERIOD);
	if (period == 0 || period > PERIOD_MAX)
		return NULL;
	mmio_write(regs + REG_CONFIG, (mmio_read(regs + REG_CONFIG) &
	    ~(uint32_t)CONFIG_LEGACY) | CONFIG_ON);
	/* A counter that stands still is none. */
	v = mmio_read(regs + REG_COUNTER);
	for (period = 0; mmio_read(regs + REG_COUNTER) == v; period++)
		if (period == 1000)
			return NULL;
	ref.hz = 1000000000000000UL / mmio_read(regs + REG_PERIOD);
	ref.read = read_counter;
	return &ref;
}
