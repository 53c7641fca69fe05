/*
 * stop.c: the program is to end, because somebody outside asked for it (`xl
 * shutdown').  A thread of the host's that has no business above the line yet.
 */
#include <programs.h>
#include <stdlib.h>
#include <rump/rump.h>

#include "private.h"

extern int libc_pid;		/* start.c */
void	sirloin_stop(void);
int	rump_pub_lwproc_newlwp(int) __attribute__((weak));

void
sirloin_stop(void)
{

	if (libc_pid == 0)		/* the program has not begun */
		return;
	if (rump_pub_lwproc_newlwp != NULL &&
	    rump_pub_lwproc_newlwp(libc_pid) != 0)
		return;
	if (sirloin_programs_stop != NULL)
		sirloin_programs_stop();
	exit(EXIT_SUCCESS);
}
