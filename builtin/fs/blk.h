/*
 * blk.h: a file of the host's (rumpuser_open()), usually a disk, or a disk of
 * our own drivers, or a window of it; and a cache of a disk's blocks for file systems.
 */
#ifndef BUILTIN_BLK_H
#define BUILTIN_BLK_H

#include "../core/core.h"

struct disk;
struct blk {
	struct disk	*disk;		/* a driver's (../dev), or NULL: */
	int		fd;		/* the host's */
	bool		rdonly;
	uint64_t	base, size;	/* the window, bytes */
	char		name[64];	/* the host's, for messages */
};
#define BLK_TOEND	UINT64_MAX
/*
 * hostname: a disk of ours, what rumpuser_open() knows, or that with "sN":
 * partition N (from 1) of its MBR or GPT.  Writable if it can be.
 */
int	blk_open(const char *hostname, int rumpuser_mode, uint64_t begin,
	    uint64_t size, struct blk **);
void	blk_close(struct blk *);
/* All of it, or an error: EIO beyond the end. */
int	blk_read(struct blk *, uint64_t off, void *, size_t);
int	blk_write(struct blk *, uint64_t off, const void *, size_t);
/* As far as it goes.  off < 0: no position (a stream). */
int	blk_rwv(struct blk *, bool write, const struct iovec *, int niov,
	    off_t off, size_t *done);
/* Everything written is on stable storage, and in this order. */
int	blk_flush(struct blk *);
/* What is there does not matter any more; len 0: could it?  EOPNOTSUPP. */
int	blk_discard(struct blk *, uint64_t off, uint64_t len);
/* The disk, all of it: ENOENT. */
int	blk_hostopen(const char *name, int mode, struct blk *);
void	blk_hostclose(struct blk *);
/* part.c: "blk0s2" is partition 2 of "blk0".  ENOENT; ENXIO. */
int	blk_partopen(const char *name, int mode, struct blk *);
/* Where partition n of the disk begins, and its size; ENXIO. */
int	blk_partition(struct blk *, unsigned n, uint64_t *begin,
	    uint64_t *size);

/* ---- bcache.c ---- */

/*
 * Write-through, so that what is on the disk is in the order of the writes.
 * Small reads bring in what follows; big ones pass by, without a copy.
 */
struct bcache;
struct bcache *bcache_new(struct blk *);		/* NULL: no memory */
void	bcache_free(struct bcache *);
int	bcache_read(struct bcache *, uint64_t off, void *, size_t);
int	bcache_write(struct bcache *, uint64_t off, const void *, size_t);

#endif /* BUILTIN_BLK_H */
