/* ffunit.h: what ffunit.c adds to FatFs's interface.  Results: FRESULT. */
#ifndef BUILTIN_FFUNIT_H
#define BUILTIN_FFUNIT_H

#include <stdint.h>
#include <ff.h>

/* Where a cluster begins on the volume, bytes; how big one is. */
uint64_t ff_cluster_offset(const FATFS *, uint32_t clust);
uint32_t ff_cluster_size(const FATFS *);
/* From a cluster of the file to the next; from 0 to the first. */
int	ff_next_cluster(FIL *, uint32_t *clust);
/* Contents were changed without f_write(): f_sync() has to note the time. */
void	ff_mark_modified(FIL *);
/* The name of a file goes; its clusters stay, for ff_free_chain(). */
int	ff_unlink_name(FATFS *, const char *path);
int	ff_free_chain(FIL *);
/* Whatever FatFs still has in memory goes to the disk. */
int	ff_sync(FATFS *);
/* Between f_readdir()s: where the next entry is; FF_DIREND: nowhere. */
int	ff_seekdir(FF_DIR *, uint32_t);
uint32_t ff_telldir(const FF_DIR *);
#define FF_DIREND	0xffffffffU

#endif /* BUILTIN_FFUNIT_H */
