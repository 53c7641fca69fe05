/*
 * fake_kern.h: a kernel of one thread, for host tests of drivers below the line.
 */
#ifndef FAKE_KERN_H
#define FAKE_KERN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dev.h>

#define CHECK_SAID	said
#include "check.h"

extern char said[16384];		/* the console */
extern uint64_t fake_time;
extern struct netdev *fake_net;		/* registered last */
extern struct blkdev *fake_blk;
extern struct p9dev *fake_p9;

void	fake_seed(uint64_t);
unsigned rnd(void);

#endif /* FAKE_KERN_H */
