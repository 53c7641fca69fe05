/*
 * file.c: names and descriptors.  Names:
 *	blkN, or a disk's serial number		a block device
 *	sirloin:console				reads wait for input
 *	sirloin:status				status.c's snapshot, 64 KB
 *	sirloin:config				the configuration's text
 */
#include "hyp.h"

/* In images with disks; without, no descriptor of one exists. */
#pragma weak hyp_disk_open
#pragma weak hyp_disk_close
#pragma weak hyp_disk_barrier

#define FILE_MAX	64
#define FILE_FIRST	3	/* 0 to 2 mean something to people */

static struct hyp_file files[FILE_MAX];
static struct kern_spin files_lock = KERN_SPIN_INIT;

struct hyp_file *
hyp_file(int fd)
{

	fd -= FILE_FIRST;
	if (fd < 0 || fd >= FILE_MAX || files[fd].kind == HYP_FREE)
		return NULL;
	return &files[fd];
}

/* What a name is, without opening it. */
static enum hyp_kind
file_find(const char *name, struct blkdev **dev, uint64_t *size)
{

	*dev = NULL;
	*size = 0;
	if (strcmp(name, "sirloin:console") == 0)
		return HYP_CONSOLE;
	if (strcmp(name, "sirloin:status") == 0) {
		*size = HYP_STATUS_SIZE;
		return HYP_STATUS;
	}
	if (strcmp(name, "sirloin:config") == 0) {
		*size = hyp_config_len();
		return HYP_CONFIG;
	}
	if (*name == '\0' || (*dev = blkdev_find(name)) == NULL)
		return HYP_FREE;
	*size = (*dev)->size;
	return HYP_BLK;
}

/* May a file of this kind be opened like that? */
static int
file_check(enum hyp_kind kind, const struct blkdev *dev, int mode)
{
	bool create = (mode & RUMPUSER_OPEN_CREATE) != 0;
	int acc = mode & RUMPUSER_OPEN_ACCMODE;

	if (acc == RUMPUSER_OPEN_ACCMODE)
		return EINVAL;
	if (kind == HYP_FREE)
		return create ? EROFS : ENOENT;
	if (create && (mode & RUMPUSER_OPEN_EXCL) != 0)
		return EEXIST;
	if (acc == RUMPUSER_OPEN_RDONLY)
		return 0;
	if (kind == HYP_STATUS || kind == HYP_CONFIG ||
	    (kind == HYP_BLK && (dev->flags & BLK_RDONLY) != 0))
		return EROFS;
	return 0;
}

static struct hyp_file *
file_alloc(enum hyp_kind kind)
{
	struct hyp_file *f = NULL;
	unsigned long s;
	int i;

	s = kern_spin_lock(&files_lock);
	for (i = 0; i < FILE_MAX && f == NULL; i++)
		if (files[i].kind == HYP_FREE)
			f = &files[i];
	if (f != NULL) {
		memset(f, 0, sizeof(*f));
		f->kind = kind;
	}
	kern_spin_unlock(&files_lock, s);
	return f;
}

int
rumpuser_open(const char *name, int mode, int *fdp)
{
	struct blkdev *dev;
	struct hyp_file *f;
	enum hyp_kind kind;
	uint64_t size;
	int error, nlocks;

	kind = file_find(name, &dev, &size);
	if ((error = file_check(kind, dev, mode)) != 0)
		return error;
	if ((f = file_alloc(kind)) == NULL)
		return EMFILE;
	kern_mutex_init(&f->lock, "file");
	f->mode = mode;
	if (kind == HYP_STATUS &&
	    (f->text = kern_malloc(HYP_STATUS_SIZE, 0)) == NULL)
		error = ENOMEM;
	if (kind == HYP_BLK) {
		nlocks = hyp_unschedule(NULL);
		error = hyp_disk_open(dev, &f->disk);
		hyp_schedule(nlocks, NULL);
	}
	if (error != 0) {
		f->kind = HYP_FREE;
		return error;
	}
	*fdp = (int)(f - files) + FILE_FIRST;
	return 0;
}

int
rumpuser_close(int fd)
{
	struct hyp_file *f = hyp_file(fd);
	int nlocks;

	if (f == NULL)
		return EBADF;
	if (f->kind == HYP_BLK) {
		nlocks = hyp_unschedule(NULL);
		hyp_disk_close(f->disk);
		hyp_schedule(nlocks, NULL);
	}
	kern_free(f->text);
	__atomic_store_n(&f->kind, HYP_FREE, __ATOMIC_RELEASE);
	return 0;
}

int
rumpuser_getfileinfo(const char *name, uint64_t *sizep, int *typep)
{
	struct blkdev *dev;
	enum hyp_kind kind;
	uint64_t size;
	int type = RUMPUSER_FT_REG;

	if ((kind = file_find(name, &dev, &size)) == HYP_FREE)
		return ENOENT;
	if (kind == HYP_BLK) {
		/* A drive without a medium: NetBSD's rumpblk would panic. */
		if (size == 0)
			return ENXIO;
		type = RUMPUSER_FT_BLK;
	} else if (kind == HYP_CONSOLE)
		type = RUMPUSER_FT_CHR;
	if (sizep != NULL)
		*sizep = size;
	if (typep != NULL)
		*typep = type;
	return 0;
}

int
rumpuser_syncfd(int fd, int flags, uint64_t start, uint64_t len)
{
	const int all = RUMPUSER_SYNCFD_BOTH | RUMPUSER_SYNCFD_BARRIER |
	    RUMPUSER_SYNCFD_SYNC;
	struct hyp_file *f = hyp_file(fd);
	int nlocks, error;

	(void)start;		/* a flush is of the whole device */
	(void)len;
	if (f == NULL)
		return EBADF;
	if ((flags & RUMPUSER_SYNCFD_BOTH) == 0 || (flags & ~all) != 0)
		return EINVAL;
	if (f->kind != HYP_BLK || (flags &
	    (RUMPUSER_SYNCFD_WRITE | RUMPUSER_SYNCFD_BARRIER)) == 0)
		return 0;
	nlocks = hyp_unschedule(NULL);
	error = hyp_disk_barrier(f->disk);
	hyp_schedule(nlocks, NULL);
	return error;
}
