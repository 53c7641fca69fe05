/*
 * ffunit.c: FatFs, with what its interface lacks and node.c needs: a file's
 * chain of clusters, and removing a name while the file stays.
 * Compiled as third-party code (no warnings); the rest of us includes ffunit.h.
 */
#include <ff.c>
#include "ffunit.h"

uint64_t
ff_cluster_offset(const FATFS *fs, uint32_t clust)
{

	return ((uint64_t)fs->database + (uint64_t)(clust - 2) * fs->csize) *
	    SS(fs);
}

uint32_t
ff_cluster_size(const FATFS *fs)
{

	return (uint32_t)fs->csize * SS(fs);
}

int
ff_next_cluster(FIL *fp, uint32_t *clust)
{
	uint32_t next;

	/* exFAT: the newest fragment gets into the table late */
	if (fp->obj.fs->fs_type == FS_EXFAT && fp->obj.n_frag != 0 &&
	    fill_last_frag(&fp->obj, fp->clust, 0xffffffff) != FR_OK)
		return FR_DISK_ERR;
	next = *clust == 0 ? fp->obj.sclust : get_fat(&fp->obj, *clust);
	if (next == 0xffffffff)
		return FR_DISK_ERR;
	if (next < 2 || next >= fp->obj.fs->n_fatent)
		return FR_INT_ERR;	/* the chain is shorter than the size */
	*clust = next;
	return FR_OK;
}

void
ff_mark_modified(FIL *fp)
{

	fp->flag |= FA_MODIFIED;
}

int
ff_unlink_name(FATFS *fs, const char *path)
{
	FRESULT res;
	DIR dj;
	DEF_NAMBUF

	if ((res = find_volume(fs, FA_WRITE)) != FR_OK)
		return res;
	dj.obj.fs = fs;
	INIT_NAMBUF(fs);
	res = follow_path(&dj, path);
	if (res == FR_OK && ((dj.fn[NSFLAG] & NS_NONAME) ||
	    (dj.obj.attr & (AM_DIR | AM_RDO))))
		res = FR_DENIED;
	if (res == FR_OK)
		res = dir_remove(&dj);
	if (res == FR_OK)
		res = sync_fs(fs);
	FREE_NAMBUF();
	return res;
}

int
ff_free_chain(FIL *fp)
{
	FRESULT res = FR_OK;

	if (fp->obj.sclust != 0)
		res = remove_chain(&fp->obj, fp->obj.sclust, 0);
	fp->obj.sclust = 0;
	return res != FR_OK ? res : sync_fs(fp->obj.fs);
}

int
ff_sync(FATFS *fs)
{

	return sync_fs(fs);
}

int
ff_seekdir(DIR *dp, uint32_t off)
{

	return dir_sdi(dp, off);
}

uint32_t
ff_telldir(const DIR *dp)
{

	return dp->sect != 0 ? dp->dptr : FF_DIREND;
}
