/* file.h: inside linux/: descriptors and paths. */
#ifndef SIRLOIN_LINUX_FILE_H
#define SIRLOIN_LINUX_FILE_H

#include "linux.h"

/* asm-generic/fcntl.h */
enum {
	LX_O_CREAT = 0100, LX_O_EXCL = 0200, LX_O_NOCTTY = 0400,
	LX_O_TRUNC = 01000, LX_O_APPEND = 02000, LX_O_NONBLOCK = 04000,
	LX_O_DSYNC = 010000, LX_O_DIRECTORY = 0200000, LX_O_NOFOLLOW = 0400000,
	LX_O_CLOEXEC = 02000000, LX_O_SYNC = 04010000
};
#define LX_NOTSPECIAL	(-100000)

/* What stat() gives (asm/stat.h). */
struct lx_stat {
	uint64_t	dev, ino, nlink;
	uint32_t	mode, uid, gid, pad;
	uint64_t	rdev;
	int64_t		size, blksize, blocks;
	struct lx_timespec atim, mtim, ctim;
	int64_t		unused[3];
};

int	lx_openflags(int linux_flags);		/* NetBSD's */
bool	lx_nonblock(int fd);
/* Pages that will be read from, by a device perhaps. */
void	lx_look(const void *, size_t);
void	lx_touch_iov(const struct iovec *, long n, bool write);
/* After a call that read or wrote: r is what it returned. */
long	lx_did_read(int fd, long r);
long	lx_did_write(int fd, long r, bool nosigpipe);
/* fd is a directory with this path, or (NULL) none any more (path.c). */
void	lx_dirpath(int fd, const char *path);
void	lx_dirpath_end(int pid);		/* none of this process */

#endif /* SIRLOIN_LINUX_FILE_H */
