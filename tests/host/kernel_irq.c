/*
 * kernel_irq.c: shared lines, claims, lines that are stuck, messages.  Threads
 * are not run: the test calls what they would.
 */
#include "kernel/fake.h"
#include "../../kernel/irq.c"

static bool masked[2];		/* line 5, line 6 */
static struct plat_irq { int gsi; } lines[2] = { { 5 }, { 6 } };
static plat_irq_fn line_fn[2], msi_fn;
static void *line_arg[2], *msi_arg;
static int nthreads, frees, printed;
static bool claim[3];
static int calls[3];

void
plat_irq_mask(struct plat_irq *i)
{

	masked[i - lines] = true;
}

void
plat_irq_unmask(struct plat_irq *i)
{

	masked[i - lines] = false;
}

int
plat_irq_line(unsigned gsi, unsigned flags, plat_irq_fn fn, void *arg,
    struct plat_irq **ip)
{

	(void)flags;
	if (gsi != 5 && gsi != 6)
		return ENXIO;
	if (line_fn[gsi - 5] != NULL)
		return EBUSY;
	line_fn[gsi - 5] = fn;
	line_arg[gsi - 5] = arg;
	masked[gsi - 5] = true;
	*ip = &lines[gsi - 5];
	return 0;
}

int
plat_irq_msi(unsigned cpu, plat_irq_fn fn, void *arg, struct plat_irq **ip,
    uint64_t *addr, uint32_t *data)
{

	if (msi_fn != NULL)
		return ENOSPC;
	msi_fn = fn;
	msi_arg = arg;
	*ip = NULL;
	*addr = 0xfee00000;
	*data = cpu;
	return 0;
}

int
plat_irq_event(unsigned port, unsigned cpu, plat_irq_fn fn, void *arg,
    struct plat_irq **ip)
{

	if (port != 7)
		return EINVAL;
	CHECK(cpu == 1);
	msi_fn = fn;
	msi_arg = arg;
	*ip = NULL;
	return 0;
}

void
plat_irq_free(struct plat_irq *i)
{

	frees++;
	if (i != NULL)
		line_fn[i - lines] = NULL;
}

int
kern_thread_create(struct thread **t, const char *name, void *(*fn)(void *),
    void *arg, int pri, int cpu, int flags, size_t stack)
{

	(void)name; (void)fn; (void)arg; (void)cpu; (void)stack;
	CHECK(pri == KERN_PRI_INTR && (flags & KERN_T_JOIN) != 0);
	*t = &fake_thread;
	nthreads++;
	return 0;
}

int
kern_thread_join(struct thread *t, void **r)
{

	(void)r;
	CHECK(t == &fake_thread);
	nthreads--;
	return 0;
}

void *kern_zalloc(size_t n) { return calloc(1, n); }
void kern_free(void *p) { free(p); }

void
kern_mutex_init(struct kern_mutex *m, const char *name)
{

	m->word = 0;
	(void)name;
}

void
kern_waitq_init(struct kern_waitq *w, const char *name)
{

	TAILQ_INIT(&w->q);
	w->name = name;
}

struct thread *
waitq_take(struct kern_waitq *w)
{

	(void)w;
	return NULL;
}

void sched_ready(struct thread *t) { (void)t; }
unsigned kern_ncpu(void) { return 4; }
void kern_printf(const char *f, ...) { (void)f; printed++; }

static int
handler(void *arg)
{
	int i = (int)(uintptr_t)arg;

	calls[i]++;
	return claim[i];
}

/* An interrupt, and its thread's turn. */
static void
interrupt(int gsi)
{
	struct source *src = line_arg[gsi - 5];

	CHECK(!masked[gsi - 5]);
	line_fn[gsi - 5](src);
	CHECK(masked[gsi - 5] == src->level && src->pending);
	src->pending = false;
	source_run(src);
}

/* How long it is masked for. */
static uint64_t
paused(int gsi)
{
	struct source *src = line_arg[gsi - 5];

	return src->until == UINT64_MAX ? 0 : src->until - fake_clock;
}

static struct kern_irq_info info[3];
static int ninfo;

static void
collect(const struct kern_irq_info *ii, void *arg)
{

	(void)arg;
	info[ninfo++ % 3] = *ii;
}

