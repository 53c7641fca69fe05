/*
 * rumpuser.h: rumpuser(3) version 17, the calls that a rump kernel makes to
 * its host, with what NetBSD 10 and 11 added under the same number.
 *
 * Facts: NetBSD's manual page rumpuser(3), sys/rump/include/rump/rumpuser.h
 * 1.114 (2015) and 1.117 (2023), lib/librumpuser.  Binary compatible with
 * both; the types are spelled in plain C, so that either side of the line can
 * include this file.
 *
 * Common to all calls:
 *  - An int result is 0 or a positive NetBSD error number, unless it says
 *    otherwise.
 *  - The caller runs scheduled: it holds a virtual CPU of the rump kernel (the
 *    "context").  A call that has to wait gives it back first, by
 *    hyp_backend_unschedule(0, &nlocks, interlock), and takes it again before
 *    it returns, by hyp_backend_schedule(nlocks, interlock).  interlock is
 *    NULL except for condition variables, where it is the mutex.  Calls
 *    marked [w] may do that; the others never let go of the context.
 *  - A call marked [e] also works before rumpuser_init() and in a panic.
 */
#ifndef SIRLOIN_RUMP_RUMPUSER_H
#define SIRLOIN_RUMP_RUMPUSER_H

#include <stddef.h>
#include <stdint.h>

#define RUMPUSER_VERSION	17

struct lwp;

/* ---- initialisation ---- */

/* What the rump kernel gives us to call.  The layout is NetBSD's. */
struct rumpuser_hyperup {
	void	(*hyp_schedule)(void);
	void	(*hyp_unschedule)(void);
	void	(*hyp_backend_unschedule)(int nlocks, int *countp,
		    void *interlock);
	void	(*hyp_backend_schedule)(int nlocks, void *interlock);
	void	(*hyp_lwproc_switch)(struct lwp *);
	void	(*hyp_lwproc_release)(void);
	int	(*hyp_lwproc_rfork)(void *, int, const char *);
	int	(*hyp_lwproc_newlwp)(int pid);
	struct lwp *(*hyp_lwproc_curlwp)(void);
	int	(*hyp_syscall)(int, void *, long *);
	void	(*hyp_lwpexit)(void);
	void	(*hyp_execnotify)(const char *);
	int	(*hyp_getpid)(void);
	void	*hyp__extra[8];
};
/* Copies the table.  EINVAL: any version but 17.  A second call replaces. */
int	rumpuser_init(int version, const struct rumpuser_hyperup *);

/* ---- memory ---- */

/*
 * alignment in bytes, a power of two; 0: 16.  Whole pages are page aligned.
 * ENOMEM sets *memp to NULL.  free gets the size that malloc got.
 */
int	rumpuser_malloc(size_t len, int alignment, void **memp);
void	rumpuser_free(void *, size_t len);
/*
 * Zeroed pages, aligned to 1 << alignbit (0: a page), executable if exec.
 * prefaddr is a wish, not granted here.
 */
int	rumpuser_anonmmap(void *prefaddr, size_t size, int alignbit, int exec,
	    void **memp);
void	rumpuser_unmap(void *, size_t size);

/* ---- files: names are hypercall/file.c's, not a file system's ---- */

#define RUMPUSER_OPEN_RDONLY	0x0000
#define RUMPUSER_OPEN_WRONLY	0x0001
#define RUMPUSER_OPEN_RDWR	0x0002
#define RUMPUSER_OPEN_ACCMODE	0x0003
#define RUMPUSER_OPEN_CREATE	0x0004
#define RUMPUSER_OPEN_EXCL	0x0008
#define RUMPUSER_OPEN_BIO	0x0010
/* ENOENT; EROFS for writing to what cannot be written; EMFILE. */
int	rumpuser_open(const char *name, int mode, int *fdp);
int	rumpuser_close(int fd);				/* [w] */

#define RUMPUSER_FT_OTHER	0
#define RUMPUSER_FT_DIR		1
#define RUMPUSER_FT_REG		2
#define RUMPUSER_FT_BLK		3
#define RUMPUSER_FT_CHR		4
/* Either pointer may be NULL. */
int	rumpuser_getfileinfo(const char *name, uint64_t *size, int *type);

#define RUMPUSER_BIO_READ	0x01
#define RUMPUSER_BIO_WRITE	0x02
#define RUMPUSER_BIO_SYNC	0x04
/*
 * Starts a transfer and returns.  biodone(donearg, bytes, error) comes once,
 * from another thread, which has an lwp and the context.  With SYNC it comes
 * when the data is on stable storage.  A transfer that crosses the end of the
 * device is cut there.
 */
