/*
 * pciop.c: operations on functions of the back end's (Xen public io/pciif.h): a
 * page that both write, one operation at a time.  Ours is what op says while
 * XEN_PCIF_active is set; the back end's are reports of errors on the bus (AER),
 * while XEN_PCIB_active is.
 */
#include <string.h>
#include "event.h"
#include "grant.h"
#include "pcifront.h"
#include "xenbus.h"

#define PATIENCE	10000000000ull	/* ns for an answer */
#define AER_NONE	1		/* PCI_ERS_RESULT_NONE: nobody cares */
#define COMPLAINTS	8

static struct xen_pci_sharedinfo *page;
static grant_ref_t page_ref;
static struct xen_event event;
static struct xenbus_dev *peer;
static struct kern_mutex lock;		/* of the page, and what follows */
static struct kern_cv answered;
static bool ready, dead = true;
static unsigned complaints;

_Static_assert(sizeof(struct xen_pci_sharedinfo) <= PAGE_SIZE, "pciif.h");

/* lock held.  An error on the bus: the answer is that we do nothing. */
static void
take_report(void)
{
	uint32_t cmd = __atomic_load_n(&page->aer_op.cmd, __ATOMIC_RELAXED);
	uint32_t bus = __atomic_load_n(&page->aer_op.bus, __ATOMIC_RELAXED);
	uint32_t devfn = __atomic_load_n(&page->aer_op.devfn, __ATOMIC_RELAXED);

	if (complaints < COMPLAINTS) {
		complaints++;
		kern_printf("pci %x:%x.%x: the bus reports an error "
		    "(operation %u)\n", bus & 255, devfn >> 3 & 31, devfn & 7,
		    cmd);
	}
	page->aer_op.err = AER_NONE;
	__atomic_fetch_and(&page->flags, ~(uint32_t)(XEN_PCIB_active |
	    XEN_PCIB_AERHANDLER), __ATOMIC_SEQ_CST);
	xen_event_notify(&event);
}

static int
notified(void *arg)
{

	kern_mutex_lock(&lock);
	if (!dead && (__atomic_load_n(&page->flags, __ATOMIC_ACQUIRE) &
	    XEN_PCIB_active) != 0)
		take_report();
	kern_cv_broadcast(&answered);
	kern_mutex_unlock(&lock);
	return 1;
}

/* ---- the connection ---- */

int
pciop_open(struct xenbus_dev *d, grant_ref_t *ref, evtchn_port_t *port)
{
	int error;

	if (!ready) {
		kern_mutex_init(&lock, "pcifront");
		kern_cv_init(&answered, "pcifront");
		ready = true;
	}
	if ((page = kern_page_alloc(1, 0, KERN_PG_ZERO)) == NULL)
		return ENOMEM;
	if ((page_ref = xen_grant_page(d->dom, page, false)) == 0) {
		kern_page_free(page, 1);
		return ENOSPC;
	}
	error = xen_event_alloc(&event, "pcifront", d->dom, KERN_CPU_ANY,
	    notified, NULL);
	if (error != 0) {
		xen_grant_dispose(page_ref, page);
		return error;
	}
	*ref = page_ref;
	*port = event.port;
	kern_mutex_lock(&lock);
	peer = d;
	complaints = 0;
	dead = false;
	kern_mutex_unlock(&lock);
	return 0;
}

void
pciop_dead(void)
{

	kern_mutex_lock(&lock);
	dead = true;
	kern_cv_broadcast(&answered);
	kern_mutex_unlock(&lock);
}

void
pciop_close(void)
{

	pciop_dead();
	xen_event_free(&event);
	xen_grant_dispose(page_ref, page);
}

/* ---- one operation ---- */

/* lock held. */
static void
put(const struct xen_pci_op *op)
{
	const size_t head = offsetof(struct xen_pci_op, msix_entries);

	memcpy(&page->op, op, op->cmd == XEN_PCI_OP_enable_msix ?
	    sizeof(*op) : head);
	__atomic_fetch_or(&page->flags, XEN_PCIF_active, __ATOMIC_SEQ_CST);
	xen_event_notify(&event);
}

/* lock held.  What is there is read once. */
static int
get(struct xen_pci_op *op)
{
	volatile struct xen_pci_op *v = &page->op;
	unsigned i;

	op->value = v->value;
	if (op->cmd == XEN_PCI_OP_enable_msix)
		for (i = 0; i < SH_INFO_MAX_VEC; i++)
			op->msix_entries[i].vector =
			    v->msix_entries[i].vector;
	op->err = v->err;
	return op->err == XEN_PCI_ERR_success ? 0 : EIO;
}

int
pciop(struct xen_pci_op *op)
{
	uint64_t limit = plat_clock() + PATIENCE;
	int error = 0;

	if (!ready)
		return ENXIO;
	kern_mutex_lock(&lock);
	if (!dead)
		put(op);
	while (!dead && (__atomic_load_n(&page->flags, __ATOMIC_ACQUIRE) &
	    XEN_PCIF_active) != 0)
		if (kern_cv_wait(&answered, &lock, limit) == ETIMEDOUT &&
		    !dead) {
			dead = true;
			xenbus_trouble(peer, "no answer to an operation");
		}
	error = dead ? ENXIO : get(op);
	kern_mutex_unlock(&lock);
	return error;
}

/* ---- configuration space ---- */

uint32_t
pciop_read(unsigned bus, unsigned dev, unsigned fun, unsigned off,
    unsigned width)
{
	uint32_t ones = ~0u >> (32 - 8 * width);
	struct xen_pci_op op;

	memset(&op, 0, offsetof(struct xen_pci_op, msix_entries));
	pciop_for(&op, XEN_PCI_OP_conf_read, bus, dev, fun);
	op.offset = (int32_t)off;
	op.size = (int32_t)width;
	return pciop(&op) == 0 ? op.value & ones : ones;
}

static void
conf_write(struct xen_pci_op *op, unsigned bus, unsigned dev, unsigned fun,
    unsigned off, unsigned width, uint32_t v)
{

	memset(op, 0, offsetof(struct xen_pci_op, msix_entries));
	pciop_for(op, XEN_PCI_OP_conf_write, bus, dev, fun);
	op->offset = (int32_t)off;
	op->size = (int32_t)width;
	op->value = v;
}

void
pciop_write(unsigned bus, unsigned dev, unsigned fun, unsigned off,
    unsigned width, uint32_t v)
{
	struct xen_pci_op op;

	conf_write(&op, bus, dev, fun, off, width, v);
	(void)pciop(&op);
}

/* ---- the end ---- */

static bool
idle_until(uint64_t limit)
{

	while ((__atomic_load_n(&page->flags, __ATOMIC_ACQUIRE) &
	    XEN_PCIF_active) != 0) {
		if (plat_clock() >= limit)
			return false;
		xen_yield();
	}
	return true;
}

void
pciop_last_write(unsigned bus, unsigned dev, unsigned fun, unsigned off,
    unsigned width, uint32_t v, uint64_t limit)
{
	struct xen_pci_op op;

	if (!ready || dead || !idle_until(limit))
		return;
	conf_write(&op, bus, dev, fun, off, width, v);
	put(&op);
	(void)idle_until(limit);
}
