/*
 * file.h: open files, descriptors, poll.
 *
 * A struct file is one open(): flags and operations.  Descriptors and calls
 * that are running hold references; the last one to go calls fo_close().
 * Memory of files is never given back, so that fd_get() needs no lock.
 */
#ifndef BUILTIN_FILE_H
#define BUILTIN_FILE_H

#include "core.h"

struct file;
struct pollreq;

struct fileops {
	const char *name;
	int	flags;
#define FO_SEEK		0x1		/* has a position: pread, lseek */
	/*
	 * off: where, or FO_POS: at the file's own position, which moves.
	 * *done: bytes, also when an error is returned after a part (then the
	 * caller reports success).  0 bytes read: end of file.  niov and the
	 * sum of the lengths are sane.  Sleeps unless O_NONBLOCK (EAGAIN).
	 */
	int	(*read)(struct file *, const struct iovec *, int niov,
		    off_t off, size_t *done);
	int	(*write)(struct file *, const struct iovec *, int niov,
		    off_t off, size_t *done);
#define FO_POS		((off_t)-1)
	/* data: IOCPARM_LEN(cmd) bytes, or the argument for IOC_VOID. */
	int	(*ioctl)(struct file *, unsigned long cmd, void *data);
	/*
	 * Which of events (and POLLERR, POLLHUP) are there.  With a request,
	 * it also has to poll_record() it on the pollheads that will be
	 * poll_notify()ed when the answer changes, before it looks.
	 */
	int	(*poll)(struct file *, int events, struct pollreq *);
	int	(*stat)(struct file *, struct stat *);
	/* The last reference is gone. */
	void	(*close)(struct file *);
	/*
	 * Optional.  A descriptor was closed while calls are running: wake
	 * those that sleep in read or write.  They return ERESTART, and the
	 * system call looks its descriptor up again.
	 */
	void	(*restart)(struct file *);
#define ERESTART	(-3)
	/* Optional, FO_SEEK only. */
	int	(*seek)(struct file *, off_t, int whence, off_t *result);
};

struct file {
	const struct fileops *ops;
	uint32_t	refs;		/* atomic */
	uint32_t	flags;		/* atomic: FREAD, FWRITE, O_* */
	void		*data;		/* the operations' own */
	off_t		pos;		/* FO_SEEK */
	char		*path;		/* a directory's, absolute */
	kmutex_t	posmtx;		/* held while a call moves pos */
	LIST_ENTRY(file) free;
};
#define FREAD		0x1
#define FWRITE		0x2
#define FFLAGS(oflags)	((oflags) + 1)	/* O_RDWR -> FREAD|FWRITE */
#define OFLAGS(fflags)	((fflags) - 1)

static inline bool
file_nonblock(struct file *f)
{

	return (__atomic_load_n(&f->flags, __ATOMIC_RELAXED) & O_NONBLOCK) != 0;
}

/* A new file with one reference, or NULL.  flags: FREAD|FWRITE|O_*. */
struct file *file_new(const struct fileops *, uint32_t flags, void *data);
void	file_put(struct file *);
static inline void
file_ref(struct file *f)
{

	__atomic_add_fetch(&f->refs, 1, __ATOMIC_RELAXED);
}

/* ---- descriptors of the current process (fd.c) ---- */

#define FD_MAX		16384
/*
 * The lowest free descriptor >= min for the file; takes over the caller's
 * reference when it succeeds.  cloexec: FD_CLOEXEC or 0.  EMFILE, ENOMEM.
 */
int	fd_install(struct file *, int min, int cloexec, int *fdp);
/* The file with a new reference, or NULL (EBADF). */
struct file *fd_get(int fd);
int	fd_close(int fd);

/* ---- poll (poll.c) ---- */

/* Requests of sleeping polls; zeroed is empty. */
struct pollhead { LIST_HEAD(, pollreq) reqs; };
/* Both: any thread with the context, whatever locks it holds. */
void	poll_record(struct pollhead *, struct pollreq *);
void	poll_notify(struct pollhead *);
/* Nobody may be left when the object that contains it goes away. */
void	poll_destroy(struct pollhead *);

/* A file that is always ready; and operations that are not there. */
int	file_poll_ready(struct file *, int events, struct pollreq *);
int	file_ioctl_none(struct file *, unsigned long, void *);	/* ENOTTY */

/* Bytes in an array of iovecs; EINVAL when there are too many. */
int	iov_total(const struct iovec *, int niov, size_t *total);

#endif /* BUILTIN_FILE_H */
