# disktest: what fsync has acknowledged is there after a crash; blkback: it discards.
app_disktest_SRCS := apps/disktest/main.c apps/disktest/extent.c \
	apps/disktest/part.c apps/disktest/work.c
app_disktest_COMPONENTS := disk fat tmpfs blkback $(HARDWARE)
