/*
 * sock_local.c: socketpair(AF_LOCAL): streams and datagrams between two ends
 * in this kernel.  A write puts pbufs into the peer's receive queue.
 */
#include <string.h>

#include "lwip/opt.h"
#include "lwip/pbuf.h"

#include "sock.h"
#include "rights.h"

#define LOCAL_BUF	(64 * 1024)
#define LOCAL_PIECE	(16 * 1024)

static void
local_detach(struct sock *so)
{
	struct sock *peer = so->peer;

	if (peer == NULL)
		return;
	peer->peer = NULL;
	peer->state |= SS_CANTRCV | SS_CANTSEND | SS_DEAD;
	sock_wakeup(peer);
}

static size_t
local_writable(struct sock *so)
{
	struct sock *peer = so->peer;
	size_t n;

	if (peer == NULL)
		return 0;
	n = so->type == SOCK_STREAM ? peer->rq_len : peer->dq_len;
	return n < peer->rcvbuf ? peer->rcvbuf - n : 0;
}

static int
send_datagram(struct sock *so, struct uio *uio)
{
	struct pbuf *p;

	p = pbuf_alloc(PBUF_RAW, uio->resid, PBUF_RAM);
	if (p == NULL)
		return ENOBUFS;
	uio_get(uio, p->payload, p->len);
	if (!dq_append(so->peer, p, NULL, 0)) {
		pbuf_free(p);
		return ENOBUFS;
	}
	sock_wakeup(so->peer);
	return 0;
}

static int
send_piece(struct sock *so, struct uio *uio, size_t room)
{
	struct pbuf *p;
	size_t n = uio->resid;

	if (n > room)
		n = room;
	if (n > LOCAL_PIECE)
		n = LOCAL_PIECE;
	p = pbuf_alloc(PBUF_RAW, n, PBUF_RAM);
	if (p == NULL)
		return ENOBUFS;
	uio_get(uio, p->payload, n);
	rq_append(so->peer, p);
	sock_wakeup(so->peer);
	return 0;
}

static int
local_send(struct sock *so, struct uio *uio, int flags, const ip_addr_t *to,
    uint16_t port)
{
	uint64_t deadline = sock_deadline(so->sndtimeo);
	size_t room, total = uio->resid;
	bool stream = so->type == SOCK_STREAM;
	int error = 0;

	if (to != NULL)
		return EISCONN;
	if (!stream && total > LOCAL_PIECE)
		return EMSGSIZE;
	while (uio->resid > 0 || !stream) {
		if (so->state & SS_CANTSEND)
			error = EPIPE;
		else if (so->peer->state & SS_CANTRCV)
			error = stream ? EPIPE : ENOBUFS;
		if (error != 0)
			break;
		room = local_writable(so);
		if (room > 0 && (stream ||
		    room >= uio->resid + sizeof(struct dgram))) {
			error = stream ? send_piece(so, uio, room) :
			    send_datagram(so, uio);
			if (error != 0 || !stream)
				break;
			continue;
		}
		if ((error = sock_wait(so, flags, deadline)) != 0)
			break;
	}
	return uio->resid < total ? 0 : error;
}

static void
local_consumed(struct sock *so, size_t n)
{

	rights_passed(so, n);
	if (so->peer != NULL && local_writable(so->peer) >= LOCAL_BUF / 4)
		sock_wakeup(so->peer);
}

static int
local_recv(struct sock *so, struct uio *uio, int flags, ip_addr_t *from,
    uint16_t *port, int *msgflags)
{
	int error;

	if (from != NULL) {
		ip_addr_set_zero(from);
		*port = 0;
	}
	if (so->type == SOCK_STREAM)
		return rq_recv(so, uio, flags, local_consumed);
	error = dq_recv(so, uio, flags, NULL, NULL, msgflags);
	if (error == 0 && (flags & PEEK) == 0)
		rights_passed(so, 1);
	if (so->peer != NULL)
		sock_wakeup(so->peer);
	return error;
}

static int
local_shutdown(struct sock *so, int how)
{
	struct sock *peer = so->peer;

	if (how != SHUT_WR) {
		so->state |= SS_CANTRCV;
		rq_flush(so);
		dq_flush(so);
	}
	if (how != SHUT_RD) {
		so->state |= SS_CANTSEND;
		if (peer != NULL)
			peer->state |= SS_CANTRCV;
	}
	sock_wakeup(so);
	if (peer != NULL)
		sock_wakeup(peer);
	return 0;
}

static int
local_poll(struct sock *so, int events)
{
	int r = rq_pollin(so);

	if ((so->state & SS_CANTSEND) || local_writable(so) >= LOCAL_BUF / 4)
		r |= POLLOUT;
	r &= events;
	return so->state & SS_DEAD ? r | POLLHUP : r;
}

static int
local_nobind(struct sock *so, const ip_addr_t *ip, uint16_t port)
{

	return EOPNOTSUPP;
}

static int
local_noconnect(struct sock *so, const ip_addr_t *ip, uint16_t port, int flags)
{

	return EISCONN;
}

const struct sockops local_sockops = {
	.detach = local_detach,
	.bind = local_nobind,
	.connect = local_noconnect,
	.send = local_send,
	.recv = local_recv,
	.shutdown = local_shutdown,
	.poll = local_poll,
	.writable = local_writable,
};

int
local_pair(int type, struct sock **ap, struct sock **bp)
{
	struct sock *a, *b;

	if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET)
		return EPROTONOSUPPORT;
	a = sock_alloc(AF_LOCAL, type, 0, &local_sockops);
	b = a == NULL ? NULL : sock_alloc(AF_LOCAL, type, 0, &local_sockops);
	if (b == NULL) {
		if (a != NULL)
			sock_free(a);
		return ENOBUFS;
	}
	a->peer = b;
	b->peer = a;
	a->state = b->state = SS_CONNECTED;
	a->rcvbuf = b->rcvbuf = a->sndbuf = b->sndbuf = LOCAL_BUF;
	*ap = a;
	*bp = b;
	return 0;
}
