/* backbus_impl.h: between backbus.c and backscan.c; all in the watch thread. */
#ifndef SIRLOIN_XEN_BACKBUS_IMPL_H
#define SIRLOIN_XEN_BACKBUS_IMPL_H

#include "backbus.h"

/* Bring it on; false: it is gone, nobody refers to it, free it. */
bool	backbus_step(struct backbus_dev *);
/* False: something is still under way. */
bool	backbus_unlink(struct backbus_dev *);
void	backbus_set_state(struct backbus_dev *, enum xenbus_state);
void	backbus_look_later(struct backbus_dev *, uint64_t ns);

#endif /* SIRLOIN_XEN_BACKBUS_IMPL_H */
