/*
 * fake.h: what virtio/'s drivers stand on in their host tests, and a device
 * behind a transport made of memory whose behaviour the test decides.
 */
#ifndef FAKE_VIRTIO_H
#define FAKE_VIRTIO_H

#include "../fake_kern.h"
#include "../../../virtio/virtio.h"

extern long fake_pages;		/* that are allocated */

#define FAKE_QUEUES	2
struct fake_dev {
	struct virtio_dev d;	/* first */
	uint64_t	offer;
	uint8_t		cfg[256];
	unsigned	qmax;
	uint8_t		st;
	struct virtq	*q[FAKE_QUEUES];
	uint16_t	seen[FAKE_QUEUES];	/* of the available ring */
	uint16_t	used[FAKE_QUEUES];
};
void	fake_device(struct fake_dev *, unsigned type);
/* The next chain the driver offered on queue q: its head, -1: none. */
int	fake_take(struct fake_dev *, unsigned q);
/* Pieces of a chain; the count. */
struct fake_piece { void *p; uint32_t len; bool write; };
int	fake_chain(struct fake_dev *, unsigned q, unsigned head,
	    struct fake_piece *, int max);
/* Say that a chain is used. */
void	fake_use(struct fake_dev *, unsigned q, uint32_t id, uint32_t len);

#endif
