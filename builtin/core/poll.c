/*
 * poll.c: poll and select.  A first look at all files takes no lock of ours;
 * only a poll that has to sleep makes itself known to them, and looks again.
 */
#include "fd.h"
#include "init.h"
#include <rump/rump_syscalls.h>

struct poller {
	kcond_t		cv;
	bool		woken;		/* poll_mtx */
	LIST_ENTRY(poller) free;
};
struct pollreq {
	struct poller	*poller;
	struct pollhead	*head;		/* where it hangs; NULL: nowhere */
	struct pollreq	*more;		/* another head of the same file */
	LIST_ENTRY(pollreq) link;
};

static kmutex_t poll_mtx;		/* all pollheads */
static LIST_HEAD(, poller) poller_free = LIST_HEAD_INITIALIZER(poller_free);

int
poll_init(void)
{

	kmutex_init(&poll_mtx);
	return 0;
}

/* ---- for files ---- */

void
poll_record(struct pollhead *head, struct pollreq *pr)
{

	if (pr == NULL)
		return;
	if (pr->head != NULL) {
		/* An ordinary file has one head; a second one costs memory. */
		struct pollreq *extra = kmem_zalloc(sizeof(*extra));

		if (extra == NULL) {
			pr->poller->woken = true;	/* look again, then */
			return;
		}
		extra->poller = pr->poller;
		extra->more = pr->more;
		pr->more = extra;
		pr = extra;
	}
	kmutex_enter(&poll_mtx);
	pr->head = head;
	LIST_INSERT_HEAD(&head->reqs, pr, link);
	kmutex_exit(&poll_mtx);
}

/*
 * The caller has changed what the file's poll looks at, under a lock.  A poll
 * records itself before it looks, so one that is not seen here saw the change.
 */
void
poll_notify(struct pollhead *head)
{
	struct pollreq *pr;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__predict_true(LIST_EMPTY(&head->reqs)))
		return;
	kmutex_enter(&poll_mtx);
	LIST_FOREACH(pr, &head->reqs, link)
		if (!pr->poller->woken) {
			pr->poller->woken = true;
			kcond_signal(&pr->poller->cv);
		}
	kmutex_exit(&poll_mtx);
}

void
poll_destroy(struct pollhead *head)
{

	KASSERT(LIST_EMPTY(&head->reqs));
}

/* ---- sleeping ---- */

static struct poller *
poller_get(void)
{
	struct poller *p;

	kmutex_enter(&poll_mtx);
	if ((p = LIST_FIRST(&poller_free)) != NULL)
		LIST_REMOVE(p, free);
	kmutex_exit(&poll_mtx);
	if (p == NULL) {
		if ((p = kmem_zalloc(sizeof(*p))) == NULL)
			return NULL;
		kcond_init(&p->cv);
	}
	p->woken = false;
	return p;
}

static void
poller_put(struct poller *p)
{

	kmutex_enter(&poll_mtx);
	LIST_INSERT_HEAD(&poller_free, p, free);
	kmutex_exit(&poll_mtx);
}

/* Look at every file; the number of those that have something. */
static int
poll_scan(struct pollfd *fds, struct file **files, unsigned n,
    struct pollreq *prs)
{
	int r, found = 0;

	for (unsigned i = 0; i < n; i++) {
		fds[i].revents = 0;
		if (fds[i].fd < 0)
			continue;
		if (files[i] == NULL)
			r = POLLNVAL;
		else
			r = files[i]->ops->poll(files[i],
			    fds[i].events | POLLERR | POLLHUP,
			    prs != NULL && found == 0 ? &prs[i] : NULL);
		if ((fds[i].revents = r) != 0)
			found++;
	}
	return found;
}

static void
poll_unrecord(struct pollreq *prs, unsigned n)
{
	struct pollreq *extra;

	kmutex_enter(&poll_mtx);
	for (unsigned i = 0; i < n; i++) {
		if (prs[i].head == NULL)
			continue;
		LIST_REMOVE(&prs[i], link);
		prs[i].head = NULL;
		for (extra = prs[i].more; extra != NULL; extra = extra->more)
			LIST_REMOVE(extra, link);
	}
	kmutex_exit(&poll_mtx);
	for (unsigned i = 0; i < n; i++)
		while ((extra = prs[i].more) != NULL) {
			prs[i].more = extra->more;
			kmem_free(extra, sizeof(*extra));
		}
}

