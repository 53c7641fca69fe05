/* poll.h: inside linux/: waiting for descriptors. */
#ifndef SIRLOIN_LINUX_POLL_H
#define SIRLOIN_LINUX_POLL_H

#include "linux.h"

/* NetBSD's events; until a monotonic time.  How many, 0, or an error. */
long	lx_poll_until(struct pollfd *, unsigned n, uint64_t deadline);
/* The same, where an epoll may be among them (epoll.c). */
long	lx_epoll_poll(struct pollfd *, unsigned n, uint64_t deadline);
/* A signal mask for the time of a call; end runs handlers, gives r or EINTR. */
void	lx_mask_begin(const uint64_t *mask);
long	lx_mask_end(long r);

#endif /* SIRLOIN_LINUX_POLL_H */
