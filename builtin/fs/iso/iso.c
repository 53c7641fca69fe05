/*
 * iso.c: ISO 9660 as a file system, read only, with Rock Ridge or Joliet names.
 * A node is known by where its directory record is.
 */
#include "iso.h"

static const struct vnops iso_vnops;

/* ---- nodes; mp->mtx is held ---- */

static struct isonode *
isonode_new(struct isofs *f, const struct isoent *e)
{
	struct isonode *np = kmem_zalloc(sizeof(*np));

	if (np == NULL)
		return NULL;
	vnode_init(&np->v, f->mp, &iso_vnops, e->type);
	np->v.size = e->type == VREG ? (off_t)e->size : 0;
	np->at = e->at;
	np->mode = e->mode;
	np->uid = e->uid;
	np->gid = e->gid;
	np->nlink = e->nlink;
	np->mtime = e->mtime;
	np->size = e->size;
	np->nsect = e->nsect;
	if ((e->nsect != 0 && (np->sect = kmem_alloc(e->nsect *
	    sizeof(*np->sect))) == NULL) || (e->type == VLNK &&
	    (np->target = kmem_strdup(e->target)) == NULL)) {
		if (np->sect != NULL)
			kmem_free(np->sect, np->nsect * sizeof(*np->sect));
		vnode_fini(&np->v);
		kmem_free(np, sizeof(*np));
		return NULL;
	}
	memcpy(np->sect, e->sect, e->nsect * sizeof(*np->sect));
	LIST_INSERT_HEAD(&f->hash[np->at % ISO_NHASH], np, link);
	return np;
}

static void
isonode_free(struct isonode *np)
{

	LIST_REMOVE(np, link);
	if (np->sect != NULL)
		kmem_free(np->sect, np->nsect * sizeof(*np->sect));
	kmem_strfree(np->target);
	vnode_fini(&np->v);
	kmem_free(np, sizeof(*np));
}

static void
iso_inactive(struct vnode *vp)
{

	if (ISONODE(vp) != ((struct isofs *)vp->mp->data)->root)
		isonode_free(ISONODE(vp));
}

static int
isonode_get(struct isofs *f, const struct isoent *e, struct vnode **vpp)
{
	struct isonode *np;

	kmutex_enter(&f->mp->mtx);
	LIST_FOREACH(np, &f->hash[e->at % ISO_NHASH], link)
		if (np->at == e->at)
			break;
	if (np != NULL || (np = isonode_new(f, e)) != NULL) {
		vnode_ref_locked(&np->v);
		*vpp = &np->v;
	}
	kmutex_exit(&f->mp->mtx);
	return np != NULL ? 0 : ENOMEM;
}

/* ---- directories ---- */

static bool
name_matches(const struct isofs *f, const char *have, const char *want)
{
	char c;

	if (f->names == ISO_ROCKRIDGE)
		return strcmp(have, want) == 0;
	/* the others are of systems that do not tell case apart */
	for (; *have != '\0' || *want != '\0'; have++, want++) {
		c = *want >= 'A' && *want <= 'Z' ? *want + 32 : *want;
		if ((*have >= 'A' && *have <= 'Z' ? *have + 32 : *have) != c)
			return false;
	}
	return true;
}

static int
iso_lookup(struct vnode *dvp, const char *name, struct vnode **vpp)
{
	struct isofs *f = dvp->mp->data;
	struct isonode *dir = ISONODE(dvp);
	struct isoent *e = kmem_alloc(sizeof(*e));
	uint64_t pos = 0;
	int error;

	if (e == NULL)
		return ENOMEM;
	while ((error = iso_entry(f, &dir->sect[0], pos, e)) == 0) {
		if (!e->dots && !e->hidden && name_matches(f, e->name, name)) {
			error = isonode_get(f, e, vpp);
			break;
		}
		pos = e->next;
	}
	kmem_free(e, sizeof(*e));
	return error;
}

