# The virtqueue code against a hostile device; pci/ on a bus made of memory;
# the DSDT reader on damaged tables: under ASan and UBSan.
host_TESTS += fuzz_virtq pci_bus fuzz_dsdt
host_fuzz_virtq_SRCS := tests/host/fuzz_virtq.c virtio/ring.c
host_fuzz_virtq_ARGS := 20000
host_pci_bus_SRCS := tests/host/pci_bus.c tests/host/pci_fake.c \
	   pci/func.c pci/assign.c pci/bar.c pci/cap.c pci/irq.c pci/msg.c \
	   pci/route.c
host_pci_bus_DEPS := tests/host/pci_fake.h pci/scan.c
host_pci_bus_CFLAGS := -Itests/host/kernel -Iinclude -Ipci
host_pci_bus_ARGS := 5000
host_fuzz_dsdt_SRCS := tests/host/fuzz_dsdt.c pci/dsdt_parse.c
host_fuzz_dsdt_CFLAGS := -Iinclude
host_fuzz_dsdt_ARGS := 100000

# The drivers with a device made of memory, honest and not.
virtio_fake := tests/host/virtio/fake.c tests/host/fake_kern.c \
	   virtio/device.c virtio/ring.c kernel/blkreq.c kernel/rxpool.c
virtio_host_CFLAGS := -Itests/host/kernel -Iinclude -D_GNU_SOURCE
host_TESTS += fuzz_vnet fuzz_vblk fuzz_v9p
host_fuzz_v9p_SRCS := tests/host/fuzz_v9p.c tests/host/p9_rpc.c $(virtio_fake) virtio/p9.c
host_fuzz_v9p_CFLAGS := $(virtio_host_CFLAGS)
host_fuzz_v9p_ARGS := 200
host_fuzz_vnet_SRCS := tests/host/fuzz_vnet.c $(virtio_fake) virtio/net.c \
	   virtio/net_rx.c virtio/net_tx.c
host_fuzz_vnet_CFLAGS := $(virtio_host_CFLAGS)
host_fuzz_vnet_ARGS := 500
host_fuzz_vblk_SRCS := tests/host/fuzz_vblk.c $(virtio_fake) virtio/blk.c \
	   virtio/blk_io.c
host_fuzz_vblk_CFLAGS := $(virtio_host_CFLAGS)
host_fuzz_vblk_ARGS := 150
