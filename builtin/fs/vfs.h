/*
 * vfs.h: vnodes, mounts, path names: what file systems give and get.
 *
 * Locks, in this order: file position (struct file), vnode data (vp->rw),
 * namespace (mp->mtx), vfs_mtx.  A file system's operations on names and
 * attributes take mp->mtx themselves; its data operations run with vp->rw held
 * by the caller, shared or exclusive.
 */
#ifndef BUILTIN_VFS_H
#define BUILTIN_VFS_H

#include "../core/file.h"
#include <rump/rump.h>

#define VFS_NAMEMAX	255
#define VFS_PATHMAX	1024

enum vtype { VREG, VDIR, VLNK, VCHR, VBLK };
struct mount;
struct vnode;

struct vattr {
	unsigned	set;
#define VA_MODE		0x1
#define VA_OWNER	0x2
#define VA_SIZE		0x4		/* vp->rw is held exclusively */
#define VA_TIMES	0x8
	mode_t		mode;
	uid_t		uid;		/* -1: as it is */
	gid_t		gid;
	off_t		size;
	struct timespec	atime, mtime;	/* tv_nsec UTIME_OMIT: as it is */
};

/* An entry of a directory; nonzero: no room, ask for it again. */
typedef int (*vfs_emit_fn)(void *arg, const char *name, ino_t ino,
    enum vtype type, off_t next);

/* NULL: the file system can't (EROFS for changes, EINVAL for others). */
struct vnops {
	/* Results have a reference.  ENOENT.  Never "." or "..". */
	int	(*lookup)(struct vnode *dir, const char *name, struct vnode **);
	/* target: of a VLNK.  EEXIST. */
	int	(*create)(struct vnode *dir, const char *name, enum vtype,
		    mode_t, const char *target, struct vnode **);
	/* vp is what lookup gave; a directory must be empty (ENOTEMPTY). */
	int	(*remove)(struct vnode *dir, const char *name,
		    struct vnode *vp);
	/* tvp: what is there and goes away, or NULL. */
	int	(*rename)(struct vnode *fdir, const char *fname,
		    struct vnode *vp, struct vnode *tdir, const char *tname,
		    struct vnode *tvp);
	int	(*open)(struct vnode *, uint32_t fflags);
	void	(*close)(struct vnode *, uint32_t fflags);
	/* read: off + sum of lengths <= vp->size for a VREG. */
	int	(*read)(struct vnode *, const struct iovec *, int niov,
		    off_t off, size_t *done);
	int	(*write)(struct vnode *, const struct iovec *, int niov,
		    off_t off, size_t *done);
	/* Entries from position `from' (2: all) without "." and "..". */
	int	(*readdir)(struct vnode *, off_t from, vfs_emit_fn, void *arg);
	int	(*readlink)(struct vnode *, char *buf, size_t size,
		    size_t *len);
	int	(*getattr)(struct vnode *, struct stat *);
	int	(*setattr)(struct vnode *, const struct vattr *);
	int	(*fsync)(struct vnode *, bool dataonly);
	int	(*ioctl)(struct vnode *, unsigned long, void *);
	/* No references; mp->mtx is held; may free the vnode. */
	void	(*inactive)(struct vnode *);
};

struct vnode {
	const struct vnops *ops;
	struct mount	*mp;
	enum vtype	type;
	bool		stream;		/* no position; may wait for ever */
	uint32_t	refs;		/* atomic; 0 <-> 1 under mp->mtx */
	struct rumpuser_rw *rw;		/* VREG: data and size */
	off_t		size;		/* VREG; the file system keeps it */
	struct mount	*mounted;	/* on it; vfs_mtx */
	void		*data;		/* the file system's */
};

struct vfsops {
	const char	*name;		/* MOUNT_* */
	/*
	 * from: the device's path or NULL; args as of mount(2).  Sets
	 * mp->data and mp->root.  A medium that is not of this kind: EINVAL.
	 * One that is, but damaged or cut off: EINVAL, and one line on the
	 * console that says what is wrong with it.
	 */
	int	(*mount)(struct mount *, const void *args, size_t len);
	/* Nothing is referenced but the root. */
	int	(*unmount)(struct mount *);
	int	(*sync)(struct mount *);	/* or NULL */
	/* Blocks and files, f_bsize, f_frsize.  NULL: it is in memory. */
	int	(*statvfs)(struct mount *, struct statvfs *);
	LIST_ENTRY(vfsops) link;
};
void	vfs_register(struct vfsops *);

