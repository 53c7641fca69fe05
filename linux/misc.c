/* misc.c: the process, its limits, the system. */
#include <kern_errno.h>
#include <string.h>
#include <rump/rumpuser.h>

#include "linux.h"
#include "file.h"

long
lx_sys_getpid(long a, long b, long c, long d, long e, long f)
{

	return lx_self()->proc->pid;
}

long
lx_sys_getppid(long a, long b, long c, long d, long e, long f)
{

	return 1;			/* what started it */
}

long
lx_sys_getpgrp(long a, long b, long c, long d, long e, long f)
{

	return lx_self()->proc->pid;
}

long
lx_sys_getpgid(long pid, long b, long c, long d, long e, long f)
{
	int me = lx_self()->proc->pid;

	return pid == 0 ? me : lx_process_find(pid) != NULL ? pid : -LX_ESRCH;
}

/* It leads its session already. */
long
lx_sys_setsid(long a, long b, long c, long d, long e, long f)
{

	return -LX_EPERM;
}

/* User 0 and group 0, and nobody else. */
long
lx_sys_getuid(long a, long b, long c, long d, long e, long f)
{

	return 0;
}

long
lx_sys_setuid(long a, long b, long c, long d, long e, long f)
{

	return (int)a <= 0 && (int)b <= 0 && (int)c <= 0 ? 0 : -LX_EPERM;
}

/* setgroups, setpgid, setpriority, sched_setparam: accepted, nobody to tell. */
long
lx_sys_setgroups(long a, long b, long c, long d, long e, long f)
{

	return 0;
}

long
lx_sys_getpriority(long a, long b, long c, long d, long e, long f)
{

	return 20;			/* nice 0 */
}

/* ---- scheduling ---- */

long
lx_sys_sched_yield(long a, long b, long c, long d, long e, long f)
{

	rumpcomp_host_yield();
	return 0;
}

static unsigned
ncpu(void)
{
	static int n;
	int mib[2] = { CTL_HW, HW_NCPU };
	size_t len = sizeof(n);

	if (n == 0 && (rump_sys___sysctl(mib, 2, &n, &len, NULL, 0) != 0 || n < 1))
		n = 1;
	return (unsigned)n;
}

long
lx_sys_sched_getaffinity(long pid, long size, long mask, long d, long e, long f)
{
	uint64_t all = ncpu() >= 64 ? ~0UL : (1UL << ncpu()) - 1;

	if (size < (long)sizeof(all))
		return -LX_EINVAL;
	memcpy((void *)mask, &all, sizeof(all));
	return sizeof(all);
}

/* Threads go where there is room. */
long
lx_sys_sched_setaffinity(long a, long b, long c, long d, long e, long f)
{

	return lx_missing("sched_setaffinity", 203);
}

long
lx_sys_sched_getscheduler(long a, long b, long c, long d, long e, long f)
{

	return 0;			/* SCHED_OTHER */
}

long
lx_sys_sched_setscheduler(long pid, long policy, long c, long d, long e, long f)
{

	return policy == 0 ? 0 : -LX_EINVAL;
}

long
lx_sys_sched_getparam(long pid, long out, long c, long d, long e, long f)
{

	*(int *)out = 0;
	return 0;
}

long
lx_sys_getcpu(long cpu, long node, long c, long d, long e, long f)
{

	if (cpu != 0)
		*(unsigned *)cpu = 0;
	if (node != 0)
		*(unsigned *)node = 0;
	return 0;
}

#define MEMBARRIER_QUERY	0

long
lx_sys_membarrier(long cmd, long b, long c, long d, long e, long f)
{

	return cmd == MEMBARRIER_QUERY ? 0 : -LX_EINVAL;
}

/* Robust lists matter to what outlives a thread's process: nothing does. */
long
lx_sys_set_robust_list(long a, long b, long c, long d, long e, long f)
{

	return 0;
}

long
lx_sys_rseq(long a, long b, long c, long d, long e, long f)
{

	return -LX_ENOSYS;
}

/* ---- limits and use ---- */

enum { LX_RLIMIT_DATA = 2, LX_RLIMIT_STACK = 3, LX_RLIMIT_CORE = 4,
    LX_RLIMIT_NOFILE = 7, LX_RLIM_NLIMITS = 16 };
struct lx_rlimit { uint64_t cur, max; };

