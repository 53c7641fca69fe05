/*
 * etfs.c: files of the host's under names of ours (rump_pub_etfs_*).  A name is
 * compared with a whole absolute path, before the path is walked; those below
 * /dev are in its directory, too.
 */
#include "vfs.h"
#include "blk.h"

/* In images with drivers for disks. */
#pragma weak disk_node

struct etfs {
	struct vnode	v;		/* first */
	char		*key, *host;
	enum rump_etfs_type type;
	uint64_t	begin, size;
	ino_t		ino;
	struct blk	*blk;		/* while open; dev_mount.mtx */
	int		opens;
	bool		claimed;	/* by a file system */
	LIST_ENTRY(etfs) link;
};
#define ETFS(vp)	((struct etfs *)(void *)(vp))

struct mount dev_mount;
static LIST_HEAD(, etfs) etfs_list = LIST_HEAD_INITIALIZER(etfs_list);
static ino_t lastino = 1000;
static const struct vnops etfs_vnops;

static int
etfs_init(void)
{

	kmutex_init(&dev_mount.mtx);
	strcpy(dev_mount.path, "etfs");
	return 0;
}
RUMP_COMPONENT(COMPONENT_CORE, etfs_init);

/* ---- the file of the host's is open while it is used ---- */

static int
etfs_open_locked(struct etfs *et)
{
	int error;

	if (et->opens == 0) {
		error = blk_open(et->host, et->type == RUMP_ETFS_BLK ?
		    RUMPUSER_OPEN_BIO : 0, et->begin, et->size, &et->blk);
		if (error != 0)
			return error;
		if (et->v.type == VREG)
			et->v.size = et->blk->size;
	}
	et->opens++;
	return 0;
}

static void
etfs_close_locked(struct etfs *et)
{

	if (--et->opens == 0) {
		blk_close(et->blk);
		et->blk = NULL;
	}
}

static int
etfs_open(struct vnode *vp, uint32_t fflags)
{
	struct etfs *et = ETFS(vp);
	int error;

	kmutex_enter(&dev_mount.mtx);
	error = etfs_open_locked(et);
	if (error == 0 && (fflags & FWRITE) && et->blk->rdonly) {
		etfs_close_locked(et);
		error = EROFS;
	}
	kmutex_exit(&dev_mount.mtx);
	return error;
}

static void
etfs_close(struct vnode *vp, uint32_t fflags)
{

	kmutex_enter(&dev_mount.mtx);
	etfs_close_locked(ETFS(vp));
	kmutex_exit(&dev_mount.mtx);
}

int
vfs_getblk(const char *path, bool write, struct blk **bp)
{
	struct vnode *vp;
	struct etfs *et;
	int error;

	if ((error = namei_vnode(path, NI_FOLLOW, &vp)) != 0)
		return error;
	if (vp->ops != &etfs_vnops || vp->type != VBLK) {
		vnode_rele(vp);
		return ENOTBLK;
	}
	et = ETFS(vp);
	kmutex_enter(&dev_mount.mtx);
	if (et->claimed)
		error = EBUSY;
	else if ((error = etfs_open_locked(et)) == 0) {
		if (write && et->blk->rdonly) {
			etfs_close_locked(et);
			error = EROFS;
		} else {
			et->claimed = true;
			*bp = et->blk;
		}
	}
	kmutex_exit(&dev_mount.mtx);
	if (error != 0)
		vnode_rele(vp);
	return error;
}

void
vfs_putblk(struct blk *b)
{
	struct etfs *et;

	kmutex_enter(&dev_mount.mtx);
	LIST_FOREACH(et, &etfs_list, link)
		if (et->blk == b)
			break;
	KASSERT(et != NULL);
	et->claimed = false;
	etfs_close_locked(et);
	vnode_rele_locked(&et->v);
	kmutex_exit(&dev_mount.mtx);
}

/* ---- operations ---- */

