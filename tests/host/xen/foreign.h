/*
 * foreign.h: for tests of back ends: the front end's memory, pages that it has
 * granted, which are mapped in windows (nothing else can be touched there) or
 * copied from and to.
 */
#ifndef FOREIGN_H
#define FOREIGN_H

#include "fake.h"

#define FOREIGN_DOM	7
#define FOREIGN_PAGES	512
#define FOREIGN_REF	1000		/* of the first page */

extern char *foreign;			/* the pages */
extern unsigned foreign_mapped;		/* times that one of them is mapped */
extern bool foreign_dead;		/* no grant is good any more */
extern bool foreign_ro;			/* every seventh is read-only */
void	foreign_init(void);

#endif
