/* netclient.h: what netback.c stands on, and front ends made of memory. */
#ifndef NETCLIENT_H
#define NETCLIENT_H

#include "fake.h"
#include "../../../xen/netback.h"

#define NFRONT	3
#define NPAGE	512
#define DOM(i)	((domid_t)(i) + 5)

/* A front end: its pages, of which the reference is the number. */
struct front {
	struct backbus_dev bd;
	char		*page[NPAGE];
	bool		rdonly[NPAGE];
	struct xring_page *tx, *rx;
	uint32_t	rx_prod, rx_seen, tx_prod, tx_seen;
	uint16_t	posted[NB_RING];	/* page, by place */
	bool		linked, liar, sg, csum, gso;
	bool		split;
	uint32_t	sent, got;
	int		(*fn[2])(void *);
	void		*arg;
};
extern struct front front[NFRONT];
extern struct backbus_driver *driver;	/* netback's */
extern const char *trouble;		/* what backbus_trouble() was told */
extern unsigned mapped;			/* rings */

#endif /* NETCLIENT_H */
