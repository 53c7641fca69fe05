/*
 * rumpuser_component.h: what the hypercalls of a component (a driver's half
 * below the line) need.  Fact: NetBSD's lib/librumpuser/rumpuser_component.h.
 */
#ifndef SIRLOIN_RUMP_RUMPUSER_COMPONENT_H
#define SIRLOIN_RUMP_RUMPUSER_COMPONENT_H

struct lwp;

/* Give up the context around a wait; the cookie goes back to schedule. */
void	*rumpuser_component_unschedule(void);
void	rumpuser_component_schedule(void *cookie);
/* A host's error number as NetBSD's: here they are the same. */
int	rumpuser_component_errtrans(int);

/* Make the calling host thread one of the rump kernel's: gives it an lwp. */
void	rumpuser_component_kthread(void);
struct lwp *rumpuser_component_curlwp(void);
void	rumpuser_component_switchlwp(struct lwp *);
void	rumpuser_component_kthread_release(void);

#endif /* SIRLOIN_RUMP_RUMPUSER_COMPONENT_H */
