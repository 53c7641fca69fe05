/* data.c: the contents of FAT's files. */
#include "fat.h"

/* ---- the FIL: FatFs's idea of an open file; mp->mtx is held ---- */

int
fatnode_fil(struct fatnode *np)
{
	struct fatfs *f = FATFS_OF(np);
	char path[FAT_PATHMAX];
	uint8_t mode = FA_READ;
	int error;

	if (np->fil != NULL)
		return 0;
	if ((error = fatnode_path(np, NULL, path)) != 0)
		return error;
	if ((np->fil = kmem_alloc(sizeof(*np->fil))) == NULL)
		return ENOMEM;
	if ((np->v.mp->flags & MNT_RDONLY) == 0 && (np->attr & AM_RDO) == 0)
		mode |= FA_WRITE;
	error = fat_error(f_open(&f->ff, np->fil, path, mode));
	if (error != 0) {
		kmem_free(np->fil, sizeof(*np->fil));
		np->fil = NULL;
		return error;
	}
	LIST_INSERT_HEAD(&f->files, np, file);
	return 0;
}

int
fatnode_sync(struct fatnode *np)
{

	if (np->fil == NULL || np->gone)
		return 0;
	return fat_error(f_sync(np->fil));
}

void
fatnode_closefil(struct fatnode *np)
{

	if (np->fil == NULL)
		return;
	(void)fatnode_sync(np);
	LIST_REMOVE(np, file);
	kmem_free(np->fil, sizeof(*np->fil));
	np->fil = NULL;
	np->nrun = 0;
	np->nclu = 0;
}

/* ---- extents; mp->mtx is held ---- */

static int
run_add(struct fatnode *np, uint32_t clust)
{
	struct fatrun *r = np->nrun > 0 ? &np->run[np->nrun - 1] : NULL;
	struct fatrun *bigger;
	int max;

	if (r != NULL && r->disk + r->n == clust) {
		r->n++;
		np->nclu++;
		return 0;
	}
	if (np->nrun == np->maxrun) {
		max = np->maxrun != 0 ? np->maxrun * 2 : 8;
		if ((bigger = kmem_alloc(max * sizeof(*r))) == NULL)
			return ENOMEM;
		if (np->run != NULL) {
			memcpy(bigger, np->run, np->nrun * sizeof(*r));
			kmem_free(np->run, np->maxrun * sizeof(*r));
		}
		np->run = bigger;
		np->maxrun = max;
	}
	np->run[np->nrun++] = (struct fatrun){ np->nclu++, clust, 1 };
	return 0;
}

/* The run that cluster n of the file is in. */
static int
run_find(struct fatnode *np, uint32_t n, struct fatrun *run)
{
	struct fatrun *last;
	uint32_t clust = 0;
	int error, lo, hi, mid;

	if (np->nrun > 0) {
		last = &np->run[np->nrun - 1];
		clust = last->disk + last->n - 1;
	}
	/* some more than what is asked for: it will be, soon */
	for (uint32_t want = n + 64; np->nclu <= want;) {
		error = fat_error(ff_next_cluster(np->fil, &clust));
		if (error != 0) {
			if (np->nclu > n)
				break;
			return error;
		}
		if ((error = run_add(np, clust)) != 0)
			return error;
		if (np->nclu == 0)
			return EIO;
	}
	for (lo = 0, hi = np->nrun - 1; lo < hi;) {
		mid = (lo + hi + 1) / 2;
		if (np->run[mid].first <= n)
			lo = mid;
		else
			hi = mid - 1;
	}
	*run = np->run[lo];
	return 0;
}

/* Only what is in the first n clusters is known from here on. */
static void
runs_cut(struct fatnode *np, uint32_t n)
{
	struct fatrun *r;

	while (np->nclu > n) {
		r = &np->run[np->nrun - 1];
		if (r->first >= n) {
			np->nclu -= r->n;
			np->nrun--;
		} else {
			np->nclu = n;
			r->n = n - r->first;
		}
	}
}

/* Where byte off of the file is on the disk, and how many follow it there. */
static int
fat_map(struct fatnode *np, off_t off, uint64_t *disk, uint64_t *len)
{
	struct fatfs *f = FATFS_OF(np);
	struct fatrun run = { 0, 0, 0 };
	uint64_t in;
	int error;

	kmutex_enter(&f->mp->mtx);
	if ((error = fatnode_fil(np)) == 0)
		error = run_find(np, off / f->clusize, &run);
	kmutex_exit(&f->mp->mtx);
	if (error != 0)
		return error;
	in = off - (uint64_t)run.first * f->clusize;
	*disk = ff_cluster_offset(&f->ff, run.disk) + in;
	*len = (uint64_t)run.n * f->clusize - in;
	return 0;
}

/* ---- reading and writing; vp->rw is held ---- */

static int
fat_transfer(struct fatnode *np, bool write, const struct iovec *iov, int niov,
    off_t off, size_t *done)
{
	struct fatfs *f = FATFS_OF(np);
	uint64_t disk = 0, left = 0;
	size_t n, k;
	char *p;
	int error;

	for (; niov > 0; niov--, iov++) {
		p = iov->iov_base;
		for (n = iov->iov_len; n > 0; n -= k) {
			if (left == 0 &&
			    (error = fat_map(np, off, &disk, &left)) != 0)
				return error;
			k = n < left ? n : left;
			error = write ? bcache_write(f->bc, disk, p, k) :
			    bcache_read(f->bc, disk, p, k);
			if (error != 0)
				return error;
			p += k;
			off += k;
			disk += k;
			left -= k;
			*done += k;
		}
	}
	return 0;
}

