/* sys_fd.c: system calls on descriptors themselves. */
#include "fd.h"
#include <stdarg.h>
#include <rump/rump_syscalls.h>

int
rump___sysimpl_close(int fd)
{
	int error;

	SYS_ENTER();
	error = fd_close(fd);
	return SYS_LEAVE(error, 0);
}

/* Takes over the caller's reference to f, also when it fails. */
static int
dup_min(struct file *f, int min, int cloexec, int *newfd)
{
	int error = fd_install(f, min, cloexec, newfd);

	if (error != 0)
		file_put(f);
	return error;
}

int
rump___sysimpl_dup(int fd)
{
	struct file *f;
	int newfd = -1, error = EBADF;

	SYS_ENTER();
	if ((f = fd_get(fd)) != NULL)
		error = dup_min(f, 0, 0, &newfd);
	return SYS_LEAVE(error, newfd);
}

int
rump___sysimpl_dup2(int from, int to)
{
	struct file *f;
	int error = EBADF;

	SYS_ENTER();
	if ((f = fd_get(from)) != NULL) {
		error = from == to ? 0 : fd_replace(to, f);
		if (from == to || error != 0)
			file_put(f);
	}
	return SYS_LEAVE(error, to);
}

/* ---- fcntl ---- */

#define SETTABLE	(O_NONBLOCK | O_APPEND | O_ASYNC | O_SYNC | O_DSYNC | \
			 O_RSYNC | O_DIRECT | O_NOSIGPIPE)

static void
file_setflags(struct file *f, uint32_t clear, uint32_t set)
{
	uint32_t old = __atomic_load_n(&f->flags, __ATOMIC_RELAXED);

	while (!__atomic_compare_exchange_n(&f->flags, &old,
	    (old & ~clear) | set, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		continue;
}

static int
fcntl_file(struct file *f, int fd, int cmd, long arg, long *ret)
{
	int error, value = 0;

	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		file_ref(f);
		error = dup_min(f, (int)arg, cmd == F_DUPFD ? 0 : FD_CLOEXEC,
		    &value);
		break;
	case F_GETFD:
		error = fd_getflags(fd, &value);
		break;
	case F_SETFD:
		error = fd_setflags(fd, arg & FD_CLOEXEC);
		break;
	case F_GETFL:
		value = OFLAGS(f->flags);
		error = 0;
		break;
	case F_SETFL:
		file_setflags(f, SETTABLE, (uint32_t)arg & SETTABLE);
		error = 0;
		break;
	case F_GETNOSIGPIPE:
		value = (f->flags & O_NOSIGPIPE) != 0;
		error = 0;
		break;
	case F_SETNOSIGPIPE:
		file_setflags(f, O_NOSIGPIPE, arg ? O_NOSIGPIPE : 0);
		error = 0;
		break;
	default:		/* locks: one process, nobody to lock out */
		error = EINVAL;
		break;
	}
	*ret = value;
	return error;
}

int
rump___sysimpl_fcntl(int fd, int cmd, ...)
{
	struct file *f;
	va_list ap;
	long arg, ret = 0;
	int error;

	va_start(ap, cmd);
	arg = va_arg(ap, long);
	va_end(ap);
	SYS_ENTER();
	if (cmd == F_MAXFD)
		return SYS_LEAVE(0, fd_highest());
	if (cmd == F_CLOSEM) {
		while ((error = fd_highest()) >= fd && error >= 0)
			(void)fd_close(error);
		return SYS_LEAVE(fd < 0 ? EBADF : 0, 0);
	}
	if ((f = fd_get(fd)) == NULL)
		return SYS_LEAVE(EBADF, 0);
	error = fcntl_file(f, fd, cmd, arg, &ret);
	file_put(f);
	return SYS_LEAVE(error, ret);
}

int
rump___sysimpl_ioctl(int fd, unsigned long cmd, ...)
{
	struct file *f;
	va_list ap;
	void *data;
	int error = 0;

	va_start(ap, cmd);
	data = va_arg(ap, void *);
	va_end(ap);
	SYS_ENTER();
	if ((f = fd_get(fd)) == NULL)
		return SYS_LEAVE(EBADF, 0);
	if ((cmd & IOC_INOUT) != 0 && IOCPARM_LEN(cmd) != 0 && data == NULL)
		error = EFAULT;
	else if (cmd == FIOCLEX || cmd == FIONCLEX)
		error = fd_setflags(fd, cmd == FIOCLEX ? FD_CLOEXEC : 0);
	else if (cmd == FIONBIO)
		file_setflags(f, O_NONBLOCK, *(int *)data ? O_NONBLOCK : 0);
	else
		error = f->ops->ioctl(f, cmd, data);
	file_put(f);
	return SYS_LEAVE(error, 0);
}
