/*
 * signal.c: signals as far as one process has them: sent by itself, by its
 * timers and by the platform.  A handler runs at the end of the thread's next
 * system call; sleeping, polling and futex waits end early for it, other calls
 * that wait do not.  Signals of faults: fault.c.
 */
#include <kern_errno.h>
#include <string.h>
#include <rump/rumpuser.h>

#include "fault.h"
#include "poll.h"
#include "process.h"

#define SIG_DFL		((void (*)(int))0)
#define SIG_IGN		((void (*)(int))1)
#define SA_ONSTACK	0x08000000
#define SA_NODEFER	0x40000000
#define SA_RESETHAND	0x80000000
#define UNBLOCKABLE	(LX_SIGBIT(LX_SIGKILL) | LX_SIGBIT(LX_SIGSTOP))
#define SI_USER		0

static bool
ignored(const struct lx_process *p, int sig)
{
	const uint64_t dfl = LX_SIGBIT(LX_SIGCHLD) | LX_SIGBIT(LX_SIGCONT) |
	    LX_SIGBIT(LX_SIGURG) | LX_SIGBIT(LX_SIGWINCH);

	return p->sig[sig].handler == SIG_IGN ||
	    (p->sig[sig].handler == SIG_DFL && (dfl & LX_SIGBIT(sig)) != 0);
}

bool
lx_signal_pending(struct lx_task *t)
{
	uint64_t all = __atomic_load_n(&t->pending, __ATOMIC_RELAXED) |
	    __atomic_load_n(&t->proc->pending, __ATOMIC_RELAXED);

	return (all & ~t->sigmask) != 0;
}

bool
lx_signal_kills(const struct lx_process *p, int sig)
{

	return sig == LX_SIGKILL ||
	    (!ignored(p, sig) && p->sig[sig].handler == SIG_DFL);
}

void
lx_task_wake(struct lx_task *t)
{
	uint32_t *waits = __atomic_load_n(&t->waits, __ATOMIC_SEQ_CST);

	__atomic_add_fetch(&t->wakeword, 1, __ATOMIC_SEQ_CST);
	rumpcomp_host_futex_wake(&t->wakeword, 1);
	if (waits != NULL)
		rumpcomp_host_futex_wake(waits, INT32_MAX);
}

long
lx_signal_queue(struct lx_process *p, int tid, int sig,
    const struct lx_siginfo *si)
{
	struct lx_task *t, *to = NULL;
	uint64_t *pending = &p->pending, bit = LX_SIGBIT(sig);
	long r = 0;

	lx_lock(&p->lock);
	LIST_FOREACH(t, &p->tasks, link)
		if (tid != 0 ? t->tid == tid : (t->sigmask & bit) == 0) {
			to = t;
			break;
		}
	if (tid != 0 && to == NULL)
		r = -LX_ESRCH;
	else if (!ignored(p, sig)) {
		if (tid != 0)
			pending = &to->pending;
		if ((*pending & bit) == 0) {
			*(tid != 0 ? &to->info[sig] : &p->info[sig]) = *si;
			r = 1;
		}
		__atomic_fetch_or(pending, bit, __ATOMIC_SEQ_CST);
		if (to != NULL)
			lx_task_wake(to);
	}
	lx_unlock(&p->lock);
	return r;
}

/* To a thread, or (NULL) to any that does not block it. */
void
lx_signal_send(struct lx_process *p, struct lx_task *to, int sig)
{
	const struct lx_siginfo si = { .code = LX_SI_KERNEL };

	(void)lx_signal_queue(p, to != NULL ? to->tid : 0, sig, &si);
}

/* It is not pending any more, if it was. */
static bool
take(struct lx_task *t, int sig, struct lx_siginfo *si)
{
	struct lx_process *p = t->proc;
	uint64_t bit = LX_SIGBIT(sig), *pending;

	lx_lock(&p->lock);
	pending = t->pending & bit ? &t->pending :
	    p->pending & bit ? &p->pending : NULL;
	if (pending != NULL) {
		*si = pending == &t->pending ? t->info[sig] : p->info[sig];
		__atomic_fetch_and(pending, ~bit, __ATOMIC_ACQ_REL);
	}
	lx_unlock(&p->lock);
	if (pending != NULL && si->code == LX_SI_TIMER)
		si->over = lx_timer_delivered(p, si->from);
	return pending != NULL;
}

/* siginfo_t: what its parts for signals that are sent have in common. */
static void
info_out(int info[32], int sig, const struct lx_siginfo *si)
{

	memset(info, 0, 32 * sizeof(int));
	info[0] = sig;
	info[2] = si->code;
	info[4] = si->from;
	info[5] = si->over;
	memcpy(&info[6], &si->value, sizeof(si->value));
}

void
lx_die_by(struct lx_process *p, int sig)
{

	if (sig != LX_SIGPIPE)		/* a pipeline's usual end */
		rumpuser_dprintf("%s: killed by signal %d\n", p->name, sig);
	lx_exit_group(p, 128 + sig);
}

