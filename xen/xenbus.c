/*
 * xenbus.c: devices as xenstore lists them, each with the two states of its
 * connection (Xen public io/xenbus.h, io/blkif.h).  The watch thread does it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "control.h"
#include "xenbus.h"
#include "xsring.h"

#define MAXDEV		64
#define PATIENCE	10000000000ull	/* ns at boot for back ends */

static SLIST_HEAD(, xenbus_driver) drivers = SLIST_HEAD_INITIALIZER(drivers);
static TAILQ_HEAD(, xenbus_dev) devs = TAILQ_HEAD_INITIALIZER(devs);
static unsigned ndev;
static bool scanned, booted;
static struct kern_mutex boot_lock;
static struct kern_cv boot_cv;

void
xenbus_driver(struct xenbus_driver *d)
{

	SLIST_INSERT_HEAD(&drivers, d, link);
}

uint64_t
xenbus_peer_num(struct xenbus_dev *d, const char *key, uint64_t max,
    uint64_t otherwise)
{
	uint64_t v;

	return xs_read_num(0, d->backend, key, max, &v) == 0 ? v : otherwise;
}

/* ---- states ---- */

static void
set_state(struct xenbus_dev *d, enum xenbus_state s)
{
	int error;

	if (d->state == s)
		return;
	d->state = s;
	if (!d->there)
		return;
	error = xs_printf(0, d->node, "state", "%u", s);
	if (error != 0 && error != ENOENT)
		kern_printf("%s: state %u is not written: error %d\n", d->name,
		    s, error);
}

static void
unlink_dev(struct xenbus_dev *d, bool gone)
{

	if (d->linked || gone)
		d->driver->disconnect(d, gone);
	d->linked = false;
}

static void
give_up(struct xenbus_dev *d, const char *why, int error)
{

	if (error != 0)
		kern_printf("%s: %s: error %d\n", d->name, why, error);
	else
		kern_printf("%s: %s: closed\n", d->name, why);
	d->failed = true;
	unlink_dev(d, true);
	set_state(d, XenbusStateClosed);
}

/* Rings, then our keys, all at once. */
static void
link_dev(struct xenbus_dev *d)
{
	xs_txn t;
	int error;

	if ((error = d->driver->connect(d)) != 0) {
		give_up(d, "not connected", error);
		return;
	}
	d->linked = true;
	do {
		if ((error = xs_begin(&t)) != 0)
			break;
		if ((error = d->driver->publish(d, t)) != 0)
			(void)xs_end(t, true);
		else
			error = xs_end(t, false);
	} while (error == EAGAIN);
	if (error != 0)
		give_up(d, "its keys are not written", error);
	else
		set_state(d, d->driver->after);
}

static void
attach(struct xenbus_dev *d, bool hot)
{

	if (!booted || d->attached || d->state != XenbusStateConnected ||
	    d->peer != XenbusStateConnected)
		return;
	d->attached = true;
	d->driver->attach(d, hot);
}

static void
peer_connected(struct xenbus_dev *d)
{
	bool first;
	int error;

	if (d->state == XenbusStateInitialising)
		link_dev(d);
	if (d->failed || !d->linked)
		return;
	first = d->state == XenbusStateInitialised ||
	    d->driver->after == XenbusStateConnected;
	if ((error = d->driver->connected(d, first)) != 0) {
		give_up(d, "what the back end says makes no sense", error);
		return;
	}
	set_state(d, XenbusStateConnected);
	attach(d, true);
}

/* The back end closes: to come back, or because the device is unplugged. */
static void
peer_closes(struct xenbus_dev *d, enum xenbus_state peer)
{
	bool online = xenbus_peer_num(d, "online", 1, 0) != 0;

	if (peer == XenbusStateClosing && !online && d->linked &&
	    d->driver->busy != NULL && d->driver->busy(d)) {
		if (d->state != XenbusStateClosing)
			kern_printf("%s: is to be unplugged, but is in use\n",
			    d->name);
		set_state(d, XenbusStateClosing);
		return;
	}
	unlink_dev(d, !online && d->linked);
	set_state(d, XenbusStateClosed);
	if (peer == XenbusStateClosed && online && d->there)
		set_state(d, XenbusStateInitialising);
}

