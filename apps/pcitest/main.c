/*
 * pcitest: the PCI hypercalls, proven with QEMU's "edu" device.
 *
 *	pcitest [edu=N] [kind=msi|intx] [count=N] [mask64] [unplug]
 *
 * edu: how many there must be; kind: what their interrupts must be; count:
 * interrupts in a row; mask64: the devices reach all memory (dma_mask), and
 * there is some above 4 GB; unplug: the last one is in a slot that can be
 * switched off.  A word low=BITS before the configuration: there may be no
 * memory below 2^BITS bytes.  Status: failures, at most 125.
 */
#include <stdlib.h>
#include "pcitest.h"

void	sirloin_before_rump(void);

uint32_t opt_count;
unsigned opt_low = 20;			/* the first MB may have no room */
bool opt_mask64, opt_unplug;
const char *opt_kind;

/* The test kernel knows what hypercalls may do with the context. */
void
sirloin_before_rump(void)
{
	char low[8];

	rumpuser_dprintf("TAP version 13\n");
	if (rumpuser_init(17, &tk_up) != 0) {
		rumpuser_dprintf("Bail out!  rumpuser_init\n");
		rumpuser_exit(125);
	}
	if (rumpuser_getparam("low", low, sizeof(low)) == 0)
		opt_low = strtoul(low, NULL, 0);
	tk_init();
	on_tk = true;
	edu_find();
	test_run(tests_bus);
	test_run(tests_irq);
	test_run(tests_dma);
	on_tk = false;
}

static unsigned expected = ~0u;

static void
found(void)
{

	if (expected != ~0u)
		CHECK_INT(nedu, expected);
}

static const struct test tests_found[] = {
	{ "bus: as many devices as there are", found },
	{ NULL, NULL }
};

int
main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (strncmp(argv[i], "edu=", 4) == 0)
			expected = strtoul(argv[i] + 4, NULL, 0);
		else if (strncmp(argv[i], "kind=", 5) == 0)
			opt_kind = argv[i] + 5;
		else if (strncmp(argv[i], "count=", 6) == 0)
			opt_count = strtoul(argv[i] + 6, NULL, 0);
		else if (strcmp(argv[i], "mask64") == 0)
			opt_mask64 = true;
		else if (strcmp(argv[i], "unplug") == 0)
			opt_unplug = true;
		else {
			rumpuser_dprintf("Bail out!  %s?\n", argv[i]);
			return 2;
		}
	edu_find();
	test_run(tests_found);
	test_run(tests_bus);
	test_run(tests_irq);
	test_run(tests_dma);
	test_run(tests_line);
	test_plan();
	return test_failures();
}
