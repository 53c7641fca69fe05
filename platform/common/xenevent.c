/*
 * xenevent.c: event channels (Xen public event_channel.h; the FIFO table:
 * "Event channel FIFO ABI" there, and xen/common/event_fifo.c's reader in any
 * guest).  Who clears a pending bit calls the handler.
 */
#include "x86.h"
#include "xenevent.h"

#define PERPAGE		(PAGE_SIZE / sizeof(struct xen_port *))
#define NPORT		(1u << EVTCHN_FIFO_LINK_BITS)
#define NPORT_2L	(sizeof(unsigned long) * 8 * sizeof(unsigned long) * 8)
#define WORDS		(PAGE_SIZE / sizeof(event_word_t))
#define BIT(n)		(1u << (n))
#define LINKMASK	(BIT(EVTCHN_FIFO_LINK_BITS) - 1)
#define MAXVCPU		MAXCPU

static struct xen_port **ports[NPORT / PERPAGE];
static uint32_t lock;			/* of the tables, and away */
static uint64_t away;			/* CPUs: their events go to CPU 0 */
static struct xen_port *running[MAXVCPU];	/* by VCPU */
static unsigned life = 1;

static bool fifo;
static volatile event_word_t *words[NPORT / WORDS];
static unsigned nwords;			/* pages of them in use */
static volatile struct evtchn_fifo_control_block *control[MAXVCPU];
static uint32_t heads[MAXVCPU][EVTCHN_FIFO_MAX_QUEUES];

static void
dispatch(unsigned vcpu, evtchn_port_t n)
{
	struct xen_port **page = ports[n / PERPAGE], *p;

	if (page == NULL)
		return;
	p = __atomic_load_n(&page[n % PERPAGE], __ATOMIC_ACQUIRE);
	/* Who closes it waits for this mark to go (xen_port_close). */
	__atomic_store_n(&running[vcpu], p, __ATOMIC_SEQ_CST);
	if (p != NULL &&
	    __atomic_load_n(&page[n % PERPAGE], __ATOMIC_SEQ_CST) == p)
		p->fn(p->arg);
	__atomic_store_n(&running[vcpu], NULL, __ATOMIC_RELEASE);
}

/* ---- two levels ---- */

static bool
take_bit(volatile unsigned long *w, unsigned bit)
{

	return __atomic_fetch_and((unsigned long *)w, ~(1UL << bit),
	    __ATOMIC_SEQ_CST) >> bit & 1;
}

/* The word is shared by all CPUs: it stays for the one that it belongs to. */
static bool
another_cpus(unsigned vcpu, evtchn_port_t n)
{
	struct xen_port **page = ports[n / PERPAGE], *p;

	return page != NULL && (p = page[n % PERPAGE]) != NULL &&
	    p->vcpu != vcpu;
}

