# pcitest: every PCI hypercall with QEMU's "edu" device, TAP on the console.
# The test kernel and the counting are rumptest's.
app_pcitest_SRCS := apps/pcitest/main.c apps/pcitest/edu.c \
	apps/pcitest/t_bus.c apps/pcitest/t_irq.c apps/pcitest/t_line.c \
	apps/pcitest/t_dma.c apps/rumptest/test.c apps/rumptest/tk.c
app_pcitest_COMPONENTS := disk pci
