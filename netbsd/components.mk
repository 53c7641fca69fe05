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
