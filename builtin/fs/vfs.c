/* vfs.c: vnodes' references, mounted file systems. */
#include "vfs.h"
#include <rump/rump_syscalls.h>

const unsigned char vtype_dtype[] = { DT_REG, DT_DIR, DT_LNK, DT_CHR, DT_BLK };
const mode_t vtype_mode[] = { S_IFREG, S_IFDIR, S_IFLNK, S_IFCHR, S_IFBLK };

static kmutex_t vfs_mtx;		/* mounts, vnodes' mounted */
static kmutex_t sync_mtx;		/* vfs_sync() is using its roots */
static LIST_HEAD(, mount) mounts = LIST_HEAD_INITIALIZER(mounts);
static LIST_HEAD(, mount) freemounts = LIST_HEAD_INITIALIZER(freemounts);
static LIST_HEAD(, vfsops) types = LIST_HEAD_INITIALIZER(types);
static struct mount *rootmount;
static dev_t lastdev;

static int
vfs_init(void)
{

	kmutex_init(&vfs_mtx);
	kmutex_init(&sync_mtx);
	return 0;
}
RUMP_COMPONENT(COMPONENT_CORE, vfs_init);

/* ---- vnodes ---- */

void
vnode_init(struct vnode *vp, struct mount *mp, const struct vnops *ops,
    enum vtype type)
{

	memset(vp, 0, sizeof(*vp));
	vp->mp = mp;
	vp->ops = ops;
	vp->type = type;
	if (type == VREG)
		rumpuser_rw_init(&vp->rw);
}

void
vnode_fini(struct vnode *vp)
{

	KASSERT(vp->refs == 0);
	if (vp->rw != NULL)
		rumpuser_rw_destroy(vp->rw);
}

void
vnode_ref(struct vnode *vp)
{

	__atomic_add_fetch(&vp->refs, 1, __ATOMIC_RELAXED);
}

void
vnode_ref_locked(struct vnode *vp)
{

	if (__atomic_fetch_add(&vp->refs, 1, __ATOMIC_RELAXED) == 0)
		vp->mp->active++;
}