static void
scan_2l(unsigned vcpu, volatile struct vcpu_info *vi)
{
	volatile struct shared_info *si = xen_shared_info;
	unsigned long sel, bits;
	unsigned i, b;

	sel = __atomic_exchange_n(&vi->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
	for (; sel != 0; sel &= sel - 1) {
		i = __builtin_ctzl(sel);
		bits = si->evtchn_pending[i] & ~si->evtchn_mask[i];
		for (; bits != 0; bits &= bits - 1) {
			b = __builtin_ctzl(bits);
			if (!another_cpus(vcpu, i * 64 + b) &&
			    take_bit(&si->evtchn_pending[i], b))
				dispatch(vcpu, i * 64 + b);
		}
	}
}

/* ---- FIFO ---- */

static volatile event_word_t *
word_of(evtchn_port_t n)
{

	return n / WORDS < nwords ? &words[n / WORDS][n % WORDS] : NULL;
}

/* Take the event out of its queue; the next one in it. */
static uint32_t
unlink(volatile event_word_t *w)
{
	event_word_t old = *w;

	while (!__atomic_compare_exchange_n(w, &old, old &
	    ~(BIT(EVTCHN_FIFO_LINKED) | LINKMASK), false, __ATOMIC_SEQ_CST,
	    __ATOMIC_SEQ_CST))
		continue;
	return old & LINKMASK;
}

/* The first event of queue q; false: the queue is empty now. */
static bool
one_event(unsigned vcpu, unsigned q)
{
	volatile event_word_t *w;
	uint32_t n = heads[vcpu][q], next;
	event_word_t v;

	if (n == 0)
		n = __atomic_load_n(&control[vcpu]->head[q], __ATOMIC_ACQUIRE);
	if ((w = word_of(n)) == NULL)
		return false;
	next = unlink(w);
	heads[vcpu][q] = next;
	v = *w;
	if ((v & BIT(EVTCHN_FIFO_MASKED)) == 0 && (__atomic_fetch_and(w,
	    ~BIT(EVTCHN_FIFO_PENDING), __ATOMIC_SEQ_CST) &
	    BIT(EVTCHN_FIFO_PENDING)) != 0)
		dispatch(vcpu, n);
	return next != 0;
}

static void
scan_fifo(unsigned vcpu)
{
	volatile uint32_t *from = &control[vcpu]->ready;
	uint32_t ready = __atomic_exchange_n(from, 0, __ATOMIC_SEQ_CST);
	unsigned q;

	while (ready != 0) {
		q = __builtin_ctz(ready);	/* 0 is the most urgent */
		if (q >= EVTCHN_FIFO_MAX_QUEUES || !one_event(vcpu, q))
			ready &= ~BIT(q);
		ready |= __atomic_exchange_n(from, 0, __ATOMIC_SEQ_CST);
	}
}

/* Event words for port n. */
static int
fifo_expand(evtchn_port_t n)
{
	struct evtchn_expand_array op;
	event_word_t *page;
	unsigned i;
	int error;

	while (n / WORDS >= nwords) {
		/* One of an earlier life? */
		if ((page = (event_word_t *)(uintptr_t)words[nwords]) == NULL &&
		    (page = xen_event_page()) == NULL)
			return ENOMEM;
		for (i = 0; i < WORDS; i++)
			page[i] = BIT(EVTCHN_FIFO_MASKED);
		op.array_gfn = xen_gfn(page);
		words[nwords] = page;
		if ((error = xen_event_op(EVTCHNOP_expand_array, &op)) != 0)
			return error;
		__atomic_store_n(&nwords, nwords + 1, __ATOMIC_RELEASE);
	}
	return 0;
}

static int
fifo_cpu(unsigned vcpu)
{
	struct evtchn_init_control op = { .vcpu = vcpu };
	void *page;

	if ((page = (void *)(uintptr_t)control[vcpu]) == NULL &&
	    (page = xen_event_page()) == NULL)
		return ENOMEM;
	__builtin_memset(page, 0, PAGE_SIZE);
	__builtin_memset(heads[vcpu], 0, sizeof(heads[vcpu]));
	control[vcpu] = page;
	op.control_gfn = xen_gfn(page);
	return xen_event_op(EVTCHNOP_init_control, &op);
}

/* ---- both ---- */

void
xen_upcall(unsigned cpu)
{
	unsigned vcpu = xen_vcpu(cpu);
	volatile struct vcpu_info *vi = xen_vcpu_info(cpu);

	do {
		(void)__atomic_exchange_n(&vi->evtchn_upcall_pending, 0,
		    __ATOMIC_SEQ_CST);
		if (fifo)
			scan_fifo(vcpu);
		else
			scan_2l(vcpu, vi);
	} while (vi->evtchn_upcall_pending);
}

void
xen_evtchn_mask(evtchn_port_t n)
{
	volatile event_word_t *w;

	if (!fifo)
		__atomic_fetch_or(&xen_shared_info->evtchn_mask[n / 64],
		    1UL << n % 64, __ATOMIC_SEQ_CST);
	else if ((w = word_of(n)) != NULL)
		__atomic_fetch_or(w, BIT(EVTCHN_FIFO_MASKED),
		    __ATOMIC_SEQ_CST);
}

/* Room for port n in our tables. */
static int
make_room(evtchn_port_t n)
{
	int error;

	if (n == 0 || n >= (fifo ? NPORT : NPORT_2L))
		return EINVAL;
	if (fifo && (error = fifo_expand(n)) != 0)
		return error;
	if (ports[n / PERPAGE] == NULL && (ports[n / PERPAGE] =
	    xen_event_page()) == NULL)
		return ENOMEM;
	return 0;
}

/* Tables' lock.  Refused for what has its own CPU, and stays there then. */
static void
bind(struct xen_port *p)
{
	struct evtchn_bind_vcpu op = {
		.port = p->port,
		.vcpu = xen_vcpu(away >> p->cpu & 1 ? 0 : p->cpu)
	};

	if (xen_event_op(EVTCHNOP_bind_vcpu, &op) == 0)
		p->vcpu = op.vcpu;
}

/* One that was pending is only in the other CPU's word: raised again. */
static void
raise_2l(evtchn_port_t n)
{
	volatile unsigned long *mask = &xen_shared_info->evtchn_mask[n / 64];
	unsigned long bit = 1UL << n % 64;

	if (!fifo && (__atomic_fetch_or((unsigned long *)mask, bit,
	    __ATOMIC_SEQ_CST) & bit) == 0)
		xen_evtchn_unmask(n);
}

void
xen_events_away(unsigned cpu, bool goes)
{
	struct xen_port *p;
	unsigned long s;
	unsigned i, k;

	s = x86_lock(&lock);
	away = goes ? away | 1UL << cpu : away & ~(1UL << cpu);
	for (i = 0; i < NPORT / PERPAGE; i++)
		for (k = 0; ports[i] != NULL && k < PERPAGE; k++)
			if ((p = ports[i][k]) != NULL && p->cpu == cpu) {
				bind(p);
				raise_2l(p->port);
			}
	x86_unlock(&lock, s);
}

int
xen_port_open(struct xen_port *p, evtchn_port_t n, unsigned cpu,
    plat_irq_fn fn, void *arg)
{
	unsigned long s;
	int error;

	p->cpu = cpu;
	p->vcpu = xen_vcpu(cpu);
	p->fn = fn;
	p->arg = arg;
	p->port = n;
	p->life = life;
	s = x86_lock(&lock);
	if ((error = make_room(n)) == 0) {
		__atomic_store_n(&ports[n / PERPAGE][n % PERPAGE], p,
		    __ATOMIC_RELEASE);
		bind(p);
	}
	x86_unlock(&lock, s);
	if (error != 0)
		return error;
	xen_evtchn_unmask(n);
	return 0;
}

void
xen_port_close(struct xen_port *p)
{
	unsigned long s;
	unsigned i;

	s = x86_lock(&lock);
	if (p->life == life) {
		xen_evtchn_mask(p->port);
		xen_evtchn_close(p->port);
		__atomic_store_n(&ports[p->port / PERPAGE][p->port % PERPAGE],
		    NULL, __ATOMIC_SEQ_CST);
	}
	x86_unlock(&lock, s);
	for (i = 0; i < MAXVCPU; i++)
		while (__atomic_load_n(&running[i], __ATOMIC_SEQ_CST) == p)
			plat_pause();
}

bool
xen_events_fifo(void)
{

	return fifo;
}

void
xen_events_init(void)
{
	unsigned i, n = plat_ncpu();
	size_t len;

	life++;
	for (i = 0; i < NPORT / PERPAGE; i++)
		if (ports[i] != NULL)
			__builtin_memset(ports[i], 0, PAGE_SIZE);
	for (i = 0; i < 64; i++) {
		xen_shared_info->evtchn_mask[i] = ~0UL;
		xen_shared_info->evtchn_pending[i] = 0;
	}
	nwords = 0;
	fifo = false;
	if (kern_option("nofifo", &len) != NULL)
		return;
	for (i = 0; i < n && xen_vcpu(i) < MAXVCPU; i++)
		if (fifo_cpu(xen_vcpu(i)) != 0)
			break;
	/* The first one switches the table; there is no way back after it. */
	fifo = i > 0;
	if (fifo && i < n)
		kern_panic("xen: CPU %u has no event queues", i);
}
