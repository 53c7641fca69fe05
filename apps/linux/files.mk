# linux: programs of Linux's, from a file system.
# NFS: NetBSD's, where the tree has it.
LINUX_NFS := $(if $(RUMP),$(if $(wildcard $(netbsd_LIB)/librumpfs_nfs.a),nfs))
app_linux_SRCS := apps/linux/main.c apps/linux/run.c \
	$(if $(LINUX_NFS),libc-min/nfs.c)
app_linux_COMPONENTS := net fat iso ext2 ffs udf tmpfs share linux $(LINUX_NFS) $(HARDWARE)
app_linux_ISO := --net dhcp --disk blk0
