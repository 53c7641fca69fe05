/*
 * suspend.c: the domain is frozen here and thawed elsewhere (`xl save', `xl
 * restore', migration).  Who needs to know has an entry in a list.
 */
#include "control.h"
#include "grant.h"
#include "xs.h"

static TAILQ_HEAD(suspenders, xen_suspender) list = TAILQ_HEAD_INITIALIZER(list);

void
xen_on_suspend(struct xen_suspender *s)
{

	TAILQ_INSERT_TAIL(&list, s, link);
}

/* In the watch thread, which is xenstore's only user meanwhile. */
void
xen_do_suspend(void)
{
	struct xen_suspender *s;
	const char *why;
	bool cancelled;
	int error;

	TAILQ_FOREACH(s, &list, link)
		if (s->refuse != NULL && (why = s->refuse(s->arg)) != NULL) {
			kern_printf("xen: not suspended: %s\n", why);
			return;
		}
	TAILQ_FOREACH_REVERSE(s, &list, suspenders, link)
		if (s->before != NULL)
			s->before(s->arg);
	xs_suspend();
	error = xen_suspend(xen_grant_resume);
	cancelled = error != 0;
	xs_resume(cancelled);
	if (cancelled)
		kern_printf("xen: not suspended: error %d\n", error);
	else
		kern_printf("xen: resumed\n");
	TAILQ_FOREACH(s, &list, link)
		s->after(s->arg, cancelled);
}