static int
etfs_rw(struct vnode *vp, bool write, const struct iovec *iov, int niov,
    off_t off, size_t *done)
{
	struct etfs *et = ETFS(vp);
	struct iovec one;
	size_t got;
	int error;

	if (vp->stream)
		return blk_rwv(et->blk, write, iov, niov, -1, done);
	/* piece by piece, each cut at the window's end */
	for (; niov > 0; niov--, iov++, off += got) {
		if ((uint64_t)off >= et->blk->size)
			return write && *done == 0 && iov->iov_len != 0 ?
			    ENOSPC : 0;
		one = *iov;
		if (one.iov_len > et->blk->size - off)
			one.iov_len = et->blk->size - off;
		got = 0;
		error = blk_rwv(et->blk, write, &one, 1, off, &got);
		*done += got;
		if (error != 0 || got < iov->iov_len)
			return error;
	}
	return 0;
}

static int
etfs_read(struct vnode *vp, const struct iovec *iov, int niov, off_t off,
    size_t *done)
{

	return etfs_rw(vp, false, iov, niov, off, done);
}

static int
etfs_write(struct vnode *vp, const struct iovec *iov, int niov, off_t off,
    size_t *done)
{

	return etfs_rw(vp, true, iov, niov, off, done);
}

static int
etfs_fsync(struct vnode *vp, bool dataonly)
{

	return vp->stream ? EINVAL : blk_flush(ETFS(vp)->blk);
}

/* Of an open file: what it is on; NULL: it is none of etfs's. */
struct blk *
etfs_blk(struct vnode *vp)
{

	return vp->ops == &etfs_vnops && !vp->stream ? ETFS(vp)->blk : NULL;
}

static int
etfs_getattr(struct vnode *vp, struct stat *st)
{
	struct etfs *et = ETFS(vp);
	uint64_t size = 0;

	memset(st, 0, sizeof(*st));
	kmutex_enter(&dev_mount.mtx);
	if (et->blk != NULL)
		size = et->blk->size;
	kmutex_exit(&dev_mount.mtx);
	if (size == 0)
		(void)rumpuser_getfileinfo(et->host, &size, NULL);
	st->st_ino = et->ino;
	st->st_mode = vtype_mode[vp->type] | 0600;
	st->st_nlink = 1;
	st->st_size = vp->stream ? 0 : size;
	st->st_blocks = st->st_size / 512;
	st->st_blksize = 65536;
	st->st_rdev = et->ino;
	return 0;
}

static const struct vnops etfs_vnops = {
	.open = etfs_open,
	.close = etfs_close,
	.read = etfs_read,
	.write = etfs_write,
	.getattr = etfs_getattr,
	.fsync = etfs_fsync,
};

/* ---- names; dev_mount.mtx is held ---- */

static struct etfs *
etfs_find(const char *key)
{
	struct etfs *et;

	LIST_FOREACH(et, &etfs_list, link)
		if (strcmp(et->key, key) == 0)
			return et;
	return NULL;
}

static struct etfs *
etfs_get(const char *path, struct vnode **vpp)
{
	struct etfs *et;

	kmutex_enter(&dev_mount.mtx);
	if ((et = etfs_find(path)) != NULL) {
		vnode_ref_locked(&et->v);
		*vpp = &et->v;
	}
	kmutex_exit(&dev_mount.mtx);
	return et;
}

int
etfs_lookup(const char *path, struct vnode **vpp)
{

	if (LIST_EMPTY(&etfs_list))
		return ENOENT;
	if (etfs_get(path, vpp) != NULL)
		return 0;
	return disk_node != NULL && disk_node(path) == 0 &&
	    etfs_get(path, vpp) != NULL ? 0 : ENOENT;
}

int
etfs_dev_each(off_t from, vfs_emit_fn emit, void *arg)
{
	struct etfs *et;
	off_t pos = from;

	kmutex_enter(&dev_mount.mtx);
	LIST_FOREACH(et, &etfs_list, link)
		if (strncmp(et->key, "/dev/", 5) == 0 &&
		    strchr(et->key + 5, '/') == NULL && (off_t)et->ino > pos &&
		    emit(arg, et->key + 5, et->ino, et->v.type, et->ino) != 0)
			break;
	kmutex_exit(&dev_mount.mtx);
	return 0;
}

