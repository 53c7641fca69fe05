/* trace.c: the program's begin in a trace (ld --wrap=main). */
#include <rump/trace.h>

int	__real_main(int, char **) __attribute__((weak));	/* start.c */
int	__wrap_main(int, char **);
int
__wrap_main(int argc, char **argv)
{

	if (rumpcomp_trace_phase != NULL)
		rumpcomp_trace_phase("program");
	return __real_main(argc, argv);
}
