/* tmpfs.h: inside tmpfs. */
#ifndef BUILTIN_TMPFS_H
#define BUILTIN_TMPFS_H

#include "vfs.h"

#define TMPFS_PAGE	4096

struct tnode;
struct tentry {
	char			*name;
	struct tnode		*t;
	struct tnode		*dir;
	off_t			pos;	/* readdir's; grows along the list */
	LIST_ENTRY(tentry)	hash;	/* of directory and name */
	TAILQ_ENTRY(tentry)	link;
};
struct tnode {
	struct vnode	v;		/* first */
	ino_t		ino;
	mode_t		mode;
	uid_t		uid;
	gid_t		gid;
	nlink_t		nlink;		/* 0: has no name any more */
	struct timespec	atime, mtime, ctime, btime;
	struct tnode	*parent;
	/* VDIR */
	TAILQ_HEAD(, tentry) entries;
	off_t		lastpos;
	nlink_t		subdirs;
	/* VLNK */
	char		*target;
	/* VREG; v.rw */
	void		**page;		/* NULL: a hole */
	size_t		pageslots;	/* size of the array */
	size_t		npages;		/* that are there */
};
#define TMPFS_NHASH	256
struct tmpfs {
	LIST_HEAD(tentries, tentry) hash[TMPFS_NHASH];
	ino_t		lastino;
	uint64_t	maxpages;
	uint64_t	npages;		/* atomic */
};
#define TNODE(vp)	((struct tnode *)(void *)(vp))
#define TMPFS(t)	((struct tmpfs *)(t)->v.mp->data)

extern const struct vnops tmpfs_vnops;
int	tmpfs_read(struct vnode *, const struct iovec *, int, off_t, size_t *);
int	tmpfs_write(struct vnode *, const struct iovec *, int, off_t, size_t *);
int	tmpfs_data_resize(struct tnode *, off_t);
void	tmpfs_data_free(struct tnode *);

#endif /* BUILTIN_TMPFS_H */
