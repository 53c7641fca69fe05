/*
 * file.c: open files, and the way to them from their descriptors.
 *
 * Looking up is without locks: the slot is read, the file gets a reference if
 * it has any, and the slot is read again.  That is safe since struct files and
 * tables that were outgrown are kept.
 */
#include "fd.h"
#include "init.h"

static kmutex_t file_mtx;
static LIST_HEAD(, file) file_free = LIST_HEAD_INITIALIZER(file_free);

int
fd_init(void)
{

	kmutex_init(&file_mtx);
	return 0;
}

struct file *
file_new(const struct fileops *ops, uint32_t flags, void *data)
{
	struct file *f;

	kmutex_enter(&file_mtx);
	if ((f = LIST_FIRST(&file_free)) != NULL)
		LIST_REMOVE(f, free);
	kmutex_exit(&file_mtx);
	if (f == NULL) {
		if ((f = kmem_zalloc(sizeof(*f))) == NULL)
			return NULL;
		kmutex_init(&f->posmtx);
	}
	f->ops = ops;
	f->data = data;
	f->flags = flags;
	f->pos = 0;
	__atomic_store_n(&f->refs, 1, __ATOMIC_RELEASE);
	return f;
}

void
file_put(struct file *f)
{

	if (__atomic_sub_fetch(&f->refs, 1, __ATOMIC_ACQ_REL) != 0)
		return;
	f->ops->close(f);
	kmutex_enter(&file_mtx);
	LIST_INSERT_HEAD(&file_free, f, free);
	kmutex_exit(&file_mtx);
}

int
file_poll_ready(struct file *f, int events, struct pollreq *pr)
{

	return events & (POLLIN | POLLOUT | POLLRDNORM);
}

int
file_ioctl_none(struct file *f, unsigned long cmd, void *data)
{

	return ENOTTY;
}

struct file *
fd_get(int fd)
{
	struct fdtab *t = curproc()->fdtab;
	struct fdarray *a;
	struct file *f;
	uint32_t refs;

again:
	a = __atomic_load_n(&t->a, __ATOMIC_ACQUIRE);
	if ((unsigned)fd >= (unsigned)a->n)
		return NULL;
	f = __atomic_load_n(&a->slot[fd].f, __ATOMIC_ACQUIRE);
	if (f == NULL)
		return NULL;
	refs = __atomic_load_n(&f->refs, __ATOMIC_RELAXED);
	do {
		if (refs == 0)
			goto again;
	} while (!__atomic_compare_exchange_n(&f->refs, &refs, refs + 1, true,
	    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
	if (__predict_true(__atomic_load_n(&t->a, __ATOMIC_ACQUIRE) == a &&
	    __atomic_load_n(&a->slot[fd].f, __ATOMIC_ACQUIRE) == f))
		return f;
	file_put(f);
	goto again;
}
