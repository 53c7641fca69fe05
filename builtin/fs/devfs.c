/* devfs.c: /dev: null, zero, full, random, urandom, console, and etfs's. */
#include "vfs.h"
#include <rump/rump.h>

struct dev {
	struct vnode	v;		/* first */
	const char	*name;
	int		(*read)(const struct iovec *, size_t *done);
	int		(*write)(const struct iovec *, size_t *done);
};
#define DEV(vp)	((struct dev *)(void *)(vp))

static int null_read(const struct iovec *iov, size_t *done) { return 0; }

static int
null_write(const struct iovec *iov, size_t *done)
{

	*done += iov->iov_len;
	return 0;
}

static int
zero_read(const struct iovec *iov, size_t *done)
{

	memset(iov->iov_base, 0, iov->iov_len);
	*done += iov->iov_len;
	return 0;
}
static int full_write(const struct iovec *iov, size_t *done) { return ENOSPC; }

static int
random_fill(const struct iovec *iov, size_t *done, int flags)
{
	size_t n = 0, got;
	int error;

	while (n < iov->iov_len) {
		got = 0;
		error = rumpuser_getrandom((char *)iov->iov_base + n,
		    iov->iov_len - n, flags, &got);
		if (error != 0)
			return error;
		n += got;
	}
	*done += n;
	return 0;
}

static int
random_read(const struct iovec *iov, size_t *done)
{

	return random_fill(iov, done, RUMPUSER_RANDOM_HARD);
}

static int
urandom_read(const struct iovec *iov, size_t *done)
{

	return random_fill(iov, done, 0);
}

static struct dev devs[] = {
	{ .name = "null", .read = null_read, .write = null_write },
	{ .name = "zero", .read = zero_read, .write = null_write },
	{ .name = "full", .read = zero_read, .write = full_write },
	{ .name = "random", .read = random_read, .write = null_write },
	{ .name = "urandom", .read = urandom_read, .write = null_write },
};
static struct vnode dev_root;

/* ---- devices ---- */

static int
dev_read(struct vnode *vp, const struct iovec *iov, int niov, off_t off,
    size_t *done)
{
	int error = 0;

	for (; niov > 0 && error == 0; niov--, iov++)
		error = DEV(vp)->read(iov, done);
	return error;
}

static int
dev_write(struct vnode *vp, const struct iovec *iov, int niov, off_t off,
    size_t *done)
{
	int error = 0;

	for (; niov > 0 && error == 0; niov--, iov++)
		error = DEV(vp)->write(iov, done);
	return error;
}

static int
dev_getattr(struct vnode *vp, struct stat *st)
{
	bool root = vp == &dev_root;

	memset(st, 0, sizeof(*st));
	st->st_dev = vp->mp->dev;
	st->st_ino = root ? 2 : DEV(vp) - devs + 3;
	st->st_mode = root ? S_IFDIR | 0755 : S_IFCHR | 0666;
	st->st_nlink = root ? 2 : 1;
	st->st_rdev = root ? 0 : st->st_ino;
	st->st_blksize = 4096;
	return 0;
}

static const struct vnops dev_vnops = {
	.read = dev_read,
	.write = dev_write,
	.getattr = dev_getattr,
};

/* ---- the directory ---- */

static int
root_lookup(struct vnode *dvp, const char *name, struct vnode **vpp)
{
	char path[5 + VFS_NAMEMAX + 1] = "/dev/";

	for (unsigned i = 0; i < __arraycount(devs); i++)
		if (strcmp(devs[i].name, name) == 0) {
			kmutex_enter(&dvp->mp->mtx);
			vnode_ref_locked(&devs[i].v);
			kmutex_exit(&dvp->mp->mtx);
			*vpp = &devs[i].v;
			return 0;
		}
	strcpy(path + 5, name);
	return etfs_lookup(path, vpp);
}

static int
root_readdir(struct vnode *vp, off_t from, vfs_emit_fn emit, void *arg)
{

	/* entry i has position i + 3, which is where the next begins */
	for (off_t i = from - 2; i < (off_t)__arraycount(devs); i++)
		if (emit(arg, devs[i].name, i + 3, VCHR, i + 3) != 0)
			return 0;
	return etfs_dev_each(from, emit, arg);
}

static const struct vnops root_vnops = {
	.lookup = root_lookup,
	.readdir = root_readdir,
	.getattr = dev_getattr,
};

static int
devfs_mount(struct mount *mp, const void *args, size_t len)
{

	if (dev_root.mp != NULL)
		return EBUSY;		/* there is one */
	vnode_init(&dev_root, mp, &root_vnops, VDIR);
	for (unsigned i = 0; i < __arraycount(devs); i++) {
		vnode_init(&devs[i].v, mp, &dev_vnops, VCHR);
		devs[i].v.stream = true;
	}
	mp->root = &dev_root;
	return 0;
}

static int
devfs_unmount(struct mount *mp)
{

	dev_root.mp = NULL;
	return 0;
}

static struct vfsops devfs_vfsops = {
	.name = "devfs",
	.mount = devfs_mount,
	.unmount = devfs_unmount,
};

static int
devfs_init(void)
{

	vfs_register(&devfs_vfsops);
	return etfs_add_console();
}
RUMP_COMPONENT(COMPONENT_FS, devfs_init);
