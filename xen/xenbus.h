/*
 * xenbus.h: front ends as xenbus.c drives them.  Everything here is called in
 * the watch thread ("xenwatch") unless a line says more; a driver's own data
 * has the driver's own locks.
 */
#ifndef SIRLOIN_XEN_XENBUS_H
#define SIRLOIN_XEN_XENBUS_H

#include <kern.h>
#include <xen.h>
#include <xen/io/xenbus.h>
#include "xs.h"

struct xenbus_dev;
struct xenbus_driver {
	const char	*type;		/* "vif": devices in device/vif */
	/* The state after connect(); Initialised: connected() comes later. */
	enum xenbus_state after;
	/* A device is there, or there again: the front end's own keys. */
	int	(*probe)(struct xenbus_dev *);
	/*
	 * The back end waits for rings: make them, write our keys (in the
	 * transaction, which may be tried again: EAGAIN is xenbus.c's).
	 */
	int	(*connect)(struct xenbus_dev *);
	int	(*publish)(struct xenbus_dev *, xs_txn);
	/* The back end works; also when it says so again. */
	int	(*connected)(struct xenbus_dev *, bool first);
	/* Give it a name; once.  hot: the boot is long over. */
	void	(*attach)(struct xenbus_dev *, bool hot);
	/*
	 * The connection is over; rings and grants go.  What was under way
	 * fails if gone, else it waits for the next connection.
	 */
	void	(*disconnect)(struct xenbus_dev *, bool gone);
	/*
	 * The back end's state is Reconfiguring or Reconfigured: what ours is
	 * now.  NULL: such a state means nothing.
	 */
	enum xenbus_state (*reconfigure)(struct xenbus_dev *);
	/* Whether it is in use, so that a polite request to close must wait. */
	bool	(*busy)(struct xenbus_dev *);
	SLIST_ENTRY(xenbus_driver) link;
};

struct xenbus_dev {
	const struct xenbus_driver *driver;
	unsigned	id;
	char		name[24];	/* "vif 0", for messages */
	char		node[40];	/* "device/vif/0" */
	char		backend[128];
	domid_t		dom;		/* of the back end */
	enum xenbus_state state, peer;
	bool		there;		/* in the store */
	bool		linked;		/* between connect and disconnect */
	bool		attached;
	bool		failed;		/* given up, until it is made anew */
	uint32_t	trouble;	/* set by xenbus_trouble(); any thread */
	const char	*why;
	struct xs_watch	watch;
	void		*priv;
	TAILQ_ENTRY(xenbus_dev) link;
};

/* Before KERN_INIT_DEVICE. */
void	xenbus_driver(struct xenbus_driver *);
/* Any thread: the back end did what it must not; closes the device, soon. */
void	xenbus_trouble(struct xenbus_dev *, const char *why);
/* Any thread: the device is not busy any more: have another look. */
void	xenbus_look(struct xenbus_dev *);

/* The back end's keys.  A missing number is `otherwise'; nonsense too. */
uint64_t xenbus_peer_num(struct xenbus_dev *, const char *key, uint64_t max,
	    uint64_t otherwise);

#endif /* SIRLOIN_XEN_XENBUS_H */
