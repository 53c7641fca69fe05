/* stop.c: the end, when it is asked for from outside. */
#include "thread.h"

/*
 * The program's orderly end (libc-min/stop.c): output flushed, file systems in
 * order, exit status 0.  It is in no image that cannot be asked.
 */
void	sirloin_stop(void) __attribute__((weak));

static uint32_t asked;

static void *
stop_main(void *arg)
{

	if (sirloin_stop != NULL)
		sirloin_stop();
	kern_exit(0);
	return NULL;
}

void
kern_stop(enum plat_end how)
{

	if (__atomic_fetch_add(&asked, 1, __ATOMIC_SEQ_CST) > 0) {
		kern_printf("sirloin: asked again to stop: at once\n");
		kern_console_flush();
		plat_end(how, 0);
	}
	kern_exit_how = how;
	if (kern_thread_create(NULL, "stop", stop_main, NULL, KERN_PRI_USER,
	    KERN_CPU_ANY, 0, 0) != 0)
		plat_end(how, 0);
}
