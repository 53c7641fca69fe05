/* blkclient.h: a disk's front end made of memory, for fuzz_blkback.c. */
#ifndef BLKCLIENT_H
#define BLKCLIENT_H

#include "foreign.h"
#include "../../../xen/blkback.h"
#include <xen/io/blkif.h>

#define SECTORS	4096u
#define RING0	0			/* the first pages are rings */
#define DATA0	16
#define MAXREQ	128

extern uint8_t disk[SECTORS][512];
extern struct export_info info;
extern bool fails, readonly;		/* requests may fail; writes must */

extern unsigned nring, order;		/* the front end's choices */
extern bool abi32;
extern bool greedy;			/* many small requests */
extern unsigned asked, answered, fine;

struct req {
	bool		busy, write;
	unsigned	ring, op, nseg, first, last;	/* sectors */
	uint32_t	sector, n;
	unsigned	page[BLK_MAXSEG], ind;
	uint8_t		fill;
};
extern struct req reqs[MAXREQ];

void	front_begin(void);		/* with empty rings */
struct xring_page *front_head(unsigned q);
void	front_ask(void);		/* one that makes sense */
void	front_publish(void);
void	front_collect(void);		/* answers, and whether they are right */
void	front_lie(void);
bool	front_busy(void);

#endif
