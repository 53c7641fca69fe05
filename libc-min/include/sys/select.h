/* sys/select.h */
#ifndef _SYS_SELECT_H_
#define _SYS_SELECT_H_

#include <sys/types.h>

int	select(int, fd_set *restrict, fd_set *restrict, fd_set *restrict,
	    struct timeval *restrict);

#endif /* _SYS_SELECT_H_ */
