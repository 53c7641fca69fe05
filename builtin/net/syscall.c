/* syscall.c: the socket system calls of the client API. */
#include <string.h>

#include "lwip/opt.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/udp.h"

#include <rump/rump_syscalls.h>

#include "rights.h"
#include "sockfile.h"

#define IOV_MAX		1024

/* ---- making ---- */

int
rump___sysimpl_socket30(int domain, int type, int proto)
{
	struct sock *so;
	int error, fd = -1;

	SYS_ENTER();
	net_lock();
	error = sock_create(domain, type & ~SOCK_FLAGS_MASK, proto, &so);
	net_unlock();
	if (error == 0)
		error = sock_install(so, type, &fd);
	return SYS_LEAVE(error, fd);
}

int
rump___sysimpl_socketpair(int domain, int type, int proto, int *sv)
{
	struct sock *a, *b;
	int error;

	SYS_ENTER();
	if (domain != AF_LOCAL)
		return SYS_LEAVE(domain == AF_INET || domain == AF_INET6 ?
		    EOPNOTSUPP : EAFNOSUPPORT, 0);
	net_lock();
	error = local_pair(type & ~SOCK_FLAGS_MASK, &a, &b);
	net_unlock();
	if (error != 0)
		return SYS_LEAVE(error, 0);
	if ((error = sock_install(a, type, &sv[0])) == 0 &&
	    (error = sock_install(b, type, &sv[1])) != 0)
		fd_close(sv[0]);
	else if (error != 0) {
		net_lock();
		sock_close(b);
		net_unlock();
	}
	return SYS_LEAVE(error, 0);
}

static void
put_name(struct sock *so, bool peer, struct sockaddr *sa, unsigned *len)
{
	const ip_addr_t *ip = peer ? &so->raddr : &so->laddr;
	uint16_t port = peer ? so->rport : so->lport;

	if (so->ops == &tcp_sockops && so->tcp != NULL && !peer) {
		ip = &so->tcp->local_ip;
		port = so->tcp->local_port;
	} else if (so->ops != &tcp_sockops && so->domain != AF_LOCAL && !peer) {
		ip = &((struct ip_pcb *)so->udp)->local_ip;
		port = so->type == SOCK_DGRAM ? so->udp->local_port : 0;
	}
	addr_put(so->domain, ip, port, sa, len);
}

static int
do_accept(int fd, struct sockaddr *sa, unsigned *len, int flags, bool inherit,
    int *newfd)
{
	struct file *f;
	struct sock *so, *new;
	int error;

	if ((error = sock_fd(fd, &f, &so)) != 0)
		return error;
	net_lock();
	error = so->type == SOCK_STREAM && so->domain != AF_LOCAL ?
	    sock_accept(so, sock_ioflags(f, 0), &new) : EOPNOTSUPP;
	if (error == 0 && sa != NULL && len != NULL)
		put_name(new, true, sa, len);
	net_unlock();
	if (inherit && file_nonblock(f))
		flags |= SOCK_NONBLOCK;
	file_put(f);
	return error != 0 ? error : sock_install(new, flags, newfd);
}

int
rump___sysimpl_accept(int fd, struct sockaddr *sa, unsigned *len)
{
	int error, new = -1;

	SYS_ENTER();
	error = do_accept(fd, sa, len, 0, true, &new);
	return SYS_LEAVE(error, new);
}

int	rump___sysimpl_paccept(int, struct sockaddr *, unsigned *, const void *,
	    int);
int
rump___sysimpl_paccept(int fd, struct sockaddr *sa, unsigned *len,
    const void *sigmask, int flags)
{
	int error, new = -1;

	SYS_ENTER();
	error = do_accept(fd, sa, len, flags, false, &new);
	return SYS_LEAVE(error, new);
}

/* ---- names ---- */

enum name_op { BIND, CONNECT };

static int
do_name(int fd, const struct sockaddr *sa, unsigned len, enum name_op op)
{
	struct file *f;
	struct sock *so;
	ip_addr_t ip;
	uint16_t port;
	int error;

	if ((error = sock_fd(fd, &f, &so)) != 0)
		return error;
	net_lock();
	error = so->domain == AF_LOCAL ? 0 : addr_get(so, sa, len, &ip, &port);
	if (error == 0)
		error = op == BIND ? so->ops->bind(so, &ip, port) :
		    so->ops->connect(so, &ip, port, sock_ioflags(f, 0));
	net_unlock();
	file_put(f);
	return error;
}

