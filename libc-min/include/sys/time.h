/* sys/time.h */
#ifndef _SYS_TIME_H_
#define _SYS_TIME_H_

#include <sys/types.h>

int	gettimeofday(struct timeval *restrict, void *restrict);
int	utimes(const char *, const struct timeval *);

#endif /* _SYS_TIME_H_ */
