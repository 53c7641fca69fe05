/* node.c: vnodes and names. */
#include "p9.h"

#define LX_O_CREAT	0100
#define LX_O_EXCL	0200
#define LX_O_RDWR	2
#define LX_AT_REMOVEDIR	0x200

/* ---- nodes ---- */

static struct p9node *
node_new(struct p9fs *fs, uint32_t fid, const struct p9qid *q, enum vtype type)
{
	struct p9node *np = kmem_zalloc(sizeof(*np));

	if (np == NULL)
		return NULL;
	vnode_init(&np->v, fs->mp, &p9_vnops, type);
	np->qpath = q->path;
	np->fid = fid;
	np->hashed = true;
	LIST_INSERT_HEAD(&fs->hash[q->path % P9_NHASH], np, link);
	return np;
}

void
p9_node_free(struct p9node *np)
{

	vnode_fini(&np->v);
	kmem_free(np, sizeof(*np));
}

int
p9_node(struct p9fs *fs, uint32_t fid, const struct p9qid *q, struct vnode **vpp)
{
	enum vtype type = q->type & P9_QTDIR ? VDIR :
	    q->type & P9_QTSYMLINK ? VLNK : VREG;
	struct p9node *np;
	bool own = false;

	kmutex_enter(&fs->mp->mtx);
	LIST_FOREACH(np, &fs->hash[q->path % P9_NHASH], link)
		if (np->qpath == q->path && np->v.type == type)
			break;
	if (np == NULL)
		own = (np = node_new(fs, fid, q, type)) != NULL;
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
static void
p9_inactive(struct vnode *vp)
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

static int
p9_lookup(struct vnode *dvp, const char *name, struct vnode **vpp)
{
	struct p9fs *fs = p9_fs(dvp);
	struct p9qid q;
	uint32_t fid;
	int error;

	if (__atomic_load_n(&fs->dead.lh_first, __ATOMIC_RELAXED) != NULL)
		p9_reap(fs);
	if ((error = p9_walk(fs, P9NODE(dvp)->fid, name, &fid, &q)) != 0)
		return error;
	return p9_node(fs, fid, &q, vpp);
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

static int
p9_create(struct vnode *dvp, const char *name, enum vtype type, mode_t mode,
    const char *target, struct vnode **vpp)
{
	struct p9fs *fs = p9_fs(dvp);
	uint32_t dir = P9NODE(dvp)->fid;
	int error;

	if (dvp->mp->flags & MNT_RDONLY)
		return EROFS;
	error = type == VREG ? create_file(fs, dir, name, mode) :
	    create_other(fs, dir, name, mode, target);
	return error != 0 ? error : p9_lookup(dvp, name, vpp);
}

static int
p9_remove(struct vnode *dvp, const char *name, struct vnode *vp)
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

static int
p9_rename(struct vnode *fdvp, const char *fname, struct vnode *vp,
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
	if ((error = p9_send(fs, r)) == 0 && tvp != NULL) {
		kmutex_enter(&vp->mp->mtx);
		unhash(tvp);
		kmutex_exit(&vp->mp->mtx);
	}
	return error;
}

static int
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

const struct vnops p9_vnops = {
	.lookup = p9_lookup,
	.create = p9_create,
	.remove = p9_remove,
	.rename = p9_rename,
	.open = p9_vopen,
	.close = p9_vclose,
	.read = p9_vread,
	.write = p9_vwrite,
	.readdir = p9_vreaddir,
	.readlink = p9_vreadlink,
	.getattr = p9_vgetattr,
	.setattr = p9_vsetattr,
	.fsync = p9_vfsync,
	.inactive = p9_inactive,
};
