/* attr.c: reading FAT's directories, and attributes. */
#include "fat.h"

/* ---- directories ---- */

/* Positions: two more than FatFs's offset of the entry. */
static int
readdir_locked(struct fatnode *np, off_t from, vfs_emit_fn emit, void *arg)
{
	struct fatfs *f = FATFS_OF(np);
	char path[FAT_PATHMAX];
	FILINFO fno;
	FF_DIR dir;
	int error, r;

	if ((error = fatnode_path(np, NULL, path)) != 0)
		return error;
	if (from - 2 >= FF_DIREND)
		return 0;
	if ((r = f_opendir(&f->ff, &dir, path)) != FR_OK)
		return fat_error(r);
	if (from > 2 && (r = ff_seekdir(&dir, from - 2)) != FR_OK)
		return r == FR_INT_ERR ? EINVAL : fat_error(r);
	while ((r = f_readdir(&dir, &fno)) == FR_OK && fno.fname[0] != '\0')
		if (emit(arg, fno.fname, fat_ino(np->ino, fno.fname),
		    fno.fattrib & AM_DIR ? VDIR : VREG,
		    (off_t)ff_telldir(&dir) + 2) != 0)
			break;
	return fat_error(r);
}

int
fat_readdir(struct vnode *vp, off_t from, vfs_emit_fn emit, void *arg)
{
	int error;

	kmutex_enter(&vp->mp->mtx);
	error = readdir_locked(FATNODE(vp), from, emit, arg);
	kmutex_exit(&vp->mp->mtx);
	return error;
}

/* ---- attributes ---- */

int
fat_open(struct vnode *vp, uint32_t fflags)
{
	struct fatnode *np = FATNODE(vp);
	int error = 0;

	kmutex_enter(&vp->mp->mtx);
	if (np->gone)
		error = ENOENT;		/* since it was looked up */
	else if ((fflags & FWRITE) && (np->attr & AM_RDO))
		error = EACCES;
	else
		np->opens++;
	kmutex_exit(&vp->mp->mtx);
	return error;
}

void
fat_close(struct vnode *vp, uint32_t fflags)
{

	kmutex_enter(&vp->mp->mtx);
	FATNODE(vp)->opens--;
	if (fflags & FWRITE)
		(void)fatnode_sync(FATNODE(vp));
	kmutex_exit(&vp->mp->mtx);
}

int
fat_getattr(struct vnode *vp, struct stat *st)
{
	struct fatnode *np = FATNODE(vp);
	struct fatfs *f = FATFS_OF(np);

	memset(st, 0, sizeof(*st));
	kmutex_enter(&vp->mp->mtx);
	st->st_dev = vp->mp->dev;
	st->st_ino = np->ino;
	st->st_mode = vp->type == VDIR ? S_IFDIR | f->dirmask :
	    S_IFREG | (f->mask & ~(np->attr & AM_RDO ? 0222 : 0));
	st->st_nlink = np->gone ? 0 : 1;
	st->st_uid = f->uid;
	st->st_gid = f->gid;
	st->st_atim = st->st_mtim = st->st_ctim = st->st_birthtim = np->mtime;
	st->st_size = vp->size;
	st->st_blocks = (vp->size + f->clusize - 1) / f->clusize *
	    (f->clusize / 512);
	st->st_blksize = 65536;
	kmutex_exit(&vp->mp->mtx);
	return 0;
}

static int
setattr_locked(struct fatnode *np, const struct vattr *va)
{
	struct fatfs *f = FATFS_OF(np);
	char path[FAT_PATHMAX];
	FILINFO fno;
	int error;

	if ((va->set & VA_OWNER) && ((va->uid != (uid_t)-1 &&
	    va->uid != f->uid) || (va->gid != (gid_t)-1 && va->gid != f->gid)))
		return EPERM;
	if (np->parent == NULL || (va->set & (VA_MODE | VA_TIMES)) == 0)
		return 0;
	if ((error = fatnode_path(np, NULL, path)) != 0)
		return error;
	if ((va->set & VA_MODE) && np->v.type == VREG) {
		uint8_t rdo = va->mode & 0222 ? 0 : AM_RDO;

		error = fat_error(f_chmod(&f->ff, path, rdo, AM_RDO));
		if (error == 0)
			np->attr = (np->attr & ~AM_RDO) | rdo;
	}
	if (error == 0 && (va->set & VA_TIMES) &&
	    va->mtime.tv_nsec != UTIME_OMIT) {
		fat_fromtime(f, &va->mtime, &fno.fdate, &fno.ftime);
		if ((error = fatnode_sync(np)) == 0)
			error = fat_error(f_utime(&f->ff, path, &fno));
		if (error == 0)
			np->mtime = fat_time(f, fno.fdate, fno.ftime);
	}
	return error;
}

int
fat_setattr(struct vnode *vp, const struct vattr *va)
{
	int error = 0;

	if (vp->mp->flags & MNT_RDONLY)
		return EROFS;
	if (va->set & VA_SIZE)
		error = fat_resize(FATNODE(vp), va->size);
	kmutex_enter(&vp->mp->mtx);
	if (error == 0)
		error = setattr_locked(FATNODE(vp), va);
	kmutex_exit(&vp->mp->mtx);
	return error;
}
