/*
 * irq.c: MSI-X, MSI and INTx of a function.
 * PCI 3.0: 6.8.1 (MSI), 6.8.2 (MSI-X), 6.2.2 (the INTx disable bit).
 *
 * MSI-X when the function has it and its table is where it says, else MSI
 * (one message), else INTx.  The option "nomsi" leaves only INTx.  A function
 * has interrupts of one kind at a time.
 */
#include "pci_impl.h"

/* Message control: the upper half of the capability's first word. */
#define MSI_ENABLE	0x0001
#define MSI_MULTI	0x0070
#define MSI_64BIT	0x0080
#define MSIX_SIZE	0x07ff
#define MSIX_MASKALL	0x4000
#define MSIX_ENABLE	0x8000
#define MSIX_ENTRY	4		/* words */
#define MSIX_VECMASK	1u

enum kind { IRQ_MSIX, IRQ_MSI, IRQ_INTX };
static const char *const names[] = { "msix", "msi", "intx" };
struct pci_irq {
	struct pci_node	*n;
	struct kern_irq	*irq;
	enum kind	kind;
	int		entry;
};

static bool
msi_allowed(void)
{
	size_t len;

	return kern_option("nomsi", &len) == NULL;
}

/* Map the MSI-X table once, if it lies within a memory BAR. */
static bool
msix_usable(struct pci_node *n)
{
	struct pci_func *f = &n->f;
	unsigned bir, count;
	uint32_t v, off;
	char *base;

	if (n->msix_table != NULL)
		return true;
	if (f->cap_msix == 0)
		return false;
	count = (pci_read(f, f->cap_msix + 2, 2) & MSIX_SIZE) + 1;
	v = pci_read(f, f->cap_msix + 4, 4);
	bir = v & 7;
	off = v & ~7u;
	pci_bar_probe(f);
	if (bir > 5 || f->bar[bir].io || f->bar[bir].addr == 0 ||
	    off > f->bar[bir].size ||
	    f->bar[bir].size - off < count * 16ul) {
		pci_report(f, "MSI-X table of %u entries at 0x%x is outside "
		    "BAR %u: not used", count, off, bir);
		f->cap_msix = 0;
		return false;
	}
	if ((base = pci_bar_map(f, bir)) == NULL) {
		f->cap_msix = 0;
		return false;
	}
	n->msix_count = count;
	n->msix_table = (volatile uint32_t *)(base + off);
	return true;
}

static enum kind
best_kind(struct pci_node *n)
{

	if (!msi_allowed() || !pci_alive(&n->f))
		return IRQ_INTX;
	if (msix_usable(n))
		return IRQ_MSIX;
	return n->f.cap_msi != 0 ? IRQ_MSI : IRQ_INTX;
}

static enum kind
choose_kind(struct pci_node *n, int entry)
{

	if (entry >= 0)
		return best_kind(n);
	return entry == PCI_IRQ_LINE && msi_allowed() && n->f.cap_msi != 0 ?
	    IRQ_MSI : IRQ_INTX;
}

