/* driverdomain.h: what its files share. */
#ifndef DRIVERDOMAIN_H
#define DRIVERDOMAIN_H

#include <stdbool.h>

/*
 * conf.c: the keys of the configuration that are this program's own.  Reads them
 * into what the functions below then carry out; ends the machine with a line on
 * the console where they make no sense.
 */
void	conf_read(void);

void	console_start(void);		/* console.c */

/* ---- blk.c: disks for others ---- */

struct parse;
int	conf_export(struct parse *, int t, void *);	/* the key "export" */
/* Begin to serve them; ends the machine when one can't be. */
void	blk_start(void);

#endif /* DRIVERDOMAIN_H */