static void
limit(long which, struct lx_rlimit *r)
{
	uint64_t v = ~0UL;

	if (which == LX_RLIMIT_STACK)
		v = 1024 * 1024;
	else if (which == LX_RLIMIT_NOFILE)
		v = 4096;
	else if (which == LX_RLIMIT_CORE)
		v = 0;
	*r = (struct lx_rlimit){ v, v };
}

long
lx_sys_prlimit64(long pid, long which, long new, long old, long e, long f)
{
	const struct lx_rlimit *n = (const void *)new;
	struct lx_rlimit now;

	if (which < 0 || which >= LX_RLIM_NLIMITS)
		return -LX_EINVAL;
	limit(which, &now);
	if (old != 0)
		memcpy((void *)old, &now, sizeof(now));
	/* a lower one is no harm; a higher one can't be had */
	return n != NULL && n->max != ~0UL && n->max > now.max ? -LX_EPERM : 0;
}

long
lx_sys_getrlimit(long which, long out, long c, long d, long e, long f)
{

	return lx_sys_prlimit64(0, which, 0, out, 0, 0);
}

long
lx_sys_setrlimit(long which, long new, long c, long d, long e, long f)
{

	return lx_sys_prlimit64(0, which, new, 0, 0, 0);
}

struct lx_sysinfo {
	int64_t		uptime;
	uint64_t	loads[3], totalram, freeram, sharedram, bufferram,
			totalswap, freeswap;
	uint16_t	procs, pad;
	uint64_t	totalhigh, freehigh;
	uint32_t	unit;
};

long
lx_sys_sysinfo(long out, long b, long c, long d, long e, long f)
{
	struct lx_sysinfo *o = (void *)out;

	memset(o, 0, sizeof(*o));
	o->uptime = (int64_t)(rumpcomp_host_clock() / 1000000000);
	rumpcomp_host_meminfo(&o->totalram, &o->freeram);
	o->procs = 1;
	o->unit = 1;
	return 0;
}

/* ---- names ---- */

struct lx_utsname { char sysname[65], node[65], release[65], version[65],
    machine[65], domain[65]; };

/* Programs look for a Linux of some age; this is the one whose calls we have. */
long
lx_sys_uname(long out, long b, long c, long d, long e, long f)
{
	struct lx_utsname *o = (void *)out;
	int mib[2] = { CTL_KERN, KERN_HOSTNAME };
	size_t len = sizeof(o->node);

	memset(o, 0, sizeof(*o));
	strcpy(o->sysname, "Linux");
	strcpy(o->release, "5.10.0-sirloin");
	strcpy(o->version, "#1 Sirloin");
	strcpy(o->machine, "x86_64");
	(void)rump_sys___sysctl(mib, 2, o->node, &len, NULL, 0);
	return 0;
}

enum { PR_SET_DUMPABLE = 4, PR_SET_NAME = 15, PR_GET_NAME = 16,
    PR_SET_NO_NEW_PRIVS = 38, PR_SET_THP_DISABLE = 41 };

long
lx_sys_prctl(long op, long arg, long c, long d, long e, long f)
{

	switch (op) {
	case PR_SET_NAME:
	case PR_SET_DUMPABLE:
	case PR_SET_NO_NEW_PRIVS:
	case PR_SET_THP_DISABLE:
		return 0;
	case PR_GET_NAME:
		memset((void *)arg, 0, 16);
		strncpy((char *)arg, lx_self()->proc->name, 15);
		return 0;
	default:
		return -LX_EINVAL;
	}
}

long
lx_sys_personality(long a, long b, long c, long d, long e, long f)
{

	return 0;
}

/* ---- randomness ---- */

#define GRND_NONBLOCK	1

long
lx_sys_getrandom(long buf, long n, long flags, long d, long e, long f)
{
	size_t done = 0, got;
	int error = 0;

	lx_touch((void *)buf, (size_t)n);
	while (done < (size_t)n && error == 0) {
		got = 0;
		error = rumpuser_getrandom((char *)buf + done,
		    (size_t)n - done, flags & GRND_NONBLOCK ?
		    RUMPUSER_RANDOM_NOWAIT : RUMPUSER_RANDOM_HARD, &got);
		done += got;
		if (error == 0 && got == 0)
			break;
	}
	return done > 0 || error == 0 ? (long)done : lx_error(error);
}
