/*
 * driverdomain: serves devices to other guests.  What it serves is in the
 * configuration and in xenstore; the work is done below, by the back ends, and
 * by the rump kernel's bridge.
 */
#include <stdio.h>
#include <sys/stat.h>
#include "../httpd/httpd.h"
#include "driverdomain.h"

#define PAGES	"/www"		/* no files: only /status is to be had */

int
main(int argc, char **argv)
{

	setvbuf(stdout, NULL, _IOLBF, 0);
	conf_read();
	blk_start();
	console_start();
	printf("ready\n");
	(void)mkdir(PAGES, 0755);
	httpd_run(PAGES, 80, 1);
}
