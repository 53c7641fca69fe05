/*
 * epoll.c: epoll over poll.  An edge-triggered item is left out of the waiting
 * once it was reported, until the program has read from (or written to) its
 * descriptor: what the rump kernel then still says is an edge that the program
 * has not seen, or a repetition, which edge-triggered programs bear.
 */
#include <kern_errno.h>
#include <string.h>

#include "linux.h"
#include "file.h"
#include "poll.h"

#define LX_EPOLLRDHUP	0x2000u
#define LX_EPOLLONESHOT	(1u << 30)
#define LX_EPOLLET	(1u << 31)
#define EVENTS		0xffu		/* those that poll has, same numbers */
enum { ADD = 1, DEL, MOD };

struct lx_epoll_event {
	uint32_t	events;
	uint64_t	data;
} __attribute__((packed));

struct item {
	int		fd;
	uint32_t	events;		/* as asked for */
	uint32_t	armed;		/* what may be reported */
	uint32_t	serial;		/* another one: another item */
	uint64_t	data;
};
struct epoll {
	struct lx_special s;
	struct item	*item;
	unsigned	n, size;
	unsigned	waiting;	/* threads in poll */
	const struct lx_process *proc;
	LIST_ENTRY(epoll) link;
};

uint32_t lx_nedge;			/* epolls there are: edges matter */
static LIST_HEAD(, epoll) epolls = LIST_HEAD_INITIALIZER(epolls);
static uint32_t lock;			/* of all of them */
static uint32_t serials;

/* Threads that wait look again.  The lock is held. */
static void
wake(struct epoll *ep)
{

	if (ep->waiting > 0)
		lx_special_ready(&ep->s, true);
}

/* ---- life ---- */

static void
epoll_free(struct lx_special *s)
{
	struct epoll *ep = (struct epoll *)s;

	lx_lock(&lock);
	LIST_REMOVE(ep, link);
	lx_nedge--;
	lx_unlock(&lock);
	rumpcomp_host_free(ep->item);
	rumpcomp_host_free(ep);
}

long
lx_sys_epoll_create1(long flags, long b, long c, long d, long e, long f)
{
	struct epoll *ep = lx_special_alloc(sizeof(*ep), LX_EPOLL, epoll_free);
	int fd;

	if (ep == NULL)
		return -LX_ENOMEM;
	ep->proc = lx_self()->proc;
	if ((fd = lx_special_new(&ep->s, (int)flags)) < 0) {
		rumpcomp_host_free(ep);
		return fd;
	}
	lx_lock(&lock);
	LIST_INSERT_HEAD(&epolls, ep, link);
	lx_nedge++;
	lx_unlock(&lock);
	return fd;
}

long
lx_sys_epoll_create(long size, long b, long c, long d, long e, long f)
{

	return size <= 0 ? -LX_EINVAL : lx_sys_epoll_create1(0, 0, 0, 0, 0, 0);
}

static long
not_epoll(long fd)
{

	return rump_sys_fcntl((int)fd, F_GETFD, 0) < 0 ? -LX_EBADF : -LX_EINVAL;
}

/* ---- items; the lock is held ---- */

static struct item *
find(struct epoll *ep, int fd)
{

	for (unsigned i = 0; i < ep->n; i++)
		if (ep->item[i].fd == fd)
			return &ep->item[i];
	return NULL;
}

static long
add(struct epoll *ep, int fd, const struct lx_epoll_event *ev)
{
	struct item *new;

	if (ep->n == ep->size) {
		new = rumpcomp_host_realloc(ep->item, (ep->size * 2 + 16) *
		    sizeof(*new));
		if (new == NULL)
			return -LX_ENOMEM;
		ep->item = new;
		ep->size = ep->size * 2 + 16;
	}
	ep->item[ep->n++] = (struct item){ fd, ev->events, ~0u, ++serials,
	    ev->data };
	return 0;
}

static long
ctl(struct epoll *ep, long op, int fd, const struct lx_epoll_event *ev)
{
	struct item *it = find(ep, fd);

	if (op == ADD)
		return it != NULL ? -LX_EEXIST : add(ep, fd, ev);
	if (it == NULL)
		return -LX_ENOENT;
	if (op == DEL)
		*it = ep->item[--ep->n];
	else if (op == MOD) {
		it->events = ev->events;
		it->data = ev->data;
		it->armed = ~0u;
	} else
		return -LX_EINVAL;
	return 0;
}

long
lx_sys_epoll_ctl(long epfd, long op, long fd, long event, long e, long f)
{
	struct epoll *ep = lx_special_of((int)epfd, LX_EPOLL), *other;
	long r;

	if (ep == NULL)
		return not_epoll(epfd);
	if ((other = lx_special_of((int)fd, LX_EPOLL)) != NULL) {
		lx_special_put(&other->s);
		r = fd == epfd ? -LX_EINVAL :
		    lx_missing("epoll of an epoll", 233);
	} else if (rump_sys_fcntl((int)fd, F_GETFD, 0) < 0)
		r = -LX_EBADF;
	else {
		lx_lock(&lock);
		r = ctl(ep, op, (int)fd, (const void *)event);
		wake(ep);
		lx_unlock(&lock);
	}
	lx_special_put(&ep->s);
	return r;
}

