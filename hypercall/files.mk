hypercall_SRCS := hypercall/init.c hypercall/component.c hypercall/mem.c \
	hypercall/clock.c hypercall/thread.c hypercall/lwp.c \
	hypercall/mutex.c hypercall/rw.c hypercall/cv.c \
	hypercall/file.c hypercall/iov.c \
	hypercall/param.c hypercall/config.c hypercall/random.c \
	hypercall/exit.c hypercall/console.c hypercall/sp.c \
	hypercall/vif.c hypercall/host.c hypercall/status.c
# What only images with disks have (NetBSD's all do).
hypercall_disk_SRCS := hypercall/disk.c hypercall/bio.c
hypercall_pci_SRCS := hypercall/pci_kept.c hypercall/pci.c hypercall/pci_conf.c hypercall/pci_irq.c \
	hypercall/pci_dma.c
# Disks served to others (component blkback).
hypercall_export_SRCS := hypercall/export.c
hypercall_soft_SRCS := hypercall/soft.c
hypercall_vm_SRCS := hypercall/vm.c hypercall/fault.c
# and what NetBSD's kernel wants beside them
hypercall_vmshare_SRCS := hypercall/vmshare.c
# Folders of the host (component share).
hypercall_share_SRCS := hypercall/p9.c
hypercall_HOT := hypercall/mutex.c hypercall/lwp.c hypercall/clock.c \
	hypercall/mem.c hypercall/rw.c hypercall/cv.c hypercall/vif.c \
	hypercall/host.c hypercall/iov.c hypercall/bio.c
