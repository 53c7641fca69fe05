/* client.c: requests and replies, and those that have no vnode. */
#include "p9.h"

#define VERSION		"9P2000.L"
#define MSIZE_MIN	4096

/* ---- requests ---- */

static struct p9req *
request_new(struct p9fs *fs, uint16_t tag)
{
	struct p9req *r = kmem_zalloc(sizeof(*r));

	if (r == NULL)
		return NULL;
	r->tag = tag;
	r->tx = kmem_alloc_aligned(fs->msize, 4096);
	r->rx = kmem_alloc_aligned(fs->msize, 4096);
	if (r->tx != NULL && r->rx != NULL)
		return r;
	kmem_free(r->tx, fs->msize);
	kmem_free(r->rx, fs->msize);
	kmem_free(r, sizeof(*r));
	return NULL;
}

struct p9req *
p9_request(struct p9fs *fs, enum p9type type)
{
	struct p9req *r;

	kmutex_enter(&fs->mtx);
	while ((r = LIST_FIRST(&fs->reqs)) == NULL) {
		if (fs->nreq < P9_MAXREQ &&
		    (r = request_new(fs, (uint16_t)fs->nreq)) != NULL) {
			fs->nreq++;
			LIST_INSERT_HEAD(&fs->reqs, r, link);
		} else if (fs->nreq > 0)
			kcond_wait(&fs->cv, &fs->mtx);
		else
			break;
	}
	if (r != NULL)
		LIST_REMOVE(r, link);
	kmutex_exit(&fs->mtx);
	if (r == NULL)
		return NULL;
	r->type = type;
	p9_begin(&r->m, r->tx, fs->msize, type,
	    type == P9_VERSION ? P9_NOTAG : r->tag);
	return r;
}

void
p9_release(struct p9fs *fs, struct p9req *r)
{

	kmutex_enter(&fs->mtx);
	LIST_INSERT_HEAD(&fs->reqs, r, link);
	kcond_signal(&fs->cv);
	kmutex_exit(&fs->mtx);
}

int
p9_call(struct p9fs *fs, struct p9req *r)
{
	size_t n = p9_end(&r->m), got;
	int error;

	if (n == 0)
		return ENAMETOOLONG;
	error = rumpcomp_p9_rpc(fs->dev, r->tx, n, r->rx, fs->msize, &got);
	if (error != 0)
		return error;
	return p9_reply(&r->m, r->rx, got, r->type,
	    r->type == P9_VERSION ? P9_NOTAG : r->tag);
}

int
p9_send(struct p9fs *fs, struct p9req *r)
{
	int error = p9_call(fs, r);

	p9_release(fs, r);
	return error;
}

void
p9_free_requests(struct p9fs *fs)
{
	struct p9req *r;

	while ((r = LIST_FIRST(&fs->reqs)) != NULL) {
		LIST_REMOVE(r, link);
		kmem_free(r->tx, fs->msize);
		kmem_free(r->rx, fs->msize);
		kmem_free(r, sizeof(*r));
	}
	fs->nreq = 0;
}

/* ---- fids ---- */

uint32_t
p9_newfid(struct p9fs *fs)
{
	uint32_t fid;

	kmutex_enter(&fs->mtx);
	if (fs->nfree > 0)
		fid = fs->freefid[--fs->nfree];
	else if ((fid = ++fs->lastfid) == P9_NOFID)
		fid = fs->lastfid = 1;	/* the server refuses it if it is old */
	kmutex_exit(&fs->mtx);
	return fid;
}

static void
fid_free(struct p9fs *fs, uint32_t fid)
{

	kmutex_enter(&fs->mtx);
	if (fs->nfree < P9_NFREE)
		fs->freefid[fs->nfree++] = fid;
	kmutex_exit(&fs->mtx);
}

void
p9_clunk(struct p9fs *fs, uint32_t fid)
{
	struct p9req *r = p9_request(fs, P9_CLUNK);

	if (r == NULL)
		return;			/* the server keeps it */
	p9_put32(&r->m, fid);
	if (p9_send(fs, r) == 0)
		fid_free(fs, fid);
}

