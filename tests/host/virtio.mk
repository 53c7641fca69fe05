# The virtqueue code against a hostile device; pci/ on a bus made of memory;
# the DSDT reader on damaged tables: under ASan and UBSan.
host_TESTS += fuzz_virtq pci_bus fuzz_dsdt
host_fuzz_virtq_SRCS := tests/host/fuzz_virtq.c virtio/ring.c
host_fuzz_virtq_ARGS := 20000
host_pci_bus_SRCS := tests/host/pci_bus.c pci/assign.c pci/bar.c pci/cap.c \
	   pci/irq.c pci/route.c
host_pci_bus_CFLAGS := -Itests/host/kernel -Iinclude -Ipci
host_pci_bus_ARGS := 5000
host_fuzz_dsdt_SRCS := tests/host/fuzz_dsdt.c pci/dsdt_parse.c
host_fuzz_dsdt_CFLAGS := -Iinclude
host_fuzz_dsdt_ARGS := 100000