typedef void (*rump_biodone_fn)(void *donearg, size_t bytes, int error);
void	rumpuser_bio(int fd, int op, void *data, size_t len, int64_t off,
	    rump_biodone_fn, void *donearg);		/* [w] */

struct rumpuser_iovec {
	void	*iov_base;
	size_t	iov_len;
};
#define RUMPUSER_IOV_NOSEEK	(-1)
/* Any offset and length; *retv is the number of bytes. */
int	rumpuser_iovread(int fd, struct rumpuser_iovec *, size_t iovcnt,
	    int64_t off, size_t *retv);			/* [w] */
int	rumpuser_iovwrite(int fd, const struct rumpuser_iovec *, size_t iovcnt,
	    int64_t off, size_t *retv);			/* [w] */

#define RUMPUSER_SYNCFD_READ	0x01
#define RUMPUSER_SYNCFD_WRITE	0x02
#define RUMPUSER_SYNCFD_BOTH	(RUMPUSER_SYNCFD_READ | RUMPUSER_SYNCFD_WRITE)
#define RUMPUSER_SYNCFD_BARRIER	0x04
#define RUMPUSER_SYNCFD_SYNC	0x08
/*
 * Writes that have completed are on stable storage.  BARRIER: writes that were
 * started are, too, and later ones have not begun.  len 0: to the end.
 */
int	rumpuser_syncfd(int fd, int flags, uint64_t start, uint64_t len); /* [w] */

/* ---- time ---- */

enum rumpclock { RUMPUSER_CLOCK_RELWALL, RUMPUSER_CLOCK_ABSMONO };
/* RELWALL: time of day.  ABSMONO: monotonic, since boot. */
int	rumpuser_clock_gettime(int rumpclock, int64_t *sec, long *nsec);
/* RELWALL: at least that long.  ABSMONO: until then.  Never early. */
int	rumpuser_clock_sleep(int rumpclock, int64_t sec, long nsec); /* [w] */

/* ---- parameters: all values are strings ---- */

#define RUMPUSER_PARAM_NCPU	"_RUMPUSER_NCPU"
#define RUMPUSER_PARAM_HOSTNAME	"_RUMPUSER_HOSTNAME"
/* ENOENT: not set.  E2BIG: does not fit. */
int	rumpuser_getparam(const char *name, void *buf, size_t buflen);

/* ---- ends ---- */

#define RUMPUSER_PID_SELF	((int64_t)-1)
/* sig is NetBSD's number; one that kills a process ends the machine. */
int	rumpuser_kill(int64_t pid, int sig);
#define RUMPUSER_PANIC		(-1)
/* RUMPUSER_PANIC: a report of registers, threads and a backtrace, then off. */
void	rumpuser_exit(int value) __attribute__((noreturn));	/* [e] */
void	rumpuser_seterrno(int error);	/* errno of the calling thread */
int	rumpuser_daemonize_begin(void);
int	rumpuser_daemonize_done(int error);

/* ---- console ---- */

void	rumpuser_putchar(int ch);				/* [e] */
void	rumpuser_dprintf(const char *, ...)
	    __attribute__((format(printf, 1, 2)));		/* [e] */

/* ---- random ---- */

#define RUMPUSER_RANDOM_HARD	0x01
#define RUMPUSER_RANDOM_NOWAIT	0x02
/*
 * Fills the buffer, all of it, as good as 8 bits a byte; or, NOWAIT and not
 * seeded yet, EAGAIN.
 */
int	rumpuser_getrandom(void *buf, size_t len, int flags, size_t *retp); /* [w] */

/* ---- threads ---- */

/*
 * fn(arg) runs without context and lwp, and does not return.  *cookie is set
 * if mustjoin.  cpuidx: virtual CPU that it will use, or -1; advice.
 * EAGAIN, ENOMEM.
 */
int	rumpuser_thread_create(void *(*fn)(void *), void *arg,
	    const char *name, int mustjoin, int priority, int cpuidx,
	    void **cookie);
void	rumpuser_thread_exit(void) __attribute__((noreturn));
int	rumpuser_thread_join(void *cookie);			/* [w] */

enum rumplwpop {
	RUMPUSER_LWP_CREATE, RUMPUSER_LWP_DESTROY,
	RUMPUSER_LWP_SET, RUMPUSER_LWP_CLEAR
};
/* SET: none is set.  CLEAR: this one is. */
void	rumpuser_curlwpop(int rumplwpop, struct lwp *);
struct lwp *rumpuser_curlwp(void);	/* NULL: none */

