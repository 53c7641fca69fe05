pci_SRCS := pci/func.c pci/bar.c pci/cap.c pci/irq.c pci/dma.c
# The machine's own bus.
pci_machine_SRCS := pci/scan.c pci/assign.c pci/conf.c pci/route.c pci/msg.c \
	pci/dsdt.c pci/dsdt_parse.c
