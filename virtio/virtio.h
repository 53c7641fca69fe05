/*
 * virtio.h: a virtio device as its driver sees it, whatever carries it.
 * Thread context unless a line says more.
 */
#ifndef SIRLOIN_VIRTIO_H
#define SIRLOIN_VIRTIO_H

#include <kern.h>
#include <pci.h>
#include "ring.h"
#include "spec.h"

struct virtio_dev;
struct virtq;

#define VIRTIO_MAXVEC	2

/* An interrupt's handler; fn as for kern_irq. */
struct virtio_vec {
	char		name[32];
	int		(*fn)(void *);
	void		*arg;
};

/* What carries the device: pci_legacy.c, pci_modern.c, mmio.c */
struct virtio_ops {
	const char *kind;
	uint64_t (*features)(struct virtio_dev *);
	void	(*accept)(struct virtio_dev *, uint64_t);
	uint8_t	(*status)(struct virtio_dev *);
	void	(*set_status)(struct virtio_dev *, uint8_t);
	/* width 1, 2 or 4; beyond the device's space: zero */
	uint32_t (*config)(struct virtio_dev *, unsigned off, unsigned width);
	uint32_t (*generation)(struct virtio_dev *);
	/* Interrupt status; acknowledges.  Any context. */
	uint8_t	(*isr)(struct virtio_dev *);
	/* The largest size of queue n; 0: there is none. */
	unsigned (*queue_max)(struct virtio_dev *, unsigned n);
	/* Tell the device where q is; vec VIRTIO_NO_VECTOR: no interrupt. */
	int	(*queue_set)(struct virtio_dev *, struct virtq *, unsigned vec);
	/* Vector of configuration changes, after MSI-X was switched on. */
	void	(*config_vec)(struct virtio_dev *, unsigned vec);
	void	(*notify)(struct virtq *);	/* any context */
	bool	fixed_size;	/* queues have queue_max entries, no fewer */
	unsigned align;		/* of the used ring */
};

struct virtio_dev {
	const struct virtio_ops *ops;
	unsigned	type;
	char		name[40];	/* for messages: "virtio-net 0:3.0" */
	uint64_t	offered, features;
	struct pci_func	*pci;		/* NULL: MMIO */
	bool		claimed;	/* MMIO */
	bool		broken;
	bool		changed;	/* configuration, maybe: see vec[0] */
	bool		msix;
	unsigned	nvec;		/* in use: 1: all share it */
	struct virtio_vec vec[VIRTIO_MAXVEC];
	struct pci_irq	*pirq[VIRTIO_MAXVEC];
	struct kern_irq	*lirq;
	volatile uint8_t *common, *notify, *isr, *config; /* modern; MMIO */
	uint32_t	config_len, notify_len, notify_mult;
	uint16_t	iobase;		/* legacy */
	unsigned	version, gsi, gsi_flags;	/* MMIO */
};

/* A queue; calls on one exclude each other by the driver's lock. */
struct virtq {
	struct vring	ring;		/* first */
	struct virtio_dev *dev;
	uint16_t	index;
	uint64_t	desc, avail, used;	/* addresses for the device */
	volatile uint8_t *notify;
	void		*mem;
	size_t		pages;
	struct vring_slot slot[];
};

/* A driver's entry point: has a look, registers; never waits for a device. */
/* Weak: an image links the drivers that its application asks for. */
void	virtio_net_attach(struct virtio_dev *) __attribute__((weak));
void	virtio_blk_attach(struct virtio_dev *) __attribute__((weak));
void	virtio_rng_attach(struct virtio_dev *) __attribute__((weak));
void	virtio_9p_attach(struct virtio_dev *) __attribute__((weak));
/* A transport found a device: offered features are read, drivers chosen. */
void	virtio_found(struct virtio_dev *);

int	virtio_claim(struct virtio_dev *, const char *owner);
void	virtio_release(struct virtio_dev *);	/* after a reset */
/* 0, EIO and a message when it does not come back. */
int	virtio_reset(struct virtio_dev *);
/*
 * Reset it, agree on features (of those wanted; ring features are added).
 * Then virtio_vectors, virtq_create for each queue, virtio_start.
 */
int	virtio_negotiate(struct virtio_dev *, uint64_t wanted);
/*
 * Establish interrupts for d->vec[0..n-1].  With fewer vectors than that, one
 * interrupt calls all of them; d->nvec says which it was.  Vector 0 gets
 * changes of the configuration too, of which d->changed tells (a driver with
 * one vector hears of them by lines only).
 */
int	virtio_vectors(struct virtio_dev *, unsigned n);
void	virtio_vectors_free(struct virtio_dev *);
/* Queue n with at most max entries, interrupting vector vec.  NULL: none. */
struct virtq *virtq_create(struct virtio_dev *, unsigned n, unsigned max,
	    unsigned vec);
void	virtq_destroy(struct virtq *);	/* NULL is fine; after a reset */
void	virtio_start(struct virtio_dev *);

/* Registers of a transport in memory; 64 bits as two halves (4.1.3.1). */
static inline uint32_t
virtio_get(const struct virtio_dev *d, unsigned off)
{

	return *(volatile uint32_t *)(d->common + off);
}

static inline void
virtio_put(struct virtio_dev *d, unsigned off, uint32_t v)
{

	*(volatile uint32_t *)(d->common + off) = v;
}

static inline void
virtio_put64(struct virtio_dev *d, unsigned off, uint64_t v)
{

	virtio_put(d, off, v);
	virtio_put(d, off + 4, v >> 32);
}

/* Of d->config, by transports that have it in memory. */
uint32_t virtio_config_read(struct virtio_dev *, unsigned off, unsigned width);
/* Read the device's own configuration, consistently. */
void	virtio_config(struct virtio_dev *, unsigned off, void *, unsigned len);
/* Whether the device has given up and wants a reset; says so. */
bool	virtio_gave_up(struct virtio_dev *);
/* The device did what it must not: say so once.  Any context. */
void	virtio_broken(struct virtio_dev *, const char *why);

/* Show the device what was added.  Any context. */
static inline void
virtq_kick(struct virtq *q)
{

	if (vring_publish(&q->ring))
		q->dev->ops->notify(q);
}

/*
 * Pieces of memory as the device sees them: appends [p, p + len) to sg, in as
 * few pieces as physical memory allows.  The new count, or -1: more than max
 * or not mapped.
 */
int	virtio_sg(struct vring_sg *sg, int n, int max, const void *p, size_t len);
/* Zeroed memory for the device, whole pages; *pa is its address. */
void	*virtio_dma_alloc(size_t size, uint64_t *pa);
void	virtio_dma_free(void *, size_t size);

/*
 * Work for one thread that all drivers share.  Queueing: any context; a job
 * that is queued already stays once.  cancel waits until it does not run.
 */
struct virtio_job {
	void		(*fn)(void *);
	void		*arg;
	bool		queued;
	STAILQ_ENTRY(virtio_job) link;
};
void	virtio_job_queue(struct virtio_job *);
void	virtio_job_cancel(struct virtio_job *);
bool	virtio_job_init(void);		/* starts the thread; idempotent */

#endif /* SIRLOIN_VIRTIO_H */
