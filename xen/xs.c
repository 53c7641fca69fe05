/*
 * xs.c: xenstore's client: requests, their replies and the stream of both.  A
 * request's bytes go into the ring under the sender's lock; the handler of the
 * event channel reads what comes and hands each reply to who waits for it,
 * each watch event to xswatch.c.
 */
#include <stdio.h>
#include <string.h>
#include "xs_impl.h"

#define PATIENCE	30000000000ull	/* ns for an answer */
#define COMPLAINTS	10

struct xs_call {
	uint32_t	id, type;
	int		error;
	bool		done;
	char		*reply;
	size_t		len;
	TAILQ_ENTRY(xs_call) link;
};

struct xs xs;
static TAILQ_HEAD(, xs_call) calls = TAILQ_HEAD_INITIALIZER(calls);
static struct xsin in;
static uint32_t next_id;
static unsigned complaints;

/* ---- what comes ---- */

/* Nothing can be understood any more: everybody is told.  Lock held. */
static void
broken(void)
{
	struct xs_call *c;

	if (!xs.broken)
		kern_printf("xenstore: %s: the connection is given up\n",
		    xs.ring.why);
	xs.broken = true;
	TAILQ_FOREACH(c, &calls, link)
		if (!c->done) {
			c->done = true;
			c->error = EIO;
		}
	kern_cv_broadcast(&xs.cv);
}

static void
got_reply(void)
{
	struct xs_call *c;

	TAILQ_FOREACH(c, &calls, link)
		if (c->id == in.hdr.req_id && !c->done)
			break;
	if (c == NULL)			/* who asked waits no longer */
		return;
	c->done = true;
	if (in.hdr.type == XS_ERROR)
		c->error = xs_errno(in.body);
	else if (in.hdr.type != c->type) {
		if (complaints++ < COMPLAINTS)
			kern_printf("xenstore: an answer of type %u to a "
			    "request of type %u\n", in.hdr.type, c->type);
		c->error = EINVAL;
	} else if ((c->reply = kern_malloc(in.hdr.len + 1, 0)) == NULL)
		c->error = ENOMEM;
	else {
		c->len = in.hdr.len;
		memcpy(c->reply, in.body, c->len + 1);
	}
	kern_cv_broadcast(&xs.cv);
}

/* The event channel: there is room, or something to read. */
int
xs_intr(void *arg)
{
	int n;

	kern_mutex_lock(&xs.lock);
	while (!xs.broken && (n = xsin_next(&in, &xs.ring)) != 0) {
		if (n < 0)
			broken();
		else if (in.hdr.type == XS_WATCH_EVENT)
			xs_watch_event(in.body, in.hdr.len);
		else
			got_reply();
		xen_event_notify(&xs.event);	/* there is room for more */
	}
	/* Part of a message: the ring may have been full with it. */
	if (!xs.broken && in.got > 0)
		xen_event_notify(&xs.event);
	kern_cv_broadcast(&xs.cv);
	kern_mutex_unlock(&xs.lock);
	return 1;
}

/* ---- what goes ---- */

/* All of it, waiting for room.  Lock held, given up while waiting. */
static int
put(const void *buf, size_t len, uint64_t limit)
{
	const char *p = buf;
	size_t n;

	while (len > 0) {
		if (xs.ring.why != NULL)
			broken();
		if (xs.broken)
			return EIO;
		n = xsring_write(&xs.ring, p, len);
		p += n;
		len -= n;
		if (n > 0)
			xen_event_notify(&xs.event);
		else if (kern_cv_wait(&xs.cv, &xs.lock, limit) == ETIMEDOUT) {
			xs.ring.why = "takes no requests";
			broken();
			return EIO;
		}
	}
	return 0;
}

static int
send(struct xs_call *c, xs_txn txn, const struct xs_piece *piece, int n)
{
	struct xsd_sockmsg hdr = { c->type, c->id, txn, 0 };
	uint64_t limit = plat_clock() + PATIENCE;
	int i, error;

	for (i = 0; i < n; i++)
		hdr.len += piece[i].len;
	while (xs.sending)
		(void)kern_cv_wait(&xs.cv, &xs.lock, UINT64_MAX);
	xs.sending = true;
	error = put(&hdr, sizeof(hdr), limit);
	for (i = 0; error == 0 && i < n; i++)
		error = put(piece[i].p, piece[i].len, limit);
	xs.sending = false;
	kern_cv_broadcast(&xs.cv);
	return error;
}

