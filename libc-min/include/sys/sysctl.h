/* sys/sysctl.h */
#ifndef _SYS_SYSCTL_H_
#define _SYS_SYSCTL_H_

#include <sys/types.h>

int	sysctl(const int *, unsigned, void *, size_t *, const void *, size_t);

#endif /* _SYS_SYSCTL_H_ */
