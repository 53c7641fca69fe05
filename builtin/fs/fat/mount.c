/*
 * mount.c: mounting FAT volumes, and FatFs's way to the disk.  The boot sector
 * is looked at before FatFs sees it, to say what is wrong with it.
 * Facts: Microsoft "FAT32 File System Specification" 1.03, "exFAT file system
 * specification" (2019).
 */
#include "fat.h"
#include <diskio.h>

/* ---- for FatFs ---- */

DRESULT
disk_read(void *drv, BYTE *p, DWORD sector, UINT n)
{
	struct fatfs *f = drv;

	return bcache_read(f->bc, (uint64_t)sector * f->sector, p,
	    (size_t)n * f->sector) == 0 ? RES_OK : RES_ERROR;
}

DRESULT
disk_write(void *drv, const BYTE *p, DWORD sector, UINT n)
{
	struct fatfs *f = drv;

	if (f->mp->flags & MNT_RDONLY)
		return RES_WRPRT;
	f->dirty = true;
	f->writes++;
	return bcache_write(f->bc, (uint64_t)sector * f->sector, p,
	    (size_t)n * f->sector) == 0 ? RES_OK : RES_ERROR;
}

DRESULT
disk_ioctl(void *drv, BYTE cmd, void *p)
{
	struct fatfs *f = drv;

	switch (cmd) {
	case IOCTL_INIT:
	case IOCTL_STATUS:
		*(DSTATUS *)p = (f->mp->flags & MNT_RDONLY) ? STA_PROTECT : 0;
		return RES_OK;
	case GET_SECTOR_SIZE:
		*(WORD *)p = f->sector;
		return RES_OK;
	case CTRL_SYNC:			/* fat_fsync() flushes the disk */
		return RES_OK;
	default:
		return RES_PARERR;
	}
}

DWORD
get_fattime(void)
{
	struct timespec now = vfs_now();
	static const struct fatfs utc;
	uint16_t date, time;

	fat_fromtime(&utc, &now, &date, &time);
	return (DWORD)date << 16 | time;
}

int
fat_error(int r)
{

	switch ((FRESULT)r) {
	case FR_OK: return 0;
	case FR_NO_FILE:
	case FR_NO_PATH: return ENOENT;
	case FR_INVALID_NAME: return EINVAL;
	case FR_DENIED: return ENOSPC;	/* no room in a directory, or at all */
	case FR_EXIST: return EEXIST;
	case FR_WRITE_PROTECTED: return EROFS;
	case FR_NO_FILESYSTEM: return EINVAL;
	case FR_NOT_ENOUGH_CORE: return ENOMEM;
	default: return EIO;
	}
}

/* ---- the boot sector ---- */

static uint32_t le16(const uint8_t *p) { return p[0] | p[1] << 8; }
static uint32_t le32(const uint8_t *p)
{ return le16(p) | le16(p + 2) << 16; }
static uint64_t le64(const uint8_t *p)
{ return le32(p) | (uint64_t)le32(p + 4) << 32; }

/* Not for us to talk about: another file system may want it. */
static const char foreign[] = "";

static bool
sector_size_ok(uint32_t n)
{

	return n == 512 || n == 1024 || n == 2048 || n == 4096;
}

static const char *
check_exfat(struct fatfs *f, const uint8_t *s, uint64_t *sectors)
{
	uint8_t secshift = s[108], clushift = s[109];

	if (secshift < 9 || secshift > 12 || clushift > 25 - secshift)
		return "its sector or cluster size is impossible";
	if (clushift > 15)
		return "its clusters are too big";
	f->sector = 1U << secshift;
	f->exfat = true;
	*sectors = le64(s + 72);
	if (le32(s + 92) < 1 || le32(s + 92) > 0x7ffffffd)
		return "its number of clusters is impossible";
	if (*sectors > UINT32_MAX)
		return "it has more than 2^32 sectors";
	if (le32(s + 96) < 2 || le32(s + 96) - 2 >= le32(s + 92))
		return "its root directory is nowhere";
	return NULL;
}

static const char *
check_fat(struct fatfs *f, const uint8_t *s, uint64_t *sectors)
{

	f->sector = le16(s + 11);
	if (!sector_size_ok(f->sector) || s[13] == 0 ||
	    (s[13] & (s[13] - 1)) != 0 || le16(s + 14) == 0 ||
	    s[16] < 1 || s[16] > 2)
		return foreign;
	*sectors = le16(s + 19) != 0 ? le16(s + 19) : le32(s + 32);
	if (*sectors == 0)
		return "its size is 0";
	return NULL;
}

