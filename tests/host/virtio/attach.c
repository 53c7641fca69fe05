/* attach.c: drivers that a test does not link. */
#include "fake.h"
void __attribute__((weak)) virtio_net_attach(struct virtio_dev *d) { }
void __attribute__((weak)) virtio_blk_attach(struct virtio_dev *d) { }
