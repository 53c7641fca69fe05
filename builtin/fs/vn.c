/* vn.c: open files that are vnodes. */
#include "vfs.h"

static const struct fileops vn_fileops, chr_fileops;

/* A part of a transfer: the first len bytes of the pieces. */
static int
iov_clip(struct iovec *to, const struct iovec *from, int n, size_t len)
{
	int i;

	for (i = 0; i < n && len > 0; i++) {
		to[i] = from[i];
		if (to[i].iov_len > len)
			to[i].iov_len = len;
		len -= to[i].iov_len;
	}
	return i;
}

static int
vn_read_reg(struct vnode *vp, const struct iovec *iov, int niov, off_t off,
    size_t *done)
{
	struct iovec few[8], *clip = few;
	size_t total;
	int error;

	error = iov_total(iov, niov, &total);
	if (error != 0 || total == 0 || off >= vp->size)
		return error;
	if (total <= (size_t)(vp->size - off))
		return vp->ops->read(vp, iov, niov, off, done);
	if (niov > (int)__arraycount(few) &&
	    (clip = kmem_alloc(niov * sizeof(*clip))) == NULL)
		return ENOMEM;
	error = vp->ops->read(vp, clip,
	    iov_clip(clip, iov, niov, vp->size - off), off, done);
	if (clip != few)
		kmem_free(clip, niov * sizeof(*clip));
	return error;
}

static int
vn_read_at(struct vnode *vp, const struct iovec *iov, int niov, off_t off,
    size_t *done)
{
	int error;

	if (vp->ops->read == NULL)
		return vp->type == VDIR ? EISDIR : EINVAL;
	if (vp->type != VREG)
		return vp->ops->read(vp, iov, niov, off, done);
	rumpuser_rw_enter(RUMPUSER_RW_READER, vp->rw);
	error = vn_read_reg(vp, iov, niov, off, done);
	rumpuser_rw_exit(vp->rw);
	return error;
}

static int
vn_write_at(struct vnode *vp, const struct iovec *iov, int niov, off_t *off,
    uint32_t flags, size_t *done)
{
	size_t total;
	int error;

	if (vp->ops->write == NULL)
		return vp->type == VDIR ? EISDIR : EROFS;
	if (vp->type != VREG)
		return vp->ops->write(vp, iov, niov, *off, done);
	if ((error = iov_total(iov, niov, &total)) != 0 || total == 0)
		return error;
	rumpuser_rw_enter(RUMPUSER_RW_WRITER, vp->rw);
	if (flags & O_APPEND)
		*off = vp->size;
	if (*off > INT64_MAX - (off_t)total)
		error = EFBIG;
	else
		error = vp->ops->write(vp, iov, niov, *off, done);
	rumpuser_rw_exit(vp->rw);
	if (*done != 0 && (flags & (O_SYNC | O_DSYNC)) != 0 &&
	    vp->ops->fsync != NULL)
		error = vp->ops->fsync(vp, (flags & O_SYNC) == 0);
	return error;
}

static int
vn_read(struct file *f, const struct iovec *iov, int niov, off_t off,
    size_t *done)
{
	int error;

	*done = 0;
	if (off != FO_POS)
		return vn_read_at(f->data, iov, niov, off, done);
	kmutex_enter(&f->posmtx);
	error = vn_read_at(f->data, iov, niov, f->pos, done);
	f->pos += *done;
	kmutex_exit(&f->posmtx);
	return error;
}

static int
vn_write(struct file *f, const struct iovec *iov, int niov, off_t off,
    size_t *done)
{
	int error;

	*done = 0;
	if (off != FO_POS)
		return vn_write_at(f->data, iov, niov, &off,
		    f->flags & ~O_APPEND, done);
	kmutex_enter(&f->posmtx);
	off = f->pos;
	error = vn_write_at(f->data, iov, niov, &off, f->flags, done);
	f->pos = off + *done;
	kmutex_exit(&f->posmtx);
	return error;
}

/* Devices that are streams have no position, and wait as long as they like. */
static int
chr_read(struct file *f, const struct iovec *iov, int niov, off_t off,
    size_t *done)
{

	*done = 0;
	return vn_read_at(f->data, iov, niov, 0, done);
}

static int
chr_write(struct file *f, const struct iovec *iov, int niov, off_t off,
    size_t *done)
{

	*done = 0;
	off = 0;
	return vn_write_at(f->data, iov, niov, &off, 0, done);
}

