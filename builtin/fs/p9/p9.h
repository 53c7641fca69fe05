/*
 * p9.h: folders of the host's, by 9P2000.L over rump/p9.h's channels.  Nothing
 * of files is kept here: every read and write is the server's.  A vnode has a
 * fid (the server's word for a file) that stands at its name, and while it is
 * open a fid for reading, one for writing, or both.  A server that goes and comes
 * again knows no fids: they are made anew by the names (session.c).
 */
#ifndef BUILTIN_P9_H
#define BUILTIN_P9_H

#include "../vfs.h"
#include "msg.h"
#include <rump/p9.h>

#define P9_ROOTFID	0
#define P9_NHASH	64
#define P9_MAXREQ	8	/* requests at a time; the tag is which */
#define P9_NFREE	64

struct p9req {
	struct p9msg	m;
	uint8_t		*tx, *rx;
	uint16_t	tag;
	enum p9type	type;
	LIST_ENTRY(p9req) link;
};
struct p9fid { uint32_t fid, flags; unsigned n; }; /* n: opens that use it */
struct p9node {
	struct vnode	v;		/* first */
	uint32_t	fid;
	/* mp->mtx: */
	uint64_t	qpath;
	uint32_t	server;		/* that knows fid */
	bool		hashed;		/* false: its name is gone */
	char		*path;		/* from the root on, "/a/b"; NULL: too long */
	struct p9attr	last;		/* what the server said last */
	/* the file system's mtx: */
	struct p9fid	rd, wr;
	off_t		dirpos;		/* an entry's position, and its cookie */
	uint64_t	dircookie;
	LIST_ENTRY(p9node) link;	/* in the hash, or among the dead */
};
#define P9NODE(vp)	((struct p9node *)(void *)(vp))

struct p9fs {
	struct mount	*mp;
	struct p9dev	*dev;
	size_t		msize;
	struct p9node	*root;
	uint32_t	server;		/* rump/p9.h: which it is */
	kmutex_t	again;		/* held while fids are made anew */
	kmutex_t	mtx;		/* of what is below */
	kcond_t		cv;		/* a request is free */
	unsigned	nreq;
	LIST_HEAD(, p9req) reqs;
	uint32_t	lastfid, nfree, freefid[P9_NFREE];
	LIST_HEAD(, p9node) dead;	/* to be clunked and freed */
	/* mp->mtx: */
	LIST_HEAD(, p9node) hash[P9_NHASH];
};

/* ---- client.c: requests ---- */

/* A request of this type, begun; NULL: no memory. */
struct p9req *p9_request(struct p9fs *, enum p9type);
/* Sent; 0 and the reply's cursor is in r->m, or an error. */
int	p9_call(struct p9fs *, struct p9req *);
void	p9_release(struct p9fs *, struct p9req *);
/* Sent, and nothing is asked of the reply; releases it. */
int	p9_send(struct p9fs *, struct p9req *);
void	p9_free_requests(struct p9fs *);

int	p9_version(struct p9fs *, size_t maxmsg);
int	p9_version_again(struct p9fs *);
int	p9_attach(struct p9fs *, uint32_t fid, struct p9qid *);
/* name NULL: the same file again.  A new fid. */
int	p9_walk(struct p9fs *, uint32_t from, const char *name, uint32_t *fid,
	    struct p9qid *);
/* The same, fid is given; it may be from. */
int	p9_walk_to(struct p9fs *, uint32_t from, const char *name, uint32_t fid,
	    struct p9qid *);
int	p9_open(struct p9fs *, uint32_t fid, uint32_t linux_flags);
int	p9_stat(struct p9fs *, uint32_t fid, struct p9attr *);
void	p9_clunk(struct p9fs *, uint32_t fid);
uint32_t p9_newfid(struct p9fs *);

/* ---- session.c: what all of the following is done within ---- */

extern const struct vnops p9_vnops;
void	p9_enter(struct p9fs *);
void	p9_leave(struct p9fs *);

/* ---- node.c: names; data.c: contents, attributes ---- */

/*
 * fid is the node's from here on, or clunked.  A reference.  dir and name: where
 * it was found; NULL: the root.
 */
int	p9_node(struct p9fs *, uint32_t fid, const struct p9qid *,
	    struct vnode *dir, const char *name, struct vnode **);
/* Its file has another number; mp->mtx is held. */
void	p9_renumber(struct p9fs *, struct p9node *, uint64_t qpath);
/* What inactive() left over. */
void	p9_reap(struct p9fs *);
void	p9_node_free(struct p9node *);
enum vtype p9_vtype(const struct p9qid *);

int	p9_vlookup(struct vnode *, const char *, struct vnode **);
int	p9_vcreate(struct vnode *, const char *, enum vtype, mode_t,
	    const char *target, struct vnode **);
int	p9_vremove(struct vnode *, const char *, struct vnode *);
int	p9_vrename(struct vnode *, const char *, struct vnode *, struct vnode *,
	    const char *, struct vnode *);
int	p9_vreadlink(struct vnode *, char *, size_t, size_t *);
void	p9_vinactive(struct vnode *);

int	p9_vopen(struct vnode *, uint32_t fflags);
void	p9_vclose(struct vnode *, uint32_t fflags);
int	p9_vread(struct vnode *, const struct iovec *, int, off_t, size_t *);
int	p9_vwrite(struct vnode *, const struct iovec *, int, off_t, size_t *);
int	p9_vreaddir(struct vnode *, off_t from, vfs_emit_fn, void *);
int	p9_vgetattr(struct vnode *, struct stat *);
int	p9_vsetattr(struct vnode *, const struct vattr *);
int	p9_vfsync(struct vnode *, bool dataonly);

static inline struct p9fs *
p9_fs(struct vnode *vp)
{

	return vp->mp->data;
}

#endif /* BUILTIN_P9_H */