/* ---- beginning ---- */

/* Offers messages of fs->msize bytes. */
static int
agree(struct p9fs *fs, uint32_t *msize)
{
	struct p9req *r = p9_request(fs, P9_VERSION);
	char version[16];
	int error;

	if (r == NULL)
		return ENOMEM;
	p9_put32(&r->m, (uint32_t)fs->msize);
	p9_putstr(&r->m, VERSION);
	if ((error = p9_call(fs, r)) == 0) {
		*msize = p9_get32(&r->m);
		(void)p9_getstr(&r->m, version, sizeof(version));
		if (r->m.bad || *msize < MSIZE_MIN || *msize > fs->msize ||
		    strcmp(version, VERSION) != 0)
			error = EINVAL;
	}
	p9_release(fs, r);
	return error;
}

/* fs->msize is what buffers have, and is then what the server agrees to. */
int
p9_version(struct p9fs *fs, size_t maxmsg)
{
	uint32_t msize = (uint32_t)maxmsg;
	int error;

	fs->msize = maxmsg;
	error = agree(fs, &msize);
	p9_free_requests(fs);		/* their size is another one now */
	fs->msize = error == 0 ? msize : maxmsg;
	return error;
}

/* With another server; buffers stay what they are. */
int
p9_version_again(struct p9fs *fs)
{
	uint32_t msize;
	int error = agree(fs, &msize);

	return error == 0 && msize != fs->msize ? EINVAL : error;
}

int
p9_attach(struct p9fs *fs, uint32_t fid, struct p9qid *q)
{
	struct p9req *r = p9_request(fs, P9_ATTACH);
	int error;

	if (r == NULL)
		return ENOMEM;
	p9_put32(&r->m, fid);
	p9_put32(&r->m, P9_NOFID);
	p9_putstr(&r->m, "");
	p9_putstr(&r->m, "");
	p9_put32(&r->m, 0);
	if ((error = p9_call(fs, r)) == 0) {
		p9_getqid(&r->m, q);
		error = r->m.bad ? EIO : 0;
	}
	p9_release(fs, r);
	return error;
}

int
p9_walk_to(struct p9fs *fs, uint32_t from, const char *name, uint32_t fid,
    struct p9qid *q)
{
	struct p9req *r = p9_request(fs, P9_WALK);
	uint16_t n = name != NULL;
	int error;

	if (r == NULL)
		return ENOMEM;
	p9_put32(&r->m, from);
	p9_put32(&r->m, fid);
	p9_put16(&r->m, n);
	if (n != 0)
		p9_putstr(&r->m, name);
	if ((error = p9_call(fs, r)) == 0) {
		if (p9_get16(&r->m) != n)
			error = ENOENT;
		else if (n != 0)
			p9_getqid(&r->m, q);
		if (r->m.bad)
			error = EIO;
	}
	p9_release(fs, r);
	return error;
}

int
p9_walk(struct p9fs *fs, uint32_t from, const char *name, uint32_t *fid,
    struct p9qid *q)
{
	int error;

	*fid = p9_newfid(fs);
	if ((error = p9_walk_to(fs, from, name, *fid, q)) != 0)
		fid_free(fs, *fid);
	return error;
}

int
p9_open(struct p9fs *fs, uint32_t fid, uint32_t flags)
{
	struct p9req *r = p9_request(fs, P9_LOPEN);

	if (r == NULL)
		return ENOMEM;
	p9_put32(&r->m, fid);
	p9_put32(&r->m, flags);
	return p9_send(fs, r);
}

int
p9_stat(struct p9fs *fs, uint32_t fid, struct p9attr *a)
{
	struct p9req *r = p9_request(fs, P9_GETATTR);
	int error;

	if (r == NULL)
		return ENOMEM;
	p9_put32(&r->m, fid);
	p9_put64(&r->m, P9_ATTR_ALL);
	if ((error = p9_call(fs, r)) == 0) {
		p9_getattr(&r->m, a);
		error = r->m.bad ? EIO : 0;
	}
	p9_release(fs, r);
	return error;
}
