/* exit.c: ends, and the calls that have little to do here. */
#include "hyp.h"

void
rumpuser_exit(int value)
{

	if (value == RUMPUSER_PANIC)
		kern_panic("rump kernel panic");
	kern_exit(value);
}

/* NetBSD's signals whose default is not to end the process (signal(7)). */
static bool
exit_harmless(int sig)
{

	switch (sig) {
	case 0:
	case 13:		/* SIGPIPE: the write's EPIPE says it all */
	case 16: case 19:	/* SIGURG, SIGCONT */
	case 17: case 18:	/* SIGSTOP, SIGTSTP: nobody could continue it */
	case 20: case 21: case 22: case 23: /* SIGCHLD, TTIN, TTOU, SIGIO */
	case 28: case 29: case 32: /* SIGWINCH, SIGINFO, SIGPWR */
		return true;
	default:
		return false;
	}
}

int
rumpuser_kill(int64_t pid, int sig)
{

	(void)pid;		/* there is one process */
	if (sig < 0 || sig > 63)
		return EINVAL;
	if (exit_harmless(sig))
		return 0;
	kern_printf("killed by signal %d\n", sig);
	kern_exit(128 + sig);
}

int
rumpuser_daemonize_begin(void)
{

	return ENOSYS;
}

int
rumpuser_daemonize_done(int error)
{

	(void)error;
	return ENOSYS;
}

void
rumpuser_dl_bootstrap(rump_modinit_fn domodinit, rump_symload_fn symload,
    rump_compload_fn compload, rump_evcntattach_fn evattach)
{

	(void)domodinit;
	(void)symload;
	(void)compload;
	(void)evattach;
}
