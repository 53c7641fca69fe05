/*
 * linux.h: Linux's system calls for programs built against musl: numbers,
 * structures and errors are translated here into calls of the rump kernel
 * client API (NetBSD's ABI) and of rump/host.h, and nowhere else.
 *
 * A program is one process: threads, no fork.  It reaches this room by one
 * function, whose address its start code finds in the auxiliary vector.
 * Results: 0 or more, or an error of Linux's, negative.
 *
 * Facts: Linux's x86-64 system call table and its uapi headers.
 */
#ifndef SIRLOIN_LINUX_H
#define SIRLOIN_LINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <queue.h>
#include <rump/abi_net.h>
#include <rump/host.h>
#include <rump/rump.h>
#include <rump/rump_syscalls.h>

typedef long	lx_call(long, long, long, long, long, long);

/* ---- errors of Linux's (asm-generic/errno.h) ---- */

enum {
	LX_EPERM = 1, LX_ENOENT = 2, LX_ESRCH = 3, LX_EINTR = 4, LX_EIO = 5,
	LX_EBADF = 9, LX_EAGAIN = 11, LX_ENOMEM = 12, LX_EACCES = 13,
	LX_EFAULT = 14, LX_EEXIST = 17, LX_ENODEV = 19, LX_ENOTDIR = 20,
	LX_EINVAL = 22, LX_EMFILE = 24, LX_ENOTTY = 25, LX_ESPIPE = 29,
	LX_ERANGE = 34, LX_EDEADLK = 35, LX_ENAMETOOLONG = 36,
	LX_ENOLCK = 37, LX_ENOSYS = 38, LX_ENOTEMPTY = 39, LX_ELOOP = 40,
	LX_EPROTONOSUPPORT = 93, LX_EOPNOTSUPP = 95, LX_EAFNOSUPPORT = 97,
	LX_ETIMEDOUT = 110, LX_ENOPROTOOPT = 92, LX_ENXIO = 6, LX_ENOEXEC = 8
};
long	lx_error(int netbsd_errno);		/* negative */
/* The result of a rump_sys_ call. */
static inline long
lx_result(long r)
{

	return r != -1 ? r : lx_error(*rumpcomp_host_errno());
}
int	lx_errno_of(int netbsd_errno);		/* positive, for SO_ERROR */
const char *lx_strerror(int);			/* of few, for people */

/* ---- processes and threads (task.c) ---- */

