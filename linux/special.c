/*
 * special.c: descriptors that the rump kernel doesn't have: eventfd, timerfd.
 * Each is a pipe's read end, so that it has a number and can be polled; a byte
 * is in the pipe while it is readable.
 */
#include <kern_errno.h>
#include <string.h>

#include "linux.h"
#include "file.h"
#include "poll.h"

#define MAXFD		4096
#define WFD_FROM	512	/* write ends, out of the way */

uint32_t lx_nspecial;
static uint32_t table_lock;		/* of every process's */

/* ---- the table ---- */

struct lx_special *
lx_special_get(int fd)
{
	struct lx_special *s = NULL, **table = lx_self()->proc->special;

	if (fd < 0 || fd >= MAXFD || table == NULL || table[fd] == NULL)
		return NULL;
	lx_lock(&table_lock);
	if ((s = table[fd]) != NULL)
		s->refs++;
	lx_unlock(&table_lock);
	return s;
}

void
lx_special_put(struct lx_special *s)
{
	bool last;

	lx_lock(&table_lock);
	last = --s->refs == 0;
	lx_unlock(&table_lock);
	if (!last)
		return;
	rump_sys_close(s->wfd);
	__atomic_fetch_sub(&lx_nspecial, 1, __ATOMIC_RELAXED);
	s->destroy(s);
}

void *
lx_special_of(int fd, int kind)
{
	struct lx_special *s = lx_special_get(fd);

	if (s != NULL && s->kind != kind) {
		lx_special_put(s);
		s = NULL;
	}
	return s;
}

void *
lx_special_alloc(size_t size, int kind, void (*destroy)(struct lx_special *))
{
	struct lx_special *s = rumpcomp_host_malloc(size, 0);

	if (s == NULL)
		return NULL;
	memset(s, 0, size);
	s->kind = kind;
	s->destroy = destroy;
	return s;
}

static void
enter(struct lx_special *s, int fd)
{

	lx_lock(&table_lock);
	lx_self()->proc->special[fd] = s;
	s->refs++;
	lx_unlock(&table_lock);
}

static bool
have_table(struct lx_process *p)
{
	struct lx_special **t;

	lx_lock(&table_lock);
	if (p->special == NULL && (t = rumpcomp_host_malloc(MAXFD * sizeof(*t),
	    0)) != NULL) {
		memset(t, 0, MAXFD * sizeof(*t));
		p->special = t;
	}
	lx_unlock(&table_lock);
	return p->special != NULL;
}

int
lx_special_new(struct lx_special *s, int flags)
{
	int fd[2], w;

	if (!have_table(lx_self()->proc))
		return -LX_ENOMEM;
	if (rump_sys_pipe2(fd, lx_openflags(flags & (LX_O_NONBLOCK |
	    LX_O_CLOEXEC)) | O_CLOEXEC) < 0)
		return (int)lx_result(-1);
	if ((w = rump_sys_fcntl(fd[1], F_DUPFD_CLOEXEC, WFD_FROM)) >= 0) {
		rump_sys_close(fd[1]);
		fd[1] = w;
	}
	if (fd[0] >= MAXFD) {
		rump_sys_close(fd[0]);
		rump_sys_close(fd[1]);
		return -LX_EMFILE;
	}
	s->rfd = fd[0];
	s->wfd = fd[1];
	__atomic_fetch_add(&lx_nspecial, 1, __ATOMIC_RELAXED);
	enter(s, fd[0]);
	return fd[0];
}

/* Removes fd; the byte's reader must stay one that is open. */
bool
lx_special_close(int fd)
{
	struct lx_special *s = NULL, **table = lx_self()->proc->special;

	if (fd < 0 || fd >= MAXFD || table == NULL || table[fd] == NULL)
		return false;
	lx_lock(&table_lock);
	s = table[fd];
	table[fd] = NULL;
	if (s != NULL && s->rfd == fd)
		for (int i = 0; i < MAXFD; i++)
			if (table[i] == s)
				s->rfd = i;
	lx_unlock(&table_lock);
	if (s == NULL)
		return false;
	rump_sys_close(fd);
	lx_special_put(s);
	return true;
}

