/*
 * fat.h: inside builtin/fs/fat: FAT12, FAT16, FAT32 and exFAT.
 *
 * FatFs does names and allocation, under mp->mtx; the contents of files go
 * between the caller's memory and the disk by extents that are worked out from
 * the clusters' chain, without mp->mtx, under the vnode's data lock.
 */
#ifndef BUILTIN_FAT_H
#define BUILTIN_FAT_H

#include "../vfs.h"
#include "../blk.h"
#include "ffunit.h"

#define FAT_PATHMAX	2048
#define FAT_MAXIDLE	128		/* nodes that nobody uses */

struct fatfs {
	FATFS		ff;
	struct blk	*blk;
	struct bcache	*bc;
	struct mount	*mp;
	uint32_t	sector;		/* bytes */
	uint32_t	clusize;
	bool		exfat;
	bool		dirty;		/* changed since fat_sync(); mp->mtx */
	uint64_t	writes;		/* FatFs's; mp->mtx */
	mode_t		mask, dirmask;
	uid_t		uid;
	gid_t		gid;
	int		gmtoff;
	struct fatnode	*root;
	TAILQ_HEAD(, fatnode) idle;	/* first: idle for longest */
	int		nidle;
	LIST_HEAD(, fatnode) files;	/* that have a FIL */
};

/* Clusters of a file that are neighbours on the disk. */
struct fatrun { uint32_t first, disk, n; };

struct fatnode {
	struct vnode	v;		/* first */
	struct fatnode	*parent;	/* NULL: root, or gone */
	char		*name;		/* as it is on the disk */
	ino_t		ino;
	uint8_t		attr;
	bool		gone;		/* has no name any more */
	bool		isidle;
	struct timespec	mtime;
	int		opens;
	FIL		*fil;		/* VREG, once used; mp->mtx */
	struct fatrun	*run;		/* mp->mtx */
	int		nrun, maxrun;
	uint32_t	nclu;		/* in the runs */
	LIST_HEAD(, fatnode) children;
	LIST_ENTRY(fatnode) sibling;
	TAILQ_ENTRY(fatnode) idlelink;
	LIST_ENTRY(fatnode) file;
};
#define FATNODE(vp)	((struct fatnode *)(void *)(vp))
#define FATFS_OF(np)	((struct fatfs *)(np)->v.mp->data)

int	fat_error(int fresult);

/* ---- node.c; mp->mtx is held ---- */

extern const struct vnops fat_vnops;
struct fatnode *fatnode_new(struct fatfs *, struct fatnode *parent,
	    const FILINFO *);
void	fatnode_free(struct fatnode *);
/* The path below the mount point, with a name behind it if not NULL. */
int	fatnode_path(struct fatnode *, const char *name, char *buf);
ino_t	fat_ino(ino_t parent, const char *name);
struct timespec fat_time(const struct fatfs *, uint16_t date, uint16_t time);
void	fat_fromtime(const struct fatfs *, const struct timespec *,
	    uint16_t *date, uint16_t *time);
void	fat_drop_idle(struct fatfs *, int keep);

/* ---- attr.c ---- */

int	fat_readdir(struct vnode *, off_t, vfs_emit_fn, void *);
int	fat_open(struct vnode *, uint32_t);
void	fat_close(struct vnode *, uint32_t);
int	fat_getattr(struct vnode *, struct stat *);
int	fat_setattr(struct vnode *, const struct vattr *);

/* ---- data.c ---- */

int	fat_read(struct vnode *, const struct iovec *, int, off_t, size_t *);
int	fat_write(struct vnode *, const struct iovec *, int, off_t, size_t *);
int	fat_resize(struct fatnode *, off_t);
int	fat_fsync(struct vnode *, bool);
/* mp->mtx is held */
int	fatnode_fil(struct fatnode *);		/* opens np->fil */
int	fatnode_sync(struct fatnode *);		/* its directory entry */
void	fatnode_closefil(struct fatnode *);

#endif /* BUILTIN_FAT_H */
