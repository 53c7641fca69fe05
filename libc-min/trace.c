/* trace.c: the course of the boot above the line, in a trace (rump/trace.h). */
#include <rump/rump.h>
#include <rump/trace.h>

int	main(int, char **) __attribute__((weak));
int	sirloin_main(void);

RUMP_TRACED int
traced_sirloin_main(void)
{

	rumpcomp_trace_phase("configuration");
	return sirloin_main();
}

RUMP_TRACED int
traced_rump_init(void)
{
	int error;

	rumpcomp_trace_phase("rump kernel");
	error = rump_init();
	rumpcomp_trace_phase("network and disks");
	return error;
}

RUMP_TRACED int
traced_main(int argc, char **argv)
{

	rumpcomp_trace_phase("program");
	return main(argc, argv);
}
