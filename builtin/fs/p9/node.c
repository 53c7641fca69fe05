/* node.c: vnodes and names. */
#include "p9.h"

#define LX_O_CREAT	0100
#define LX_O_EXCL	0200
#define LX_O_RDWR	2
#define LX_AT_REMOVEDIR	0x200

/* ---- nodes ---- */

enum vtype
p9_vtype(const struct p9qid *q)
{

	return q->type & P9_QTDIR ? VDIR : q->type & P9_QTSYMLINK ? VLNK : VREG;
}

/* "a/b" at the end of a directory's; NULL: too long, or no memory. */
static char *
path_join(const char *dir, const char *name)
{
	size_t n = dir != NULL ? strlen(dir) : VFS_PATHMAX;
	size_t k = strlen(name) + 1;
	char *path;

	if (n + 1 + k > VFS_PATHMAX || (path = kmem_alloc(n + 1 + k)) == NULL)
		return NULL;
	memcpy(path, dir, n);
	path[n] = '/';
	memcpy(path + n + 1, name, k);
	return path;
}

static void
path_free(char *path)
{

	if (path != NULL)
		kmem_free(path, strlen(path) + 1);
}

static struct p9node *
node_new(struct p9fs *fs, uint32_t fid, const struct p9qid *q)
{
	struct p9node *np = kmem_zalloc(sizeof(*np));

	if (np == NULL)
		return NULL;
	vnode_init(&np->v, fs->mp, &p9_vnops, p9_vtype(q));
	np->qpath = q->path;
	np->fid = fid;
	np->server = fs->server;
	np->hashed = true;
	LIST_INSERT_HEAD(&fs->hash[q->path % P9_NHASH], np, link);
	return np;
}

void
p9_node_free(struct p9node *np)
{

	vnode_fini(&np->v);
	path_free(np->path);
	kmem_free(np, sizeof(*np));
}

void
p9_renumber(struct p9fs *fs, struct p9node *np, uint64_t qpath)
{

	if (!np->hashed)
		return;
	LIST_REMOVE(np, link);
	np->qpath = qpath;
	LIST_INSERT_HEAD(&fs->hash[qpath % P9_NHASH], np, link);
}

int
p9_node(struct p9fs *fs, uint32_t fid, const struct p9qid *q, struct vnode *dir,
    const char *name, struct vnode **vpp)
{
	struct p9node *np;
	bool own = false;

	kmutex_enter(&fs->mp->mtx);
	LIST_FOREACH(np, &fs->hash[q->path % P9_NHASH], link)
		if (np->qpath == q->path && np->v.type == p9_vtype(q))
			break;
	if (np == NULL && (np = node_new(fs, fid, q)) != NULL) {
		own = true;
		if (dir != NULL)
			np->path = path_join(P9NODE(dir)->path, name);
		else if ((np->path = kmem_alloc(1)) != NULL)
			np->path[0] = '\0';
	}
	if (np != NULL) {
		vnode_ref_locked(&np->v);
		*vpp = &np->v;
	}
	kmutex_exit(&fs->mp->mtx);
	if (!own)
		p9_clunk(fs, fid);
	return np != NULL ? 0 : ENOMEM;
}

/* mp->mtx is held.  Another file may have the name, and the number, now. */
static void
unhash(struct vnode *vp)
{
	struct p9node *np = P9NODE(vp);

	if (np->hashed && np != p9_fs(vp)->root) {
		LIST_REMOVE(np, link);
		np->hashed = false;
	}
}

/* mp->mtx is held: the server is not asked now. */
void
p9_vinactive(struct vnode *vp)
{
	struct p9fs *fs = p9_fs(vp);

	if (P9NODE(vp) == fs->root)
		return;
	unhash(vp);
	kmutex_enter(&fs->mtx);
	LIST_INSERT_HEAD(&fs->dead, P9NODE(vp), link);
	kmutex_exit(&fs->mtx);
}

void
p9_reap(struct p9fs *fs)
{
	struct p9node *np;

	for (;;) {
		kmutex_enter(&fs->mtx);
		if ((np = LIST_FIRST(&fs->dead)) != NULL)
			LIST_REMOVE(np, link);
		kmutex_exit(&fs->mtx);
		if (np == NULL)
			return;
		p9_clunk(fs, np->fid);
		p9_node_free(np);
	}
}

/* ---- names ---- */

int
p9_vlookup(struct vnode *dvp, const char *name, struct vnode **vpp)
{
	struct p9fs *fs = p9_fs(dvp);
	struct p9qid q;
	uint32_t fid;
	int error;

	if (__atomic_load_n(&fs->dead.lh_first, __ATOMIC_RELAXED) != NULL)
		p9_reap(fs);
	if ((error = p9_walk(fs, P9NODE(dvp)->fid, name, &fid, &q)) != 0)
		return error;
	return p9_node(fs, fid, &q, dvp, name, vpp);
}

