/* cputime.c: how long threads and processes have run. */
#include <string.h>

#include "linux.h"

#define NS	1000000000ULL

/*
 * Clock numbers below 0 (linux/posix-timers.h): the complement of a process's
 * or thread's number, then three bits: 4, a thread's; 3, not a CPU time's.
 */
#define CPUCLOCK_THREAD	4
#define CPUCLOCK_KIND	3
enum { LX_CLOCK_PROCESS_CPU = 2, LX_CLOCK_THREAD_CPU = 3 };

static uint64_t
process_time(struct lx_process *p)
{
	struct lx_task *t;
	uint64_t ns;

	lx_lock(&p->lock);
	ns = p->cputime;
	LIST_FOREACH(t, &p->tasks, link)
		if (t->thread != NULL)
			ns += rumpcomp_host_cputime(t->thread);
	lx_unlock(&p->lock);
	return ns;
}

static long
thread_time(struct lx_process *p, int tid, uint64_t *ns)
{
	struct lx_task *t;

	lx_lock(&p->lock);
	LIST_FOREACH(t, &p->tasks, link)
		if (t->tid == tid)
			break;
	if (t != NULL)			/* it may not have begun */
		*ns = t->thread != NULL ? rumpcomp_host_cputime(t->thread) : 0;
	lx_unlock(&p->lock);
	return t != NULL ? 0 : -LX_EINVAL;
}

long
lx_cputime(struct lx_process *p, struct lx_task *self, int clock, uint64_t *ns)
{
	int id = ~(clock >> 3);
	bool thread = clock == LX_CLOCK_THREAD_CPU ||
	    (clock < 0 && (clock & CPUCLOCK_THREAD) != 0);

	if (clock < 0 && (clock & CPUCLOCK_KIND) == CPUCLOCK_KIND)
		return -LX_EINVAL;
	if (clock >= 0)
		id = 0;
	if (thread && id == 0 && self == NULL)
		return -LX_EINVAL;
	if (thread)
		return thread_time(p, id != 0 ? id : self->tid, ns);
	if (id != 0 && id != p->pid && (p = lx_process_find(id)) == NULL)
		return -LX_EINVAL;
	*ns = process_time(p);
	return 0;
}

/* All of it is the program's: what calls take is in it, and not told apart. */
long
lx_sys_times(long out, long b, long c, long d, long e, long f)
{
	int64_t used = (int64_t)(process_time(lx_self()->proc) / (NS / 100));

	if (out != 0)
		memcpy((void *)out, (int64_t[4]){ used, 0, 0, 0 },
		    4 * sizeof(int64_t));
	return (int64_t)(rumpcomp_host_clock() / (NS / 100));
}

struct lx_rusage { int64_t utime[2], stime[2], other[14]; };
enum { RUSAGE_CHILDREN = -1, RUSAGE_SELF, RUSAGE_THREAD };

long
lx_sys_getrusage(long who, long out, long c, long d, long e, long f)
{
	struct lx_rusage *o = (void *)out;
	struct lx_task *t = lx_self();
	uint64_t ns = 0, total, free;

	if ((int)who < RUSAGE_CHILDREN || (int)who > RUSAGE_THREAD)
		return -LX_EINVAL;
	if ((int)who != RUSAGE_CHILDREN)
		ns = (int)who == RUSAGE_THREAD ?
		    rumpcomp_host_cputime(t->thread) : process_time(t->proc);
	memset(o, 0, sizeof(*o));
	o->utime[0] = (int64_t)(ns / NS);
	o->utime[1] = (int64_t)(ns % NS / 1000);
	rumpcomp_host_meminfo(&total, &free);
	o->other[0] = (int64_t)((total - free) / 1024);	/* ru_maxrss */
	return 0;
}
