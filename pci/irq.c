/*
 * irq.c: which kind of interrupt a function gets, and who has it.
 *
 * MSI-X when the function has it and its table is where it says, else MSI
 * (one message), else INTx.  The option "nomsi" leaves only INTx.  A function
 * has interrupts of one kind at a time.  How each is made to come is the host's.
 */
#include "pci_impl.h"

static const char *const names[] = { "msix", "msi", "intx" };
struct pci_irq {
	struct pci_node	*n;
	enum pci_kind	kind;
	int		entry;
	bool		open;		/* else the function went away */
	void		*cookie;	/* the host's */
	LIST_ENTRY(pci_irq) link;
};

static bool
msi_allowed(void)
{
	size_t len;

	return kern_option("nomsi", &len) == NULL;
}

static enum pci_kind
best_kind(struct pci_node *n)
{

	if (!msi_allowed() || !pci_alive(&n->f))
		return PCI_INTX;
	if (n->f.cap_msix != 0 && pci_host->msix(&n->f) != 0)
		return PCI_MSIX;
	return n->f.cap_msi != 0 ? PCI_MSI : PCI_INTX;
}

static enum pci_kind
choose_kind(struct pci_node *n, int entry)
{

	if (entry >= 0)
		return best_kind(n);
	return entry == PCI_IRQ_LINE && msi_allowed() && n->f.cap_msi != 0 ?
	    PCI_MSI : PCI_INTX;
}

int
pci_irq_count(struct pci_func *f)
{
	struct pci_node *n = pci_node(f);
	int count;

	kern_mutex_lock(&n->lock);
	switch (best_kind(n)) {
	case PCI_MSIX:
		count = (int)pci_host->msix(f);
		break;
	case PCI_MSI:
		count = 1;
		break;
	default:
		count = f->intpin != 0;
	}
	kern_mutex_unlock(&n->lock);
	return count;
}

/* Vectors go round the CPUs. */
static int
choose_cpu(int cpu)
{
	static uint32_t next;

	if (cpu != KERN_CPU_ANY)
		return cpu;
	return __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED) % kern_ncpu();
}

static void
intx_off(struct pci_func *f, bool off)
{
	uint16_t cmd = pci_read(f, PCI_COMMAND, 2);

	pci_write(f, PCI_COMMAND, 2,
	    off ? cmd | PCI_CMD_INTX_OFF : cmd & ~PCI_CMD_INTX_OFF);
}

/* One handler a message; a line takes any number. */
static bool
in_use(struct pci_node *n, enum pci_kind kind, int entry)
{
	struct pci_irq *pi;

	if (n->f.nirq == 0)
		return false;
	if (n->f.irqkind != names[kind] || kind == PCI_MSI)
		return true;
	LIST_FOREACH(pi, &n->irqs, link)
		if (kind == PCI_MSIX && pi->entry == entry)
			return true;
	return false;
}

/* The function's lock is held. */
static int
establish(struct pci_irq *pi, const char *name, int cpu, int (*fn)(void *),
    void *arg)
{
	struct pci_node *n = pi->n;
	struct pci_func *f = &n->f;
	int error;

	if (!pci_alive(f))
		return ENXIO;
	if (in_use(n, pi->kind, pi->entry))
		return EBUSY;
	if (pi->entry < 0 || pi->entry >= (pi->kind == PCI_MSIX ?
	    (int)pci_host->msix(f) : 1))
		return EINVAL;
	if (pi->kind == PCI_INTX && f->intpin == 0)
		return ENXIO;
	if (pi->kind != PCI_INTX) {
		cpu = choose_cpu(cpu);
		intx_off(f, true);
	}
	error = pci_host->open(f, pi->kind, pi->entry, name, cpu, fn, arg,
	    &pi->cookie);
	if (error != 0)
		return error;
	if (pi->kind == PCI_INTX)
		intx_off(f, false);
	f->nirq++;
	f->irqkind = names[pi->kind];
	pi->open = true;
	LIST_INSERT_HEAD(&n->irqs, pi, link);
	return 0;
}

int
pci_irq_establish(struct pci_func *f, int entry, const char *name, int cpu,
    int (*fn)(void *), void *arg, struct pci_irq **out)
{
	struct pci_node *n = pci_node(f);
	struct pci_irq *pi;
	int error;

	if ((pi = kern_zalloc(sizeof(*pi))) == NULL)
		return ENOMEM;
	pi->n = n;
	kern_mutex_lock(&n->lock);
	pi->kind = choose_kind(n, entry);
	if (entry == PCI_IRQ_INTX || entry == PCI_IRQ_LINE)
		entry = 0;
	pi->entry = entry;
	error = establish(pi, name, cpu, fn, arg);
	kern_mutex_unlock(&n->lock);
	if (error != 0) {
		pci_report(f, "no interrupt for %s (error %d)", name, error);
		kern_free(pi);
		return error;
	}
	*out = pi;
	return 0;
}

static void
irq_close(struct pci_irq *pi)
{
	struct pci_func *f = &pi->n->f;

	if (!pi->open)
		return;
	pi->open = false;
	LIST_REMOVE(pi, link);
	if (--f->nirq == 0)
		f->irqkind = NULL;
	if (pi->kind == PCI_INTX && f->nirq == 0)
		intx_off(f, true);
	pci_host->close(f, pi->kind, pi->entry, pi->cookie);
}

void
pci_irq_free(struct pci_irq *pi)
{
	struct pci_node *n = pi->n;

	kern_mutex_lock(&n->lock);
	irq_close(pi);
	kern_mutex_unlock(&n->lock);
	kern_free(pi);
}

void
pci_irq_close_all(struct pci_node *n)
{
	struct pci_irq *pi;

	while ((pi = LIST_FIRST(&n->irqs)) != NULL)
		irq_close(pi);
}

const char *
pci_irq_best(struct pci_func *f)
{
	struct pci_node *n = pci_node(f);
	enum pci_kind k;

	kern_mutex_lock(&n->lock);
	k = best_kind(n);
	kern_mutex_unlock(&n->lock);
	return names[k];
}

const char *
pci_irq_kind(const struct pci_irq *pi)
{

	return names[pi->kind];
}
