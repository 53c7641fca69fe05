/* init.h: inside builtin/core: what rump_init() brings up, in this order. */
#ifndef BUILTIN_INIT_H
#define BUILTIN_INIT_H

#include "core.h"

extern const struct rumpuser_hyperup core_hyperup;
int	kern_init(void);
int	fd_init(void);
void	lwp_init(void);		/* before there is an lwp */
int	proc_init(void);
int	poll_init(void);

#endif /* BUILTIN_INIT_H */
