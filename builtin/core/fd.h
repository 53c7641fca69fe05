/* fd.h: inside builtin/core: tables of file descriptors. */
#ifndef BUILTIN_FD_H
#define BUILTIN_FD_H

#include "file.h"

struct fdarray {
	struct fdarray	*old;		/* what it replaced */
	int		n;
	struct fdslot { struct file *f; int cloexec; } slot[];
};
struct fdtab {
	kmutex_t	mtx;
	uint32_t	refs;		/* under mtx */
	int		lowest;		/* none is free below */
	struct fdarray	*a;
};

struct fdtab *fdtab_new(void);				/* NULL: no memory */
struct fdtab *fdtab_share(struct fdtab *);
struct fdtab *fdtab_copy(struct fdtab *);		/* NULL: no memory */
void	fdtab_rele(struct fdtab *);

/* dup2: file f, whose reference it takes over, becomes fd. */
int	fd_replace(int fd, struct file *f);
int	fd_getflags(int fd, int *cloexec);
int	fd_setflags(int fd, int cloexec);
int	fd_highest(void);				/* -1: none */

#endif /* BUILTIN_FD_H */
