/* tmpfs.c: files in memory: names and attributes.  The data: tmpfs_data.c. */
#include "tmpfs.h"
#include <stdlib.h>

/* ---- nodes ---- */

static struct tnode *
tnode_new(struct mount *mp, enum vtype type, mode_t mode)
{
	struct tmpfs *tm = mp->data;
	struct tnode *t = kmem_zalloc(sizeof(*t));

	if (t == NULL)
		return NULL;
	vnode_init(&t->v, mp, &tmpfs_vnops, type);
	t->v.data = t;
	t->ino = ++tm->lastino;
	t->mode = mode;
	t->nlink = 1;
	t->atime = t->mtime = t->ctime = t->btime = vfs_now();
	TAILQ_INIT(&t->entries);
	return t;
}

static void
tnode_free(struct tnode *t)
{

	tmpfs_data_free(t);
	kmem_strfree(t->target);
	vnode_fini(&t->v);
	kmem_free(t, sizeof(*t));
}

/* Both ends of its life, names and references, are under mp->mtx. */
static void
tmpfs_inactive(struct vnode *vp)
{
	struct tnode *t = TNODE(vp);

	if (t->nlink == 0)
		tnode_free(t);
}

static void
tnode_touch(struct tnode *t)
{

	t->mtime = t->ctime = vfs_now();
}

/* ---- directories; mp->mtx is held ---- */

static struct tentries *
dir_bucket(struct tnode *dir, const char *name)
{
	uint32_t h = (uint32_t)dir->ino;

	while (*name != '\0')
		h = (h ^ (uint8_t)*name++) * 16777619;
	return &TMPFS(dir)->hash[(h ^ h >> 16) % TMPFS_NHASH];
}

static struct tentry *
dir_find(struct tnode *dir, const char *name)
{
	struct tentry *e;

	LIST_FOREACH(e, dir_bucket(dir, name), hash)
		if (e->dir == dir && strcmp(e->name, name) == 0)
			break;
	return e;
}

static int
dir_enter(struct tnode *dir, const char *name, struct tnode *t)
{
	struct tentry *e = kmem_alloc(sizeof(*e));

	if (e == NULL || (e->name = kmem_strdup(name)) == NULL) {
		kmem_free(e, sizeof(*e));
		return ENOSPC;
	}
	e->t = t;
	e->dir = dir;
	e->pos = ++dir->lastpos + 2;
	LIST_INSERT_HEAD(dir_bucket(dir, name), e, hash);
	TAILQ_INSERT_TAIL(&dir->entries, e, link);
	t->parent = dir;
	if (t->v.type == VDIR)
		dir->subdirs++;
	tnode_touch(dir);
	return 0;
}

static void
dir_leave(struct tnode *dir, struct tentry *e)
{

	if (e->t->v.type == VDIR)
		dir->subdirs--;
	LIST_REMOVE(e, hash);
	TAILQ_REMOVE(&dir->entries, e, link);
	kmem_strfree(e->name);
	kmem_free(e, sizeof(*e));
	tnode_touch(dir);
}

/* Its name is gone; with the last reference it goes, too. */
static void
tnode_unlinked(struct tnode *t)
{

	t->nlink = 0;
	t->ctime = vfs_now();
	if (t->v.refs == 0)
		tnode_free(t);
}

static int
tmpfs_lookup(struct vnode *dvp, const char *name, struct vnode **vpp)
{
	struct tentry *e;

	kmutex_enter(&dvp->mp->mtx);
	if ((e = dir_find(TNODE(dvp), name)) != NULL) {
		vnode_ref_locked(&e->t->v);
		*vpp = &e->t->v;
	}
	kmutex_exit(&dvp->mp->mtx);
	return e != NULL ? 0 : ENOENT;
}

static int
tmpfs_create(struct vnode *dvp, const char *name, enum vtype type, mode_t mode,
    const char *target, struct vnode **vpp)
{
	struct tnode *dir = TNODE(dvp), *t = NULL;
	int error;

	kmutex_enter(&dvp->mp->mtx);
	if (dir->nlink == 0)
		error = ENOENT;
	else if (dir_find(dir, name) != NULL)
		error = EEXIST;
	else if ((t = tnode_new(dvp->mp, type, mode)) == NULL ||
	    (target != NULL && (t->target = kmem_strdup(target)) == NULL))
		error = ENOSPC;
	else
		error = dir_enter(dir, name, t);
	if (error == 0) {
		vnode_ref_locked(&t->v);
		*vpp = &t->v;
	} else if (t != NULL)
		tnode_free(t);
	kmutex_exit(&dvp->mp->mtx);
	return error;
}

