/*
 * backbus.h: back ends as backbus.c drives them: the devices that the tool
 * stack lists in this domain's backend/TYPE/FRONTID/DEVID.  Everything here is
 * called in the watch thread ("xenwatch") unless a line says more; a driver's
 * own data has the driver's own locks.
 *
 * A front end is not trusted: its keys are read by backbus_peer_*() only, which
 * say nothing on the console, and what it did wrong is counted, not listed.
 * What the tool stack writes (the device's own keys) is.
 */
#ifndef SIRLOIN_XEN_BACKBUS_H
#define SIRLOIN_XEN_BACKBUS_H

#include <kern.h>
#include <xen.h>
#include <xen/io/xenbus.h>
#include "event.h"
#include "xs.h"

struct backbus_dev;
struct backbus_driver {
	const char	*type;		/* "vif": devices in backend/vif */
	/*
	 * A device is there: its own keys; sets priv.  EAGAIN: not yet;
	 * backbus_look() has it called again.  Other errors: it stays closed.
	 */
	int	(*probe)(struct backbus_dev *);
	/*
	 * What the back end can, before any front end connects: our keys, in
	 * the transaction (which may be tried again: EAGAIN is backbus.c's).
	 */
	int	(*offer)(struct backbus_dev *, xs_txn);
	/*
	 * The front end has made its rings: read its keys, map, bind.  On an
	 * error disconnect() is called as well.
	 */
	int	(*connect)(struct backbus_dev *);
	/* Keys that belong to the connection; may be NULL. */
	int	(*publish)(struct backbus_dev *, xs_txn);
	/* Both sides say that they are connected; may be NULL. */
	void	(*connected)(struct backbus_dev *);
	/*
	 * No more talk with this front end, which may be dead: channels,
	 * mappings and what is under way go.  false: something is still under
	 * way that must end first; backbus_look() has it called again.
	 */
	bool	(*disconnect)(struct backbus_dev *);
	/* After disconnect: the device is gone; priv goes. */
	void	(*remove)(struct backbus_dev *);
	SLIST_ENTRY(backbus_driver) link;
};

struct backbus_dev {
	const struct backbus_driver *driver;
	domid_t		dom;		/* of the front end */
	unsigned	id;
	char		name[32];	/* "vif 3.0", for messages */
	char		node[48];	/* "backend/vif/3/0" */
	char		front[112];	/* "/local/domain/3/device/vif/0" */
	enum xenbus_state state, peer;
	bool		probed, dead;	/* dead: probe failed for good */
	bool		linked;		/* between connect and disconnect */
	uint64_t	penalty;	/* ns that it has to wait after a failure */
	uint64_t	due;		/* when to look at it again, or 0 */
	uint64_t	since;		/* of the connection */
	bool		failed;
	uint32_t	trouble;	/* set by backbus_trouble() */
	const char	*why;
	unsigned	complaints;
	struct xs_watch	watch;
	void		*priv;
	TAILQ_ENTRY(backbus_dev) link;
};

/* Thread context, at any time; existing devices are found then. */
void	backbus_driver(struct backbus_driver *);
/* Any thread: look at all of its devices once more. */
void	backbus_rescan(struct backbus_driver *);
/*
 * Any thread: the front end did what it must not (why: a constant); closes the
 * device, soon.  It may connect again after a second, doubled each time.
 */
void	backbus_trouble(struct backbus_dev *, const char *why);
/* Any thread: have another look at it (any that is gone does no harm). */
void	backbus_look(struct backbus_dev *);

/* ---- keys ---- */

/* The tool stack's.  A missing number, or nonsense, is `otherwise'. */
uint64_t backbus_num(struct backbus_dev *, const char *key, uint64_t max,
	    uint64_t otherwise);
int	backbus_str(struct backbus_dev *, const char *key, char *, size_t size);
/*
 * The front end's; dir is a directory of it ("queue-0"), or NULL.  ENOENT: not
 * there; EINVAL: no number, or more than max.
 */
int	backbus_peer_num(struct backbus_dev *, const char *dir, const char *key,
	    uint64_t max, uint64_t *);
/* A flag: true if it is there and 1. */
bool	backbus_peer_flag(struct backbus_dev *, const char *key);
int	backbus_peer_str(struct backbus_dev *, const char *key, char *,
	    size_t size);

/* ---- rings and channels ---- */

#define BACKBUS_MAXPAGES	16
struct backbus_map {
	void		*va;		/* NULL: nothing is mapped */
	unsigned	n;
	grant_handle_t	handle[BACKBUS_MAXPAGES];
};
/* Pages of the front end, writable, in a row.  Thread context; errno. */
int	backbus_map(struct backbus_dev *, const grant_ref_t *, unsigned n,
	    struct backbus_map *);
void	backbus_unmap(struct backbus_map *);	/* fine when there is nothing */
/* A channel to the front end's port; fn as for xen_event_alloc(). */
int	backbus_event(struct backbus_dev *, evtchn_port_t theirs,
	    const char *name, int cpu, int (*fn)(void *), void *arg,
	    struct xen_event *);

#endif /* SIRLOIN_XEN_BACKBUS_H */
