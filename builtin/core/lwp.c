/*
 * lwp.c: processes, lwps, and the upcalls that the hypercalls make.
 */
#include "core.h"
#include "fd.h"
#include "init.h"
#include <rump/rump.h>

struct proc proc1 = { .pid = 1, .refs = 1, .umask = 022 };
static LIST_HEAD(, proc) procs = LIST_HEAD_INITIALIZER(procs);
static kmutex_t proc_mtx;
static pid_t lastpid = 1;

void
lwp_init(void)
{

	kmutex_init(&proc_mtx);
}

int
proc_init(void)
{

	LIST_INSERT_HEAD(&procs, &proc1, link);
	proc1.fdtab = fdtab_new();
	return proc1.fdtab == NULL ? ENOMEM : 0;
}

void
lwp_badcontext(const char *what)
{

	k_panic("rump kernel context: %s", what);
}

/* ---- lwps ---- */

static struct lwp *
lwp_new(struct proc *p)
{
	struct lwp *l = kmem_zalloc(sizeof(*l));

	if (l == NULL)
		return NULL;
	l->proc = p;
	rumpuser_curlwpop(RUMPUSER_LWP_CREATE, l);
	return l;
}

static void
lwp_free(struct lwp *l)
{
	struct proc *p = l->proc;
	bool last;

	rumpuser_curlwpop(RUMPUSER_LWP_DESTROY, l);
	kmem_free(l, sizeof(*l));
	kmutex_enter(&proc_mtx);
	last = --p->refs == 0;
	if (last)
		LIST_REMOVE(p, link);
	kmutex_exit(&proc_mtx);
	if (last) {
		fdtab_rele(p->fdtab);
		kmem_strfree(p->cwd);
		kmem_free(p, sizeof(*p));
	}
}

/* ---- implicit lwps: threads of process 1 for the time of a call ---- */

static LIST_HEAD(, lwp) lwp_idle = LIST_HEAD_INITIALIZER(lwp_idle);

struct lwp *
lwp_implicit(void)
{
	struct lwp *l;

	rumpuser_mutex_enter_nowrap(proc_mtx);
	if ((l = LIST_FIRST(&lwp_idle)) != NULL)
		LIST_REMOVE(l, free);
	rumpuser_mutex_exit(proc_mtx);
	if (l == NULL && (l = lwp_new(&proc1)) == NULL)
		k_panic("no memory for an lwp");
	l->implicit = true;
	rumpuser_curlwpop(RUMPUSER_LWP_SET, l);
	return l;
}

#undef sys_enter
#undef sys_leave
struct lwp *sys_enter_call(void) { return sys_enter(); }

long
sys_leave_call(struct lwp *l, int error, long value)
{

	return sys_leave(l, error, value);
}

static void
lwp_putidle(struct lwp *l)
{

	rumpuser_mutex_enter_nowrap(proc_mtx);
	LIST_INSERT_HEAD(&lwp_idle, l, free);
	rumpuser_mutex_exit(proc_mtx);
}

void
lwp_implicit_end(struct lwp *l)
{

	rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, l);
	lwp_putidle(l);
}

/* The calling thread runs as l from here on; NULL: as none. */
static void
lwp_switch(struct lwp *l)
{
	struct lwp *old = curlwp();

	if (old != NULL) {
		old->scheduled = false;
		rumpuser_curlwpop(RUMPUSER_LWP_CLEAR, old);
		if (old->implicit)
			lwp_putidle(old);
	}
	if (l != NULL) {
		rumpuser_curlwpop(RUMPUSER_LWP_SET, l);
		l->scheduled = true;
	}
}

static int
lwproc_newlwp(int pid)
{
	struct proc *p;
	struct lwp *l;

	/* Process 0 is the kernel, whose threads are process 1's here. */
	if (pid == 0)
		pid = 1;
	kmutex_enter(&proc_mtx);
	LIST_FOREACH(p, &procs, link)
		if (p->pid == pid)
			break;
	if (p != NULL)
		p->refs++;
	kmutex_exit(&proc_mtx);
	if (p == NULL)
		return ESRCH;
	if ((l = lwp_new(p)) == NULL) {
		kmutex_enter(&proc_mtx);
		p->refs--;	/* not the last: somebody runs in it */
		kmutex_exit(&proc_mtx);
		return ENOMEM;
	}
	lwp_switch(l);
	return 0;
}

static int
lwproc_rfork(void *priv, int flags, const char *comm)
{
	struct proc *p, *parent = curlwp() != NULL ? curproc() : &proc1;
	struct lwp *l;

	if ((flags & ~(RUMP_RFFDG | RUMP_RFCFDG)) != 0 ||
	    flags == (RUMP_RFFDG | RUMP_RFCFDG))
		return EINVAL;
	if ((p = kmem_zalloc(sizeof(*p))) == NULL)
		return ENOMEM;
	p->fdtab = flags == 0 ? fdtab_share(parent->fdtab) :
	    flags == RUMP_RFFDG ? fdtab_copy(parent->fdtab) : fdtab_new();
	l = lwp_new(p);
	if (p->fdtab == NULL || l == NULL) {
		if (p->fdtab != NULL)
			fdtab_rele(p->fdtab);
		kmem_free(l, sizeof(*l));
		kmem_free(p, sizeof(*p));
		return ENOMEM;
	}
	p->refs = 1;
	p->ppid = parent->pid;
	p->umask = parent->umask;
	kmutex_enter(&proc_mtx);
	p->pid = ++lastpid;
	p->cwd = parent->cwd != NULL ? kmem_strdup(parent->cwd) : NULL;
	LIST_INSERT_HEAD(&procs, p, link);
	kmutex_exit(&proc_mtx);
	lwp_switch(l);
	return 0;
}

