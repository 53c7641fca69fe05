/*
 * driverdomain: serves devices to other guests.  What it serves is in the
 * configuration and in xenstore; the work is done below, by the back ends, and
 * by the rump kernel's bridge.
 */
#include <stdio.h>
#include <unistd.h>
#include "driverdomain.h"

int
main(int argc, char **argv)
{

	setvbuf(stdout, NULL, _IOLBF, 0);
	conf_read();
	blk_start();
	printf("ready\n");
	for (;;)
		sleep(3600);
}
