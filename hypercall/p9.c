/* p9.c: rump/p9.h: channels to 9P servers. */
#include "hyp.h"
#include <dev.h>
#include <rump/p9.h>

int
rumpcomp_p9_open(const char *name, struct p9dev **devp, size_t *maxmsg)
{
	struct p9dev *dev = p9dev_find(name);
	int error, nlocks;

	if (dev == NULL)
		return ENXIO;
	nlocks = hyp_unschedule(NULL);
	error = dev->open(dev);
	hyp_schedule(nlocks, NULL);
	*devp = dev;
	*maxmsg = dev->maxmsg;
	return error;
}

void
rumpcomp_p9_close(struct p9dev *dev)
{
	int nlocks = hyp_unschedule(NULL);

	dev->close(dev);
	hyp_schedule(nlocks, NULL);
}

int
rumpcomp_p9_rpc(struct p9dev *dev, const void *req, size_t len, void *reply,
    size_t rmax, size_t *rlen)
{
	int error, nlocks;

	if (len > dev->maxmsg || rmax > dev->maxmsg)
		return EINVAL;
	nlocks = hyp_unschedule(NULL);
	error = dev->rpc(dev, req, len, reply, rmax, rlen);
	hyp_schedule(nlocks, NULL);
	return error;
}

uint32_t
rumpcomp_p9_enter(struct p9dev *dev)
{
	uint32_t server;
	int nlocks;

	if (dev->enter == NULL)
		return 1;
	nlocks = hyp_unschedule(NULL);
	server = dev->enter(dev);
	hyp_schedule(nlocks, NULL);
	return server;
}

void
rumpcomp_p9_leave(struct p9dev *dev)
{
	int nlocks;

	if (dev->leave == NULL)
		return;
	nlocks = hyp_unschedule(NULL);
	dev->leave(dev);
	hyp_schedule(nlocks, NULL);
}

void
rumpcomp_p9_begin(struct p9dev *dev, uint32_t server)
{

	if (dev->begin != NULL)
		dev->begin(dev, server);
}
