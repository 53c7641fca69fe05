/*
 * sched.c: per-CPU run queues with fixed priorities.
 *
 * A CPU's run queue lock is taken before its current thread gives up the CPU
 * and dropped by kern_switch_done() in the next thread's context.  So a thread
 * found in a run queue whose lock one holds is completely saved.
 */
#include "runq.h"

#define SLICE	4000000ULL	/* ns among threads of one priority */

struct cpu cpu0;
struct cpu *cpus[MAXCPU];
unsigned ncpu = 1;

static inline struct thread *
runq_take(struct cpu *c)
{
	struct thread *t;
	int p;

	if ((p = runq_best(&c->rq)) < 0)
		return c->idle;
	t = TAILQ_FIRST(&c->rq.q[p]);
	runq_remove(&c->rq, t);
	return t;
}

/* An equal waits: from now on the running thread has a time slice. */
static void
slice_start(struct cpu *c, uint64_t now)
{

	if (c->slice_end != UINT64_MAX)
		return;
	c->slice_end = now + SLICE;
	timer_program(c);
}

/* The slice's end has come: is there still competition, who ran how long? */
static void
slice_check(struct cpu *c, uint64_t now)
{
	struct thread *t = c->cur;
	uint64_t used;

	spin_acquire(&c->rq.lock);
	if (t == c->idle || (c->rq.map >> t->pri & 1) == 0) {
		c->slice_end = UINT64_MAX;
	} else if ((used = t->ran + (now - c->since)) >= SLICE) {
		c->slice_over = c->resched = true;
		c->slice_end = now + SLICE;
	} else
		c->slice_end = now + SLICE - used;
	spin_release(&c->rq.lock);
}

/* Accounts, and makes next the CPU's thread in all but its registers. */
static inline __attribute__((always_inline)) void
sched_set(struct cpu *c, struct thread *prev, struct thread *next)
{
	uint64_t now = plat_clock(), ran = now - c->since;

	if (prev == c->idle)
		c->idletime += ran;
	else {
		prev->cputime += ran;
		prev->ran += ran;
	}
	c->since = now;
	c->resched = c->slice_over = false;
	c->cur = next;
	next->state = T_RUN;
	if (next == c->idle) {
		c->curpri = -1;
		return;
	}
	c->curpri = next->pri;
	next->cpu = c;
	if (c->rq.map >> next->pri & 1)
		slice_start(c, now);
}

void
sched_switch(struct cpu *c)
{
	struct thread *prev = c->cur, *next = runq_take(c);

	if (next == prev) {
		prev->state = T_RUN;
		c->resched = c->slice_over = false;
		spin_release(&c->rq.lock);
		return;
	}
	sched_set(c, prev, next);
	c->switches++;
	c->prev = prev;
	next->oncpu = 1;
	plat_ctx_switch(&prev->ctx, &next->ctx);
	if (plat_self()->prev != NULL)
		kern_switch_done();
}

void
kern_switch_done(void)
{
	struct cpu *c = plat_self();
	struct thread *prev = c->prev;
	bool dead;

	if (prev == NULL)
		return;
	c->prev = NULL;
	dead = prev->detached_dead;
	__atomic_store_n(&prev->oncpu, 0, __ATOMIC_RELEASE);
	spin_release(&c->rq.lock);
	if (dead)
		thread_dead(prev);
}

/* ---- preemption ---- */

bool
kern_want_preempt(void)
{
	struct cpu *c = plat_self();

	return c->resched && c->cur != c->idle && !sched_nailed(c);
}

/* The running thread stays ready: first or, when its slice is over, last. */
static void
sched_giveway(struct cpu *c)
{
	struct thread *t = c->cur;

	if (c->slice_over)
		t->ran = 0;
	runq_put(c, t, !c->slice_over);
}

void
kern_preempt(void)
{
	struct cpu *c = sched_hold();
	struct thread *prev = c->cur, *next;

	sched_giveway(c);
	next = runq_take(c);
	sched_set(c, prev, next);
	if (next == prev)
		spin_release(&c->rq.lock);
	else {
		c->switches++;
		c->prev = prev;
		next->oncpu = 1;
	}
	plat_ctx_switch(&prev->ctx, &next->ctx);
	__builtin_unreachable();
}

void
sched_resched(struct cpu *c)
{

	if (c->cur == c->idle || sched_nailed(c))
		return;
	spin_acquire(&c->rq.lock);
	sched_giveway(c);
	sched_switch(c);
}

void
kern_preempt_disable(void)
{

	plat_curthread()->npreempt++;
	__asm__ volatile("" : : : "memory");
}

void
kern_preempt_enable(void)
{
	struct thread *t = plat_curthread();
	unsigned long s;

	__asm__ volatile("" : : : "memory");
	if (--t->npreempt == 0 && plat_self()->resched) {
		s = plat_irq_save();
		sched_restore(s);
	}
}

