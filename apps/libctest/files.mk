# libctest: the C library inside a guest, TAP on the console.
app_libctest_SRCS := apps/libctest/main.c apps/libctest/t_thread.c \
	   apps/libctest/t_file.c apps/libctest/t_misc.c apps/libctest/t_net.c
app_libctest_COMPONENTS := net tmpfs
