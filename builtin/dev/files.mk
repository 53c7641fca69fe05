# Drivers for hardware: each is a word of app_X_COMPONENTS, and comes with the
# bus.  Disks come with nvme and ahci, interfaces with wm.
builtin_dev_SRCS := builtin/dev/pci.c builtin/dev/devstat.c
builtin_wm_SRCS := builtin/dev/nic.c builtin/dev/e1000/wm.c \
	builtin/dev/e1000/hw.c builtin/dev/e1000/rx.c \
	builtin/dev/e1000/tx.c builtin/dev/e1000/tx_map.c \
	builtin/dev/e1000/watch.c
builtin_HOT += builtin/dev/e1000/rx.c builtin/dev/e1000/tx.c \
	builtin/dev/e1000/tx_map.c builtin/dev/e1000/watch.c
builtin_disks_SRCS := builtin/dev/disk.c builtin/dev/disk_io.c
builtin_nvme_SRCS := $(builtin_disks_SRCS) builtin/dev/nvme/nvme.c \
	builtin/dev/nvme/admin.c builtin/dev/nvme/queue.c \
	builtin/dev/nvme/error.c
builtin_ahci_SRCS := $(builtin_disks_SRCS) builtin/dev/ahci/ahci.c \
	builtin/dev/ahci/port.c builtin/dev/ahci/link.c \
	builtin/dev/ahci/error.c builtin/dev/ahci/regs.c
builtin_HOT += builtin/dev/disk_io.c builtin/dev/nvme/queue.c \
	builtin/dev/ahci/port.c
