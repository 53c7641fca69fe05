/*
 * backscan.c: which devices this domain serves: backend/TYPE/FRONTID/DEVID in
 * xenstore.  The tool stack leaves the directories to the domain that has the
 * back ends, so this is where they are removed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "backbus_impl.h"
#include "control.h"
#include "xsring.h"

#define MAXDEV		1024
#define TICK		100000000ull
#define PATIENCE	10000000000ull	/* ns for I/O before a suspend */

static SLIST_HEAD(, backbus_driver) drivers = SLIST_HEAD_INITIALIZER(drivers);
static TAILQ_HEAD(, backbus_dev) devs = TAILQ_HEAD_INITIALIZER(devs);
static unsigned ndev;
static bool running;
static struct kern_mutex tick_lock;
static struct kern_cv tick_cv;
static bool ticking;

/* ---- looks ---- */

static void
step(struct backbus_dev *d)
{

	if (backbus_step(d))
		return;
	TAILQ_REMOVE(&devs, d, link);
	ndev--;
	kern_free(d);
}

static void
look(void *arg)
{
	struct backbus_dev *d;

	TAILQ_FOREACH(d, &devs, link)
		if (d == arg) {
			step(d);
			return;
		}
}

void
backbus_look(struct backbus_dev *d)
{

	(void)xs_defer(look, d);
}

void
backbus_trouble(struct backbus_dev *d, const char *why)
{

	if (__atomic_exchange_n(&d->trouble, 1, __ATOMIC_SEQ_CST) != 0)
		return;
	d->why = why;
	backbus_look(d);
}

static void
front_changed(struct xs_watch *w, const char *path)
{

	step(w->arg);
}

void
backbus_look_later(struct backbus_dev *d, uint64_t ns)
{

	d->due = plat_clock() + ns;
	kern_mutex_lock(&tick_lock);
	ticking = true;
	kern_cv_signal(&tick_cv);
	kern_mutex_unlock(&tick_lock);
}

/* ---- devices come ---- */

static struct backbus_dev *
make(const struct backbus_driver *driver, unsigned dom, unsigned id)
{
	struct backbus_dev *d;

	if (ndev == MAXDEV || (d = kern_zalloc(sizeof(*d))) == NULL)
		return NULL;
	d->driver = driver;
	d->dom = (domid_t)dom;
	d->id = id;
	(void)snprintf(d->name, sizeof(d->name), "%s %u.%u", driver->type, dom,
	    id);
	(void)snprintf(d->node, sizeof(d->node), "backend/%s/%u/%u",
	    driver->type, dom, id);
	d->state = XenbusStateInitialising;
	d->watch.fn = front_changed;
	d->watch.arg = d;
	TAILQ_INSERT_TAIL(&devs, d, link);
	ndev++;
	return d;
}

/* What the path "3/0" below backend/TYPE means. */
static void
look_at(const struct backbus_driver *driver, unsigned dom, unsigned id)
{
	struct backbus_dev *d;
	char node[48], front[sizeof(d->front)];
	uint64_t v;

	TAILQ_FOREACH(d, &devs, link)
		if (d->driver == driver && d->dom == dom && d->id == id) {
			step(d);
			return;
		}
	(void)snprintf(node, sizeof(node), "backend/%s/%u/%u", driver->type,
	    dom, id);
	/* half made, or just removed */
	if (xs_read_num(0, node, "frontend-id", DOMID_FIRST_RESERVED - 1,
	    &v) != 0 || xs_read_str(0, node, "frontend", front,
	    sizeof(front)) != 0)
		return;
	if (v != dom || front[0] != '/' ||
	    (d = make(driver, dom, id)) == NULL) {
		kern_printf("xen: %s: not served\n", node);
		return;
	}
	strcpy(d->front, front);
	step(d);
}

/* Calls fn for each number that is a name in a directory. */
static void
each_number(const char *dir, const struct backbus_driver *driver, unsigned dom,
    void (*fn)(const struct backbus_driver *, unsigned, unsigned))
{
	const char *s;
	char *names;
	size_t len;
	uint64_t v;
	unsigned i;

	if (xs_directory(0, dir, NULL, &names, &len) != 0)
		return;
	for (i = 0; (s = xs_string(names, len, i)) != NULL; i++)
		if (xs_number(s, &v) && v <= UINT32_MAX)
			fn(driver, dom, (unsigned)v);
	kern_free(names);
}

static void
scan_dom(const struct backbus_driver *driver, unsigned unused, unsigned dom)
{
	char dir[48];

	if (dom >= DOMID_FIRST_RESERVED)
		return;
	(void)snprintf(dir, sizeof(dir), "backend/%s/%u", driver->type, dom);
	each_number(dir, driver, dom, look_at);
}

static void
scan_type(const struct backbus_driver *driver)
{
	struct backbus_dev *d, *next;
	char dir[48];

	for (d = TAILQ_FIRST(&devs); d != NULL; d = next) {
		next = TAILQ_NEXT(d, link);
		if (d->driver == driver)
			step(d);	/* it may be gone */
	}
	(void)snprintf(dir, sizeof(dir), "backend/%s", driver->type);
	each_number(dir, driver, 0, scan_dom);
}

static void
scan(void *arg)
{
	const struct backbus_driver *driver;

	SLIST_FOREACH(driver, &drivers, link)
		scan_type(driver);
}

/*
 * backend/TYPE/DOM/ID/KEY: of the keys only those count that the tool stack
 * writes to say something; our own come back here as well.
 */
