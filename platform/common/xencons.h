/*
 * xencons.h: the console ring of a guest (Xen's public io/console.h).
 */
#ifndef XENCONS_H
#define XENCONS_H

#include <xen.h>

/* Use this ring and port from now on; NULL: none. */
void	xencons_set(void *ring, evtchn_port_t port);
evtchn_port_t xencons_port(void);
/* Any context.  Waits for room, but not for one who does not read for 30 s. */
void	xencons_write(const char *, size_t);
size_t	xencons_read(char *, size_t);
/* In a panic, the other CPUs being stopped: whoever holds the lock is gone. */
void	xencons_break(void);
/* The last line (docs/exit.md), and wait until it was taken, as patiently. */
void	xencons_end(enum plat_end, int status);

#endif /* XENCONS_H */
