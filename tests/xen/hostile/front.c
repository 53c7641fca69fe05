/*
 * hostilefront vif|vbd DOMID LIE...: for each lie a front end in dom0, whose back end is
 * in domain DOMID, some at a time.  Each says "LIE: lied", then ends in order; those that
 * die are cleaned up as the tool stack does.  "LIE: removed": the back end has cleaned up.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <xengnttab.h>
#include <xen/xen.h>
#include <xen/io/xenbus.h>

#include "front.h"

#define ID	7			/* of the first device */
#define MOST	8			/* at a time: xenstored's quotas are small */

char front[64], back[64];
char *page[NPAGE];
uint32_t ref[NPAGE];
int port;
const char *lie;
unsigned number;
static unsigned dom;

bool
is(const char *name)
{
	size_t n = strcspn(lie, "+");

	return strlen(name) == n && memcmp(lie, name, n) == 0;
}

bool
with(const char *how)
{
	const char *plus = strchr(lie, '+');

	return plus != NULL && strcmp(plus + 1, how) == 0;
}

int
back_state(void)
{
	char *v = get(back, "state");
	int s = v != NULL ? atoi(v) : 0;

	free(v);
	return s;
}

/* Until its state is this or that: which; or neither for a minute: -1. */
static int
wait_back(int this, int that)
{
	time_t end = time(NULL) + 60;
	int s;

	while ((s = back_state()) != this && s != that && time(NULL) < end)
		usleep(100000);		/* xenstored has others to serve */
	return s == this || s == that ? s : -1;
}

void
wait_closed(void)
{

	(void)wait_back(XenbusStateClosed, 0);
}

void
kick(void)
{

	(void)xenevtchn_notify(evt, port);
}

static void
share(unsigned n)
{
	xengntshr_handle *g = xengntshr_open(NULL, 0);

	if (g == NULL)
		die("gntshr");
	for (unsigned i = 0; i < n; i++)
		if ((page[i] = xengntshr_share_pages(g, dom, 1, &ref[i], 1)) == NULL)
			die("share");
	if ((port = xenevtchn_bind_unbound_port(evt, dom)) < 0)
		die("port");
}

static void
devices(const struct front_kind *k)
{

	make(front, 0, dom);
	make(back, dom, 0);
	put(front, "backend", "%s", back);
	put(front, "backend-id", "%u", dom);
	put(front, "state", is("state-word") ? "banana" : "1");
	put(back, "frontend", "%s", front);
	put(back, "frontend-id", "0");
	put(back, "online", "1");
	k->offer();
	put(back, "state", "1");
}

bool
disturb(int i)
{

	if (is("flip")) {
		put(front, "state", "1");
		put(front, "state", "4");
	}
	if (is("vanish") && i == 2) {
		(void)xs_rm(xs, XBT_NULL, front);
		return false;
	}
	if (is("state-late") && i == 2)
		put(front, "state", "-1");
	return true;
}

/* As the tool stack ends a device, by force. */
static void
finish(void)
{

	put(back, "online", "0");
	put(back, "state", "5");
	(void)xs_rm(xs, XBT_NULL, front);
	say("%s: %s", lie, wait_back(0, 0) == 0 ? "removed" : "still there");
}

static void
begin(const struct front_kind *k)
{

	snprintf(front, sizeof(front), "/local/domain/0/device/%s/%u", k->type, ID + number);
	snprintf(back, sizeof(back), "/local/domain/%u/backend/%s/0/%u", dom, k->type,
	    ID + number);
	open_xen();
}

static void
life(const struct front_kind *k)
{

	begin(k);
	share(k->npage);
	k->rings();
	devices(k);
	if (wait_back(XenbusStateInitWait, XenbusStateClosed) != XenbusStateInitWait)
		say("%s: never offered", lie);
	k->publish();
	put(front, "event-channel", "%u", is("port") ? 99999 : (unsigned)port);
	put(front, "state", "4");
	if (wait_back(XenbusStateConnected, XenbusStateClosed) == XenbusStateConnected) {
		say("%s: connected", lie);
		k->misbehave();
	}
	say("%s: lied", lie);
	if (!is("dies"))
		finish();
}

/* Its front end in a process of its own, and this one as the tool stack. */
static void
tell(const struct front_kind *k)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		life(k);
		_exit(0);
	}
	(void)waitpid(pid, NULL, 0);
	begin(k);
	if (back_state() != 0)
		finish();
	_exit(0);
}

int
main(int argc, char **argv)
{
	int status, failed = 0, n = 0;
	pid_t pid;

	if (argc < 4)
		return 2;
	dom = atoi(argv[2]);
	for (int i = 3; i < argc; i++) {
		lie = argv[i];
		number = i - 3;
		if (n == MOST && wait(&status) > 0)
			failed |= status;
		else
			n++;
		if ((pid = fork()) < 0)
			die("fork");
		if (pid == 0)
			tell(strcmp(argv[1], "vif") == 0 ? &net_front : &blk_front);
	}
	while (wait(&status) > 0)
		failed |= status;
	return failed != 0;
}