static int
create_file(struct p9fs *fs, uint32_t dir, const char *name, mode_t mode)
{
	struct p9req *r;
	uint32_t fid;
	int error;

	if ((error = p9_walk(fs, dir, NULL, &fid, NULL)) != 0)
		return error;
	if ((r = p9_request(fs, P9_LCREATE)) == NULL)
		error = ENOMEM;
	else {
		p9_put32(&r->m, fid);
		p9_putstr(&r->m, name);
		p9_put32(&r->m, LX_O_CREAT | LX_O_EXCL | LX_O_RDWR);
		p9_put32(&r->m, mode);
		p9_put32(&r->m, 0);
		error = p9_send(fs, r);
	}
	p9_clunk(fs, fid);
	return error;
}

static int
create_other(struct p9fs *fs, uint32_t dir, const char *name, mode_t mode,
    const char *target)
{
	struct p9req *r = p9_request(fs, target != NULL ? P9_SYMLINK : P9_MKDIR);

	if (r == NULL)
		return ENOMEM;
	p9_put32(&r->m, dir);
	p9_putstr(&r->m, name);
	if (target != NULL)
		p9_putstr(&r->m, target);
	else
		p9_put32(&r->m, mode);
	p9_put32(&r->m, 0);
	return p9_send(fs, r);
}

int
p9_vcreate(struct vnode *dvp, const char *name, enum vtype type, mode_t mode,
    const char *target, struct vnode **vpp)
{
	struct p9fs *fs = p9_fs(dvp);
	uint32_t dir = P9NODE(dvp)->fid;
	int error;

	if (dvp->mp->flags & MNT_RDONLY)
		return EROFS;
	error = type == VREG ? create_file(fs, dir, name, mode) :
	    create_other(fs, dir, name, mode, target);
	return error != 0 ? error : p9_vlookup(dvp, name, vpp);
}

int
p9_vremove(struct vnode *dvp, const char *name, struct vnode *vp)
{
	struct p9fs *fs = p9_fs(dvp);
	struct p9req *r;
	int error;

	if (vp->mounted != NULL)
		return EBUSY;
	if ((r = p9_request(fs, P9_UNLINKAT)) == NULL)
		return ENOMEM;
	p9_put32(&r->m, P9NODE(dvp)->fid);
	p9_putstr(&r->m, name);
	p9_put32(&r->m, vp->type == VDIR ? LX_AT_REMOVEDIR : 0);
	if ((error = p9_send(fs, r)) == 0) {
		kmutex_enter(&vp->mp->mtx);
		unhash(vp);
		kmutex_exit(&vp->mp->mtx);
	}
	return error;
}

/* What was at from, or below it, is at or below to.  mp->mtx is held. */
static void
paths_move(struct p9fs *fs, const char *from, const char *to)
{
	size_t n = strlen(from);
	struct p9node *np;
	char *old;

	for (unsigned i = 0; i < P9_NHASH; i++)
		LIST_FOREACH(np, &fs->hash[i], link) {
			if ((old = np->path) == NULL ||
			    strncmp(old, from, n) != 0 ||
			    (old[n] != '\0' && old[n] != '/'))
				continue;
			np->path = old[n] != '\0' ?
			    path_join(to, old + n + 1) :
			    kmem_alloc(strlen(to) + 1);
			if (np->path != NULL && old[n] == '\0')
				memcpy(np->path, to, strlen(to) + 1);
			path_free(old);
		}
}

static void
renamed(struct p9fs *fs, struct vnode *fdvp, const char *fname,
    struct vnode *tdvp, const char *tname, struct vnode *tvp)
{
	char *from, *to;

	kmutex_enter(&fs->mp->mtx);
	if (tvp != NULL)
		unhash(tvp);
	from = path_join(P9NODE(fdvp)->path, fname);
	to = path_join(P9NODE(tdvp)->path, tname);
	if (from != NULL && to != NULL)
		paths_move(fs, from, to);
	path_free(from);
	path_free(to);
	kmutex_exit(&fs->mp->mtx);
}

int
p9_vrename(struct vnode *fdvp, const char *fname, struct vnode *vp,
    struct vnode *tdvp, const char *tname, struct vnode *tvp)
{
	struct p9fs *fs = p9_fs(fdvp);
	struct p9req *r;
	int error;

	if (tvp == vp)
		return 0;
	if (tvp != NULL && tvp->mounted != NULL)
		return EBUSY;
	if ((r = p9_request(fs, P9_RENAMEAT)) == NULL)
		return ENOMEM;
	p9_put32(&r->m, P9NODE(fdvp)->fid);
	p9_putstr(&r->m, fname);
	p9_put32(&r->m, P9NODE(tdvp)->fid);
	p9_putstr(&r->m, tname);
	if ((error = p9_send(fs, r)) == 0)
		renamed(fs, fdvp, fname, tdvp, tname, tvp);
	return error;
}

int
p9_vreadlink(struct vnode *vp, char *buf, size_t size, size_t *len)
{
	struct p9fs *fs = p9_fs(vp);
	struct p9req *r = p9_request(fs, P9_READLINK);
	char target[VFS_PATHMAX];
	int error;

	if (r == NULL)
		return ENOMEM;
	p9_put32(&r->m, P9NODE(vp)->fid);
	if ((error = p9_call(fs, r)) == 0) {
		*len = p9_getstr(&r->m, target, sizeof(target));
		if (r->m.bad || *len >= sizeof(target))
			error = r->m.bad ? EIO : ENAMETOOLONG;
		else
			memcpy(buf, target, *len < size ? *len : size);
	}
	p9_release(fs, r);
	return error;
}
