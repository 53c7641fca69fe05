/*
 * devtest: the platform's devices, below the line.  TAP on the console; exit
 * status 1 when something failed.  Options (words on the command line):
 *   disk=write|read|none  how disks are tested (write: destroys the first 8 MB)
 *   net=ping|echo|none    ping: QEMU's user network answers; echo: the other
 *                         end sends every frame back with addresses swapped
 *   rounds=N              how much of each
 *   speed                 throughput of disks and networks, as TAP comments
 */
#ifndef DEVTEST_H
#define DEVTEST_H

#include <dev.h>
#include <pci.h>
#include <string.h>

bool	option_is(const char *name, const char *value);
unsigned option_number(const char *name, unsigned otherwise);
void	ok(bool good, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	show_irqs(const char *device);
uint32_t random32(uint32_t *seed);

/* A counter that a thread can wait for. */
struct event {
	struct kern_mutex lock;
	struct kern_cv	cv;
	unsigned	n;
};
void	event_init(struct event *);
void	event_post(struct event *);
/* False: n were not there within ns. */
bool	event_wait(struct event *, unsigned n, uint64_t ns);

void	test_disk(struct blkdev *, void *);
void	test_net(struct netdev *, void *);

#endif
