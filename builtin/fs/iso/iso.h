/* iso.h: inside builtin/fs/iso: ISO 9660, read only. */
#ifndef BUILTIN_ISO_H
#define BUILTIN_ISO_H

#include "../vfs.h"
#include "../blk.h"

#define ISO_SECTOR	2048		/* directory records stay inside one */
#define ISO_NHASH	32
#define ISO_MAXSECT	256		/* sections of a file */

enum iso_names { ISO_PLAIN, ISO_JOLIET, ISO_ROCKRIDGE };
struct isofs {
	struct blk	*blk;
	struct bcache	*bc;
	struct mount	*mp;
	uint32_t	block;		/* logical block, bytes */
	uint64_t	size;		/* of the volume, bytes */
	enum iso_names	names;
	uint8_t		skip;		/* SUSP: bytes before each field */
	struct isonode	*root;
	LIST_HEAD(, isonode) hash[ISO_NHASH];
};

/* A stretch of the disk. */
struct isosect { uint64_t off, len; };

/* What a directory's records say about one file. */
struct isoent {
	uint64_t	at;		/* of its first record: its identity */
	uint64_t	next;		/* offset in the directory behind it */
	char		name[VFS_NAMEMAX + 1];
	enum vtype	type;
	mode_t		mode;
	uid_t		uid;
	gid_t		gid;
	uint32_t	nlink;
	struct timespec	mtime;
	uint64_t	size;
	int		nsect;
	struct isosect	sect[ISO_MAXSECT];
	char		target[VFS_PATHMAX];	/* VLNK */
	bool		dots;		/* "." or ".." */
	bool		hidden;		/* a directory that is shown elsewhere */
	uint32_t	child;		/* CL: block where the directory is */
};

struct isonode {
	struct vnode	v;		/* first */
	uint64_t	at;
	mode_t		mode;
	uid_t		uid;
	gid_t		gid;
	uint32_t	nlink;
	struct timespec	mtime;
	uint64_t	size;
	char		*target;
	int		nsect;
	struct isosect	*sect;
	LIST_ENTRY(isonode) link;
};
#define ISONODE(vp)	((struct isonode *)(void *)(vp))

/* ---- record.c ---- */

/* The entry at offset pos of a directory; ENOENT behind the last.  EIO. */
int	iso_entry(struct isofs *, const struct isosect *dir, uint64_t pos,
	    struct isoent *);
/* The root's record, of a volume descriptor. */
int	iso_root(struct isofs *, const uint8_t *record, struct isoent *);
/* Does the root's "." say that there are Rock Ridge fields? */
bool	iso_has_rockridge(struct isofs *, const struct isosect *root);

/* ---- susp.c ---- */

/* What the system use fields [p, p + n) of a record say. */
int	iso_susp(struct isofs *, const uint8_t *p, size_t n, struct isoent *);

static inline uint16_t iso_le16(const uint8_t *p) { return p[0] | p[1] << 8; }
static inline uint32_t
iso_le32(const uint8_t *p)
{

	return iso_le16(p) | (uint32_t)iso_le16(p + 2) << 16;
}
/* Seven bytes of a record; ECMA-119, 9.1.5. */
struct timespec iso_time(const uint8_t *);

#endif /* BUILTIN_ISO_H */
