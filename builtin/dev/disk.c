/*
 * disk.c: the disks that drivers have found: names, counters, complaints, and
 * a thread for each controller.  disk_io.c moves data.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "dev.h"
#include "devstat.h"
#include "../fs/vfs.h"
#include "../fs/blk.h"
#include <rump/rump.h>

#define NS		1000000000ULL
#define TIMEOUT		30		/* seconds; DISK_TIMEOUT=n */
#define ROUND		(10 * NS)	/* of complaints ... */
#define ROUND_MAX	8		/* ... that many are shown */
#define TICKS		8		/* in each timeout */

static LIST_HEAD(, disk) disks = LIST_HEAD_INITIALIZER(disks);
static LIST_HEAD(, diskwatch) watches = LIST_HEAD_INITIALIZER(watches);
static kmutex_t disks_mtx;
static uint64_t timeout;

static int
disks_init(void)
{
	char s[16];
	unsigned long n = 0;

	kmutex_init(&disks_mtx);
	if (rumpuser_getparam("DISK_TIMEOUT", s, sizeof(s)) == 0)
		n = strtoul(s, NULL, 10);
	timeout = (n > 0 && n < 3600 ? n : TIMEOUT) * NS;
	return 0;
}
RUMP_COMPONENT(COMPONENT_CORE, disks_init);

uint64_t
disk_timeout(void)
{

	return timeout;
}

/* ---- names ---- */

/* By name or serial number; with the mutex. */
static struct disk *
find(const char *name)
{
	struct disk *d;

	LIST_FOREACH(d, &disks, link)
		if (strcmp(d->name, name) == 0)
			return d;
	LIST_FOREACH(d, &disks, link)
		if (d->serial[0] != '\0' && strcmp(d->serial, name) == 0)
			return d;
	return NULL;
}

struct disk *
disk_find(const char *name)
{
	struct disk *d;

	kmutex_enter(&disks_mtx);
	d = find(name);
	kmutex_exit(&disks_mtx);
	return d;
}

/* /dev/ld0, and /dev/rld0 for programs. */
static int
disk_nodes(const char *name)
{
	char path[32];
	int error;

	snprintf(path, sizeof(path), "/dev/%s", name);
	error = etfs_register(path, name, RUMP_ETFS_BLK, 0, BLK_TOEND);
	if (error != 0)
		return error;
	snprintf(path, sizeof(path), "/dev/r%s", name);
	return etfs_register(path, name, RUMP_ETFS_CHR, 0, BLK_TOEND);
}

/*
 * What is not in /dev yet: partitions (ld0s1), NetBSD's name of a whole disk
 * (ld0d), and the raw devices of both (rld0s1, rld0d).
 */
int
disk_node(const char *path)
{
	const char *name = path + strlen("/dev/");
	bool raw = *name == 'r';
	char base[24], *end;

	if (strncmp(path, "/dev/", 5) != 0 || strlen(name) >= sizeof(base))
		return ENOENT;
	strcpy(base, name + raw);
	if ((end = strpbrk(base, "0123456789")) == NULL)
		return ENOENT;
	end += strspn(end, "0123456789");
	if (strcmp(end, "d") == 0)
		*end = '\0';
	return etfs_register(path, base, raw ? RUMP_ETFS_CHR : RUMP_ETFS_BLK,
	    0, BLK_TOEND);
}

static int
disk_insert(struct disk *d)
{
	const size_t len = strlen(d->name);
	struct disk *last = NULL, *e;
	int error = ENXIO;

	kmutex_enter(&disks_mtx);
	for (unsigned unit = 0; unit < 100 && error != 0; unit++) {
		snprintf(d->name + len, sizeof(d->name) - len, "%u", unit);
		if (find(d->name) == NULL)
			error = 0;
	}
	LIST_FOREACH(e, &disks, link)
		last = e;
	if (error == 0 && last != NULL)
		LIST_INSERT_AFTER(last, d, link);
	else if (error == 0)
		LIST_INSERT_HEAD(&disks, d, link);
	kmutex_exit(&disks_mtx);
	return error;
}

int
disk_attach(struct disk *d)
{
	uint64_t mb = d->size >> 20;
	int error;

	rumpuser_rw_init(&d->rw);
	if ((error = disk_insert(d)) != 0)
		return error;
	k_printf("%s: %s, %s, %llu %s, blocks of %u bytes%s\n", d->name,
	    d->driver, d->model, (unsigned long long)(mb < 10240 ? mb : mb >> 10),
	    mb < 10240 ? "MB" : "GB", d->blksize,
	    d->rdonly ? ", read-only" : "");
	return disk_nodes(d->name);
}

/* ---- the end of a request ---- */

void
disk_done(struct diskreq *r, int error)
{
	static const size_t count[] = {
		[DISK_READ] = offsetof(struct disk, reads),
		[DISK_WRITE] = offsetof(struct disk, writes),
		[DISK_FLUSH] = offsetof(struct disk, flushes),
		[DISK_DISCARD] = offsetof(struct disk, discards),
	};
	struct disk *d = r->disk;
	uint64_t *n = (void *)((char *)d + count[r->op]);

	r->error = error;
	__atomic_fetch_add(n, 1, __ATOMIC_RELAXED);
	if (error != 0)
		__atomic_fetch_add(&d->errors, 1, __ATOMIC_RELAXED);
	else if (r->op == DISK_READ || r->op == DISK_WRITE)
		__atomic_fetch_add(r->op == DISK_READ ? &d->rbytes :
		    &d->wbytes, r->len, __ATOMIC_RELAXED);
	r->done(r);
}

