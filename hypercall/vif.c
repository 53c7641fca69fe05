/*
 * vif.c: network interfaces: rump/vif.h.  NetBSD's virtif calls copy, since
 * the mbufs are the caller's again when they return; rumpcomp_vif_ passes
 * packets through.
 */
#include <stdio.h>
#include "hyp.h"
#include <netsoft.h>
#include <rump/vif.h>

/* Where the image has it: with component bridge. */
#pragma weak netsoft

struct iovec {
	void	*iov_base;
	size_t	iov_len;
};

/* ---- packets through ---- */

struct vif {
	struct netdev	*dev;
	void		(*input)(void *, struct netpktq *);
	void		*arg;
	bool		closing, whole;
	uint32_t	active;		/* threads in vif_rx */
};

static void
vif_drop(struct netpktq *q)
{
	struct netpkt *p;

	while ((p = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, link);
		p->done(p);
	}
}

/* In the device's interrupt thread. */
static void
vif_rx(void *arg, struct netpktq *q)
{
	struct vif *v = arg;

	__atomic_add_fetch(&v->active, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&v->closing, __ATOMIC_SEQ_CST)) {
		vif_drop(q);
	} else {
		if (v->whole && netsoft != NULL)
			v->dev->stats.idrops += netsoft(q, 0);
		hyp_enter(0);
		v->input(v->arg, q);
		hyp_leave();
	}
	__atomic_sub_fetch(&v->active, 1, __ATOMIC_SEQ_CST);
}

int
rumpcomp_vif_open(const char *name, void (*input)(void *, struct netpktq *),
    void *arg, struct vif_info *info, struct vif **vp)
{
	struct netdev *dev = netdev_find(name);
	struct vif *v;
	int error, nlocks;

	if (dev == NULL)
		return ENXIO;
	if ((v = kern_zalloc(sizeof(*v))) == NULL)
		return ENOMEM;
	v->dev = dev;
	v->input = input;
	v->arg = arg;
	memcpy(info->mac, dev->mac, sizeof(info->mac));
	info->mtu = dev->mtu;
	info->caps = dev->caps;
	/* input may be called before open returns. */
	*vp = v;
	nlocks = hyp_unschedule(NULL);
	error = dev->open(dev, vif_rx, v);
	hyp_schedule(nlocks, NULL);
	if (error != 0) {
		*vp = NULL;
		kern_free(v);
	}
	return error;
}

void
rumpcomp_vif_close(struct vif *v)
{
	int nlocks;

	nlocks = hyp_unschedule(NULL);
	__atomic_store_n(&v->closing, true, __ATOMIC_SEQ_CST);
	v->dev->close(v->dev);
	while (__atomic_load_n(&v->active, __ATOMIC_SEQ_CST) != 0)
		kern_sleep_until(kern_clock() + 1000000);
	kern_free(v);
	hyp_schedule(nlocks, NULL);
}

void
rumpcomp_vif_send(struct vif *v, struct netpktq *q)
{

	v->dev->xmit(v->dev, q);
}

struct vif_nth {
	int	n;
	char	*buf;
	size_t	size;
	bool	found;
};

static void
vif_nth(struct netdev *dev, void *arg)
{
	struct vif_nth *w = arg;

	if (w->n-- == 0) {
		(void)snprintf(w->buf, w->size, "%s", dev->name);
		w->found = true;
	}
}

int
rumpcomp_vif_name(int n, char *buf, size_t size)
{
	struct vif_nth w = { n, buf, size, false };

	netdev_each(vif_nth, &w);
	return w.found ? 0 : ENOENT;
}

void
rumpcomp_vif_stats(struct vif *v, struct net_stats *st)
{

	*st = v->dev->stats;
}

void
rumpcomp_vif_whole(struct vif *v)
{

	v->whole = true;
}

/* ---- NetBSD's virtif ---- */

void	rump_virtif_virt_deliverpkt(struct virtif_sc *, struct iovec *,
	    size_t) __attribute__((weak));

struct virtif_user {
	struct vif	*vif;
	struct virtif_sc *sc;
	bool		dying;
};

