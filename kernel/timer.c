/*
 * timer.c: timers, a red-black tree on every CPU.  The platform's timer is
 * set for the next deadline only, and never put off to a later one: a timer
 * that was cancelled costs at most one interrupt.
 *
 * A virtual machine's timer comes tens of microseconds late.  How late is
 * measured, and the timer set that much too early; the idle loop then looks at
 * the clock for the rest.
 */
#include "thread.h"

static int
timer_cmp(const struct kern_timer *a, const struct kern_timer *b)
{

	if (a->deadline != b->deadline)
		return a->deadline < b->deadline ? -1 : 1;
	return (a > b) - (a < b);
}

RB_PROTOTYPE_STATIC(timertree, kern_timer, node, timer_cmp)
RB_GENERATE_STATIC(timertree, kern_timer, node, timer_cmp)

void
timer_cpu_init(struct timerq *tq)
{

	RB_INIT(&tq->tree);
	tq->next = UINT64_MAX;
}

void
kern_timer_init(struct kern_timer *t, void (*fn)(void *), void *arg)
{

	t->deadline = 0;
	t->fn = fn;
	t->arg = arg;
	t->cpu = NULL;
	t->armed = false;
}

#define LATE_MIN	4000U		/* ns: not worth it below */
#define LATE_MAX	60000U

/* Interrupt context: what the platform was told, and when it came. */
void
timer_late(struct cpu *c, uint64_t now)
{
	uint64_t late = now > c->told ? now - c->told : 0;

	if (late > LATE_MAX)
		late = LATE_MAX;
	c->late += ((int64_t)late - (int64_t)c->late) / 8;
}

/* So near that waiting for the interrupt would be too long. */
uint64_t
timer_margin(const struct cpu *c)
{

	return c->late < LATE_MIN ? 0 : c->late + c->late / 4;
}

/* Interrupts masked, this CPU's. */
void
timer_program(struct cpu *c)
{
	uint64_t want = c->tq.next, margin, now;

	if (c->slice_end < want)
		want = c->slice_end;
	if (c->thief_at < want)
		want = c->thief_at;
	if (want >= c->programmed)
		return;
	c->programmed = c->told = want;
	if (want == c->tq.next && (margin = timer_margin(c)) != 0) {
		now = plat_clock();
		if (want > now && want - now > 2 * margin)
			c->told = want - margin;
	}
	plat_timer_set(c->told);
}

static void
timer_next(struct timerq *tq)
{
	struct kern_timer *t = RB_MIN(timertree, &tq->tree);

	tq->next = t != NULL ? t->deadline : UINT64_MAX;
}

/* Takes it from the CPU where it is armed, if it is. */
static bool
timer_remove(struct kern_timer *t, struct timerq *tq)
{

	if (!t->armed)
		return false;
	RB_REMOVE(timertree, &tq->tree, t);
	t->armed = false;
	if (t->deadline == tq->next)
		timer_next(tq);
	return true;
}

void
kern_timer_arm(struct kern_timer *t, uint64_t deadline)
{
	struct cpu *c, *self;
	unsigned long s;

	s = plat_irq_save();
	self = plat_self();
	while ((c = __atomic_load_n(&t->cpu, __ATOMIC_RELAXED)) != NULL &&
	    c != self) {
		spin_acquire(&c->tq.lock);
		if (c == t->cpu) {	/* it wasn't given away: timer_give() */
			timer_remove(t, &c->tq);
			t->cpu = NULL;
		}
		spin_release(&c->tq.lock);
	}
	spin_acquire(&self->tq.lock);
	timer_remove(t, &self->tq);
	t->cpu = self;
	t->deadline = deadline;
	t->armed = true;
	RB_INSERT(timertree, &self->tq.tree, t);
	if (deadline < self->tq.next)
		self->tq.next = deadline;
	spin_release(&self->tq.lock);
	timer_program(self);
	plat_irq_restore(s);
}

bool
kern_timer_cancel(struct kern_timer *t)
{
	struct cpu *c;
	unsigned long s;
	bool was = false, running;

	while ((c = __atomic_load_n(&t->cpu, __ATOMIC_RELAXED)) != NULL) {
		s = plat_irq_save();
		spin_acquire(&c->tq.lock);
		if (c != t->cpu) {
			spin_release(&c->tq.lock);
			plat_irq_restore(s);
			continue;
		}
		was |= timer_remove(t, &c->tq);
		running = c->tq.running == t && c != plat_self();
		spin_release(&c->tq.lock);
		plat_irq_restore(s);
		if (!running)
			break;
		plat_pause();
	}
	return was;
}

void
timer_run(struct cpu *c)
{
	struct timerq *tq = &c->tq;
	struct kern_timer *t;
	void (*fn)(void *);
	void *arg;

	if (tq->next > plat_clock())
		return;
	spin_acquire(&tq->lock);
	while ((t = RB_MIN(timertree, &tq->tree)) != NULL &&
	    t->deadline <= plat_clock()) {
		RB_REMOVE(timertree, &tq->tree, t);
		t->armed = false;
		tq->running = t;
		fn = t->fn;
		arg = t->arg;
		spin_release(&tq->lock);
		fn(arg);
		spin_acquire(&tq->lock);
		tq->running = NULL;
	}
	timer_next(tq);
	spin_release(&tq->lock);
}

void
timer_give(struct cpu *to)
{
	struct cpu *c = plat_self();
	struct kern_timer *t;

	spin_acquire(&c->tq.lock);
	spin_acquire(&to->tq.lock);
	while ((t = RB_MIN(timertree, &c->tq.tree)) != NULL) {
		RB_REMOVE(timertree, &c->tq.tree, t);
		__atomic_store_n(&t->cpu, to, __ATOMIC_RELAXED);
		RB_INSERT(timertree, &to->tq.tree, t);
	}
	timer_next(&c->tq);
	timer_next(&to->tq);
	spin_release(&to->tq.lock);
	spin_release(&c->tq.lock);
}
