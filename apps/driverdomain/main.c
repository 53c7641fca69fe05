/*
 * driverdomain: serves devices to other guests.  What it serves is in the
 * configuration and in xenstore; the work is done below, by the back ends, and
 * by the rump kernel's bridge.
 */
#include <stdio.h>
#include <unistd.h>

int
main(int argc, char **argv)
{

	printf("ready\n");
	for (;;)
		sleep(3600);
}