void
lx_special_end(struct lx_process *p)
{

	for (int fd = 0; p->special != NULL && fd < MAXFD; fd++)
		(void)lx_special_close(fd);
}

void
lx_special_dup(int from, int to)
{
	struct lx_special *s = lx_special_get(from);

	if (s == NULL)
		return;
	if (to < MAXFD)
		enter(s, to);
	lx_special_put(s);
}

void
lx_special_ready(struct lx_special *s, bool ready)
{
	char c = 0;

	if (ready == s->ready)
		return;
	s->ready = ready;
	if (ready)
		(void)rump_sys_write(s->wfd, &c, 1);
	else
		(void)rump_sys_read(s->rfd, &c, 1);
}

/* ---- eventfd ---- */

#define EFD_SEMAPHORE	1
#define EFD_MAX		(UINT64_MAX - 1)

struct eventfd {
	struct lx_special s;
	uint64_t	count;
	bool		semaphore;
	uint32_t	room;		/* futex: changes when it was read */
};

static void
eventfd_free(struct lx_special *s)
{

	rumpcomp_host_free(s);
}

long
lx_sys_eventfd2(long count, long flags, long c, long d, long e, long f)
{
	struct eventfd *ev = lx_special_alloc(sizeof(*ev), LX_EVENTFD,
	    eventfd_free);
	int fd;

	if (ev == NULL)
		return -LX_ENOMEM;
	ev->count = (uint32_t)count;
	ev->semaphore = (flags & EFD_SEMAPHORE) != 0;
	if ((fd = lx_special_new(&ev->s, (int)flags)) < 0)
		rumpcomp_host_free(ev);
	else if (count != 0)
		lx_special_ready(&ev->s, true);
	return fd;
}

long
lx_sys_eventfd(long count, long b, long c, long d, long e, long f)
{

	return lx_sys_eventfd2(count, 0, 0, 0, 0, 0);
}

/* ---- timerfd ---- */

struct timerfd {
	struct lx_special s;
	struct lx_timer	timer;
	uint64_t	count;		/* expirations not read */
	int		clock, pid;
};

static void
timerfd_fire(struct lx_timer *tm, uint64_t n)
{
	struct timerfd *t = tm->arg;

	if (rump_pub_lwproc_newlwp(t->pid) != 0)
		return;			/* it has just ended */
	lx_lock(&t->s.lock);
	t->count += n;
	lx_special_ready(&t->s, true);
	lx_unlock(&t->s.lock);
	rump_pub_lwproc_releaselwp();
}

static void
timerfd_free(struct lx_special *s)
{
	struct timerfd *t = (struct timerfd *)s;

	lx_timer_set(&t->timer, 0, 0);
	rumpcomp_host_free(t);
}

long
lx_sys_timerfd_create(long clock, long flags, long c, long d, long e, long f)
{
	struct timerfd *t = lx_special_alloc(sizeof(*t), LX_TIMERFD,
	    timerfd_free);
	int fd;

	if (t == NULL)
		return -LX_ENOMEM;
	t->clock = (int)clock;
	t->pid = lx_self()->proc->pid;
	t->timer.fire = timerfd_fire;
	t->timer.arg = t;
	if ((fd = lx_special_new(&t->s, (int)flags)) < 0)
		rumpcomp_host_free(t);
	return fd;
}

#define TFD_TIMER_ABSTIME 1

