/*
 * fuzz_pcifront.c: the PCI front end, with pci/ above it, and a back end that has
 * some functions, takes them away and brings others, and sometimes lies: answers
 * nothing or anything, names places that make no sense, gives interrupts that
 * are not ours, reports errors of the bus all the time.  With an honest one, what
 * it has is found and works; after any, no page, grant or interrupt is left.
 */
#include <stdarg.h>
#include <pci.h>
#include "xen/fake.h"
#include "rounds.h"
#include "../../xen/control.h"
#include "../../xen/pcifront.h"

#define NFUNC	8
#define BAR	0xfeb00000u
#define PIRQ	40

static struct back {
	bool		there;
	uint8_t		dev, fun, state;
	uint8_t		conf[256];
	bool		sizing;
	unsigned	vectors;	/* switched on */
} back[NFUNC];
static struct xenbus_dev xd;
static struct xen_pci_sharedinfo *page;
static bool liar, silent;
static int nbound, nio;

void	pool(void);			/* pcifront_pool.c */

/* ---- what it stands on ---- */

static int (*event_fn)(void *);
static grant_ref_t page_ref;

const char *kern_option(const char *n, size_t *len) { return NULL; }
int kern_futex_wake(uint32_t *a, int n) { return 0; }
int kern_futex_wait(uint32_t *a, uint32_t v, uint64_t t) { return EAGAIN; }
void xen_on_suspend(struct xen_suspender *s) { }
static void (*at_end)(void);
void xen_at_end(void (*fn)(void)) { at_end = fn; }
void xen_pirq_eoi(unsigned pirq) { }
void xen_evtchn_close(evtchn_port_t p) { nbound--; }
void xen_io_revoke(uint64_t addr, uint64_t size) { nio++; }

void
kern_panic(const char *fmt, ...)
{

	CHECK(!"panic");
	abort();
}

/* Only numbers that are ours can be bound. */
int
xen_evtchn_pirq(unsigned pirq, bool share, evtchn_port_t *port)
{

	if (pirq < PIRQ || pirq >= PIRQ + NFUNC * SH_INFO_MAX_VEC)
		return EPERM;
	nbound++;
	*port = 2;
	return 0;
}

int
kern_irq_event(const char *name, unsigned port, int cpu, int (*fn)(void *),
    void *arg, struct kern_irq **out)
{

	if (fake_short && rnd() % 8 == 0)
		return ENOMEM;
	*out = malloc(1);
	return 0;
}

int
kern_irq_line(const char *name, unsigned gsi, unsigned flags,
    int (*fn)(void *), void *arg, struct kern_irq **out)
{

	if (gsi < PIRQ)
		return EPERM;
	nbound++;
	*out = malloc(1);
	return 0;
}

void kern_irq_free(struct kern_irq *i) { nbound--; free(i); }

void *
plat_map_io(paddr_t pa, size_t size)
{
	static char regs[1 << 17];

	return size <= sizeof(regs) ? regs : NULL;
}

/* ---- the back end's keys ---- */

static uint64_t
key(const char *name)
{
	unsigned i, n = 0;

	if (liar && rnd() % 20 == 0)
		return rnd() % 3 ? rnd() : ~0ull;
	if (strcmp(name, "num_devs") == 0) {
		for (i = 0; i < NFUNC; i++)
			if (back[i].there)
				n = i + 1;
		return n;
	}
	if (strcmp(name, "root_num") == 0)
		return 1;
	if (sscanf(name, "state-%u", &i) == 1 && i < NFUNC)
		return back[i].state;
	return ~0ull;
}

int
xs_read_str(xs_txn t, const char *dir, const char *name, char *buf, size_t size)
{
	static const char *const lies[] = { "", "0000:00:01", "x", "-1:-1:-1.-1",
	    "0:0:20.0", "0:0:1f.8", "ffffffffffffffffffff:0:0.0", "0:100:0.0",
	    "0001:00:00.0", "0:0:0.0.0", "0:0:0.", ":::", "0000:00:00.00 " };
	unsigned i;

	if (liar && rnd() % 6 == 0) {
		(void)snprintf(buf, size, "%s", lies[rnd() % 13]);
		return 0;
	}
	if (liar && rnd() % 20 == 0)
		return rnd() % 2 ? ENOENT : E2BIG;
	if (strncmp(name, "root-", 5) == 0)
		(void)snprintf(buf, size, "0000:00");
	else if (sscanf(name, "vdev-%u", &i) == 1 && i < NFUNC && back[i].there)
		(void)snprintf(buf, size, "0000:00:%02x.%02x", back[i].dev,
		    back[i].fun);
	else
		return ENOENT;
	return 0;
}

int xs_write(xs_txn t, const char *d, const char *n, const char *v)
    { return 0; }

int
xs_printf(xs_txn t, const char *d, const char *n, const char *f, ...)
{
	va_list ap;

	va_start(ap, f);
	if (strcmp(n, "pci-op-ref") == 0)
		page_ref = va_arg(ap, unsigned);
	va_end(ap);
	return 0;
}

