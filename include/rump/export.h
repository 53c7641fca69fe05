/*
 * export.h: disks that a program serves to other machines, on a platform that
 * has a way to them (Xen: xen/blkback*.c).  The program does the I/O, with the
 * rump kernel's files and devices; the platform has the protocol.
 *
 * Called without the rump kernel's context, as host.h's calls are.
 */
#ifndef SIRLOIN_RUMP_EXPORT_H
#define SIRLOIN_RUMP_EXPORT_H

#include <stddef.h>
#include <stdint.h>

struct export;

#define EXPORT_RDONLY	0x1
#define EXPORT_FLUSHES	0x2		/* has a cache, honours FLUSH */
#define EXPORT_DISCARDS	0x4		/* knows DISCARD */
struct export_info {
	char		name[64];	/* what others call it by; not "" */
	char		path[128];	/* another name for it, or "" */
	uint64_t	size;		/* bytes, a multiple of blksize */
	uint32_t	blksize;	/* 512 .. 4096, a power of two */
	uint32_t	flags;
	uint32_t	granularity;	/* of DISCARD, bytes */
};

/*
 * BARRIER: all writes that were done before are stable, then this one (len may
 * be 0) is; nothing else is under way for whoever asked.  FLUSH: all writes
 * that were done before it was asked for are stable.
 */
enum export_op {
	EXPORT_READ, EXPORT_WRITE, EXPORT_FLUSH, EXPORT_BARRIER, EXPORT_DISCARD
};
/*
 * Inside the disk, in whole blocks, writes only to what is not read-only: that
 * has been seen to.  data is memory of the platform's, page aligned, until done.
 */
struct export_req {
	enum export_op	op;
	void		*data;		/* NULL: FLUSH, DISCARD, len 0 */
	uint64_t	off, len;	/* bytes */
};

/*
 * EEXIST: the name or path is taken.  EINVAL.  ENOMEM.  ENXIO: there is nobody
 * to serve it to on this platform.
 */
int	rumpcomp_export_open(const struct export_info *, struct export **);
/*
 * The next request; waits for one.  Any number of threads; requests that are
 * out at the same time have no order.  ENXIO: it is closed.
 */
int	rumpcomp_export_next(struct export *, struct export_req **);
/* It is carried out; error as of errno.h, 0: all of it. */
void	rumpcomp_export_done(struct export_req *, int error);
/*
 * No more requests: those that wait fail, rumpcomp_export_next() returns in all
 * threads.  The name is free; the struct stays for those who still have it.
 */
void	rumpcomp_export_close(struct export *);
/*
 * The program is about to end, and its disk with it: from now on nobody is answered,
 * whatever rumpcomp_export_done() says, and rumpcomp_export_next() does not return.
 * What has no answer is done again by the domain's successor (docs/driver-domain.md).
 */
void	rumpcomp_export_leave(struct export *);

/*
 * A descriptor of rumpuser_open()'s on a block device: what is there does not
 * matter any more.  Whole blocks inside the device; len 0: only says whether it
 * could be done.  EOPNOTSUPP; EBADF.  With the context, which it may give back.
 */
int	rumpcomp_disk_discard(int fd, uint64_t off, uint64_t len);

#endif /* SIRLOIN_RUMP_EXPORT_H */
