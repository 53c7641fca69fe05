/*
 * xswatch.c: xenstore's watches, and the thread that calls their functions.
 * Events wait in a list of limited length, one for each path and watch.
 */
#include <stdio.h>
#include <string.h>
#include "xs_impl.h"

#define MAXEVENTS	256

struct event {
	uint32_t	token;		/* 0: work of xs_defer() */
	void		(*fn)(void *);
	void		*arg;
	TAILQ_ENTRY(event) link;
	char		path[];
};

static TAILQ_HEAD(, xs_watch) watches = TAILQ_HEAD_INITIALIZER(watches);
static TAILQ_HEAD(, event) events = TAILQ_HEAD_INITIALIZER(events);
static unsigned nevents;
static uint32_t next_token;
static struct thread *watcher;
static uint32_t running;		/* token */

static struct xs_watch *
find(uint32_t token)
{
	struct xs_watch *w;

	TAILQ_FOREACH(w, &watches, link)
		if (w->token == token)
			return w;
	return NULL;
}

static bool
queue(uint32_t token, const char *path, void (*fn)(void *), void *arg)
{
	struct event *e;

	TAILQ_FOREACH(e, &events, link)
		if (token != 0 && e->token == token &&
		    strcmp(e->path, path) == 0)
			return true;
	if ((token != 0 && nevents >= MAXEVENTS) ||
	    (e = kern_malloc(sizeof(*e) + strlen(path) + 1, 0)) == NULL)
		return false;
	e->token = token;
	e->fn = fn;
	e->arg = arg;
	strcpy(e->path, path);
	TAILQ_INSERT_TAIL(&events, e, link);
	nevents += token != 0;
	kern_cv_broadcast(&xs.cv);
	return true;
}

/* From xs.c: "path\0token\0". */
void
xs_watch_event(const char *body, size_t len)
{
	const char *path = xs_string(body, len, 0);
	const char *token = xs_string(body, len, 1);
	struct xs_watch *w;
	uint64_t n;

	if (path == NULL || token == NULL || !xs_number(token, &n) ||
	    (w = find((uint32_t)n)) == NULL)
		return;			/* of a watch that is gone, or nonsense */
	if (!queue(w->token, path, NULL, NULL)) {
		w->overflow = true;
		kern_cv_broadcast(&xs.cv);
	}
}

/* Lock held; given up during a call. */
static bool
run_one(void)
{
	struct xs_watch *w;
	struct event *e;

	if ((e = TAILQ_FIRST(&events)) != NULL) {
		TAILQ_REMOVE(&events, e, link);
		nevents -= e->token != 0;
		w = e->token != 0 ? find(e->token) : NULL;
		running = e->token;
		kern_mutex_unlock(&xs.lock);
		if (e->fn != NULL)
			e->fn(e->arg);
		else if (w != NULL && w->on)
			w->fn(w, e->path);
		kern_mutex_lock(&xs.lock);
		kern_free(e);
	} else {
		TAILQ_FOREACH(w, &watches, link)
			if (w->overflow && w->on)
				break;
		if (w == NULL)
			return false;
		w->overflow = false;
		running = w->token;
		kern_mutex_unlock(&xs.lock);
		w->fn(w, w->path);
		kern_mutex_lock(&xs.lock);
	}
	running = 0;
	kern_cv_broadcast(&xs.cv);
	return true;
}

/* What waits, in order; the thread's work. */
void
xs_watch_run(void)
{

	kern_mutex_lock(&xs.lock);
	while (run_one())
		continue;
	kern_mutex_unlock(&xs.lock);
}

static void *
watch_main(void *arg)
{

	kern_mutex_lock(&xs.lock);
	for (;;)
		if (!run_one())
			(void)kern_cv_wait(&xs.cv, &xs.lock, UINT64_MAX);
	return NULL;
}

static int
tell(uint32_t type, struct xs_watch *w)
{
	char token[16];
	struct xs_piece p[2] = {
		{ w->path, strlen(w->path) + 1 },
		{ token, 0 }
	};

	p[1].len = snprintf(token, sizeof(token), "%u", w->token) + 1;
	return xs_talk(type, 0, p, 2, NULL, NULL);
}

int
xs_watch(struct xs_watch *w)
{
	int error;

	kern_mutex_lock(&xs.lock);
	w->token = ++next_token;
	w->on = true;
	w->overflow = false;
	TAILQ_INSERT_TAIL(&watches, w, link);
	kern_mutex_unlock(&xs.lock);
	if ((error = tell(XS_WATCH, w)) != 0) {
		kern_mutex_lock(&xs.lock);
		TAILQ_REMOVE(&watches, w, link);
		w->on = false;
		kern_mutex_unlock(&xs.lock);
	}
	return error;
}

void
xs_unwatch(struct xs_watch *w)
{

	if (!w->on)
		return;
	w->on = false;
	(void)tell(XS_UNWATCH, w);
	kern_mutex_lock(&xs.lock);
	TAILQ_REMOVE(&watches, w, link);
	while (running == w->token && kern_curthread() != watcher)
		(void)kern_cv_wait(&xs.cv, &xs.lock, UINT64_MAX);
	kern_mutex_unlock(&xs.lock);
}

bool
xs_defer(void (*fn)(void *), void *arg)
{
	bool ok;

	kern_mutex_lock(&xs.lock);
	ok = queue(0, "", fn, arg);
	kern_mutex_unlock(&xs.lock);
	return ok;
}

/*
 * The daemon has forgotten the watches, or has another idea of them.  Only the
 * suspender adds and removes any now.
 */
void
xs_rewatch(void)
{
	struct xs_watch *w;
	int error;

	TAILQ_FOREACH(w, &watches, link)
		if (w->on && (error = tell(XS_WATCH, w)) != 0 &&
		    error != EEXIST)
			kern_printf("xenstore: %s: not watched again: "
			    "error %d\n", w->path, error);
}

int
xs_watch_init(void)
{

	return kern_thread_create(&watcher, "xenwatch", watch_main, NULL,
	    KERN_PRI_KERNEL, KERN_CPU_ANY, 0, 0);
}