#define LX_NSIG		65
struct lx_sigaction {			/* the kernel's struct sigaction */
	void		(*handler)(int);
	unsigned long	flags;
	void		(*restorer)(void);
	uint64_t	mask;
};
struct lx_altstack {			/* stack_t */
	void		*sp;
	int		flags;
	size_t		size;		/* 0: there is none */
};
struct lx_special;
struct lx_ptimer;
/* What a handler is told beyond the number (siginfo_t). */
struct lx_siginfo {
	int		code;		/* LX_SI_ */
	int		from;		/* who sent it, or which timer */
	int		over;		/* how often more the timer was due */
	uint64_t	value;
};
enum { LX_SI_KERNEL = 0x80, LX_SI_TIMER = -2, LX_SI_TKILL = -6 };
struct lx_timer {
	uint64_t	at, period;	/* monotonic ns, 0: off; ns */
	/*
	 * In the timers' thread; n: times that it was due.  It may set the
	 * period to 0: that was the last time.
	 */
	void		(*fire)(struct lx_timer *, uint64_t n);
	void		*arg;
	LIST_ENTRY(lx_timer) link;
};
/* A process of the rump kernel's too: descriptors, working directory. */
struct lx_process {
	int		pid;		/* the rump kernel's; its memory's owner */
	const char	*name;
	uint32_t	begun, ended;	/* futexes: 1 when it has */
	uint32_t	gone;		/* futex: no thread is left, no memory */
	uint32_t	ending;
	int		status;
	uint32_t	nlive;		/* tasks that have not called exit */
	uint32_t	ntasks;		/* tasks whose threads are there */
	LIST_ENTRY(lx_process) link;
	struct lx_special **special;	/* special.c's: by descriptor */
	struct lx_timer	alarm;
	LIST_HEAD(, lx_ptimer) timers;	/* timer.c's */
	int		lasttimer;
	uint32_t	lock;		/* of what is below */
	uint64_t	cputime;	/* of threads that have ended, ns */
	LIST_HEAD(, lx_task) tasks;
	uintptr_t	brk0, brk, brkend;
	struct lx_sigaction sig[LX_NSIG];
	uint64_t	pending;	/* signals for any thread */
	struct lx_siginfo info[LX_NSIG];
	bool		handlers;	/* it has set some */
};
struct lx_task {
	struct lx_process *proc;
	int		tid;
	uint32_t	*clear_tid;	/* zeroed and woken at the end */
	void		*unmap;		/* unmapped at the end */
	size_t		unmapsize;
	void		*hoststack;	/* where to go back to */
	uint64_t	sigmask, pending;
	struct lx_siginfo info[LX_NSIG];
	uint64_t	savedmask;	/* ppoll's and sigsuspend's */
	bool		hassaved;
	uint32_t	wakeword;	/* futex: waits that a signal ends */
	uint32_t	*waits;		/* the futex that it waits on */
	const char	*in;		/* the call that it is in; NULL: its own code */
	struct lx_altstack alt;
	struct host_frame fault;	/* fault.c's: the last one of its code */
	uintptr_t	faultaddr;
	bool		nohandler;	/* for want of a stack: to be reported */
	struct host_thread *thread;
	/* where a new one begins */
	uintptr_t	sp, pc, tls;
	long		arg;
	LIST_ENTRY(lx_task) link;
};
static inline struct lx_task *
lx_self(void)
{

	return rumpcomp_host_getself();
}
/* The entry for programs (call.c): the number comes last. */
void	lx_loaded(const char *path, uintptr_t base);
long	lx_syscall(long, long, long, long, long, long, long);
struct lx_task *lx_task_new(struct lx_process *);
int	lx_task_start(struct lx_process *, struct lx_task *);	/* frees it */
void	lx_task_end(struct lx_task *) __attribute__((noreturn));
void	lx_task_wake(struct lx_task *);		/* from waits; signal.c */

/*
 * It ends, if it has not: descriptors are closed, other threads end with
 * their calls.  In one of its threads.
 */
void	lx_process_end(struct lx_process *, int status);
void	lx_process_reap(struct lx_process *);	/* its last thread is going */
struct lx_process *lx_process_find(long pid);

/* A program in memory. */
struct lx_image { uintptr_t entry, phdr, base; uint16_t phnum; int owner; };
int	lx_load(const char *path, struct lx_image *);	/* exec.c; errno, LX_ */
uintptr_t lx_stack(const struct lx_image *, int argc, char **argv, char **envp,
	    uintptr_t top);
/* gate.S: onto another stack, and back. */
void	lx_enter(uintptr_t pc, uintptr_t sp, void **hoststack, long arg);
void	lx_leave(void *hoststack) __attribute__((noreturn));

void	lx_lock(uint32_t *);
void	lx_unlock(uint32_t *);

/* Calls that a program of ours makes beyond Linux's. */
#define LX_CLONE	1000	/* fn, stack, flags, arg, ptid, tls, (ctid) */
#define LX_EXITUNMAP	1001	/* base, size */
struct lx_cloneargs {
	int		(*fn)(void *);
	void		*stack, *arg, *tls;
	unsigned long	flags;
	int		*ptid;
	uint32_t	*ctid;
};
#define LX_AT_SYSCALL	0x51101	/* auxiliary vector: lx_syscall */

/* ---- memory (mem.c) ---- */

/* The pages of a buffer are there, writable if asked. */
void	lx_touch(const void *, size_t);
/* The calling process ends: shared mappings are written back. */
void	lx_mem_end(struct lx_process *);

/* ---- descriptors that the rump kernel doesn't know (special.c) ---- */

