/*
 * sockio.c: receive queues.  A stream's is a list of pbufs, linked by their
 * next pointers as in a chain (a chain's length is 16 bits, so it isn't one);
 * a datagram socket's is a list of chains.
 */
#include <string.h>

#include "lwip/opt.h"
#include "lwip/pbuf.h"

#include "sock.h"

#define SMALL	512	/* segments up to this are gathered when data waits */
#define GATHER	2048

size_t
uio_put(struct uio *uio, const void *src, size_t n)
{
	size_t done = 0, k;

	while (done < n && uio->resid > 0) {
		if (uio->iov->iov_len == 0) {
			uio->iov++;
			uio->iovcnt--;
			continue;
		}
		k = n - done < uio->iov->iov_len ? n - done : uio->iov->iov_len;
		net_memcpy(uio->iov->iov_base, (const char *)src + done, k);
		uio->iov->iov_base = (char *)uio->iov->iov_base + k;
		uio->iov->iov_len -= k;
		uio->resid -= k;
		done += k;
	}
	return done;
}

size_t
uio_get(struct uio *uio, void *dst, size_t n)
{
	size_t done = 0, k;

	while (done < n && uio->resid > 0) {
		if (uio->iov->iov_len == 0) {
			uio->iov++;
			uio->iovcnt--;
			continue;
		}
		k = n - done < uio->iov->iov_len ? n - done : uio->iov->iov_len;
		net_memcpy((char *)dst + done, uio->iov->iov_base, k);
		uio->iov->iov_base = (char *)uio->iov->iov_base + k;
		uio->iov->iov_len -= k;
		uio->resid -= k;
		done += k;
	}
	return done;
}

/* ---- streams ---- */

/*
 * Small segments that wait are gathered: a peer that sends bytes must not
 * cost us packets.
 */
static bool
rq_gather(struct sock *so, struct pbuf *p)
{
	struct pbuf *g;

	if (p->tot_len > SMALL || so->rq_head == NULL)
		return false;
	if (so->rq_room < p->tot_len) {
		if ((g = pbuf_alloc(PBUF_RAW, GATHER, PBUF_RAM)) == NULL)
			return false;
		g->len = g->tot_len = 0;
		so->rq_tail->next = g;
		so->rq_tail = g;
		so->rq_room = GATHER;
	}
	g = so->rq_tail;
	pbuf_copy_partial(p, (char *)g->payload + g->len, p->tot_len, 0);
	g->len += p->tot_len;
	so->rq_len += p->tot_len;
	so->rq_room -= p->tot_len;
	pbuf_free(p);
	return true;
}

void
rq_append(struct sock *so, struct pbuf *p)
{

	if (rq_gather(so, p))
		return;
	so->rq_len += p->tot_len;
	so->rq_room = 0;
	if (so->rq_head == NULL)
		so->rq_head = p;
	else
		so->rq_tail->next = p;
	while (p->next != NULL)
		p = p->next;
	so->rq_tail = p;
}

/* Drop the head, which the list has a reference to. */
static struct pbuf *
rq_pop(struct sock *so)
{
	struct pbuf *p = so->rq_head, *next = p->next;

	p->next = NULL;
	p->tot_len = p->len;
	pbuf_free(p);
	so->rq_head = next;
	if (next == NULL) {
		so->rq_tail = NULL;
		so->rq_room = 0;
	}
	return next;
}

size_t
rq_read(struct sock *so, struct uio *uio, bool peek)
{
	struct pbuf *p = so->rq_head;
	size_t done = 0, k;

	while (p != NULL && uio->resid > 0) {
		k = uio_put(uio, p->payload, p->len);
		done += k;
		if (peek)
			p = p->next;
		else if (k == p->len)
			p = rq_pop(so);
		else {
			p->payload = (char *)p->payload + k;
			p->len -= k;
		}
	}
	if (!peek)
		so->rq_len -= done;
	return done;
}

void
rq_flush(struct sock *so)
{

	while (so->rq_head != NULL)
		rq_pop(so);
	so->rq_len = 0;
}

int
rq_recv(struct sock *so, struct uio *uio, int flags,
    void (*consumed)(struct sock *, size_t))
{
	uint64_t deadline = sock_deadline(so->rcvtimeo);
	size_t n, want = uio->resid;
	int error = 0;

	while (uio->resid > 0 || want == 0) {
		if (so->rq_len > 0) {
			n = rq_read(so, uio, flags & PEEK);
			if ((flags & PEEK) == 0 && consumed != NULL && n > 0)
				consumed(so, n);
			if ((flags & (WAITALL | PEEK)) != WAITALL)
				break;
			continue;
		}
		if (uio->resid < want) {	/* WAITALL has something */
			if (so->error != 0)
				break;
		} else if ((error = sock_takeerror(so)) != 0)
			break;
		if (so->state & SS_CANTRCV)
			break;
		if ((so->state & (SS_CONNECTED | SS_CONNECTING)) == 0) {
			error = uio->resid < want ? 0 : ENOTCONN;
			break;
		}
		if (want == 0)
			break;
		if ((error = sock_wait(so, flags, deadline)) != 0)
			break;
	}
	return uio->resid < want ? 0 : error;
}

int
rq_pollin(struct sock *so)
{

	return so->rq_len > 0 || so->dq_head != NULL || so->error != 0 ||
	    (so->state & SS_CANTRCV) || !TAILQ_EMPTY(&so->accq) ?
	    POLLIN | POLLRDNORM : 0;
}

/* ---- datagrams ---- */

/* Takes the packet; false: there is no room, and it is the caller's. */
bool
dq_append(struct sock *so, struct pbuf *p, const ip_addr_t *from, uint16_t port)
{
	struct dgram *d;

	/* what it costs, not what it says */
	if (so->dq_len + p->tot_len + sizeof(*d) > so->rcvbuf ||
	    (d = net_malloc(sizeof(*d))) == NULL)
		return false;
	d->next = NULL;
	d->p = p;
	d->port = port;
	if (from != NULL)
		d->from = *from;
	else
		ip_addr_set_zero(&d->from);
	if (so->dq_head == NULL)
		so->dq_head = d;
	else
		so->dq_tail->next = d;
	so->dq_tail = d;
	so->dq_len += p->tot_len + sizeof(*d);
	return true;
}

static void
dq_pop(struct sock *so)
{
	struct dgram *d = so->dq_head;

	so->dq_head = d->next;
	so->dq_len -= d->p->tot_len + sizeof(*d);
	pbuf_free(d->p);
	net_free(d);
}

void
dq_flush(struct sock *so)
{

	while (so->dq_head != NULL)
		dq_pop(so);
}

int
dq_recv(struct sock *so, struct uio *uio, int flags, ip_addr_t *from,
    uint16_t *port, int *msgflags)
{
	uint64_t deadline = sock_deadline(so->rcvtimeo);
	struct dgram *d;
	int error;

	while ((d = so->dq_head) == NULL) {
		if ((error = sock_takeerror(so)) != 0)
			return error;
		if (so->state & SS_CANTRCV)
			return 0;
		if ((error = sock_wait(so, flags, deadline)) != 0)
			return error;
	}
	if (from != NULL) {
		*from = d->from;
		*port = d->port;
	}
	if (d->p->tot_len > uio->resid)
		*msgflags |= MSG_TRUNC;
	for (struct pbuf *p = d->p; p != NULL && uio->resid > 0; p = p->next)
		uio_put(uio, p->payload, p->len);
	if ((flags & PEEK) == 0)
		dq_pop(so);
	return 0;
}
