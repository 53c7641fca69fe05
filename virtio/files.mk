virtio_SRCS := virtio/blk.c virtio/blk_io.c virtio/device.c virtio/job.c \
	virtio/mmio.c virtio/net.c virtio/net_rx.c virtio/net_tx.c \
	virtio/pci_common.c virtio/pci_legacy.c virtio/pci_modern.c \
	virtio/ring.c virtio/rng.c