void
vnode_rele_locked(struct vnode *vp)
{

	if (__atomic_sub_fetch(&vp->refs, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	vp->mp->active--;
	if (vp->ops->inactive != NULL)
		vp->ops->inactive(vp);
}

void
vnode_rele(struct vnode *vp)
{
	uint32_t refs = __atomic_load_n(&vp->refs, __ATOMIC_RELAXED);
	struct mount *mp = vp->mp;

	while (refs > 1)
		if (__atomic_compare_exchange_n(&vp->refs, &refs, refs - 1,
		    true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			return;
	kmutex_enter(&mp->mtx);
	vnode_rele_locked(vp);
	kmutex_exit(&mp->mtx);
}

/* ---- crossing mount points ---- */

static struct vnode *
mount_root(struct mount *mp)
{

	kmutex_enter(&mp->mtx);
	vnode_ref_locked(mp->root);
	kmutex_exit(&mp->mtx);
	return mp->root;
}

struct vnode *
vfs_rootvnode(void)
{

	return mount_root(rootmount);
}

struct vnode *
vfs_cross(struct vnode *vp)
{
	struct vnode *root = NULL;
	struct mount *mp;

	while (__atomic_load_n(&vp->mounted, __ATOMIC_RELAXED) != NULL) {
		kmutex_enter(&vfs_mtx);
		if ((mp = vp->mounted) != NULL)
			root = mount_root(mp);
		kmutex_exit(&vfs_mtx);
		if (mp == NULL)
			break;
		vnode_rele(vp);
		vp = root;
	}
	return vp;
}

/* ---- mounting ---- */

void
vfs_register(struct vfsops *ops)
{

	LIST_INSERT_HEAD(&types, ops, link);	/* from rump_init() only */
}

static const struct vfsops *
vfs_type(const char *name)
{
	const struct vfsops *ops;

	LIST_FOREACH(ops, &types, link)
		if (strcmp(ops->name, name) == 0)
			return ops;
	return NULL;
}

static struct mount *
mount_new(const struct vfsops *ops, const char *path, int flags)
{
	struct mount *mp;

	kmutex_enter(&vfs_mtx);
	if ((mp = LIST_FIRST(&freemounts)) != NULL)
		LIST_REMOVE(mp, link);
	kmutex_exit(&vfs_mtx);
	if (mp == NULL) {
		if ((mp = kmem_zalloc(sizeof(*mp))) == NULL)
			return NULL;
		kmutex_init(&mp->mtx);
	}
	mp->root = mp->covers = NULL;
	mp->data = NULL;
	mp->active = 0;
	memset(mp->path, 0, sizeof(mp->path));
	mp->ops = ops;
	mp->flags = flags & (MNT_RDONLY | MNT_SYNCHRONOUS | MNT_NOATIME);
	mp->dev = __atomic_add_fetch(&lastdev, 1, __ATOMIC_RELAXED);
	strncpy(mp->path, path, sizeof(mp->path) - 1);
	return mp;
}

/* Kept: whoever dropped the last reference may not have left mp->mtx yet. */
static void
mount_free(struct mount *mp)
{

	kmutex_enter(&vfs_mtx);
	LIST_INSERT_HEAD(&freemounts, mp, link);
	kmutex_exit(&vfs_mtx);
}

/* Puts mp on the directory; takes over the reference to it if that works. */
static int
mount_attach(struct mount *mp, struct vnode *on)
{
	int error = 0;

	kmutex_enter(&vfs_mtx);
	if (on != NULL && on->mounted != NULL)
		error = EBUSY;
	else {
		mp->covers = on;
		LIST_INSERT_HEAD(&mounts, mp, link);
		if (on != NULL)
			__atomic_store_n(&on->mounted, mp, __ATOMIC_RELEASE);
		else
			rootmount = mp;
	}
	kmutex_exit(&vfs_mtx);
	return error;
}

int
vfs_mount(const char *type, const char *path, int flags, const void *args,
    size_t len)
{
	const struct vfsops *ops = vfs_type(type);
	struct vnode *on = NULL;
	struct mount *mp;
	int error;

	if (ops == NULL)
		return ENODEV;
	if ((flags & MNT_UPDATE) != 0)
		return EOPNOTSUPP;
	if (rootmount != NULL &&
	    (error = namei_vnode(path, NI_FOLLOW, &on)) != 0)
		return error;
	error = on != NULL && on->type != VDIR ? ENOTDIR : 0;
	if (error == 0 && (mp = mount_new(ops, path, flags)) == NULL)
		error = ENOMEM;
	if (error == 0 && (error = ops->mount(mp, args, len)) != 0)
		mount_free(mp);
	else if (error == 0 && (error = mount_attach(mp, on)) != 0) {
		(void)ops->unmount(mp);
		mount_free(mp);
	}
	if (error != 0 && on != NULL)
		vnode_rele(on);
	return error;
}

int
rump___sysimpl_mount50(const char *type, const char *path, int flags,
    void *args, size_t len)
{
	int error;

	SYS_ENTER();
	error = vfs_mount(type, path, flags, args, len);
	return SYS_LEAVE(error, 0);
}

/* The mount whose root vp is, made unreachable; nobody uses it. */
static int
mount_detach(struct vnode *vp, struct mount **mpp)
{
	struct mount *mp = vp->mp;
	int error = 0;

	kmutex_enter(&vfs_mtx);
	kmutex_enter(&mp->mtx);
	if (vp != mp->root)
		error = EINVAL;
	else if (mp->covers == NULL || mp->active != 1 || vp->refs != 1)
		error = EBUSY;
	if (error == 0) {
		__atomic_store_n(&mp->covers->mounted, NULL, __ATOMIC_RELEASE);
		LIST_REMOVE(mp, link);
	}
	kmutex_exit(&mp->mtx);
	kmutex_exit(&vfs_mtx);
	*mpp = mp;
	return error;
}

static int
vfs_unmount(const char *path, int flags)
{
	struct vnode *vp;
	struct mount *mp;
	int error;

	if ((error = namei_vnode(path, NI_FOLLOW, &vp)) != 0)
		return error;
	kmutex_enter(&sync_mtx);
	error = mount_detach(vp, &mp);
	kmutex_exit(&sync_mtx);
	vnode_rele(vp);
	if (error != 0)
		return error;
	vnode_rele(mp->covers);
	error = mp->ops->unmount(mp);
	mount_free(mp);
	return error;
}

int
rump___sysimpl_unmount(const char *path, int flags)
{
	int error;

	SYS_ENTER();
	error = vfs_unmount(path, flags);
	return SYS_LEAVE(error, 0);
}

/* ---- everything to stable storage ---- */

void
vfs_sync(void)
{
	struct vnode *root[16];
	struct mount *mp;
	unsigned n = 0;

	/* Sleeping is for later: a root in use keeps its mount in place. */
	kmutex_enter(&sync_mtx);
	kmutex_enter(&vfs_mtx);
	LIST_FOREACH(mp, &mounts, link)
		if (mp->ops->sync != NULL && n < __arraycount(root))
			root[n++] = mount_root(mp);
	kmutex_exit(&vfs_mtx);
	while (n-- > 0) {
		(void)root[n]->mp->ops->sync(root[n]->mp);
		vnode_rele(root[n]);
	}
	kmutex_exit(&sync_mtx);
}

void
rump___sysimpl_sync(void)
{

	SYS_ENTER();
	vfs_sync();
	(void)SYS_LEAVE(0, 0);
}

int
rump___sysimpl_reboot(int howto, char *bootstr)
{

	SYS_ENTER();
	if ((howto & RB_NOSYNC) == 0)
		vfs_sync();
	(void)SYS_LEAVE(0, 0);
	if (rump_dev_shutdown != NULL)
		rump_dev_shutdown();
	rumpuser_exit(0);
}

/* ---- the root file system ---- */

static int
vfs_mountroot(void)
{
	struct vnode *root, *dev;
	int error;

	if ((error = vfs_mount(MOUNT_TMPFS, "/", 0, NULL, 0)) != 0)
		return error;
	root = vfs_rootvnode();
	error = root->ops->create(root, "dev", VDIR, 0755, NULL, &dev);
	vnode_rele(root);
	if (error != 0)
		return error;
	vnode_rele(dev);
	return vfs_mount("devfs", "/dev", 0, NULL, 0);
}
RUMP_COMPONENT(COMPONENT_DEV, vfs_mountroot);
