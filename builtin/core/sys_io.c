/* sys_io.c: system calls that move data through a descriptor. */
#include "file.h"
#include <rump/rump_syscalls.h>

#define IOV_LIMIT	1024		/* IOV_MAX */

int
iov_total(const struct iovec *iov, int n, size_t *total)
{
	size_t sum = 0;

	if (n <= 0 || n > IOV_LIMIT)
		return EINVAL;
	for (int i = 0; i < n; i++) {
		if (iov[i].iov_len > (size_t)INT64_MAX - sum)
			return EINVAL;
		sum += iov[i].iov_len;
	}
	*total = sum;
	return 0;
}

enum where { HERE, AT };	/* at the file's position, at an offset */

static int
io_file(struct file *f, bool wr, const struct iovec *iov, int n,
    enum where where, off_t off, size_t *done)
{
	size_t total;
	int error;

	if ((f->flags & (wr ? FWRITE : FREAD)) == 0)
		return EBADF;
	if ((error = iov_total(iov, n, &total)) != 0)
		return error;
	if (where == AT) {
		if ((f->ops->flags & FO_SEEK) == 0)
			return ESPIPE;
		if (off < 0 || off > INT64_MAX - (off_t)total)
			return EINVAL;
	}
	error = (wr ? f->ops->write : f->ops->read)(f, iov, n,
	    where == AT ? off : FO_POS, done);
	return *done != 0 ? 0 : error;
}

static ssize_t
sys_io(int fd, bool wr, const struct iovec *iov, int n, enum where where,
    off_t off)
{
	struct file *f;
	size_t done = 0;
	int error;

	SYS_ENTER();
	do {
		if (__predict_false((f = fd_get(fd)) == NULL))
			return SYS_LEAVE(EBADF, 0);
		error = io_file(f, wr, iov, n, where, off, &done);
		file_put(f);
	} while (__predict_false(error == ERESTART));
	return SYS_LEAVE(error, done);
}

ssize_t
rump___sysimpl_read(int fd, void *buf, size_t n)
{

	return sys_io(fd, false, &(struct iovec){ buf, n }, 1, HERE, 0);
}

ssize_t
rump___sysimpl_write(int fd, const void *buf, size_t n)
{

	return sys_io(fd, true, &(struct iovec){ (void *)buf, n }, 1, HERE, 0);
}

ssize_t
rump___sysimpl_pread(int fd, void *buf, size_t n, off_t off)
{

	return sys_io(fd, false, &(struct iovec){ buf, n }, 1, AT, off);
}

ssize_t
rump___sysimpl_pwrite(int fd, const void *buf, size_t n, off_t off)
{

	return sys_io(fd, true, &(struct iovec){ (void *)buf, n }, 1, AT, off);
}

ssize_t
rump___sysimpl_readv(int fd, const struct iovec *iov, int n)
{

	return sys_io(fd, false, iov, n, HERE, 0);
}

ssize_t
rump___sysimpl_writev(int fd, const struct iovec *iov, int n)
{

	return sys_io(fd, true, iov, n, HERE, 0);
}

ssize_t
rump___sysimpl_preadv(int fd, const struct iovec *iov, int n, off_t off)
{

	return sys_io(fd, false, iov, n, AT, off);
}

ssize_t
rump___sysimpl_pwritev(int fd, const struct iovec *iov, int n, off_t off)
{

	return sys_io(fd, true, iov, n, AT, off);
}

off_t
rump___sysimpl_lseek(int fd, off_t off, int whence)
{
	struct file *f;
	off_t result = 0;
	int error;

	SYS_ENTER();
	if ((f = fd_get(fd)) == NULL)
		return SYS_LEAVE(EBADF, 0);
	if (f->ops->seek == NULL)
		error = ESPIPE;
	else
		error = f->ops->seek(f, off, whence, &result);
	file_put(f);
	return SYS_LEAVE(error, result);
}

int
rump___sysimpl_fstat50(int fd, struct stat *st)
{
	struct file *f;
	int error;

	SYS_ENTER();
	if ((f = fd_get(fd)) == NULL)
		return SYS_LEAVE(EBADF, 0);
	error = f->ops->stat(f, st);
	file_put(f);
	return SYS_LEAVE(error, 0);
}
