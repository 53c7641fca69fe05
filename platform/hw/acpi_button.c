/*
 * The power button of ACPI's fixed hardware (6.4, 4.8.3.1, 4.8.4.1.1): its
 * events come by the SCI.  Other events are switched off: nobody here could
 * say what they mean.
 */
#include <kern_errno.h>

#include "hw.h"

#define PWRBTN		0x0100		/* in PM1 status and enable */

static uint16_t
port_of(const struct hw_gas *g)
{

	return g->space == 1 && g->addr < 0xfff0 ? (uint16_t)g->addr : 0;
}

/* General-purpose events: a half of status bits, a half of enable bits. */
static void
silence_gpe(const struct hw_gas *g, unsigned len)
{
	unsigned i;

	for (i = len / 2; port_of(g) != 0 && i < len; i++)
		pio_out8((uint16_t)(port_of(g) + i), 0);
}

static void
enable(const struct hw_gas *g, uint16_t events)
{
	uint16_t port = port_of(g);

	if (port == 0)
		return;
	pio_out16((uint16_t)(port + hw_fadt.evtlen / 2), events);
	pio_out16(port, 0xffff);	/* 1 clears */
}

int
plat_button_line(unsigned *gsi, unsigned *flags)
{

	if (!hw_have_fadt || hw_fadt.reduced || !hw_fadt.button ||
	    port_of(&hw_fadt.pm1a_evt) == 0)
		return ENODEV;
	silence_gpe(&hw_fadt.gpe[0], hw_fadt.gpelen[0]);
	silence_gpe(&hw_fadt.gpe[1], hw_fadt.gpelen[1]);
	enable(&hw_fadt.pm1b_evt, 0);
	hw_acpi_mode();
	enable(&hw_fadt.pm1a_evt, PWRBTN);
	*gsi = hw_fadt.sci;
	*flags = PLAT_IRQ_LEVEL | PLAT_IRQ_LOW;
	return 0;
}

bool
plat_button_pressed(void)
{
	uint16_t port = port_of(&hw_fadt.pm1a_evt), status = pio_in16(port);

	pio_out16(port, status);
	return (status & PWRBTN) != 0;
}
