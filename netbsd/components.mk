# NetBSD's libraries for each word of an application's app_X_COMPONENTS.
# A name in parentheses is taken where the tree has it.

netbsd_base	:= rump rumpvfs (rumpdev) (rumpvfs_nofifofs)
netbsd_net	:= rumpnet rumpnet_net rumpnet_netinet (rumpnet_netinet6) \
		   rumpnet_local rumpdev rumpdev_bpf \
		   $(if $(filter virtif,$(NETIF)),rumpnet_virtif)
netbsd_tmpfs	:= rumpfs_tmpfs
netbsd_fat	:= rumpdev rumpdev_disk rumpfs_msdos
netbsd_iso	:= rumpdev rumpdev_disk rumpfs_cd9660
netbsd_ext2	:= rumpdev rumpdev_disk rumpfs_ext2fs
netbsd_ffs	:= rumpdev rumpdev_disk rumpfs_ffs
netbsd_disk	:= rumpdev rumpdev_disk

# Hardware with NetBSD's own drivers, by the PCI hypercalls.  RUMPPCI="wm ld"
# adds them to every image with a network.
netbsd_pci	:= rumpdev rumpdev_pci
netbsd_wm	:= $(netbsd_pci) rumpdev_miiphy rumpdev_pci_if_wm
netbsd_pcn	:= $(netbsd_pci) rumpdev_miiphy rumpdev_pci_if_pcn
netbsd_vioif	:= $(netbsd_pci) rumpdev_pci_virtio rumpdev_virtio_if_vioif
netbsd_ld	:= $(netbsd_pci) rumpdev_disk rumpdev_pci_virtio rumpdev_virtio_ld
netbsd_vioscsi	:= $(netbsd_pci) rumpdev_disk rumpdev_scsipi rumpdev_pci_virtio \
		   rumpdev_virtio_vioscsi
netbsd_viornd	:= $(netbsd_pci) rumpdev_rnd rumpdev_pci_virtio rumpdev_virtio_viornd
netbsd_usb	:= $(netbsd_pci) rumpdev_disk rumpdev_scsipi rumpdev_usb \
		   rumpdev_umass rumpdev_pci_usbhc
netbsd_net	+= $(foreach d,$(RUMPPCI),$(netbsd_$(d)))