static const char *
check_boot(struct fatfs *f)
{
	uint8_t s[512];
	uint64_t sectors = 0;
	const char *why;

	if (blk_read(f->blk, 0, s, sizeof(s)) != 0)
		return "its first sector can't be read";
	if (s[510] != 0x55 || s[511] != 0xaa)
		return foreign;
	why = memcmp(s + 3, "EXFAT   ", 8) == 0 ?
	    check_exfat(f, s, &sectors) : check_fat(f, s, &sectors);
	if (why != NULL)
		return why;
	if (sectors > f->blk->size / f->sector)
		return "it is cut off: its file system is bigger";
	return NULL;
}

/* ---- mounting ---- */

static int
fat_start(struct fatfs *f)
{
	const char *why = check_boot(f);
	int error;

	if (why == foreign)
		return EINVAL;
	if (why != NULL) {
		k_printf("mount %s: %s: %s\n", f->mp->path, f->blk->name, why);
		return EINVAL;
	}
	if ((f->bc = bcache_new(f->blk)) == NULL)
		return ENOMEM;
	f->ff.drv = f;
	if ((error = fat_error(f_mount(&f->ff))) != 0) {
		if (error == EINVAL)
			k_printf("mount %s: %s: its FAT file system is "
			    "damaged\n", f->mp->path, f->blk->name);
		return error;
	}
	f->clusize = ff_cluster_size(&f->ff);
	f->root = fatnode_new(f, NULL, NULL);
	return f->root == NULL ? ENOMEM : 0;
}

static void
fat_stop(struct fatfs *f)
{

	if (f->bc != NULL)
		bcache_free(f->bc);
	vfs_putblk(f->blk);
	kmem_free(f, sizeof(*f));
}

static int
fat_mount(struct mount *mp, const void *data, size_t len)
{
	const struct msdosfs_args *args = data;
	struct fatfs *f;
	int error;

	if (args == NULL || len < sizeof(*args) || args->fspec == NULL)
		return EINVAL;
	if ((f = kmem_zalloc(sizeof(*f))) == NULL)
		return ENOMEM;
	TAILQ_INIT(&f->idle);
	f->mp = mp;
	f->mask = args->mask & 0777;
	f->dirmask = args->version >= 2 ? args->dirmask & 0777 : f->mask;
	f->gmtoff = args->version >= 3 ? args->gmtoff : 0;
	f->uid = args->uid;
	f->gid = args->gid;
	error = vfs_getblk(args->fspec, (mp->flags & MNT_RDONLY) == 0, &f->blk);
	if (error != 0) {
		kmem_free(f, sizeof(*f));
		return error;
	}
	mp->data = f;
	if ((error = fat_start(f)) != 0) {
		fat_stop(f);
		return error;
	}
	mp->root = &f->root->v;
	if ((mp->flags & MNT_RDONLY) == 0)
		vfs_syncer_start();
	return 0;
}

static int
fat_sync(struct mount *mp)
{
	struct fatfs *f = mp->data;
	struct fatnode *np;
	int error;

	kmutex_enter(&mp->mtx);
	if (!f->dirty) {
		kmutex_exit(&mp->mtx);
		return 0;
	}
	f->dirty = false;
	kmutex_exit(&mp->mtx);
	error = blk_flush(f->blk);
	kmutex_enter(&mp->mtx);
	LIST_FOREACH(np, &f->files, file)
		if (error == 0)
			error = fatnode_sync(np);
	if (error == 0)
		error = fat_error(ff_sync(&f->ff));
	f->dirty |= error != 0;
	kmutex_exit(&mp->mtx);
	return error != 0 ? error : blk_flush(f->blk);
}

static int
fat_unmount(struct mount *mp)
{
	struct fatfs *f = mp->data;
	int error;

	kmutex_enter(&mp->mtx);
	fat_drop_idle(f, 0);
	kmutex_exit(&mp->mtx);
	error = fat_sync(mp);
	(void)f_umount(&f->ff);
	fatnode_free(f->root);
	fat_stop(f);
	return error;
}

static int
fat_statvfs(struct mount *mp, struct statvfs *sv)
{
	struct fatfs *f = mp->data;
	DWORD free = 0;
	int r;

	kmutex_enter(&mp->mtx);
	r = f_getfree(&f->ff, &free);
	sv->f_bsize = sv->f_frsize = f->clusize;
	sv->f_blocks = f->ff.n_fatent - 2;
	sv->f_bfree = sv->f_bavail = free;
	kmutex_exit(&mp->mtx);
	return fat_error(r);
}

static struct vfsops fat_vfsops = {
	.name = MOUNT_MSDOS,
	.mount = fat_mount,
	.unmount = fat_unmount,
	.sync = fat_sync,
	.statvfs = fat_statvfs,
};

static int
fat_init(void)
{

	vfs_register(&fat_vfsops);
	return 0;
}
RUMP_COMPONENT(COMPONENT_FS, fat_init);
