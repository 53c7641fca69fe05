/* data.c: what is in files and directories, and attributes. */
#include "p9.h"

#define LX_O_DIRECTORY	0200000
#define READ_HEAD	(P9_HEADER + 4)
#define WRITE_HEAD	(P9_HEADER + 16)

/* Tsetattr's bits. */
enum { SET_MODE = 1, SET_UID = 2, SET_GID = 4, SET_SIZE = 8, SET_ATIME = 0x10,
    SET_MTIME = 0x20, SET_ATIME_TO = 0x80, SET_MTIME_TO = 0x100 };

/* ---- open ---- */

static struct p9fid *
slot_for(struct vnode *vp, uint32_t fflags)
{

	return fflags & FWRITE ? &P9NODE(vp)->wr : &P9NODE(vp)->rd;
}

/* Counts one more, if it is open already. */
static bool
slot_use(struct p9fs *fs, struct p9fid *s)
{
	bool is;

	kmutex_enter(&fs->mtx);
	if ((is = s->n > 0))
		s->n++;
	kmutex_exit(&fs->mtx);
	return is;
}

static int
open_fid(struct vnode *vp, uint32_t fflags, uint32_t *fid, uint32_t *how)
{
	struct p9fs *fs = p9_fs(vp);
	int error;

	if ((error = p9_walk(fs, P9NODE(vp)->fid, NULL, fid, NULL)) != 0)
		return error;
	*how = vp->type == VDIR ? LX_O_DIRECTORY :
	    fflags & FWRITE ? O_RDWR : O_RDONLY;
	error = p9_open(fs, *fid, *how);
	if (error == EACCES && *how == O_RDWR && (fflags & FREAD) == 0)
		error = p9_open(fs, *fid, *how = O_WRONLY);
	if (error != 0)
		p9_clunk(fs, *fid);
	return error;
}

/*
 * What the server says its size is, now that nobody here writes to it.  Of a
 * file whose name is gone it may not know any more.
 */
static int
refresh(struct vnode *vp, struct p9attr *a)
{
	struct p9node *np = P9NODE(vp);
	int error;

	if (vp->type == VREG)
		rumpuser_rw_enter(RUMPUSER_RW_WRITER, vp->rw);
	error = p9_stat(p9_fs(vp), np->fid, a);
	if (error != 0 && !np->hashed) {
		*a = np->last;
		a->nlink = 0;
		a->size = (uint64_t)vp->size;
		error = 0;
	}
	if (error == 0)
		np->last = *a;
	if (vp->type == VREG) {
		if (error == 0)
			vp->size = (off_t)a->size;
		rumpuser_rw_exit(vp->rw);
	}
	return error;
}

int
p9_vopen(struct vnode *vp, uint32_t fflags)
{
	struct p9fid *s = slot_for(vp, fflags);
	struct p9fs *fs = p9_fs(vp);
	struct p9attr a;
	uint32_t fid, how;
	int error;

	if (vp->type != VREG && vp->type != VDIR)
		return ENXIO;
	if (vp->type == VREG && (error = refresh(vp, &a)) != 0)
		return error;
	if (slot_use(fs, s))
		return 0;
	if ((error = open_fid(vp, fflags, &fid, &how)) != 0)
		return error;
	kmutex_enter(&fs->mtx);
	if (s->n++ == 0) {
		s->fid = fid;
		s->flags = how;
		fid = P9_NOFID;
	}
	kmutex_exit(&fs->mtx);
	if (fid != P9_NOFID)		/* somebody was faster */
		p9_clunk(fs, fid);
	return 0;
}

void
p9_vclose(struct vnode *vp, uint32_t fflags)
{
	struct p9fid *s = slot_for(vp, fflags);
	struct p9fs *fs = p9_fs(vp);
	uint32_t fid = P9_NOFID;

	kmutex_enter(&fs->mtx);
	if (--s->n == 0)
		fid = s->fid;
	kmutex_exit(&fs->mtx);
	if (fid != P9_NOFID)
		p9_clunk(fs, fid);
}

/* The fid to read or to write with; NOFID: not open. */
static uint32_t
fid_of(struct vnode *vp, bool write)
{
	struct p9node *np = P9NODE(vp);
	struct p9fs *fs = p9_fs(vp);
	uint32_t fid;

	kmutex_enter(&fs->mtx);
	fid = !write && np->rd.n > 0 ? np->rd.fid :
	    np->wr.n > 0 ? np->wr.fid : P9_NOFID;
	kmutex_exit(&fs->mtx);
	return fid;
}

/* ---- data ---- */