int
main(void)
{
	struct kern_irq *a, *b, *c;
	uint64_t addr;
	uint32_t data;
	int i;

	fake_init();
	CHECK(kern_irq_line("bad", 99, 0, handler, NULL, &a) == ENXIO);
	CHECK(nthreads == 0);
	CHECK(kern_irq_line("a", 5, PLAT_IRQ_LEVEL, handler, (void *)0, &a) == 0);
	CHECK(kern_irq_line("b", 5, PLAT_IRQ_LEVEL, handler, (void *)1, &b) == 0);
	CHECK(nthreads == 1 && !masked[0]);
	claim[1] = true;
	for (i = 0; i < 300; i++)
		interrupt(5);
	CHECK(calls[0] == 300 && calls[1] == 300 && printed == 0);
	kern_irq_each(collect, NULL);
	CHECK(ninfo == 2 && info[0].count == 0 && info[1].count == 300);
	/* nobody claims it */
	claim[1] = false;
	for (i = 0; i < 99; i++)
		interrupt(5);
	CHECK(!masked[0] && printed == 0);
	claim[0] = true;	/* once is enough to begin again */
	interrupt(5);
	claim[0] = false;
	for (i = 0; i < 100; i++)
		interrupt(5);
	CHECK(masked[0] && printed == 1);
	/* and still, when its time is over: each time for twice as long */
	for (i = 0; i < 20; i++) {
		CHECK(paused(5) == (i < 7 ? PAUSE << i : PAUSE_MAX));
		source_again(line_arg[0]);
		CHECK(!masked[0]);
		interrupt(5);
		CHECK(masked[0] && printed == 1);
	}
	/* until somebody claims it */
	source_again(line_arg[0]);
	claim[0] = true;
	interrupt(5);
	CHECK(!masked[0] && paused(5) == 0);
	claim[0] = false;
	for (i = 0; i < 100; i++)
		interrupt(5);
	CHECK(masked[0] && printed == 1 && paused(5) == PAUSE);
	/* a third driver comes: another try */
	CHECK(kern_irq_line("c", 5, PLAT_IRQ_LEVEL, handler, (void *)2, &c) == 0);
	CHECK(!masked[0]);
	claim[2] = true;
	interrupt(5);
	CHECK(!masked[0] && calls[2] == 1);
	claim[2] = false;
	for (i = 0; i < 100; i++)
		interrupt(5);
	CHECK(masked[0] && printed == 2);	/* news */
	kern_irq_free(a);
	kern_irq_free(c);
	CHECK(nthreads == 1 && frees == 0);
	kern_irq_free(b);
	CHECK(nthreads == 0 && frees == 1);
	/* where others wait for us it is masked for a short time only */
	CHECK(kern_irq_line("f", 5, PLAT_IRQ_LEVEL | PLAT_IRQ_FOREIGN, handler,
	    (void *)0, &a) == 0);
	for (i = 0; i < 100; i++)
		interrupt(5);
	for (i = 0; i < 20; i++) {
		CHECK(masked[0] && printed == 3 && paused(5) == PAUSE);
		source_again(line_arg[0]);
		interrupt(5);
	}
	kern_irq_free(a);
	/* an edge is not masked while its thread runs */
	CHECK(kern_irq_line("e", 6, 0, handler, (void *)2, &a) == 0);
	interrupt(6);
	kern_irq_free(a);
	/* messages */
	CHECK(kern_irq_msi("m", 6, handler, (void *)1, &a, &addr, &data) == 0);
	CHECK(addr == 0xfee00000 && data == 2);
	CHECK(kern_irq_msi("n", -1, handler, NULL, &b, &addr, &data) == ENOSPC);
	CHECK(nthreads == 1);
	msi_fn(msi_arg);
	CHECK(((struct source *)msi_arg)->pending);
	kern_irq_free(a);
	CHECK(nthreads == 0);
	/* event channels: as messages */
	msi_fn = NULL;
	CHECK(kern_irq_event("e", 8, 1, handler, NULL, &a) == EINVAL);
	CHECK(nthreads == 0 && kern_irq_event("e", 7, 1, handler, NULL,
	    &a) == 0);
	msi_fn(msi_arg);
	CHECK(((struct source *)msi_arg)->pending && nthreads == 1);
	kern_irq_free(a);
	CHECK(nthreads == 0);
	printf("ok kernel_irq\n");
	return 0;
}
