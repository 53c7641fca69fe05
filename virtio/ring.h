/*
 * ring.h: a split virtqueue as the driver sees it (virtio 1.1, section 2.6).
 * Pure code: no locks, no allocation, no device access; it builds on any host.
 *
 * The device can write to the used ring whenever it likes.  Nothing read from
 * there is believed: an index that jumps, an id that is not outstanding, a
 * length that exceeds what was offered mark the ring broken.  A broken ring
 * takes and gives nothing more; `why' says what was wrong.  All else that the
 * code needs is kept in private memory (struct vring_slot).
 */
#ifndef SIRLOIN_VIRTIO_RING_H
#define SIRLOIN_VIRTIO_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VRING_MAX	32768		/* entries, by the specification */

/* The three parts in memory shared with the device (little endian). */
struct vring_desc {
	uint64_t	addr;
	uint32_t	len;
	uint16_t	flags;
	uint16_t	next;
};
#define VRING_DESC_NEXT		0x1
#define VRING_DESC_WRITE	0x2
#define VRING_DESC_INDIRECT	0x4

struct vring_avail {
	uint16_t	flags;
	uint16_t	idx;
	uint16_t	ring[];		/* then used_event */
};
#define VRING_AVAIL_NO_INTERRUPT 0x1

struct vring_used_elem {
	uint32_t	id;
	uint32_t	len;
};
struct vring_used {
	uint16_t	flags;
	uint16_t	idx;
	struct vring_used_elem ring[];	/* then avail_event */
};
#define VRING_USED_NO_NOTIFY	0x1

/* A piece of memory as the device addresses it. */
struct vring_sg {
	uint64_t	addr;
	uint32_t	len;
};

/* What the driver remembers of each descriptor. */
struct vring_slot {
	void		*cookie;	/* of the chain that starts here */
	uint32_t	inlen;		/* bytes that the device may write */
	uint16_t	ndesc;		/* descriptors of it; 0: no chain */
	uint16_t	next;		/* in the chain, or in the free list */
};

struct vring {
	struct vring_desc	*desc;
	volatile struct vring_avail *avail;
	volatile struct vring_used *used;
	struct vring_slot	*slot;
	uint16_t		num;		/* a power of two */
	uint16_t		free_head, nfree;
	uint16_t		outstanding;	/* chains */
	uint16_t		avail_idx;	/* next to fill */
	uint16_t		published;	/* what the device may see */
	uint16_t		used_idx;	/* next to take */
	bool			event_idx;
	const char		*why;		/* broken, or NULL */
};

/*
 * Called after each full barrier, for machines where that is not enough
 * (device.c); NULL: none is.
 */
extern void	(*vring_fence)(void);

/*
 * Bytes of the ring of num entries, used ring aligned to align (4096 for
 * legacy devices); offsets of avail and used in it.
 */
size_t	vring_layout(unsigned num, size_t align, size_t *avail, size_t *used);
/*
 * mem: zeroed, vring_layout() bytes, aligned to align.  slot: num entries.
 */
void	vring_init(struct vring *, unsigned num, size_t align, void *mem,
	    struct vring_slot *slot, bool event_idx);
/*
 * Offer a chain: nout pieces to read, then nin to write.  With table (memory
 * for nout + nin descriptors, at address table_pa), the chain takes one
 * descriptor of the ring.  0; -1: no room (or broken).  The device sees it
 * after vring_publish().
 */
int	vring_add(struct vring *, const struct vring_sg *, unsigned nout,
	    unsigned nin, void *cookie, struct vring_desc *table,
	    uint64_t table_pa);
/* Show the device what was added; true: it wants to be notified. */
bool	vring_publish(struct vring *);
/* The next chain that the device has used: its cookie and length, or NULL. */
void	*vring_pop(struct vring *, uint32_t *len);
/* Whether vring_pop() has something to look at. */
bool	vring_pending(const struct vring *);
/* Ask for no interrupts (a hint). */
void	vring_intr_off(struct vring *);
/*
 * Ask for an interrupt once `after' more chains (1: the next) are used; false
 * when that has happened already, so that none may come.
 */
bool	vring_intr_on(struct vring *, unsigned after);
/* After the device was reset: take back any chain.  NULL: none are left. */
void	*vring_reclaim(struct vring *);

#endif /* SIRLOIN_VIRTIO_RING_H */
