/*
 * rights.c: descriptors sent through a socketpair() (SCM_RIGHTS).  They wait
 * at the receiver beside what it has queued, with what is queued before them,
 * and are received with what follows.
 */
#include <string.h>

#include "lwip/opt.h"

#include "sock.h"
#include "rights.h"

#define SCM_RIGHTS	1
#define ALIGN8(n)	(((size_t)(n) + 7) & ~(size_t)7)
#define HEAD		ALIGN8(sizeof(struct cmsghdr))
#define MAXRIGHTS	253		/* as elsewhere */

struct rights {
	struct rights	*next;
	size_t		before;		/* queued: bytes, or datagrams */
	bool		due;
	int		n;
	struct file	*f[];
};

void
rights_free(struct rights *r)
{
	struct rights *next;

	for (; r != NULL; r = next) {
		next = r->next;
		while (r->n > 0)
			file_put(r->f[--r->n]);
		net_free(r);
	}
}

/* ---- sending ---- */

/* The files of n descriptors at fds. */
static int
get_files(struct rights *r, const char *fds, int n)
{
	int fd;

	for (; n > 0; n--, fds += sizeof(fd)) {
		memcpy(&fd, fds, sizeof(fd));
		if ((r->f[r->n] = fd_get(fd)) == NULL)
			return EBADF;
		r->n++;
	}
	return 0;
}

int
rights_parse(const struct msghdr *msg, struct rights **out)
{
	const char *p = msg->msg_control;
	size_t left = msg->msg_controllen;
	struct rights *r;
	struct cmsghdr c;
	int error = 0, n;

	*out = NULL;
	if (left < sizeof(c))
		return left != 0 ? EINVAL : 0;
	r = net_malloc(sizeof(*r) + MAXRIGHTS * sizeof(r->f[0]));
	if (r == NULL)
		return ENOBUFS;
	memset(r, 0, sizeof(*r));
	while (error == 0 && left >= sizeof(c)) {
		memcpy(&c, p, sizeof(c));
		n = (int)((c.cmsg_len - HEAD) / sizeof(int));
		if (c.cmsg_len < HEAD || c.cmsg_len > left ||
		    c.cmsg_level != SOL_SOCKET || c.cmsg_type != SCM_RIGHTS ||
		    n > MAXRIGHTS - r->n)
			error = EINVAL;
		else
			error = get_files(r, p + HEAD, n);
		if (ALIGN8(c.cmsg_len) >= left)
			break;
		p += ALIGN8(c.cmsg_len);
		left -= ALIGN8(c.cmsg_len);
	}
	if (error != 0) {
		rights_free(r);
		return error;
	}
	*out = r;
	return 0;
}

/* Behind what the receiver has. */
static void
queue(struct sock *so, struct rights *r)
{
	struct rights **p = &so->rights;
	struct dgram *d;

	r->before = so->rq_len;
	if (so->type != SOCK_STREAM)
		for (d = so->dq_head, r->before = 0; d != NULL; d = d->next)
			r->before++;
	while (*p != NULL)
		p = &(*p)->next;
	*p = r;
}

/* Back from the receiver, if they are still there. */
static struct rights *
unqueue(struct sock *so, struct rights *r)
{
	struct rights **p = &so->rights;

	while (*p != NULL && *p != r)
		p = &(*p)->next;
	if (*p == NULL)
		return NULL;
	*p = r->next;
	r->next = NULL;
	return r;
}

struct rights *
rights_send(struct sock *so, struct rights *r, struct uio *uio, int flags,
    int *error)
{
	size_t total = uio->resid;

	if (so->peer == NULL || (total == 0 && so->type == SOCK_STREAM)) {
		*error = so->peer == NULL ? EPIPE : 0;
		return r;		/* there is nothing they go with */
	}
	queue(so->peer, r);
	*error = so->ops->send(so, uio, flags, NULL, 0);
	if (*error == 0 || uio->resid < total || so->peer == NULL)
		return NULL;
	return unqueue(so->peer, r);
}

/* ---- receiving ---- */

void
rights_passed(struct sock *so, size_t n)
{
	struct rights *r;

	for (r = so->rights; r != NULL; r = r->next)
		if (r->before < n)
			r->due = true;
		else
			r->before -= n;
}

/* Those that are due come first: what is queued is in order. */
struct rights *
rights_take(struct sock *so)
{
	struct rights *first = so->rights, **p = &so->rights;

	while (*p != NULL && (*p)->due)
		p = &(*p)->next;
	if (p == &so->rights)
		return NULL;
	so->rights = *p;
	*p = NULL;
	return first;
}

void
rights_receive(struct rights *all, struct msghdr *msg, size_t room, int cloexec)
{
	size_t len = HEAD;
	struct rights *r;
	int fd, i;

	for (r = all; r != NULL; r = r->next)
		for (i = 0; i < r->n; i++) {
			file_ref(r->f[i]);
			if (len + sizeof(fd) > room ||
			    fd_install(r->f[i], 0, cloexec, &fd) != 0) {
				file_put(r->f[i]);
				msg->msg_flags |= MSG_CTRUNC;
				continue;
			}
			memcpy((char *)msg->msg_control + len, &fd, sizeof(fd));
			len += sizeof(fd);
		}
	if (len > HEAD) {
		memset(msg->msg_control, 0, HEAD);
		*(struct cmsghdr *)msg->msg_control = (struct cmsghdr){
		    (socklen_t)len, SOL_SOCKET, SCM_RIGHTS };
		msg->msg_controllen = (socklen_t)(ALIGN8(len) <= room ?
		    ALIGN8(len) : len);
	}
	rights_free(all);
}
