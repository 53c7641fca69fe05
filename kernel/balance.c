/*
 * balance.c: where a thread runs that became ready, and what a CPU does that
 * has nothing to run: steal, poll for a short while, halt.
 */
#include <string.h>
#include "runq.h"

static uint64_t idle_cpus;	/* CPUs that look for work or wait for it */
uint64_t sched_away;

/* ---- placement ---- */

static bool
idle_claim(unsigned n)
{
	uint64_t bit = 1ULL << n;

	return (__atomic_fetch_and(&idle_cpus, ~bit, __ATOMIC_SEQ_CST) & bit)
	    != 0;
}

/* An idle CPU out of the set, the preferred one if it is there. */
static struct cpu *
idle_pick(struct cpu *first, uint64_t set)
{

	if ((set >> first->id & 1) != 0 && idle_claim(first->id))
		return first;
	for (; set != 0; set &= set - 1)
		if (idle_claim(__builtin_ctzll(set)))
			return cpus[__builtin_ctzll(set)];
	return NULL;
}

static uint64_t
idle_polling(uint64_t idle)
{
	uint64_t set = 0, bit;

	for (; idle != 0; idle -= bit) {
		bit = idle & -idle;
		if (cpus[__builtin_ctzll(bit)]->polling)
			set |= bit;
	}
	return set;
}

/*
 * In this order: an idle CPU that need not be woken; here, if it runs at once
 * or next (a halted CPU is called for it if that takes long: sched_lazy); a
 * halted CPU; where it can run at once; where the fewest wait.
 */
struct cpu *
sched_place(struct thread *t)
{
	struct cpu *c, *best = t->cpu, *self = plat_self();
	uint64_t idle;
	unsigned i;

	if (!sched_smp || t->bound)
		return best;
	if (cpu_away(best))
		best = cpus[0];
	else if (t->state == T_NEW)
		return best;
	if (cpu_away(self))
		self = best;
	idle = __atomic_load_n(&idle_cpus, __ATOMIC_SEQ_CST);
	if (idle != 0) {
		if ((c = idle_pick(best, idle_polling(idle))) != NULL)
			return c;
		if (t->pri > self->curpri || self->rq.n == 0)
			return self;
		if ((c = idle_pick(best, idle)) != NULL)
			return c;
	}
	if (t->pri > best->curpri)
		return best;
	for (i = 0; i < ncpu; i++) {
		c = cpus[i];
		if (cpu_away(c))
			continue;
		if (c->curpri < t->pri)
			return c;
		if (c->rq.n < best->rq.n)
			best = c;
	}
	return best;
}

/* Make a CPU look at its run queue, which has changed. */
void
sched_kick(struct cpu *c)
{

	__atomic_store_n(&c->poke, true, __ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&c->polling, __ATOMIC_SEQ_CST))
		plat_cpu_kick(c->id);
}

/*
 * After a thread was queued on a CPU that is busy: a CPU that went idle
 * meanwhile may have looked too early.  (It says that it is idle before it
 * looks, we queue before we look: one of the two sees the other.)
 */
void
sched_call_thief(void)
{
	uint64_t idle;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	idle = __atomic_load_n(&idle_cpus, __ATOMIC_SEQ_CST);
	for (; idle != 0; idle &= idle - 1)
		if (idle_claim(__builtin_ctzll(idle))) {
			sched_kick(cpus[__builtin_ctzll(idle)]);
			return;
		}
}

/*
 * Threads wait here: halted CPUs are called if they still do in LAZY ns.  Often
 * the running thread is about to sleep, and they run sooner than a halted CPU
 * could fetch them.
 */
#define LAZY	50000U

void
sched_lazy(struct cpu *c)
{

	if (c->thief_at != UINT64_MAX ||
	    __atomic_load_n(&idle_cpus, __ATOMIC_RELAXED) == 0)
		return;
	c->thief_at = plat_clock() + LAZY;
	timer_program(c);
}

void
sched_lazy_check(struct cpu *c, uint64_t now)
{

	if (c->thief_at > now)
		return;
	c->thief_at = UINT64_MAX;
	if (c->rq.nfree != 0) {
		sched_call_thief();
		if (c->rq.nfree > 1)
			sched_lazy(c);
	}
}