static int
vn_size(struct vnode *vp, off_t *size)
{
	struct stat st;
	int error;

	if (vp->type == VREG) {
		*size = __atomic_load_n(&vp->size, __ATOMIC_RELAXED);
		return 0;
	}
	error = vp->ops->getattr(vp, &st);
	*size = st.st_size;
	return error;
}

static int
vn_seek(struct file *f, off_t off, int whence, off_t *result)
{
	off_t base = 0;
	int error = 0;

	kmutex_enter(&f->posmtx);
	if (whence == SEEK_CUR)
		base = f->pos;
	else if (whence == SEEK_END)
		error = vn_size(f->data, &base);
	else if (whence != SEEK_SET)
		error = EINVAL;
	if (error == 0 && (off < -base || off > INT64_MAX - base))
		error = EINVAL;
	if (error == 0)
		*result = f->pos = base + off;
	kmutex_exit(&f->posmtx);
	return error;
}

static int
vn_ioctl(struct file *f, unsigned long cmd, void *data)
{
	struct vnode *vp = f->data;
	off_t size;
	int error;

	if (vp->ops->ioctl != NULL)
		return vp->ops->ioctl(vp, cmd, data);
	if (cmd != FIONREAD || vp->type != VREG)
		return ENOTTY;
	error = vn_size(vp, &size);
	size -= f->pos;
	*(int *)data = size < 0 ? 0 : size > INT32_MAX ? INT32_MAX : (int)size;
	return error;
}

static int
vn_stat(struct file *f, struct stat *st)
{
	struct vnode *vp = f->data;

	return vp->ops->getattr(vp, st);
}

static void
vn_close(struct file *f)
{
	struct vnode *vp = f->data;

	if (vp->ops->close != NULL)
		vp->ops->close(vp, f->flags);
	vnode_rele(vp);
	kmem_strfree(f->path);
	f->path = NULL;
}

static const struct fileops vn_fileops = {
	.name = "vnode",
	.flags = FO_SEEK,
	.read = vn_read,
	.write = vn_write,
	.ioctl = vn_ioctl,
	.poll = file_poll_ready,
	.stat = vn_stat,
	.close = vn_close,
	.seek = vn_seek,
};

static const struct fileops chr_fileops = {
	.name = "chr",
	.read = chr_read,
	.write = chr_write,
	.ioctl = vn_ioctl,
	.poll = file_poll_ready,
	.stat = vn_stat,
	.close = vn_close,
};

struct vnode *
vn_vnode(struct file *f)
{

	return f->ops == &vn_fileops || f->ops == &chr_fileops ? f->data : NULL;
}

const char *
vn_path(struct file *f)
{

	return f->path;
}

/* ---- open ---- */

int
vn_truncate(struct vnode *vp, off_t size)
{
	struct vattr va = { .set = VA_SIZE, .size = size };
	int error;

	if (size < 0)
		return EINVAL;
	if (vp->type != VREG)
		return vp->type == VDIR ? EISDIR : EINVAL;
	if (vp->ops->setattr == NULL)
		return EROFS;
	rumpuser_rw_enter(RUMPUSER_RW_WRITER, vp->rw);
	error = vp->ops->setattr(vp, &va);
	rumpuser_rw_exit(vp->rw);
	return error;
}

/* The vnode to open; made if there is none. */
static int
open_lookup(const char *path, int oflags, mode_t mode, struct vnode **vpp)
{
	struct nameidata nd;
	int error, follow = (oflags & O_NOFOLLOW) ? 0 : NI_FOLLOW;

	if ((oflags & O_CREAT) == 0)
		return namei_vnode(path, follow, vpp);
	if (oflags & O_EXCL)
		follow = 0;
	if ((error = namei(path, NI_PARENT | follow, &nd)) != 0)
		return error;
	if (nd.vp == NULL && !nd.slash) {
		error = nd.dir->ops->create == NULL ? EROFS :
		    nd.dir->ops->create(nd.dir, nd.name, VREG,
		    mode & 07777 & ~curproc()->umask, NULL, &nd.vp);
		/* somebody else was faster: that one, then */
		if (error == EEXIST && (oflags & O_EXCL) == 0) {
			namei_done(&nd);
			return namei_vnode(path, follow, vpp);
		}
	} else if (nd.vp == NULL)
		error = EISDIR;
	else if (oflags & O_EXCL)
		error = EEXIST;
	if (error == 0) {
		*vpp = nd.vp;
		nd.vp = NULL;
	}
	namei_done(&nd);
	return error;
}

