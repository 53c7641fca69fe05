/* p9front.c: a folder whose 9P server is in another domain: the device. */
#include <stdio.h>
#include "p9front.h"

#define SECOND	1000000000ull

/* ---- rings ---- */

static void
page_gone(grant_ref_t ref, void *page)
{

	if (ref != 0)
		xen_grant_dispose(ref, page);
	else
		kern_page_free(page, 1);
}

static void
ring_free(struct pf *f, struct pf_ring *r)
{
	unsigned i;

	xen_event_free(&r->event);
	for (i = 0; r->data != NULL && i < 1u << f->order; i++)
		page_gone(r->ref[i], r->data + i * PAGE_SIZE);
	if (r->intf != NULL)
		page_gone(r->intf_ref, r->intf);
	r->data = NULL;
	r->intf = NULL;
	r->intf_ref = 0;
	memset(r->ref, 0, sizeof(r->ref));
}

static int
ring_make(struct pf *f, struct pf_ring *r, unsigned n)
{
	char name[24];
	unsigned i;

	_Static_assert(sizeof(struct pf_intf) <= PAGE_SIZE, "one page");
	r->f = f;
	r->in_cons = r->out_prod = 0;
	r->ncalls = 0;
	TAILQ_INIT(&r->calls);
	if ((r->intf = kern_page_alloc(1, 0, KERN_PG_ZERO)) == NULL ||
	    (r->data = kern_page_alloc(1u << f->order, 0, KERN_PG_ZERO)) == NULL)
		return ENOMEM;
	r->intf->order = f->order;
	for (i = 0; i < 1u << f->order; i++) {
		r->ref[i] = xen_grant_page(f->xd->dom, r->data + i * PAGE_SIZE,
		    false);
		if (r->ref[i] == 0)
			return ENOSPC;
		r->intf->ref[i] = r->ref[i];
	}
	if ((r->intf_ref = xen_grant_page(f->xd->dom, r->intf, false)) == 0)
		return ENOSPC;
	(void)snprintf(name, sizeof(name), "%s/%u", f->xd->name, n);
	return xen_event_alloc(&r->event, name, f->xd->dom, KERN_CPU_ANY,
	    pf_intr, r);
}

static void
rings_down(struct pf *f)
{
	unsigned i;

	kern_mutex_lock(&f->lock);
	if (f->connected)
		f->lost = plat_clock();
	f->connected = false;
	pf_fail(f);
	kern_mutex_unlock(&f->lock);
	for (i = 0; i < f->nring; i++)	/* handlers that run have to end */
		ring_free(f, &f->ring[i]);
	f->nring = 0;
}

/* ---- xenbus ---- */

static void
pf_disconnect(struct xenbus_dev *xd, bool gone)
{
	struct pf *f = xd->priv;

	if (f == NULL)
		return;
	if (gone) {
		kern_mutex_lock(&f->lock);
		f->present = false;
		kern_mutex_unlock(&f->lock);
	}
	rings_down(f);
}

static int
pf_connect(struct xenbus_dev *xd)
{
	struct pf *f = xd->priv;
	char versions[16];
	unsigned i, n;
	int error;

	/* "1", or more after it: those that the back end can, in order. */
	error = xs_read_str(0, xd->backend, "versions", versions,
	    sizeof(versions));
	if (error != 0 || versions[0] != '1' ||
	    (versions[1] != '\0' && versions[1] != ','))
		return error != 0 ? error : EOPNOTSUPP;
	n = (unsigned)xenbus_peer_num(xd, "max-rings", 256, 1);
	f->order = (unsigned)xenbus_peer_num(xd, "max-ring-page-order", 32, 0);
	if (f->order > PF_MAXORDER)
		f->order = PF_MAXORDER;
	if (n == 0 || f->order < PF_MINORDER)
		return EOPNOTSUPP;
	f->nring = n < PF_MAXRING ? n : PF_MAXRING;
	for (i = error = 0; i < f->nring && error == 0; i++)
		error = ring_make(f, &f->ring[i], i);
	if (error != 0) {
		f->nring = i;
		rings_down(f);
	}
	return error;
}

static int
pf_publish(struct xenbus_dev *xd, xs_txn t)
{
	struct pf *f = xd->priv;
	char key[24];
	unsigned i;
	int error;

	if ((error = xs_write(t, xd->node, "version", "1")) == 0)
		error = xs_printf(t, xd->node, "num-rings", "%u", f->nring);
	for (i = 0; i < f->nring && error == 0; i++) {
		(void)snprintf(key, sizeof(key), "ring-ref%u", i);
		error = xs_printf(t, xd->node, key, "%u", f->ring[i].intf_ref);
		if (error != 0)
			break;
		(void)snprintf(key, sizeof(key), "event-channel-%u", i);
		error = xs_printf(t, xd->node, key, "%u",
		    f->ring[i].event.port);
	}
	return error;
}

