/*
 * dev.c: the registry of the platform's paravirtual devices.  Devices are
 * never removed, so that a list once entered can be walked without a lock.
 */
#include <stdio.h>
#include <string.h>
#include <dev.h>

static struct kern_spin dev_lock;

/* The devices of a kind, and how one becomes known: by its kind's number. */
#define REGISTRY(kind, prefix)						\
static TAILQ_HEAD(, kind) kind##s = TAILQ_HEAD_INITIALIZER(kind##s);	\
void									\
kind##_register(struct kind *d)						\
{									\
	static unsigned number;						\
	unsigned long s = kern_spin_lock(&dev_lock);			\
									\
	snprintf(d->name, sizeof(d->name), prefix "%u", number++);	\
	TAILQ_INSERT_TAIL(&kind##s, d, link);				\
	kern_spin_unlock(&dev_lock, s);					\
}									\
void									\
kind##_each(void (*fn)(struct kind *, void *), void *arg)		\
{									\
	struct kind *d;							\
									\
	TAILQ_FOREACH(d, &kind##s, link)				\
		fn(d, arg);						\
}
REGISTRY(blkdev, "blk")
REGISTRY(netdev, "net")
REGISTRY(p9dev, "share")

struct blkdev *
blkdev_find(const char *name)
{
	struct blkdev *b;

	TAILQ_FOREACH(b, &blkdevs, link)
		if (strcmp(b->name, name) == 0)
			return b;
	/* By serial: some have to be asked for it, which takes a moment. */
	TAILQ_FOREACH(b, &blkdevs, link) {
		if (b->serial[0] == '\0' && b->identify != NULL)
			b->identify(b);
		if (b->serial[0] != '\0' &&
		    strncmp(b->serial, name, sizeof(b->serial)) == 0)
			return b;
	}
	return NULL;
}

struct netdev *
netdev_find(const char *name)
{
	struct netdev *n;

	TAILQ_FOREACH(n, &netdevs, link)
		if (strcmp(n->name, name) == 0)
			return n;
	return NULL;
}

struct p9dev *
p9dev_find(const char *name)
{
	struct p9dev *p;

	TAILQ_FOREACH(p, &p9devs, link)
		if (strcmp(p->name, name) == 0 || strcmp(p->tag, name) == 0)
			return p;
	return NULL;
}