static int
read_piece(struct p9fs *fs, uint32_t fid, uint64_t off, void *to, size_t *n)
{
	struct p9req *r = p9_request(fs, P9_READ);
	const uint8_t *p;
	size_t want = *n;
	int error;

	*n = 0;
	if (r == NULL)
		return ENOMEM;
	p9_put32(&r->m, fid);
	p9_put64(&r->m, off);
	p9_put32(&r->m, (uint32_t)want);
	if ((error = p9_call(fs, r)) == 0) {
		p = p9_getdata(&r->m, want, n);
		if (p != NULL)
			memcpy(to, p, *n);
		else
			error = EIO;
	}
	p9_release(fs, r);
	return error;
}

static int
write_piece(struct p9fs *fs, uint32_t fid, uint64_t off, const void *from,
    size_t *n)
{
	struct p9req *r = p9_request(fs, P9_WRITE);
	size_t want = *n;
	int error;

	*n = 0;
	if (r == NULL)
		return ENOMEM;
	p9_put32(&r->m, fid);
	p9_put64(&r->m, off);
	p9_put32(&r->m, (uint32_t)want);
	memcpy(r->m.p + r->m.at, from, want);	/* at most msize: see pieces() */
	r->m.at += want;
	if ((error = p9_call(fs, r)) == 0) {
		*n = p9_get32(&r->m);
		if (r->m.bad || *n > want || *n == 0) {
			*n = 0;
			error = EIO;
		}
	}
	p9_release(fs, r);
	return error;
}

static int
pieces(struct vnode *vp, const struct iovec *iov, int niov, off_t off,
    size_t *done, bool write)
{
	struct p9fs *fs = p9_fs(vp);
	size_t max = fs->msize - (write ? WRITE_HEAD : READ_HEAD), at, n;
	uint32_t fid = fid_of(vp, write);
	int error = 0;

	if (fid == P9_NOFID)
		return EBADF;
	for (; niov > 0; niov--, iov++)
		for (at = 0; at < iov->iov_len; at += n, off += (off_t)n,
		    *done += n) {
			char *p = (char *)iov->iov_base + at;

			n = iov->iov_len - at < max ? iov->iov_len - at : max;
			error = write ? write_piece(fs, fid, (uint64_t)off, p, &n) :
			    read_piece(fs, fid, (uint64_t)off, p, &n);
			if (error != 0 || n == 0)
				return *done > 0 ? 0 : error;
			if (write && off + (off_t)n > vp->size)
				vp->size = off + (off_t)n;
		}
	return 0;
}

int
p9_vread(struct vnode *vp, const struct iovec *iov, int niov, off_t off,
    size_t *done)
{

	return vp->type != VREG ? EISDIR :
	    pieces(vp, iov, niov, off, done, false);
}

int
p9_vwrite(struct vnode *vp, const struct iovec *iov, int niov, off_t off,
    size_t *done)
{

	return vp->type != VREG ? EISDIR :
	    pieces(vp, iov, niov, off, done, true);
}

int
p9_vfsync(struct vnode *vp, bool dataonly)
{
	struct p9fs *fs = p9_fs(vp);
	uint32_t fid = fid_of(vp, true);
	struct p9req *r;

	if (fid == P9_NOFID && (fid = fid_of(vp, false)) == P9_NOFID)
		return 0;
	if ((r = p9_request(fs, P9_FSYNC)) == NULL)
		return ENOMEM;
	p9_put32(&r->m, fid);
	p9_put32(&r->m, dataonly);
	return p9_send(fs, r);
}

/* ---- directories: positions are entries counted, cookies the server's ---- */

struct reading {
	struct vnode	*vp;
	uint32_t	fid;
	off_t		pos;		/* of the next entry */
	uint64_t	cookie;
	off_t		from;		/* what is before it was given already */
	vfs_emit_fn	emit;
	void		*arg;
	bool		full;
};

/* One message's entries; *any: there were some. */
static int
read_entries(struct p9fs *fs, struct reading *d, bool *any)
{
	struct p9req *r = p9_request(fs, P9_READDIR);
	struct p9dirent de;
	size_t n;
	int error;

	*any = false;
	if (r == NULL)
		return ENOMEM;
	p9_put32(&r->m, d->fid);
	p9_put64(&r->m, d->cookie);
	p9_put32(&r->m, (uint32_t)(fs->msize - READ_HEAD));
	if ((error = p9_call(fs, r)) == 0 &&
	    p9_getdata(&r->m, fs->msize - READ_HEAD, &n) != NULL) {
		r->m.size = r->m.at;	/* the entries, no more */
		r->m.at -= n;
		while (!d->full && p9_getdirent(&r->m, &de)) {
			*any = true;
			if (strcmp(de.name, ".") != 0 &&
			    strcmp(de.name, "..") != 0) {
				if (d->pos >= d->from && d->emit(d->arg, de.name,
				    de.qid.path, de.qid.type & P9_QTDIR ? VDIR :
				    de.qid.type & P9_QTSYMLINK ? VLNK : VREG,
				    d->pos + 1) != 0) {
					d->full = true;
					break;
				}
				d->pos++;
			}
			d->cookie = de.next;
		}
	}
	if (error == 0 && r->m.bad)
		error = EIO;
	p9_release(fs, r);
	return error;
}

