/*
 * irq.c: interrupts as threads.  The vector code marks the interrupt pending
 * (a level line also stays masked until its thread has run) and wakes the
 * thread, which calls the handlers.
 */
#include <string.h>
#include "thread.h"

#define STUCK	100		/* unclaimed in a row: the line is masked, ... */
#define PAUSE	2000000ULL	/* ... for so long (ns), then twice as long, ... */
#define PAUSE_MAX	(128 * PAUSE)

/* What has a vector and a thread: a line with its handlers, or one message. */
struct source {
	struct plat_irq		*irq;
	struct thread		*thread;
	struct kern_spin	lock;
	struct kern_waitq	wq;
	bool			pending, dying, line, level, stuck, told;
	unsigned		gsi, unclaimed;
	uint64_t		pause, longest, until;	/* stuck: masked */
	struct kern_mutex	mutex;		/* of handlers */
	TAILQ_HEAD(, kern_irq)	handlers;
	TAILQ_ENTRY(source)	link;
};

struct kern_irq {
	struct source		*source;
	int			(*fn)(void *);
	void			*arg;
	int			cpu;
	uint64_t		count, spurious;
	char			name[32];
	TAILQ_ENTRY(kern_irq)	link, all;
};

static TAILQ_HEAD(, source) sources = TAILQ_HEAD_INITIALIZER(sources);
static TAILQ_HEAD(, kern_irq) irqs = TAILQ_HEAD_INITIALIZER(irqs);
static struct kern_mutex irq_mutex = {
	.wq = { .q = TAILQ_HEAD_INITIALIZER(irq_mutex.wq.q), .name = "irqs" }
};
static unsigned next_cpu;

/* Interrupt context. */
static void
source_intr(void *arg)
{
	struct source *src = arg;
	struct thread *t;

	if (src->level)
		plat_irq_mask(src->irq);
	spin_acquire(&src->lock);
	src->pending = true;
	t = waitq_take(&src->wq);
	spin_release(&src->lock);
	if (t != NULL)
		sched_ready(t);
}

static void
source_unclaimed(struct source *src)
{
	struct kern_irq *ki;

	TAILQ_FOREACH(ki, &src->handlers, link)
		ki->spurious++;
	if (!src->line || ++src->unclaimed < STUCK)
		return;
	src->stuck = true;
	plat_irq_mask(src->irq);
	src->pause = src->pause == 0 ? PAUSE : src->pause * 2;
	if (src->pause > src->longest)
		src->pause = src->longest;
	src->until = plat_clock() + src->pause;
	ki = TAILQ_FIRST(&src->handlers);
	if (!src->told)
		kern_printf("irq: line %u (%s) is stuck: nobody claims it; "
		    "masked for a while\n", src->gsi, ki->name);
	src->told = true;
}

/* Its time is over.  If the next interrupt isn't claimed it is masked again. */
static void
source_again(struct source *src)
{

	src->until = UINT64_MAX;
	if (src->stuck && !TAILQ_EMPTY(&src->handlers)) {
		src->stuck = false;
		plat_irq_unmask(src->irq);
	}
}

static void
source_run(struct source *src)
{
	struct kern_irq *ki;
	int claimed = 0;

	kern_mutex_lock(&src->mutex);
	if (TAILQ_EMPTY(&src->handlers)) {	/* it is being freed */
		kern_mutex_unlock(&src->mutex);
		return;
	}
	TAILQ_FOREACH(ki, &src->handlers, link)
		if (ki->fn(ki->arg) != 0) {
			ki->count++;
			claimed = 1;
		}
	if (claimed) {
		src->unclaimed = 0;
		src->pause = 0;
	} else
		source_unclaimed(src);
	if (src->level && !src->stuck)
		plat_irq_unmask(src->irq);
	kern_mutex_unlock(&src->mutex);
}

static void *
source_thread(void *arg)
{
	struct source *src = arg;
	unsigned long s;

	for (;;) {
		s = kern_spin_lock(&src->lock);
		if (!src->pending && !src->dying) {
			if (kern_waitq_sleep(&src->wq, &src->lock, s,
			    src->until) == ETIMEDOUT) {
				kern_mutex_lock(&src->mutex);
				source_again(src);
				kern_mutex_unlock(&src->mutex);
			}
			continue;
		}
		src->pending = false;
		kern_spin_unlock(&src->lock, s);
		if (src->dying)
			return NULL;
		source_run(src);
	}
}

static struct source *
source_new(void)
{
	struct source *src;

	if ((src = kern_zalloc(sizeof(*src))) == NULL)
		return NULL;
	kern_waitq_init(&src->wq, "interrupt");
	kern_mutex_init(&src->mutex, "irq handlers");
	src->until = UINT64_MAX;
	TAILQ_INIT(&src->handlers);
	return src;
}

static int
source_start(struct source *src, const char *name, int cpu)
{

	return kern_thread_create(&src->thread, name, source_thread, src,
	    KERN_PRI_INTR, cpu, KERN_T_JOIN, 0);
}

/* No more interrupts come. */
static void
source_stop(struct source *src)
{
	unsigned long s;

	if (src->thread != NULL) {
		s = kern_spin_lock(&src->lock);
		src->dying = true;
		kern_waitq_wake(&src->wq, 1);
		kern_spin_unlock(&src->lock, s);
		kern_thread_join(src->thread, NULL);
	}
	kern_free(src);
}

static struct kern_irq *
irq_new(const char *name, int (*fn)(void *), void *arg)
{
	struct kern_irq *ki;

	if ((ki = kern_zalloc(sizeof(*ki))) == NULL)
		return NULL;
	ki->fn = fn;
	ki->arg = arg;
	memcpy(ki->name, name, strnlen(name, sizeof(ki->name) - 1));
	return ki;
}

