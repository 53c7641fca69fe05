/*
 * node.c: FAT's names as vnodes.  FatFs takes path names, so a
 * node knows its parent and its name; nodes nobody uses stay for a while, which
 * is also the cache of names.
 */
#include "fat.h"

/* ---- nodes ---- */

/* The same for readdir and stat, without a place on the disk. */
ino_t
fat_ino(ino_t parent, const char *name)
{
	uint64_t h = 0xcbf29ce484222325 ^ parent;

	for (; *name != '\0'; name++)
		h = (h ^ (uint8_t)*name) * 0x100000001b3;
	return h | 1;
}

struct fatnode *
fatnode_new(struct fatfs *f, struct fatnode *parent, const FILINFO *fno)
{
	struct fatnode *np = kmem_zalloc(sizeof(*np));

	if (np == NULL)
		return NULL;
	np->name = kmem_strdup(parent != NULL ? fno->fname : "");
	if (np->name == NULL) {
		kmem_free(np, sizeof(*np));
		return NULL;
	}
	np->attr = parent != NULL ? fno->fattrib : AM_DIR;
	vnode_init(&np->v, f->mp, &fat_vnops, np->attr & AM_DIR ? VDIR : VREG);
	np->ino = 2;
	if (parent != NULL) {
		np->v.size = np->attr & AM_DIR ? 0 : (off_t)fno->fsize;
		np->mtime = fat_time(f, fno->fdate, fno->ftime);
		np->parent = parent;
		np->ino = fat_ino(parent->ino, np->name);
		LIST_INSERT_HEAD(&parent->children, np, sibling);
	}
	return np;
}

static void
fatnode_unidle(struct fatfs *f, struct fatnode *np)
{

	if (!np->isidle)
		return;
	TAILQ_REMOVE(&f->idle, np, idlelink);
	np->isidle = false;
	f->nidle--;
}

void
fatnode_free(struct fatnode *np)
{
	struct fatfs *f = FATFS_OF(np);

	fatnode_unidle(f, np);
	fatnode_closefil(np);
	if (np->parent != NULL)
		LIST_REMOVE(np, sibling);
	if (np->run != NULL)
		kmem_free(np->run, np->maxrun * sizeof(*np->run));
	kmem_strfree(np->name);
	vnode_fini(&np->v);
	kmem_free(np, sizeof(*np));
}

/* Those that nobody uses, and that are nobody's parent, until keep are left. */
void
fat_drop_idle(struct fatfs *f, int keep)
{
	struct fatnode *np, *next;
	bool some = true;

	while (f->nidle > keep && some) {
		some = false;
		TAILQ_FOREACH_SAFE(np, &f->idle, idlelink, next) {
			if (f->nidle <= keep)
				break;
			if (!LIST_EMPTY(&np->children))
				continue;
			fatnode_free(np);
			some = true;
		}
	}
}

static void
fat_inactive(struct vnode *vp)
{
	struct fatnode *np = FATNODE(vp);
	struct fatfs *f = FATFS_OF(np);

	if (np == f->root)
		return;
	if (np->gone) {
		if (np->fil != NULL && (vp->mp->flags & MNT_RDONLY) == 0)
			(void)ff_free_chain(np->fil);
		fatnode_free(np);
		return;
	}
	fatnode_closefil(np);
	np->isidle = true;
	TAILQ_INSERT_TAIL(&f->idle, np, idlelink);
	f->nidle++;
	fat_drop_idle(f, FAT_MAXIDLE);
}

static void
fatnode_ref(struct fatnode *np)
{

	fatnode_unidle(FATFS_OF(np), np);
	vnode_ref_locked(&np->v);
}

/* From the end of the buffer backwards, then to its start. */
int
fatnode_path(struct fatnode *np, const char *name, char *buf)
{
	char *p = buf + FAT_PATHMAX - 1;
	size_t n;

	*p = '\0';
	for (;;) {
		if (name != NULL) {
			n = strlen(name);
			if ((size_t)(p - buf) < n + 1)
				return ENAMETOOLONG;
			p -= n;
			memcpy(p, name, n);
			*--p = '/';
		}
		if (np->gone)
			return ENOENT;
		if (np->parent == NULL)
			break;
		name = np->name;
		np = np->parent;
	}
	memmove(buf, p, strlen(p) + 1);
	return 0;
}

