/*
 * epoll.c: epoll over poll.  An edge-triggered item is left out of the waiting
 * once it was reported, until the program has read from (or written to) its
 * descriptor: what the rump kernel then still says is an edge that the program
 * has not seen, or a repetition, which edge-triggered programs bear.
 *
 * An epoll in an epoll: the outer one waits for what the inner one would.
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
static bool nested;			/* an epoll was in something, once */
#define NESTS		5		/* epolls in epolls: Linux's limit */

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

/* The epoll that a descriptor of ep's is, with a reference, or NULL. */
static struct epoll *
inner(const struct epoll *ep, int fd)
{

	return nested && ep->proc == lx_self()->proc ?
	    lx_special_of(fd, LX_EPOLL) : NULL;
}

/* How many epolls deep ep is; more than NESTS when `not' is among them. */
static int
depth(struct epoll *ep, const struct epoll *not)
{
	struct epoll *in;
	int most = 0, d;

	if (ep == not)
		return NESTS + 1;
	for (unsigned i = 0; i < ep->n && most < NESTS; i++) {
		if ((in = inner(ep, ep->item[i].fd)) == NULL)
			continue;
		d = depth(in, not);
		most = d > most ? d : most;
		lx_special_put(&in->s);
	}
	return most + 1;
}

/* How many epolls high those are that ep is in, itself counted. */
static int
above(struct epoll *ep, int high)
{
	struct epoll *out, *in;
	int most = high, h;

	LIST_FOREACH(out, &epolls, link)
		for (unsigned i = 0; i < out->n && most < NESTS; i++) {
			if ((in = inner(out, out->item[i].fd)) == NULL)
				continue;
			if (in == ep && (h = above(out, high + 1)) > most)
				most = h;
			lx_special_put(&in->s);
		}
	return most;
}