int
pci_irq_count(struct pci_func *f)
{
	struct pci_node *n = pci_node(f);
	int count;

	kern_mutex_lock(&n->lock);
	switch (best_kind(n)) {
	case IRQ_MSIX:
		count = n->msix_count;
		break;
	case IRQ_MSI:
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

static int
establish_msix(struct pci_irq *pi, const char *name, int cpu,
    int (*fn)(void *), void *arg)
{
	struct pci_node *n = pi->n;
	struct pci_func *f = &n->f;
	volatile uint32_t *e = n->msix_table + pi->entry * MSIX_ENTRY;
	uint64_t addr;
	uint32_t data;
	unsigned i;
	int error;

	error = kern_irq_msi(name, choose_cpu(cpu), fn, arg, &pi->irq, &addr,
	    &data);
	if (error != 0)
		return error;
	if (f->nirq == 0) {
		intx_off(f, true);
		pci_write(f, f->cap_msix + 2, 2, MSIX_ENABLE | MSIX_MASKALL);
		/* An entry that we don't know must not fire. */
		for (i = 0; i < n->msix_count; i++)
			n->msix_table[i * MSIX_ENTRY + 3] = MSIX_VECMASK;
	}
	e[3] = MSIX_VECMASK;
	e[0] = addr;
	e[1] = addr >> 32;
	e[2] = data;
	e[3] = 0;
	if (f->nirq == 0)
		pci_write(f, f->cap_msix + 2, 2, MSIX_ENABLE);
	return 0;
}

static int
establish_msi(struct pci_irq *pi, const char *name, int cpu,
    int (*fn)(void *), void *arg)
{
	struct pci_func *f = &pi->n->f;
	uint64_t addr;
	uint32_t data;
	uint16_t ctl;
	unsigned off = f->cap_msi;
	int error;

	error = kern_irq_msi(name, choose_cpu(cpu), fn, arg, &pi->irq, &addr,
	    &data);
	if (error != 0)
		return error;
	ctl = pci_read(f, off + 2, 2) & ~(MSI_ENABLE | MSI_MULTI);
	pci_write(f, off + 2, 2, ctl);
	pci_write(f, off + 4, 4, addr);
	if (ctl & MSI_64BIT) {
		pci_write(f, off + 8, 4, addr >> 32);
		pci_write(f, off + 12, 2, data);
	} else
		pci_write(f, off + 8, 2, data);
	intx_off(f, true);
	pci_write(f, off + 2, 2, ctl | MSI_ENABLE);
	return 0;
}

static int
establish_intx(struct pci_irq *pi, const char *name, int (*fn)(void *),
    void *arg)
{
	struct pci_func *f = &pi->n->f;
	unsigned gsi, flags;
	int error;

	if ((error = pci_route(pi->n, &gsi, &flags)) == 0)
		error = kern_irq_line(name, gsi, flags, fn, arg, &pi->irq);
	if (error == 0)
		intx_off(f, false);
	return error;
}

/* One handler a message; a line takes any number. */
static bool
in_use(struct pci_node *n, enum kind kind, int entry)
{

	if (n->f.nirq == 0)
		return false;
	if (n->f.irqkind != names[kind] || kind == IRQ_MSI)
		return true;
	return kind == IRQ_MSIX && entry < n->msix_count &&
	    (n->msix_table[entry * MSIX_ENTRY + 3] & MSIX_VECMASK) == 0;
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
	pi->entry = entry;
	kern_mutex_lock(&n->lock);
	pi->kind = choose_kind(n, entry);
	if (entry == PCI_IRQ_INTX || entry == PCI_IRQ_LINE)
		pi->entry = entry = 0;
	if (!pci_alive(f))
		error = ENXIO;
	else if (in_use(n, pi->kind, entry))
		error = EBUSY;
	else if (entry < 0 || entry >= (pi->kind == IRQ_MSIX ? n->msix_count : 1))
		error = EINVAL;
	else if (pi->kind == IRQ_MSIX)
		error = establish_msix(pi, name, cpu, fn, arg);
	else if (pi->kind == IRQ_MSI)
		error = establish_msi(pi, name, cpu, fn, arg);
	else
		error = establish_intx(pi, name, fn, arg);
	if (error == 0) {
		f->nirq++;
		f->irqkind = names[pi->kind];
	}
	kern_mutex_unlock(&n->lock);
	if (error != 0) {
		pci_report(f, "no interrupt for %s (error %d)", name, error);
		kern_free(pi);
		return error;
	}
	*out = pi;
	return 0;
}

void
pci_irq_free(struct pci_irq *pi)
{
	struct pci_node *n = pi->n;
	struct pci_func *f = &n->f;

	kern_mutex_lock(&n->lock);
	if (--f->nirq == 0)
		f->irqkind = NULL;
	if (pi->kind == IRQ_MSIX) {
		n->msix_table[pi->entry * MSIX_ENTRY + 3] = MSIX_VECMASK;
		if (f->nirq == 0)
			pci_write(f, f->cap_msix + 2, 2, 0);
	} else if (pi->kind == IRQ_MSI)
		pci_write(f, f->cap_msi + 2, 2,
		    pci_read(f, f->cap_msi + 2, 2) & ~MSI_ENABLE);
	else if (f->nirq == 0)
		intx_off(f, true);
	kern_mutex_unlock(&n->lock);
	kern_irq_free(pi->irq);
	kern_free(pi);
}

const char *
pci_irq_best(struct pci_func *f)
{
	struct pci_node *n = pci_node(f);
	enum kind k;

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
