/*
 * hostline.c: the line on a Linux process, so that what is above it (the
 * built-in rump kernel, libc-min, applications) runs under ASan, gdb and
 * valgrind.  Threads are pthreads, disks are files (blkN=FILE), the network
 * is a tap device (netN=TAP), the configuration is what follows.
 *
 *   program [blk0=FILE] [net0=TAP] [--] 'CONFIGURATION'
 *
 * Simple on purpose: the real thing is hypercall/.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <linux/futex.h>
#include <malloc.h>

#include <rump/rumpuser.h>
#include <rump/rumpuser_component.h>
#include <rump/host.h>
#include <rump/vif.h>

int	sirloin_main(void);

static struct rumpuser_hyperup hyp;
static const char *config = "";
static const char *disk[8], *tap[4];
static __thread struct lwp *mylwp;
static __thread void *myself;
static __thread int myerrno;

/* Linux's error numbers as NetBSD's. */
static int
nberr(int e)
{

	switch (e) {
	case EAGAIN: return 35;
	case ETIMEDOUT: return 60;
	case ENOSYS: return 78;
	case EDEADLK: return 11;
	case EOPNOTSUPP: return 45;
	default: return e < 35 ? e : 22;
	}
}

static void
unsched(int *n, void *interlock)
{

	if (hyp.hyp_backend_unschedule != NULL)
		hyp.hyp_backend_unschedule(0, n, interlock);
}

static void
sched(int n, void *interlock)
{

	if (hyp.hyp_backend_schedule != NULL)
		hyp.hyp_backend_schedule(n, interlock);
}

#define BLOCKING(stmt) do {						\
	int nl_; unsched(&nl_, NULL); stmt; sched(nl_, NULL);		\
} while (0)

/* ---- init, memory, clock ---- */

int
rumpuser_init(int version, const struct rumpuser_hyperup *up)
{

	if (version != 17)
		return 1;
	hyp = *up;
	return 0;
}

int
rumpuser_malloc(size_t n, int align, void **p)
{

	*p = NULL;
	return nberr(posix_memalign(p, align < 16 ? 16 : align, n));
}
void rumpuser_free(void *p, size_t n) { free(p); }

int
rumpuser_anonmmap(void *pref, size_t n, int alignbit, int exec, void **p)
{

	*p = mmap(NULL, n, PROT_READ | PROT_WRITE | (exec ? PROT_EXEC : 0),
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return *p == MAP_FAILED ? nberr(errno) : 0;
}
void rumpuser_unmap(void *p, size_t n) { munmap(p, n); }

int
rumpuser_clock_gettime(int which, int64_t *sec, long *nsec)
{
	struct timespec ts;

	clock_gettime(which ? CLOCK_MONOTONIC : CLOCK_REALTIME, &ts);
	*sec = ts.tv_sec;
	*nsec = ts.tv_nsec;
	return 0;
}

int
rumpuser_clock_sleep(int which, int64_t sec, long nsec)
{
	struct timespec ts = { sec, nsec };

	BLOCKING(
		while (clock_nanosleep(CLOCK_MONOTONIC,
		    which ? TIMER_ABSTIME : 0, &ts, which ? NULL : &ts) == EINTR)
			continue;
	);
	return 0;
}

int
rumpuser_getparam(const char *name, void *buf, size_t n)
{

	if (strcmp(name, "_RUMPUSER_NCPU") == 0)
		snprintf(buf, n, "2");
	else if (strcmp(name, "_RUMPUSER_HOSTNAME") == 0)
		snprintf(buf, n, "hostline");
	else
		return 2;
	return 0;
}

int
rumpuser_getrandom(void *buf, size_t n, int flags, size_t *got)
{

	*got = getrandom(buf, n, 0);
	return 0;
}

void rumpuser_seterrno(int e) { myerrno = e; }
int *rumpcomp_host_errno(void) { return &myerrno; }
void rumpuser_putchar(int c) { putchar(c); if (c == '\n') fflush(stdout); }
int rumpuser_kill(int64_t pid, int sig) { return 0; }
int rumpuser_daemonize_begin(void) { return 0; }
int rumpuser_daemonize_done(int e) { return 0; }
unsigned long rumpuser_getpagesize(void) { return 4096; }

void
rumpuser_dprintf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
}

void
rumpuser_exit(int status)
{

	fflush(stdout);
	if (status == -1)
		abort();
	_exit(status);
}

/* ---- components, and what is not there ---- */

void *
rumpuser_component_unschedule(void)
{
	int n = 0;

	unsched(&n, NULL);
	return (void *)(intptr_t)n;
}
void rumpuser_component_schedule(void *n) { sched((int)(intptr_t)n, NULL); }
int rumpuser_component_errtrans(int e) { return nberr(e); }

static void
switched(void (*fn)(void *), void *arg)
{

	hyp.hyp_schedule();
	fn(arg);
	hyp.hyp_unschedule();
}
static void do_new(void *v) { hyp.hyp_lwproc_newlwp(0); }
static void do_cur(void *v) { *(struct lwp **)v = hyp.hyp_lwproc_curlwp(); }
static void do_switch(void *v) { hyp.hyp_lwproc_switch(v); }
static void do_release(void *v) { hyp.hyp_lwproc_release(); }
void rumpuser_component_kthread(void) { switched(do_new, NULL); }
void rumpuser_component_switchlwp(struct lwp *l) { switched(do_switch, l); }
void rumpuser_component_kthread_release(void) { switched(do_release, NULL); }

