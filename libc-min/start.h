/* start.h: what start.c does things with. */
#ifndef LIBC_START_H
#define LIBC_START_H

#include "config.h"

/* Ends the machine: the configuration asks for what is not there. */
#define START_FAILED	125

/* One line on the console, "config:LINE: ...", and the end. */
void	start_fail(unsigned line, const char *fmt, ...)
	    __attribute__((noreturn, format(printf, 2, 3)));

const struct config *start_config(void);

void	start_net(const struct config *);	/* netcfg.c */
/* bridge.c, where the image has it. */
void	start_bridges(const struct config *) __attribute__((weak));
void	start_mounts(const struct config *);	/* mount.c: all but nfs */
/* nfs.c, where the image has it: after the networks. */
void	start_nfs(const struct config *) __attribute__((weak));

/* mount.c's, for others: the end of the machine; the directory; it is mounted. */
void	mount_failed(const struct config_blk *, int error);
void	mount_dirs(const struct config_blk *);
void	mount_done(const struct config_blk *);

#endif /* LIBC_START_H */
