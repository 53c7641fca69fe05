/* pci.h: what the files of hypercall/ that are about PCI share. */
#ifndef SIRLOIN_HYP_PCI_H
#define SIRLOIN_HYP_PCI_H

#include "hyp.h"
#include <pci.h>
#include <rump/pci.h>

/* A function that is nobody's or the rump kernel's; NULL. */
struct pci_func *hyp_pci_visible(unsigned bus, unsigned dev, unsigned fun);
/* It becomes ours if it is nobody's; BARs are sized and have addresses then. */
int	hyp_pci_take(struct pci_func *);
/* pci_conf.c: let it decode what the rump kernel thinks that it does. */
void	hyp_pci_decode(struct pci_func *);

#endif /* SIRLOIN_HYP_PCI_H */
