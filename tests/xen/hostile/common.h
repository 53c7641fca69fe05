/*
 * What all liars need, front ends and back ends: xenstore, messages.
 */
#ifndef HOSTILE_COMMON_H
#define HOSTILE_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xenevtchn.h>
#include <xenstore.h>

#define xen_wmb() __asm__ volatile("" ::: "memory")	/* x86 keeps the order of stores */
#define xen_rmb() xen_wmb()
#define xen_mb() __sync_synchronize()

extern struct xs_handle *xs;
extern xenevtchn_handle *evt;

void	die(const char *fmt, ...);		/* with errno's text */
void	say(const char *fmt, ...);		/* a line, at once */
void	open_xen(void);				/* xs and evt; once in each process */

void	put(const char *dir, const char *key, const char *fmt, ...);
char	*get(const char *dir, const char *key);	/* NULL, or to be freed */
/* A folder that one domain owns and the other reads. */
void	make(const char *path, unsigned owner, unsigned reader);

#endif
