/*
 * pci_modern.c: virtio 1.x over PCI: structures in memory BARs that vendor
 * capabilities point at (virtio 1.1, 4.1.4).
 */
#include "virtio_pci.h"

#define CAP_VENDOR	0x09

static uint8_t
get8(const struct virtio_dev *d, unsigned off)
{

	return d->common[off];
}

static uint16_t
get16(const struct virtio_dev *d, unsigned off)
{

	return *(volatile uint16_t *)(d->common + off);
}

static void
put16(struct virtio_dev *d, unsigned off, uint16_t v)
{

	*(volatile uint16_t *)(d->common + off) = v;
}

static uint64_t
modern_features(struct virtio_dev *d)
{
	uint64_t f;

	virtio_put(d, VC_DEV_FEATURE_SEL, 0);
	f = virtio_get(d, VC_DEV_FEATURE);
	virtio_put(d, VC_DEV_FEATURE_SEL, 1);
	return f | (uint64_t)virtio_get(d, VC_DEV_FEATURE) << 32;
}

static void
modern_accept(struct virtio_dev *d, uint64_t f)
{

	virtio_put(d, VC_DRV_FEATURE_SEL, 0);
	virtio_put(d, VC_DRV_FEATURE, f);
	virtio_put(d, VC_DRV_FEATURE_SEL, 1);
	virtio_put(d, VC_DRV_FEATURE, f >> 32);
}

static uint8_t
modern_status(struct virtio_dev *d)
{

	return get8(d, VC_STATUS);
}

static void
modern_set_status(struct virtio_dev *d, uint8_t v)
{

	d->common[VC_STATUS] = v;
}

static uint32_t
modern_generation(struct virtio_dev *d)
{

	return get8(d, VC_GENERATION);
}

static uint8_t
modern_isr(struct virtio_dev *d)
{

	return *d->isr;
}

static unsigned
modern_queue_max(struct virtio_dev *d, unsigned n)
{

	if (n >= get16(d, VC_NUM_QUEUES))
		return 0;
	put16(d, VC_QUEUE_SEL, n);
	return get16(d, VC_QUEUE_SIZE);
}

static int
modern_queue_set(struct virtio_dev *d, struct virtq *q, unsigned vec)
{
	uint64_t off;

	put16(d, VC_QUEUE_SEL, q->index);
	put16(d, VC_QUEUE_SIZE, q->ring.num);
	virtio_put64(d, VC_QUEUE_DESC, q->desc);
	virtio_put64(d, VC_QUEUE_DRIVER, q->avail);
	virtio_put64(d, VC_QUEUE_DEVICE, q->used);
	put16(d, VC_QUEUE_VECTOR, vec);
	if (d->msix && get16(d, VC_QUEUE_VECTOR) != vec)
		return EIO;
	off = (uint64_t)get16(d, VC_QUEUE_NOTIFY_OFF) * d->notify_mult;
	if (off + 2 > d->notify_len)
		return EIO;
	q->notify = d->notify + off;
	put16(d, VC_QUEUE_ENABLE, 1);
	return 0;
}

static void
modern_config_vec(struct virtio_dev *d, unsigned vec)
{

	put16(d, VC_CONFIG_VECTOR, vec);
}

static void
modern_notify(struct virtq *q)
{

	*(volatile uint16_t *)q->notify = q->index;
}

static const struct virtio_ops modern_ops = {
	.kind = "pci",
	.features = modern_features, .accept = modern_accept,
	.status = modern_status, .set_status = modern_set_status,
	.config = virtio_config_read, .generation = modern_generation,
	.isr = modern_isr, .queue_max = modern_queue_max,
	.queue_set = modern_queue_set, .config_vec = modern_config_vec,
	.notify = modern_notify, .fixed_size = false, .align = 64
};

/* The structure that the capability at off describes; NULL: unusable. */
static volatile uint8_t *
structure(struct virtio_dev *d, void *map[6], unsigned off, uint32_t min,
    uint32_t *len)
{
	struct pci_func *f = d->pci;
	unsigned bar = pci_read(f, off + 4, 1);
	uint32_t start = pci_read(f, off + 8, 4);

	*len = pci_read(f, off + 12, 4);
	if (bar > 5)
		return NULL;
	if (map[bar] == NULL && (map[bar] = pci_bar_map(f, bar)) == NULL)
		return NULL;
	if (*len < min || start > f->bar[bar].size ||
	    *len > f->bar[bar].size - start || (start & 3) != 0) {
		kern_printf("%s: a structure at 0x%x of BAR %u is outside it\n",
		    d->name, start, bar);
		return NULL;
	}
	return (volatile uint8_t *)map[bar] + start;
}

static void
one_cap(struct virtio_dev *d, void *map[6], unsigned off)
{
	uint32_t len;

	/* The first usable one of each kind counts (4.1.4.1). */
	switch (pci_read(d->pci, off + 3, 1)) {
	case VP_CAP_COMMON:
		if (d->common == NULL)
			d->common = structure(d, map, off, VC_SIZE, &len);
		break;
	case VP_CAP_NOTIFY:
		if (d->notify == NULL) {
			d->notify_mult = pci_read(d->pci, off + 16, 4);
			d->notify = structure(d, map, off, 2, &d->notify_len);
		}
		break;
	case VP_CAP_ISR:
		if (d->isr == NULL)
			d->isr = structure(d, map, off, 1, &len);
		break;
	case VP_CAP_DEVICE:
		if (d->config == NULL)
			d->config = structure(d, map, off, 1, &d->config_len);
		break;
	}
}

bool
virtio_pci_modern(struct virtio_dev *d)
{
	struct pci_func *f = d->pci;
	void *map[6] = { NULL };
	unsigned off = 0, n;

	for (n = 0; n < 16; n++) {
		if ((off = pci_cap_find(f, CAP_VENDOR, off)) == 0)
			break;
		one_cap(d, map, off);
	}
	if (d->common == NULL || d->notify == NULL || d->isr == NULL)
		return false;
	/* Decoding only: no DMA before the device is claimed. */
	pci_write(f, 4, 2, pci_read(f, 4, 2) | 2);
	d->ops = &modern_ops;
	return true;
}