static int
iso_readdir(struct vnode *vp, off_t from, vfs_emit_fn emit, void *arg)
{
	struct isofs *f = vp->mp->data;
	struct isonode *dir = ISONODE(vp);
	struct isoent *e = kmem_alloc(sizeof(*e));
	uint64_t pos = from - 2;
	int error;

	if (e == NULL)
		return ENOMEM;
	while ((error = iso_entry(f, &dir->sect[0], pos, e)) == 0) {
		if (!e->dots && !e->hidden && e->name[0] != '\0' &&
		    emit(arg, e->name, e->at, e->type,
		    (off_t)e->next + 2) != 0)
			break;
		pos = e->next;
	}
	kmem_free(e, sizeof(*e));
	return error == ENOENT ? 0 : error;
}

static int
iso_readlink(struct vnode *vp, char *buf, size_t size, size_t *len)
{
	const char *s = ISONODE(vp)->target;

	*len = strlen(s);
	memcpy(buf, s, *len < size ? *len : size);
	return 0;
}

/* ---- files ---- */

static int
section_find(const struct isonode *np, uint64_t off, uint64_t *disk,
    uint64_t *len)
{

	for (int i = 0; i < np->nsect; i++) {
		if (off < np->sect[i].len) {
			*disk = np->sect[i].off + off;
			*len = np->sect[i].len - off;
			return 0;
		}
		off -= np->sect[i].len;
	}
	return EIO;
}

static int
iso_read(struct vnode *vp, const struct iovec *iov, int niov, off_t off,
    size_t *done)
{
	struct isofs *f = vp->mp->data;
	uint64_t disk = 0, left = 0;
	size_t n, k;
	char *p;
	int error;

	for (; niov > 0; niov--, iov++) {
		p = iov->iov_base;
		for (n = iov->iov_len; n > 0; n -= k, p += k, off += k) {
			if (left == 0 && (error = section_find(ISONODE(vp), off,
			    &disk, &left)) != 0)
				return error;
			k = n < left ? n : left;
			if ((error = bcache_read(f->bc, disk, p, k)) != 0)
				return error;
			disk += k;
			left -= k;
			*done += k;
		}
	}
	return 0;
}

static int
iso_getattr(struct vnode *vp, struct stat *st)
{
	struct isonode *np = ISONODE(vp);

	memset(st, 0, sizeof(*st));
	st->st_dev = vp->mp->dev;
	st->st_ino = np->at;
	st->st_mode = vtype_mode[vp->type] | np->mode;
	st->st_nlink = np->nlink;
	st->st_uid = np->uid;
	st->st_gid = np->gid;
	st->st_atim = st->st_mtim = st->st_ctim = st->st_birthtim = np->mtime;
	st->st_size = vp->type == VLNK ? strlen(np->target) : np->size;
	st->st_blocks = (st->st_size + 511) / 512;
	st->st_blksize = 65536;
	return 0;
}

static const struct vnops iso_vnops = {
	.lookup = iso_lookup,
	.read = iso_read,
	.readdir = iso_readdir,
	.readlink = iso_readlink,
	.getattr = iso_getattr,
	.inactive = iso_inactive,
};

/* ---- mounting ---- */

static bool
is_joliet(const uint8_t *vd)
{
	const uint8_t *esc = vd + 88;

	return esc[0] == '%' && esc[1] == '/' &&
	    (esc[2] == '@' || esc[2] == 'C' || esc[2] == 'E');
}

/* Not for us to talk about: another file system may want it. */
static const char foreign[] = "";

/* Volume descriptors, from sector 16 on.  What is missing is all zeros. */
static const char *
read_descriptors(struct isofs *f, uint8_t *primary, uint8_t *joliet)
{
	uint8_t vd[ISO_SECTOR];

	primary[0] = joliet[0] = 0;
	for (int i = 16; i < 16 + 64; i++) {
		if (bcache_read(f->bc, (uint64_t)i * ISO_SECTOR, vd,
		    sizeof(vd)) != 0)
			return i == 16 ? foreign : "it is cut off";
		if (memcmp(vd + 1, "CD001", 5) != 0)
			return i == 16 ? foreign :
			    "its volume descriptors are damaged";
		if (vd[0] == 255)
			break;
		if (vd[0] == 1 && primary[0] == 0)
			memcpy(primary, vd, sizeof(vd));
		if (vd[0] == 2 && is_joliet(vd) && joliet[0] == 0)
			memcpy(joliet, vd, sizeof(vd));
	}
	return primary[0] == 0 ? "it has no primary volume descriptor" : NULL;
}

