/* fcntl.h */
#ifndef _FCNTL_H_
#define _FCNTL_H_

#include <sys/types.h>

int	open(const char *, int, ...);
int	creat(const char *, mode_t);
int	fcntl(int, int, ...);

#endif /* _FCNTL_H_ */
