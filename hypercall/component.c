/*
 * component.c: rumpuser_component_*, for the lower halves of components.
 * Facts: lib/librumpuser/rumpuser_component.c (NetBSD).
 */
#include "hyp.h"

void *
rumpuser_component_unschedule(void)
{

	return (void *)(intptr_t)hyp_unschedule(NULL);
}

void
rumpuser_component_schedule(void *cookie)
{

	hyp_schedule((int)(intptr_t)cookie, NULL);
}

void
rumpuser_component_kthread(void)
{

	hyp_up.hyp_schedule();
	if (hyp_up.hyp_lwproc_newlwp(0) != 0)
		kern_panic("rumpuser: no lwp for thread %s",
		    kern_thread_name(kern_curthread()));
	hyp_up.hyp_unschedule();
}

struct lwp *
rumpuser_component_curlwp(void)
{
	struct lwp *l;

	hyp_up.hyp_schedule();
	l = hyp_up.hyp_lwproc_curlwp();
	hyp_up.hyp_unschedule();
	return l;
}

void
rumpuser_component_switchlwp(struct lwp *l)
{

	hyp_up.hyp_schedule();
	hyp_up.hyp_lwproc_switch(l);
	hyp_up.hyp_unschedule();
}

void
rumpuser_component_kthread_release(void)
{

	hyp_up.hyp_schedule();
	hyp_up.hyp_lwproc_release();
	hyp_up.hyp_unschedule();
}

int
rumpuser_component_errtrans(int error)
{

	return error;
}
