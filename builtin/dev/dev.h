/*
 * dev.h: drivers for hardware in the built-in rump kernel.  They stand above
 * the line: a device is reached by the hypercalls of rump/pci.h and no other
 * way.  What a driver offers is a disk (disk.c puts it below the file systems)
 * or a network interface (nic.c puts it below lwIP), named as NetBSD names
 * them: wm0, ld0, wd0.
 *
 * Context: attach, and all calls into a driver, run in a thread in the kernel
 * (core.h); interrupt handlers too.  A driver locks its own data.
 */
#ifndef BUILTIN_DEV_H
#define BUILTIN_DEV_H

#include "../core/core.h"
#include <rump/netpkt.h>
#include <rump/vif.h>

/* ---- the bus (pci.c) ---- */

struct pcidev {
	unsigned	bus, dev, fun;
	uint16_t	vendor, device, subvendor, subdevice;
	uint8_t		class, subclass, progif, rev;
	const char	*name;		/* "wm0", once a driver has it */
};
/*
 * Every function on the bus that has no other owner is offered to the drivers
 * in the image, in bus order.  attach: 0 and the function is the driver's; an
 * error is reported on the console with the function's place, and the
 * function stays without a driver.
 */
struct pcidriver {
	const char	*name;		/* "wm": a unit number is added */
	bool		(*match)(const struct pcidev *);
	int		(*attach)(struct pcidev *);
};
#define PCI_DRIVER(drv)							\
	static const struct pcidriver *const pcidriver_##drv		\
	    __attribute__((used, retain, section("link_set_pci_drivers"))) =\
	    &(drv)

uint32_t pcidev_read(const struct pcidev *, unsigned reg);  /* 32 bits */
void	pcidev_write(const struct pcidev *, unsigned reg, uint32_t);
/*
 * What the function does on the bus: nothing, answer (its registers), reach memory
 * too.  Who had it before (firmware, a domain that died) may have left it running,
 * with rings of its own: a driver stops it with PCIDEV_ANSWERS and only then lets it
 * reach memory.  INTx disabled is the hypercall's work.
 */
enum pcidev_use { PCIDEV_OFF = 0, PCIDEV_ANSWERS = 0x2, PCIDEV_MASTER = 0x6 };
void	pcidev_enable(const struct pcidev *, enum pcidev_use);
/* A memory BAR, uncached; *len its size.  NULL, with a message: not there. */
volatile void *pcidev_map(const struct pcidev *, int bar, size_t *len);
/* Private vectors (MSI-X entries, or 1 for MSI); 0: a line only. */
int	pcidev_vectors(const struct pcidev *);
/*
 * fn(arg) runs in a thread of its own when vector n (0 is always there: the
 * line, if nothing better is) is raised; it returns whether it had work.
 */
int	pcidev_intr(struct pcidev *, int n, int (*fn)(void *), void *arg);

/*
 * Memory that the device reaches: zeroed, one piece, machine address pa.
 * align: a power of 2, 0 for a page; below 4 GB.
 */
struct dma { void *va; uint64_t pa; size_t size; };
int	dma_alloc(struct dma *, size_t size, size_t align);
void	dma_free(struct dma *);
/* Machine address of any mapped kernel memory; contiguous within a page. */
static inline uint64_t
dma_addr(const void *va)
{
	extern unsigned long rumpcomp_pci_virt_to_mach(void *);

	return rumpcomp_pci_virt_to_mach((void *)(uintptr_t)va);
}
/* The loads and stores before it are seen by a device before those after. */
#define dma_wmb()	__asm volatile ("" ::: "memory")
#define dma_rmb()	__asm volatile ("" ::: "memory")
#define dma_mb()	__asm volatile ("mfence" ::: "memory")

/* ---- disks (disk.c) ---- */

struct disk;
/*
 * One request; the driver's from submit until it calls disk_done().  Data is
 * any kernel memory, aligned as the disk wants it; a driver that finds no
 * address for it fails with EFAULT.  A discard's is room for the list
 * of ranges that the device reads, DISK_LIST bytes aligned to that; its len is
 * <= maxdiscard.
 */
