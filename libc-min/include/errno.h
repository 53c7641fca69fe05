/*
 * errno.h: NetBSD's numbers (kern_errno.h).  errno itself is there
 * above the line only: the word of each thread that rumpuser_seterrno() sets.
 */
#ifndef _ERRNO_H_
#define _ERRNO_H_

#include <kern_errno.h>

#ifndef _SIRLOIN_BELOW
int	*rumpcomp_host_errno(void);
#define errno	(*rumpcomp_host_errno())
#endif

#endif /* _ERRNO_H_ */