struct lwp *
rumpuser_component_curlwp(void)
{
	struct lwp *l;

	switched(do_cur, &l);
	return l;
}

void rumpuser_dl_bootstrap(rump_modinit_fn a, rump_symload_fn b,
    rump_compload_fn c, rump_evcntattach_fn d) { }
int rumpuser_sp_init(const char *a, const char *b, const char *c, const char *d)
{ return 78; }
int rumpuser_sp_copyin(void *a, const void *f, void *t, size_t n) { return 78; }
int rumpuser_sp_copyinstr(void *a, const void *f, void *t, size_t *n) { return 78; }
int rumpuser_sp_copyout(void *a, const void *f, void *t, size_t n) { return 78; }
int rumpuser_sp_copyoutstr(void *a, const void *f, void *t, size_t *n) { return 78; }
int rumpuser_sp_anonmmap(void *a, size_t n, void **p) { return 78; }
int rumpuser_sp_raise(void *a, int sig) { return 78; }
void rumpuser_sp_fini(void *a) { }

/* ---- threads ---- */

struct tboot { void *(*fn)(void *); void *arg; };

static void *
tmain(void *arg)
{
	struct tboot b = *(struct tboot *)arg;

	free(arg);
	return b.fn(b.arg);
}

static int
tcreate(pthread_t *pt, void *(*fn)(void *), void *arg, int joinable)
{
	struct tboot *b = malloc(sizeof(*b));
	pthread_t own;
	int e;

	if (pt == NULL)
		pt = &own;
	b->fn = fn;
	b->arg = arg;
	e = pthread_create(pt, NULL, tmain, b);
	if (e == 0 && !joinable)
		pthread_detach(*pt);
	return nberr(e);
}

int
rumpuser_thread_create(void *(*fn)(void *), void *arg, const char *name,
    int mustjoin, int pri, int cpu, void **cookie)
{
	pthread_t pt;
	int e = tcreate(&pt, fn, arg, mustjoin);

	if (mustjoin)
		*cookie = (void *)pt;
	return e;
}
void rumpuser_thread_exit(void) { pthread_exit(NULL); }

int
rumpuser_thread_join(void *cookie)
{
	int e;

	BLOCKING(e = pthread_join((pthread_t)cookie, NULL));
	return nberr(e);
}
struct lwp *rumpuser_curlwp(void) { return mylwp; }
void rumpuser_curlwpop(int op, struct lwp *l)
{
	if (op == RUMPUSER_LWP_SET)
		mylwp = l;
	else if (op == RUMPUSER_LWP_CLEAR)
		mylwp = NULL;
}

int rumpcomp_host_thread_create(struct host_thread **t, const char *name,
    void *(*fn)(void *), void *arg, int joinable, size_t stack)
{ return tcreate((pthread_t *)t, fn, arg, joinable); }
void rumpcomp_host_thread_exit(void *r) { pthread_exit(r); }
int rumpcomp_host_thread_join(struct host_thread *t, void **r)
{ return nberr(pthread_join((pthread_t)t, r)); }
struct host_thread *rumpcomp_host_thread_self(void)
{ return (struct host_thread *)pthread_self(); }
void rumpcomp_host_meminfo(uint64_t *total, uint64_t *free)
{ *total = *free = 64 << 20; }
void rumpcomp_host_yield(void) { sched_yield(); }
void *rumpcomp_host_getself(void) { return myself; }
void rumpcomp_host_setself(void *p) { myself = p; }
void rumpcomp_host_setfs(uintptr_t fs) { abort(); }

uint64_t
rumpcomp_host_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

uint64_t
rumpcomp_host_epoch(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec - rumpcomp_host_clock();
}

void
rumpcomp_host_sleep_until(uint64_t t)
{
	struct timespec ts = { t / 1000000000, t % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL))
		continue;
}

int
rumpcomp_host_futex_wait(uint32_t *addr, uint32_t val, uint64_t deadline)
{
	struct timespec ts = { deadline / 1000000000, deadline % 1000000000 };

	/* FUTEX_WAIT_BITSET takes an absolute monotonic time */
	if (syscall(SYS_futex, addr, FUTEX_WAIT_BITSET_PRIVATE, val,
	    deadline == UINT64_MAX ? NULL : &ts, NULL, ~0u) == 0 ||
	    errno == EINTR)
		return 0;
	return nberr(errno);
}
int rumpcomp_host_futex_wake(uint32_t *addr, int n)
{ return syscall(SYS_futex, addr, FUTEX_WAKE_PRIVATE, n, NULL, NULL, 0); }

void *rumpcomp_host_malloc(size_t n, size_t align)
{ return align > 16 ? memalign(align, n) : malloc(n); }
void *rumpcomp_host_realloc(void *p, size_t n) { return realloc(p, n); }
void rumpcomp_host_free(void *p) { free(p); }
size_t rumpcomp_host_malloc_size(const void *p)
{ return malloc_usable_size((void *)p); }

/* Locks; files, disks and the network: with the same private names. */
#include "hostline_lock.c"
#include "hostline_io.c"

int
main(int argc, char **argv)
{
	unsigned n;

	for (int i = 1; i < argc; i++) {
		if (sscanf(argv[i], "blk%u=", &n) == 1 && n < 8)
			disk[n] = strchr(argv[i], '=') + 1;
		else if (sscanf(argv[i], "net%u=", &n) == 1 && n < 4)
			tap[n] = strchr(argv[i], '=') + 1;
		else if (strcmp(argv[i], "--") != 0)
			config = argv[i];
	}
	rumpuser_exit(sirloin_main());
}
