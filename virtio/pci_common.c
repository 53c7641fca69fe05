/*
 * pci_common.c: virtio devices among the PCI functions (virtio 1.1, 4.1.2),
 * and which of the two interfaces each gets: the modern one when its
 * capabilities are there and make sense, else the legacy one.
 */
#include <stdio.h>
#include "virtio_pci.h"

#define VENDOR_VIRTIO	0x1af4

static const char *
type_name(unsigned type)
{

	return type == VIRTIO_NET ? "virtio-net" :
	    type == VIRTIO_BLK ? "virtio-blk" :
	    type == VIRTIO_RNG ? "virtio-rng" :
	    type == VIRTIO_9P ? "virtio-9p" : NULL;
}

/* 0: no virtio device */
static unsigned
device_type(const struct pci_func *f)
{

	if (f->vendor != VENDOR_VIRTIO || f->device < 0x1000 ||
	    f->device > 0x107f)
		return 0;
	return f->device >= 0x1040 ? f->device - 0x1040u : f->subdevice;
}

static void
attach(struct pci_func *f, unsigned type)
{
	struct virtio_dev *d;

	if ((d = kern_zalloc(sizeof(*d))) == NULL)
		return;
	d->type = type;
	d->pci = f;
	snprintf(d->name, sizeof(d->name), "%s pci %x:%x.%x", type_name(type),
	    f->bus, f->dev, f->fun);
	if (virtio_pci_modern(d) || (f->device < 0x1040 &&
	    virtio_pci_legacy(d))) {
		virtio_found(d);
		return;
	}
	kern_printf("%s: has no usable interface\n", d->name);
	kern_free(d);
}

static void
virtio_pci_init(void)
{
	struct pci_func *f;
	unsigned type;

	for (f = pci_first(); f != NULL; f = pci_next(f)) {
		type = device_type(f);
		if (type != 0 && type_name(type) != NULL)
			attach(f, type);
	}
}
KERN_INIT(KERN_INIT_DEVICE, virtio_pci_init);