static void
irq_add(struct source *src, struct kern_irq *ki)
{

	ki->source = src;
	kern_mutex_lock(&src->mutex);
	TAILQ_INSERT_TAIL(&src->handlers, ki, link);
	kern_mutex_unlock(&src->mutex);
	TAILQ_INSERT_TAIL(&irqs, ki, all);
}

static struct source *
line_find(unsigned gsi)
{
	struct source *src;

	TAILQ_FOREACH(src, &sources, link)
		if (src->line && src->gsi == gsi)
			return src;
	return NULL;
}

/* irq_mutex held: the first handler of a line. */
static int
line_open(struct source *src, unsigned gsi, unsigned flags, const char *name)
{
	int error;

	src->line = true;
	src->gsi = gsi;
	src->level = (flags & PLAT_IRQ_LEVEL) != 0;
	src->stuck = true;		/* masked at first */
	src->longest = flags & PLAT_IRQ_FOREIGN ? PAUSE : PAUSE_MAX;
	if ((error = source_start(src, name, KERN_CPU_ANY)) != 0)
		return error;
	error = plat_irq_line(gsi, flags, source_intr, src, &src->irq);
	if (error == 0)
		TAILQ_INSERT_TAIL(&sources, src, link);
	return error;
}

int
kern_irq_line(const char *name, unsigned gsi, unsigned flags,
    int (*fn)(void *), void *arg, struct kern_irq **kip)
{
	struct source *src;
	struct kern_irq *ki;
	int error = 0;

	if ((ki = irq_new(name, fn, arg)) == NULL)
		return ENOMEM;
	ki->cpu = KERN_CPU_ANY;
	kern_mutex_lock(&irq_mutex);
	if ((src = line_find(gsi)) == NULL) {
		if ((src = source_new()) == NULL)
			error = ENOMEM;
		else if ((error = line_open(src, gsi, flags, name)) != 0)
			source_stop(src);
	}
	if (error == 0) {
		irq_add(src, ki);
		kern_mutex_lock(&src->mutex);
		/* A new handler may know why the line was stuck. */
		src->unclaimed = 0;
		src->told = false;
		source_again(src);
		kern_mutex_unlock(&src->mutex);
		*kip = ki;
	} else
		kern_free(ki);
	kern_mutex_unlock(&irq_mutex);
	return error;
}

/* A source with one handler, and how its platform interrupt is made. */
struct private {
	struct source	*src;
	struct kern_irq	*ki;
};

/* irq_mutex is held when this returns 0, for the platform's interrupt. */
static int
private_begin(struct private *p, const char *name, int cpu,
    int (*fn)(void *), void *arg)
{
	int error;

	if ((p->ki = irq_new(name, fn, arg)) == NULL)
		return ENOMEM;
	if ((p->src = source_new()) == NULL) {
		kern_free(p->ki);
		return ENOMEM;
	}
	kern_mutex_lock(&irq_mutex);
	if (cpu < 0)
		cpu = next_cpu++;
	p->ki->cpu = cpu = cpu % (int)kern_ncpu();
	if ((error = source_start(p->src, name, cpu)) != 0) {
		kern_mutex_unlock(&irq_mutex);
		source_stop(p->src);
		kern_free(p->ki);
		return error;
	}
	irq_add(p->src, p->ki);
	return 0;
}

static int
private_end(struct private *p, int error, struct kern_irq **kip)
{

	if (error != 0)
		TAILQ_REMOVE(&irqs, p->ki, all);
	kern_mutex_unlock(&irq_mutex);
	if (error != 0) {
		source_stop(p->src);
		kern_free(p->ki);
		return error;
	}
	*kip = p->ki;
	return 0;
}

int
kern_irq_msi(const char *name, int cpu, int (*fn)(void *), void *arg,
    struct kern_irq **kip, uint64_t *addr, uint32_t *data)
{
	struct private p;
	int error;

	if ((error = private_begin(&p, name, cpu, fn, arg)) != 0)
		return error;
	return private_end(&p, plat_irq_msi(p.ki->cpu, source_intr, p.src,
	    &p.src->irq, addr, data), kip);
}

int
kern_irq_event(const char *name, unsigned port, int cpu, int (*fn)(void *),
    void *arg, struct kern_irq **kip)
{
	struct private p;
	int error;

	if ((error = private_begin(&p, name, cpu, fn, arg)) != 0)
		return error;
	return private_end(&p, plat_irq_event(port, p.ki->cpu, source_intr,
	    p.src, &p.src->irq), kip);
}

void
kern_irq_free(struct kern_irq *ki)
{
	struct source *src = ki->source;
	bool last;

	kern_mutex_lock(&irq_mutex);
	TAILQ_REMOVE(&irqs, ki, all);
	kern_mutex_lock(&src->mutex);
	TAILQ_REMOVE(&src->handlers, ki, link);
	last = TAILQ_EMPTY(&src->handlers);
	kern_mutex_unlock(&src->mutex);
	if (last) {
		if (src->line)
			TAILQ_REMOVE(&sources, src, link);
		plat_irq_free(src->irq);
		source_stop(src);
	}
	kern_mutex_unlock(&irq_mutex);
	kern_free(ki);
}

void
kern_irq_each(void (*fn)(const struct kern_irq_info *, void *), void *arg)
{
	struct kern_irq_info ii;
	struct kern_irq *ki;

	kern_mutex_lock(&irq_mutex);
	TAILQ_FOREACH(ki, &irqs, all) {
		ii.name = ki->name;
		ii.cpu = ki->cpu;
		ii.count = ki->count;
		ii.spurious = ki->spurious;
		fn(&ii, arg);
	}
	kern_mutex_unlock(&irq_mutex);
}