/* Who asked for no offloads gets a packet whose checksum is right. */
static void
virt_fill_csum(struct netpkt *p)
{
	uint32_t sum = 0, at = 0, i, k;
	uint8_t *where = NULL, *d;

	for (i = 0; i < p->nseg; i++) {
		d = p->seg[i].data;
		for (k = 0; k < p->seg[i].len; k++, at++) {
			if (at == (uint32_t)p->csum_start + p->csum_offset)
				where = &d[k];
			if (at >= p->csum_start)
				sum += (at - p->csum_start) & 1 ? d[k] :
				    (uint32_t)d[k] << 8;
			if (sum > 0x7fffffff)
				sum = (sum & 0xffff) + (sum >> 16);
		}
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	if (where != NULL) {		/* never split: the header is whole */
		where[0] = (uint8_t)(sum >> 8);
		where[1] = (uint8_t)sum;
	}
}

static void
virt_input(void *arg, struct netpktq *q)
{
	struct iovec iov[NETPKT_MAXSEG];
	struct virtif_user *viu = arg;
	struct netpkt *p;
	uint16_t i;

	while ((p = STAILQ_FIRST(q)) != NULL) {
		STAILQ_REMOVE_HEAD(q, link);
		if (!viu->dying) {
			if ((p->flags & NETPKT_CSUM_PART) != 0)
				virt_fill_csum(p);
			for (i = 0; i < p->nseg; i++) {
				iov[i].iov_base = p->seg[i].data;
				iov[i].iov_len = p->seg[i].len;
			}
			rump_virtif_virt_deliverpkt(viu->sc, iov, p->nseg);
		}
		p->done(p);
	}
}

/* devstr is the interface's number ("0" of virt0), or a device's name. */
int
rumpcomp_virt_create(const char *devstr, struct virtif_sc *sc,
    uint8_t *enaddr, struct virtif_user **viup)
{
	struct virtif_user *viu;
	struct vif_info info;
	char name[32];
	bool number = *devstr >= '0' && *devstr <= '9';
	int error;

	if (rump_virtif_virt_deliverpkt == NULL)
		return ENXIO;
	(void)snprintf(name, sizeof(name), number ? "net%s" : "%s", devstr);
	if ((viu = kern_zalloc(sizeof(*viu))) == NULL)
		return ENOMEM;
	viu->sc = sc;
	/* Nothing is delivered to an interface that is not attached yet. */
	viu->dying = true;
	error = rumpcomp_vif_open(name, virt_input, viu, &info, &viu->vif);
	if (error != 0) {
		kern_free(viu);
		return error;
	}
	memcpy(enaddr, info.mac, sizeof(info.mac));
	*viup = viu;
	viu->dying = false;
	return 0;
}

int
rumpcomp_virt_dying(struct virtif_user *viu)
{

	viu->dying = true;
	return 0;
}

void
rumpcomp_virt_destroy(struct virtif_user *viu)
{

	rumpcomp_vif_close(viu->vif);
	kern_free(viu);
}

static void
virt_sent(struct netpkt *p)
{

	kern_free(p);
}

void
rumpcomp_virt_send(struct virtif_user *viu, struct iovec *iov, size_t n)
{
	struct netpktq q = STAILQ_HEAD_INITIALIZER(q);
	struct netpkt *p;
	size_t len = 0, i;
	char *to;

	for (i = 0; i < n; i++)
		len += iov[i].iov_len;
	if (len == 0 || len > 65536 + 64 ||
	    (p = kern_malloc(sizeof(*p) + len, 0)) == NULL) {
		viu->vif->dev->stats.odrops++;
		return;
	}
	memset(p, 0, sizeof(*p));
	to = (char *)(p + 1);
	p->seg[0].data = to;
	p->seg[0].len = p->len = (uint32_t)len;
	p->nseg = 1;
	p->done = virt_sent;
	for (i = 0; i < n; i++) {
		memcpy(to, iov[i].iov_base, iov[i].iov_len);
		to += iov[i].iov_len;
	}
	STAILQ_INSERT_TAIL(&q, p, link);
	rumpcomp_vif_send(viu->vif, &q);
}
