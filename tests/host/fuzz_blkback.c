/*
 * fuzz_blkback.c: the disk back end with a front end made of memory, honest and
 * not, of both ABIs, with and without persistent grants; with a program that
 * does requests in any order, fails at times, and takes its time when the
 * front end is long dead.  Every request of an honest front end is answered
 * once, and rightly; whatever a liar says, the program is asked for nothing
 * that the disk has not, nothing is touched that is not mapped, and nothing
 * stays when the connection ends.
 */
#include "rounds.h"
#include "xen/blkclient.h"

static struct backbus_driver *drv;
static struct backbus_dev dev;
static void (*rescan)(void);
static bool liar, persistent;
static unsigned looks;
static const char *trouble;
bool fails, readonly;
uint8_t disk[SECTORS][512];

/* ---- xenbus ---- */

bool xs_ready(void) { return true; }
void backbus_driver(struct backbus_driver *d) { drv = d; }
void backbus_rescan(struct backbus_driver *d) { }
void backbus_look(struct backbus_dev *d) { looks++; }
void backbus_trouble(struct backbus_dev *d, const char *why)
    { CHECK(liar); trouble = why; }
uint64_t backbus_num(struct backbus_dev *d, const char *key, uint64_t max,
    uint64_t otherwise) { return otherwise; }

int
backbus_str(struct backbus_dev *d, const char *key, char *buf, size_t size)
{

	strcpy(buf, strcmp(key, "mode") == 0 ? readonly ? "r" : "w" : "data");
	return 0;
}

int
backbus_peer_str(struct backbus_dev *d, const char *key, char *buf, size_t size)
{

	CHECK(strcmp(key, "protocol") == 0);
	if (liar && rnd() % 20 == 0)
		strcpy(buf, "sparc-abi");
	else if (!abi32 && rnd() % 2)
		return ENOENT;
	else
		strcpy(buf, abi32 ? "x86_32-abi" : "x86_64-abi");
	return 0;
}

bool backbus_peer_flag(struct backbus_dev *d, const char *key)
    { return persistent; }

int
backbus_peer_num(struct backbus_dev *d, const char *dir, const char *key,
    uint64_t max, uint64_t *v)
{
	unsigned q = dir != NULL ? dir[strlen("queue-")] - '0' : 0;

	if (strcmp(key, "multi-queue-num-queues") == 0)
		*v = nring;
	else if (strcmp(key, "ring-page-order") == 0)
		*v = order;
	else if (strncmp(key, "ring-ref", 8) == 0)
		*v = FOREIGN_REF + RING0 + q * 4 + (key[8] ? key[8] - '0' : 0);
	else
		*v = 5;
	if (strncmp(key, "ring-ref", 8) == 0)
		CHECK((key[8] != '\0') == (order > 0));
	if (liar && rnd() % 40 == 0)
		*v = rnd();
	if (!liar && strncmp(key, "ring-", 5) != 0 && *v <= 1 && rnd() % 2)
		return ENOENT;		/* what is not said is 1, or 0 */
	return *v > max ? EINVAL : 0;
}

int
backbus_map(struct backbus_dev *d, const grant_ref_t *r, unsigned n,
    struct backbus_map *m)
{

	if ((m->va = xen_window_alloc(n)) == NULL)
		return ENOMEM;
	m->n = n;
	if (xen_map_grants(m->va, d->dom, r, n, false, m->handle) == 0)
		return 0;
	xen_window_free(m->va, n);
	m->va = NULL;
	return EINVAL;
}

void
backbus_unmap(struct backbus_map *m)
{

	if (m->va == NULL)
		return;
	xen_unmap_grants(m->va, m->handle, m->n);
	xen_window_free(m->va, m->n);
	m->va = NULL;
}

int
backbus_event(struct backbus_dev *d, evtchn_port_t theirs, const char *name,
    int cpu, int (*fn)(void *), void *arg, struct xen_event *e)
{

	return xen_event_alloc(e, name, d->dom, cpu, fn, arg);
}

/* ---- the program ---- */

struct export { int n; } ex;
struct export_info info = {
	.name = "data", .size = SECTORS * 512ull,
	.flags = EXPORT_FLUSHES | EXPORT_DISCARDS
};
static STAILQ_HEAD(, export_io) queue = STAILQ_HEAD_INITIALIZER(queue);
static unsigned nqueue;
static bool closed;

const struct export_info *export_info(const struct export *e) { return &info; }
void export_watch(void (*fn)(void)) { rescan = fn; }
void export_drop(struct export_user *u) { CHECK(u->depth == 0); }
struct export *export_use(const char *name, struct export_user *u)
    { return rnd() % 10 ? &ex : NULL; }

