/* blk.c: files of the host's, and disks of our drivers. */
#include "blk.h"
#include "../dev/dev.h"

/* In images with disks; with drivers for disks. */
#pragma weak blk_partopen
#pragma weak disk_find
#pragma weak disk_rwv
#pragma weak disk_flush

int
blk_hostopen(const char *name, int mode, struct blk *b)
{
	int error;

	if (disk_find != NULL && (b->disk = disk_find(name)) != NULL) {
		b->size = b->disk->size;
		b->rdonly = b->disk->rdonly;
		return 0;
	}
	if ((error = rumpuser_getfileinfo(name, &b->size, NULL)) != 0)
		return error;
	error = rumpuser_open(name, mode | RUMPUSER_OPEN_RDWR, &b->fd);
	if (error == EROFS || error == EACCES) {
		b->rdonly = true;
		error = rumpuser_open(name, mode | RUMPUSER_OPEN_RDONLY,
		    &b->fd);
	}
	return error;
}

void
blk_hostclose(struct blk *b)
{

	if (b->disk != NULL)
		(void)blk_flush(b);
	else
		(void)rumpuser_close(b->fd);
}

int
blk_open(const char *name, int mode, uint64_t begin, uint64_t size,
    struct blk **bp)
{
	struct blk *b = kmem_zalloc(sizeof(*b));
	int error;

	if (b == NULL)
		return ENOMEM;
	strncpy(b->name, name, sizeof(b->name) - 1);
	error = blk_hostopen(name, mode, b);
	if (error == ENOENT && blk_partopen != NULL)
		error = blk_partopen(name, mode, b);
	if (error != 0)
		goto bad;
	if (begin > b->size || (size != BLK_TOEND && size > b->size - begin)) {
		blk_hostclose(b);
		error = EINVAL;
		goto bad;
	}
	b->base += begin;
	b->size = size != BLK_TOEND ? size : b->size - begin;
	*bp = b;
	return 0;
bad:
	kmem_free(b, sizeof(*b));
	return error;
}

void
blk_close(struct blk *b)
{

	blk_hostclose(b);
	kmem_free(b, sizeof(*b));
}

int
blk_rwv(struct blk *b, bool write, const struct iovec *iov, int niov,
    off_t off, size_t *done)
{
	int64_t at = off < 0 ? RUMPUSER_IOV_NOSEEK : (int64_t)b->base + off;

	if (write && b->rdonly)
		return EROFS;
	if (b->disk != NULL)
		return disk_rwv(b->disk, write, iov, niov, at, done);
	if (write)
		return rumpuser_iovwrite(b->fd,
		    (const struct rumpuser_iovec *)iov, niov, at, done);
	return rumpuser_iovread(b->fd, (struct rumpuser_iovec *)iov, niov, at,
	    done);
}

static int
blk_rw(struct blk *b, bool write, uint64_t off, void *p, size_t n)
{
	struct iovec iov;
	size_t done;
	int error;

	if (off > b->size || n > b->size - off)
		return EIO;
	while (n > 0) {
		iov = (struct iovec){ p, n };
		done = 0;
		error = blk_rwv(b, write, &iov, 1, off, &done);
		if (error != 0 || done == 0)
			return error != 0 ? error : EIO;
		p = (char *)p + done;
		off += done;
		n -= done;
	}
	return 0;
}

int
blk_read(struct blk *b, uint64_t off, void *p, size_t n)
{

	return blk_rw(b, false, off, p, n);
}

int
blk_write(struct blk *b, uint64_t off, const void *p, size_t n)
{

	return blk_rw(b, true, off, (void *)p, n);
}

int
blk_flush(struct blk *b)
{

	if (b->rdonly)
		return 0;
	if (b->disk != NULL)
		return disk_flush(b->disk);
	return rumpuser_syncfd(b->fd, RUMPUSER_SYNCFD_WRITE |
	    RUMPUSER_SYNCFD_BARRIER | RUMPUSER_SYNCFD_SYNC, 0, 0);
}
