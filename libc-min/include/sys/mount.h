/* sys/mount.h */
#ifndef _SYS_MOUNT_H_
#define _SYS_MOUNT_H_

#include <sys/types.h>

int	mount(const char *, const char *, int, void *, size_t);
int	unmount(const char *, int);

/* For ta_size_max: a third of the rump kernel's memory; NetBSD's tmpfs thinks that it has
   all of it. */
off_t	libc_tmpfs_limit(void);

#endif /* _SYS_MOUNT_H_ */
