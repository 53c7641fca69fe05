/* pipe.c: pipes: a ring of 16 KB between two files. */
#include "file.h"
#include <rump/rump_syscalls.h>

#define PIPE_SIZE	16384
#define PIPE_ATOMIC	512		/* PIPE_BUF */

struct pipe {
	kmutex_t	mtx;
	kcond_t		cv;		/* both sides wait here */
	struct pollhead	rhead, whead;
	size_t		r, n;		/* first byte, how many */
	bool		rclosed, wclosed;
	int		files;		/* 2, 1 */
	uint32_t	restarts;	/* a descriptor was closed */
	ino_t		ino;
	char		buf[PIPE_SIZE];
};

static ino_t lastino;

static size_t
pipe_copy_out(struct pipe *p, char *to, size_t len)
{
	size_t done = 0, k;

	while (done < len && p->n > 0) {
		k = PIPE_SIZE - p->r;
		k = k < p->n ? k : p->n;
		k = k < len - done ? k : len - done;
		memcpy(to + done, p->buf + p->r, k);
		p->r = (p->r + k) % PIPE_SIZE;
		p->n -= k;
		done += k;
	}
	return done;
}

static size_t
pipe_copy_in(struct pipe *p, const char *from, size_t len)
{
	size_t done = 0, k, w;

	while (done < len && p->n < PIPE_SIZE) {
		w = (p->r + p->n) % PIPE_SIZE;
		k = PIPE_SIZE - w < PIPE_SIZE - p->n ? PIPE_SIZE - w :
		    PIPE_SIZE - p->n;
		k = k < len - done ? k : len - done;
		memcpy(p->buf + w, from + done, k);
		p->n += k;
		done += k;
	}
	return done;
}

/* Sleeps for a change; the mutex is held.  EAGAIN, ERESTART. */
static int
pipe_wait(struct pipe *p, struct file *f)
{
	uint32_t restarts = p->restarts;

	if (file_nonblock(f))
		return EAGAIN;
	kcond_wait(&p->cv, &p->mtx);
	return p->restarts != restarts ? ERESTART : 0;
}

static int
pipe_read(struct file *f, const struct iovec *iov, int niov, off_t off,
    size_t *done)
{
	struct pipe *p = f->data;
	int error = 0;

	*done = 0;
	kmutex_enter(&p->mtx);
	while (p->n == 0 && !p->wclosed && error == 0)
		error = pipe_wait(p, f);
	for (; error == 0 && niov > 0; niov--, iov++)
		*done += pipe_copy_out(p, iov->iov_base, iov->iov_len);
	if (*done != 0)
		kcond_broadcast(&p->cv);
	kmutex_exit(&p->mtx);
	if (*done != 0)
		poll_notify(&p->whead);
	return error;
}

static int
pipe_write(struct file *f, const struct iovec *iov, int niov, off_t off,
    size_t *done)
{
	struct pipe *p = f->data;
	size_t total = 0, at = 0, need, k;
	int i, error = 0;

	*done = 0;
	for (i = 0; i < niov; i++)
		total += iov[i].iov_len;
	/* Up to PIPE_BUF bytes go in one piece, or not at all. */
	need = total <= PIPE_ATOMIC ? total : 1;
	kmutex_enter(&p->mtx);
	while (niov > 0 && error == 0) {
		if (p->rclosed) {
			error = EPIPE;
			break;
		}
		if (PIPE_SIZE - p->n < need) {
			/* what is there must be read before we sleep */
			poll_notify(&p->rhead);
			error = pipe_wait(p, f);
			continue;
		}
		k = pipe_copy_in(p, (char *)iov->iov_base + at,
		    iov->iov_len - at);
		*done += k;
		if ((at += k) == iov->iov_len) {
			niov--;
			iov++;
			at = 0;
			need = niov > 0 && total <= PIPE_ATOMIC ? 0 : 1;
		} else
			need = 1;
		kcond_broadcast(&p->cv);
	}
	kmutex_exit(&p->mtx);
	if (*done != 0)
		poll_notify(&p->rhead);
	return error;
}

static int
pipe_poll(struct file *f, int events, struct pollreq *pr)
{
	struct pipe *p = f->data;
	bool wr = (f->flags & FWRITE) != 0;
	int r = 0;

	poll_record(wr ? &p->whead : &p->rhead, pr);
	kmutex_enter(&p->mtx);
	if (wr) {
		if (p->rclosed)
			r = POLLHUP;
		else if (PIPE_SIZE - p->n >= PIPE_ATOMIC)
			r = events & POLLOUT;
	} else {
		if (p->n > 0)
			r = events & (POLLIN | POLLRDNORM);
		if (p->wclosed)
			r |= POLLHUP;
	}
	kmutex_exit(&p->mtx);
	return r;
}

