/*
 * task.c: a program's threads.  Each is a thread of the host's with an lwp of
 * the rump kernel, and runs on a stack of the program's own.
 */
#include <kern_errno.h>
#include <string.h>
#include <rump/rumpuser.h>

#include "linux.h"

#define STACK	(32 * 1024)		/* of its host thread */
#define CHARGE	(STACK + 8 * 1024)	/* with its FPU area and TLS block */

static int lasttid = 1000;	/* below are processes */

/* ---- locks ---- */

void
lx_lock(uint32_t *l)
{
	uint32_t was = 0;

	if (__atomic_compare_exchange_n(l, &was, 1, false, __ATOMIC_ACQUIRE,
	    __ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(l, 2, __ATOMIC_ACQUIRE) != 0)
		rumpcomp_host_futex_wait(l, 2, UINT64_MAX);
}

void
lx_unlock(uint32_t *l)
{

	if (__atomic_exchange_n(l, 0, __ATOMIC_RELEASE) == 2)
		rumpcomp_host_futex_wake(l, 1);
}

/* ---- life ---- */

static inline uintptr_t
fsbase(void)
{
	uintptr_t fs;

	__asm__ volatile("movq %%fs:0, %0" : "=r"(fs));
	return fs;
}

/*
 * Thread structures have their own address first and the stack protector's
 * word at 0x28, the host's and musl's; who changes from one to the other in
 * the middle of a function takes the word along.
 */
static void
setfs_keep_canary(uintptr_t fs)
{
	uintptr_t word;

	__asm__ volatile("movq %%fs:0x28, %0" : "=r"(word));
	*(uintptr_t *)(fs + 0x28) = word;
	rumpcomp_host_setfs(fs);
}

/* True when it was the last. */
static bool
task_unlink(struct lx_task *t)
{
	struct lx_process *p = t->proc;
	bool last;

	lx_lock(&p->lock);
	LIST_REMOVE(t, link);
	if (t->thread != NULL)
		p->cputime += rumpcomp_host_cputime(t->thread);
	last = --p->ntasks == 0;
	lx_unlock(&p->lock);
	return last;
}

/* The host thread's function; the program's runs from lx_enter() on. */
__attribute__((no_stack_protector)) static void *
task_main(void *arg)
{
	struct lx_task *t = arg;
	struct lx_process *p = t->proc;
	uintptr_t fs = fsbase();

	rumpcomp_host_setself(t);
	t->thread = rumpcomp_host_thread_self();
	rump_pub_lwproc_newlwp(p->pid);
	__atomic_store_n(&p->begun, 1, __ATOMIC_RELEASE);
	rumpcomp_host_futex_wake(&p->begun, 1);
	if (t->tls != 0)
		rumpcomp_host_setfs(t->tls);
	t->in = NULL;
	lx_enter(t->pc, t->sp, &t->hoststack, t->arg);
	rumpcomp_host_setfs(fs);
	rump_pub_lwproc_releaselwp();
	rumpcomp_host_setself(NULL);
	if (t->unmap != NULL)
		(void)rumpcomp_host_vm_unmap(t->unmap, t->unmapsize);
	rumpcomp_host_vm_uncharge(CHARGE);
	/* Nothing of t or of its stack is used any more: who waits may go on. */
	if (t->clear_tid != NULL) {
		__atomic_store_n(t->clear_tid, 0, __ATOMIC_RELEASE);
		rumpcomp_host_futex_wake(t->clear_tid, 1);
	}
	if (task_unlink(t))
		lx_process_reap(p);
	rumpcomp_host_free(t);
	return NULL;
}

struct lx_task *
lx_task_new(struct lx_process *p)
{
	struct lx_task *t = rumpcomp_host_malloc(sizeof(*t), 0);

	if (t != NULL) {
		memset(t, 0, sizeof(*t));
		t->proc = p;
		t->in = "its start";
		t->tid = __atomic_add_fetch(&lasttid, 1, __ATOMIC_RELAXED);
	}
	return t;
}

int
lx_task_start(struct lx_process *p, struct lx_task *t)
{
	int error;

	lx_lock(&p->lock);
	LIST_INSERT_HEAD(&p->tasks, t, link);
	p->ntasks++;
	__atomic_add_fetch(&p->nlive, 1, __ATOMIC_RELAXED);
	lx_unlock(&p->lock);
	if ((error = rumpcomp_host_vm_charge(CHARGE)) == 0 &&
	    (error = rumpcomp_host_thread_create(NULL, p->name, task_main, t, 0,
	    STACK)) != 0)
		rumpcomp_host_vm_uncharge(CHARGE);
	if (error != 0) {
		(void)__atomic_sub_fetch(&p->nlive, 1, __ATOMIC_RELAXED);
		(void)task_unlink(t);
		rumpcomp_host_free(t);
	}
	return error;
}

void
lx_task_end(struct lx_task *t)
{

	lx_leave(t->hoststack);
}

long
lx_clone(long a, long b, long c, long d, long e, long f)
{
	struct lx_cloneargs *ca = (void *)a;
	const unsigned long thread = 0x00010100;   /* CLONE_THREAD | CLONE_VM */
	struct lx_task *t, *me = lx_self();
	uintptr_t *sp;
	int tid;

	if ((ca->flags & thread) != thread)
		return lx_missing("fork", 57);
	if (rumpcomp_host_vm_stack(ca->stack) != 0 ||
	    (t = lx_task_new(me->proc)) == NULL)
		return -LX_EAGAIN;
	sp = (uintptr_t *)((uintptr_t)ca->stack & ~15UL);
	*--sp = 0;			/* as if called */
	t->sp = (uintptr_t)sp;
	t->pc = (uintptr_t)ca->fn;
	t->arg = (long)ca->arg;
	t->tls = (uintptr_t)ca->tls;
	t->clear_tid = ca->ctid;
	t->sigmask = me->sigmask;
	*ca->ptid = tid = t->tid;
	return lx_task_start(me->proc, t) == 0 ? tid : -LX_EAGAIN;
}

long
lx_sys_exit(long status, long b, long c, long d, long e, long f)
{
	struct lx_task *t = lx_self();

	if (__atomic_sub_fetch(&t->proc->nlive, 1, __ATOMIC_ACQ_REL) == 0)
		lx_exit_group(t->proc, (int)status & 0xff);
	lx_task_end(t);
}

/* A detached thread's end: its stack goes, which it must not be on. */
long
lx_exitunmap(long base, long size, long c, long d, long e, long f)
{
	struct lx_task *t = lx_self();

	(void)__atomic_sub_fetch(&t->proc->nlive, 1, __ATOMIC_ACQ_REL);
	t->unmap = (void *)base;
	t->unmapsize = (size_t)size;
	lx_task_end(t);
}

void
lx_exit_group(struct lx_process *p, int status)
{

	lx_process_end(p, status);
	lx_task_end(lx_self());
}

long
lx_sys_exit_group(long status, long b, long c, long d, long e, long f)
{

	lx_exit_group(lx_self()->proc, (int)status & 0xff);
}

/* ---- small calls ---- */

long
lx_sys_set_tid_address(long a, long b, long c, long d, long e, long f)
{

	lx_self()->clear_tid = (uint32_t *)a;
	return lx_self()->tid;
}

long
lx_sys_gettid(long a, long b, long c, long d, long e, long f)
{

	return lx_self()->tid;
}

#define ARCH_SET_GS	0x1001
#define ARCH_SET_FS	0x1002
#define ARCH_GET_FS	0x1003

long
lx_sys_arch_prctl(long op, long addr, long c, long d, long e, long f)
{

	if (op == ARCH_SET_FS) {
		setfs_keep_canary((uintptr_t)addr);
		return 0;
	}
	if (op == ARCH_GET_FS) {
		*(uintptr_t *)addr = fsbase();
		return 0;
	}
	return -LX_EINVAL;
}

/* ---- futex ---- */

#define FUTEX_WAIT		0
#define FUTEX_WAKE		1
#define FUTEX_REQUEUE		3
#define FUTEX_CMP_REQUEUE	4
#define FUTEX_WAIT_BITSET	9
#define FUTEX_WAKE_BITSET	10
#define FUTEX_CLOCK_REALTIME	256
#define FUTEX_CMD		127

#define SLICE	500000000UL	/* ns */

static long
futex_wait(uint32_t *addr, uint32_t val, uint64_t deadline)
{
	struct lx_task *t = lx_self();
	uint64_t until = deadline, now;
	int error;

	__atomic_store_n(&t->waits, addr, __ATOMIC_SEQ_CST);
	do {
		if (lx_signal_pending(t)) {
			t->waits = NULL;
			return -LX_EINTR;
		}
		/* a signal that is sent just now would not end the wait */
		if (t->proc->handlers) {
			now = rumpcomp_host_clock();
			until = deadline > now + SLICE ? now + SLICE : deadline;
		}
		error = rumpcomp_host_futex_wait(addr, val, until);
	} while (error == ETIMEDOUT && until != deadline);
	t->waits = NULL;
	if (error == 0 && lx_signal_pending(t))
		return -LX_EINTR;
	if (error == ETIMEDOUT)
		return -LX_ETIMEDOUT;
	return error == EAGAIN ? -LX_EAGAIN : 0;
}

long
lx_sys_futex(long a, long op, long val, long ts, long a2, long val3)
{
	uint32_t *addr = (uint32_t *)a;
	const struct lx_timespec *t = (const void *)ts;
	int clock = op & FUTEX_CLOCK_REALTIME ? 0 : 1;

	switch (op & FUTEX_CMD) {
	case FUTEX_WAIT:
		if (t != NULL && !lx_timespec_ok(t))
			return -LX_EINVAL;
		return futex_wait(addr, (uint32_t)val, lx_deadline(t));
	case FUTEX_WAIT_BITSET:
		if (t != NULL && !lx_timespec_ok(t))
			return -LX_EINVAL;
		return futex_wait(addr, (uint32_t)val,
		    lx_deadline_abs(clock, t));
	case FUTEX_WAKE:
	case FUTEX_WAKE_BITSET:
		return rumpcomp_host_futex_wake(addr, (int)val);
	case FUTEX_CMP_REQUEUE:
		if (__atomic_load_n(addr, __ATOMIC_SEQ_CST) != (uint32_t)val3)
			return -LX_EAGAIN;
		/* FALLTHROUGH */
	case FUTEX_REQUEUE:
		/*
		 * Woken instead of moved: they look at their condition again.
		 * (ts is a count here.)
		 */
		return rumpcomp_host_futex_wake(addr,
		    val > INT32_MAX - ts ? INT32_MAX : (int)(val + ts));
	default:
		return -LX_ENOSYS;	/* musl asks for the private ones */
	}
}