void
export_submit(struct export *e, struct export_io *io)
{
	const struct export_req *r = &io->req;

	CHECK(r->off <= info.size && r->len <= info.size - r->off);
	CHECK(((r->off | r->len) & (info.blksize - 1)) == 0);
	CHECK(r->op <= EXPORT_DISCARD);
	CHECK(r->op == EXPORT_DISCARD || r->len <= BB_MAXBYTES);
	CHECK(r->op == EXPORT_READ || r->op == EXPORT_FLUSH || !readonly);
	CHECK(r->op != EXPORT_BARRIER || nqueue == 0);
	if (closed) {
		io->done(io, ENXIO);
		return;
	}
	STAILQ_INSERT_TAIL(&queue, io, link);
	nqueue++;
	CHECK(nqueue <= BB_MAXDEPTH);
}

/* Any one that waits. */
static void
work(void)
{
	struct export_io *io;
	unsigned i;
	int error = 0;

	if (nqueue == 0)
		return;
	io = STAILQ_FIRST(&queue);
	for (i = rnd() % nqueue; i > 0; i--)
		io = STAILQ_NEXT(io, link);
	STAILQ_REMOVE(&queue, io, export_io, link);
	nqueue--;
	if (fails && rnd() % 20 == 0)
		error = EIO;
	else if (io->req.len == 0)
		CHECK(io->req.op == EXPORT_FLUSH || io->req.op == EXPORT_BARRIER);
	else if (io->req.op == EXPORT_READ)
		memcpy(io->req.data, disk[io->req.off / 512], io->req.len);
	else if (io->req.op == EXPORT_WRITE || io->req.op == EXPORT_BARRIER)
		memcpy(disk[io->req.off / 512], io->req.data, io->req.len);
	else if (io->req.op == EXPORT_DISCARD)
		memset(disk[io->req.off / 512], 0, io->req.len);
	io->done(io, error);
}

/* ---- connections ---- */

static bool
begin(void)
{

	nring = 1 + rnd() % BB_MAXRING;
	order = rnd() % (BB_MAXORDER + 1);
	persistent = rnd() % 2;
	abi32 = rnd() % 2;
	foreign_dead = false;
	trouble = NULL;
	front_begin();
	if (drv->connect(&dev) != 0)
		return false;
	(void)drv->publish(&dev, 1);
	drv->connected(&dev);
	return true;
}

static void
session(unsigned steps)
{
	struct bb *b = dev.priv;
	unsigned pace = (greedy = rnd() % 3 == 0) ? 60 : 1;

	while (steps-- > 0 && trouble == NULL)
		switch (rnd() % 8) {
		case 0: case 1: case 2:
			front_ask();
			front_publish();
			break;
		case 3: case 4:
			if (rnd() % pace == 0)
				work();
			break;
		case 5:
			(void)bb_intr(&b->ring[rnd() % nring]);
			break;
		case 6:
			if (!liar)
				front_collect();
			break;
		case 7:
			if (liar)
				front_lie();
			break;
		}
}

static void
settle(void)
{
	struct bb *b = dev.priv;
	unsigned rounds = 0;

	while (front_busy()) {
		(void)bb_intr(&b->ring[0]);
		work();
		front_collect();
		CHECK(rounds++ < 100000);
	}
	CHECK(nqueue == 0 && b->depth == 0 && b->held == NULL && b->memory == 0);
}

static void
end(void)
{
	unsigned before = looks;

	foreign_dead = rnd() % 2;
	if (nqueue > 0) {
		CHECK(!drv->disconnect(&dev));
		if (liar)
			memset(foreign, rnd(), FOREIGN_PAGES * PAGE_SIZE);
		while (nqueue > 0) {
			CHECK(looks == before);
			work();
		}
		CHECK(looks == before + 1);
	}
	CHECK(drv->disconnect(&dev));
	CHECK(foreign_mapped == 0 && fake_pages == 0);
}

static void
one(uint64_t seed)
{
	unsigned i;

	fake_seed(seed);
	memset(&dev, 0, sizeof(dev));
	strcpy(dev.name, "vbd 7.1");
	dev.dom = FOREIGN_DOM;
	said[0] = '\0';
	fake_short = false;
	readonly = rnd() % 5 == 0;
	info.blksize = rnd() % 3 ? 512 : 4096;
	liar = foreign_ro = rnd() % 2;
	closed = false;
	if (drv->probe(&dev) != 0)
		return;
	for (i = 0; i < 3; i++) {
		fails = rnd() % 2;
		fake_short = rnd() % 4 == 0;
		fails |= fake_short;		/* copies may, then */
		if (begin()) {
			session(rnd() % 400);
			fake_short = false;
			closed = rnd() % 16 == 0;
			fails |= closed;
			if (!liar && rnd() % 4)
				settle();
		}
		fake_short = false;
		end();
		closed = false;
	}
	drv->remove(&dev);
}

int
main(int argc, char **argv)
{
	unsigned long n;

	foreign_init();
	fake_init();
	n = rounds(argc, argv, 1000, one);
	CHECK(fine > n && answered > n);
	printf("fuzz_blkback: %lu disks, %u requests, %u answered, %u with the "
	    "right data, ok\n", n, asked, answered, fine);
	return 0;
}