int
p9_vreaddir(struct vnode *vp, off_t from, vfs_emit_fn emit, void *arg)
{
	struct reading d = { .vp = vp, .fid = fid_of(vp, false), .pos = 2,
	    .from = from, .emit = emit, .arg = arg };
	struct p9node *np = P9NODE(vp);
	struct p9fs *fs = p9_fs(vp);
	bool any = true;
	int error = 0;

	if (d.fid == P9_NOFID)
		return EBADF;
	kmutex_enter(&fs->mtx);
	if (from > 2 && np->dirpos == from) {
		d.pos = from;
		d.cookie = np->dircookie;
	}
	kmutex_exit(&fs->mtx);
	while (any && !d.full && error == 0)
		error = read_entries(fs, &d, &any);
	kmutex_enter(&fs->mtx);
	np->dirpos = d.pos;
	np->dircookie = d.cookie;
	kmutex_exit(&fs->mtx);
	return error;
}

/* ---- attributes ---- */

static struct timespec
time_of(const struct p9attr *a, int n)
{

	return (struct timespec){ (time_t)a->sec[n], (long)a->nsec[n] };
}

int
p9_vgetattr(struct vnode *vp, struct stat *st)
{
	struct p9attr a;
	int error = refresh(vp, &a);

	if (error != 0)
		return error;
	memset(st, 0, sizeof(*st));
	st->st_dev = vp->mp->dev;
	st->st_ino = P9NODE(vp)->qpath;
	st->st_mode = vp->type == VREG ? a.mode :
	    vtype_mode[vp->type] | (a.mode & 07777);
	st->st_nlink = (nlink_t)a.nlink;
	st->st_uid = a.uid;
	st->st_gid = a.gid;
	st->st_size = (off_t)a.size;
	st->st_blocks = (int64_t)a.blocks;
	st->st_blksize = (int32_t)a.blksize;
	st->st_atim = time_of(&a, 0);
	st->st_mtim = time_of(&a, 1);
	st->st_ctim = time_of(&a, 2);
	st->st_birthtim = time_of(&a, 3);
	return 0;
}

static uint32_t
valid_of(const struct vattr *va)
{
	uint32_t v = 0;

	if (va->set & VA_MODE)
		v |= SET_MODE;
	if (va->set & VA_SIZE)
		v |= SET_SIZE;
	if (va->set & VA_OWNER)
		v |= (va->uid != (uid_t)-1 ? SET_UID : 0) |
		    (va->gid != (gid_t)-1 ? SET_GID : 0);
	if (va->set & VA_TIMES)
		v |= (va->atime.tv_nsec != UTIME_OMIT ?
		    SET_ATIME | SET_ATIME_TO : 0) |
		    (va->mtime.tv_nsec != UTIME_OMIT ?
		    SET_MTIME | SET_MTIME_TO : 0);
	return v;
}

int
p9_vsetattr(struct vnode *vp, const struct vattr *va)
{
	struct p9fs *fs = p9_fs(vp);
	struct p9req *r = p9_request(fs, P9_SETATTR);
	int error;

	if (r == NULL)
		return ENOMEM;
	p9_put32(&r->m, P9NODE(vp)->fid);
	p9_put32(&r->m, valid_of(va));
	p9_put32(&r->m, va->mode);
	p9_put32(&r->m, va->uid);
	p9_put32(&r->m, va->gid);
	p9_put64(&r->m, (uint64_t)va->size);
	p9_put64(&r->m, (uint64_t)va->atime.tv_sec);
	p9_put64(&r->m, (uint64_t)va->atime.tv_nsec);
	p9_put64(&r->m, (uint64_t)va->mtime.tv_sec);
	p9_put64(&r->m, (uint64_t)va->mtime.tv_nsec);
	if ((error = p9_send(fs, r)) == 0 && (va->set & VA_SIZE))
		vp->size = va->size;
	return error;
}
