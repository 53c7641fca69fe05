app_bench_SRCS := apps/bench/main.c apps/bench/call.c apps/bench/thread.c \
	apps/bench/disk.c apps/bench/file.c apps/bench/tcp.c
app_bench_COMPONENTS := net tmpfs disk fat $(HARDWARE)