static int
poll_sleep(struct pollfd *fds, struct file **files, unsigned n,
    uint64_t deadline, int *found)
{
	struct pollreq *prs = kmem_zalloc(n * sizeof(*prs) + 1);
	struct poller *p = poller_get();
	int error = 0;

	if (prs == NULL || p == NULL) {
		error = ENOMEM;
		goto out;
	}
	for (unsigned i = 0; i < n; i++)
		prs[i].poller = p;
	for (;;) {
		if ((*found = poll_scan(fds, files, n, prs)) != 0)
			break;
		kmutex_enter(&poll_mtx);
		while (!p->woken && error == 0)
			error = kcond_wait_until(&p->cv, &poll_mtx, deadline);
		p->woken = false;
		kmutex_exit(&poll_mtx);
		poll_unrecord(prs, n);
		if (error != 0) {
			*found = poll_scan(fds, files, n, NULL);
			error = 0;
			break;
		}
	}
	poll_unrecord(prs, n);
out:
	if (p != NULL)
		poller_put(p);
	kmem_free(prs, n * sizeof(*prs) + 1);
	return error;
}

static int
poll_files(struct pollfd *fds, unsigned n, uint64_t deadline, int *found)
{
	struct file *few[32], **files = few;
	int error = 0;

	if (n > __arraycount(few) &&
	    (files = kmem_alloc(n * sizeof(*files))) == NULL)
		return ENOMEM;
	for (unsigned i = 0; i < n; i++)
		files[i] = fds[i].fd >= 0 ? fd_get(fds[i].fd) : NULL;
	*found = poll_scan(fds, files, n, NULL);
	if (*found == 0 && deadline != 0)
		error = poll_sleep(fds, files, n, deadline, found);
	for (unsigned i = 0; i < n; i++)
		if (files[i] != NULL)
			file_put(files[i]);
	if (files != few)
		kmem_free(files, n * sizeof(*files));
	return error;
}

int
rump___sysimpl_poll(struct pollfd *fds, unsigned int n, int timeout)
{
	int found = 0, error;

	SYS_ENTER();
	if (n > FD_MAX || timeout < -1)
		error = EINVAL;
	else
		error = poll_files(fds, n, timeout < 0 ? UINT64_MAX :
		    timeout == 0 ? 0 : k_uptime() + timeout * 1000000ULL,
		    &found);
	return SYS_LEAVE(error, found);
}

/* ---- select: a poll of the bits that are set ---- */

static int
select_sets(int nd, fd_set *const set[3], uint64_t deadline, int *found)
{
	static const short want[3] = { POLLIN, POLLOUT, POLLPRI };
	static const short have[3] = { POLLIN | POLLHUP | POLLERR,
	    POLLOUT | POLLERR, POLLPRI };
	struct pollfd *fds = kmem_zalloc(nd * sizeof(*fds) + 1);
	int i, k, n = 0, error = 0;

	if (fds == NULL)
		return ENOMEM;
	for (i = 0; i < nd; i++) {
		for (k = 0; k < 3; k++)
			if (set[k] != NULL && FD_ISSET(i, set[k]))
				fds[n].events |= want[k];
		if (fds[n].events != 0)
			fds[n++].fd = i;
	}
	error = poll_files(fds, n, deadline, found);
	for (i = 0; i < n && error == 0; i++)
		if (fds[i].revents & POLLNVAL)
			error = EBADF;
	*found = 0;
	for (k = 0; k < 3 && error == 0; k++) {
		if (set[k] == NULL)
			continue;
		memset(set[k], 0, (nd + 31) / 32 * 4);
		for (i = 0; i < n; i++)
			if ((fds[i].events & want[k]) != 0 &&
			    (fds[i].revents & have[k]) != 0) {
				FD_SET(fds[i].fd, set[k]);
				++*found;
			}
	}
	kmem_free(fds, nd * sizeof(*fds) + 1);
	return error;
}

int
rump___sysimpl_select50(int nd, fd_set *rd, fd_set *wr, fd_set *ex,
    struct timeval *tv)
{
	fd_set *const set[3] = { rd, wr, ex };
	uint64_t deadline = UINT64_MAX;
	int found = 0, error = 0;

	SYS_ENTER();
	if (nd < 0 || nd > FD_MAX || (tv != NULL &&
	    (tv->tv_sec < 0 || tv->tv_usec < 0 || tv->tv_usec >= 1000000)))
		error = EINVAL;
	else if (tv != NULL) {
		if (tv->tv_sec == 0 && tv->tv_usec == 0)
			deadline = 0;
		else if (tv->tv_sec < INT32_MAX)
			deadline = k_uptime() + tv->tv_sec * 1000000000ULL +
			    tv->tv_usec * 1000ULL;
	}
	if (error == 0)
		error = select_sets(nd, set, deadline, &found);
	return SYS_LEAVE(error, found);
}
