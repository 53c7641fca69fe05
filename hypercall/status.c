/*
 * status.c: what "sirloin:status" shows: one JSON object, padded with spaces
 * to a fixed size.  docs/rumpuser.md says what is in it.
 */
#include <stdarg.h>
#include <stdio.h>
#include "hyp.h"
#include <pci.h>

struct status {
	char	*buf;
	size_t	size, len;
	bool	first;		/* in the current list */
};

static void __attribute__((format(printf, 2, 3)))
status_put(void *arg, const char *fmt, ...)
{
	struct status *st = arg;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(st->buf + st->len, st->size - st->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		st->len += (size_t)n < st->size - st->len ? (size_t)n :
		    st->size - st->len - 1;
}

/*
 * The next member of a list; false, once: the rest has no room.  Room is kept
 * for what follows the lists.
 */
static bool
status_next(struct status *st)
{

	if (st->size - st->len < 1024)
		return false;
	status_put(st, st->first ? "\n  {" : ",\n  {");
	st->first = false;
	return true;
}

static void
status_list(struct status *st, const char *name)
{

	status_put(st, ",\n \"%s\":[", name);
	st->first = true;
}

static void
status_string(struct status *st, const char *key, const char *s)
{
	char out[64];
	size_t n = 0;

	for (; *s != '\0' && n < sizeof(out) - 1; s++)
		out[n++] = *s < ' ' || *s == '"' || *s == '\\' || *s > '~' ?
		    '_' : *s;
	out[n] = '\0';
	status_put(st, "\"%s\":\"%s\"", key, out);
}

#define U(x)	((unsigned long long)(x))

static void
status_machine(struct status *st)
{
	struct kern_mem_info m;
	unsigned i;

	status_put(st, " \"uptime_ns\":%llu,\n", U(kern_clock()));
	status_put(st, " \"boot\":{\"entry_ns\":%llu,\"rump_ns\":%llu},\n",
	    U(plat_boot_entry()), U(hyp_init_time));
	status_put(st, " \"platform\":\"%s\",", plat_name());
	status_string(st, "hypervisor", plat_hypervisor());
	status_put(st, ",\n \"clock\":{\"name\":\"%s\",\"hz\":%llu,"
	    "\"epoch_ns\":%llu},\n", plat_clock_name(), U(plat_clock_hz()),
	    U(plat_clock_epoch()));
	kern_mem_info(&m);
	status_put(st, " \"memory\":{\"machine\":%llu,\"total\":%llu,"
	    "\"free\":%llu,\"heap_used\":%llu,\"heap_allocs\":%llu,"
	    "\"heap_frees\":%llu,\"heap_fails\":%llu},\n",
	    U(plat_mem_total()), U(m.total), U(m.free), U(m.heap_used),
	    U(m.heap_allocs), U(m.heap_frees), U(m.heap_fails));
	status_put(st, " ");
	status_string(st, "random", kern_random_source());
	status_list(st, "cpus");
	for (i = 0; i < kern_ncpu() && status_next(st); i++)
		status_put(st, "\"id\":%u,\"idle_ns\":%llu,\"switches\":%llu}",
		    i, U(kern_cpu_idletime(i)), U(kern_cpu_switches(i)));
	status_put(st, "]");
}

/* Copies are made under kernel/'s lock, and the text later. */
#define STATUS_NTHREAD	256
struct status_thread {
	char	name[32], wchan[16];
	struct kern_thread_info i;
};
struct status_threads {
	int	n, all;
	struct status_thread t[STATUS_NTHREAD];
};

static void
status_thread_copy(const struct kern_thread_info *i, void *arg)
{
	struct status_threads *ts = arg;
	struct status_thread *t;

	if (ts->all++ >= STATUS_NTHREAD)
		return;
	t = &ts->t[ts->n++];
	t->i = *i;
	strncpy(t->name, i->name, sizeof(t->name) - 1);
	t->name[sizeof(t->name) - 1] = '\0';
	strncpy(t->wchan, i->wchan, sizeof(t->wchan) - 1);
	t->wchan[sizeof(t->wchan) - 1] = '\0';
}

static void
status_threads(struct status *st)
{
	struct status_threads *ts = kern_zalloc(sizeof(*ts));
	struct status_thread *t;
	int n;

	status_list(st, "threads");
	if (ts != NULL)
		kern_thread_each(status_thread_copy, ts);
	for (n = 0; ts != NULL && n < ts->n && status_next(st); n++) {
		t = &ts->t[n];
		status_put(st, "\"id\":%u,", t->i.id);
		status_string(st, "name", t->name);
		status_put(st, ",\"state\":\"%s\",", t->i.state);
		status_string(st, "wchan", t->wchan);
		status_put(st, ",\"pri\":%d,\"cpu\":%d,\"cpu_ns\":%llu,"
		    "\"stack\":%llu}", t->i.pri, t->i.cpu, U(t->i.cputime),
		    U(t->i.stack));
	}
	status_put(st, "],\n \"nthreads\":%d", ts != NULL ? ts->all : 0);
	kern_free(ts);
}

static void
status_irq(const struct kern_irq_info *i, void *arg)
{
	struct status *st = arg;

	if (!status_next(st))
		return;
	status_string(st, "name", i->name);
	status_put(st, ",\"cpu\":%d,\"count\":%llu,\"spurious\":%llu}", i->cpu,
	    U(i->count), U(i->spurious));
}

static void
status_net(struct netdev *d, void *arg)
{
	const struct net_stats *s = &d->stats;
	struct status *st = arg;

	if (!status_next(st))
		return;
	status_string(st, "name", d->name);
	status_put(st, ",\"driver\":\"%s\",\"mac\":"
	    "\"%02x:%02x:%02x:%02x:%02x:%02x\",\"mtu\":%u,\"caps\":%u,"
	    "\"link\":%s,", d->driver, d->mac[0], d->mac[1], d->mac[2],
	    d->mac[3], d->mac[4], d->mac[5], d->mtu, d->caps,
	    d->linkup ? "true" : "false");
	status_put(st, "\"ipackets\":%llu,\"ibytes\":%llu,\"idrops\":%llu,"
	    "\"ierrors\":%llu,", U(s->ipackets), U(s->ibytes), U(s->idrops),
	    U(s->ierrors));
	status_put(st, "\"opackets\":%llu,\"obytes\":%llu,\"odrops\":%llu,"
	    "\"oerrors\":%llu}", U(s->opackets), U(s->obytes), U(s->odrops),
	    U(s->oerrors));
}

static void
status_blk(struct blkdev *d, void *arg)
{
	const struct blk_stats *s = &d->stats;
	struct status *st = arg;

	if (!status_next(st))
		return;
	status_string(st, "name", d->name);
	status_put(st, ",");
	status_string(st, "serial", d->serial);
	status_put(st, ",\"driver\":\"%s\",\"size\":%llu,\"blksize\":%u,"
	    "\"readonly\":%s,\"cache\":%s,", d->driver, U(d->size), d->blksize,
	    d->flags & BLK_RDONLY ? "true" : "false",
	    d->flags & BLK_FLUSHES ? "true" : "false");
	status_put(st, "\"reads\":%llu,\"writes\":%llu,\"flushes\":%llu,"
	    "\"rbytes\":%llu,\"wbytes\":%llu,\"errors\":%llu}", U(s->reads),
	    U(s->writes), U(s->flushes), U(s->rbytes), U(s->wbytes),
	    U(s->errors));
}

/* An image without drivers has no bus. */
#pragma weak pci_first
#pragma weak pci_next

static void
status_pci(struct status *st)
{
	struct pci_func *f;

	status_list(st, "pci");
	f = pci_first != NULL ? pci_first() : NULL;
	for (; f != NULL && status_next(st); f = pci_next(f)) {
		status_put(st, "\"addr\":\"%02x:%02x.%x\",\"vendor\":"
		    "\"%04x\",\"device\":\"%04x\",\"class\":\"%02x%02x%02x\",",
		    f->bus, f->dev, f->fun, f->vendor, f->device, f->class,
		    f->subclass, f->progif);
		status_string(st, "owner", f->owner != NULL ? f->owner : "");
		status_put(st, ",\"irq\":\"%s\",\"vectors\":%u}",
		    f->irqkind != NULL ? f->irqkind : "", f->nirq);
	}
	status_put(st, "]");
}

/* Other rooms' members; one that leaves no room for the rest is left out. */
extern const struct kern_status __start_sirloin_status[],
    __stop_sirloin_status[];

static void
status_rooms(struct status *st)
{
	const struct kern_status *s;
	size_t len;

	for (s = __start_sirloin_status; s < __stop_sirloin_status; s++) {
		len = st->len;
		status_put(st, ",\n \"%s\":", s->name);
		s->fn(status_put, st);
		if (st->size - st->len < 1024)
			st->len = len;
	}
}

void
hyp_status(char *buf, size_t size)
{
	struct status st = { buf, size, 0, true };

	status_put(&st, "{\n");
	status_machine(&st);
	status_list(&st, "irqs");
	kern_irq_each(status_irq, &st);
	status_put(&st, "]");
	status_list(&st, "net");
	netdev_each(status_net, &st);
	status_put(&st, "]");
	status_list(&st, "blk");
	blkdev_each(status_blk, &st);
	status_put(&st, "]");
	status_pci(&st);
	status_rooms(&st);
	status_threads(&st);
	status_put(&st, "\n}\n");
	memset(buf + st.len, ' ', size - st.len);
}
