/*
 * vif.h: network hypercalls.  The first four are those of NetBSD's virtif
 * (sys/rump/net/lib/libvirtif/virtif_user.h, revision 20140313), by the names
 * that its macros make for VIRTIF_BASE "virt"; link with a component that calls
 * back rump_virtif_virt_deliverpkt().  The rumpcomp_vif_ calls do the same
 * with batches and offloads, for rump kernels that can use them.
 */
#ifndef SIRLOIN_RUMP_VIF_H
#define SIRLOIN_RUMP_VIF_H

#include <stddef.h>
#include <stdint.h>
#include <rump/netpkt.h>

struct iovec;
struct virtif_sc;
struct virtif_user;

int	rumpcomp_virt_create(const char *devstr, struct virtif_sc *,
	    uint8_t *enaddr, struct virtif_user **);
int	rumpcomp_virt_dying(struct virtif_user *);
void	rumpcomp_virt_destroy(struct virtif_user *);
void	rumpcomp_virt_send(struct virtif_user *, struct iovec *, size_t);

/*
 * Packets are struct netpkt (netpkt.h), which this side of the line sees as it
 * is: a list head of packets is handed over both ways, with the ownership
 * rules of netpkt.h.
 */
struct vif;
struct vif_info {
	uint8_t		mac[6];
	uint16_t	mtu;
	uint32_t	caps;		/* NET_* */
};
/*
 * Open the platform's network device called name ("net0").  input is called
 * from a thread with a rump kernel context (scheduled) with a batch that it
 * then owns; it must call each packet's done() once, at any time, from any
 * thread.  ENXIO: no such device.  EBUSY.
 */
int	rumpcomp_vif_open(const char *name, void (*input)(void *,
	    struct netpktq *), void *arg, struct vif_info *, struct vif **);
/* No more input when it returns. */
void	rumpcomp_vif_close(struct vif *);
/* Takes all packets.  done() is called from any thread, perhaps at once. */
void	rumpcomp_vif_send(struct vif *, struct netpktq *);
/* Names of the devices there are: n = 0, 1, ...; ENOENT after the last. */
int	rumpcomp_vif_name(int n, char *buf, size_t size);
void	rumpcomp_vif_stats(struct vif *, struct net_stats *);
/*
 * From now on packets come as they were on the wire: with their checksums, and
 * none that was merged from several or is to be cut up.
 */
void	rumpcomp_vif_whole(struct vif *);

/*
 * For who hands packets from one device to another (images with component
 * bridge).  After soft() no packet of the list asks for more than caps (NET_*):
 * checksums are filled in where they are missing, what is to be cut up is
 * replaced by copies; what makes no sense is given back: how many.
 * A copy is a packet of its own; NULL: no memory.
 */
unsigned rumpcomp_vif_soft(struct netpktq *, uint32_t caps);
struct netpkt *rumpcomp_vif_copy(const struct netpkt *);

#endif /* SIRLOIN_RUMP_VIF_H */