/* ---- idle ---- */

static struct thread *
steal_from(struct cpu *v)
{
	struct thread *t;
	int p;

	for (p = KERN_NPRI - 1; p >= 0; p--)
		TAILQ_FOREACH(t, &v->rq.q[p], q)
			if (!t->bound) {
				runq_remove(&v->rq, t);
				return t;
			}
	return NULL;
}

/* True: look again. */
static bool
steal(struct cpu *c)
{
	struct cpu *v;
	struct thread *t;
	unsigned i;
	bool again = false;

	for (i = 1; i < ncpu; i++) {
		v = cpus[(c->id + i) % ncpu];
		if (__atomic_load_n(&v->rq.nfree, __ATOMIC_RELAXED) == 0)
			continue;
		if (!spin_try(&v->rq.lock)) {
			again = true;
			continue;
		}
		/* An idle victim is about to run what it has. */
		t = v->curpri < 0 && v->rq.n == 1 ? NULL : steal_from(v);
		spin_release(&v->rq.lock);
		if (t != NULL) {
			spin_acquire(&c->rq.lock);
			runq_put(c, t, false);
			spin_release(&c->rq.lock);
			return true;
		}
	}
	return again;
}

/*
 * Waking a halted CPU costs microseconds, on a virtual machine tens of them.
 * So a CPU whose waits have been short lately looks on for a while before it
 * halts.  Who kicks it says so in `poke' (or its run queue) before reading
 * `polling'; it clears `polling' before it looks for the last time.
 */
#define POLL_MIN	10000U		/* ns */
#define POLL_MAX	100000U

/* QEMU's emulation leaves the guest at every pause, and takes a lock. */
bool sched_emulated;

static bool
idle_called(const struct cpu *c)
{

	return __atomic_load_n(&c->rq.n, __ATOMIC_RELAXED) != 0 ||
	    __atomic_load_n(&c->poke, __ATOMIC_RELAXED);
}

/* True: there is something to do.  Timers that come due are run here. */
static bool
idle_poll(struct cpu *c, uint64_t end)
{
	uint64_t now;
	int i = 0;

	__atomic_store_n(&c->polling, true, __ATOMIC_SEQ_CST);
	plat_irq_on();
	while (!idle_called(c)) {
		if (++i % 16 != 0) {
			if (!sched_emulated)
				plat_pause();
			continue;
		}
		if ((now = plat_clock()) >= end)
			break;
		if (now >= c->tq.next) {
			plat_irq_off();
			timer_run(c);
			timer_program(c);
			plat_irq_on();
		}
	}
	plat_irq_off();
	__atomic_store_n(&c->polling, false, __ATOMIC_SEQ_CST);
	return idle_called(c);
}

static void
idle_rest(struct cpu *c)
{
	uint64_t start = plat_clock(), end = start + c->poll;

	/* for a timer that is very near, a little longer than that */
	if (c->tq.next < start + 2 * timer_margin(c) && end <= c->tq.next)
		end = c->tq.next + 1000;
	if (end != start && idle_poll(c, end))
		return;
	plat_idle();
	if (plat_clock() - start > POLL_MAX)
		c->poll = c->poll < 2 * POLL_MIN ? 0 : c->poll / 2;
	else
		c->poll = c->poll < POLL_MIN ? POLL_MIN :
		    c->poll > POLL_MAX / 2 ? POLL_MAX : c->poll * 2;
}

static void
idle_wait(struct cpu *c)
{
	uint64_t bit = 1ULL << c->id;

	c->wakeups++;
	c->poke = false;
	if (!sched_smp) {
		idle_rest(c);
		return;
	}
	__atomic_fetch_or(&idle_cpus, bit, __ATOMIC_SEQ_CST);
	if (!idle_called(c) && !steal(c))
		idle_rest(c);
	__atomic_fetch_and(&idle_cpus, ~bit, __ATOMIC_SEQ_CST);
}

void
sched_idle(void)
{
	struct cpu *c = plat_self();

	sched_emulated = strcmp(plat_hypervisor(), "TCG") == 0;
	plat_irq_off();
	for (;;) {
		if (c->rq.n == 0)
			idle_wait(c);
		if (c->rq.n != 0) {
			sched_hold();
			sched_switch(c);
		}
	}
}

