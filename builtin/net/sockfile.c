/*
 * sockfile.c: sockets as files: descriptors, read and write, ioctl, poll.
 */
#include <string.h>

#include "lwip/opt.h"

#include "rights.h"
#include "sockfile.h"

static const struct fileops sock_fileops;

/* ---- descriptors ---- */

int
sock_fd(int fd, struct file **fp, struct sock **sop)
{
	struct file *f = fd_get(fd);

	if (f == NULL)
		return EBADF;
	if (f->ops != &sock_fileops) {
		file_put(f);
		return ENOTSOCK;
	}
	*fp = f;
	*sop = f->data;
	return 0;
}

/* A descriptor for a new socket, which is closed when there is none. */
int
sock_install(struct sock *so, int flags, int *fd)
{
	uint32_t fflags = FREAD | FWRITE;
	struct file *f;
	int error;

	if (flags & SOCK_NONBLOCK)
		fflags |= O_NONBLOCK;
	f = file_new(&sock_fileops, fflags, so);
	if (f == NULL) {
		net_lock();
		sock_close(so);
		net_unlock();
		return ENFILE;
	}
	error = fd_install(f, 0, flags & SOCK_CLOEXEC ? FD_CLOEXEC : 0, fd);
	if (error != 0)
		file_put(f);
	return error;
}

int
sock_ioflags(struct file *f, int msgflags)
{
	int flags = 0;

	if (file_nonblock(f) || (msgflags & (MSG_DONTWAIT | MSG_NBIO)))
		flags |= DONTWAIT;
	if (msgflags & MSG_PEEK)
		flags |= PEEK;
	if (msgflags & MSG_WAITALL)
		flags |= WAITALL;
	return flags;
}

/* ---- sockets as files ---- */

int
uio_init(struct uio *uio, struct iovec *copy, const struct iovec *iov, int n)
{

	uio->iov = copy;
	uio->iovcnt = n;
	memcpy(copy, iov, n * sizeof(*iov));
	return iov_total(iov, n, &uio->resid);
}
struct iovec *
iov_space(struct iovspace *s, int n)
{

	s->n = n;
	s->big = n <= SMALL_IOV ? NULL : kmem_alloc(n * sizeof(struct iovec));
	return n <= SMALL_IOV ? s->small : s->big;
}

void
iov_done(struct iovspace *s)
{

	if (s->big != NULL)
		kmem_free(s->big, s->n * sizeof(struct iovec));
}

static int
sock_rw(struct file *f, const struct iovec *iov, int niov, size_t *done,
    bool write)
{
	struct sock *so = f->data;
	struct iovspace space;
	struct iovec *copy = iov_space(&space, niov);
	struct uio uio;
	size_t total;
	int error, msgflags = 0;

	*done = 0;
	if (copy == NULL)
		return ENOMEM;
	error = uio_init(&uio, copy, iov, niov);
	total = uio.resid;
	if (error == 0) {
		net_lock();
		error = write ? so->ops->send(so, &uio, sock_ioflags(f, 0), NULL, 0) :
		    so->ops->recv(so, &uio, sock_ioflags(f, 0), NULL, NULL,
		    &msgflags);
		net_unlock();
	}
	*done = total - uio.resid;
	iov_done(&space);
	return error;
}

static int
fo_read(struct file *f, const struct iovec *iov, int niov, off_t off,
    size_t *done)
{

	return sock_rw(f, iov, niov, done, false);
}

static int
fo_write(struct file *f, const struct iovec *iov, int niov, off_t off,
    size_t *done)
{

	return sock_rw(f, iov, niov, done, true);
}

static int
fo_ioctl(struct file *f, unsigned long cmd, void *data)
{
	int error;

	net_lock();
	error = sock_ioctl(f->data, cmd, data);
	net_unlock();
	return error == ENOTTY ? net_ifioctl(cmd, data) : error;
}

static int
fo_poll(struct file *f, int events, struct pollreq *req)
{
	struct sock *so = f->data;
	int r;

	net_lock();
	if (req != NULL)
		poll_record(&so->ph, req);
	r = so->ops->poll(so, events);
	net_unlock();
	return r;
}

static int
fo_stat(struct file *f, struct stat *st)
{

	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFSOCK | 0666;
	st->st_blksize = 65536;
	return 0;
}

static void
fo_close(struct file *f)
{
	struct sock *so = f->data;
	struct rights *rights;

	net_lock();
	rights = so->rights;
	so->rights = NULL;
	sock_close(so);
	net_unlock();
	rights_free(rights);		/* they may be sockets, too */
}

static void
fo_restart(struct file *f)
{
	struct sock *so = f->data;

	net_lock();
	so->restarts++;
	sock_wakeup(so);
	net_unlock();
}

static const struct fileops sock_fileops = {
	.name = "socket",
	.read = fo_read,
	.write = fo_write,
	.ioctl = fo_ioctl,
	.poll = fo_poll,
	.stat = fo_stat,
	.close = fo_close,
	.restart = fo_restart,
};