void
lx_epoll_edge(int fd, int events)
{
	struct epoll *ep;
	struct item *it;
	uint32_t bits = events & POLLIN ? POLLIN | POLLRDNORM | POLLPRI |
	    POLLRDBAND : 0;

	if (events & POLLOUT)
		bits |= POLLOUT;
	lx_lock(&lock);
	LIST_FOREACH(ep, &epolls, link)
		if (ep->proc == lx_self()->proc &&
		    (it = find(ep, fd)) != NULL && (~it->armed & bits) != 0) {
			it->armed |= bits | POLLERR | POLLHUP;
			wake(ep);
		}
	lx_unlock(&lock);
}

void
lx_epoll_closed(int fd)
{
	struct epoll *ep;

	if (lx_nedge == 0)
		return;
	lx_lock(&lock);
	LIST_FOREACH(ep, &epolls, link)
		if (ep->proc == lx_self()->proc)
			(void)ctl(ep, DEL, fd, NULL);
	lx_unlock(&lock);
}

/* ---- waiting ---- */

struct set {
	struct pollfd	*fds;		/* [0]: the epoll's own pipe */
	uint32_t	*serial;
	unsigned	n, size;
	struct pollfd	few[33];
	uint32_t	fewserial[33];
};

static bool
set_room(struct set *s, unsigned n)
{

	if (n <= s->size)
		return true;
	if (s->fds != s->few)
		rumpcomp_host_free(s->fds);
	s->size = n + n / 2;
	s->fds = rumpcomp_host_malloc(s->size * (sizeof(*s->fds) +
	    sizeof(*s->serial)), 0);
	if (s->fds == NULL) {
		s->fds = s->few;
		return false;
	}
	s->serial = (uint32_t *)(s->fds + s->size);
	return true;
}

static bool
gather(struct epoll *ep, struct set *s)
{

	if (!set_room(s, ep->n + 1))
		return false;
	s->fds[0] = (struct pollfd){ ep->s.rfd, POLLIN, 0 };
	s->n = 1;
	for (unsigned i = 0; i < ep->n; i++) {
		struct item *it = &ep->item[i];
		uint32_t ev = it->events & it->armed & EVENTS;

		if (ev == 0 && (it->armed & (POLLERR | POLLHUP)) == 0)
			continue;
		s->fds[s->n] = (struct pollfd){ it->fd, (short)ev, 0 };
		s->serial[s->n++] = it->serial;
	}
	return true;
}

/* What poll found, of the items that are still there. */
static long
report(struct epoll *ep, struct set *s, struct lx_epoll_event *out, long max)
{
	long k = 0;
	struct item *it;
	uint32_t ev;

	for (unsigned i = 1; i < s->n && k < max; i++) {
		if (s->fds[i].revents == 0 ||
		    (it = find(ep, s->fds[i].fd)) == NULL ||
		    it->serial != s->serial[i])
			continue;
		ev = (uint32_t)s->fds[i].revents & EVENTS &
		    (it->events | POLLERR | POLLHUP) & it->armed;
		if (ev == 0)
			continue;
		if ((ev & POLLHUP) && (it->events & LX_EPOLLRDHUP))
			ev |= LX_EPOLLRDHUP;
		out[k].events = ev;
		out[k++].data = it->data;
		if (it->events & LX_EPOLLONESHOT)
			it->armed = 0;
		else if (it->events & LX_EPOLLET)
			it->armed &= ~ev;
	}
	return k;
}

static long
epoll_wait_until(struct epoll *ep, struct lx_epoll_event *out, long max,
    uint64_t deadline)
{
	struct set set = { .fds = set.few, .serial = set.fewserial, .size = 33 };
	long r;
	bool ok;

	do {
		lx_lock(&lock);
		ep->waiting++;
		ok = gather(ep, &set);
		lx_unlock(&lock);
		r = ok ? lx_poll_until(set.fds, set.n, deadline) : -LX_ENOMEM;
		lx_lock(&lock);
		if (--ep->waiting == 0)
			lx_special_ready(&ep->s, false);
		if (r > 0 && (r = report(ep, &set, out, max)) == 0)
			r = -LX_EAGAIN;		/* only woken: once more */
		lx_unlock(&lock);
	} while (r == -LX_EAGAIN);
	if (set.fds != set.few)
		rumpcomp_host_free(set.fds);
	return r;
}

long
lx_sys_epoll_wait(long epfd, long events, long max, long ms, long e, long f)
{

	return lx_sys_epoll_pwait(epfd, events, max, ms, 0, 0);
}

long
lx_sys_epoll_pwait(long epfd, long events, long max, long ms, long mask, long f)
{
	struct epoll *ep = lx_special_of((int)epfd, LX_EPOLL);
	long r;

	if (ep == NULL)
		return not_epoll(epfd);
	if (max <= 0) {
		lx_special_put(&ep->s);
		return -LX_EINVAL;
	}
	lx_mask_begin((const uint64_t *)mask);
	r = lx_mask_end(epoll_wait_until(ep, (void *)events, max,
	    (int)ms < 0 ? UINT64_MAX :
	    rumpcomp_host_clock() + (uint64_t)(int)ms * 1000000));
	lx_special_put(&ep->s);
	return r;
}