/* ---- its functions ---- */

static void
new_function(struct back *b, unsigned dev, unsigned fun)
{
	uint8_t *c = b->conf;

	memset(b, 0, sizeof(*b));
	b->there = true;
	b->state = XenbusStateInitialised;
	b->dev = dev;
	b->fun = fun;
	memcpy(c, "\x86\x80\x0e\x10\x00\x00\x10\x00", 8);
	memcpy(c + 0x10, &(uint32_t){ BAR + (dev << 17) }, 4);
	c[0x34] = 0x40;
	memcpy(c + 0x40, "\x05\x50\x80\x00", 4);	/* MSI */
	memcpy(c + 0x50, "\x11\x00\x3f\x00", 4);	/* MSI-X, 64 */
	c[0x3c] = PIRQ;
	c[0x3d] = 1;
}

static struct back *
find(const struct xen_pci_op *op)
{
	unsigned i;

	for (i = 0; i < NFUNC; i++)
		if (back[i].there && back[i].dev << 3 == (op->devfn & ~7u) &&
		    back[i].fun == (op->devfn & 7) && op->bus == 0)
			return &back[i];
	return NULL;
}

static void
configuration(struct back *b, struct xen_pci_op *op)
{
	bool bar0 = (op->offset & ~3) == 0x10;
	uint32_t v = 0;

	CHECK(op->offset >= 0 && op->offset + op->size <= 4096 &&
	    (op->size == 1 || op->size == 2 || op->size == 4));
	if (op->offset + op->size > 256)
		return;
	if (op->cmd == XEN_PCI_OP_conf_read) {
		memcpy(&v, b->conf + op->offset, op->size);
		op->value = bar0 && b->sizing ? 0xfffe0000 : v;
	} else if (bar0)
		b->sizing = op->value == 0xffffffff;
	else if (op->offset == 4)
		memcpy(b->conf + 4, &op->value, 2);
}

static void
operate(struct xen_pci_op *op)
{
	struct back *b = find(op);
	unsigned i;

	op->err = b != NULL ? 0 : XEN_PCI_ERR_dev_not_found;
	if (b == NULL)
		return;
	switch (op->cmd) {
	case XEN_PCI_OP_conf_read:
	case XEN_PCI_OP_conf_write:
		configuration(b, op);
		break;
	case XEN_PCI_OP_enable_msi:
		CHECK(liar || b->vectors == 0);
		b->vectors = 1;
		op->value = PIRQ + (b - back) * SH_INFO_MAX_VEC;
		break;
	case XEN_PCI_OP_enable_msix:
		CHECK(op->value <= SH_INFO_MAX_VEC &&
		    (liar || b->vectors == 0));
		if (op->value > 4) {	/* no more are to be had */
			op->err = XEN_PCI_ERR_op_failed;
			break;
		}
		b->vectors = op->value;
		for (i = 0; i < op->value; i++)
			op->msix_entries[i].vector = PIRQ +
			    (b - back) * SH_INFO_MAX_VEC + i;
		break;
	case XEN_PCI_OP_disable_msi:
	case XEN_PCI_OP_disable_msix:
		b->vectors = 0;
		break;
	default:
		CHECK(!"an operation that there is not");
	}
}

static void
lie(struct xen_pci_op *op)
{
	uint8_t *p = (uint8_t *)page;
	unsigned i, n;

	switch (rnd() % 6) {
	case 0:
		op->value = rnd() << 8 ^ rnd();
		break;
	case 1:
		op->err = (int)rnd();
		break;
	case 2:
		for (i = 0; i < SH_INFO_MAX_VEC; i++)
			op->msix_entries[i].vector = rnd();
		break;
	case 3:
		for (n = rnd() % 64; n > 0; n--)
			p[rnd() % PAGE_SIZE] = rnd();
		break;
	case 4:
		silent = rnd() % 4 == 0;
		break;
	}
}

/* Somebody of ours waits: the back end's turn. */
static bool
turn(void)
{

	if ((page = (void *)fake_access(page_ref, true)) == NULL || silent)
		return false;
	if (page->flags & XEN_PCIF_active) {
		operate(&page->op);
		if (liar && rnd() % 8 == 0)
			lie(&page->op);
		page->flags &= ~XEN_PCIF_active;
		if (silent)
			page->flags |= XEN_PCIF_active;
	}
	if (rnd() % 16 == 0) {
		page->aer_op.cmd = rnd() % 16;
		page->aer_op.bus = rnd();
		page->aer_op.devfn = rnd();
		page->flags |= XEN_PCIB_active;
	}
	if (event_fn != NULL)
		(void)event_fn(NULL);
	CHECK(liar || (page->flags & XEN_PCIB_active) == 0);
	return true;
}

/* A yield. */
int
xen_sched_op(int op, void *arg)
{

	(void)turn();
	return 0;
}

