/* iov.c: reads and writes that are not block I/O. */
#include "hyp.h"

/* In images with disks; without, no descriptor of one exists. */
#pragma weak hyp_disk_clip
#pragma weak hyp_disk_rw

/* One piece; *got may be less than len at the end.  Runs without context. */
static int
iov_disk(struct hyp_file *f, bool write, uint64_t off, void *p, size_t len,
    size_t *got)
{
	size_t n = hyp_disk_clip(f->disk, (int64_t)off, len);
	int error;

	*got = 0;
	if (n == 0)
		return write && len != 0 ? ENOSPC : 0;
	if ((error = hyp_disk_rw(f->disk, write, off, p, n)) == 0)
		*got = n;
	return error;
}

static int
iov_text(const char *text, size_t size, uint64_t off, void *p, size_t len,
    size_t *got)
{

	*got = off >= size ? 0 : len < size - off ? len : size - off;
	memcpy(p, text + (*got != 0 ? off : 0), *got);
	return 0;
}

static int
iov_piece(struct hyp_file *f, bool write, uint64_t off, void *p, size_t len,
    size_t *got)
{

	switch (f->kind) {
	case HYP_BLK:
		return iov_disk(f, write, off, p, len, got);
	case HYP_CONSOLE:
		if (!write)
			return kern_console_read(p, len, got);
		kern_console_write(p, len);
		*got = len;
		return 0;
	case HYP_STATUS:
		if (off == 0)		/* a new look at things */
			hyp_status(f->text, HYP_STATUS_SIZE);
		return iov_text(f->text, HYP_STATUS_SIZE, off, p, len, got);
	case HYP_CONFIG:
		return iov_text(plat_cmdline(), hyp_config_len(), off, p, len,
		    got);
	default:
		return EBADF;
	}
}

/*
 * All pieces until one is short: an error after the first byte is a short
 * transfer, as of readv(2); the console gives what there is.
 */
static int
iov_all(struct hyp_file *f, bool write, const struct rumpuser_iovec *iov,
    size_t n, uint64_t off, size_t *done)
{
	size_t got;
	int error;

	for (; n > 0; n--, iov++) {
		if (iov->iov_len == 0)
			continue;
		error = iov_piece(f, write, off + *done, iov->iov_base,
		    iov->iov_len, &got);
		if (error != 0)
			return *done != 0 ? 0 : error;
		*done += got;
		if (got < iov->iov_len ||
		    (f->kind == HYP_CONSOLE && !write && !kern_console_ready()))
			break;
	}
	return 0;
}

static int
iov_io(int fd, bool write, const struct rumpuser_iovec *iov, size_t n,
    int64_t off, size_t *retv)
{
	struct hyp_file *f = hyp_file(fd);
	int acc, nlocks, error;
	bool locked;

	*retv = 0;
	if (f == NULL)
		return EBADF;
	acc = f->mode & RUMPUSER_OPEN_ACCMODE;
	if (acc == (write ? RUMPUSER_OPEN_RDONLY : RUMPUSER_OPEN_WRONLY))
		return EBADF;
	if (off < 0 && off != RUMPUSER_IOV_NOSEEK)
		return EINVAL;
	nlocks = hyp_unschedule(NULL);
	/* The console's reader must not keep its writers waiting. */
	locked = f->kind != HYP_CONSOLE &&
	    (off == RUMPUSER_IOV_NOSEEK || f->kind == HYP_STATUS);
	if (locked)
		kern_mutex_lock(&f->lock);
	error = iov_all(f, write, iov, n,
	    off == RUMPUSER_IOV_NOSEEK ? f->pos : (uint64_t)off, retv);
	if (off == RUMPUSER_IOV_NOSEEK)
		f->pos += *retv;
	if (locked)
		kern_mutex_unlock(&f->lock);
	hyp_schedule(nlocks, NULL);
	return error;
}

int
rumpuser_iovread(int fd, struct rumpuser_iovec *iov, size_t iovcnt,
    int64_t off, size_t *retv)
{

	return iov_io(fd, false, iov, iovcnt, off, retv);
}

int
rumpuser_iovwrite(int fd, const struct rumpuser_iovec *iov, size_t iovcnt,
    int64_t off, size_t *retv)
{

	return iov_io(fd, true, iov, iovcnt, off, retv);
}