struct mount {
	const struct vfsops *ops;
	kmutex_t	mtx;
	uint32_t	active;		/* vnodes with references; mtx */
	int		flags;		/* MNT_* */
	struct vnode	*root;
	struct vnode	*covers;	/* NULL: root file system */
	dev_t		dev;		/* st_dev */
	void		*data;
	char		path[64];	/* for messages */
	LIST_ENTRY(mount) link;
};

/* ---- vnodes (vfs.c) ---- */

/* refs 0; data NULL'd.  ENOMEM is not: locks are the host's to give. */
void	vnode_init(struct vnode *, struct mount *, const struct vnops *,
	    enum vtype);
void	vnode_fini(struct vnode *);
/* mp->mtx is held, or there is a reference already. */
void	vnode_ref_locked(struct vnode *);
void	vnode_ref(struct vnode *);
void	vnode_rele(struct vnode *);
void	vnode_rele_locked(struct vnode *);	/* mp->mtx is held */

/* The root of what is mounted at path "/", with a reference. */
struct vnode *vfs_rootvnode(void);
/* To the root of what is mounted on vp, if so; takes over the reference. */
struct vnode *vfs_cross(struct vnode *);
int	vfs_mount(const char *type, const char *path, int flags,
	    const void *args, size_t len);

/* Everything that was written goes to stable storage. */
void	vfs_sync(void);
/* syncer.c: from now on vfs_sync() every half minute. */
void	vfs_syncer_start(void);

/* ---- names (namei.c) ---- */

struct nameidata {
	struct vnode	*dir;		/* NI_PARENT; NULL: no ordinary name */
	struct vnode	*vp;		/* NULL: not there (NI_PARENT) */
	bool		slash;		/* the path ended in one */
	char		name[VFS_NAMEMAX + 1];
};
#define NI_FOLLOW	0x1		/* the last component, too */
#define NI_PARENT	0x2		/* dir and name; vp may be missing */
int	namei(const char *path, int flags, struct nameidata *);
void	namei_done(struct nameidata *);	/* drops dir and vp */
int	namei_vnode(const char *path, int flags, struct vnode **);
/* Absolute, without "." and ".."; for chdir.  path was looked up. */
int	namei_abspath(const char *path, char *buf, size_t size);

/* ---- open vnodes (vn.c) ---- */

int	vn_open(const char *path, int oflags, mode_t, struct file **);
/* The vnode of an open file, or NULL when it is no such file. */
struct vnode *vn_vnode(struct file *);
int	vn_truncate(struct vnode *, off_t);
int	vn_getdents(struct file *, char *, size_t, size_t *done);
const char *vn_path(struct file *);	/* of a directory */

/* ---- /dev and etfs (devfs.c, etfs.c) ---- */

struct blk;
int	etfs_lookup(const char *path, struct vnode **);	/* ENOENT */
/* Fails if host cannot be opened.  EEXIST. */
int	etfs_register(const char *path, const char *host,
	    enum rump_etfs_type, uint64_t begin, uint64_t size);
struct blk *etfs_blk(struct vnode *);	/* while open; NULL: none */
int	etfs_add_console(void);
/* ../dev/disk.c: registers the node of a disk if that is its name; ENOENT. */
int	disk_node(const char *path);
/* Those below /dev: position n, n + 1, ... */
int	etfs_dev_each(off_t from, vfs_emit_fn, void *arg);
extern struct mount dev_mount;		/* device vnodes are of this */
/* The disk under a path, opened for a file system, with a claim on it. */
int	vfs_getblk(const char *path, bool write, struct blk **);
void	vfs_putblk(struct blk *);

static inline struct timespec
vfs_now(void)
{

	return k_now();
}
extern const unsigned char vtype_dtype[];	/* DT_* */
extern const mode_t vtype_mode[];		/* S_IF* */

#endif /* BUILTIN_VFS_H */
