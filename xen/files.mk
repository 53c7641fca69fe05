xen_SRCS := xen/xs.c xen/xsop.c xen/xsring.c xen/xswatch.c xen/event.c \
	xen/grant.c xen/ring.c xen/control.c xen/suspend.c \
	xen/xenbus.c xen/balloon.c xen/vcpus.c
xen_net_SRCS := xen/netfront.c xen/netfront_rx.c xen/netfront_tx.c \
	xen/netfront_slot.c xen/netbuf.c xen/netparse.c
xen_share_SRCS := xen/p9front.c xen/p9front_io.c
xen_blk_SRCS := xen/blkfront.c xen/blkfront_io.c xen/blkpool.c
# back ends: what any has, and each kind
xen_back_SRCS := xen/backbus.c xen/backkeys.c xen/backscan.c xen/backring.c
xen_netback_SRCS := xen/netback.c xen/netback_tx.c xen/netback_rx.c \
	xen/switch.c xen/swtable.c
xen_blkback_SRCS := xen/blkback.c xen/blkback_io.c xen/blkback_data.c \
	xen/blkback_pool.c xen/blkproto.c
# PCI devices, of a PV guest
xen_pci_SRCS := xen/pcifront.c xen/pciop.c xen/pciirq.c xen/dmapool.c
xen_HOT := xen/netback_tx.c xen/netback_rx.c xen/switch.c xen/swtable.c \
	xen/blkback_io.c xen/blkback_data.c \
	xen/backring.c xen/ring.c xen/grant.c xen/blkfront_io.c \
	xen/netfront_rx.c xen/netfront_tx.c xen/netfront_slot.c xen/netbuf.c