int
rump___sysimpl_bind(int fd, const struct sockaddr *sa, unsigned len)
{

	SYS_ENTER();
	return SYS_LEAVE(do_name(fd, sa, len, BIND), 0);
}

int
rump___sysimpl_connect(int fd, const struct sockaddr *sa, unsigned len)
{

	SYS_ENTER();
	return SYS_LEAVE(do_name(fd, sa, len, CONNECT), 0);
}

static int
do_getname(int fd, struct sockaddr *sa, unsigned *len, bool peer)
{
	struct file *f;
	struct sock *so;
	int error;

	if ((error = sock_fd(fd, &f, &so)) != 0)
		return error;
	net_lock();
	if (peer && (so->state & SS_CONNECTED) == 0)
		error = ENOTCONN;
	else if (sa == NULL || len == NULL)
		error = EFAULT;
	else
		put_name(so, peer, sa, len);
	net_unlock();
	file_put(f);
	return error;
}

int
rump___sysimpl_getsockname(int fd, struct sockaddr *sa, unsigned *len)
{

	SYS_ENTER();
	return SYS_LEAVE(do_getname(fd, sa, len, false), 0);
}

int
rump___sysimpl_getpeername(int fd, struct sockaddr *sa, unsigned *len)
{

	SYS_ENTER();
	return SYS_LEAVE(do_getname(fd, sa, len, true), 0);
}

static int
do_listen(int fd, int backlog)
{
	struct file *f;
	struct sock *so;
	int error;

	if ((error = sock_fd(fd, &f, &so)) != 0)
		return error;
	net_lock();
	error = so->ops->listen != NULL ? so->ops->listen(so, backlog) :
	    EOPNOTSUPP;
	net_unlock();
	file_put(f);
	return error;
}

int
rump___sysimpl_listen(int fd, int backlog)
{

	SYS_ENTER();
	return SYS_LEAVE(do_listen(fd, backlog), 0);
}

static int
do_shutdown(int fd, int how)
{
	struct file *f;
	struct sock *so;
	int error;

	if ((error = sock_fd(fd, &f, &so)) != 0)
		return error;
	net_lock();
	error = how == SHUT_RD || how == SHUT_WR || how == SHUT_RDWR ?
	    so->ops->shutdown(so, how) : EINVAL;
	net_unlock();
	file_put(f);
	return error;
}

int
rump___sysimpl_shutdown(int fd, int how)
{

	SYS_ENTER();
	return SYS_LEAVE(do_shutdown(fd, how), 0);
}

/* ---- data ---- */

/* What a call with a struct msghdr holds, from msg_begin to msg_end. */
struct msgcall {
	struct file	*f;
	struct sock	*so;
	struct iovspace	space;
	struct uio	uio;
	size_t		total;		/* of the caller's buffers */
};

static void
msg_end(struct msgcall *c)
{

	iov_done(&c->space);
	file_put(c->f);
}

/* On error nothing is held. */
static int
msg_begin(struct msgcall *c, int fd, const struct msghdr *msg, int flags)
{
	struct iovec *copy;
	int error;

	if (msg->msg_iovlen < 0 || msg->msg_iovlen > IOV_MAX)
		return EMSGSIZE;
	if (flags & MSG_OOB)
		return EOPNOTSUPP;
	if ((error = sock_fd(fd, &c->f, &c->so)) != 0)
		return error;
	copy = iov_space(&c->space, msg->msg_iovlen);
	error = copy == NULL ? ENOMEM :
	    uio_init(&c->uio, copy, msg->msg_iov, msg->msg_iovlen);
	if (error != 0)
		msg_end(c);
	c->total = error == 0 ? c->uio.resid : 0;
	return error;
}

static int
do_recvmsg(int fd, struct msghdr *msg, int flags, size_t *done)
{
	struct msgcall c;
	struct rights *rights = NULL;
	ip_addr_t from;
	uint16_t port = 0;
	socklen_t room = msg->msg_control != NULL ? msg->msg_controllen : 0;
	int error;

	if ((error = msg_begin(&c, fd, msg, flags)) != 0)
		return error;
	msg->msg_flags = 0;
	msg->msg_controllen = 0;
	ip_addr_set_zero(&from);
	net_lock();
	error = c.so->ops->recv(c.so, &c.uio, sock_ioflags(c.f, flags), &from,
	    &port, &msg->msg_flags);
	if (error == 0 && c.so->rights != NULL)
		rights = rights_take(c.so);
	net_unlock();
	if (rights != NULL)
		rights_receive(rights, msg, room,
		    flags & MSG_CMSG_CLOEXEC ? FD_CLOEXEC : 0);
	*done = c.total - c.uio.resid;
	if (error == 0 && msg->msg_name != NULL) {
		if (c.so->ops == &dgram_sockops)
			addr_put(c.so->domain, &from, port, msg->msg_name,
			    &msg->msg_namelen);
		else
			msg->msg_namelen = 0;
	}
	msg_end(&c);
	return error;
}

