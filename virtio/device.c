/*
 * device.c: what all transports and drivers share: initialisation in the order
 * of the specification (virtio 1.1, 3.1), interrupts, queues.
 */
#include <string.h>
#include "virtio.h"

#define RESET_LIMIT	1000000000ull	/* ns */

/*
 * QEMU's TCG, before version 8.0, leaves a guest's barriers out when the guest
 * has one CPU (tcg_gen_mb in tcg/tcg-op.c), although its devices run in
 * another thread: now and then both sides miss what the other wrote, and wait
 * for each other for ever.  Reading the time stamp counter takes a lock in
 * there (cpu_get_ticks), so it is the barrier; it costs less than an exit.
 */
static void
tcg_fence(void)
{

	(void)__builtin_ia32_rdtsc();
}

void
virtio_found(struct virtio_dev *d)
{
	void (*attach)(struct virtio_dev *) = NULL;
	const char *under = plat_hypervisor();

	/* It may hide ("-cpu ...,-hypervisor"); elsewhere it costs little. */
	if (strcmp(under, "KVM") != 0 && strcmp(under, "Xen") != 0)
		vring_fence = tcg_fence;
	d->offered = d->ops->features(d);
	switch (d->type) {
	case VIRTIO_NET:
		attach = virtio_net_attach;
		break;
	case VIRTIO_BLK:
		attach = virtio_blk_attach;
		break;
	case VIRTIO_RNG:
		attach = virtio_rng_attach;
		break;
	case VIRTIO_9P:
		attach = virtio_9p_attach;
		break;
	}
	if (attach != NULL)
		attach(d);
}

void
virtio_broken(struct virtio_dev *d, const char *why)
{

	if (__atomic_exchange_n(&d->broken, true, __ATOMIC_ACQ_REL))
		return;
	kern_printf("%s: %s: the device is not used any more\n", d->name, why);
}

bool
virtio_gave_up(struct virtio_dev *d)
{

	if ((d->ops->status(d) & VIRTIO_ST_NEEDS_RESET) == 0)
		return false;
	virtio_broken(d, "it gave up and wants a reset");
	return true;
}

int
virtio_claim(struct virtio_dev *d, const char *owner)
{
	int error;

	if (d->pci == NULL)
		return __atomic_exchange_n(&d->claimed, true,
		    __ATOMIC_ACQ_REL) ? EBUSY : 0;
	if ((error = pci_claim(d->pci, owner)) == 0)
		pci_enable(d->pci, true);
	return error;
}

void
virtio_release(struct virtio_dev *d)
{

	if (d->pci != NULL)
		pci_release(d->pci);
	else
		__atomic_store_n(&d->claimed, false, __ATOMIC_RELEASE);
}

int
virtio_reset(struct virtio_dev *d)
{
	uint64_t start = 0;

	d->ops->set_status(d, 0);
	while (d->ops->status(d) != 0) {
		if (start == 0)
			start = plat_clock();
		else if (plat_clock() - start > RESET_LIMIT) {
			virtio_broken(d, "does not reset");
			return EIO;
		} else
			kern_sleep_until(plat_clock() + 100000);
	}
	return 0;
}

int
virtio_negotiate(struct virtio_dev *d, uint64_t wanted)
{
	uint8_t st = VIRTIO_ST_ACK | VIRTIO_ST_DRIVER;
	int error;

	if (d->broken)
		return EIO;
	if ((error = virtio_reset(d)) != 0)
		return error;
	d->ops->set_status(d, VIRTIO_ST_ACK);
	d->ops->set_status(d, st);
	d->features = d->offered & (wanted | VIRTIO_F_ANY_LAYOUT |
	    VIRTIO_F_INDIRECT | VIRTIO_F_EVENT_IDX | VIRTIO_F_VERSION_1);
	if (d->features & VIRTIO_F_VERSION_1)
		d->features &= ~VIRTIO_F_ANY_LAYOUT;	/* always so then */
	d->ops->accept(d, d->features);
	if ((d->features & VIRTIO_F_VERSION_1) == 0)
		return 0;
	d->ops->set_status(d, st | VIRTIO_ST_FEATURES_OK);
	if ((d->ops->status(d) & VIRTIO_ST_FEATURES_OK) == 0) {
		virtio_broken(d, "refuses the features that it offered");
		return EIO;
	}
	return 0;
}

void
virtio_start(struct virtio_dev *d)
{

	d->ops->set_status(d, VIRTIO_ST_ACK | VIRTIO_ST_DRIVER |
	    VIRTIO_ST_DRIVER_OK | (d->features & VIRTIO_F_VERSION_1 ?
	    VIRTIO_ST_FEATURES_OK : 0));
}

uint32_t
virtio_config_read(struct virtio_dev *d, unsigned off, unsigned width)
{
	volatile uint8_t *p = d->config + off;

	if (d->config == NULL || off + width > d->config_len)
		return 0;
	return width == 4 ? *(volatile uint32_t *)p :
	    width == 2 ? *(volatile uint16_t *)p : *p;
}

void
virtio_config(struct virtio_dev *d, unsigned off, void *buf, unsigned len)
{
	uint8_t *p = buf;
	uint32_t gen, v;
	unsigned i, w;
	int tries = 0;

	do {
		gen = d->ops->generation(d);
		for (i = 0; i < len; i += w) {
			w = len - i >= 4 && (off + i) % 4 == 0 ? 4 :
			    len - i >= 2 && (off + i) % 2 == 0 ? 2 : 1;
			v = d->ops->config(d, off + i, w);
			memcpy(p + i, &v, w);
		}
	} while (d->ops->generation(d) != gen && ++tries < 100);
}

