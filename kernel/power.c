/* power.c: the power button: an end in order, the second time at once. */
#include <kern.h>

static int
event(void *arg)
{

	if (!plat_button_pressed())
		return 0;
	kern_stop(PLAT_EXIT);
	return 1;
}

static void
power_init(void)
{
	struct kern_irq *irq;
	unsigned gsi, flags;

	if (plat_button_line(&gsi, &flags) == 0)
		(void)kern_irq_line("power button", gsi, flags, event, NULL, &irq);
}
KERN_INIT(KERN_INIT_LATE, power_init);
