/* virtio_pci.h: the two PCI transports for pci_common.c. */
#ifndef SIRLOIN_VIRTIO_PCI_H
#define SIRLOIN_VIRTIO_PCI_H

#include "virtio.h"

/* Set up d->ops and what they need; false: the function has no such face. */
bool	virtio_pci_modern(struct virtio_dev *);
bool	virtio_pci_legacy(struct virtio_dev *);

#endif /* SIRLOIN_VIRTIO_PCI_H */