static int
pipe_ioctl(struct file *f, unsigned long cmd, void *data)
{
	struct pipe *p = f->data;

	switch (cmd) {
	case FIONREAD:
		*(int *)data = (f->flags & FREAD) ? (int)p->n : 0;
		return 0;
	case FIONSPACE:
		*(int *)data = PIPE_SIZE - (int)p->n;
		return 0;
	case FIONWRITE:
		*(int *)data = (int)p->n;
		return 0;
	default:
		return ENOTTY;
	}
}

static int
pipe_stat(struct file *f, struct stat *st)
{
	struct pipe *p = f->data;

	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFIFO | S_IRUSR | S_IWUSR;
	st->st_ino = p->ino;
	st->st_nlink = 1;
	st->st_size = p->n;
	st->st_blksize = PIPE_SIZE;
	return 0;
}

static void
pipe_close(struct file *f)
{
	struct pipe *p = f->data;
	bool last;

	kmutex_enter(&p->mtx);
	if (f->flags & FWRITE)
		p->wclosed = true;
	else
		p->rclosed = true;
	kcond_broadcast(&p->cv);
	kmutex_exit(&p->mtx);
	poll_notify(&p->rhead);
	poll_notify(&p->whead);
	kmutex_enter(&p->mtx);
	last = --p->files == 0;
	kmutex_exit(&p->mtx);
	if (!last)
		return;
	poll_destroy(&p->rhead);
	poll_destroy(&p->whead);
	kcond_destroy(&p->cv);
	kmutex_destroy(&p->mtx);
	kmem_free(p, sizeof(*p));
}

static void
pipe_restart(struct file *f)
{
	struct pipe *p = f->data;

	kmutex_enter(&p->mtx);
	p->restarts++;
	kcond_broadcast(&p->cv);
	kmutex_exit(&p->mtx);
}

static const struct fileops pipe_ops = {
	.name = "pipe",
	.read = pipe_read,
	.write = pipe_write,
	.ioctl = pipe_ioctl,
	.poll = pipe_poll,
	.stat = pipe_stat,
	.close = pipe_close,
	.restart = pipe_restart,
};

static int
pipe_install(struct file *r, struct file *w, int cloexec, int fd[2])
{
	int error;

	if ((error = fd_install(r, 0, cloexec, &fd[0])) != 0) {
		file_put(r);
		file_put(w);
		return error;
	}
	if ((error = fd_install(w, 0, cloexec, &fd[1])) != 0) {
		(void)fd_close(fd[0]);
		file_put(w);
	}
	return error;
}

static int
pipe_make(int fd[2], int flags)
{
	struct pipe *p;
	struct file *r, *w;

	if ((flags & ~(O_CLOEXEC | O_NONBLOCK | O_NOSIGPIPE)) != 0)
		return EINVAL;
	if ((p = kmem_alloc(sizeof(*p))) == NULL)
		return ENOMEM;
	memset(p, 0, offsetof(struct pipe, buf));
	kmutex_init(&p->mtx);
	kcond_init(&p->cv);
	p->files = 2;
	p->ino = __atomic_add_fetch(&lastino, 1, __ATOMIC_RELAXED);
	r = file_new(&pipe_ops, FREAD | (flags & O_NONBLOCK), p);
	w = file_new(&pipe_ops, FWRITE | (flags & O_NONBLOCK), p);
	if (r == NULL || w == NULL) {
		/* closing one side and then the other frees the pipe */
		struct file half = { .data = p, .flags = FREAD };

		if (r != NULL)
			file_put(r);
		else
			pipe_close(&half);
		half.flags = FWRITE;
		if (w != NULL)
			file_put(w);
		else
			pipe_close(&half);
		return ENOMEM;
	}
	return pipe_install(r, w, (flags & O_CLOEXEC) ? FD_CLOEXEC : 0, fd);
}

int
rump___sysimpl_pipe2(int *fd, int flags)
{
	int error;

	SYS_ENTER();
	error = fd == NULL ? EFAULT : pipe_make(fd, flags);
	return SYS_LEAVE(error, 0);
}
