/*
 * syncer.c: a thread that bounds what a loss of power costs: half a minute of
 * sizes and times of files that are open for writing.
 */
#include "vfs.h"

#define SYNC_SECONDS	30

static void
syncer(void *arg)
{

	for (;;) {
		(void)rumpuser_clock_sleep(RUMPUSER_CLOCK_RELWALL,
		    SYNC_SECONDS, 0);
		vfs_sync();
	}
}

void
vfs_syncer_start(void)
{
	static int started;

	/* without it, there are fsync, close and unmount */
	if (__atomic_exchange_n(&started, 1, __ATOMIC_RELAXED) == 0)
		(void)kthread_create("syncer", syncer, NULL);
}