static int
pf_connected(struct xenbus_dev *xd, bool first)
{
	struct pf *f = xd->priv;
	size_t max = pf_size(f) / 2;

	if (!first)
		return 0;
	kern_mutex_lock(&f->lock);
	/* What is open has buffers for what it was told. */
	if (!f->open)
		f->dev.maxmsg = max < PF_MAXMSG ? max : PF_MAXMSG;
	else if (f->dev.maxmsg > max) {
		kern_mutex_unlock(&f->lock);
		return EINVAL;
	}
	f->connected = f->present = f->fresh = true;
	f->session++;
	kern_cv_broadcast(&f->cv);
	kern_mutex_unlock(&f->lock);
	return 0;
}

static void
pf_attach(struct xenbus_dev *xd, bool hot)
{
	struct pf *f = xd->priv;

	p9dev_register(&f->dev);
	if (hot)
		kern_printf("%s: plugged in: %s\n", xd->name, f->dev.name);
}

static bool
pf_busy(struct xenbus_dev *xd)
{
	struct pf *f = xd->priv;

	f->closing = true;
	return f->open;
}

/* ---- suspend: what is under way is waited for ---- */

static void
pf_before(void *arg)
{
	uint64_t limit = plat_clock() + PF_PATIENCE * SECOND;
	struct pf *f = arg;

	kern_mutex_lock(&f->lock);
	f->suspending = true;
	while (f->inside > 0 && f->connected)
		if (kern_cv_wait(&f->cv, &f->lock, limit) == ETIMEDOUT)
			break;
	kern_mutex_unlock(&f->lock);
}

static void
pf_after(void *arg, bool cancelled)
{
	struct pf *f = arg;

	kern_mutex_lock(&f->lock);
	f->suspending = false;
	kern_cv_broadcast(&f->cv);
	kern_mutex_unlock(&f->lock);
}

/* ---- dev.h ---- */

/* With a connection, if there is one or soon will be again. */
static uint32_t
pf_enter(struct p9dev *dev)
{
	struct pf *f = (struct pf *)dev;
	uint32_t session;
	uint64_t limit;

	kern_mutex_lock(&f->lock);
	while (f->suspending || (f->present && !f->connected)) {
		limit = f->suspending ? UINT64_MAX :
		    f->lost + PF_PATIENCE * SECOND;
		if (plat_clock() >= limit) {
			kern_printf("%s: no back end for %u s: requests fail\n",
			    f->xd->name, PF_PATIENCE);
			f->present = false;
			break;
		}
		(void)kern_cv_wait(&f->cv, &f->lock, limit);
	}
	f->inside++;
	session = f->session;
	kern_mutex_unlock(&f->lock);
	return session;
}

static void
pf_leave(struct p9dev *dev)
{
	struct pf *f = (struct pf *)dev;

	kern_mutex_lock(&f->lock);
	if (--f->inside == 0)
		kern_cv_broadcast(&f->cv);
	kern_mutex_unlock(&f->lock);
}

static void
pf_begin(struct p9dev *dev, uint32_t session)
{
	struct pf *f = (struct pf *)dev;

	kern_mutex_lock(&f->lock);
	if (f->session == session)
		f->fresh = false;
	kern_mutex_unlock(&f->lock);
}

static int
pf_open(struct p9dev *dev)
{
	struct pf *f = (struct pf *)dev;
	int error = 0;

	kern_mutex_lock(&f->lock);
	if (f->open)
		error = EBUSY;
	else if (!f->present)
		error = ENXIO;
	else
		f->open = true;
	kern_mutex_unlock(&f->lock);
	return error;
}

static void
pf_close(struct p9dev *dev)
{
	struct pf *f = (struct pf *)dev;
	bool look;

	kern_mutex_lock(&f->lock);
	f->open = false;
	look = f->closing;
	f->closing = false;
	kern_mutex_unlock(&f->lock);
	if (look)
		xenbus_look(f->xd);
}

static int
pf_probe(struct xenbus_dev *xd)
{
	struct pf *f = xd->priv;
	int error;

	if (f != NULL)
		return 0;
	if ((f = kern_zalloc(sizeof(*f))) == NULL)
		return ENOMEM;
	kern_mutex_init(&f->lock, "9pfs");
	kern_cv_init(&f->cv, "9pfs");
	f->xd = xd;
	f->dev.driver = "xen-9pfront";
	f->dev.open = pf_open;
	f->dev.close = pf_close;
	f->dev.rpc = pf_rpc;
	f->dev.enter = pf_enter;
	f->dev.leave = pf_leave;
	f->dev.begin = pf_begin;
	f->suspender.before = pf_before;
	f->suspender.after = pf_after;
	f->suspender.arg = f;
	error = xs_read_str(0, xd->node, "tag", f->dev.tag, sizeof(f->dev.tag));
	if (error != 0)
		f->dev.tag[0] = '\0';
	xd->priv = f;
	xen_on_suspend(&f->suspender);
	return 0;
}

static struct xenbus_driver driver = {
	.type = "9pfs", .after = XenbusStateInitialised, .probe = pf_probe,
	.connect = pf_connect, .publish = pf_publish,
	.connected = pf_connected, .attach = pf_attach,
	.disconnect = pf_disconnect, .busy = pf_busy
};

static void
pf_init(void)
{

	xenbus_driver(&driver);
}
KERN_INIT(KERN_INIT_BUS, pf_init);
