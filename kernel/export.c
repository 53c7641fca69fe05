/*
 * export.c: disks that the program above serves: their names, a queue of
 * requests for each, and who uses them.
 */
#include <stdio.h>
#include <string.h>
#include <export.h>

struct export {
	struct export_info info;
	struct kern_spin lock;
	struct kern_waitq wq;		/* the program's threads */
	STAILQ_HEAD(, export_io) queue;
	bool		closed, left;
	LIST_HEAD(, export_user) users;
	LIST_ENTRY(export) link;
};

/* Exports are few and for long: one that is closed keeps its memory. */
static LIST_HEAD(, export) exports = LIST_HEAD_INITIALIZER(exports);
static struct kern_mutex lock;		/* of the list, and of users */
static void (*watcher)(void);

static void
exports_init(void)
{

	kern_mutex_init(&lock, "exports");
}
KERN_INIT(KERN_INIT_BUS, exports_init);

void
export_watch(void (*fn)(void))
{

	watcher = fn;
}

/* ---- names ---- */

static struct export *
find(const char *name)
{
	struct export *e;

	if (*name == '\0')
		return NULL;
	LIST_FOREACH(e, &exports, link)
		if (!e->closed && (strcmp(e->info.name, name) == 0 ||
		    strcmp(e->info.path, name) == 0))
			return e;
	return NULL;
}

struct export *
export_use(const char *name, struct export_user *u)
{
	struct export *e;

	kern_mutex_lock(&lock);
	if ((e = find(name)) != NULL) {
		u->ex = e;
		LIST_INSERT_HEAD(&e->users, u, link);
	}
	kern_mutex_unlock(&lock);
	return e;
}

void
export_drop(struct export_user *u)
{

	kern_mutex_lock(&lock);
	if (u->ex != NULL)
		LIST_REMOVE(u, link);
	u->ex = NULL;
	kern_mutex_unlock(&lock);
}

const struct export_info *
export_info(const struct export *e)
{

	return &e->info;
}

/* One that ends, and that a report can have in quotes. */
static bool
printable(const char *s, size_t size)
{

	for (; size > 0 && *s != '\0'; s++, size--)
		if (*s < ' ' || *s > '~' || *s == '"' || *s == '\\')
			return false;
	return size > 0;
}

static bool
plausible(const struct export_info *i)
{

	return i->name[0] != '\0' && printable(i->name, sizeof(i->name)) &&
	    printable(i->path, sizeof(i->path)) &&
	    i->blksize >= 512 && i->blksize <= 4096 &&
	    (i->blksize & (i->blksize - 1)) == 0 && i->size >= i->blksize &&
	    (i->size & (i->blksize - 1)) == 0 && i->size <= INT64_MAX;
}

int
export_open(const struct export_info *i, struct export **ep)
{
	struct export *e;
	int error = 0;

	if (!plausible(i))
		return EINVAL;
	if (watcher == NULL)
		return ENXIO;
	if ((e = kern_zalloc(sizeof(*e))) == NULL)
		return ENOMEM;
	e->info = *i;
	STAILQ_INIT(&e->queue);
	LIST_INIT(&e->users);
	kern_waitq_init(&e->wq, "export");
	kern_mutex_lock(&lock);
	if (find(i->name) != NULL || find(i->path) != NULL)
		error = EEXIST;
	else
		LIST_INSERT_HEAD(&exports, e, link);
	kern_mutex_unlock(&lock);
	if (error != 0) {
		kern_free(e);
		return error;
	}
	*ep = e;
	watcher();
	return 0;
}

/* ---- requests ---- */

void
export_submit(struct export *e, struct export_io *io)
{
	unsigned long s;
	bool closed;

	io->ex = e;
	s = kern_spin_lock(&e->lock);
	if (!(closed = e->closed)) {
		STAILQ_INSERT_TAIL(&e->queue, io, link);
		(void)kern_waitq_wake(&e->wq, 1);
	}
	kern_spin_unlock(&e->lock, s);
	if (closed)
		io->done(io, ENXIO);
}

int
export_next(struct export *e, struct export_io **iop)
{
	unsigned long s;

	for (;;) {
		s = kern_spin_lock(&e->lock);
		if (!e->left && (*iop = STAILQ_FIRST(&e->queue)) != NULL) {
			STAILQ_REMOVE_HEAD(&e->queue, link);
			kern_spin_unlock(&e->lock, s);
			return 0;
		}
		if (e->closed) {
			kern_spin_unlock(&e->lock, s);
			return ENXIO;
		}
		(void)kern_waitq_sleep(&e->wq, &e->lock, s, UINT64_MAX);
	}
}

void
export_done(struct export_io *io, int error)
{

	if (!__atomic_load_n(&io->ex->left, __ATOMIC_SEQ_CST))
		io->done(io, error);
}

void
export_leave(struct export *e)
{

	__atomic_store_n(&e->left, true, __ATOMIC_SEQ_CST);
}

void
export_close(struct export *e)
{
	struct export_io *io;
	unsigned long s;

	kern_mutex_lock(&lock);
	s = kern_spin_lock(&e->lock);
	e->closed = true;
	(void)kern_waitq_wake(&e->wq, INT32_MAX);
	kern_spin_unlock(&e->lock, s);
	kern_mutex_unlock(&lock);
	for (;;) {
		s = kern_spin_lock(&e->lock);
		if ((io = STAILQ_FIRST(&e->queue)) != NULL)
			STAILQ_REMOVE_HEAD(&e->queue, link);
		kern_spin_unlock(&e->lock, s);
		if (io == NULL)
			break;
		io->done(io, ENXIO);
	}
}

/* ---- status ---- */

#define U(x)	((unsigned long long)(x))

static void
status_user(kern_put_fn put, void *arg, const struct export_user *u)
{

	put(arg, "\n   {\"name\":\"%s\",\"queues\":%u,\"depth\":%u,\"most\":%u,"
	    "\"mapped\":%u,\"memory\":%llu,", u->name, u->queues, u->depth,
	    u->most, u->mapped, U(u->memory));
	put(arg, "\"reads\":%llu,\"writes\":%llu,\"flushes\":%llu,"
	    "\"discards\":%llu,\"rbytes\":%llu,\"wbytes\":%llu,"
	    "\"errors\":%llu,\"refused\":%llu}", U(u->reads), U(u->writes),
	    U(u->flushes), U(u->discards), U(u->rbytes), U(u->wbytes),
	    U(u->errors), U(u->refused));
}

static void
status(kern_put_fn put, void *arg)
{
	const struct export_user *u;
	const struct export *e;
	const char *sep = "", *usep;

	put(arg, "[");
	kern_mutex_lock(&lock);
	LIST_FOREACH(e, &exports, link) {
		put(arg, "%s\n  {\"name\":\"%s\",\"path\":\"%s\",\"size\":%llu,"
		    "\"blksize\":%u,\"readonly\":%s,\"open\":%s,\"users\":[",
		    sep, e->info.name, e->info.path, U(e->info.size),
		    e->info.blksize,
		    e->info.flags & EXPORT_RDONLY ? "true" : "false",
		    e->closed ? "false" : "true");
		sep = ",";
		usep = "";
		LIST_FOREACH(u, &e->users, link) {
			put(arg, "%s", usep);
			status_user(put, arg, u);
			usep = ",";
		}
		put(arg, "]}");
	}
	kern_mutex_unlock(&lock);
	put(arg, "]");
}
KERN_STATUS("exports", status);
