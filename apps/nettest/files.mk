# nettest: the socket interface over loopback, and servers to measure it with.
app_nettest_SRCS := apps/nettest/main.c apps/nettest/util.c \
	apps/nettest/t_basic.c apps/nettest/t_tcp.c apps/nettest/t_close.c \
	apps/nettest/t_udp.c apps/nettest/t_opt.c apps/nettest/t_load.c \
	apps/nettest/serve.c apps/nettest/busy.c \
	apps/disktest/part.c apps/disktest/extent.c apps/disktest/work.c
app_nettest_COMPONENTS := net disk $(HARDWARE)
