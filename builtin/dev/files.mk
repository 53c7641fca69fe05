# Drivers for hardware: each is a word of app_X_COMPONENTS, and comes with the
# bus.  Disks come with nvme and ahci, interfaces with wm.
builtin_dev_SRCS := builtin/dev/pci.c
builtin_wm_SRCS :=
builtin_nvme_SRCS :=
builtin_ahci_SRCS :=
