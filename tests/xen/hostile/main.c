/*
 * hostile net|blk DOMID LIE...: makes a device for each lie and a paused domain, each
 * with a process of its own, says "offered by" and their process group, and ends.  They
 * serve, lie, say "lied: LIE", and go on until they are killed.
 */
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/io/xenbus.h>

#include "hostile.h"

xengnttab_handle *gnt;

bool
lying(const struct device *d, const char *name)
{

	return strcmp(d->lie, name) == 0;
}

bool
lies(struct device *d, const char *name)
{

	if (d->lied || !lying(d, name))
		return false;
	d->lied = true;
	say("lied: %s", name);
	return true;
}

bool
get_number(const struct device *d, const char *key, unsigned *out)
{
	char *v = get(d->front, key);

	if (v == NULL)
		return false;
	*out = strtoul(v, NULL, 10);
	free(v);
	return true;
}

void *
map(int domid, unsigned ref)
{
	void *p = xengnttab_map_grant_ref(gnt, domid, ref, PROT_READ | PROT_WRITE);

	if (p == NULL)
		die("map grant %u", ref);
	return p;
}

void
set_state(struct device *d, int state)
{

	put(d->back, "state", "%d", state);
}

static void
offer(struct device *d, const struct kind *k)
{

	make(d->front, d->domid, 0);
	make(d->back, 0, d->domid);
	put(d->back, "frontend", "%s", d->front);
	put(d->back, "frontend-id", "%d", d->domid);
	put(d->back, "online", "1");
	put(d->front, "backend", "%s", d->back);
	put(d->front, "backend-id", "0");
	put(d->front, "handle", "%u", d->n);
	put(d->front, "state", "1");
	k->offer(d);
	if (lies(d, "state-word"))
		put(d->back, "state", "banana");
	else if (lies(d, "state-none"))
		xs_rm(xs, XBT_NULL, d->back);
	else if (lies(d, "state-99"))
		set_state(d, 99);
	else
		set_state(d, XenbusStateInitWait);
}

/* Lies about the device's state, after it has served a little. */
static void
disturb(struct device *d)
{

	if (d->served < 4)
		return;
	if (lies(d, "state-back")) {
		set_state(d, XenbusStateInitialising);
		set_state(d, XenbusStateInitWait);
		set_state(d, XenbusStateConnected);
	}
	if (lies(d, "state-closing"))
		set_state(d, XenbusStateClosing);
	if (lies(d, "state-closed"))
		set_state(d, XenbusStateClosed);
	if (lies(d, "state-late-word"))
		put(d->back, "state", "-");
	if (lies(d, "vanish"))
		xs_rm(xs, XBT_NULL, d->back);
}

static unsigned
front_state(const struct device *d)
{
	unsigned s = 0;

	(void)get_number(d, "state", &s);
	return s;
}

static xenevtchn_port_or_error_t local;

/* Wait for the front end's rings; false: it has none that we could serve. */
static bool
connect_front(struct device *d, const struct kind *k)
{
	unsigned remote;
	int s;

	while ((s = front_state(d)) != XenbusStateInitialised && s != XenbusStateConnected)
		usleep(20000);
	if (!k->connect(d, &remote)) {
		set_state(d, XenbusStateConnected);
		return false;
	}
	if ((local = xenevtchn_bind_interdomain(evt, d->domid, remote)) < 0)
		die("bind event channel %u", remote);
	set_state(d, XenbusStateConnected);
	say("connected");
	return true;
}

/* Not a lie: the back end starts again, and the front end has to follow. */
static void
restart(struct device *d, const struct kind *k)
{

	set_state(d, XenbusStateClosing);
	while (front_state(d) != XenbusStateClosed && front_state(d) != XenbusStateInitialising)
		usleep(20000);
	set_state(d, XenbusStateClosed);
	xenevtchn_unbind(evt, local);
	set_state(d, XenbusStateInitWait);
	if (!connect_front(d, k))
		die("the front end does not come back");
}

static void
serve(struct device *d, const struct kind *k)
{

	if (!connect_front(d, k))
		return;
	for (;;) {
		struct pollfd p = { xenevtchn_fd(evt), POLLIN, 0 };

		if (poll(&p, 1, 100) > 0)
			xenevtchn_unmask(evt, xenevtchn_pending(evt));
		if (k->serve(d))
			xenevtchn_notify(evt, local);
		disturb(d);
		if (d->served >= 4 && lies(d, "restart"))
			restart(d, k);
	}
}

/* Device n of the domain; never ends. */
static void
device_main(const struct kind *k, int domid, unsigned n, const char *lie, int ready)
{
	char front[64], back[64];
	struct device d = { .front = front, .back = back, .domid = domid, .n = n, .lie = lie };

	/* not in backend/vif or backend/vbd: those are the kernel's */
	snprintf(front, sizeof(front), "/local/domain/%d/device/%s/%u", domid,
	    k->frontname, k == &blk_kind ? VDEV(n) : n);
	snprintf(back, sizeof(back), "/local/domain/0/backend/%s/%d/%u", k->name, domid, n);
	open_xen();
	if ((gnt = xengnttab_open(NULL, 0)) == NULL)
		die("gntdev");
	offer(&d, k);
	if (write(ready, "", 1) != 1)
		die("ready");
	serve(&d, k);
	for (;;)
		pause();
}

int
main(int argc, char **argv)
{
	const struct kind *k;
	int n, ready[2];
	char c;

	if (argc < 4)
		return 2;
	k = strcmp(argv[1], "net") == 0 ? &net_kind : &blk_kind;
	if (pipe(ready) != 0)
		die("pipe");
	for (n = 0; n < argc - 3; n++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0) {
			close(ready[0]);
			device_main(k, atoi(argv[2]), n, argv[n + 3], ready[1]);
		}
	}
	close(ready[1]);
	for (n = 0; n < argc - 3; n++)
		if (read(ready[0], &c, 1) != 1)
			die("a device");
	say("offered by %d", (int)getpgrp());
	return 0;
}