static void
changed(struct xs_watch *w, const char *path)
{
	const struct backbus_driver *driver;
	char type[16], *end;
	unsigned long dom, id;
	const char *p;
	size_t n;

	if (strncmp(path, "backend/", 8) != 0 ||
	    (p = strchr(path + 8, '/')) == NULL) {
		scan(NULL);
		return;
	}
	n = p - (path + 8);
	if (n >= sizeof(type))
		return;
	memcpy(type, path + 8, n);
	type[n] = '\0';
	SLIST_FOREACH(driver, &drivers, link)
		if (strcmp(driver->type, type) == 0)
			break;
	if (driver == NULL)
		return;
	dom = strtoul(p + 1, &end, 10);
	if (*end != '/') {
		scan_type(driver);
		return;
	}
	id = strtoul(end + 1, &end, 10);
	if (*end == '\0' || strcmp(end, "/state") == 0 ||
	    strcmp(end, "/online") == 0)
		look_at(driver, (unsigned)dom, (unsigned)id);
}

static struct xs_watch back_watch = { .path = "backend", .fn = changed };

/* ---- time ---- */

/* After some time: the directory, unless it is another's by now. */
static void
clear(struct backbus_dev *d)
{
	uint64_t online, state;
	char dir[48], *names;
	size_t len;
	xs_txn t;
	int error;

	do {
		if (xs_begin(&t) != 0)
			return;
		error = xs_read_num(t, d->node, "online", 1, &online);
		if (error == 0)
			error = xs_read_num(t, d->node, "state",
			    XenbusStateReconfigured, &state);
		if (error == 0 && (online != 0 || state != XenbusStateClosed))
			error = EBUSY;
		if (error == 0)
			error = xs_rm(t, d->node, NULL);
		if (error != 0)
			(void)xs_end(t, true);
		else
			error = xs_end(t, false);
	} while (error == EAGAIN);
	if (error != 0 && error != ENOENT && error != EBUSY)
		kern_printf("%s: %s stays: error %d\n", d->name, d->node,
		    error);
	/* the directory of its domain, if it was the last there */
	(void)snprintf(dir, sizeof(dir), "%s", d->node);
	*strrchr(dir, '/') = '\0';
	if (error != 0 || xs_directory(0, dir, NULL, &names, &len) != 0)
		return;
	kern_free(names);
	if (len == 0)
		(void)xs_rm(0, dir, NULL);
}

static void
tick(void *arg)
{
	struct backbus_dev *d, *next;
	uint64_t now = plat_clock();
	bool more = false;

	for (d = TAILQ_FIRST(&devs); d != NULL; d = next) {
		next = TAILQ_NEXT(d, link);
		if (d->due == 0 || d->due > now)
			continue;
		d->due = 0;
		if (d->state == XenbusStateClosed && !d->linked &&
		    backbus_num(d, "online", 1, 1) == 0)
			clear(d);
		step(d);
	}
	kern_mutex_lock(&tick_lock);
	TAILQ_FOREACH(d, &devs, link)
		more |= d->due != 0;
	ticking = more;
	kern_mutex_unlock(&tick_lock);
}

static void *
ticker(void *arg)
{

	kern_mutex_lock(&tick_lock);
	for (;;) {
		while (!ticking)
			(void)kern_cv_wait(&tick_cv, &tick_lock, UINT64_MAX);
		kern_mutex_unlock(&tick_lock);
		kern_sleep_until(plat_clock() + TICK);
		(void)xs_defer(tick, NULL);
		kern_mutex_lock(&tick_lock);
	}
	return NULL;
}

/* ---- suspend ---- */

static void
before_suspend(void *arg)
{
	struct backbus_dev *d;
	uint64_t limit = plat_clock() + PATIENCE;

	TAILQ_FOREACH(d, &devs, link)
		while (!backbus_unlink(d)) {
			if (plat_clock() > limit)
				kern_panic("%s: does not end", d->name);
			kern_sleep_until(plat_clock() + 10000000);
		}
}

/* Front ends begin anew when they see that we have closed. */
static void
after_suspend(void *arg, bool cancelled)
{
	struct backbus_dev *d;

	TAILQ_FOREACH(d, &devs, link)
		if (d->state == XenbusStateConnected)
			backbus_set_state(d, XenbusStateClosed);
	scan(NULL);
}

static struct xen_suspender suspender = {
	.before = before_suspend, .after = after_suspend
};

/* ---- begin ---- */

static void
rescan(void *arg)
{

	scan_type(arg);
}

void
backbus_rescan(struct backbus_driver *driver)
{

	(void)xs_defer(rescan, driver);
}

static void
begin(void *arg)
{
	struct backbus_driver *driver = arg;
	int error;

	SLIST_INSERT_HEAD(&drivers, driver, link);
	if (running) {
		scan_type(driver);
		return;
	}
	running = true;
	xen_on_suspend(&suspender);
	error = kern_thread_create(NULL, "backbus", ticker, NULL,
	    KERN_PRI_KERNEL, KERN_CPU_ANY, 0, 16 * 1024);
	if (error == 0)
		error = xs_watch(&back_watch);
	if (error != 0)
		kern_printf("xen: nothing is served: error %d\n", error);
}

void
backbus_driver(struct backbus_driver *driver)
{
	static bool once;

	if (!xs_ready())
		return;
	if (!once) {
		once = true;
		kern_mutex_init(&tick_lock, "backbus");
		kern_cv_init(&tick_cv, "backbus");
	}
	(void)xs_defer(begin, driver);
}