void
disk_done_all(struct diskreqs *q, int error)
{
	struct diskreq *r;

	while ((r = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, link);
		disk_done(r, error);
	}
}

void
disk_complain(struct disk *d, const struct diskreq *r, const char *fmt, ...)
{
	static const char *const ops[] = { "read", "write", "flush",
	    "discard" };
	uint64_t now = k_uptime();
	unsigned missed = 0;
	char text[96];
	va_list ap;
	bool show;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	kmutex_enter(&disks_mtx);
	if (now >= d->round) {
		d->round = now + ROUND;
		missed = d->complaints > ROUND_MAX ?
		    d->complaints - ROUND_MAX : 0;
		d->complaints = 0;
	}
	show = d->complaints++ < ROUND_MAX;
	kmutex_exit(&disks_mtx);
	if (missed > 0)
		k_printf("%s: %u more errors\n", d->name, missed);
	if (!show)
		return;
	if (r == NULL)
		k_printf("%s: %s\n", d->name, text);
	else if (r->op == DISK_FLUSH)
		k_printf("%s: flush: %s\n", d->name, text);
	else
		k_printf("%s: %s of %zu bytes at %llu: %s\n", d->name,
		    ops[r->op], r->len, (unsigned long long)r->off, text);
}

/* ---- a thread for each controller ---- */

/*
 * `on' goes down before the last look: who begins a command after that sees
 * it, and who began one before is seen.
 */
static void
watch_main(void *arg)
{
	struct diskwatch *w = arg;

	for (;;) {
		kmutex_enter(&w->mtx);
		while (!w->on)
			kcond_wait(&w->cv, &w->mtx);
		if (!w->now)
			(void)kcond_wait_until(&w->cv, &w->mtx, k_uptime() +
			    timeout / TICKS);
		w->now = false;
		__atomic_store_n(&w->on, false, __ATOMIC_SEQ_CST);
		kmutex_exit(&w->mtx);
		if (w->tick(w->arg))
			__atomic_store_n(&w->on, true, __ATOMIC_SEQ_CST);
	}
}

int
diskwatch_start(struct diskwatch *w, const char *name)
{
	int error;

	kmutex_init(&w->mtx);
	kcond_init(&w->cv);
	if ((error = kthread_create(name, watch_main, w)) != 0)
		return error;
	kmutex_enter(&disks_mtx);
	LIST_INSERT_HEAD(&watches, w, link);
	kmutex_exit(&disks_mtx);
	return 0;
}

void
diskwatch_busy(struct diskwatch *w)
{

	if (__predict_true(__atomic_load_n(&w->on, __ATOMIC_SEQ_CST)))
		return;
	kmutex_enter(&w->mtx);
	w->on = true;
	kcond_signal(&w->cv);
	kmutex_exit(&w->mtx);
}

void
diskwatch_now(struct diskwatch *w)
{

	kmutex_enter(&w->mtx);
	w->on = w->now = true;
	kcond_signal(&w->cv);
	kmutex_exit(&w->mtx);
}

/* The program has ended; what it wrote goes to stable storage. */
void
rump_dev_shutdown(void)
{
	struct lwp *l = sys_enter();
	struct diskwatch *w;

	LIST_FOREACH(w, &watches, link)
		w->shutdown(w->arg);
	sys_leave(l, 0, 0);
}

/* ---- status ---- */

static void
put_string(struct devtext *t, const char *s)
{

	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == '"' || *s == '\\' ||
		    (unsigned char)*s >= 0x7f)
			devtext(t, "?");
		else
			devtext(t, "%c", *s);
}

void
disk_status(struct devtext *t)
{
	const char *sep = "";
	struct disk *d;

	kmutex_enter(&disks_mtx);
	devtext(t, "\"blk\":[");
	LIST_FOREACH(d, &disks, link) {
		devtext(t, "%s{\"name\":\"%s\",\"driver\":\"%s\",\"model\":\"",
		    sep, d->name, d->driver);
		put_string(t, d->model);
		devtext(t, "\",\"serial\":\"");
		put_string(t, d->serial);
		devtext(t, "\",\"size\":%llu,\"blksize\":%u,\"readonly\":%s,"
		    "\"cache\":%s", (unsigned long long)d->size, d->blksize,
		    d->rdonly ? "true" : "false", d->cache ? "true" : "false");
#define N(field) devtext(t, ",\"" #field "\":%llu", (unsigned long long)d->field)
		N(reads);
		N(rbytes);
		N(writes);
		N(wbytes);
		N(flushes);
		N(discards);
		N(errors);
		N(retries);
		devtext(t, "}");
		sep = ",";
	}
	devtext(t, "]");
	kmutex_exit(&disks_mtx);
}