/* ---- names ---- */

static struct fatnode *
child_find(struct fatnode *dir, const char *name)
{
	struct fatnode *np;

	LIST_FOREACH(np, &dir->children, sibling)
		if (strcmp(np->name, name) == 0)
			return np;
	return NULL;
}

/* A backslash is a separator to FatFs: no file can have it. */
static int
name_path(struct fatnode *dir, const char *name, char *path)
{

	if (strchr(name, '\\') != NULL)
		return EINVAL;
	return fatnode_path(dir, name, path);
}

/* The node of a name, with a reference. */
static int
lookup_locked(struct fatnode *dir, const char *name, struct fatnode **npp)
{
	struct fatfs *f = FATFS_OF(dir);
	struct fatnode *np = child_find(dir, name);
	char path[FAT_PATHMAX];
	FILINFO fno;
	int error;

	if (np == NULL) {
		if (name_path(dir, name, path) != 0)
			return ENOENT;
		error = fat_error(f_stat(&f->ff, path, &fno));
		if (error == EINVAL)
			error = ENOENT;		/* a name that can't be */
		if (error != 0)
			return error;
		/* another spelling of one that we have? */
		np = child_find(dir, fno.fname);
		if (np == NULL && (np = fatnode_new(f, dir, &fno)) == NULL)
			return ENOMEM;
	}
	fatnode_ref(np);
	*npp = np;
	return 0;
}

static int
fat_lookup(struct vnode *dvp, const char *name, struct vnode **vpp)
{
	struct fatnode *np = NULL;
	int error;

	kmutex_enter(&dvp->mp->mtx);
	error = lookup_locked(FATNODE(dvp), name, &np);
	kmutex_exit(&dvp->mp->mtx);
	*vpp = np != NULL ? &np->v : NULL;
	return error;
}

static int
create_locked(struct fatnode *dir, const char *name, enum vtype type,
    struct fatnode **npp)
{
	struct fatfs *f = FATFS_OF(dir);
	char path[FAT_PATHMAX];
	FIL fil;
	int error;

	if (type != VREG && type != VDIR)
		return EOPNOTSUPP;
	if ((error = name_path(dir, name, path)) != 0)
		return error;
	if (type == VDIR)
		error = f_mkdir(&f->ff, path);
	else if ((error = f_open(&f->ff, &fil, path,
	    FA_CREATE_NEW | FA_WRITE)) == FR_OK)
		error = f_close(&fil);
	if (error != FR_OK)
		return fat_error(error);
	return lookup_locked(dir, name, npp);
}

static int
fat_create(struct vnode *dvp, const char *name, enum vtype type, mode_t mode,
    const char *target, struct vnode **vpp)
{
	struct fatnode *np = NULL;
	int error;

	if (dvp->mp->flags & MNT_RDONLY)
		return EROFS;
	kmutex_enter(&dvp->mp->mtx);
	error = create_locked(FATNODE(dvp), name, type, &np);
	kmutex_exit(&dvp->mp->mtx);
	*vpp = np != NULL ? &np->v : NULL;
	return error;
}

/* The name of np goes; its contents when nobody has it open any more. */
static int
remove_locked(struct fatnode *np)
{
	struct fatfs *f = FATFS_OF(np);
	char path[FAT_PATHMAX];
	int error, r;

	if ((error = fatnode_path(np, NULL, path)) != 0)
		return error;
	if (np->v.mounted != NULL)
		return EBUSY;
	if ((np->attr & AM_RDO) &&
	    (r = f_chmod(&f->ff, path, 0, AM_RDO)) != FR_OK)
		return fat_error(r);
	if (np->opens > 0 && np->v.type == VREG) {
		if ((error = fatnode_fil(np)) != 0)
			return error;
		r = ff_unlink_name(&f->ff, path);
	} else {
		fatnode_closefil(np);
		r = f_unlink(&f->ff, path);
	}
	if (r == FR_DENIED)
		return np->v.type == VDIR ? ENOTEMPTY : EACCES;
	if (r != FR_OK)
		return fat_error(r);
	np->gone = true;
	LIST_REMOVE(np, sibling);
	np->parent = NULL;
	return 0;
}

