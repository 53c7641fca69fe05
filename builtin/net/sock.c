/* sock.c: what all sockets share: life, waiting, waking, accepting. */
#include <string.h>

#include "lwip/opt.h"
#include "lwip/tcp.h"

#include <rump/rumpuser.h>

#include "sock.h"

struct sock *
sock_alloc(int domain, int type, int proto, const struct sockops *ops)
{
	struct sock *so = net_zalloc(sizeof(*so));

	if (so == NULL)
		return NULL;
	so->ops = ops;
	so->domain = domain;
	so->type = type;
	so->proto = proto;
	so->rcvbuf = net_mem_buffer(TCP_RCVBUF) / 2;
	so->sndbuf = net_mem_buffer(TCP_SNDBUF);
	TAILQ_INIT(&so->accq);
	net_nsockets++;
	return so;
}

void
sock_free(struct sock *so)
{

	rq_flush(so);
	dq_flush(so);
	if (so->cv != NULL)
		rumpuser_cv_destroy(so->cv);
	poll_destroy(&so->ph);
	net_nsockets--;
	net_free(so);
}

int
sock_create(int domain, int type, int proto, struct sock **sop)
{
	const struct sockops *ops;
	struct sock *so;
	int error;

	if (domain != AF_INET && domain != AF_INET6)
		return domain == AF_LOCAL ? EOPNOTSUPP : EAFNOSUPPORT;
	if (type == SOCK_STREAM && (proto == 0 || proto == IPPROTO_TCP))
		ops = &tcp_sockops;
	else if ((type == SOCK_DGRAM && (proto == 0 || proto == IPPROTO_UDP)) ||
	    (type == SOCK_RAW && proto >= 0 && proto < 256))
		ops = &dgram_sockops;
	else
		return EPROTONOSUPPORT;
	so = sock_alloc(domain, type, proto, ops);
	if (so == NULL)
		return ENOBUFS;
	if (domain == AF_INET6)
		so->state |= SS_V6ONLY;		/* NetBSD's default */
	error = ops->attach(so);
	if (error != 0) {
		sock_free(so);
		return error;
	}
	*sop = so;
	return 0;
}

void
sock_close(struct sock *so)
{

	so->ops->detach(so);
	sock_free(so);
}

/* ---- waiting ---- */

uint64_t
sock_deadline(uint64_t timeo)
{

	return timeo == 0 ? UINT64_MAX : k_uptime() + timeo;
}

int
sock_wait(struct sock *so, int flags, uint64_t deadline)
{
	unsigned restarts = so->restarts;
	int error;

	if (flags & DONTWAIT)
		return EAGAIN;
	if (so->cv == NULL)
		kcond_init(&so->cv);
	net_settle();
	so->waiters++;
	error = kcond_wait_until(&so->cv, &net_mtx, deadline);
	so->waiters--;
	vif_tx_reap();
	if (restarts != so->restarts)
		return EBADF;
	return error != 0 ? EAGAIN : 0;
}

void
sock_wakeup(struct sock *so)
{

	if (so->waiters > 0)
		rumpuser_cv_broadcast(so->cv);
	/* requests come under the lock, so an empty list stays empty */
	if (!LIST_EMPTY(&so->ph.reqs))
		poll_notify(&so->ph);
}

int
sock_takeerror(struct sock *so)
{
	int error = so->error;

	so->error = 0;
	return error;
}

int
sock_accept(struct sock *so, int flags, struct sock **newp)
{
	struct sock *new;
	uint64_t deadline = sock_deadline(so->rcvtimeo);
	int error;

	if ((so->state & SS_LISTENING) == 0)
		return EINVAL;
	while ((new = TAILQ_FIRST(&so->accq)) == NULL) {
		if (so->state & SS_CANTRCV)
			return ECONNABORTED;
		if ((error = sock_wait(so, flags, deadline)) != 0)
			return error;
	}
	TAILQ_REMOVE(&so->accq, new, acclink);
	so->accqlen--;
	new->listener = NULL;
	if (new->tcp != NULL)
		tcp_backlog_accepted(new->tcp);
	*newp = new;
	return 0;
}
