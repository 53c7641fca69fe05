/* poll.h */
#ifndef _POLL_H_
#define _POLL_H_

#include <rump/abi.h>

#define INFTIM	(-1)
int	poll(struct pollfd *, nfds_t, int);

#endif /* _POLL_H_ */