/* ---- registration ---- */

static void
etfs_free(struct etfs *et)
{

	vnode_fini(&et->v);
	kmem_strfree(et->key);
	kmem_strfree(et->host);
	kmem_free(et, sizeof(*et));
}

static int
etfs_add(struct etfs *et)
{
	struct etfs *last = NULL, *e;
	int error = 0;

	kmutex_enter(&dev_mount.mtx);
	if ((e = etfs_find(et->key)) != NULL)
		error = EEXIST;
	else {
		et->ino = ++lastino;
		LIST_FOREACH(e, &etfs_list, link)
			last = e;
		if (last != NULL)
			LIST_INSERT_AFTER(last, et, link);
		else
			LIST_INSERT_HEAD(&etfs_list, et, link);
	}
	kmutex_exit(&dev_mount.mtx);
	return error;
}

int
etfs_register(const char *key, const char *host, enum rump_etfs_type type,
    uint64_t begin, uint64_t size)
{
	static const enum vtype vtype[] = { VREG, VBLK, VCHR };
	struct blk *b;
	struct etfs *et;
	bool stream = false;
	int error, hosttype;

	while (key[0] == '/' && key[1] == '/')
		key++;
	if (key[0] != '/' || type > RUMP_ETFS_CHR)
		return EINVAL;
	/* Is it there, and does the window fit? */
	if (rumpuser_getfileinfo(host, NULL, &hosttype) == 0)
		stream = hosttype == RUMPUSER_FT_CHR ||
		    hosttype == RUMPUSER_FT_OTHER;
	if (stream && type == RUMP_ETFS_BLK)
		return ENOTBLK;
	if (!stream) {
		if ((error = blk_open(host, 0, begin, size, &b)) != 0)
			return error;
		blk_close(b);
	}
	if ((et = kmem_zalloc(sizeof(*et))) == NULL)
		return ENOMEM;
	vnode_init(&et->v, &dev_mount, &etfs_vnops, stream ? VCHR :
	    vtype[type]);
	et->v.stream = stream;
	et->key = kmem_strdup(key);
	et->host = kmem_strdup(host);
	et->type = type;
	et->begin = begin;
	et->size = size;
	error = et->key == NULL || et->host == NULL ? ENOMEM : etfs_add(et);
	if (error != 0)
		etfs_free(et);
	return error;
}

/* A host without that file is one without a console. */
int
etfs_add_console(void)
{
	int error = etfs_register("/dev/console", "sirloin:console",
	    RUMP_ETFS_CHR, 0, BLK_TOEND);

	return error == ENOENT ? 0 : error;
}

int
rump_pub_etfs_register_withsize(const char *key, const char *host,
    enum rump_etfs_type type, uint64_t begin, uint64_t size)
{
	struct lwp *l = sys_enter();
	int error = etfs_register(key, host, type, begin, size);

	sys_leave(l, 0, 0);
	return error;
}

int
rump_pub_etfs_register(const char *key, const char *host,
    enum rump_etfs_type type)
{

	return rump_pub_etfs_register_withsize(key, host, type, 0,
	    RUMP_ETFS_SIZE_ENDOFF);
}

int
rump_pub_etfs_remove(const char *key)
{
	struct lwp *l = sys_enter();
	struct etfs *et;
	int error = 0;

	kmutex_enter(&dev_mount.mtx);
	if ((et = etfs_find(key)) == NULL)
		error = ENOENT;
	else if (et->v.refs != 0)
		error = EBUSY;
	else
		LIST_REMOVE(et, link);
	kmutex_exit(&dev_mount.mtx);
	if (error == 0)
		etfs_free(et);
	sys_leave(l, 0, 0);
	return error;
}
