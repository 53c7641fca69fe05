/*
 * fd.c: tables of descriptors, and what changes them: under the table's mutex.
 * Looking up is file.c's.
 */
#include "fd.h"

#define FD_FIRST	20

/* ---- tables ---- */

static struct fdarray *
fdarray_new(int n)
{
	struct fdarray *a;

	a = kmem_zalloc(sizeof(*a) + n * sizeof(a->slot[0]));
	if (a != NULL)
		a->n = n;
	return a;
}

struct fdtab *
fdtab_new(void)
{
	struct fdtab *t = kmem_zalloc(sizeof(*t));

	if (t == NULL)
		return NULL;
	if ((t->a = fdarray_new(FD_FIRST)) == NULL) {
		kmem_free(t, sizeof(*t));
		return NULL;
	}
	kmutex_init(&t->mtx);
	t->refs = 1;
	return t;
}

struct fdtab *
fdtab_share(struct fdtab *t)
{

	kmutex_enter(&t->mtx);
	t->refs++;
	kmutex_exit(&t->mtx);
	return t;
}

struct fdtab *
fdtab_copy(struct fdtab *from)
{
	struct fdtab *t = fdtab_new();
	struct fdarray *a;
	int i;

	if (t == NULL)
		return NULL;
	kmutex_enter(&from->mtx);
	if ((a = fdarray_new(from->a->n)) != NULL) {
		for (i = 0; i < a->n; i++) {
			a->slot[i] = from->a->slot[i];
			if (a->slot[i].f != NULL)
				file_ref(a->slot[i].f);
		}
		a->old = t->a;
		t->a = a;
	}
	kmutex_exit(&from->mtx);
	if (a == NULL) {
		fdtab_rele(t);
		t = NULL;
	}
	return t;
}

void
fdtab_rele(struct fdtab *t)
{
	struct fdarray *a, *old;
	bool last;
	int i;

	kmutex_enter(&t->mtx);
	last = --t->refs == 0;
	kmutex_exit(&t->mtx);
	if (!last)
		return;
	for (i = 0; i < t->a->n; i++)
		if (t->a->slot[i].f != NULL)
			file_put(t->a->slot[i].f);
	for (a = t->a; a != NULL; a = old) {
		old = a->old;
		kmem_free(a, sizeof(*a) + a->n * sizeof(a->slot[0]));
	}
	kmutex_destroy(&t->mtx);
	kmem_free(t, sizeof(*t));
}

static int
fdtab_grow(struct fdtab *t, int need)
{
	struct fdarray *a;
	int n = t->a->n;

	if (need >= FD_MAX)
		return EMFILE;
	while (n <= need)
		n *= 2;
	if ((a = fdarray_new(n)) == NULL)
		return ENOMEM;
	memcpy(a->slot, t->a->slot, t->a->n * sizeof(a->slot[0]));
	a->old = t->a;
	__atomic_store_n(&t->a, a, __ATOMIC_RELEASE);
	return 0;
}

static void
fdtab_set(struct fdtab *t, int fd, struct file *f, int cloexec)
{

	t->a->slot[fd].cloexec = cloexec;
	__atomic_store_n(&t->a->slot[fd].f, f, __ATOMIC_RELEASE);
}

/* ---- descriptors ---- */

int
fd_install(struct file *f, int min, int cloexec, int *fdp)
{
	struct fdtab *t = curproc()->fdtab;
	int fd, error = 0;

	if (min < 0 || min >= FD_MAX)
		return EINVAL;
	kmutex_enter(&t->mtx);
	fd = min > t->lowest ? min : t->lowest;
	while (fd < t->a->n && t->a->slot[fd].f != NULL)
		fd++;
	if (fd >= t->a->n)
		error = fdtab_grow(t, fd);
	if (error == 0) {
		fdtab_set(t, fd, f, cloexec);
		if (min <= t->lowest)
			t->lowest = fd + 1;
		*fdp = fd;
	}
	kmutex_exit(&t->mtx);
	return error;
}

/* Somebody else may be asleep in a call on what was just closed. */
static void
fd_closed(struct file *f)
{

	if (f->ops->restart != NULL &&
	    __atomic_load_n(&f->refs, __ATOMIC_RELAXED) > 1)
		f->ops->restart(f);
	file_put(f);
}

int
fd_close(int fd)
{
	struct fdtab *t = curproc()->fdtab;
	struct file *f = NULL;

	kmutex_enter(&t->mtx);
	if ((unsigned)fd < (unsigned)t->a->n)
		f = t->a->slot[fd].f;
	if (f != NULL) {
		fdtab_set(t, fd, NULL, 0);
		if (fd < t->lowest)
			t->lowest = fd;
	}
	kmutex_exit(&t->mtx);
	if (f == NULL)
		return EBADF;
	fd_closed(f);
	return 0;
}

int
fd_replace(int fd, struct file *f)
{
	struct fdtab *t = curproc()->fdtab;
	struct file *old = NULL;
	int error = 0;

	if (fd < 0 || fd >= FD_MAX)
		return EBADF;
	kmutex_enter(&t->mtx);
	if (fd >= t->a->n)
		error = fdtab_grow(t, fd);
	if (error == 0) {
		old = t->a->slot[fd].f;
		fdtab_set(t, fd, f, 0);
	}
	kmutex_exit(&t->mtx);
	if (old != NULL)
		fd_closed(old);
	return error;
}

int
fd_getflags(int fd, int *cloexec)
{
	struct fdtab *t = curproc()->fdtab;
	int error = EBADF;

	kmutex_enter(&t->mtx);
	if ((unsigned)fd < (unsigned)t->a->n && t->a->slot[fd].f != NULL) {
		*cloexec = t->a->slot[fd].cloexec;
		error = 0;
	}
	kmutex_exit(&t->mtx);
	return error;
}

int
fd_setflags(int fd, int cloexec)
{
	struct fdtab *t = curproc()->fdtab;
	int error = EBADF;

	kmutex_enter(&t->mtx);
	if ((unsigned)fd < (unsigned)t->a->n && t->a->slot[fd].f != NULL) {
		t->a->slot[fd].cloexec = cloexec;
		error = 0;
	}
	kmutex_exit(&t->mtx);
	return error;
}

int
fd_highest(void)
{
	struct fdtab *t = curproc()->fdtab;
	int fd;

	kmutex_enter(&t->mtx);
	fd = t->a->n - 1;
	while (fd >= 0 && t->a->slot[fd].f == NULL)
		fd--;
	kmutex_exit(&t->mtx);
	return fd;
}
