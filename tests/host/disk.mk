# The drivers for disks with a device made of memory, under ASan and UBSan.
disk_fake := tests/host/disk_fake.c tests/host/disk_client.c builtin/dev/disk_io.c
disk_host_CFLAGS = -ffreestanding -nostdinc -isystem $(GCCINC) -Iinclude \
	   -Ilibc-min/include
disk_host_DEPS := tests/host/disk_fake.h builtin/dev/dev.h
host_TESTS += fuzz_nvme fuzz_ahci
host_fuzz_nvme_SRCS := tests/host/fuzz_nvme.c $(disk_fake) \
	   $(filter builtin/dev/nvme/%,$(builtin_nvme_SRCS))
host_fuzz_nvme_DEPS := $(disk_host_DEPS) builtin/dev/nvme/nvme.h
host_fuzz_nvme_CFLAGS = $(disk_host_CFLAGS)
host_fuzz_nvme_ARGS := 150
host_fuzz_ahci_SRCS := tests/host/fuzz_ahci.c $(disk_fake) \
	   $(filter-out builtin/dev/ahci/regs.c,$(filter \
	   builtin/dev/ahci/%,$(builtin_ahci_SRCS)))
host_fuzz_ahci_DEPS := $(disk_host_DEPS) builtin/dev/ahci/ahci.h
host_fuzz_ahci_CFLAGS = $(disk_host_CFLAGS)
host_fuzz_ahci_ARGS := 150
