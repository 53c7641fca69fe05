/* strings.h: comparisons without regard to case, first bit set. */
#ifndef _STRINGS_H_
#define _STRINGS_H_

#include <stddef.h>

int	strcasecmp(const char *, const char *);
int	strncasecmp(const char *, const char *, size_t);
char	*strcasestr(const char *, const char *);

static inline int
ffs(int x)
{

	return __builtin_ffs(x);
}

#endif /* _STRINGS_H_ */