static void
lwproc_release(void)
{
	struct lwp *l = curlwp(), *tmp;

	if (l == NULL || l->implicit)
		lwp_badcontext("release of an lwp that there isn't");
	/* Freeing takes locks, which want an lwp: one for the time being. */
	lwp_switch(NULL);
	tmp = lwp_implicit();
	tmp->scheduled = true;
	lwp_free(l);
	tmp->scheduled = false;
	lwp_implicit_end(tmp);
}

int
proc_setcwd(struct proc *p, const char *path)
{
	char *new = kmem_strdup(path), *old;

	if (new == NULL)
		return ENOMEM;
	kmutex_enter(&proc_mtx);
	old = p->cwd;
	p->cwd = new;
	kmutex_exit(&proc_mtx);
	kmem_strfree(old);
	return 0;
}

size_t
proc_getcwd(struct proc *p, char *buf, size_t size)
{
	const char *s;
	size_t n;

	kmutex_enter(&proc_mtx);
	s = p->cwd != NULL ? p->cwd : "/";
	n = strlen(s) + 1;
	if (n <= size)
		memcpy(buf, s, n);
	kmutex_exit(&proc_mtx);
	return n;
}

/* ---- upcalls ---- */

static void
up_schedule(void)
{

	(void)sys_enter();
}

static void
up_unschedule(void)
{
	struct lwp *l = curlwp();

	/* lwproc_release() leaves a thread without an lwp; that is all right */
	if (l == NULL)
		return;
	if (!l->scheduled)
		lwp_badcontext("unscheduled twice");
	(void)sys_leave(l, 0, 0);
}

/* There is no big lock: nlocks is 0, or what a driver's thread asks for. */
static void
up_backend_unschedule(int nlocks, int *countp, void *interlock)
{
	struct lwp *l = curlwp();

	if (l == NULL || !l->scheduled)
		lwp_badcontext("given back without having it");
	l->scheduled = false;
	if (countp != NULL)
		*countp = nlocks;
}

static void
up_backend_schedule(int nlocks, void *interlock)
{
	struct lwp *l = curlwp();

	if (l == NULL || l->scheduled)
		lwp_badcontext("taken back without having given it");
	l->scheduled = true;
}

static void
up_lwpexit(void)
{

	lwp_badcontext("lwpexit");	/* comes from sysproxy only */
}

static int
up_syscall(int num, void *arg, long *retval)
{

	return ENOSYS;		/* sysproxy's */
}
static void up_execnotify(const char *comm) { }
static int up_getpid(void) { return curproc()->pid; }

const struct rumpuser_hyperup core_hyperup = {
	.hyp_schedule = up_schedule,
	.hyp_unschedule = up_unschedule,
	.hyp_backend_unschedule = up_backend_unschedule,
	.hyp_backend_schedule = up_backend_schedule,
	.hyp_lwproc_switch = lwp_switch,
	.hyp_lwproc_release = lwproc_release,
	.hyp_lwproc_rfork = lwproc_rfork,
	.hyp_lwproc_newlwp = lwproc_newlwp,
	.hyp_lwproc_curlwp = rumpuser_curlwp,
	.hyp_syscall = up_syscall,
	.hyp_lwpexit = up_lwpexit,
	.hyp_execnotify = up_execnotify,
	.hyp_getpid = up_getpid,
};

/* ---- the same for applications ---- */

/* The thread may have another lwp by now than the one it came with. */
static void
pub_leave(void)
{
	struct lwp *l = curlwp();

	if (l != NULL)
		(void)sys_leave(l, 0, 0);
}

int
rump_pub_lwproc_rfork(int flags)
{
	int error;

	(void)sys_enter();
	error = lwproc_rfork(NULL, flags, NULL);
	pub_leave();
	return error;
}

int
rump_pub_lwproc_newlwp(pid_t pid)
{
	int error;

	(void)sys_enter();
	error = lwproc_newlwp(pid);
	pub_leave();
	return error;
}

void
rump_pub_lwproc_switch(struct lwp *l)
{

	(void)sys_enter();
	lwp_switch(l);
	pub_leave();
}

void
rump_pub_lwproc_releaselwp(void)
{
	struct lwp *l = curlwp();

	if (l == NULL)
		lwp_badcontext("release of an lwp that there isn't");
	l->scheduled = true;
	lwproc_release();
}

struct lwp *
rump_pub_lwproc_curlwp(void)
{

	return curlwp();
}
