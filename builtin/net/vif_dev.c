/*
 * vif_dev.c: the two kinds of device below an interface: the platform's, by the
 * rumpcomp_vif_* hypercalls, and that of a driver in builtin/dev, which also
 * has a link that goes up and down and a filter for what it receives.
 */
#include <string.h>

#include "lwip/opt.h"
#include "lwip/netif.h"
#include "lwip/mld6.h"
#include "lwip/ip6_addr.h"

#include "net.h"
#include "sock.h"
#include "../dev/dev.h"

/* An image may have no drivers. */
#pragma weak nic_nth

#define MAXMCAST	32		/* groups; more: all */

int
vif_dev_open(struct vif_if *v, const char *device)
{
	int error;

	if (v->nic == NULL)
		error = rumpcomp_vif_open(device, vif_input, v, &v->info,
		    &v->vif);
	else
		error = v->nic->ops->open(v->nic, vif_input, v);
	v->open = error == 0;
	return error;
}

void
vif_dev_close(struct vif_if *v)
{

	if (v->nic == NULL)
		rumpcomp_vif_close(v->vif);
	else
		v->nic->ops->close(v->nic);
}

void
vif_dev_send(struct vif_if *v, struct netpktq *q)
{

	if (v->nic == NULL)
		rumpcomp_vif_send(v->vif, q);
	else
		v->nic->ops->send(v->nic, q);
}

/* What came and went, as the device saw it. */
void
vif_dev_stats(struct vif_if *v, struct net_stats *st)
{

	if (v->nic != NULL)
		*st = v->nic->stats;
	else
		rumpcomp_vif_stats(v->vif, st);
}

bool
vif_dev_link(struct vif_if *v, uint32_t *mbps)
{
	bool up = v->nic == NULL || v->nic->linkup;

	if (mbps != NULL)
		*mbps = v->nic != NULL && up ? v->nic->mbps : 0;
	return up;
}

/* ---- drivers' devices ---- */

static void
set_link(struct vif_if *v)
{

	if (v->nic->linkup)
		netif_set_link_up(&v->nif);
	else
		netif_set_link_down(&v->nif);
}

static void
link_changed(void *arg)
{

	net_lock();
	set_link(arg);
	net_unlock();
}

/* All nodes' group has no entry in lwIP's list (RFC 2464, 7). */
void
vif_dev_filter(struct vif_if *v)
{
	uint8_t a[MAXMCAST][6] = { { 0x33, 0x33, 0, 0, 0, 1 } };
	struct mld_group *g;
	int n = 1;

	if (v->nic == NULL || !v->open)
		return;
	for (g = netif_mld6_data(&v->nif); g != NULL; g = g->next) {
		if (n >= MAXMCAST)
			break;
		a[n][0] = a[n][1] = 0x33;
		memcpy(&a[n++][2], &g->group_address.addr[3], 4);
	}
	(void)v->nic->ops->filter(v->nic, v->promisc, a,
	    v->allmulti || g != NULL ? -1 : n);
}

static err_t
groups_changed(struct netif *nif, const ip6_addr_t *group,
    enum netif_mac_filter_action action)
{

	vif_dev_filter(nif->state);
	return ERR_OK;
}

int
net_if_up(struct netif *nif)
{
	struct vif_if *v = nif->state;
	int error;

	if (nif->linkoutput == vif_linkoutput && !v->open) {
		if ((error = vif_dev_open(v, NULL)) != 0)
			return error;
		vif_dev_filter(v);
		set_link(v);
	}
	netif_set_up(nif);
	return 0;
}

void
vif_dev_attach(void)
{
	struct nic *nic;
	struct vif_if *v;

	if (nic_nth == NULL)
		return;
	for (int n = 0; (nic = nic_nth(n)) != NULL; n++) {
		if (vif_attach(nic, nic->name, &nic->info) != 0)
			continue;
		v = vif_find(nic->name);
		netif_set_mld_mac_filter(&v->nif, groups_changed);
		nic->linkarg = v;
		nic->linkfn = link_changed;
	}
}