/* Thread context: interrupts are enabled before and after. */
void
kern_yield(void)
{
	struct thread *t = plat_curthread();
	struct cpu *c = plat_self();

	if (c->rq.map >> t->pri == 0 && !c->resched)
		return;
	plat_irq_off();
	c = sched_hold();
	t->ran = 0;
	runq_put(c, t, false);
	sched_switch(c);
	plat_irq_on();
}

void
kern_timer_intr(void)
{
	struct cpu *c = plat_self();
	uint64_t now;

	c->programmed = UINT64_MAX;
	now = plat_clock();
	timer_late(c, now);
	timer_run(c);
	if (c->slice_end <= now)
		slice_check(c, now);
	sched_lazy_check(c, now);
	timer_program(c);
}

void
kern_resched_intr(void)
{
	struct cpu *c = plat_self();
	int best;

	spin_acquire(&c->rq.lock);
	best = runq_best(&c->rq);
	if (best > c->curpri)
		c->resched = true;
	else if (best >= 0 && best == c->curpri)
		slice_start(c, plat_clock());
	spin_release(&c->rq.lock);
}

/* ---- from outside ---- */

void
sched_ready(struct thread *t)
{
	struct cpu *c, *self = plat_self();
	bool kick = false;

	while (__atomic_load_n(&t->oncpu, __ATOMIC_ACQUIRE) != 0)
		plat_pause();
	for (;;) {
		c = sched_smp ? sched_place(t) : self;
		spin_acquire(&c->rq.lock);
		if (!cpu_away(c) || t->bound)
			break;
		spin_release(&c->rq.lock);
	}
	t->ran = 0;
	runq_put(c, t, false);
	if (t->pri > c->curpri) {
		c->resched = true;
		kick = c != self;
	} else if (t->pri == c->curpri && c->slice_end == UINT64_MAX) {
		if (c == self)
			slice_start(c, plat_clock());
		else
			kick = true;
	}
	spin_release(&c->rq.lock);
	if (kick)
		sched_kick(c);
	if (sched_smp && !t->bound) {
		if (c == self)
			sched_lazy(c);
		else if (c->curpri >= t->pri)
			sched_call_thief();
	}
}

void
sched_setpri(struct thread *t, int pri)
{
	struct cpu *c;

	for (;;) {
		c = __atomic_load_n(&t->cpu, __ATOMIC_RELAXED);
		spin_acquire(&c->rq.lock);
		if (c == t->cpu)
			break;
		spin_release(&c->rq.lock);
	}
	if (t->onrq) {
		runq_remove(&c->rq, t);
		t->pri = pri;
		runq_put(c, t, false);
	} else
		t->pri = pri;
	if (t == c->cur)
		c->curpri = pri;
	c->resched |= runq_best(&c->rq) > c->curpri;
	spin_release(&c->rq.lock);
	if (c->resched && c != plat_self())
		sched_kick(c);
}

/* ---- per CPU ---- */

void
sched_cpu_init(struct cpu *c, unsigned id, struct thread *idle)
{
	int p;

	c->self = c;
	c->id = id;
	c->cur = c->idle = idle;
	c->curpri = -1;
	c->slice_end = c->thief_at = c->programmed = UINT64_MAX;
	for (p = 0; p < KERN_NPRI; p++)
		TAILQ_INIT(&c->rq.q[p]);
	timer_cpu_init(&c->tq);
	idle->cpu = c;
	idle->state = T_RUN;
	idle->oncpu = 1;
	cpus[id] = c;
}

unsigned
kern_ncpu(void)
{

	return ncpu;
}

unsigned
kern_curcpu(void)
{

	return plat_self()->id;
}

uint64_t
kern_thread_cputime(struct thread *t)
{
	unsigned long s = plat_irq_save();
	struct cpu *c;
	uint64_t ns;

	while ((c = __atomic_load_n(&t->cpu, __ATOMIC_ACQUIRE)) != NULL) {
		spin_acquire(&c->rq.lock);
		if (t->cpu == c)
			break;
		spin_release(&c->rq.lock);	/* it has just moved */
	}
	ns = t->cputime;
	if (c != NULL) {
		if (c->cur == t)
			ns += plat_clock() - c->since;
		spin_release(&c->rq.lock);
	}
	plat_irq_restore(s);
	return ns;
}

uint64_t
kern_cpu_idletime(unsigned n)
{
	struct cpu *c;

	if (n >= ncpu)
		return 0;
	c = cpus[n];
	return c->idletime +
	    (c->curpri < 0 ? plat_clock() - c->since : 0);
}

uint64_t
kern_cpu_wakeups(unsigned n)
{

	return n < ncpu ? cpus[n]->wakeups : 0;
}

uint64_t
kern_cpu_switches(unsigned n)
{

	return n < ncpu ? cpus[n]->switches : 0;
}
