# Xen's front ends with a back end made of memory, honest and not; xenstore's
# client with a daemon that answers anything.
xen_host_CFLAGS := -Itests/host/kernel -Iinclude
xen_fake := tests/host/xen/fake.c tests/host/fake_kern.c tests/host/xen/store.c xen/ring.c \
	   kernel/blkreq.c kernel/rxpool.c
host_TESTS += fuzz_netfront
host_fuzz_netfront_SRCS := tests/host/fuzz_netfront.c $(xen_fake) \
	   xen/netfront.c xen/netfront_rx.c xen/netfront_tx.c xen/netfront_slot.c \
	   xen/netbuf.c xen/netparse.c
host_fuzz_netfront_CFLAGS := $(xen_host_CFLAGS)
host_fuzz_netfront_ARGS := 200
host_TESTS += fuzz_blkfront
host_fuzz_blkfront_SRCS := tests/host/fuzz_blkfront.c $(xen_fake) \
	   xen/blkfront.c xen/blkfront_io.c xen/blkpool.c
host_fuzz_blkfront_CFLAGS := $(xen_host_CFLAGS)
host_fuzz_blkfront_ARGS := 200
host_TESTS += fuzz_p9front
host_fuzz_p9front_SRCS := tests/host/fuzz_p9front.c tests/host/p9_rpc.c $(xen_fake) \
	   $(xen_share_SRCS)
host_fuzz_p9front_CFLAGS := $(xen_host_CFLAGS)
host_fuzz_p9front_ARGS := 200
host_TESTS += fuzz_xenstore
host_fuzz_xenstore_SRCS := tests/host/fuzz_xenstore.c tests/host/xen/fake.c tests/host/fake_kern.c \
	   xen/xs.c xen/xsop.c xen/xsring.c xen/xswatch.c
host_fuzz_xenstore_CFLAGS := $(xen_host_CFLAGS)
host_fuzz_xenstore_ARGS := 500
# The back end and its switch.
host_TESTS += fuzz_netback
host_fuzz_netback_SRCS := tests/host/fuzz_netback.c tests/host/xen/netclient.c tests/host/xen/fake.c \
	   tests/host/fake_kern.c xen/netback.c xen/netback_tx.c xen/netback_rx.c \
	   xen/switch.c xen/swtable.c xen/backring.c xen/netparse.c kernel/netsoft.c
host_fuzz_netback_CFLAGS := $(xen_host_CFLAGS)
host_fuzz_netback_ARGS := 200
host_TESTS += fuzz_pcifront
host_fuzz_pcifront_SRCS := tests/host/fuzz_pcifront.c \
	   tests/host/pcifront_pool.c tests/host/xen/fake.c \
	   tests/host/fake_kern.c $(xen_pci_SRCS) $(pci_SRCS)
host_fuzz_pcifront_CFLAGS := $(xen_host_CFLAGS)
host_fuzz_pcifront_ARGS := 300
host_TESTS += switch_unit
host_switch_unit_SRCS := tests/host/switch_unit.c tests/host/xen/fake.c \
	   tests/host/fake_kern.c xen/switch.c xen/swtable.c kernel/netsoft.c
host_switch_unit_CFLAGS := $(xen_host_CFLAGS)
host_TESTS += fuzz_blkback
host_fuzz_blkback_SRCS := tests/host/fuzz_blkback.c tests/host/xen/blkclient.c \
	   tests/host/xen/foreign.c $(xen_fake) xen/backring.c \
	   xen/blkback.c xen/blkback_io.c xen/blkback_data.c xen/blkback_pool.c \
	   xen/blkproto.c
host_fuzz_blkback_CFLAGS := $(xen_host_CFLAGS)
host_fuzz_blkback_ARGS := 300