/* ---- interrupts ---- */

/* One message for everything. */
static int
all_intr(void *arg)
{
	struct virtio_dev *d = arg;
	unsigned i;

	for (i = 0; i < VIRTIO_MAXVEC; i++)
		if (d->vec[i].fn != NULL)
			(void)d->vec[i].fn(d->vec[i].arg);
	return 1;
}

/* A line, perhaps shared: whose it is stands in the ISR status. */
static int
line_intr(void *arg)
{
	struct virtio_dev *d = arg;
	uint8_t isr = d->ops->isr(d);

	d->changed = isr & VIRTIO_ISR_CONFIG;
	return isr != 0 ? all_intr(d) : 0;
}

static int
msix_vectors(struct virtio_dev *d, unsigned n)
{
	unsigned i;
	int error = 0;

	d->msix = true;
	d->changed = n > 1;	/* a vector for it alone tells nothing else */
	d->nvec = (unsigned)pci_irq_count(d->pci) < n ? 1 : n;
	for (i = 0; i < d->nvec && error == 0; i++)
		error = pci_irq_establish(d->pci, i, d->vec[i].name,
		    KERN_CPU_ANY, d->nvec < n ? all_intr : d->vec[i].fn,
		    d->nvec < n ? d : d->vec[i].arg, &d->pirq[i]);
	if (error == 0)
		d->ops->config_vec(d, 0);
	return error;
}

int
virtio_vectors(struct virtio_dev *d, unsigned n)
{
	int error;

	d->nvec = 1;
	d->msix = false;
	if (d->pci == NULL)
		error = kern_irq_line(d->vec[0].name, d->gsi, d->gsi_flags,
		    line_intr, d, &d->lirq);
	else if (strcmp(pci_irq_best(d->pci), "msix") == 0)
		error = msix_vectors(d, n);
	else
		error = pci_irq_establish(d->pci, 0, d->vec[0].name,
		    KERN_CPU_ANY, line_intr, d, &d->pirq[0]);
	if (error != 0)
		virtio_vectors_free(d);
	return error;
}

void
virtio_vectors_free(struct virtio_dev *d)
{
	unsigned i;

	for (i = 0; i < VIRTIO_MAXVEC; i++)
		if (d->pirq[i] != NULL) {
			pci_irq_free(d->pirq[i]);
			d->pirq[i] = NULL;
		}
	if (d->lirq != NULL) {
		kern_irq_free(d->lirq);
		d->lirq = NULL;
	}
	d->msix = false;
}

/* ---- memory and queues ---- */

void *
virtio_dma_alloc(size_t size, uint64_t *pa)
{
	void *p;

	p = kern_page_alloc((size + PAGE_SIZE - 1) / PAGE_SIZE, 0,
	    KERN_PG_ZERO);
	if (p != NULL)
		*pa = plat_virt_to_phys(p);
	return p;
}

void
virtio_dma_free(void *p, size_t size)
{

	if (p != NULL)
		kern_page_free(p, (size + PAGE_SIZE - 1) / PAGE_SIZE);
}

struct virtq *
virtq_create(struct virtio_dev *d, unsigned n, unsigned max, unsigned vec)
{
	struct virtq *q;
	size_t avail, used, size;
	unsigned num = d->ops->queue_max(d, n);

	if (!d->ops->fixed_size && num > max)
		num = max;
	if (num < 2 || num > VRING_MAX || (num & (num - 1)) != 0) {
		virtio_broken(d, num == 0 ? "lacks a queue" :
		    "has a queue of an impossible size");
		return NULL;
	}
	q = kern_zalloc(sizeof(*q) + num * sizeof(q->slot[0]));
	if (q == NULL)
		return NULL;
	size = vring_layout(num, d->ops->align, &avail, &used);
	q->pages = (size + PAGE_SIZE - 1) / PAGE_SIZE;
	if ((q->mem = virtio_dma_alloc(size, &q->desc)) == NULL) {
		kern_free(q);
		return NULL;
	}
	q->avail = q->desc + avail;
	q->used = q->desc + used;
	q->dev = d;
	q->index = n;
	vring_init(&q->ring, num, d->ops->align, q->mem, q->slot,
	    d->features & VIRTIO_F_EVENT_IDX);
	if (!d->msix)
		vec = VIRTIO_NO_VECTOR;
	else if (vec >= d->nvec)
		vec = 0;
	if (d->ops->queue_set(d, q, vec) != 0) {
		virtio_broken(d, "does not accept a queue");
		virtq_destroy(q);
		return NULL;
	}
	return q;
}

void
virtq_destroy(struct virtq *q)
{

	if (q == NULL)
		return;
	kern_page_free(q->mem, q->pages);
	kern_free(q);
}

int
virtio_sg(struct vring_sg *sg, int n, int max, const void *p, size_t len)
{
	const char *s = p;
	paddr_t pa;
	size_t k;

	for (; len > 0; s += k, len -= k) {
		k = PAGE_SIZE - ((uintptr_t)s & (PAGE_SIZE - 1));
		if (k > len)
			k = len;
		if ((pa = plat_virt_to_phys(s)) == PADDR_NONE)
			return -1;
		if (n > 0 && sg[n - 1].addr + sg[n - 1].len == pa) {
			sg[n - 1].len += k;
			continue;
		}
		if (n == max)
			return -1;
		sg[n].addr = pa;
		sg[n++].len = k;
	}
	return n;
}