void
lx_handler_begins(struct lx_task *t, int sig, const struct lx_sigaction *sa)
{

	if (sa->flags & SA_RESETHAND)
		t->proc->sig[sig].handler = SIG_DFL;
	t->sigmask |= sa->mask | (sa->flags & SA_NODEFER ? 0 : LX_SIGBIT(sig));
	t->in = NULL;
}

void
lx_mask_back(struct lx_task *t, uint64_t mask)
{

	t->sigmask = mask & ~UNBLOCKABLE;
}

/* Of a signal that was sent: what it interrupts is a call of a function. */
static void
handle(struct lx_task *t, int sig, const struct lx_siginfo *si)
{
	struct lx_sigaction sa = t->proc->sig[sig];
	struct lx_ucontext uc = { .stack = t->alt, .sigmask = t->sigmask };
	const char *in = t->in;
	int info[32];
	uintptr_t sp;

	info_out(info, sig, si);
	sp = lx_altstack_top(t, &sa, (uintptr_t)info);
	lx_handler_begins(t, sig, &sa);
	if (sp != 0)
		lx_handler_on(sp, sa.handler, sig, info, &uc);
	else
		((void (*)(int, void *, void *))(void *)sa.handler)(sig, info,
		    &uc);
	t->in = in;
	lx_mask_back(t, uc.sigmask);
}

long
lx_signals(struct lx_task *t, long result)
{
	struct lx_process *p = t->proc;
	struct lx_siginfo si;
	int sig;

	if (p->ending != 0)
		lx_task_end(t);
	for (sig = 1; sig < LX_NSIG && lx_signal_pending(t); sig++) {
		if (((t->pending | p->pending) & ~t->sigmask &
		    LX_SIGBIT(sig)) == 0 || !take(t, sig, &si) ||
		    ignored(p, sig))
			continue;
		if (p->sig[sig].handler == SIG_DFL)
			lx_die_by(p, sig);
		handle(t, sig, &si);
	}
	return result;
}

/* ---- calls ---- */

long
lx_sys_rt_sigaction(long sig, long new, long old, long size, long e, long f)
{
	struct lx_process *p = lx_self()->proc;

	if (sig < 1 || sig >= LX_NSIG || size != 8)
		return -LX_EINVAL;
	if (new != 0 && (sig == LX_SIGKILL || sig == LX_SIGSTOP))
		return -LX_EINVAL;
	lx_lock(&p->lock);
	if (old != 0)
		memcpy((void *)old, &p->sig[sig], sizeof(p->sig[sig]));
	if (new != 0) {
		memcpy(&p->sig[sig], (void *)new, sizeof(p->sig[sig]));
		if ((uintptr_t)p->sig[sig].handler > 1)
			p->handlers = true;
	}
	lx_unlock(&p->lock);
	return 0;
}

enum { SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK };

long
lx_sys_rt_sigprocmask(long how, long new, long old, long size, long e, long f)
{
	struct lx_task *t = lx_self();
	uint64_t was = t->sigmask, set;

	if (new != 0) {
		set = *(uint64_t *)new & ~UNBLOCKABLE;
		if (how == SIG_BLOCK)
			t->sigmask |= set;
		else if (how == SIG_UNBLOCK)
			t->sigmask &= ~set;
		else if (how == SIG_SETMASK)
			t->sigmask = set;
		else
			return -LX_EINVAL;
	}
	if (old != 0)
		*(uint64_t *)old = was;
	return 0;
}

long
lx_sys_rt_sigpending(long out, long size, long c, long d, long e, long f)
{
	struct lx_task *t = lx_self();

	*(uint64_t *)out = (t->pending | t->proc->pending) & t->sigmask;
	return 0;
}

long
lx_sys_rt_sigsuspend(long mask, long size, long c, long d, long e, long f)
{

	lx_mask_begin((const uint64_t *)mask);
	return lx_mask_end(lx_sleep_until(UINT64_MAX));
}

long
lx_sys_pause(long a, long b, long c, long d, long e, long f)
{

	return lx_sleep_until(UINT64_MAX);
}

long
lx_sys_rt_sigtimedwait(long set, long info, long ts, long size, long e, long f)
{
	struct lx_task *t = lx_self();
	const struct lx_timespec *to = (const void *)ts;
	uint64_t deadline = lx_deadline(to), want = *(uint64_t *)set, mask;
	struct lx_siginfo si;
	long r;

	for (;;) {
		for (int sig = 1; sig < LX_NSIG; sig++)
			if ((want & LX_SIGBIT(sig)) != 0 && take(t, sig, &si)) {
				if (info != 0)
					info_out((int *)info, sig, &si);
				return sig;
			}
		mask = t->sigmask;
		t->sigmask &= ~want;
		r = lx_sleep_until(deadline);
		t->sigmask = mask;
		if (r == 0)
			return -LX_EAGAIN;
		if (((t->pending | t->proc->pending) & want) == 0)
			return r;
	}
}

