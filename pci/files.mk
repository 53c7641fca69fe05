pci_SRCS := pci/assign.c pci/bar.c pci/cap.c pci/conf.c pci/dsdt.c \
	pci/dsdt_parse.c pci/irq.c pci/route.c pci/scan.c
