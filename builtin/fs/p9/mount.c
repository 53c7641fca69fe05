/* mount.c: the file system "9p": mount(2)'s device is a channel's name. */
#include "p9.h"

static void
p9_stop(struct p9fs *fs)
{

	p9_free_requests(fs);
	rumpcomp_p9_close(fs->dev);
	kcond_destroy(&fs->cv);
	kmutex_destroy(&fs->again);
	kmutex_destroy(&fs->mtx);
	kmem_free(fs, sizeof(*fs));
}

static int
p9_start(struct p9fs *fs, size_t maxmsg)
{
	struct vnode *root;
	struct p9qid q;
	int error;

	if ((error = p9_version(fs, maxmsg)) != 0) {
		k_printf("mount %s: not a server of 9P2000.L\n", fs->mp->path);
		return EINVAL;
	}
	if ((error = p9_attach(fs, P9_ROOTFID, &q)) != 0)
		return error;
	if ((q.type & P9_QTDIR) == 0)
		return ENOTDIR;
	if ((error = p9_node(fs, P9_ROOTFID, &q, NULL, NULL, &root)) != 0)
		return error;
	fs->root = P9NODE(root);
	fs->mp->root = root;
	vnode_rele(root);
	return 0;
}

static int
p9_mount(struct mount *mp, const void *data, size_t len)
{
	const struct ufs_args *args = data;
	struct p9fs *fs;
	size_t maxmsg;
	int error;

	if (args == NULL || len < sizeof(*args) || args->fspec == NULL)
		return EINVAL;
	if ((fs = kmem_zalloc(sizeof(*fs))) == NULL)
		return ENOMEM;
	fs->mp = mp;
	mp->data = fs;
	if ((error = rumpcomp_p9_open(args->fspec, &fs->dev, &maxmsg)) != 0) {
		kmem_free(fs, sizeof(*fs));
		return error;
	}
	kmutex_init(&fs->mtx);
	kmutex_init(&fs->again);
	kcond_init(&fs->cv);
	fs->server = rumpcomp_p9_enter(fs->dev);
	rumpcomp_p9_begin(fs->dev, fs->server);
	error = p9_start(fs, maxmsg);
	rumpcomp_p9_leave(fs->dev);
	if (error != 0)
		p9_stop(fs);
	return error;
}

static int
p9_unmount(struct mount *mp)
{
	struct p9fs *fs = mp->data;

	p9_enter(fs);
	p9_reap(fs);
	p9_clunk(fs, fs->root->fid);
	p9_leave(fs);
	p9_node_free(fs->root);
	p9_stop(fs);
	return 0;
}

static int
p9_statvfs(struct mount *mp, struct statvfs *sv)
{
	struct p9fs *fs = mp->data;
	struct p9req *r;
	int error;

	p9_enter(fs);
	if ((r = p9_request(fs, P9_STATFS)) == NULL) {
		p9_leave(fs);
		return ENOMEM;
	}
	p9_put32(&r->m, fs->root->fid);
	if ((error = p9_call(fs, r)) == 0) {
		(void)p9_get32(&r->m);		/* the host's type */
		sv->f_bsize = sv->f_frsize = p9_get32(&r->m);
		sv->f_blocks = p9_get64(&r->m);
		sv->f_bfree = p9_get64(&r->m);
		sv->f_bavail = p9_get64(&r->m);
		sv->f_files = p9_get64(&r->m);
		sv->f_ffree = sv->f_favail = p9_get64(&r->m);
		error = r->m.bad || sv->f_bsize == 0 ? EIO : 0;
	}
	p9_release(fs, r);
	p9_leave(fs);
	return error;
}

static struct vfsops p9_vfsops = {
	.name = MOUNT_9P,
	.mount = p9_mount,
	.unmount = p9_unmount,
	.statvfs = p9_statvfs,
};

static int
p9_init(void)
{

	vfs_register(&p9_vfsops);
	return 0;
}
RUMP_COMPONENT(COMPONENT_FS, p9_init);
