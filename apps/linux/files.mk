# linux: programs of Linux's, from a file system.
app_linux_SRCS := apps/linux/main.c apps/linux/run.c
app_linux_COMPONENTS := net fat iso ext2 ffs udf tmpfs share linux $(HARDWARE)
app_linux_ISO := --net dhcp --disk blk0
