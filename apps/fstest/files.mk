# fstest: the file system calls, on tmpfs and on the disk at /data.
app_fstest_SRCS := apps/fstest/main.c apps/fstest/t_tree.c apps/fstest/t_data.c \
	apps/fstest/t_fd.c apps/fstest/t_poll.c apps/fstest/t_threads.c
app_fstest_COMPONENTS := fat iso tmpfs share
