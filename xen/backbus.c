/*
 * backbus.c: devices that this domain serves to others, as xenstore lists them,
 * each with the two states of its connection (Xen public io/xenbus.h).  One
 * thread does all of it: the one that watches call.
 *
 * The tool stack makes backend/TYPE/FRONTID/DEVID, waits for InitWait and for
 * hotplug-status, and asks for the end with online = 0, state = Closing.  It
 * leaves the directory to the domain that has the back end.
 */
#include <stdio.h>
#include <string.h>
#include "backbus_impl.h"

#define COMPLAINTS	10		/* a device */
#define PENALTY		1000000000ull	/* ns, the first time */
#define PENALTY_MAX	64000000000ull
#define GOOD		60000000000ull	/* a connection that lasts makes it good */
#define LINGER		100000000ull	/* the tool stack looks once more */

/* ---- states ---- */

static void
complain(struct backbus_dev *d, const char *what, int error)
{

	if (d->complaints++ >= COMPLAINTS)
		return;
	if (error != 0)
		kern_printf("%s: %s: error %d\n", d->name, what, error);
	else
		kern_printf("%s: %s: closed\n", d->name, what);
}

/*
 * Keys and the state that goes with them, all at once; ENOENT: the directory is
 * gone, and must not come back by this.
 */
static int
write_keys(struct backbus_dev *d, int (*keys)(struct backbus_dev *, xs_txn),
    bool hotplug, enum xenbus_state s)
{
	uint64_t was;
	xs_txn t;
	int error;

	do {
		if ((error = xs_begin(&t)) != 0)
			return error;
		error = xs_read_num(t, d->node, "state",
		    XenbusStateReconfigured, &was);
		if (error == 0 && keys != NULL)
			error = keys(d, t);
		if (error == 0 && hotplug)
			error = xs_write(t, d->node, "hotplug-status",
			    "connected");
		if (error == 0)
			error = xs_printf(t, d->node, "state", "%u", s);
		if (error != 0)
			(void)xs_end(t, true);
		else
			error = xs_end(t, false);
	} while (error == EAGAIN);
	if (error == 0 || error == ENOENT)
		d->state = s;
	return error;
}

void
backbus_set_state(struct backbus_dev *d, enum xenbus_state s)
{
	int error;

	if (d->state == s)
		return;
	error = write_keys(d, NULL, false, s);
	if (error != 0 && error != ENOENT)
		complain(d, "its state is not written", error);
}

/* False: it takes longer. */
bool
backbus_unlink(struct backbus_dev *d)
{

	if (d->linked && !d->driver->disconnect(d))
		return false;
	d->linked = false;
	d->trouble = 0;
	return true;
}

/* It may try again, but not soon; the more often the later. */
static void
give_up(struct backbus_dev *d, const char *why, int error)
{

	complain(d, why, error);
	if (d->linked && plat_clock() - d->since > GOOD)
		d->penalty = 0;
	d->penalty = d->penalty == 0 ? PENALTY : d->penalty * 2;
	if (d->penalty > PENALTY_MAX)
		d->penalty = PENALTY_MAX;
	d->failed = true;
	backbus_look_later(d, d->penalty);
	if (backbus_unlink(d))
		backbus_set_state(d, XenbusStateClosed);
}

static void
offer(struct backbus_dev *d)
{
	int error;

	error = write_keys(d, d->driver->offer, true, XenbusStateInitWait);
	if (error != 0)
		give_up(d, "its keys are not written", error);
}

static void
link_dev(struct backbus_dev *d)
{
	int error;

	d->linked = true;		/* for disconnect */
	d->trouble = 0;
	d->since = plat_clock();
	if ((error = d->driver->connect(d)) != 0)
		give_up(d, "the front end is not connected", error);
	else if ((error = write_keys(d, d->driver->publish, false,
	    XenbusStateConnected)) != 0)
		give_up(d, "its keys are not written", error);
	else if (d->driver->connected != NULL)
		d->driver->connected(d);
}

/* ---- one look at a device ---- */

