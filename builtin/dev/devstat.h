/* devstat.h: what /status.json says about the drivers' devices. */
#ifndef BUILTIN_DEVSTAT_H
#define BUILTIN_DEVSTAT_H

#include <stddef.h>

struct devtext {
	char	*s;
	size_t	n, size;		/* n may be more: it did not fit */
};
void	devtext(struct devtext *, const char *, ...)
	    __attribute__((format(printf, 2, 3)));
/* A member of an object: "blk":[...].  Weak: not in every image. */
void	disk_status(struct devtext *), nic_status(struct devtext *);

#endif /* BUILTIN_DEVSTAT_H */
