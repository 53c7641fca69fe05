/*
 * A backend in dom0 that lies: user space, through gntdev, evtchn and xenstored.
 * It is a right and slow backend in all but the one thing that its LIE names.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <xengnttab.h>

#include "common.h"

#define VDEV(n)	(51712 + 16 * (n))		/* xvda, xvdb, ... */

struct device {
	const char *front, *back;	/* xenstore paths */
	int domid;
	unsigned n;			/* which of the domain's */
	const char *lie;
	unsigned served;		/* requests seen */
	bool lied;
};

extern xengnttab_handle *gnt;

/* Is the lie this one, and has it not been told?  It is, now. */
bool	lies(struct device *, const char *name);
/* The same for one that is told every time. */
bool	lying(const struct device *, const char *name);

/* A number of the front end's; false: none there. */
bool	get_number(const struct device *, const char *key, unsigned *);
void	*map(int domid, unsigned ref);
void	set_state(struct device *, int);

/* A kind of device: what is in the backend's folder before the front end looks
 * (offer) and when it connects (connect: true if there are rings to serve), and
 * what is done when it has sent an event. */
struct kind {
	const char *name, *frontname;
	void	(*offer)(struct device *);
	bool	(*connect)(struct device *, unsigned *port);
	bool	(*serve)(struct device *);	/* true: tell the front end */
};
extern const struct kind net_kind, blk_kind;

#endif
