/*
 * dev.c: the registry of the platform's paravirtual devices.  Devices are
 * never removed, so that a list once entered can be walked without a lock.
 */
#include <stdio.h>
#include <string.h>
#include <dev.h>

static TAILQ_HEAD(, blkdev) blks = TAILQ_HEAD_INITIALIZER(blks);
static TAILQ_HEAD(, netdev) nets = TAILQ_HEAD_INITIALIZER(nets);
static TAILQ_HEAD(, p9dev) p9s = TAILQ_HEAD_INITIALIZER(p9s);
static unsigned nblk, nnet, np9;
static struct kern_spin dev_lock;

void
blkdev_register(struct blkdev *b)
{
	unsigned long s;

	s = kern_spin_lock(&dev_lock);
	snprintf(b->name, sizeof(b->name), "blk%u", nblk++);
	TAILQ_INSERT_TAIL(&blks, b, link);
	kern_spin_unlock(&dev_lock, s);
}

struct blkdev *
blkdev_find(const char *name)
{
	struct blkdev *b;

	TAILQ_FOREACH(b, &blks, link)
		if (strcmp(b->name, name) == 0)
			return b;
	/* By serial: some have to be asked for it, which takes a moment. */
	TAILQ_FOREACH(b, &blks, link) {
		if (b->serial[0] == '\0' && b->identify != NULL)
			b->identify(b);
		if (b->serial[0] != '\0' &&
		    strncmp(b->serial, name, sizeof(b->serial)) == 0)
			return b;
	}
	return NULL;
}

void
blkdev_each(void (*fn)(struct blkdev *, void *), void *arg)
{
	struct blkdev *b;

	TAILQ_FOREACH(b, &blks, link)
		fn(b, arg);
}

void
netdev_register(struct netdev *n)
{
	unsigned long s;

	s = kern_spin_lock(&dev_lock);
	snprintf(n->name, sizeof(n->name), "net%u", nnet++);
	TAILQ_INSERT_TAIL(&nets, n, link);
	kern_spin_unlock(&dev_lock, s);
}

struct netdev *
netdev_find(const char *name)
{
	struct netdev *n;

	TAILQ_FOREACH(n, &nets, link)
		if (strcmp(n->name, name) == 0)
			return n;
	return NULL;
}

void
netdev_each(void (*fn)(struct netdev *, void *), void *arg)
{
	struct netdev *n;

	TAILQ_FOREACH(n, &nets, link)
		fn(n, arg);
}

void
p9dev_register(struct p9dev *p)
{
	unsigned long s;

	s = kern_spin_lock(&dev_lock);
	snprintf(p->name, sizeof(p->name), "share%u", np9++);
	TAILQ_INSERT_TAIL(&p9s, p, link);
	kern_spin_unlock(&dev_lock, s);
}

struct p9dev *
p9dev_find(const char *name)
{
	struct p9dev *p;

	TAILQ_FOREACH(p, &p9s, link)
		if (strcmp(p->name, name) == 0 || strcmp(p->tag, name) == 0)
			return p;
	return NULL;
}
