/*
 * trace.c: events in rings of each CPU, which keep the newest; at the end they
 * are written to the host.
 */
#include <stdlib.h>
#include <string.h>
#include <trace.h>
#include "thread.h"

#define EVENTS		(1UL << 20)	/* bytes for each CPU; "trace=MB" */
#define NTHREAD		4096		/* names that are kept, by number */
#define NTEXT		1024		/* texts in a trace */
#define NPHASE		24
#define VERSION		1

struct event {
	uint64_t	kindtime;	/* kind in the highest 8 bits */
	uint32_t	tid, what;
};
struct ring {
	struct event	*ev;
	uint64_t	n;		/* ever */
} __attribute__((aligned(64)));
struct tname {
	uint32_t	id;
	char		name[28];
};

static uint8_t on;
static struct ring rings[MAXCPU];
static uint64_t mask;			/* events of a ring, less 1 */
static struct tname *tnames;
static struct { uint64_t time; const char *name; } phases[NPHASE];
static unsigned nphase;

/* ---- while it runs ---- */

void
kern_trace(enum trace_kind kind, uint32_t tid, uintptr_t what)
{
	unsigned long s = plat_irq_save();
	struct event *e;
	struct ring *r;

	if (on) {
		r = &rings[plat_self()->id];
		e = &r->ev[r->n++ & mask];
		e->kindtime = plat_clock() | (uint64_t)kind << 56;
		e->tid = tid;
		e->what = what < 1UL << 32 ? (uint32_t)what : 0;
	}
	plat_irq_restore(s);
}

void
rumpcomp_trace_phase(const char *name)
{
	unsigned n = __atomic_fetch_add(&nphase, 1, __ATOMIC_RELAXED);

	if (n < NPHASE) {
		phases[n].time = plat_clock();
		phases[n].name = name;
	}
}

void
rumpcomp_trace_begin(const void *what)
{

	kern_trace(TRACE_BEGIN, kern_curthread()->id, (uintptr_t)what);
}

void
rumpcomp_trace_end(const void *what)
{

	kern_trace(TRACE_END, kern_curthread()->id, (uintptr_t)what);
}

static void
remember(const struct thread *t)
{
	struct tname *tn = &tnames[t->id % NTHREAD];

	if (tn->id == t->id && tn->name[0] != '\0')
		return;
	tn->id = t->id;
	memcpy(tn->name, t->name, sizeof(tn->name) - 1);
}

void
kern_trace_switch(const struct thread *prev)
{
	const struct thread *t = kern_curthread();

	if (!on)
		return;
	remember(t);
	if (prev->state == T_SLEEP)
		kern_trace(TRACE_SWITCH, t->id, (uintptr_t)prev->wchan);
	else
		kern_trace(prev->state == T_READY ? TRACE_YIELD : TRACE_SWITCH,
		    t->id, 0);
}

/* ---- beginning ---- */

static void
trace_init(void)
{
	size_t len, size = EVENTS, pages;
	const char *opt = kern_option("trace", &len);
	struct kern_mem_info mi;
	unsigned i;

	if (opt == NULL)
		return;
	rumpcomp_trace_phase("devices");
	if (len > 0 && opt[0] >= '1' && opt[0] <= '9')
		size = strtoul(opt, NULL, 10) << 20;
	kern_mem_info(&mi);
	while (size > 1 << 16 && size * kern_ncpu() > mi.free / 4)
		size /= 2;
	while ((size & (size - 1)) != 0)
		size &= size - 1;
	pages = size >> PAGE_SHIFT;
	tnames = kern_zalloc(NTHREAD * sizeof(*tnames));
	mask = size / sizeof(struct event) - 1;
	for (i = 0; i < kern_ncpu() && tnames != NULL; i++)
		rings[i].ev = kern_page_alloc(pages, 0, 0);
	if (tnames == NULL || rings[kern_ncpu() - 1].ev == NULL) {
		kern_printf("trace: no memory for it\n");
		return;
	}
	remember(kern_curthread());
	kern_trace(TRACE_SWITCH, kern_curthread()->id, 0);
	__atomic_store_n(&on, 1, __ATOMIC_SEQ_CST);
}
KERN_INIT(KERN_INIT_BUS, trace_init);

/* ---- end ---- */

static struct trace_out out;
static uint32_t texts[NTEXT];

/* A text, or the name of a function, is sent once, before it is used. */
static void
send_text(uint32_t a)
{
	extern char __image_start[], __image_end[];
	uintptr_t off;
	const char *name;
	unsigned i = a * 2654435761U >> 16, k;

	if (a < 256 || a < (uintptr_t)__image_start ||
	    a >= (uintptr_t)__image_end)
		return;
	for (k = 0; k < NTEXT; k++, i++) {
		if (texts[i % NTEXT] == a)
			return;
		if (texts[i % NTEXT] != 0)
			continue;
		texts[i % NTEXT] = a;
		name = kern_symbol(a, &off);
		trace_out_byte(&out, 'X');
		trace_out_num(&out, a);
		trace_out_text(&out, name != NULL ? name :
		    (const char *)(uintptr_t)a);
		return;
	}
}

static void
send_cpu(unsigned cpu)
{
	struct ring *r = &rings[cpu];
	uint64_t n = r->n, first = n > mask + 1 ? n - mask - 1 : 0, i, t, last = 0;
	struct event *e;

	for (i = first; i < n; i++)
		send_text(r->ev[i & mask].what);
	trace_out_byte(&out, 'C');
	trace_out_num(&out, cpu);
	trace_out_num(&out, first);		/* lost */
	trace_out_num(&out, n - first);
	for (i = first; i < n; i++, last = t) {
		e = &r->ev[i & mask];
		t = e->kindtime & ((1UL << 56) - 1);
		trace_out_byte(&out, e->kindtime >> 56);
		trace_out_num(&out, t > last ? t - last : 0);
		trace_out_num(&out, e->tid);
		trace_out_num(&out, e->what);
	}
}

static void
send_port(const uint8_t *p, size_t n)
{

	(void)plat_trace_write(p, n);
}

static void
send_all(void)
{
	unsigned i;

	out.flush = plat_trace_write("", 0) ? send_port : trace_out_console;
	trace_out_text(&out, "sirloin-trace");
	trace_out_num(&out, VERSION);
	trace_out_num(&out, kern_ncpu());
	trace_out_num(&out, plat_boot_entry());
	trace_out_num(&out, plat_clock());
	for (i = 0; i < nphase && i < NPHASE; i++) {
		trace_out_byte(&out, 'P');
		trace_out_num(&out, phases[i].time);
		trace_out_text(&out, phases[i].name);
	}
	for (i = 0; i < NTHREAD; i++)
		if (tnames[i].name[0] != '\0') {
			trace_out_byte(&out, 'T');
			trace_out_num(&out, tnames[i].id);
			trace_out_text(&out, tnames[i].name);
		}
	for (i = 0; i < kern_ncpu(); i++)
		send_cpu(i);
	trace_out_byte(&out, 'E');
	trace_out_flush(&out);
}

void
kern_trace_end(void)
{

	if (__atomic_exchange_n(&on, 0, __ATOMIC_SEQ_CST) != 0) {
		rumpcomp_trace_phase("end");
		send_all();
	}
}
