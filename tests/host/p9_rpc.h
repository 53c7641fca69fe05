/*
 * p9_rpc.h: messages over a channel to a 9P server, for the transports' host
 * tests.  A request says how long its reply is to be, and both have a pattern
 * that the other side knows.
 */
#ifndef P9_RPC_H
#define P9_RPC_H

#include "fake_kern.h"

#define RPC_MIN		12		/* bytes of a request */

extern unsigned rpc_good, rpc_bad;	/* done, and failed with EIO */
extern unsigned rpc_depth;		/* under way */

/* One there and back, of random lengths; liar: anything may come back. */
void	rpc(bool (*liar)(void));
/* The server's: the request is what was sent; its reply: the length. */
size_t	rpc_answer(const uint8_t *req, size_t len, uint8_t *reply);

#endif