enum lx_kind { LX_EVENTFD, LX_TIMERFD, LX_EPOLL };
struct lx_special {
	enum lx_kind	kind;
	uint32_t	refs;
	uint32_t	lock;
	int		rfd, wfd;	/* a pipe: a byte in it says readable */
	bool		ready;		/* the byte is there */
	void		(*destroy)(struct lx_special *);
};
int	lx_special_new(struct lx_special *, int flags); /* fd or error */
void	lx_special_end(struct lx_process *);	/* closes what it has */
/* With a reference; NULL when fd is none.  Give it back by put. */
struct lx_special *lx_special_get(int fd);
void	*lx_special_of(int fd, int kind);	/* NULL also for another kind */
/* Zeroed, for lx_special_new(); NULL: no memory. */
void	*lx_special_alloc(size_t, int kind, void (*destroy)(struct lx_special *));
void	lx_special_put(struct lx_special *);
void	lx_special_ready(struct lx_special *, bool);	/* its lock held */
bool	lx_special_close(int fd);
void	lx_special_dup(int from, int to);
long	lx_special_read(struct lx_special *, void *, size_t, bool nonblock);
long	lx_special_write(struct lx_special *, const void *, size_t, bool nb);
extern uint32_t lx_nspecial;		/* how many there are: often none */

/* A call on fd gave what it had, or took what it could: epoll.c's edges. */
extern uint32_t lx_nedge;
void	lx_epoll_edge(int fd, int events);
void	lx_epoll_closed(int fd);

/* ---- time (time.c) ---- */

struct lx_timespec { int64_t sec, nsec; };
/* Monotonic ns of a time that is so far away; UINT64_MAX: NULL, or never. */
uint64_t lx_deadline(const struct lx_timespec *rel);
uint64_t lx_deadline_abs(int clock, const struct lx_timespec *abs);
bool	lx_timespec_ok(const struct lx_timespec *);

long	lx_sleep_until(uint64_t deadline);	/* 0 or -EINTR */
struct lx_itimerspec { struct lx_timespec interval, value; };
void	lx_timer_set(struct lx_timer *, uint64_t at, uint64_t period);
void	lx_timer_get(struct lx_timer *, struct lx_itimerspec *);

/* ---- CPU time (cputime.c) and POSIX timers (timer.c) ---- */

/* Of a process, or of the thread that asks (or NULL).  -EINVAL: no such clock. */
long	lx_cputime(struct lx_process *, struct lx_task *, int clock, uint64_t *ns);
/* setitimer() of CPU time, ITIMER_VIRTUAL or _PROF; us. */
long	lx_cputimer_set(long which, uint64_t value, uint64_t interval);
void	lx_cputimer_get(long which, struct lx_itimerspec *);
/* A timer's signal is about to be handled: how often more it was due. */
int	lx_timer_delivered(struct lx_process *, int id);
void	lx_timers_end(struct lx_process *);

/* ---- signals (signal.c) ---- */

#define LX_SIGBIT(n)	(1UL << ((n) - 1))
enum { LX_SIGHUP = 1, LX_SIGINT = 2, LX_SIGILL = 4, LX_SIGTRAP = 5,
    LX_SIGABRT = 6, LX_SIGBUS = 7, LX_SIGFPE = 8, LX_SIGKILL = 9,
    LX_SIGSEGV = 11, LX_SIGPIPE = 13, LX_SIGALRM = 14, LX_SIGTERM = 15,
    LX_SIGCHLD = 17, LX_SIGCONT = 18, LX_SIGSTOP = 19, LX_SIGURG = 23,
    LX_SIGVTALRM = 26, LX_SIGPROF = 27, LX_SIGWINCH = 28 };
/* At the end of every call: run handlers of what is pending and not masked. */
long	lx_signals(struct lx_task *, long result);
bool	lx_signal_pending(struct lx_task *);
void	lx_signal_send(struct lx_process *, struct lx_task *, int sig);
/* To thread tid, or (0) to any.  1; 0: it is pending or ignored; -ESRCH. */
long	lx_signal_queue(struct lx_process *, int tid, int sig,
	    const struct lx_siginfo *);
void	lx_die_by(struct lx_process *, int sig) __attribute__((noreturn));
void	lx_fault_init(void);			/* fault.c */
/* Would this end it? */
bool	lx_signal_kills(const struct lx_process *, int sig);
void	lx_exit_group(struct lx_process *, int status) __attribute__((noreturn));