static int
tmpfs_remove(struct vnode *dvp, const char *name, struct vnode *vp)
{
	struct tentry *e;
	int error = 0;

	kmutex_enter(&dvp->mp->mtx);
	e = dir_find(TNODE(dvp), name);
	if (e == NULL || &e->t->v != vp)
		error = ENOENT;
	else if (vp->mounted != NULL)
		error = EBUSY;
	else if (!TAILQ_EMPTY(&e->t->entries))
		error = ENOTEMPTY;
	else {
		dir_leave(TNODE(dvp), e);
		tnode_unlinked(TNODE(vp));
	}
	kmutex_exit(&dvp->mp->mtx);
	return error;
}

static bool
tnode_inside(const struct tnode *t, const struct tnode *dir)
{

	for (; t != NULL; t = t->parent)
		if (t == dir)
			return true;
	return false;
}

static int
rename_locked(struct tnode *fdir, const char *fname, struct tnode *t,
    struct tnode *tdir, const char *tname)
{
	struct tentry *f = dir_find(fdir, fname), *o = dir_find(tdir, tname);
	struct tnode *old = o != NULL ? o->t : NULL;
	int error;

	if (f == NULL || f->t != t || tdir->nlink == 0)
		return ENOENT;
	if (old == t)
		return 0;
	if (t->v.type == VDIR && tnode_inside(tdir, t))
		return EINVAL;
	if (old != NULL) {
		if (old->v.mounted != NULL)
			return EBUSY;
		if ((old->v.type == VDIR) != (t->v.type == VDIR))
			return old->v.type == VDIR ? EISDIR : ENOTDIR;
		if (!TAILQ_EMPTY(&old->entries))
			return ENOTEMPTY;
		/*
		 * The entries trade nodes, so nothing can fail.  Both are
		 * directories or neither is: the counts stay.
		 */
		o->t = t;
		f->t = old;
		t->parent = tdir;
		dir_leave(fdir, f);
		tnode_unlinked(old);
		tnode_touch(tdir);
	} else {
		if ((error = dir_enter(tdir, tname, t)) != 0)
			return error;
		dir_leave(fdir, f);
	}
	t->ctime = vfs_now();
	return 0;
}

static int
tmpfs_rename(struct vnode *fdvp, const char *fname, struct vnode *vp,
    struct vnode *tdvp, const char *tname, struct vnode *tvp)
{
	int error;

	kmutex_enter(&vp->mp->mtx);
	error = rename_locked(TNODE(fdvp), fname, TNODE(vp), TNODE(tdvp),
	    tname);
	kmutex_exit(&vp->mp->mtx);
	return error;
}

static int
tmpfs_readdir(struct vnode *vp, off_t from, vfs_emit_fn emit, void *arg)
{
	struct tentry *e;

	kmutex_enter(&vp->mp->mtx);
	TAILQ_FOREACH(e, &TNODE(vp)->entries, link)
		if (e->pos > from &&
		    emit(arg, e->name, e->t->ino, e->t->v.type, e->pos) != 0)
			break;
	kmutex_exit(&vp->mp->mtx);
	return 0;
}

static int
tmpfs_readlink(struct vnode *vp, char *buf, size_t size, size_t *len)
{
	const char *s = TNODE(vp)->target;

	*len = strlen(s);
	memcpy(buf, s, *len < size ? *len : size);
	return 0;
}

/* ---- attributes ---- */

static int
tmpfs_getattr(struct vnode *vp, struct stat *st)
{
	struct tnode *t = TNODE(vp);

	memset(st, 0, sizeof(*st));
	kmutex_enter(&vp->mp->mtx);
	st->st_dev = vp->mp->dev;
	st->st_ino = t->ino;
	st->st_mode = vtype_mode[vp->type] | t->mode;
	st->st_nlink = vp->type == VDIR ? 2 + t->subdirs : t->nlink;
	st->st_uid = t->uid;
	st->st_gid = t->gid;
	st->st_atim = t->atime;
	st->st_mtim = t->mtime;
	st->st_ctim = t->ctime;
	st->st_birthtim = t->btime;
	st->st_size = vp->type == VLNK ? (off_t)strlen(t->target) : vp->size;
	st->st_blocks = t->npages * (TMPFS_PAGE / 512);
	st->st_blksize = 65536;
	kmutex_exit(&vp->mp->mtx);
	return 0;
}