long
lx_sys_timerfd_settime(long fd, long flags, long new, long old, long e, long f)
{
	const struct lx_itimerspec *in = (const void *)new;
	struct timerfd *t = lx_special_of((int)fd, LX_TIMERFD);
	uint64_t at = 0, period;

	if (t == NULL)
		return -LX_EINVAL;
	if (!lx_timespec_ok(&in->value) || !lx_timespec_ok(&in->interval)) {
		lx_special_put(&t->s);
		return -LX_EINVAL;
	}
	if (old != 0)
		lx_timer_get(&t->timer, (void *)old);
	period = (uint64_t)in->interval.sec * 1000000000 +
	    (uint64_t)in->interval.nsec;
	if (in->value.sec != 0 || in->value.nsec != 0)
		at = flags & TFD_TIMER_ABSTIME ?
		    lx_deadline_abs(t->clock, &in->value) : lx_deadline(&in->value);
	lx_timer_set(&t->timer, 0, 0);	/* it does not fire from here on */
	lx_lock(&t->s.lock);
	t->count = 0;
	lx_special_ready(&t->s, false);
	lx_unlock(&t->s.lock);
	lx_timer_set(&t->timer, at, period);
	lx_special_put(&t->s);
	return 0;
}

long
lx_sys_timerfd_gettime(long fd, long out, long c, long d, long e, long f)
{
	struct timerfd *t = lx_special_of((int)fd, LX_TIMERFD);

	if (t == NULL)
		return -LX_EINVAL;
	lx_timer_get(&t->timer, (void *)out);
	lx_special_put(&t->s);
	return 0;
}

/* ---- reading and writing ---- */

/* Takes the count, if there is one.  The lock is held. */
static uint64_t
take(struct lx_special *s)
{
	uint64_t *count = s->kind == LX_EVENTFD ?
	    &((struct eventfd *)s)->count : &((struct timerfd *)s)->count, v;

	v = *count;
	if (v != 0 && s->kind == LX_EVENTFD && ((struct eventfd *)s)->semaphore)
		v = 1;
	*count -= v;
	lx_special_ready(s, *count != 0);
	return v;
}

long
lx_special_read(struct lx_special *s, void *p, size_t n, bool nonblock)
{
	struct pollfd pfd;
	uint64_t v;
	long r;

	if (s->kind == LX_EPOLL || n < sizeof(v))
		return -LX_EINVAL;
	for (;;) {
		lx_lock(&s->lock);
		v = take(s);
		lx_unlock(&s->lock);
		if (v != 0)
			break;
		if (nonblock)
			return -LX_EAGAIN;
		pfd = (struct pollfd){ s->rfd, POLLIN, 0 };
		if ((r = lx_poll_until(&pfd, 1, UINT64_MAX)) < 0)
			return r;
	}
	if (s->kind == LX_EVENTFD) {
		struct eventfd *ev = (struct eventfd *)s;

		__atomic_add_fetch(&ev->room, 1, __ATOMIC_RELEASE);
		rumpcomp_host_futex_wake(&ev->room, INT32_MAX);
	}
	memcpy(p, &v, sizeof(v));
	return sizeof(v);
}

long
lx_special_write(struct lx_special *s, const void *p, size_t n, bool nonblock)
{
	struct eventfd *ev = (struct eventfd *)s;
	uint32_t room;
	uint64_t v;
	bool fits;

	if (s->kind != LX_EVENTFD || n < sizeof(v))
		return -LX_EINVAL;
	memcpy(&v, p, sizeof(v));
	if (v == UINT64_MAX)
		return -LX_EINVAL;
	for (;;) {
		room = __atomic_load_n(&ev->room, __ATOMIC_ACQUIRE);
		lx_lock(&s->lock);
		if ((fits = v <= EFD_MAX - ev->count)) {
			ev->count += v;
			lx_special_ready(s, ev->count != 0);
		}
		lx_unlock(&s->lock);
		if (fits)
			return sizeof(v);
		if (nonblock)
			return -LX_EAGAIN;
		(void)rumpcomp_host_futex_wait(&ev->room, room, UINT64_MAX);
	}
}