#define DISK_LIST	512
struct diskreq {
	enum diskop { DISK_READ, DISK_WRITE, DISK_FLUSH, DISK_DISCARD } op;
	uint64_t	off;		/* bytes, multiple of blksize */
	void		*data;
	size_t		len;		/* bytes, multiple of blksize, <= maxio */
	int		error;
	void		(*done)(struct diskreq *);	/* from any thread */
	void		*arg;
	struct disk	*disk;		/* disk.c sets it */
	STAILQ_ENTRY(diskreq) link;	/* the driver's */
	unsigned	tries;		/* the driver's */
};
STAILQ_HEAD(diskreqs, diskreq);
struct disk {
	char		name[16];	/* "ld"; disk_attach() makes it "ld0" */
	const char	*driver;	/* "nvme" */
	char		model[48], serial[24];
	uint64_t	size;		/* bytes */
	uint32_t	blksize;	/* 512 .. 4096 */
	uint32_t	maxio;		/* bytes a request, multiple of 4096 */
	uint32_t	maxdiscard;	/* the same; 0: it can't */
	uint32_t	align;		/* of data, a power of 2 */
	bool		low4g;		/* data must be below 4 GB */
	bool		rdonly;
	bool		cache;		/* volatile: FLUSH does something */
	/* Never fails and never sleeps long: errors come by done(). */
	void		(*submit)(struct disk *, struct diskreq *);
	void		*priv;
	/* disk.c's: */
	uint64_t	reads, writes, flushes, discards, rbytes, wbytes;
	uint64_t	errors, retries;
	uint64_t	round;		/* of complaints ends: k_uptime() */
	unsigned	complaints;
	struct rumpuser_rw *rw;		/* whole blocks share, parts exclude */
	LIST_ENTRY(disk) link;
};
/* From attach: it is /dev/NAME from now on, and NAMEsN its partitions. */
int	disk_attach(struct disk *);
/* Counts, and calls req->done().  From any thread in the kernel. */
void	disk_done(struct diskreq *, int error);
void	disk_done_all(struct diskreqs *, int error);	/* empties the list */
struct disk *disk_find(const char *name);	/* NULL; by serial, too */
/*
 * A request failed: "ld0: write of 4096 bytes at 8192: WHAT"; NULL: "ld0: WHAT".
 * A disk that complains all the time is cut short.
 */
void	disk_complain(struct disk *, const struct diskreq *, const char *, ...)
	    __attribute__((format(printf, 3, 4)));
/* ns after which a command without an answer is late. */
uint64_t disk_timeout(void);

/* Any offset and length; as far as it goes. */
int	disk_rwv(struct disk *, bool write, const struct iovec *, int niov,
	    uint64_t off, size_t *done);
int	disk_flush(struct disk *);
/*
 * What is there does not matter any more: the whole blocks in it.  len 0: could
 * it?  EOPNOTSUPP, EROFS, EINVAL beyond the end.
 */
int	disk_discard(struct disk *, uint64_t off, uint64_t len);

/*
 * A controller's thread, for what takes time: tick() is called some times in
 * each disk_timeout() while it says that there is something under way, and
 * at once after diskwatch_now().
 */
struct diskwatch {
	bool		(*tick)(void *);
	void		(*shutdown)(void *);	/* the machine is going off */
	void		*arg;
	/* disk.c's: */
	kmutex_t	mtx;
	kcond_t		cv;
	bool		on, now;
	LIST_ENTRY(diskwatch) link;
};
int	diskwatch_start(struct diskwatch *, const char *name);
void	diskwatch_busy(struct diskwatch *);	/* after a command has begun */
void	diskwatch_now(struct diskwatch *);

/* ---- network interfaces (nic.c) ---- */

/*
 * The calls are those of rump/vif.h, so that builtin/net sees one kind of
 * device: packets with owners, batches, offloads.
 */
struct nic;
struct nicops {
	/* Start; input's batches are the stack's.  EBUSY, EIO. */
	int	(*open)(struct nic *, void (*input)(void *, struct netpktq *),
		    void *arg);
	void	(*close)(struct nic *);		/* no more input after it */
	void	(*send)(struct nic *, struct netpktq *);   /* takes all */
	/* Which frames to receive; naddr < 0: all multicast. */
	int	(*filter)(struct nic *, bool promisc,
		    const uint8_t (*mcast)[6], int naddr);
};
struct nic {
	char		name[16];	/* "wm0" */
	const char	*driver, *model; /* "wm", "82574L" */
	const struct nicops *ops;
	void		*priv;
	struct vif_info	info;		/* address, MTU, NET_* */
	bool		linkup;
	uint32_t	mbps;		/* while up */
	struct net_stats stats;		/* the driver counts */
	uint64_t	resets;
	/* nic.c's: */
	void		(*linkfn)(void *);
	void		*linkarg;
	LIST_ENTRY(nic)	link;
};
int	nic_attach(struct nic *);
/* The driver saw the link go up or down (thread in the kernel). */
void	nic_link(struct nic *, bool up, uint32_t mbps);
struct nic *nic_find(const char *name);
struct nic *nic_nth(int n);		/* in order of attachment; NULL */

#endif /* BUILTIN_DEV_H */
