/*
 * namei.c: from path names to vnodes.  A walk starts at the root (a relative
 * path is put behind the current directory's) and keeps the directories that
 * it came through, so ".." needs no file system's help.
 */
#include "vfs.h"

#define DEPTH	128
#define LINKS	32

struct walk {
	struct vnode	*stack[DEPTH];	/* from the root; one reference each */
	int		n;
	int		links;
	char		*rest;		/* in buf */
	char		buf[2 * VFS_PATHMAX];
};

static void
walk_truncate(struct walk *w, int n)
{

	while (w->n > n)
		vnode_rele(w->stack[--w->n]);
}

static int
walk_push(struct walk *w, struct vnode *vp)
{

	vp = vfs_cross(vp);
	if (w->n == DEPTH) {
		vnode_rele(vp);
		return ENAMETOOLONG;
	}
	w->stack[w->n++] = vp;
	return 0;
}

/* The path, absolute, at the end of w->buf, where links can be put before. */
static int
walk_setpath(struct walk *w, const char *path)
{
	size_t n = strlen(path), cwd;

	if (n == 0)
		return ENOENT;
	if (n >= VFS_PATHMAX)
		return ENAMETOOLONG;
	if (path[0] == '/') {
		memcpy(w->buf, path, n + 1);
	} else {
		cwd = proc_getcwd(curproc(), w->buf, VFS_PATHMAX);
		if (cwd == 2)
			cwd = 1;	/* "/" */
		w->buf[cwd - 1] = '/';
		memcpy(w->buf + cwd, path, n + 1);
	}
	w->rest = w->buf;
	return 0;
}

/* The next component to name; *len 0: none.  The rest begins behind it. */
static int
walk_next(struct walk *w, char *name, size_t *len)
{
	char *s = w->rest, *e;

	while (*s == '/')
		s++;
	for (e = s; *e != '/' && *e != '\0'; e++)
		continue;
	*len = e - s;
	if (*len > VFS_NAMEMAX)
		return ENAMETOOLONG;
	memcpy(name, s, *len);
	name[*len] = '\0';
	w->rest = e;
	return 0;
}

static bool
walk_last(const struct walk *w)
{
	const char *s = w->rest;

	while (*s == '/')
		s++;
	return *s == '\0';
}

/* Put what the link says before the rest. */
static int
walk_link(struct walk *w, struct vnode *vp)
{
	char target[VFS_PATHMAX];
	size_t len, rest = strlen(w->rest) + 1;
	int error;

	if (++w->links > LINKS)
		return ELOOP;
	if (vp->ops->readlink == NULL)
		return EINVAL;
	error = vp->ops->readlink(vp, target, sizeof(target), &len);
	if (error != 0)
		return error;
	if (len == 0)
		return ENOENT;
	if (len + rest > sizeof(w->buf))
		return ENAMETOOLONG;
	memmove(w->buf + len, w->rest, rest);
	memcpy(w->buf, target, len);
	w->rest = w->buf;
	if (target[0] == '/')
		walk_truncate(w, 1);
	return 0;
}

/*
 * One component below the top of the stack, which is a directory.  *vpp: what
 * it is, or NULL if ".", "..", or a link was dealt with.
 */
static int
walk_step(struct walk *w, const char *name, bool follow, struct vnode **vpp)
{
	struct vnode *dir = w->stack[w->n - 1], *vp;
	int error;

	*vpp = NULL;
	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0) {
		walk_truncate(w, w->n > 1 ? w->n - 1 : 1);
		return 0;
	}
	if ((error = dir->ops->lookup(dir, name, &vp)) != 0)
		return error;
	if (vp->type == VLNK && follow) {
		error = walk_link(w, vp);
		vnode_rele(vp);
		return error;
	}
	*vpp = vp;
	return 0;
}

/* Walks it all; the result is on top of the stack; NI_PARENT: nd->dir, too. */
static int
walk(struct walk *w, int flags, struct nameidata *nd)
{
	struct vnode *vp;
	size_t len;
	bool last;
	int error;

	if ((error = walk_push(w, vfs_rootvnode())) != 0)
		return error;
	for (;;) {
		if ((error = walk_next(w, nd->name, &len)) != 0)
			return error;
		if (len == 0)
			return 0;
		if (w->stack[w->n - 1]->type != VDIR)
			return ENOTDIR;
		last = walk_last(w);
		nd->slash = last && *w->rest == '/';
		error = walk_step(w, nd->name, !last || nd->slash ||
		    (flags & NI_FOLLOW) != 0, &vp);
		if (last && (flags & NI_PARENT) != 0 &&
		    (error == ENOENT || vp != NULL)) {
			nd->dir = w->stack[w->n - 1];
			vnode_ref(nd->dir);
			if (error == ENOENT)
				return 0;
		}
		if (error != 0)
			return error;
		if (vp != NULL && (error = walk_push(w, vp)) != 0)
			return error;
		if (vp != NULL && last) {
			nd->vp = w->stack[w->n - 1];
			vnode_ref(nd->vp);
			return nd->slash && nd->vp->type != VDIR ? ENOTDIR : 0;
		}
	}
}

int
namei(const char *path, int flags, struct nameidata *nd)
{
	struct walk w;
	int error;

	nd->dir = nd->vp = NULL;
	nd->slash = false;
	nd->name[0] = '\0';
	if (path == NULL)
		return EFAULT;
	w.n = w.links = 0;
	if ((error = walk_setpath(&w, path)) != 0)
		return error;
	if (etfs_lookup(w.buf, &nd->vp) == 0)
		return 0;
	error = walk(&w, flags, nd);
	if (error == 0 && nd->vp == NULL && nd->dir == NULL) {
		/* "/", or a path that ends in "." or ".." */
		nd->vp = w.stack[w.n - 1];
		vnode_ref(nd->vp);
	}
	if (error == 0 && nd->vp == NULL && (flags & NI_PARENT) == 0)
		error = ENOENT;
	walk_truncate(&w, 0);
	if (error != 0)
		namei_done(nd);
	return error;
}

void
namei_done(struct nameidata *nd)
{

	if (nd->dir != NULL)
		vnode_rele(nd->dir);
	if (nd->vp != NULL)
		vnode_rele(nd->vp);
	nd->dir = nd->vp = NULL;
}

int
namei_vnode(const char *path, int flags, struct vnode **vpp)
{
	struct nameidata nd;
	int error = namei(path, flags, &nd);

	*vpp = nd.vp;
	return error;
}

int
namei_abspath(const char *path, char *buf, size_t size)
{
	struct walk w;
	size_t len, n = 0;
	char name[VFS_NAMEMAX + 1];
	int error;

	if ((error = walk_setpath(&w, path)) != 0)
		return error;
	for (;;) {
		if ((error = walk_next(&w, name, &len)) != 0)
			return error;
		if (len == 0)
			break;
		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			while (n > 0 && buf[--n] != '/')
				continue;
			continue;
		}
		if (n + 1 + len + 1 > size)
			return ENAMETOOLONG;
		buf[n++] = '/';
		memcpy(buf + n, name, len);
		n += len;
	}
	if (n == 0)
		buf[n++] = '/';
	buf[n] = '\0';
	return 0;
}
