# driverdomain: serves networks and disks to other guests.
app_driverdomain_SRCS = apps/driverdomain/main.c apps/driverdomain/conf.c \
	apps/driverdomain/console.c apps/monitor/status.c \
	apps/driverdomain/blk.c $(httpd_SRCS) libc-min/bridge.c
app_driverdomain_COMPONENTS := net disk fat tmpfs netback blkback bridge $(HARDWARE)
