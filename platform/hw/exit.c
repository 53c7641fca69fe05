/*
 * The end: status to the host, then power off or reset (docs/exit.md).
 */
#include <stdio.h>
#include <string.h>

#include "hw.h"

#define STATUS_PORT	0xe9		/* QEMU's isa-debugcon */
#define EXIT_PORT	0xf4		/* QEMU's isa-debug-exit */
#define PANIC_STATUS	134
#define KBD_STATUS	0x64
#define KBD_BUSY	0x02
#define KBD_RESET	0xfe
#define RESET_PORT	0xcf9

/* For what was just asked for to happen: 50 ms, if the clock still goes. */
static void
wait_a_little(void)
{
	uint64_t end = plat_clock() + 50000000;
	unsigned i;

	for (i = 0; i < 50000 && plat_clock() < end; i++)
		(void)pio_in8(0x80);
}

static void __attribute__((noreturn))
reset(void)
{
	static const struct { uint16_t limit; uint64_t base; }
	    __attribute__((packed)) none = { 0, 0 };
	unsigned i;

	hw_power_reset();
	wait_a_little();
	pio_out8(RESET_PORT, 0x02);
	pio_out8(RESET_PORT, 0x06);
	wait_a_little();
	if (!(hw_have_fadt && hw_fadt.no_8042)) {
		for (i = 0; i < 10000 && (pio_in8(KBD_STATUS) & KBD_BUSY); i++)
			continue;
		pio_out8(KBD_STATUS, KBD_RESET);
		wait_a_little();
	}
	/* A fault that cannot be delivered resets every PC. */
	__asm__ volatile("lidt %0; int3" : : "m"(none));
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* A line for the host; false when nobody listens. */
bool
hw_status(const char *line)
{

	if (pio_in8(STATUS_PORT) != STATUS_PORT)
		return false;
	for (; *line != '\0'; line++)
		pio_out8(STATUS_PORT, (uint8_t)*line);
	return true;
}

static bool
tell(enum plat_end how, int status)
{
	char line[32];

	if (how == PLAT_EXIT)
		snprintf(line, sizeof(line), "exit %d\n", status & 0xff);
	else
		snprintf(line, sizeof(line), "%s\n",
		    how == PLAT_PANIC ? "panic" : "reboot");
	return hw_status(line);
}

void
plat_end(enum plat_end how, int status)
{
	bool host;

	plat_irq_off();
	hw_xen_end(how, status);
	host = tell(how, status);
	if (how == PLAT_REBOOT)
		reset();
	if (host)
		pio_out32(EXIT_PORT, how == PLAT_PANIC ? PANIC_STATUS >> 1 :
		    (uint32_t)status & 0x7f);
	hw_power_off();
	wait_a_little();
	/* Still here: there is no power off.  A reset would start it all over
	 * again, so stop. */
	if (how == PLAT_EXIT)
		hw_log("sirloin: ended; the machine can be switched off\n");
	for (;;)
		__asm__ volatile("cli; hlt");
}