/* ---- another stack for handlers ---- */

enum { SS_ONSTACK = 1, SS_DISABLE = 2, MINSIGSTKSZ = 2048 };

static bool
on_altstack(const struct lx_task *t, uintptr_t sp)
{

	return sp - (uintptr_t)t->alt.sp < t->alt.size;
}

uintptr_t
lx_altstack_top(struct lx_task *t, const struct lx_sigaction *sa, uintptr_t sp)
{

	if ((sa->flags & SA_ONSTACK) == 0 || t->alt.size == 0 ||
	    on_altstack(t, sp))
		return 0;
	return (uintptr_t)t->alt.sp + t->alt.size;
}

long
lx_sys_sigaltstack(long new, long old, long c, long d, long e, long f)
{
	struct lx_task *t = lx_self();
	const struct lx_altstack *n = (const void *)new;
	struct lx_altstack *o = (void *)old, was = t->alt;
	bool on = on_altstack(t, (uintptr_t)&was);
	uintptr_t page;

	was.flags = on ? SS_ONSTACK : was.size == 0 ? SS_DISABLE : 0;
	if (n != NULL) {
		if (on)
			return -LX_EPERM;
		if ((n->flags & ~(SS_ONSTACK | SS_DISABLE)) != 0)
			return -LX_EINVAL;
		if (n->flags & SS_DISABLE)
			t->alt = (struct lx_altstack){ .flags = SS_DISABLE };
		else if (n->size < MINSIGSTKSZ)
			return -LX_ENOMEM;
		else {
			t->alt = (struct lx_altstack){ n->sp, 0, n->size };
			/* where faults are pushed onto it, it must be there */
			page = (uintptr_t)n->sp & ~4095UL;
			(void)rumpcomp_host_vm_commit((void *)page,
			    (((uintptr_t)n->sp + n->size + 4095) & ~4095UL) - page);
		}
	}
	if (o != NULL)
		*o = was;
	return 0;
}

static bool
exists(struct lx_process *p, long tid)
{
	struct lx_task *t;

	lx_lock(&p->lock);
	LIST_FOREACH(t, &p->tasks, link)
		if (t->tid == tid)
			break;
	lx_unlock(&p->lock);
	return t != NULL;
}

static long
send_to(struct lx_process *p, long tid, long sig, const struct lx_siginfo *si)
{
	long r;

	if (sig < 0 || sig >= LX_NSIG || tid <= 0)
		return -LX_EINVAL;
	if (sig == 0)
		return exists(p, tid) ? 0 : -LX_ESRCH;
	r = lx_signal_queue(p, (int)tid, (int)sig, si);
	return r < 0 ? r : 0;
}

long
lx_sys_tkill(long tid, long sig, long c, long d, long e, long f)
{
	struct lx_process *p = lx_self()->proc;
	const struct lx_siginfo si = { LX_SI_TKILL, p->pid, 0, 0 };

	return send_to(p, (int)tid, sig, &si);
}

long
lx_sys_tgkill(long pid, long tid, long sig, long d, long e, long f)
{

	return lx_sys_tkill(tid, sig, 0, 0, 0, 0);
}

static bool
info_in(struct lx_siginfo *si, const int *info)
{

	*si = (struct lx_siginfo){ info[2], info[4], info[5], 0 };
	memcpy(&si->value, &info[6], sizeof(si->value));
	return si->code < 0 && si->code != LX_SI_TIMER &&
	    si->code != LX_SI_TKILL;
}

long
lx_sys_rt_tgsigqueueinfo(long pid, long tid, long sig, long info, long e, long f)
{
	struct lx_siginfo si;

	if (!info_in(&si, (const int *)info))
		return -LX_EPERM;
	return send_to(lx_self()->proc, (int)tid, sig, &si);
}

static long
kill_one(struct lx_process *to, long sig, const struct lx_siginfo *si)
{

	if (to == NULL)
		return -LX_ESRCH;
	if (to != lx_self()->proc && sig != 0 && lx_signal_kills(to, (int)sig))
		lx_process_signal(to, (int)sig);
	else if (sig != 0)
		(void)lx_signal_queue(to, 0, (int)sig, si);
	return 0;
}

long
lx_sys_rt_sigqueueinfo(long pid, long sig, long info, long d, long e, long f)
{
	struct lx_siginfo si;

	if (sig < 0 || sig >= LX_NSIG)
		return -LX_EINVAL;
	if (!info_in(&si, (const int *)info))
		return -LX_EPERM;
	return kill_one(lx_process_find((int)pid), sig, &si);
}

long
lx_sys_kill(long pid, long sig, long c, long d, long e, long f)
{
	struct lx_process *p = lx_self()->proc;
	const struct lx_siginfo si = { SI_USER, p->pid, 0, 0 };

	if (sig < 0 || sig >= LX_NSIG)
		return -LX_EINVAL;
	return kill_one(pid == 0 || pid == -1 || pid == -p->pid ? p :
	    lx_process_find(pid), sig, &si);
}
