/*
 * p9.h: the line's channels to 9P servers (Plan 9's file protocol), by which
 * the host shares folders: messages there and back.  What is in them is the
 * caller's business.  Results: 0 or a NetBSD errno.
 */
#ifndef SIRLOIN_RUMP_P9_H
#define SIRLOIN_RUMP_P9_H

#include <stddef.h>
#include <stdint.h>

struct p9dev;

/* By name ("share0") or tag.  ENXIO: there is none; EBUSY: it is open. */
int	rumpcomp_p9_open(const char *name, struct p9dev **, size_t *maxmsg);
void	rumpcomp_p9_close(struct p9dev *);
/*
 * A request and its reply: sleeps.  Any number of threads; the tags in their
 * messages differ.  *rlen: bytes of the reply, 7 to rmax, of which the first
 * four say so too.  EIO: the channel is dead.
 */
int	rumpcomp_p9_rpc(struct p9dev *, const void *req, size_t len, void *reply,
	    size_t rmax, size_t *rlen);

/*
 * Around what is several messages and has to have one server: a suspend of the
 * machine waits for the leave, not for ever.  enter: the server's number, after
 * it has waited, not for ever, for one that is to come back.  When it is not
 * that of the last rumpcomp_p9_begin(), the server is another one that knows
 * nothing of any fid, and messages fail with EIO until the next begin.  Those
 * under way when a server went have failed so.
 */
uint32_t rumpcomp_p9_enter(struct p9dev *);
void	rumpcomp_p9_leave(struct p9dev *);
void	rumpcomp_p9_begin(struct p9dev *, uint32_t server);

#endif /* SIRLOIN_RUMP_P9_H */