long
lx_sys_epoll_ctl(long epfd, long op, long fd, long event, long e, long f)
{
	struct epoll *ep = lx_special_of((int)epfd, LX_EPOLL), *other = NULL;
	long r;

	if (ep == NULL)
		return not_epoll(epfd);
	if (op == ADD && (other = lx_special_of((int)fd, LX_EPOLL)) == ep)
		r = -LX_EINVAL;
	else if (rump_sys_fcntl((int)fd, F_GETFD, 0) < 0)
		r = -LX_EBADF;
	else {
		lx_lock(&lock);
		nested |= other != NULL;
		r = other != NULL && depth(other, ep) + above(ep, 1) > NESTS ?
		    -LX_ELOOP : ctl(ep, op, (int)fd, (const void *)event);
		wake(ep);
		lx_unlock(&lock);
	}
	if (other != NULL)
		lx_special_put(&other->s);
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

/* What a pollfd is for. */
struct origin {
	struct epoll	*ep;		/* whose item */
	uint32_t	serial;		/* the item's; 0: ep's own pipe */
	uint32_t	top;		/* not 0: of the outer one's item */
};
struct set {
	struct pollfd	*fds;
	struct origin	*from;
	unsigned	n, size;
	struct epoll	*ep[16];	/* all that take part, with references */
	unsigned	neps;
	struct pollfd	few[33];
	struct origin	fewfrom[33];
};

static bool
put(struct set *s, int fd, uint32_t events, struct origin from)
{
	struct pollfd *fds;
	struct origin *o;
	unsigned size = s->size * 2;

	if (s->n == s->size) {
		fds = rumpcomp_host_malloc(size * (sizeof(*fds) + sizeof(*o)), 0);
		if (fds == NULL)
			return false;
		o = (struct origin *)(fds + size);
		memcpy(fds, s->fds, s->n * sizeof(*fds));
		memcpy(o, s->from, s->n * sizeof(*o));
		if (s->fds != s->few)
			rumpcomp_host_free(s->fds);
		s->fds = fds;
		s->from = o;
		s->size = size;
	}
	s->fds[s->n] = (struct pollfd){ fd, (short)events, 0 };
	s->from[s->n++] = from;
	return true;
}

/* ep's items, and for those that are epolls, theirs. */
static bool
gather(struct epoll *ep, struct set *s, uint32_t top)
{
	struct epoll *in;
	bool ok = put(s, ep->s.rfd, POLLIN, (struct origin){ ep, 0, top });

	ep->waiting++;
	for (unsigned i = 0; ok && i < ep->n; i++) {
		struct item *it = &ep->item[i];
		uint32_t ev = it->events & it->armed & EVENTS;

		if (ev == 0 && (it->armed & (POLLERR | POLLHUP)) == 0)
			continue;
		if ((in = inner(ep, it->fd)) == NULL)
			ok = put(s, it->fd, ev, (struct origin){ ep, it->serial,
			    top });
		else if (s->neps < sizeof(s->ep) / sizeof(s->ep[0])) {
			s->ep[s->neps++] = in;
			ok = gather(in, s, top != 0 ? top : it->serial);
		} else {
			lx_special_put(&in->s);
			ok = false;
		}
	}
	return ok;
}

static struct item *
by_serial(struct epoll *ep, uint32_t serial)
{

	for (unsigned i = 0; i < ep->n; i++)
		if (ep->item[i].serial == serial)
			return &ep->item[i];
	return NULL;
}

/* What of revents an item's owner is to know. */
static uint32_t
wanted(const struct item *it, uint32_t revents)
{

	return revents & EVENTS & (it->events | POLLERR | POLLHUP) & it->armed;
}

/* What poll found, of the items that are still there. */
static long
report(struct epoll *ep, struct set *s, struct lx_epoll_event *out, long max)
{
	long k = 0;
	struct item *it;
	uint32_t ev, top = 0;		/* reported last: its parts are in a row */

	for (unsigned i = 0; i < s->n && k < max; i++) {
		const struct origin *o = &s->from[i];

		if (s->fds[i].revents == 0 || o->serial == 0 ||
		    (top != 0 && o->top == top) ||
		    (it = by_serial(o->ep, o->serial)) == NULL)
			continue;
		ev = wanted(it, (uint32_t)s->fds[i].revents);
		if (ev != 0 && o->top != 0) {
			if ((it = by_serial(ep, top = o->top)) == NULL)
				continue;
			ev = wanted(it, POLLIN | POLLRDNORM);
		}
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

/* The lock is held; those of the set's that are not ep. */
static void
waited(struct epoll *ep, struct set *s)
{

	if (--ep->waiting == 0)
		lx_special_ready(&ep->s, false);
	for (unsigned i = 0; i < s->neps; i++)
		if (--s->ep[i]->waiting == 0)
			lx_special_ready(&s->ep[i]->s, false);
}

static long
epoll_wait_until(struct epoll *ep, struct lx_epoll_event *out, long max,
    uint64_t deadline)
{
	struct set set = { .fds = set.few, .from = set.fewfrom, .size = 33 };
	long r;
	bool ok;

	do {
		set.n = set.neps = 0;
		lx_lock(&lock);
		ok = gather(ep, &set, 0);
		lx_unlock(&lock);
		r = ok ? lx_poll_until(set.fds, set.n, deadline) : -LX_ENOMEM;
		lx_lock(&lock);
		waited(ep, &set);
		if (r > 0 && (r = report(ep, &set, out, max)) == 0)
			r = -LX_EAGAIN;		/* only woken: once more */
		lx_unlock(&lock);
		while (set.neps > 0)
			lx_special_put(&set.ep[--set.neps]->s);
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
	if (nested)			/* that it is taken from is an edge */
		lx_epoll_edge((int)epfd, POLLIN);
	r = lx_mask_end(epoll_wait_until(ep, (void *)events, max,
	    (int)ms < 0 ? UINT64_MAX :
	    rumpcomp_host_clock() + (uint64_t)(int)ms * 1000000));
	lx_special_put(&ep->s);
	return r;
}

/* ---- poll and select, of epolls among others ---- */

static bool
any_epoll(const struct pollfd *fds, unsigned n)
{
	struct epoll *ep = NULL;

	for (unsigned i = 0; lx_nedge != 0 && i < n && ep == NULL; i++)
		ep = lx_special_of(fds[i].fd, LX_EPOLL);
	if (ep != NULL)
		lx_special_put(&ep->s);
	return ep != NULL;
}

long
lx_epoll_poll(struct pollfd *fds, unsigned n, uint64_t deadline)
{
	struct epoll all = { .s.rfd = -1, .proc = lx_self()->proc, .n = n };
	struct lx_epoll_event *out;
	long r;

	if (!any_epoll(fds, n))
		return lx_poll_until(fds, n, deadline);
	nested = true;
	all.item = rumpcomp_host_malloc(n * (sizeof(*all.item) + sizeof(*out)), 0);
	if (all.item == NULL)
		return -LX_ENOMEM;
	out = (struct lx_epoll_event *)(all.item + n);
	for (unsigned i = 0; i < n; i++) {
		all.item[i] = (struct item){ fds[i].fd,
		    (uint32_t)fds[i].events | POLLNVAL, ~0u, i + 1, i };
		fds[i].revents = 0;
	}
	r = epoll_wait_until(&all, out, n, deadline);
	for (long i = 0; i < r; i++)
		fds[out[i].data].revents = (short)(out[i].events & EVENTS);
	rumpcomp_host_free(all.item);
	return r;
}
