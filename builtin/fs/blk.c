/* blk.c: files of the host's. */
#include "blk.h"
#include <stdlib.h>

/* In images with disks. */
#pragma weak blk_partition

static int
blk_hostopen(const char *name, int mode, struct blk *b)
{
	int error;

	error = rumpuser_open(name, mode | RUMPUSER_OPEN_RDWR, &b->fd);
	if (error == EROFS || error == EACCES) {
		b->rdonly = true;
		error = rumpuser_open(name, mode | RUMPUSER_OPEN_RDONLY,
		    &b->fd);
	}
	return error;
}

/* "blk0s2" is partition 2 of "blk0", if there is no "blk0s2". */
static int
blk_partopen(const char *name, int mode, struct blk *b)
{
	char disk[sizeof(b->name)];
	const char *s = strrchr(name, 's');
	uint64_t begin, size;
	char *end;
	unsigned n;
	int error;

	if (s == NULL || s == name || strlen(name) >= sizeof(disk))
		return ENOENT;
	n = strtoul(s + 1, &end, 10);
	if (n == 0 || end == s + 1 || *end != '\0')
		return ENOENT;
	memcpy(disk, name, s - name);
	disk[s - name] = '\0';
	if (rumpuser_getfileinfo(disk, &b->size, NULL) != 0)
		return ENOENT;
	if ((error = blk_hostopen(disk, mode, b)) != 0)
		return error;
	error = blk_partition != NULL ?
	    blk_partition(b, n, &begin, &size) : ENXIO;
	if (error != 0) {
		(void)rumpuser_close(b->fd);
		return error;
	}
	b->base = begin;
	b->size = size;
	return 0;
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
	error = rumpuser_getfileinfo(name, &b->size, NULL);
	if (error == 0)
		error = blk_hostopen(name, mode, b);
	else if (error == ENOENT)
		error = blk_partopen(name, mode, b);
	if (error != 0)
		goto bad;
	if (begin > b->size || (size != BLK_TOEND && size > b->size - begin)) {
		(void)rumpuser_close(b->fd);
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

	(void)rumpuser_close(b->fd);
	kmem_free(b, sizeof(*b));
}

int
blk_rwv(struct blk *b, bool write, const struct iovec *iov, int niov,
    off_t off, size_t *done)
{
	int64_t at = off < 0 ? RUMPUSER_IOV_NOSEEK : (int64_t)b->base + off;

	if (write)
		return b->rdonly ? EROFS : rumpuser_iovwrite(b->fd,
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
	return rumpuser_syncfd(b->fd, RUMPUSER_SYNCFD_WRITE |
	    RUMPUSER_SYNCFD_BARRIER | RUMPUSER_SYNCFD_SYNC, 0, 0);
}