static int
fat_remove(struct vnode *dvp, const char *name, struct vnode *vp)
{
	int error;

	kmutex_enter(&vp->mp->mtx);
	error = FATNODE(vp)->parent != FATNODE(dvp) ? ENOENT :
	    remove_locked(FATNODE(vp));
	kmutex_exit(&vp->mp->mtx);
	return error;
}

/* ---- renaming ---- */

/* An open file's directory entry is somewhere else now. */
static int
fil_relocate(struct fatfs *f, FIL *fil, const char *path)
{
	FIL at;
	int r;

	if ((r = f_open(&f->ff, &at, path, FA_READ)) != FR_OK)
		return fat_error(r);
	fil->dir_sect = at.dir_sect;
	fil->dir_ptr = at.dir_ptr;
	fil->obj.c_scl = at.obj.c_scl;
	fil->obj.c_size = at.obj.c_size;
	fil->obj.c_ofs = at.obj.c_ofs;
	return 0;
}

static int
fatnode_move(struct fatnode *np, struct fatnode *dir, const char *path)
{
	struct fatfs *f = FATFS_OF(np);
	FILINFO fno;
	char *name;
	int r;

	if ((r = f_stat(&f->ff, path, &fno)) != FR_OK)
		return fat_error(r);
	if ((name = kmem_strdup(fno.fname)) == NULL)
		return ENOMEM;
	kmem_strfree(np->name);
	np->name = name;
	LIST_REMOVE(np, sibling);
	LIST_INSERT_HEAD(&dir->children, np, sibling);
	np->parent = dir;
	np->ino = fat_ino(dir->ino, name);
	return np->fil != NULL ? fil_relocate(f, np->fil, path) : 0;
}

static int
rename_locked(struct fatnode *np, struct fatnode *dir, const char *name,
    struct fatnode *old)
{
	struct fatfs *f = FATFS_OF(np);
	char from[FAT_PATHMAX], to[FAT_PATHMAX];
	struct fatnode *p;
	int error;

	for (p = dir; p != NULL; p = p->parent)
		if (p == np)
			return EINVAL;
	if ((error = fatnode_path(np, NULL, from)) != 0 ||
	    (error = name_path(dir, name, to)) != 0 ||
	    (error = fatnode_sync(np)) != 0)
		return error;
	if (old != NULL && old != np && (error = remove_locked(old)) != 0)
		return error;
	if ((error = fat_error(f_rename(&f->ff, from, to))) != 0)
		return error;
	return fatnode_move(np, dir, to);
}

static int
fat_rename(struct vnode *fdvp, const char *fname, struct vnode *vp,
    struct vnode *tdvp, const char *tname, struct vnode *tvp)
{
	struct fatnode *np = FATNODE(vp), *old = NULL;
	int error;

	kmutex_enter(&vp->mp->mtx);
	if (tvp != NULL && !FATNODE(tvp)->gone)
		old = FATNODE(tvp);
	if (np->parent != FATNODE(fdvp) || FATNODE(tdvp)->gone)
		error = ENOENT;
	else
		error = rename_locked(np, FATNODE(tdvp), tname, old);
	kmutex_exit(&vp->mp->mtx);
	return error;
}

const struct vnops fat_vnops = {
	.lookup = fat_lookup,
	.create = fat_create,
	.remove = fat_remove,
	.rename = fat_rename,
	.open = fat_open,
	.close = fat_close,
	.read = fat_read,
	.write = fat_write,
	.readdir = fat_readdir,
	.getattr = fat_getattr,
	.setattr = fat_setattr,
	.fsync = fat_fsync,
	.inactive = fat_inactive,
};
