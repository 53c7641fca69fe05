/* sys/types.h: NetBSD's amd64 types. */
#ifndef _SYS_TYPES_H_
#define _SYS_TYPES_H_

#include <rump/abi.h>

typedef unsigned char	u_char;
typedef unsigned short	u_short;
typedef unsigned int	u_int;
typedef unsigned long	u_long;

#endif /* _SYS_TYPES_H_ */
