virtio_SRCS := virtio/device.c virtio/job.c virtio/mmio.c virtio/pci_common.c \
	virtio/pci_legacy.c virtio/pci_modern.c virtio/ring.c virtio/rng.c
virtio_net_SRCS := virtio/net.c virtio/net_rx.c virtio/net_tx.c
virtio_blk_SRCS := virtio/blk.c virtio/blk_io.c
virtio_share_SRCS := virtio/p9.c
virtio_HOT := virtio/ring.c virtio/net_rx.c virtio/net_tx.c virtio/blk_io.c
