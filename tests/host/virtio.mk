# The virtqueue code against a hostile device, under ASan and UBSan.
host_TESTS += fuzz_virtq
host_fuzz_virtq_SRCS := tests/host/fuzz_virtq.c virtio/ring.c
host_fuzz_virtq_ARGS := 20000