/* Says once, on the console, that call n (or what it was asked) isn't there. */
long	lx_missing(const char *what, long n);
const char *lx_absent(long n);		/* its name (absent.c); NULL: unknown */

/* Everything the table names: see call.c. */
#define LX_CALLS(X)							\
	X(read) X(write) X(open) X(close) X(stat) X(fstat) X(lstat)	\
	X(poll) X(lseek) X(mmap) X(mprotect) X(munmap) X(brk)		\
	X(rt_sigaction) X(rt_sigprocmask) X(ioctl) X(pread64)		\
	X(pwrite64) X(readv) X(writev) X(access) X(pipe) X(select)	\
	X(sched_yield) X(mremap) X(msync) X(madvise) X(dup) X(dup2)	\
	X(pause) X(nanosleep) X(getitimer) X(alarm) X(setitimer)	\
	X(getpid) X(sendfile) X(socket) X(connect) X(accept) X(sendto)	\
	X(recvfrom) X(sendmsg) X(recvmsg) X(shutdown) X(bind) X(listen)	\
	X(getsockname) X(getpeername) X(socketpair) X(setsockopt)	\
	X(getsockopt) X(exit) X(kill) X(uname) X(fcntl) X(flock)	\
	X(fsync) X(fdatasync) X(truncate) X(ftruncate) X(getdents64)	\
	X(getcwd) X(chdir) X(fchdir) X(rename) X(mkdir) X(rmdir)	\
	X(creat) X(link) X(unlink) X(symlink) X(readlink) X(chmod)	\
	X(fchmod) X(chown) X(fchown) X(lchown) X(umask)			\
	X(gettimeofday) X(getrlimit) X(getrusage) X(sysinfo) X(times)	\
	X(getuid) X(setuid) X(getppid) X(getpgrp) X(setsid)		\
	X(rt_sigpending) X(rt_sigtimedwait) X(rt_sigsuspend)		\
	X(sigaltstack) X(mknod) X(statfs) X(fstatfs) X(prctl)		\
	X(arch_prctl) X(setrlimit) X(sync) X(gettid) X(tkill) X(time)	\
	X(futex) X(sched_setaffinity) X(sched_getaffinity)		\
	X(set_tid_address) X(fadvise64) X(clock_settime)		\
	X(clock_gettime) X(clock_getres) X(clock_nanosleep)		\
	X(exit_group) X(epoll_wait) X(epoll_ctl) X(tgkill)		\
	X(openat) X(mkdirat) X(fchownat) X(newfstatat) X(unlinkat)	\
	X(renameat) X(linkat) X(symlinkat) X(readlinkat) X(fchmodat)	\
	X(faccessat) X(pselect6) X(ppoll) X(utimensat) X(epoll_pwait)	\
	X(timerfd_create) X(eventfd) X(timerfd_settime)			\
	X(timerfd_gettime) X(accept4) X(eventfd2) X(epoll_create)	\
	X(epoll_create1) X(dup3) X(pipe2) X(preadv) X(pwritev)		\
	X(prlimit64) X(getrandom) X(getcpu) X(membarrier) X(utime)	\
	X(utimes) X(getpriority) X(sched_getparam) X(statx)		\
	X(sched_setscheduler) X(sched_getscheduler) X(close_range)	\
	X(fallocate) X(mlock) X(setgroups) X(personality)		\
	X(set_robust_list) X(rseq) X(memfd_create) X(faccessat2)	\
	X(sendmmsg) X(recvmmsg) X(getpgid) X(copy_file_range)		\
	X(getgroups) X(getresuid) X(setfsuid) X(readahead) X(setxattr)	\
	X(sched_get_priority_max) X(sched_get_priority_min)		\
	X(sync_file_range) X(syncfs) X(renameat2) X(timer_create)	\
	X(timer_settime) X(timer_gettime) X(timer_getoverrun)		\
	X(timer_delete) X(rt_sigqueueinfo) X(rt_tgsigqueueinfo)
#define LX_DECLARE(name)	lx_call lx_sys_##name;
LX_CALLS(LX_DECLARE)

#endif /* SIRLOIN_LINUX_H */
