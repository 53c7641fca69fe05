/*
 * fake.h: what xen/'s drivers stand on in their host tests: a kernel of one
 * thread, a grant table, event channels, and a xenbus without a store.
 */
#ifndef FAKE_XEN_H
#define FAKE_XEN_H

#include <setjmp.h>
#include "../fake_kern.h"
#include "../../../xen/event.h"
#include "../../../xen/grant.h"
#include "../../../xen/ring.h"
#include "../../../xen/xenbus.h"

extern long fake_pages;			/* that are allocated */
extern bool fake_short;			/* memory and grants run out at times */

/* ---- threads: the last one made ---- */

extern void *(*fake_thread_fn)(void *);
extern void *fake_thread_arg;
/* Run it until it waits for a condition. */
void	fake_thread_run(void);
/* Called by kern_cv_wait when no such thread runs; true: something happened. */
extern bool (*fake_wait)(void);

/* ---- grants ---- */

#define FAKE_REFS	65536
struct fake_grant {
	bool		used, access, readonly;
	bool		mapped;		/* by the back end: xen_grant_end fails */
	void		*page;		/* to be freed, after xen_grant_dispose */
	char		*va;
};
extern struct fake_grant fake_grant[FAKE_REFS];
extern unsigned fake_grants;		/* in use */
/* The page that ref gives the back end, or NULL. */
char	*fake_access(grant_ref_t ref, bool write);
void	fake_unmap_all(void);

/* ---- devices ---- */

extern int (*fake_event_fn)(void *);	/* of the channel made last */
extern struct xenbus_driver *fake_driver;
/* Value of a key of the back end's; ~0: missing. */
extern uint64_t (*fake_key)(const char *key);
/* One that is a string; NULL: anything may be there. */
extern const char *fake_string;
extern const char *fake_trouble;
/* KERN_INIT functions of the files under test. */
void	fake_init(void);

#endif
