/* sys/stat.h */
#ifndef _SYS_STAT_H_
#define _SYS_STAT_H_

#include <sys/types.h>

int	stat(const char *restrict, struct stat *restrict);
int	lstat(const char *restrict, struct stat *restrict);
int	fstat(int, struct stat *);
int	chmod(const char *, mode_t);
int	fchmod(int, mode_t);
int	mkdir(const char *, mode_t);
int	mknod(const char *, mode_t, dev_t);
mode_t	umask(mode_t);
int	futimens(int, const struct timespec *);

#endif /* _SYS_STAT_H_ */
