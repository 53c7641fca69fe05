/*
 * line.h: the line's network calls for code that is compiled against NetBSD's
 * kernel headers, whose queue macros and types take the place of ours.
 */
#ifndef SIRLOIN_NETBSD_LINE_H
#define SIRLOIN_NETBSD_LINE_H

#include <sys/queue.h>

/* netpkt.h includes <queue.h>: NetBSD's own, by netbsd/include/queue.h */
#include <rump/vif.h>

#endif /* SIRLOIN_NETBSD_LINE_H */