static void
step(struct xenbus_dev *d)
{
	enum xenbus_state was = d->peer;
	uint64_t v;

	if (d->trouble && !d->failed)
		give_up(d, d->why, 0);
	if (!d->there || d->failed)
		return;
	d->peer = xs_read_num(0, d->backend, "state", XenbusStateReconfigured,
	    &v) == 0 ? (enum xenbus_state)v : XenbusStateUnknown;
	switch (d->peer) {
	case XenbusStateInitialising:
	case XenbusStateInitWait:
		if (d->linked && was >= XenbusStateConnected) {
			kern_printf("%s: the back end begins anew\n", d->name);
			unlink_dev(d, false);
			set_state(d, XenbusStateInitialising);
		}
		if (d->peer == XenbusStateInitWait && !d->linked) {
			set_state(d, XenbusStateInitialising);
			link_dev(d);
		}
		break;
	case XenbusStateInitialised:
		if (d->state == XenbusStateInitialising)
			link_dev(d);
		break;
	case XenbusStateConnected:
		peer_connected(d);
		break;
	case XenbusStateClosing:
	case XenbusStateClosed:
		peer_closes(d, d->peer);
		break;
	case XenbusStateReconfiguring:
	case XenbusStateReconfigured:
		if (d->linked && d->driver->reconfigure != NULL)
			set_state(d, d->driver->reconfigure(d));
		break;
	default:
		if (d->peer == XenbusStateUnknown && d->linked) {
			kern_printf("%s: the back end is gone\n", d->name);
			unlink_dev(d, false);
			set_state(d, XenbusStateInitialising);
		}
		break;
	}
}

/* At boot somebody waits for devices to be settled. */
static void
stepped(void)
{

	kern_mutex_lock(&boot_lock);
	kern_cv_broadcast(&boot_cv);
	kern_mutex_unlock(&boot_lock);
}

static void
peer_changed(struct xs_watch *w, const char *path)
{

	step(w->arg);
	stepped();
}

static void
look(void *arg)
{

	step(arg);
	stepped();
}

void
xenbus_look(struct xenbus_dev *d)
{

	(void)xs_defer(look, d);
}

void
xenbus_trouble(struct xenbus_dev *d, const char *why)
{

	if (__atomic_exchange_n(&d->trouble, 1, __ATOMIC_SEQ_CST) != 0)
		return;
	d->why = why;
	xenbus_look(d);
}

/* ---- devices come and go ---- */

/* Where the back end is; it may have moved. */
static int
find_backend(struct xenbus_dev *d)
{
	char path[sizeof(d->backend)];
	uint64_t dom;
	int error;

	error = xs_read_str(0, d->node, "backend", path, sizeof(path));
	if (error == 0)
		error = xs_read_num(0, d->node, "backend-id",
		    DOMID_FIRST_RESERVED - 1, &dom);
	if (error == 0 && (path[0] != '/' ||
	    strlen(path) + sizeof("/state") > sizeof(d->watch.path)))
		error = EINVAL;
	if (error != 0 || (strcmp(path, d->backend) == 0 && dom == d->dom &&
	    d->watch.on))
		return error;
	xs_unwatch(&d->watch);
	if (d->linked) {
		unlink_dev(d, false);
		d->state = XenbusStateUnknown;
		set_state(d, XenbusStateInitialising);
	}
	strcpy(d->backend, path);
	d->dom = (domid_t)dom;
	d->peer = XenbusStateUnknown;
	(void)snprintf(d->watch.path, sizeof(d->watch.path), "%s/state",
	    d->backend);
	d->watch.fn = peer_changed;
	d->watch.arg = d;
	return xs_watch(&d->watch);
}

static void
comes(struct xenbus_dev *d)
{
	int error;

	d->there = true;
	d->failed = false;
	d->trouble = 0;
	d->state = XenbusStateInitialising;	/* the tool stack wrote that */
	if ((error = d->driver->probe(d)) != 0 ||
	    (error = find_backend(d)) != 0)
		give_up(d, "not usable", error);
}

static void
goes(struct xenbus_dev *d)
{

	kern_printf("%s: unplugged\n", d->name);
	d->there = false;
	xs_unwatch(&d->watch);
	unlink_dev(d, true);
	d->backend[0] = '\0';
	d->state = d->peer = XenbusStateUnknown;
}

static struct xenbus_dev *
find(const struct xenbus_driver *driver, unsigned id)
{
	struct xenbus_dev *d, *after = NULL;

	TAILQ_FOREACH(d, &devs, link) {
		if (d->driver == driver && d->id == id)
			return d;
		if (d->driver == driver && d->id < id)
			after = d;
	}
	if (ndev == MAXDEV || (d = kern_zalloc(sizeof(*d))) == NULL)
		return NULL;
	ndev++;
	d->driver = driver;
	d->id = id;
	(void)snprintf(d->name, sizeof(d->name), "%s %u", driver->type, id);
	(void)snprintf(d->node, sizeof(d->node), "device/%s/%u", driver->type,
	    id);
	if (after != NULL)
		TAILQ_INSERT_AFTER(&devs, after, d, link);
	else
		TAILQ_INSERT_HEAD(&devs, d, link);
	return d;
}

