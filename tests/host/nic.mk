# The driver wm with a device made of memory: as above the line, so with the
# headers that are there.
host_TESTS += fuzz_nic
host_fuzz_nic_SRCS := tests/host/fuzz_nic.c tests/host/nic_fake.c \
	   $(filter-out builtin/dev/nic.c,$(builtin_wm_SRCS))
host_fuzz_nic_DEPS := tests/host/nic_fake.h $(wildcard builtin/dev/e1000/*.h)
host_fuzz_nic_CFLAGS = -ffreestanding -nostdinc -isystem $(GCCINC) -Iinclude \
	   -Ilibc-min/include
host_fuzz_nic_ARGS := 200
