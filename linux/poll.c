/* poll.c: poll and select. */
#include <kern_errno.h>
#include <string.h>

#include "linux.h"
#include "file.h"
#include "poll.h"

#define LX_POLLWRNORM	0x100
#define STACKFDS	64

/* Nobody sleeps longer than this, ms: with signal handlers, and without. */
#define SLICE		50
#define LONGSLICE	500

long
lx_poll_until(struct pollfd *fds, unsigned n, uint64_t deadline)
{
	struct lx_task *t = lx_self();
	uint64_t now, left;
	int ms, slice, r;

	for (;;) {
		now = rumpcomp_host_clock();
		left = deadline == UINT64_MAX ? UINT64_MAX :
		    deadline > now ? (deadline - now + 999999) / 1000000 : 0;
		ms = left > INT32_MAX ? -1 : (int)left;
		slice = t->proc->handlers ? SLICE : LONGSLICE;
		if (ms < 0 || ms > slice)
			ms = slice;
		if (t->proc->ending != 0)
			return -LX_EINTR;
		r = rump_sys_poll(fds, n, ms);
		if (r != 0 || left == 0)
			return lx_result(r);
		if (lx_signal_pending(t))
			return -LX_EINTR;
		if (deadline != UINT64_MAX && rumpcomp_host_clock() >= deadline)
			return 0;
	}
}

/* ---- poll ---- */

static void
events_in(struct pollfd *to, const struct pollfd *from, long n)
{

	for (long i = 0; i < n; i++) {
		to[i].fd = from[i].fd;
		to[i].events = from[i].events & 0xff;
		if (from[i].events & LX_POLLWRNORM)
			to[i].events |= POLLOUT;
		to[i].revents = 0;
	}
}

static long
events_out(struct pollfd *to, const struct pollfd *from, long n)
{
	long found = 0;

	for (long i = 0; i < n; i++) {
		short r = from[i].revents & 0xff;

		if ((r & POLLOUT) && (to[i].events & LX_POLLWRNORM))
			r |= LX_POLLWRNORM;
		to[i].revents = r & (to[i].events | POLLERR | POLLHUP | POLLNVAL);
		found += to[i].revents != 0;
	}
	return found;
}

static long
do_poll(struct pollfd *user, long n, uint64_t deadline)
{
	struct pollfd few[STACKFDS], *fds = few;
	long r;

	if (n < 0 || n > 65536)
		return -LX_EINVAL;
	if (n > STACKFDS && (fds = rumpcomp_host_malloc(n * sizeof(*fds), 0)) ==
	    NULL)
		return -LX_ENOMEM;
	events_in(fds, user, n);
	r = lx_epoll_poll(fds, (unsigned)n, deadline);
	if (r >= 0)
		r = events_out(user, fds, n);
	if (fds != few)
		rumpcomp_host_free(fds);
	return r;
}

static uint64_t
deadline_ms(long ms)
{

	return (int)ms < 0 ? UINT64_MAX :
	    rumpcomp_host_clock() + (uint64_t)(int)ms * 1000000;
}

long
lx_sys_poll(long fds, long n, long ms, long d, long e, long f)
{

	return do_poll((struct pollfd *)fds, n, deadline_ms(ms));
}

/* Another mask while waiting; handlers that run then see it. */
void
lx_mask_begin(const uint64_t *mask)
{
	struct lx_task *t = lx_self();

	if (mask != NULL) {
		t->savedmask = t->sigmask;
		t->sigmask = *mask & ~(LX_SIGBIT(LX_SIGKILL) |
		    LX_SIGBIT(LX_SIGSTOP));
		t->hassaved = true;
	}
}

long
lx_mask_end(long r)
{
	struct lx_task *t = lx_self();

	if (t->hassaved) {
		if (lx_signal_pending(t))
			r = lx_signals(t, r);
		t->sigmask = t->savedmask;
		t->hassaved = false;
	}
	return r;
}

long
lx_sys_ppoll(long fds, long n, long ts, long mask, long size, long f)
{
	const struct lx_timespec *t = (const void *)ts;

	if (t != NULL && !lx_timespec_ok(t))
		return -LX_EINVAL;
	lx_mask_begin((const uint64_t *)mask);
	return lx_mask_end(do_poll((struct pollfd *)fds, n, lx_deadline(t)));
}

/* ---- select ---- */

#define LX_FD_SETSIZE	1024

static bool
isset(const uint64_t *set, long fd)
{

	return set != NULL && (set[fd >> 6] >> (fd & 63) & 1) != 0;
}

static long
do_select(long n, uint64_t *in, uint64_t *out, uint64_t *ex, uint64_t deadline)
{
	struct pollfd *fds;
	long r, found = 0;
	unsigned k = 0;

	if (n < 0 || n > LX_FD_SETSIZE)
		return -LX_EINVAL;
	if ((fds = rumpcomp_host_malloc((n + 1) * sizeof(*fds), 0)) == NULL)
		return -LX_ENOMEM;
	for (long fd = 0; fd < n; fd++) {
		short ev = (isset(in, fd) ? POLLIN : 0) |
		    (isset(out, fd) ? POLLOUT : 0) |
		    (isset(ex, fd) ? POLLPRI : 0);

		if (ev != 0)
			fds[k++] = (struct pollfd){ (int)fd, ev, 0 };
	}
	r = lx_epoll_poll(fds, k, deadline);
	for (unsigned i = 0; r >= 0 && i < k; i++)
		if (fds[i].revents & POLLNVAL)
			r = -LX_EBADF;
	if (r >= 0) {
		uint64_t *set[3] = { in, out, ex };
		const short bits[3] = { POLLIN | POLLHUP | POLLERR,
		    POLLOUT | POLLERR, POLLPRI };

		for (int s = 0; s < 3; s++)
			if (set[s] != NULL)
				memset(set[s], 0, ((n + 63) / 64) * 8);
		for (unsigned i = 0; i < k; i++)
			for (int s = 0; s < 3; s++)
				if ((fds[i].revents & bits[s]) && (fds[i].events &
				    bits[s]) && set[s] != NULL) {
					set[s][fds[i].fd >> 6] |=
					    1UL << (fds[i].fd & 63);
					found++;
				}
		r = found;
	}
	rumpcomp_host_free(fds);
	return r;
}

long
lx_sys_select(long n, long in, long out, long ex, long tv, long f)
{
	const int64_t *t = (const void *)tv;
	struct lx_timespec ts;

	if (t != NULL)
		ts = (struct lx_timespec){ t[0] + t[1] / 1000000,
		    t[1] % 1000000 * 1000 };
	if (t != NULL && !lx_timespec_ok(&ts))
		return -LX_EINVAL;
	return do_select(n, (uint64_t *)in, (uint64_t *)out, (uint64_t *)ex,
	    lx_deadline(t != NULL ? &ts : NULL));
}

long
lx_sys_pselect6(long n, long in, long out, long ex, long ts, long sig)
{
	const struct { const uint64_t *mask; size_t size; } *s = (const void *)sig;
	const struct lx_timespec *t = (const void *)ts;

	if (t != NULL && !lx_timespec_ok(t))
		return -LX_EINVAL;
	lx_mask_begin(s != NULL ? s->mask : NULL);
	return lx_mask_end(do_select(n, (uint64_t *)in, (uint64_t *)out,
	    (uint64_t *)ex, lx_deadline(t)));
}
