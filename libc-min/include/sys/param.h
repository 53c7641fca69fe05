/* sys/param.h */
#ifndef _SYS_PARAM_H_
#define _SYS_PARAM_H_

#include <limits.h>
#include <sys/types.h>

#define MAXPATHLEN	PATH_MAX
#define MIN(a, b)	((a) < (b) ? (a) : (b))
#define MAX(a, b)	((a) > (b) ? (a) : (b))

#endif /* _SYS_PARAM_H_ */
