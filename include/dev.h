/*
 * dev.h: the platform's paravirtual devices as the hypercalls see them.
 * Drivers (virtio/, platform/xen) register; hypercall/ opens by name.
 * Names: "net0", "net1", ... and "blk0", "blk1", ... in the order found.
 */
#ifndef SIRLOIN_DEV_H
#define SIRLOIN_DEV_H

#include <kern.h>
#include <rump/netpkt.h>

/* ---- disks ---- */

/* DISCARD: what is there does not matter any more; no data. */
enum blk_op { BLK_READ, BLK_WRITE, BLK_FLUSH, BLK_DISCARD };
struct blk_req {
	enum blk_op	op;
	uint64_t	off;		/* bytes, multiple of blksize */
	void		*data;		/* any mapped kernel memory */
	size_t		len;		/* bytes, multiple of blksize */
	/* Called once, from an interrupt thread or from submit itself. */
	void		(*done)(struct blk_req *, int error);
	void		*arg;
	STAILQ_ENTRY(blk_req) link;	/* the driver's until done, like: */
	int		error;
};
#define BLK_RDONLY	0x1
#define BLK_FLUSHES	0x2		/* has a volatile cache, honours FLUSH */
#define BLK_DISCARDS	0x4		/* knows DISCARD, else EOPNOTSUPP */
struct blk_stats { uint64_t reads, writes, flushes, rbytes, wbytes, errors; };
struct blkdev {
	char		name[16];
	char		serial[24];	/* "" when the device has none */
	const char	*driver;	/* "virtio-blk" */
	uint64_t	size;		/* bytes */
	uint32_t	blksize;	/* 512 .. 4096 */
	uint32_t	flags;
	/*
	 * Queue a request; never fails: errors come by done().  Thread
	 * context (interrupt threads included); sleeps when the ring is full
	 * only if the caller is not an interrupt thread, else queues.
	 */
	void		(*submit)(struct blkdev *, struct blk_req *);
	int		(*open)(struct blkdev *);	/* claims; EBUSY */
	void		(*close)(struct blkdev *);
	/* Find out the serial, if that takes asking the device; may be NULL. */
	void		(*identify)(struct blkdev *);
	void		*priv;
	struct pci_func	*pci;		/* what it is on the bus; NULL: not PCI */
	struct blk_stats stats;		/* the driver counts */
	TAILQ_ENTRY(blkdev) link;
};
void	blkdev_register(struct blkdev *);	/* names it; kept for ever */
struct blkdev *blkdev_find(const char *name);	/* NULL; also by serial */
void	blkdev_each(void (*)(struct blkdev *, void *), void *);
/*
 * For drivers: what is wrong with a request (EINVAL, EROFS, EOPNOTSUPP), or 0;
 * whether there is nothing to do for it.
 */
int	blkdev_check(const struct blkdev *, const struct blk_req *);
static inline bool
blkdev_idle(const struct blkdev *b, const struct blk_req *r)
{

	return r->op == BLK_FLUSH ? (b->flags & BLK_FLUSHES) == 0 : r->len == 0;
}

/* ---- networks ---- */

struct netdev {
	char		name[16];
	const char	*driver;
	uint8_t		mac[6];
	uint16_t	mtu;
	uint32_t	caps;		/* NET_* */
	bool		linkup;
	/*
	 * Claim and start; rx is called from an interrupt thread with a batch
	 * of received packets, which it then owns.  EBUSY when open.
	 */
	int		(*open)(struct netdev *,
			    void (*rx)(void *, struct netpktq *), void *arg);
	void		(*close)(struct netdev *);
	/*
	 * Send a batch; all packets are taken (emptied); those that find no
	 * room are dropped and counted.  done() comes when the device has
	 * finished with the data, at the latest with a later xmit or timer.
	 */
	void		(*xmit)(struct netdev *, struct netpktq *);
	void		*priv;
	struct pci_func	*pci;		/* as above */
	struct net_stats stats;
	TAILQ_ENTRY(netdev) link;
};
void	netdev_register(struct netdev *);
struct netdev *netdev_find(const char *name);
void	netdev_each(void (*)(struct netdev *, void *), void *);

/* ---- channels to 9P servers ---- */

struct p9dev {
	char		name[16];	/* "share0" */
	char		tag[64];	/* what the host calls it */
	const char	*driver;
	size_t		maxmsg;		/* bytes of a message that it can carry */
	int		(*open)(struct p9dev *);	/* claims; EBUSY */
	void		(*close)(struct p9dev *);
	/* As rumpcomp_p9_rpc() (rump/p9.h). */
	int		(*rpc)(struct p9dev *, const void *, size_t, void *,
			    size_t, size_t *);
	/* Likewise; NULL: the server is always the same. */
	uint32_t	(*enter)(struct p9dev *);
	void		(*leave)(struct p9dev *);
	void		(*begin)(struct p9dev *, uint32_t session);
	TAILQ_ENTRY(p9dev) link;
};
void	p9dev_register(struct p9dev *);
struct p9dev *p9dev_find(const char *name);	/* also by tag */
void	p9dev_each(void (*)(struct p9dev *, void *), void *);

#endif /* SIRLOIN_DEV_H */