static int
tmpfs_setattr(struct vnode *vp, const struct vattr *va)
{
	struct tnode *t = TNODE(vp);
	int error;

	if (va->set & VA_SIZE) {
		if ((error = tmpfs_data_resize(t, va->size)) != 0)
			return error;
		tnode_touch(t);
	}
	kmutex_enter(&vp->mp->mtx);
	if (va->set & VA_MODE)
		t->mode = va->mode;
	if (va->set & VA_OWNER) {
		t->uid = va->uid != (uid_t)-1 ? va->uid : t->uid;
		t->gid = va->gid != (gid_t)-1 ? va->gid : t->gid;
	}
	if (va->set & VA_TIMES) {
		if (va->atime.tv_nsec != UTIME_OMIT)
			t->atime = va->atime;
		if (va->mtime.tv_nsec != UTIME_OMIT)
			t->mtime = va->mtime;
	}
	t->ctime = vfs_now();
	kmutex_exit(&vp->mp->mtx);
	return 0;
}

const struct vnops tmpfs_vnops = {
	.lookup = tmpfs_lookup,
	.create = tmpfs_create,
	.remove = tmpfs_remove,
	.rename = tmpfs_rename,
	.read = tmpfs_read,
	.write = tmpfs_write,
	.readdir = tmpfs_readdir,
	.readlink = tmpfs_readlink,
	.getattr = tmpfs_getattr,
	.setattr = tmpfs_setattr,
	.inactive = tmpfs_inactive,
};

/* ---- mounting ---- */

/* At most half of the memory, so that the rest of us can go on. */
static uint64_t
default_limit(void)
{
	char buf[32];

	if (rumpuser_getparam("RUMP_MEMLIMIT", buf, sizeof(buf)) != 0)
		return UINT64_MAX;
	return strtoull(buf, NULL, 10) / 2;
}

static int
tmpfs_mount(struct mount *mp, const void *data, size_t len)
{
	const struct tmpfs_args *args = data;
	struct tmpfs *tm;
	struct tnode *root;

	if (args != NULL && (len < sizeof(*args) ||
	    args->ta_version != TMPFS_ARGS_VERSION))
		return EINVAL;
	if ((tm = kmem_zalloc(sizeof(*tm))) == NULL)
		return ENOMEM;
	mp->data = tm;
	tm->maxpages = (args != NULL && args->ta_size_max != 0 ?
	    (uint64_t)args->ta_size_max : default_limit()) / TMPFS_PAGE;
	root = tnode_new(mp, VDIR, args != NULL ? args->ta_root_mode & 07777 :
	    0755);
	if (root == NULL) {
		kmem_free(tm, sizeof(*tm));
		return ENOMEM;
	}
	if (args != NULL) {
		root->uid = args->ta_root_uid;
		root->gid = args->ta_root_gid;
	}
	mp->root = &root->v;
	return 0;
}

/* Everything below dir, depth first. */
static void
tree_free(struct tnode *dir)
{
	struct tentry *e;
	struct tnode *t;

	while ((e = TAILQ_FIRST(&dir->entries)) != NULL) {
		t = e->t;
		if (!TAILQ_EMPTY(&t->entries)) {
			dir = t;	/* back by t->parent, see below */
			continue;
		}
		dir_leave(dir, e);
		tnode_free(t);
		if (TAILQ_EMPTY(&dir->entries) && dir->parent != NULL)
			dir = dir->parent;
	}
}

static int
tmpfs_unmount(struct mount *mp)
{
	struct tmpfs *tm = mp->data;

	tree_free(TNODE(mp->root));
	tnode_free(TNODE(mp->root));
	kmem_free(tm, sizeof(*tm));
	return 0;
}

static struct vfsops tmpfs_vfsops = {
	.name = MOUNT_TMPFS,
	.mount = tmpfs_mount,
	.unmount = tmpfs_unmount,
};

static int
tmpfs_init(void)
{

	vfs_register(&tmpfs_vfsops);
	return 0;
}
RUMP_COMPONENT(COMPONENT_FS, tmpfs_init);