static bool
listed(const char *names, size_t len, unsigned id)
{
	const char *s;
	uint64_t v;
	unsigned n;

	for (n = 0; (s = xs_string(names, len, n)) != NULL; n++)
		if (xs_number(s, &v) && v == id)
			return true;
	return false;
}

static void
scan_type(const struct xenbus_driver *driver)
{
	struct xenbus_dev *d;
	const char *s;
	char *names;
	size_t len;
	uint64_t id;
	unsigned n;
	int error;

	error = xs_directory(0, "device", driver->type, &names, &len);
	if (error != 0 && error != ENOENT) {
		kern_printf("xen: device/%s is not listed: error %d\n",
		    driver->type, error);
		return;
	}
	if (error != 0) {
		names = NULL;
		len = 0;
	}
	TAILQ_FOREACH(d, &devs, link)
		if (d->driver == driver && d->there &&
		    !listed(names, len, d->id))
			goes(d);
	for (n = 0; (s = xs_string(names, len, n)) != NULL; n++) {
		if (!xs_number(s, &id) || id > UINT32_MAX ||
		    (d = find(driver, (unsigned)id)) == NULL) {
			kern_printf("xen: device/%s/%.20s: not used\n",
			    driver->type, s);
			continue;
		}
		if (!d->there)
			comes(d);
		else if (!d->failed && (error = find_backend(d)) != 0 &&
		    error != ENOENT)
			give_up(d, "not usable", error);
	}
	kern_free(names);
}

/* Devices, but not the keys that we write ourselves. */
static void
devices_changed(struct xs_watch *w, const char *path)
{
	const struct xenbus_driver *d;
	const char *p = path;
	unsigned depth = 0;

	while ((p = strchr(p, '/')) != NULL) {
		p++;
		depth++;
	}
	if (depth > 3 || (depth == 3 &&
	    strcmp(strrchr(path, '/'), "/backend") != 0))
		return;
	SLIST_FOREACH(d, &drivers, link)
		scan_type(d);
	scanned = true;
	stepped();
}

static struct xs_watch device_watch = {
	.path = "device", .fn = devices_changed
};

/* ---- suspend ---- */

/* Rings and grants are gone: begin with what the store says now. */
static void
after_suspend(void *arg, bool cancelled)
{
	struct xenbus_dev *d;

	if (cancelled)
		return;
	TAILQ_FOREACH(d, &devs, link) {
		if (!d->there)
			continue;
		unlink_dev(d, false);
		xs_unwatch(&d->watch);
		d->backend[0] = '\0';
		d->peer = XenbusStateUnknown;
		d->failed = false;
		d->trouble = 0;
		d->state = XenbusStateInitialising;
		if (find_backend(d) == ENOENT)
			goes(d);
	}
}

static struct xen_suspender suspender = { .after = after_suspend };

/* ---- boot ---- */

static bool
settled(void)
{
	struct xenbus_dev *d;

	if (!scanned)
		return false;
	TAILQ_FOREACH(d, &devs, link)
		if (d->there && !d->failed &&
		    (d->state != XenbusStateConnected ||
		    d->peer != XenbusStateConnected))
			return false;
	return true;
}

static void
boot_done(void *arg)
{
	struct xenbus_dev *d;

	booted = true;
	TAILQ_FOREACH(d, &devs, link) {
		attach(d, false);
		if (d->there && !d->failed && !d->attached)
			kern_printf("%s: the back end does not connect: its "
			    "state is %u, ours %u\n", d->name, d->peer,
			    d->state);
	}
	stepped();
}

static void
xenbus_init(void)
{
	uint64_t limit = plat_clock() + PATIENCE;
	int error;

	if (!xs_ready() || SLIST_EMPTY(&drivers))
		return;
	kern_mutex_init(&boot_lock, "xenbus");
	kern_cv_init(&boot_cv, "xenbus");
	xen_on_suspend(&suspender);
	if ((error = xs_watch(&device_watch)) != 0) {
		kern_printf("xen: no devices: error %d\n", error);
		return;
	}
	kern_mutex_lock(&boot_lock);
	while (!settled())
		if (kern_cv_wait(&boot_cv, &boot_lock, limit) == ETIMEDOUT)
			break;
	if (xs_defer(boot_done, NULL))
		while (!booted)
			(void)kern_cv_wait(&boot_cv, &boot_lock, UINT64_MAX);
	kern_mutex_unlock(&boot_lock);
}
KERN_INIT(KERN_INIT_DEVICE, xenbus_init);