/* ---- a driver ---- */

static int handler(void *arg) { return 1; }

static void
drive(struct pci_func *f)
{
	struct pci_irq *irq[8];
	unsigned i, n = 0;
	int count, first;

	if (pci_claim(f, "fuzz") != 0)
		return;
	first = (int)(rnd() % 4) - 2;	/* line, INTx, 0, 1 */
	(void)pci_bar_map(f, 0);
	if (rnd() % 2)
		pci_enable(f, true);
	count = pci_irq_count(f);
	/* 10 and 5 messages are refused. */
	CHECK(liar || fake_short || (count == 2 && f->bar[0].size == 0x20000));
	for (i = 0; i < 6 && (int)i < count + 1; i++) {
		if (pci_irq_establish(f, first < 0 ? first : (int)i, "fuzz",
		    KERN_CPU_ANY, handler, NULL, &irq[n]) == 0)
			n++;
		if (first < 0)
			break;
	}
	CHECK(liar || fake_short || n == (first < 0 ? 1 : 2));
	/* It may go away while it is driven. */
	if (rnd() % 3 == 0) {
		struct pci_func *g = pci_first();

		if (g != NULL)
			pci_func_goes(g);
	}
	while (n > 0)
		pci_irq_free(irq[--n]);
	pci_release(f);
}

/* Who drives one does not stop: it is off after the end, and others as they were. */
static void
end(void)
{
	struct pci_func *f = pci_first();
	struct back *b;

	if (f == NULL || pci_claim(f, "fuzz") != 0)
		return;
	pci_enable(f, true);
	for (b = back; !b->there || b->dev != f->dev || b->fun != f->fun; b++)
		if (b == &back[NFUNC - 1])
			return;
	CHECK(liar || fake_short || (b->conf[4] & 6) == 6);
	at_end();
	CHECK(liar || fake_short || (b->conf[4] == 0 && b->conf[5] == 0));
	pci_release(f);
}

/* ---- one life of a back end ---- */

static void
state(enum xenbus_state peer)
{

	xd.peer = peer;
	xd.state = xd.driver->reconfigure(&xd);
}

static void
change(void)
{
	struct back *b = &back[rnd() % NFUNC];

	if (b->there)
		b->state = XenbusStateClosing;
	state(XenbusStateReconfiguring);
	if (b->there)
		b->there = false;
	else
		new_function(b, (unsigned)(b - back) / 2,
		    (unsigned)(b - back) % 2);
	state(XenbusStateReconfigured);
	CHECK(xd.state == XenbusStateConnected || liar);
}

static void
one(uint64_t seed)
{
	struct pci_func *f;
	unsigned i, rounds_left, n;

	fake_seed(seed);
	said[0] = '\0';
	liar = seed % 2 == 0;
	fake_short = seed % 5 == 0;
	silent = false;
	fake_trouble = NULL;
	fake_key = key;
	fake_wait = turn;
	memset(&xd, 0, sizeof(xd));
	xd.driver = fake_driver;
	strcpy(xd.backend, "/b");
	for (i = 0; i < NFUNC; i++) {
		memset(&back[i], 0, sizeof(back[i]));
		if (rnd() % 2)
			new_function(&back[i], i / 2, i % 2);
	}
	CHECK(xd.driver->probe(&xd) == 0);
	if (xd.driver->connect(&xd) != 0)
		return;
	xd.linked = true;
	event_fn = fake_event_fn;
	CHECK(xd.driver->publish(&xd, 0) == 0);
	xd.peer = XenbusStateConnected;
	CHECK(xd.driver->connected(&xd, true) == 0);
	xd.state = XenbusStateConnected;
	for (rounds_left = 10; rounds_left > 0; rounds_left--) {
		for (n = i = 0; i < NFUNC; i++)
			n += back[i].there;
		if (!liar && !fake_short)
			for (f = pci_first(); f != NULL; f = pci_next(f)) {
				CHECK(f->vendor == 0x8086 && f->cap_msix == 0x50);
				n--;
			}
		CHECK(liar || fake_short || n == 0);
		if ((f = pci_first()) != NULL && rnd() % 2)
			drive(f);
		/* What went while it was driven is there for the back end. */
		for (i = 0; i < NFUNC; i++)
			if (pci_find(0, i / 2, i % 2) == NULL)
				back[i].there = false;
		change();
	}
	pool();
	if (rnd() % 2)
		end();
	xd.peer = rnd() % 2 ? XenbusStateClosing : XenbusStateUnknown;
	xd.trouble = fake_trouble != NULL;
	xd.driver->disconnect(&xd, true);
	xd.linked = false;
	CHECK(pci_first() == NULL && nbound == 0 && fake_grants == 0);
	CHECK(!liar || strlen(said) < sizeof(said) - 1);
}

int
main(int argc, char **argv)
{

	fake_init();
	printf("fuzz_pcifront: %lu back ends, ok\n",
	    rounds(argc, argv, 300, one));
	return 0;
}