/* ---- locks ---- */

struct rumpuser_mtx;
#define RUMPUSER_MTX_SPIN	0x01	/* enter never lets go of the context */
#define RUMPUSER_MTX_KMUTEX	0x02	/* has an owner that can be asked for */
void	rumpuser_mutex_init(struct rumpuser_mtx **, int flags);
void	rumpuser_mutex_enter(struct rumpuser_mtx *);	/* [w] unless SPIN */
void	rumpuser_mutex_enter_nowrap(struct rumpuser_mtx *);
int	rumpuser_mutex_tryenter(struct rumpuser_mtx *);	/* 0 or EBUSY */
void	rumpuser_mutex_exit(struct rumpuser_mtx *);
void	rumpuser_mutex_destroy(struct rumpuser_mtx *);
void	rumpuser_mutex_owner(struct rumpuser_mtx *, struct lwp **);
int	rumpuser_mutex_spin_p(struct rumpuser_mtx *);	/* 1: SPIN */

struct rumpuser_rw;
enum rumprwlock { RUMPUSER_RW_READER, RUMPUSER_RW_WRITER };
void	rumpuser_rw_init(struct rumpuser_rw **);
void	rumpuser_rw_enter(int rumprwlock, struct rumpuser_rw *);	/* [w] */
int	rumpuser_rw_tryenter(int rumprwlock, struct rumpuser_rw *); /* EBUSY */
/* 0 only for the sole reader; EBUSY else, and the read lock is kept. */
int	rumpuser_rw_tryupgrade(struct rumpuser_rw *);
void	rumpuser_rw_downgrade(struct rumpuser_rw *);	/* nobody in between */
void	rumpuser_rw_exit(struct rumpuser_rw *);
void	rumpuser_rw_destroy(struct rumpuser_rw *);
/* READER: somebody reads.  WRITER: the calling lwp writes. */
void	rumpuser_rw_held(int rumprwlock, struct rumpuser_rw *, int *heldp);

struct rumpuser_cv;
void	rumpuser_cv_init(struct rumpuser_cv **);
void	rumpuser_cv_destroy(struct rumpuser_cv *);
/*
 * The mutex is released while waiting and held again on return.  It is the
 * interlock of both upcalls.  Return order: context, then mutex, for
 * SPIN|KMUTEX; mutex, then context, for the others.
 */
void	rumpuser_cv_wait(struct rumpuser_cv *, struct rumpuser_mtx *); /* [w] */
/* The same, keeping the context. */
void	rumpuser_cv_wait_nowrap(struct rumpuser_cv *, struct rumpuser_mtx *);
/* The time is relative to the call.  0: woken.  ETIMEDOUT. */
int	rumpuser_cv_timedwait(struct rumpuser_cv *, struct rumpuser_mtx *,
	    int64_t sec, int64_t nsec);			/* [w] */
void	rumpuser_cv_signal(struct rumpuser_cv *);
void	rumpuser_cv_broadcast(struct rumpuser_cv *);
void	rumpuser_cv_has_waiters(struct rumpuser_cv *, int *nwaiters);

/* ---- components ---- */

struct modinfo;
struct rump_component;
struct evcnt;
typedef void (*rump_modinit_fn)(const struct modinfo *const *, size_t);
typedef int (*rump_symload_fn)(void *, uint64_t, char *, uint64_t);
typedef void (*rump_compload_fn)(const struct rump_component *);
typedef void (*rump_evcntattach_fn)(struct evcnt *);
/*
 * Nothing to load in a static image: the rump kernel walks its link sets.
 * Kernels before 2020 do not pass the fourth argument.
 */
void	rumpuser_dl_bootstrap(rump_modinit_fn, rump_symload_fn,
	    rump_compload_fn, rump_evcntattach_fn);
unsigned long rumpuser_getpagesize(void);

/* ---- system call proxy: not there, ENOSYS ---- */

int	rumpuser_sp_init(const char *url, const char *ostype,
	    const char *osrelease, const char *machine);
int	rumpuser_sp_copyin(void *, const void *, void *, size_t);
int	rumpuser_sp_copyinstr(void *, const void *, void *, size_t *);
int	rumpuser_sp_copyout(void *, const void *, void *, size_t);
int	rumpuser_sp_copyoutstr(void *, const void *, void *, size_t *);
int	rumpuser_sp_anonmmap(void *, size_t, void **);
int	rumpuser_sp_raise(void *, int);
void	rumpuser_sp_fini(void *);

#endif /* SIRLOIN_RUMP_RUMPUSER_H */
