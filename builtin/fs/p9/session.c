/*
 * session.c: everything is done with one server from beginning to end; when it is
 * another one that answers, the fids of files that are in use are made anew by
 * their names.  A file whose name is gone by then can't be had again.
 */
#include "p9.h"

/* ---- another server ---- */

/* np->fid at the file's name, component by component. */
static int
walk_again(struct p9fs *fs, struct p9node *np, struct p9qid *q)
{
	char name[VFS_NAMEMAX + 1];
	uint32_t from = P9_ROOTFID;
	const char *p, *end;
	int error = ESTALE;
	size_t n;

	for (p = np->path; p != NULL && *p == '/'; p = end) {
		if ((end = strchr(++p, '/')) == NULL)
			end = p + strlen(p);
		if ((n = (size_t)(end - p)) > VFS_NAMEMAX)
			return ENAMETOOLONG;
		memcpy(name, p, n);
		name[n] = '\0';
		if ((error = p9_walk_to(fs, from, name, np->fid, q)) != 0)
			return error;
		from = np->fid;
	}
	return error != 0 ? error : p9_vtype(q) == np->v.type ? 0 : ESTALE;
}

static int
open_again(struct p9fs *fs, struct p9node *np, struct p9fid *s)
{
	struct p9fid is;
	int error;

	kmutex_enter(&fs->mtx);
	is = *s;
	np->dirpos = 0;			/* the cookie was the old server's */
	kmutex_exit(&fs->mtx);
	if (is.n == 0)
		return 0;
	if ((error = p9_walk_to(fs, np->fid, NULL, is.fid, NULL)) == 0)
		error = p9_open(fs, is.fid, is.flags);
	return error;
}

static void
node_again(struct p9fs *fs, struct p9node *np)
{
	struct p9qid q;
	int error;

	if ((error = walk_again(fs, np, &q)) == 0) {
		kmutex_enter(&fs->mp->mtx);
		p9_renumber(fs, np, q.path);
		kmutex_exit(&fs->mp->mtx);
		if ((error = open_again(fs, np, &np->rd)) == 0)
			error = open_again(fs, np, &np->wr);
	}
	if (error != 0)
		k_printf("mount %s: another server, and it has no %s: error %d\n",
		    fs->mp->path, np->path != NULL ? np->path : "such name",
		    error);
}

/* One that this server does not know yet, with a reference. */
static struct p9node *
next_node(struct p9fs *fs, uint32_t server)
{
	struct p9node *np = NULL;

	kmutex_enter(&fs->mp->mtx);
	for (unsigned i = 0; i < P9_NHASH && np == NULL; i++)
		LIST_FOREACH(np, &fs->hash[i], link)
			if (np->server != server)
				break;
	if (np != NULL) {
		np->server = server;
		vnode_ref_locked(&np->v);
	}
	kmutex_exit(&fs->mp->mtx);
	return np;
}

static void
again(struct p9fs *fs, uint32_t server)
{
	struct p9node *np;
	struct p9qid q;
	int error;

	rumpcomp_p9_begin(fs->dev, server);
	if ((error = p9_version_again(fs)) == 0)
		error = p9_attach(fs, P9_ROOTFID, &q);
	if (error != 0) {
		k_printf("mount %s: another server, and it can't be used: "
		    "error %d\n", fs->mp->path, error);
		return;
	}
	fs->root->server = server;
	while ((np = next_node(fs, server)) != NULL) {
		node_again(fs, np);
		vnode_rele(&np->v);
	}
}

void
p9_enter(struct p9fs *fs)
{
	uint32_t server = rumpcomp_p9_enter(fs->dev);

	if (server == __atomic_load_n(&fs->server, __ATOMIC_ACQUIRE))
		return;
	kmutex_enter(&fs->again);
	if (server != fs->server) {
		again(fs, server);
		__atomic_store_n(&fs->server, server, __ATOMIC_RELEASE);
	}
	kmutex_exit(&fs->again);
}

void
p9_leave(struct p9fs *fs)
{

	rumpcomp_p9_leave(fs->dev);
}

/* ---- what others call ---- */

#define WITH(vp, call) ({						\
	struct p9fs *fs_ = p9_fs(vp);					\
	int error_;							\
									\
	p9_enter(fs_);							\
	error_ = (call);						\
	p9_leave(fs_);							\
	error_; })

static int
do_lookup(struct vnode *dvp, const char *name, struct vnode **vpp)
{

	return WITH(dvp, p9_vlookup(dvp, name, vpp));
}

static int
do_create(struct vnode *dvp, const char *name, enum vtype type, mode_t mode,
    const char *target, struct vnode **vpp)
{

	return WITH(dvp, p9_vcreate(dvp, name, type, mode, target, vpp));
}

static int
do_remove(struct vnode *dvp, const char *name, struct vnode *vp)
{

	return WITH(dvp, p9_vremove(dvp, name, vp));
}

static int
do_rename(struct vnode *fdvp, const char *fname, struct vnode *vp,
    struct vnode *tdvp, const char *tname, struct vnode *tvp)
{

	return WITH(vp, p9_vrename(fdvp, fname, vp, tdvp, tname, tvp));
}

static int
do_open(struct vnode *vp, uint32_t fflags)
{

	return WITH(vp, p9_vopen(vp, fflags));
}

static void
do_close(struct vnode *vp, uint32_t fflags)
{

	(void)WITH(vp, (p9_vclose(vp, fflags), 0));
}

static int
do_read(struct vnode *vp, const struct iovec *iov, int niov, off_t off,
    size_t *done)
{

	return WITH(vp, p9_vread(vp, iov, niov, off, done));
}

static int
do_write(struct vnode *vp, const struct iovec *iov, int niov, off_t off,
    size_t *done)
{

	return WITH(vp, p9_vwrite(vp, iov, niov, off, done));
}

static int
do_readdir(struct vnode *vp, off_t from, vfs_emit_fn emit, void *arg)
{

	return WITH(vp, p9_vreaddir(vp, from, emit, arg));
}

static int
do_readlink(struct vnode *vp, char *buf, size_t size, size_t *len)
{

	return WITH(vp, p9_vreadlink(vp, buf, size, len));
}

static int
do_getattr(struct vnode *vp, struct stat *st)
{

	return WITH(vp, p9_vgetattr(vp, st));
}

static int
do_setattr(struct vnode *vp, const struct vattr *va)
{

	return WITH(vp, p9_vsetattr(vp, va));
}

static int
do_fsync(struct vnode *vp, bool dataonly)
{

	return WITH(vp, p9_vfsync(vp, dataonly));
}

const struct vnops p9_vnops = {
	.lookup = do_lookup,
	.create = do_create,
	.remove = do_remove,
	.rename = do_rename,
	.open = do_open,
	.close = do_close,
	.read = do_read,
	.write = do_write,
	.readdir = do_readdir,
	.readlink = do_readlink,
	.getattr = do_getattr,
	.setattr = do_setattr,
	.fsync = do_fsync,
	.inactive = p9_vinactive,
};
