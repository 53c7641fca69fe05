/*
 * pci_kept.c: the paravirtual devices that the rump kernel's own drivers must
 * not take, because the configuration names them as the platform's: "virt0",
 * "blk0".  NetBSD's drivers take whatever they know as soon as they see it,
 * which is before anybody opens a device by such a name.
 */
#include "pci.h"
#include <dev.h>
#include <stdio.h>

/* Is "name" in the document? */
static bool
named(const char *prefix, const char *number)
{
	const char *text = plat_cmdline(), *at;
	char quoted[40];

	(void)snprintf(quoted, sizeof(quoted), "\"%s%s\"", prefix, number);
	at = strstr(text, quoted);
	return at != NULL && at < text + hyp_config_len();
}

static void
keep_blk(struct blkdev *b, void *arg)
{

	if (b->pci != NULL && (named(b->name, "") ||
	    (b->serial[0] != '\0' && named(b->serial, ""))))
		b->pci->kept = true;
}

static void
keep_net(struct netdev *n, void *arg)
{

	if (n->pci != NULL && named("virt", n->name + 3))	/* netN */
		n->pci->kept = true;
}

static void
pci_kept_init(void)
{

	blkdev_each(keep_blk, NULL);
	netdev_each(keep_net, NULL);
}
KERN_INIT(KERN_INIT_LATE, pci_kept_init);