/* What open() checks of what there is. */
static int
open_check(struct vnode *vp, int oflags)
{
	bool wr = (oflags & O_ACCMODE) != O_RDONLY;

	if (vp->type == VLNK)
		return ELOOP;		/* O_NOFOLLOW */
	if ((oflags & O_DIRECTORY) && vp->type != VDIR)
		return ENOTDIR;
	if (vp->type == VDIR && (wr || (oflags & O_CREAT)))
		return EISDIR;
	if (wr && (vp->mp->flags & MNT_RDONLY) != 0 &&
	    (vp->type == VREG || vp->type == VDIR))
		return EROFS;
	return 0;
}

static int
open_vnode(struct vnode *vp, const char *path, int oflags, struct file **fp)
{
	uint32_t fflags = FFLAGS(oflags & ~(O_CREAT | O_EXCL | O_TRUNC |
	    O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC | O_NOCTTY));
	char abs[VFS_PATHMAX];
	struct file *f;
	int error;

	if (vp->ops->open != NULL && (error = vp->ops->open(vp, fflags)) != 0)
		return error;
	f = file_new(vp->stream ? &chr_fileops : &vn_fileops, fflags, vp);
	if (f == NULL) {
		if (vp->ops->close != NULL)
			vp->ops->close(vp, fflags);
		return ENOMEM;
	}
	vnode_ref(vp);			/* the file's, until vn_close() */
	error = 0;
	if (vp->type == VDIR &&
	    ((error = namei_abspath(path, abs, sizeof(abs))) != 0 ||
	    (f->path = kmem_strdup(abs)) == NULL))
		error = error != 0 ? error : ENOMEM;
	if (error == 0 && (oflags & O_TRUNC) && vp->type == VREG &&
	    (fflags & FWRITE) && vp->size != 0)
		error = vn_truncate(vp, 0);
	if (error != 0)
		file_put(f);
	else
		*fp = f;
	return error;
}

int
vn_open(const char *path, int oflags, mode_t mode, struct file **fp)
{
	struct vnode *vp;
	int error, tries = 0;

	if ((oflags & O_ACCMODE) == O_ACCMODE)
		return EINVAL;
	do {
		if ((error = open_lookup(path, oflags, mode, &vp)) != 0)
			return error;
		if ((error = open_check(vp, oflags)) == 0)
			error = open_vnode(vp, path, oflags, fp);
		vnode_rele(vp);
		/* removed since it was looked up: make it again */
	} while (error == ENOENT && (oflags & O_CREAT) && ++tries < 10);
	return error;
}

/* ---- directories ---- */

struct dents {
	char	*buf;
	size_t	size, n;
	off_t	pos;		/* where to go on */
	bool	full;
};

static int
dents_put(void *arg, const char *name, ino_t ino, enum vtype type, off_t next)
{
	struct dents *d = arg;
	struct dirent *de;
	size_t len = strlen(name);
	size_t reclen = (offsetof(struct dirent, d_name) + len + 1 + 7) & ~7UL;

	if (reclen > d->size - d->n) {
		d->full = true;
		return 1;
	}
	de = (struct dirent *)(void *)(d->buf + d->n);
	memset(de, 0, reclen);
	de->d_fileno = ino;
	de->d_reclen = reclen;
	de->d_namlen = len;
	de->d_type = vtype_dtype[type];
	memcpy(de->d_name, name, len);
	d->n += reclen;
	d->pos = next;
	return 0;
}

/* Positions of the file: 0 and 1 are "." and "..", a directory's begin at 2. */
int
vn_getdents(struct file *f, char *buf, size_t size, size_t *done)
{
	struct vnode *vp = f->data;
	struct dents d = { buf, size, 0, 0, false };
	struct stat st;
	int error;

	if (vp->type != VDIR || vp->ops->readdir == NULL)
		return ENOTDIR;
	if ((error = vp->ops->getattr(vp, &st)) != 0)
		return error;
	kmutex_enter(&f->posmtx);
	d.pos = f->pos;
	if (d.pos == 0)
		(void)dents_put(&d, ".", st.st_ino, VDIR, 1);
	if (d.pos == 1)
		(void)dents_put(&d, "..", st.st_ino, VDIR, 2);
	if (d.pos >= 2 && !d.full)
		error = vp->ops->readdir(vp, d.pos, dents_put, &d);
	f->pos = d.pos;
	kmutex_exit(&f->posmtx);
	*done = d.n;
	return d.n == 0 && d.full ? EINVAL : error;
}