static int
do_sendmsg(int fd, const struct msghdr *msg, int flags, size_t *done)
{
	struct msgcall c;
	struct rights *rights = NULL;	/* not on their way */
	ip_addr_t to, *dest = NULL;
	uint16_t port = 0;
	int error;

	if ((error = msg_begin(&c, fd, msg, flags)) != 0)
		return error;
	if (msg->msg_controllen != 0)
		error = c.so->ops != &local_sockops ? EINVAL :
		    rights_parse(msg, &rights);
	if (error == 0 && msg->msg_name != NULL &&
	    c.so->ops == &dgram_sockops) {
		dest = &to;
		error = addr_get(c.so, msg->msg_name, msg->msg_namelen, &to,
		    &port);
	}
	if (error == 0) {
		net_lock();
		if (rights != NULL)
			rights = rights_send(c.so, rights, &c.uio,
			    sock_ioflags(c.f, flags), &error);
		else
			error = c.so->ops->send(c.so, &c.uio,
			    sock_ioflags(c.f, flags), dest, port);
		net_unlock();
		*done = c.total - c.uio.resid;
	}
	rights_free(rights);
	msg_end(&c);
	return error;
}

ssize_t
rump___sysimpl_recvmsg(int fd, struct msghdr *msg, int flags)
{
	size_t done = 0;
	int error;

	SYS_ENTER();
	error = do_recvmsg(fd, msg, flags, &done);
	return SYS_LEAVE(error, done);
}

ssize_t
rump___sysimpl_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	size_t done = 0;
	int error;

	SYS_ENTER();
	error = do_sendmsg(fd, msg, flags, &done);
	return SYS_LEAVE(error, done);
}

ssize_t
rump___sysimpl_recvfrom(int fd, void *buf, size_t n, int flags,
    struct sockaddr *sa, unsigned *len)
{
	struct iovec iov = { buf, n };
	struct msghdr msg = { .msg_name = len != NULL ? sa : NULL,
	    .msg_namelen = len != NULL ? *len : 0,
	    .msg_iov = &iov, .msg_iovlen = 1 };
	size_t done = 0;
	int error;

	SYS_ENTER();
	error = do_recvmsg(fd, &msg, flags, &done);
	if (error == 0 && len != NULL && sa != NULL)
		*len = msg.msg_namelen;
	return SYS_LEAVE(error, done);
}

ssize_t
rump___sysimpl_sendto(int fd, const void *buf, size_t n, int flags,
    const struct sockaddr *sa, unsigned len)
{
	struct iovec iov = { (void *)buf, n };
	struct msghdr msg = { .msg_name = (void *)sa, .msg_namelen = len,
	    .msg_iov = &iov, .msg_iovlen = 1 };
	size_t done = 0;
	int error;

	SYS_ENTER();
	error = do_sendmsg(fd, &msg, flags, &done);
	return SYS_LEAVE(error, done);
}

/* ---- options ---- */

static int
do_setsockopt(int fd, int level, int name, const void *val, unsigned len)
{
	struct file *f;
	struct sock *so;
	int error;

	if ((error = sock_fd(fd, &f, &so)) != 0)
		return error;
	net_lock();
	error = sock_setopt(so, level, name, val, len);
	net_unlock();
	file_put(f);
	return error;
}

int
rump___sysimpl_setsockopt(int fd, int level, int name, const void *val,
    unsigned len)
{

	SYS_ENTER();
	return SYS_LEAVE(do_setsockopt(fd, level, name, val, len), 0);
}

static int
do_getsockopt(int fd, int level, int name, void *val, unsigned *len)
{
	struct file *f;
	struct sock *so;
	int error;

	if ((error = sock_fd(fd, &f, &so)) != 0)
		return error;
	net_lock();
	error = sock_getopt(so, level, name, val, len);
	net_unlock();
	file_put(f);
	return error;
}

int
rump___sysimpl_getsockopt(int fd, int level, int name, void *val,
    unsigned *len)
{

	SYS_ENTER();
	return SYS_LEAVE(do_getsockopt(fd, level, name, val, len), 0);
}
