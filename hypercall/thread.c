/* thread.c: host threads for the rump kernel's own threads. */
#include "hyp.h"

/*
 * NetBSD asks for PRI_NONE (-1) mostly; its real-time kernel priorities begin
 * at 192 (sys/param.h).  The thread that counts a CPU's clock ticks comes
 * before those that it wakes.
 */
#define NB_PRI_KERNEL_RT	192

/* NetBSD's own kernel stacks have 16 KB; below ours is a guard page. */
#define THREAD_STACK		(32 * 1024)

static int
thread_pri(const char *name, int pri)
{

	if (name != NULL && strncmp(name, "rumpclk", 7) == 0)
		return KERN_PRI_KERNEL + 3;
	if (pri >= NB_PRI_KERNEL_RT ||
	    (name != NULL && strncmp(name, "rsi", 3) == 0))
		return KERN_PRI_KERNEL + 1;
	return KERN_PRI_KERNEL;
}

int
rumpuser_thread_create(void *(*fn)(void *), void *arg, const char *name,
    int mustjoin, int priority, int cpuidx, void **cookie)
{
	struct thread *t;
	int cpu = KERN_CPU_ANY, error;

	if (cpuidx >= 0)
		cpu = (unsigned)cpuidx % kern_ncpu();
	error = kern_thread_create(&t, name != NULL ? name : "rump", fn, arg,
	    thread_pri(name, priority), cpu, mustjoin ? KERN_T_JOIN : 0,
	    THREAD_STACK);
	if (error == 0 && mustjoin)
		*cookie = t;
	return error;
}

void
rumpuser_thread_exit(void)
{

	kern_thread_exit(NULL);
}

int
rumpuser_thread_join(void *cookie)
{
	int nlocks, error;

	nlocks = hyp_unschedule(NULL);
	error = kern_thread_join(cookie, NULL);
	hyp_schedule(nlocks, NULL);
	return error;
}
