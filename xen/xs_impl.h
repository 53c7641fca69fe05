/* xs_impl.h: what xs.c, xsop.c and xswatch.c share. */
#ifndef SIRLOIN_XEN_XS_IMPL_H
#define SIRLOIN_XEN_XS_IMPL_H

#include "event.h"
#include "xs.h"
#include "xsring.h"

/* lock: all of it.  cv: whatever anybody waits for. */
struct xs {
	struct kern_mutex lock;
	struct kern_cv	cv;
	struct xsring	ring;
	struct xen_event event;
	bool		there;		/* there is a xenstore */
	bool		broken;
	bool		sending;	/* somebody's bytes are under way */
	unsigned	talking;	/* calls */
	unsigned	ntxn;		/* open transactions */
	bool		suspended;
	struct thread	*suspender;
};
extern struct xs xs;

struct xs_piece {
	const void	*p;
	size_t		len;
};
/* One request and its answer; reply may be NULL. */
int	xs_talk(uint32_t type, xs_txn, const struct xs_piece *, int n,
	    char **reply, size_t *len);
int	xs_intr(void *);

/* xswatch.c; xs.lock held for the first */
void	xs_watch_event(const char *body, size_t len);
void	xs_rewatch(void);
int	xs_watch_init(void);
/* What waits, in order; the thread's work. */
void	xs_watch_run(void);

#endif /* SIRLOIN_XEN_XS_IMPL_H */
