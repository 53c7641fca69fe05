/*
 * A front end in dom0 that lies: right in all but the one thing that its lie names.
 * front.c has what all kinds of device have in common.
 */
#ifndef HOSTILE_FRONT_H
#define HOSTILE_FRONT_H

#include "common.h"

#define NPAGE	4

struct front_kind {
	const char *type;		/* as in backend/TYPE */
	unsigned npage;			/* pages to grant */
	void	(*offer)(void);		/* the tool stack's keys of the back end */
	void	(*rings)(void);		/* in the pages */
	void	(*publish)(void);	/* the front end's keys, but the channel and its state */
	void	(*misbehave)(void);
};
extern const struct front_kind net_front, blk_front;

extern char front[64], back[64];	/* xenstore paths */
extern char *page[NPAGE];		/* granted as ref */
extern uint32_t ref[NPAGE];
extern int port;

extern const char *lie;			/* LIE[+HOW] */
extern unsigned number;			/* of this front end */

bool	is(const char *name);
bool	with(const char *how);
int	back_state(void);
void	wait_closed(void);		/* until the back end has closed, a minute at most */
/* Tell the back end, often more than it wants to hear. */
void	kick(void);
/* Lies about the state, after turn i; false: it is over. */
bool	disturb(int i);

#endif
