# NetBSD's libraries for each word of an application's app_X_COMPONENTS.
# A name in parentheses is taken where the tree has it.

# As scripts/netbsd-link finds them.
netbsd_LIB	:= $(patsubst %/librump.a,%,$(firstword $(wildcard \
		   $(addprefix $(RUMP)/,$(addsuffix /librump.a,lib usr/lib \
		   lib/rumprun-hw rumprun-x86_64/lib/rumprun-hw)))))

netbsd_base	:= rump rumpvfs (rumpdev) (rumpvfs_nofifofs)
netbsd_net	:= rumpnet rumpnet_net rumpnet_netinet (rumpnet_netinet6) \
		   rumpnet_local rumpdev rumpdev_bpf \
		   $(if $(filter virtif,$(NETIF)),rumpnet_virtif)
netbsd_bridge	:= $(netbsd_net) rumpnet_bridge
netbsd_tmpfs	:= rumpfs_tmpfs
netbsd_fat	:= rumpdev rumpdev_disk rumpfs_msdos
netbsd_iso	:= rumpdev rumpdev_disk rumpfs_cd9660
netbsd_ext2	:= rumpdev rumpdev_disk rumpfs_ext2fs
netbsd_ffs	:= rumpdev rumpdev_disk rumpfs_ffs
netbsd_udf	:= rumpdev rumpdev_disk (rumpfs_udf)
netbsd_nfs	:= $(netbsd_net) rumpfs_nfs
netbsd_disk	:= rumpdev rumpdev_disk
# /dev/random and /dev/urandom: programs of Linux's look there.
netbsd_linux	:= rumpdev (rumpdev_rnd)

# Hardware with NetBSD's own drivers, by the PCI hypercalls.  (The word pci by
# itself is the hypercalls alone.)
netbsd_bus	:= rumpdev rumpdev_pci
netbsd_wm	:= $(netbsd_bus) rumpdev_miiphy rumpdev_pci_if_wm
netbsd_pcn	:= $(netbsd_bus) rumpdev_miiphy rumpdev_pci_if_pcn
netbsd_vioif	:= $(netbsd_bus) rumpdev_pci_virtio rumpdev_virtio_if_vioif
netbsd_ld	:= $(netbsd_bus) rumpdev_disk rumpdev_pci_virtio rumpdev_virtio_ld
netbsd_vioscsi	:= $(netbsd_bus) rumpdev_disk rumpdev_scsipi rumpdev_pci_virtio \
		   rumpdev_virtio_vioscsi
netbsd_viornd	:= $(netbsd_bus) rumpdev_rnd rumpdev_pci_virtio rumpdev_virtio_viornd
netbsd_usb	:= $(netbsd_bus) rumpdev_disk rumpdev_scsipi rumpdev_usb \
		   rumpdev_umass rumpdev_pci_usbhc

# Disks with partitions have more device nodes than NetBSD's components make.
netbsd_ld_OBJS	:= $(O)/obj/netbsd/devnodes.o
netbsd_vioscsi_OBJS := $(netbsd_ld_OBJS)
netbsd_usb_OBJS	:= $(netbsd_ld_OBJS)

# Network cards are for images with a network.
netbsd_words	= $(if $(filter net,$(1)),$(1),$(filter-out wm pcn vioif,$(1)))

# For applications that take what there is ($(HARDWARE) in their components):
# the drivers of this list whose libraries the tree has, all of them.
RUMPPCI		?= wm pcn vioif ld vioscsi usb viornd
netbsd_lacks	= $(filter-out $(wildcard $(netbsd_LIB)/librump*.a),\
		   $(patsubst %,$(netbsd_LIB)/lib%.a,$(netbsd_$(1))))
# PCI host controllers panic in a USB library that was built without NUSB_DMA.
netbsd_unfit_usb = $(if $(shell nm -u $(netbsd_LIB)/librumpdev_usb.a 2>/dev/null | \
		   grep usb_allocmem),,unfit)
netbsd_HARDWARE	:= $(foreach d,$(RUMPPCI),$(if $(call netbsd_lacks,$(d))$(netbsd_unfit_$(d)),,$(d)))