static const char *
iso_choose(struct isofs *f, const uint8_t *primary, const uint8_t *joliet,
    int flags, struct isoent *e)
{

	f->block = iso_le16(primary + 128);
	if (f->block != 512 && f->block != 1024 && f->block != 2048)
		return "its block size is impossible";
	f->size = (uint64_t)iso_le32(primary + 80) * f->block;
	if (f->size > f->blk->size)
		return "it is cut off: its file system is bigger";
	if (iso_root(f, primary + 156, e) != 0)
		return "its root directory is nowhere";
	if ((flags & ISOFSMNT_NORRIP) == 0 &&
	    iso_has_rockridge(f, &e->sect[0]))
		f->names = ISO_ROCKRIDGE;
	else if ((flags & ISOFSMNT_NOJOLIET) == 0 && joliet[0] != 0 &&
	    iso_le16(joliet + 128) == f->block &&
	    iso_root(f, joliet + 156, e) == 0)
		f->names = ISO_JOLIET;
	else if (iso_root(f, primary + 156, e) != 0)
		return "its root directory is nowhere";
	return NULL;
}

static int
iso_start(struct isofs *f, int flags)
{
	struct {
		uint8_t primary[ISO_SECTOR], joliet[ISO_SECTOR];
		struct isoent e;
	} *t = kmem_alloc(sizeof(*t));
	const char *why;

	if (t == NULL)
		return ENOMEM;
	why = read_descriptors(f, t->primary, t->joliet);
	if (why == NULL)
		why = iso_choose(f, t->primary, t->joliet, flags, &t->e);
	if (why == NULL)
		f->root = isonode_new(f, &t->e);
	kmem_free(t, sizeof(*t));
	if (why != NULL) {
		if (why != foreign)
			k_printf("mount %s: %s: %s\n", f->mp->path,
			    f->blk->name, why);
		return EINVAL;
	}
	return f->root != NULL ? 0 : ENOMEM;
}

static void
iso_stop(struct isofs *f)
{

	if (f->bc != NULL)
		bcache_free(f->bc);
	vfs_putblk(f->blk);
	kmem_free(f, sizeof(*f));
}

static int
iso_mount(struct mount *mp, const void *data, size_t len)
{
	const struct iso_args *args = data;
	struct isofs *f;
	int error;

	if (args == NULL || len < sizeof(*args) || args->fspec == NULL)
		return EINVAL;
	if ((mp->flags & MNT_RDONLY) == 0)
		return EROFS;
	if ((f = kmem_zalloc(sizeof(*f))) == NULL)
		return ENOMEM;
	f->mp = mp;
	if ((error = vfs_getblk(args->fspec, false, &f->blk)) != 0) {
		kmem_free(f, sizeof(*f));
		return error;
	}
	mp->data = f;
	error = (f->bc = bcache_new(f->blk)) == NULL ? ENOMEM :
	    iso_start(f, args->flags);
	if (error != 0)
		iso_stop(f);
	else
		mp->root = &f->root->v;
	return error;
}

static int
iso_unmount(struct mount *mp)
{
	struct isofs *f = mp->data;

	isonode_free(f->root);
	iso_stop(f);
	return 0;
}

static int
iso_statvfs(struct mount *mp, struct statvfs *sv)
{
	const struct isofs *f = mp->data;

	sv->f_bsize = sv->f_frsize = f->block;
	sv->f_blocks = f->size / f->block;
	return 0;
}

static struct vfsops iso_vfsops = {
	.name = MOUNT_CD9660,
	.mount = iso_mount,
	.unmount = iso_unmount,
	.statvfs = iso_statvfs,
};

static int
iso_init(void)
{

	vfs_register(&iso_vfsops);
	return 0;
}
RUMP_COMPONENT(COMPONENT_FS, iso_init);