/* The front end's state; Unknown where it is none. */
static enum xenbus_state
peer_state(struct backbus_dev *d)
{
	uint64_t v;

	return backbus_peer_num(d, NULL, "state", XenbusStateReconfigured,
	    &v) == 0 ? (enum xenbus_state)v : XenbusStateUnknown;
}

/* The tool stack has asked for the end, and there is one. */
static void
ended(struct backbus_dev *d)
{

	backbus_set_state(d, XenbusStateClosed);
	if (d->due == 0)
		backbus_look_later(d, LINGER);
}

static void
peer_moves(struct backbus_dev *d, bool online)
{

	switch (d->peer) {
	case XenbusStateInitialising:
	case XenbusStateInitWait:
		if (!backbus_unlink(d))
			break;
		if (!online)
			ended(d);
		else if (d->state != XenbusStateInitWait)
			offer(d);
		break;
	case XenbusStateInitialised:
	case XenbusStateConnected:
		if (!online)
			backbus_set_state(d, XenbusStateClosing);
		else if (!d->linked && d->state == XenbusStateInitialising)
			offer(d);
		else if (!d->linked && d->state == XenbusStateInitWait)
			link_dev(d);
		break;
	case XenbusStateClosing:
		if (backbus_unlink(d))
			backbus_set_state(d, XenbusStateClosing);
		break;
	case XenbusStateClosed:
	case XenbusStateUnknown:
		if (!backbus_unlink(d))
			break;
		if (!online)
			ended(d);
		else if (d->state == XenbusStateInitialising)
			offer(d);
		else if (d->state != XenbusStateInitWait)
			backbus_set_state(d, XenbusStateClosed);
		break;
	default:
		break;
	}
}

/* Probe it, and know its front end. */
static bool
prepare(struct backbus_dev *d)
{
	int error;

	if (d->probed || d->dead)
		return d->probed;
	(void)snprintf(d->watch.path, sizeof(d->watch.path), "%s/state",
	    d->front);
	if ((error = d->driver->probe(d)) == EAGAIN)
		return false;
	if (error == 0 && !d->watch.on)
		error = xs_watch(&d->watch);
	if (error != 0) {
		d->dead = true;
		complain(d, "not usable", error);
		backbus_set_state(d, XenbusStateClosed);
	}
	d->probed = !d->dead;
	return d->probed;
}

/* All but the tool stack's wish is forgotten. */
static bool
forget(struct backbus_dev *d)
{

	if (!backbus_unlink(d))
		return false;
	xs_unwatch(&d->watch);
	if (d->probed)
		d->driver->remove(d);
	d->probed = d->dead = d->failed = false;
	d->due = 0;
	d->penalty = 0;
	d->state = XenbusStateInitialising;
	return true;
}

bool
backbus_step(struct backbus_dev *d)
{
	uint64_t own;
	char front[sizeof(d->front)];
	bool online;

	if (xs_read_num(0, d->node, "state", XenbusStateReconfigured, &own) !=
	    0 || backbus_str(d, "frontend", front, sizeof(front)) != 0)
		return !forget(d);
	/* made anew at the same place? */
	if ((own == XenbusStateInitialising &&
	    d->state != XenbusStateInitialising) ||
	    strcmp(front, d->front) != 0) {
		if (!forget(d))
			return true;
		strcpy(d->front, front);
	}
	online = backbus_num(d, "online", 1, 1) != 0;
	if (own == XenbusStateClosing && d->state != XenbusStateClosing)
		d->state = XenbusStateClosing;		/* who asks, writes it */
	if (!prepare(d)) {
		if (!online)
			ended(d);
		return true;
	}
	if (d->trouble && !d->failed)
		give_up(d, d->why, 0);
	d->peer = peer_state(d);
	if (d->failed && online) {
		if (d->linked && backbus_unlink(d))
			backbus_set_state(d, XenbusStateClosed);
		if (d->due != 0 || d->linked)
			return true;
		d->failed = false;
	}
	peer_moves(d, online);
	return true;
}
