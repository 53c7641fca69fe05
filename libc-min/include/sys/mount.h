/* sys/mount.h */
#ifndef _SYS_MOUNT_H_
#define _SYS_MOUNT_H_

#include <sys/types.h>

int	mount(const char *, const char *, int, void *, size_t);
int	unmount(const char *, int);

#endif /* _SYS_MOUNT_H_ */
