/*
 * process.c: programs as processes.  All are in one address space; each has a
 * process of the rump kernel's, with descriptors and a working directory, and
 * its own signals, timers and memory, which goes when its last thread has.
 */
#include <kern_errno.h>
#include <string.h>
#include <rump/rumpuser.h>

#include "linux.h"
#include "file.h"
#include "process.h"

#define STACK		(1024 * 1024UL)
#define GUARD		4096UL
#define GONE_WAIT	1000000000UL	/* ns */

static LIST_HEAD(, lx_process) procs = LIST_HEAD_INITIALIZER(procs);
static uint32_t procs_lock;

/* One that has not ended, or NULL. */
struct lx_process *
lx_process_find(long pid)
{
	struct lx_process *p;

	lx_lock(&procs_lock);
	LIST_FOREACH(p, &procs, link)
		if (p->pid == pid && p->ended == 0)
			break;
	lx_unlock(&procs_lock);
	return p;
}

/* ---- the beginning ---- */

static int
make_stack(struct lx_process *p, char **top)
{
	void *stack = NULL;

	if (rumpcomp_host_vm_map(&stack, STACK + GUARD, HOST_VM_OWNER(p->pid)) != 0 ||
	    rumpcomp_host_vm_protect((char *)stack + GUARD, STACK,
	    HOST_VM_READ | HOST_VM_WRITE) != 0 ||
	    rumpcomp_host_vm_stack((char *)stack + GUARD + STACK) != 0)
		return LX_ENOMEM;
	*top = (char *)stack + GUARD + STACK;
	return 0;
}

/* In the new process: its descriptors and its directory are as it finds them. */
static int
surroundings(const struct lx_start *s)
{

	if ((s->in != 0 && rump_sys_dup2(s->in, 0) < 0) ||
	    (s->out != 1 && rump_sys_dup2(s->out, 1) < 0) ||
	    (s->workdir != NULL && rump_sys_chdir(s->workdir) < 0))
		return lx_errno_of(*rumpcomp_host_errno());
	(void)rump_sys_fcntl(3, F_CLOSEM, 0);
	return 0;
}

static int
begin(struct lx_process *p, const struct lx_start *s)
{
	struct lx_image im = { .owner = p->pid };
	struct lx_task *t;
	char *top;
	int error;

	if ((error = surroundings(s)) != 0 ||
	    (error = lx_load(s->path, &im)) != 0 ||
	    (error = make_stack(p, &top)) != 0)
		return error;
	if ((t = lx_task_new(p)) == NULL)
		return LX_ENOMEM;
	t->tid = p->pid;
	t->sp = lx_stack(&im, s->argc, s->argv, s->envp, (uintptr_t)top);
	t->pc = im.entry;
	if (lx_task_start(p, t) != 0)
		return LX_ENOMEM;
	while (__atomic_load_n(&p->begun, __ATOMIC_ACQUIRE) == 0)
		(void)rumpcomp_host_futex_wait(&p->begun, 0, UINT64_MAX);
	return 0;
}

int
lx_process_start(const struct lx_start *s, struct lx_process **pp)
{
	struct lwp *own = rump_pub_lwproc_curlwp();
	struct lx_process *p = rumpcomp_host_malloc(sizeof(*p), 0);
	const char *slash = strrchr(s->path, '/');
	int error;

	if (p == NULL)
		return LX_ENOMEM;
	memset(p, 0, sizeof(*p));
	lx_fault_init();
	if ((error = rump_pub_lwproc_rfork(RUMP_RFFDG)) != 0) {
		rumpcomp_host_free(p);
		return lx_errno_of(error);
	}
	p->pid = rump_sys_getpid();
	p->name = slash != NULL ? slash + 1 : s->path;
	lx_lock(&procs_lock);
	LIST_INSERT_HEAD(&procs, p, link);
	lx_unlock(&procs_lock);
	if ((error = begin(p, s)) != 0) {
		rumpcomp_host_vm_unmap_owner(p->pid);
		lx_lock(&procs_lock);
		LIST_REMOVE(p, link);
		lx_unlock(&procs_lock);
		rumpcomp_host_free(p);
		p = NULL;
	}
	rump_pub_lwproc_releaselwp();
	rump_pub_lwproc_switch(own);
	*pp = p;
	return error;
}

/* ---- the end ---- */

/* A thread that sleeps in a call on a descriptor wakes when that is closed. */
static void
close_files(void)
{
	struct stat st;

	(void)rump_sys_fcntl(3, F_CLOSEM, 0);
	/* not the console: who waits for input there has the file locked */
	for (int fd = 0; fd < 3; fd++)
		if (rump_sys_fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) ||
		    S_ISSOCK(st.st_mode)))
			(void)rump_sys_close(fd);
}

void
lx_process_end(struct lx_process *p, int status)
{
	struct lx_task *t;

	if (__atomic_exchange_n(&p->ending, 1, __ATOMIC_SEQ_CST) != 0)
		return;
	p->status = status;
	__atomic_fetch_or(&p->pending, LX_SIGBIT(LX_SIGKILL), __ATOMIC_SEQ_CST);
	lx_lock(&p->lock);
	LIST_FOREACH(t, &p->tasks, link)
		lx_task_wake(t);
	lx_unlock(&p->lock);
	lx_timer_set(&p->alarm, 0, 0);
	lx_timers_end(p);
	lx_mem_end(p);
	lx_special_end(p);
	lx_dirpath_end(p->pid);
	close_files();
	__atomic_store_n(&p->ended, 1, __ATOMIC_RELEASE);
	rumpcomp_host_futex_wake(&p->ended, INT32_MAX);
}

/* By its last thread, which is not in the rump kernel any more. */
void
lx_process_reap(struct lx_process *p)
{

	rumpcomp_host_vm_unmap_owner(p->pid);
	rumpcomp_host_free(p->special);
	p->special = NULL;
	__atomic_store_n(&p->gone, 1, __ATOMIC_RELEASE);
	rumpcomp_host_futex_wake(&p->gone, INT32_MAX);
}

int
lx_process_wait(struct lx_process *p, uint64_t deadline)
{

	while (__atomic_load_n(&p->ended, __ATOMIC_ACQUIRE) == 0)
		if (rumpcomp_host_futex_wait(&p->ended, 0, deadline) == ETIMEDOUT)
			return -1;
	/* The next one may need the memory; a thread that computes stays. */
	deadline = rumpcomp_host_clock() + GONE_WAIT;
	while (__atomic_load_n(&p->gone, __ATOMIC_ACQUIRE) == 0)
		if (rumpcomp_host_futex_wait(&p->gone, 0, deadline) == ETIMEDOUT)
			break;
	return p->status;
}

/* Its threads may all be asleep in the rump kernel: who kills it ends it. */
void
lx_process_signal(struct lx_process *p, int sig)
{
	struct lx_task as = { .proc = p };
	struct lwp *own = rump_pub_lwproc_curlwp();
	void *self = rumpcomp_host_getself();

	if (!lx_signal_kills(p, sig)) {
		lx_signal_send(p, NULL, sig);
		return;
	}
	if (rump_pub_lwproc_newlwp(p->pid) != 0)
		return;			/* it is just going */
	rumpcomp_host_setself(&as);
	rumpuser_dprintf("%s: killed by signal %d\n", p->name, sig);
	lx_process_end(p, 128 + sig);
	rumpcomp_host_setself(self);
	rump_pub_lwproc_releaselwp();
	rump_pub_lwproc_switch(own);
}
