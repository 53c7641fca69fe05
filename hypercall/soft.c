/* soft.c: packets in software: the end of rump/vif.h. */
#include <netsoft.h>
#include <rump/vif.h>

unsigned
rumpcomp_vif_soft(struct netpktq *q, uint32_t caps)
{

	return netsoft(q, caps);
}

struct netpkt *
rumpcomp_vif_copy(const struct netpkt *p)
{

	return netsoft_copy(p);
}
