/*
 * rump.h: the rump kernel client API beyond system calls, as NetBSD's
 * rump/rump.h and rump/rump{kern,vfs}_if_pub.h have it.  Results: 0 or a NetBSD
 * error number.
 */
#ifndef SIRLOIN_RUMP_RUMP_H
#define SIRLOIN_RUMP_RUMP_H

#include <rump/abi.h>

struct lwp;

/* Once, before anything else; the caller is then a thread of process 1. */
int	rump_init(void);
int	rump_getversion(void);

/* Processes and threads; a host thread without an lwp is one of process 1. */
#define RUMP_RFFDG	0x01		/* copy the file descriptors */
#define RUMP_RFCFDG	0x02		/* start with none */
int	rump_pub_lwproc_rfork(int flags);	/* new process, switched to */
int	rump_pub_lwproc_newlwp(pid_t);		/* new lwp of it, switched to */
void	rump_pub_lwproc_switch(struct lwp *);
void	rump_pub_lwproc_releaselwp(void);
struct lwp *rump_pub_lwproc_curlwp(void);

/*
 * The host's file (rumpuser_open()'s name space) under an absolute path of the
 * rump kernel.  With withsize, a window of it: off, and size or ENDOFF.
 */
enum rump_etfs_type {
	RUMP_ETFS_REG, RUMP_ETFS_BLK, RUMP_ETFS_CHR,
	RUMP_ETFS_DIR, RUMP_ETFS_DIR_SUBDIRS
};
#define RUMP_ETFS_SIZE_ENDOFF	((uint64_t)-1)
int	rump_pub_etfs_register(const char *key, const char *hostpath,
	    enum rump_etfs_type);
int	rump_pub_etfs_register_withsize(const char *key, const char *hostpath,
	    enum rump_etfs_type, uint64_t begin, uint64_t size);
int	rump_pub_etfs_remove(const char *key);

/*
 * Ours, with drivers for disks only (weak): the disks write their caches out
 * and are not used any more.  The last thing before rumpuser_exit().
 */
void	rump_dev_shutdown(void) __attribute__((weak));

#endif /* SIRLOIN_RUMP_RUMP_H */
