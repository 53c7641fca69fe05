/*
 * net.h: inside builtin/net.  All of lwIP and all sockets are used under one
 * lock, net_lock().  Applications' threads, the devices' receive threads and
 * one timer thread take it in turn; no packet changes threads on its way.
 */
#ifndef BUILTIN_NET_H
#define BUILTIN_NET_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

#include "../core/core.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include <rump/vif.h>


/* ---- net.c ---- */

void	net_lock(void);
/* Delivers what loopback holds, hands packets to devices, lets go. */
void	net_unlock(void);
/* The first two of these, before waiting with the lock. */
void	net_settle(void);
extern struct rumpuser_mtx *net_mtx;
void	net_random(void *, size_t);
uint16_t net_chksum_fold(uint64_t);
/* err_t of lwIP as an errno. */
int	net_errno(err_t);

/* ---- mem.c ---- */

/*
 * Memory of this room: NULL beyond its limit.  Under the lock.  Small pieces
 * may have the last quarter, so that ACKs and new connections go on when
 * data has taken the rest.
 */
void	*net_malloc(size_t);
void	*net_zalloc(size_t);
void	net_free(void *);
void	net_mem_init(void);
/*
 * Half is used, packets that lie in devices' memory included: who has more
 * than its share of a quarter gets no more.
 */
bool	net_mem_tight(void);
size_t	net_mem_share(void);
/* A socket's buffer, no larger than the limit lets one be. */
size_t	net_mem_buffer(size_t want);
/* No room for packets that are data. */
bool	net_mem_full(void);
extern size_t net_mem_used, net_mem_max, net_mem_cache_max;
extern size_t net_mem_held;		/* in devices' packets */
extern unsigned net_nsockets;		/* sockets open: limits dead pcbs */

/* ---- timeout.c ---- */

int	net_timer_start(void);
void	net_timer_second(void);		/* there is an interface */
void	net_timer_dhcp(void);		/* somebody asks for an address */

/* ---- netconfig.c ---- */

int	net_set_ipv4(struct netif *, const ip4_addr_t *, const ip4_addr_t *mask);
bool	net_dhcp_idle(void);

/* ---- vif.c, vif_tx.c: interfaces on devices ---- */

#define VIF_NAMESIZE	16
struct txpkt;
struct nic;
struct vif_if {
	struct netif	nif;
	char		name[VIF_NAMESIZE];	/* "virt0", "wm0" */
	struct vif	*vif;			/* the platform's device, */
	struct nic	*nic;			/* or a driver's */
	bool		open, promisc, allmulti;
	struct vif_info	info;
	struct bridge	*bridge;	/* that it is a member of, or NULL */
	struct netpktq	txq;		/* until net_unlock() */
	unsigned	ntxq;
	uint64_t	ipackets, ibytes, ierrors, idrops;
	uint64_t	opackets, obytes, oerrors, otso;
	struct vif_if	*next;
};
extern struct vif_if *vif_list;
/* All under the lock, but for vif_create and vif_destroy, which take it. */
int	vif_create(const char *name, const char *device);
int	vif_destroy(const char *name);
struct vif_if *vif_find(const char *name);
struct netif *netif_byname(const char *name);	/* "lo0" too */
const char *netif_name(struct netif *);
err_t	vif_linkoutput(struct netif *, struct pbuf *);
void	vif_tx_init(struct vif_if *);
void	vif_tx_flush(struct vif_if *);
void	vif_tx_reap(void);		/* frees what devices are done with */
/* The interface of a driver's device, which is not open yet. */
int	vif_attach(struct nic *, const char *name, const struct vif_info *);
void	vif_input(void *, struct netpktq *);	/* a batch; v is the argument */
/* What of it is for this machine. */
void	vif_input_up(struct vif_if *, struct netpktq *);
#define VIF_CHECKS	(NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP)
/* gro.c: packets of a batch go up by these, the last of them by flush. */
void	gro_input(struct vif_if *, struct pbuf *, bool csum_ok);
void	gro_flush(struct vif_if *);
/* Payload of the biggest TCP segment that may be handed to this interface. */
uint32_t vif_tso_max(struct netif *, bool v6);

/* ---- bridge.c, where the image has it ---- */

/* A batch that a member has received, and one that lwIP sends by it. */
void	bridge_input(struct vif_if *, struct netpktq *) __attribute__((weak));
void	bridge_output(struct vif_if *, struct netpktq *) __attribute__((weak));
/* Of "bridge0", ...; under the lock. */
int	bridge_ioctl(unsigned long cmd, const char *name, void *)
	    __attribute__((weak));

/* ---- vif_dev.c: the platform's device or a driver's, under the lock ---- */

/* device: the platform's; NULL: v->nic.  Packets may come at once. */
int	vif_dev_open(struct vif_if *, const char *device);
void	vif_dev_close(struct vif_if *);		/* without the lock */
void	vif_dev_send(struct vif_if *, struct netpktq *);
void	vif_dev_stats(struct vif_if *, struct net_stats *);
bool	vif_dev_link(struct vif_if *, uint32_t *mbps);
/* Which frames it has to receive may have changed. */
void	vif_dev_filter(struct vif_if *);
/* Interfaces for all drivers' devices. */
void	vif_dev_attach(void);
/* An interface is up; a driver's device is opened when it first is. */
int	net_if_up(struct netif *);

#endif /* BUILTIN_NET_H */
