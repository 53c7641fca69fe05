/* run.h: the programs of the configuration, one after the other or together. */
#ifndef APPS_LINUX_RUN_H
#define APPS_LINUX_RUN_H

#include <programs.h>

#define MAXPROGRAMS	8
#define STOP_WAIT	10		/* s from SIGTERM to the end */

/* All have ended: the image's exit status (docs/configuration.md). */
int	run_programs(const struct program *, int n);

#endif /* APPS_LINUX_RUN_H */
