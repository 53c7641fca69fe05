/*
 * Counters that every old PC has: channel 0 of the 8254 (Intel data sheet),
 * which needs no gate and whose interrupt stays masked, and ACPI's power
 * management timer (ACPI 6.4, 4.8.2.1).
 */
#include "hw.h"

#define PIT_HZ		1193182
#define PIT_CH0		0x40
#define PIT_COMMAND	0x43
#define CH0_MODE2	0x34		/* both bytes, rate generator */
#define CH0_LATCH	0x00
#define PMTIMER_HZ	3579545

static uint32_t lock;

/* It counts down from 65536. */
static uint64_t
pit_read(void)
{
	unsigned long s = x86_lock(&lock);
	unsigned v;

	pio_out8(PIT_COMMAND, CH0_LATCH);
	v = pio_in8(PIT_CH0);
	v |= (unsigned)pio_in8(PIT_CH0) << 8;
	x86_unlock(&lock, s);
	return -v & 0xffff;
}

static const struct hw_ref pit = {
	.name = "pit", .hz = PIT_HZ, .mask = 0xffff, .read = pit_read
};

const struct hw_ref *
hw_pit_init(void)
{
	unsigned i;
	uint64_t v;

	pio_out8(PIT_COMMAND, CH0_MODE2);
	pio_out8(PIT_CH0, 0);
	pio_out8(PIT_CH0, 0);
	v = pit_read();
	for (i = 0; i < 1000; i++)
		if (pit_read() != v)
			return &pit;
	return NULL;
}

static uint64_t
pmtimer_read(void)
{

	return pio_in32((uint16_t)hw_fadt.pmtimer.addr);
}

static struct hw_ref pmtimer = {
	.name = "pmtimer", .hz = PMTIMER_HZ, .read = pmtimer_read
};

const struct hw_ref *
hw_pmtimer_init(void)
{
	unsigned i;
	uint64_t v;

	if (!hw_have_fadt || hw_fadt.pmtimer.space != 1 ||
	    hw_fadt.pmtimer.addr > 0xffff)
		return NULL;
	pmtimer.mask = hw_fadt.pmtimer32 ? 0xffffffff : 0xffffff;
	v = pmtimer_read();
	for (i = 0; i < 1000; i++)
		if (pmtimer_read() != v)
			return &pmtimer;
	return NULL;
}
