/*
 * tmpfs_data.c: the contents of files in memory: an array of pages, of which
 * those that were never written are not there.
 */
#include "tmpfs.h"

/* Room for n pages in the array; it grows by doubling. */
static int
slots_reserve(struct tnode *t, size_t n)
{
	size_t slots = t->pageslots != 0 ? t->pageslots : 4;
	void **page;

	if (n <= t->pageslots)
		return 0;
	while (slots < n)
		slots *= 2;
	if (slots > SIZE_MAX / sizeof(*page) ||
	    (page = kmem_zalloc(slots * sizeof(*page))) == NULL)
		return ENOSPC;
	if (t->page != NULL) {
		memcpy(page, t->page, t->pageslots * sizeof(*page));
		kmem_free(t->page, t->pageslots * sizeof(*page));
	}
	t->page = page;
	t->pageslots = slots;
	return 0;
}

/* whole: it is about to be written from end to end. */
static char *
page_get(struct tnode *t, size_t n, bool whole)
{
	struct tmpfs *tm = TMPFS(t);
	void *p;

	if (t->page[n] != NULL)
		return t->page[n];
	if (__atomic_add_fetch(&tm->npages, 1, __ATOMIC_RELAXED) >
	    tm->maxpages || (p = kmem_alloc(TMPFS_PAGE)) == NULL) {
		__atomic_sub_fetch(&tm->npages, 1, __ATOMIC_RELAXED);
		return NULL;
	}
	if (!whole)
		memset(p, 0, TMPFS_PAGE);
	t->npages++;
	return t->page[n] = p;
}

static void
pages_free(struct tnode *t, size_t from)
{

	for (size_t i = from; i < t->pageslots; i++) {
		if (t->page[i] == NULL)
			continue;
		kmem_free(t->page[i], TMPFS_PAGE);
		t->page[i] = NULL;
		t->npages--;
		__atomic_sub_fetch(&TMPFS(t)->npages, 1, __ATOMIC_RELAXED);
	}
}

int
tmpfs_read(struct vnode *vp, const struct iovec *iov, int niov, off_t off,
    size_t *done)
{
	struct tnode *t = TNODE(vp);
	size_t n, k, po;
	char *to;

	for (; niov > 0; niov--, iov++) {
		to = iov->iov_base;
		for (n = iov->iov_len; n > 0; n -= k, to += k, off += k) {
			po = off % TMPFS_PAGE;
			k = TMPFS_PAGE - po < n ? TMPFS_PAGE - po : n;
			if ((size_t)off / TMPFS_PAGE < t->pageslots &&
			    t->page[off / TMPFS_PAGE] != NULL)
				memcpy(to, (char *)t->page[off / TMPFS_PAGE] +
				    po, k);
			else
				memset(to, 0, k);
			*done += k;
		}
	}
	return 0;
}

int
tmpfs_write(struct vnode *vp, const struct iovec *iov, int niov, off_t off,
    size_t *done)
{
	struct tnode *t = TNODE(vp);
	size_t n, k, po;
	const char *from;
	char *page;

	for (; niov > 0; niov--, iov++) {
		from = iov->iov_base;
		for (n = iov->iov_len; n > 0; n -= k, from += k, off += k) {
			po = off % TMPFS_PAGE;
			k = TMPFS_PAGE - po < n ? TMPFS_PAGE - po : n;
			if (slots_reserve(t, off / TMPFS_PAGE + 1) != 0 ||
			    (page = page_get(t, off / TMPFS_PAGE,
			    k == TMPFS_PAGE)) == NULL)
				goto full;
			memcpy(page + po, from, k);
			*done += k;
			if ((off_t)(off + k) > vp->size)
				vp->size = off + k;
		}
	}
full:
	if (*done != 0) {
		kmutex_enter(&vp->mp->mtx);
		t->mtime = t->ctime = vfs_now();
		kmutex_exit(&vp->mp->mtx);
	}
	return niov > 0 && *done == 0 ? ENOSPC : 0;
}

int
tmpfs_data_resize(struct tnode *t, off_t size)
{
	size_t last = size / TMPFS_PAGE, po = size % TMPFS_PAGE;

	if (size < t->v.size) {
		pages_free(t, last + (po != 0));
		/* what comes back by growing again is zeros */
		if (po != 0 && last < t->pageslots && t->page[last] != NULL)
			memset((char *)t->page[last] + po, 0, TMPFS_PAGE - po);
	}
	t->v.size = size;
	return 0;
}

void
tmpfs_data_free(struct tnode *t)
{

	if (t->page == NULL)
		return;
	pages_free(t, 0);
	kmem_free(t->page, t->pageslots * sizeof(*t->page));
	t->page = NULL;
	t->pageslots = 0;
}