int
fat_read(struct vnode *vp, const struct iovec *iov, int niov, off_t off,
    size_t *done)
{

	return fat_transfer(FATNODE(vp), false, iov, niov, off, done);
}

/* Clusters for size bytes; vp->size becomes what there is. */
static int
fat_extend(struct fatnode *np, off_t size)
{
	struct fatfs *f = FATFS_OF(np);
	int error, r;

	if (!f->exfat && size > UINT32_MAX)
		return EFBIG;
	kmutex_enter(&f->mp->mtx);
	if ((error = fatnode_fil(np)) == 0) {
		/* from where it was: FatFs then need not walk the chain */
		r = f_lseek(np->fil, size);
		if (r != FR_OK) {
			np->fil->err = 0;
			error = fat_error(r);
		} else if (f_tell(np->fil) < (FSIZE_t)size)
			error = ENOSPC;
		np->v.size = f_size(np->fil);
		f->dirty = true;
	}
	kmutex_exit(&f->mp->mtx);
	return error;
}

static int
fat_zero(struct fatnode *np, off_t from, off_t to)
{
	static const char zeros[16384];
	struct iovec iov;
	size_t done;
	int error = 0;

	for (; from < to && error == 0; from += done) {
		iov.iov_base = (void *)zeros;
		iov.iov_len = to - from < (off_t)sizeof(zeros) ?
		    (size_t)(to - from) : sizeof(zeros);
		done = 0;
		error = fat_transfer(np, true, &iov, 1, from, &done);
	}
	return error;
}

static int
fat_shrink(struct fatnode *np, off_t size)
{
	struct fatfs *f = FATFS_OF(np);
	int error, r;

	kmutex_enter(&f->mp->mtx);
	if ((error = fatnode_fil(np)) == 0) {
		if ((r = f_lseek(np->fil, size)) == FR_OK)
			r = f_truncate(np->fil);
		if (r == FR_OK)		/* not FatFs's end, but the disk's */
			r = np->gone ? FR_OK : f_sync(np->fil);
		error = fat_error(r);
		np->fil->err = 0;
		f->dirty = true;
		np->v.size = f_size(np->fil);
		runs_cut(np, (np->v.size + f->clusize - 1) / f->clusize);
		np->mtime = vfs_now();
	}
	kmutex_exit(&f->mp->mtx);
	return error;
}

/* What was written, as FatFs wants to know it. */
static void
fat_written(struct fatnode *np)
{

	kmutex_enter(&np->v.mp->mtx);
	if (np->fil != NULL)
		ff_mark_modified(np->fil);
	np->mtime = vfs_now();
	FATFS_OF(np)->dirty = true;
	kmutex_exit(&np->v.mp->mtx);
}

int
fat_resize(struct fatnode *np, off_t size)
{
	off_t old = np->v.size;
	int error;

	if (size < old)
		return fat_shrink(np, size);
	if (size == old)
		return 0;
	if ((error = fat_extend(np, size)) != 0 ||
	    (error = fat_zero(np, old, size)) != 0)
		(void)fat_shrink(np, old);
	else
		fat_written(np);
	return error;
}

int
fat_write(struct vnode *vp, const struct iovec *iov, int niov, off_t off,
    size_t *done)
{
	struct fatnode *np = FATNODE(vp);
	off_t old = vp->size, end;
	struct iovec part;
	size_t total, room;
	int error;

	if ((error = iov_total(iov, niov, &total)) != 0)
		return error;
	end = off + total;
	if (end > old) {
		error = fat_extend(np, end);
		if (error != 0 && (error != ENOSPC || vp->size <= off))
			goto undo;
		if (off > old && (error = fat_zero(np, old, off)) != 0)
			goto undo;
	}
	/* a disk that is full takes the beginning */
	error = 0;
	for (; niov > 0 && error == 0 && off < vp->size; niov--, iov++) {
		part = *iov;
		room = vp->size - off;
		if (part.iov_len > room)
			part.iov_len = room;
		error = fat_transfer(np, true, &part, 1, off, done);
		off += part.iov_len;
	}
	fat_written(np);
	return *done != 0 ? 0 : error;
undo:
	if (vp->size > old)
		(void)fat_shrink(np, old);
	return error;
}

/*
 * First the contents, then what makes them reachable, then the disk's own
 * cache is emptied: a file is never longer than what is there of it.
 */
int
fat_fsync(struct vnode *vp, bool dataonly)
{
	struct fatfs *f = vp->mp->data;
	uint64_t writes;
	int error;

	if (vp->mp->flags & MNT_RDONLY)
		return 0;
	if ((error = blk_flush(f->blk)) != 0)
		return error;
	kmutex_enter(&vp->mp->mtx);
	writes = f->writes;
	if ((error = fatnode_sync(FATNODE(vp))) == 0)
		error = fat_error(ff_sync(&f->ff));
	writes = f->writes - writes;
	kmutex_exit(&vp->mp->mtx);
	return error == 0 && writes != 0 ? blk_flush(f->blk) : error;
}
