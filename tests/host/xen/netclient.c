/*
 * netclient.c: back ends' keys, rings and grants as fuzz_netback.c has them: now
 * and then something is missing, wrong or refused.
 */
#include "netclient.h"

struct front front[NFRONT];
struct backbus_driver *driver;
const char *trouble;
unsigned mapped;

bool xs_ready(void) { return true; }
int xs_write(xs_txn t, const char *d, const char *n, const char *v) { return 0; }
int xs_printf(xs_txn t, const char *d, const char *n, const char *f, ...)
    { return 0; }
enum xen_kind xen_kind(void) { return XEN_PV; }
const char *kern_option(const char *n, size_t *len) { return NULL; }
uint64_t plat_clock_epoch(void) { return 1; }
void kern_yield(void) { }
void kern_thread_setpri(struct thread *t, int pri) { }
void backbus_driver(struct backbus_driver *d) { driver = d; }
void
backbus_trouble(struct backbus_dev *d, const char *why)
{

	CHECK(((struct front *)d)->liar);
	trouble = why;
}

uint64_t
backbus_num(struct backbus_dev *d, const char *k, uint64_t max, uint64_t other)
{

	return other;
}

int
backbus_str(struct backbus_dev *d, const char *k, char *buf, size_t size)
{

	if (strcmp(k, "mac") == 0) {
		snprintf(buf, size, "00:16:3e:00:00:%02x",
		    (unsigned)((struct front *)d - front));
		return 0;
	}
	if (strcmp(k, "rate") == 0 && rnd() % 4 == 0) {
		static const char *const some[] = { "100000,50000", "1,1", "x",
		    "5000000,50000", "0,0", "9999999999999,1", "5,", ",5" };
		snprintf(buf, size, "%s", some[rnd() % 8]);
		return 0;
	}
	return ENOENT;
}

bool
backbus_peer_flag(struct backbus_dev *d, const char *k)
{
	struct front *f = (struct front *)d;

	if (strcmp(k, "request-rx-copy") == 0)
		return rnd() % 50 != 0;
	if (strcmp(k, "feature-sg") == 0)
		return f->sg;
	if (strcmp(k, "feature-no-csum-offload") == 0)
		return !f->csum;
	if (strncmp(k, "feature-gso", 11) == 0)
		return f->gso;
	return rnd() % 2;
}

int
backbus_peer_num(struct backbus_dev *d, const char *dir, const char *k,
    uint64_t max, uint64_t *v)
{
	struct front *f = (struct front *)d;

	if (rnd() % 60 == 0)
		return rnd() % 2 ? ENOENT : EINVAL;
	if (strcmp(k, "tx-ring-ref") == 0)
		*v = 0;
	else if (strcmp(k, "rx-ring-ref") == 0)
		*v = 1;
	else if (strcmp(k, "multi-queue-num-queues") == 0)
		return rnd() % 2 ? ENOENT : (*v = rnd() % 20 ? 1 : rnd(), 0);
	else if (strcmp(k, "event-channel-tx") == 0 && !f->split)
		return ENOENT;
	else
		*v = 1;
	return 0;
}

int
backbus_map(struct backbus_dev *d, const grant_ref_t *ref, unsigned n,
    struct backbus_map *m)
{
	struct front *f = (struct front *)d;

	CHECK(n == 1 && m->va == NULL);
	if (rnd() % 60 == 0)
		return EINVAL;
	m->va = f->page[*ref];
	m->n = 1;
	mapped++;
	return 0;
}

void
backbus_unmap(struct backbus_map *m)
{

	mapped -= m->va != NULL;
	m->va = NULL;
}

int
backbus_event(struct backbus_dev *d, evtchn_port_t p, const char *name, int cpu,
    int (*fn)(void *), void *arg, struct xen_event *e)
{
	struct front *f = (struct front *)d;

	if (rnd() % 60 == 0)
		return EINVAL;
	f->fn[fn == nb_rx_intr] = fn;
	f->arg = arg;
	e->port = 1;
	e->irq = (void *)e;
	return 0;
}

static struct front *
front_of(domid_t dom)
{

	CHECK(dom >= DOM(0) && dom < DOM(NFRONT));
	return &front[dom - DOM(0)];
}

/* As the hypervisor: each operation within a page on both sides. */
static int16_t
copy_one(const struct gnttab_copy *op)
{
	bool in = op->flags == GNTCOPY_source_gref;
	const struct gnttab_copy_ptr *theirs = in ? &op->source : &op->dest;
	const struct gnttab_copy_ptr *ours = in ? &op->dest : &op->source;
	struct front *f = front_of(theirs->domid);
	char *a, *b;

	CHECK(in || op->flags == GNTCOPY_dest_gref);
	CHECK(ours->domid == DOMID_SELF);
	CHECK(op->len > 0 && ours->offset + op->len <= PAGE_SIZE);
	if (theirs->offset + op->len > PAGE_SIZE)
		return GNTST_bad_copy_arg;
	if (theirs->u.ref >= NPAGE || (!in && f->rdonly[theirs->u.ref]) ||
	    rnd() % 4000 == 0)
		return GNTST_bad_gntref;
	a = f->page[theirs->u.ref] + theirs->offset;
	b = (char *)(ours->u.gmfn << PAGE_SHIFT) + ours->offset;
	memcpy(in ? b : a, in ? a : b, op->len);
	return GNTST_okay;
}

int
xen_grant_copy(struct gnttab_copy *op, unsigned n)
{

	CHECK(n <= NB_OPS);
	if (rnd() % 1000 == 0)
		return EFAULT;
	for (unsigned i = 0; i < n; i++)
		op[i].status = copy_one(&op[i]);
	return 0;
}