/* Lock held. */
static int
await(struct xs_call *c)
{
	uint64_t limit = plat_clock() + PATIENCE;

	while (!c->done)
		if (kern_cv_wait(&xs.cv, &xs.lock, limit) == ETIMEDOUT &&
		    !c->done) {
			if (complaints++ < COMPLAINTS)
				kern_printf("xenstore: no answer in %u s\n",
				    (unsigned)(PATIENCE / 1000000000));
			return ETIMEDOUT;
		}
	return c->error;
}

int
xs_talk(uint32_t type, xs_txn txn, const struct xs_piece *piece, int n,
    char **reply, size_t *len)
{
	struct xs_call c = { .type = type };
	size_t total = 0;
	int i, error;

	for (i = 0; i < n; i++)
		total += piece[i].len;
	if (total > XENSTORE_PAYLOAD_MAX)
		return E2BIG;
	if (!xs.there)
		return ENXIO;
	kern_mutex_lock(&xs.lock);
	while (xs.suspended && kern_curthread() != xs.suspender && txn == 0)
		(void)kern_cv_wait(&xs.cv, &xs.lock, UINT64_MAX);
	if (xs.broken) {
		kern_mutex_unlock(&xs.lock);
		return EIO;
	}
	xs.talking++;
	c.id = ++next_id;
	TAILQ_INSERT_TAIL(&calls, &c, link);
	if ((error = send(&c, txn, piece, n)) == 0)
		error = await(&c);
	TAILQ_REMOVE(&calls, &c, link);
	xs.talking--;
	kern_cv_broadcast(&xs.cv);
	kern_mutex_unlock(&xs.lock);
	if (error != 0 || reply == NULL)
		kern_free(c.reply);
	if (error == 0 && reply != NULL) {
		*reply = c.reply;
		*len = c.len;
	}
	return error;
}

bool
xs_ready(void)
{

	return xs.there && !xs.broken;
}

/* ---- suspend ---- */

void
xs_suspend(void)
{

	kern_mutex_lock(&xs.lock);
	xs.suspended = true;
	xs.suspender = kern_curthread();
	while (!xs.broken && (xs.talking > 0 || xs.ntxn > 0))
		(void)kern_cv_wait(&xs.cv, &xs.lock, UINT64_MAX);
	kern_mutex_unlock(&xs.lock);
}

static int
connect(void)
{
	evtchn_port_t port;
	void *page;
	int error;

	if ((error = xen_start_page(XEN_PAGE_STORE, &page, &port)) != 0)
		return error;
	in.got = 0;
	xs.ring.why = NULL;
	xs.ring.page = page;
	xs.broken = false;
	return xen_event_bind(&xs.event, "xenstore", port, KERN_CPU_ANY,
	    xs_intr, NULL);
}

void
xs_resume(bool cancelled)
{
	int error;

	if (!cancelled) {
		xen_event_free(&xs.event);
		if ((error = connect()) != 0) {
			kern_printf("xenstore: not connected again: error %d\n",
			    error);
			xs.broken = true;
		} else
			xs_rewatch();
	}
	kern_mutex_lock(&xs.lock);
	xs.suspended = false;
	kern_cv_broadcast(&xs.cv);
	kern_mutex_unlock(&xs.lock);
}

/* Where rumprun's tool leaves it.  On a machine that is overloaded it takes long. */
static void
find_config(void)
{
	char *text;
	size_t len;
	int error, tries = 0;

	if (strchr(plat_cmdline(), '{') != NULL)
		return;
	while ((error = xs_read(0, "rumprun", "cfg", &text, &len)) ==
	    ETIMEDOUT && ++tries < 5)
		continue;
	if (error != 0) {
		if (error != ENOENT)
			kern_printf("xenstore: rumprun/cfg: not read: error "
			    "%d\n", error);
		return;
	}
	if (!plat_config(text, len))
		kern_printf("xenstore: rumprun/cfg is not JSON: not used\n");
	kern_free(text);
}

static void
xs_init(void)
{
	int error;

	if (xen_kind() == XEN_NONE)
		return;
	kern_mutex_init(&xs.lock, "xenstore");
	kern_cv_init(&xs.cv, "xenstore");
	if ((error = xs_watch_init()) != 0 || (error = connect()) != 0)
		kern_printf("xenstore: not connected: error %d\n", error);
	else {
		xs.there = true;
		find_config();
	}
}
KERN_INIT(KERN_INIT_BUS, xs_init);
