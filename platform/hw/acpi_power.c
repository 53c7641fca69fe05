/*
 * Power off and reset by ACPI (6.4, 4.8.3.2, 4.8.3.6, 4.8.3.7, 7.4.2).
 */
#include "hw.h"

#define PM1_SCI_EN	0x0001
#define PM1_SLP_EN	0x2000
#define PM1_SLP_SHIFT	10
#define SLEEP_SHIFT	2		/* of the sleep control register */
#define SLEEP_EN	0x20
#define SCI_TIMEOUT	300000		/* reads, some 0.3 s */

struct reg { struct hw_gas gas; volatile void *va; };
static struct reg pm1a, pm1b, sleep_control, reset;
static uint8_t s5a, s5b;
static bool have_s5;

static void
reg_init(struct reg *r, const struct hw_gas *g)
{

	r->gas = *g;
	if (g->space == 0 && (r->va = plat_map_io(g->addr, 8)) == NULL)
		r->gas.space = 0xff;
	if (g->space == 1 && g->addr > 0xffff)
		r->gas.space = 0xff;
}

static void
reg_write8(const struct reg *r, uint8_t v)
{

	if (r->gas.space == 0)
		*(volatile uint8_t *)r->va = v;
	else if (r->gas.space == 1)
		pio_out8((uint16_t)r->gas.addr, v);
}

static void
reg_write16(const struct reg *r, uint16_t v)
{

	if (r->gas.space == 0)
		*(volatile uint16_t *)r->va = v;
	else if (r->gas.space == 1)
		pio_out16((uint16_t)r->gas.addr, v);
}

static uint16_t
reg_read16(const struct reg *r)
{

	if (r->gas.space == 0)
		return *(volatile uint16_t *)r->va;
	if (r->gas.space == 1)
		return pio_in16((uint16_t)r->gas.addr);
	return 0;
}

/* Everything that needs memory is done here, long before the end. */
void
hw_power_init(void)
{
	const void *p;
	size_t size;
	int n;

	if (!hw_have_fadt)
		return;
	reg_init(&pm1a, &hw_fadt.pm1a);
	reg_init(&pm1b, &hw_fadt.pm1b);
	reg_init(&sleep_control, &hw_fadt.sleep);
	reg_init(&reset, &hw_fadt.reset);
	if ((p = plat_acpi_table("DSDT", 0, &size)) != NULL)
		have_s5 = hw_acpi_s5(p, size, &s5a, &s5b);
	for (n = 0; !have_s5 &&
	    (p = plat_acpi_table("SSDT", n, &size)) != NULL; n++)
		have_s5 = hw_acpi_s5(p, size, &s5a, &s5b);
}

/* Take the power management from the firmware, where it still has it. */
void
hw_acpi_mode(void)
{
	unsigned i;

	if (hw_fadt.smi_cmd == 0 || hw_fadt.acpi_enable == 0 ||
	    (reg_read16(&pm1a) & PM1_SCI_EN) != 0)
		return;
	pio_out8(hw_fadt.smi_cmd, hw_fadt.acpi_enable);
	for (i = 0; i < SCI_TIMEOUT; i++)
		if (reg_read16(&pm1a) & PM1_SCI_EN)
			return;
}

void
hw_power_off(void)
{

	if (!hw_have_fadt || !have_s5)
		return;
	if (hw_fadt.reduced) {
		reg_write8(&sleep_control,
		    (uint8_t)(s5a << SLEEP_SHIFT | SLEEP_EN));
		return;
	}
	hw_acpi_mode();
	reg_write16(&pm1a, (uint16_t)(s5a << PM1_SLP_SHIFT | PM1_SLP_EN));
	if (pm1b.gas.space != 0xff && hw_have_fadt)
		reg_write16(&pm1b,
		    (uint16_t)(s5b << PM1_SLP_SHIFT | PM1_SLP_EN));
}

void
hw_power_reset(void)
{

	if (hw_have_fadt && hw_fadt.has_reset)
		reg_write8(&reset, hw_fadt.reset_value);
}
