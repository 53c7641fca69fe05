/*
 * pci_legacy.c: the interface before virtio 1.0: I/O ports in BAR 0 (virtio
 * 1.1, 4.1.4.8).  Queues have the device's size and lie at a page number.
 */
#include <pio.h>
#include "virtio_pci.h"

static uint64_t
legacy_features(struct virtio_dev *d)
{

	return pio_in32(d->iobase + VL_HOST_FEATURES);
}

static void
legacy_accept(struct virtio_dev *d, uint64_t f)
{

	pio_out32(d->iobase + VL_GUEST_FEATURES, f);
}

static uint8_t
legacy_status(struct virtio_dev *d)
{

	return pio_in8(d->iobase + VL_STATUS);
}

static void
legacy_set_status(struct virtio_dev *d, uint8_t v)
{

	pio_out8(d->iobase + VL_STATUS, v);
}

static uint32_t
legacy_config(struct virtio_dev *d, unsigned off, unsigned width)
{
	uint16_t port = d->iobase + VL_CONFIG + (d->msix ? 4 : 0) + off;

	if (VL_CONFIG + 4 + off + width > d->config_len)
		return 0;
	return width == 4 ? pio_in32(port) : width == 2 ? pio_in16(port) :
	    pio_in8(port);
}

static uint32_t
legacy_generation(struct virtio_dev *d)
{

	return 0;		/* it has none */
}

static uint8_t
legacy_isr(struct virtio_dev *d)
{

	return pio_in8(d->iobase + VL_ISR);
}

static unsigned
legacy_queue_max(struct virtio_dev *d, unsigned n)
{

	pio_out16(d->iobase + VL_QUEUE_SEL, n);
	return pio_in16(d->iobase + VL_QUEUE_NUM);
}

static int
legacy_queue_set(struct virtio_dev *d, struct virtq *q, unsigned vec)
{

	if (q->desc >> (32 + PAGE_SHIFT))
		return EINVAL;
	pio_out16(d->iobase + VL_QUEUE_SEL, q->index);
	pio_out32(d->iobase + VL_QUEUE_PFN, q->desc >> PAGE_SHIFT);
	if (!d->msix)
		return 0;
	pio_out16(d->iobase + VL_QUEUE_VECTOR, vec);
	return pio_in16(d->iobase + VL_QUEUE_VECTOR) == vec ? 0 : EIO;
}

static void
legacy_config_vec(struct virtio_dev *d, unsigned vec)
{

	pio_out16(d->iobase + VL_CONFIG_VECTOR, vec);
}

static void
legacy_notify(struct virtq *q)
{

	pio_out16(q->dev->iobase + VL_NOTIFY, q->index);
}

static const struct virtio_ops legacy_ops = {
	.kind = "pci-legacy",
	.features = legacy_features, .accept = legacy_accept,
	.status = legacy_status, .set_status = legacy_set_status,
	.config = legacy_config, .generation = legacy_generation,
	.isr = legacy_isr, .queue_max = legacy_queue_max,
	.queue_set = legacy_queue_set, .config_vec = legacy_config_vec,
	.notify = legacy_notify, .fixed_size = true, .align = PAGE_SIZE
};

bool
virtio_pci_legacy(struct virtio_dev *d)
{
	struct pci_func *f = d->pci;

	if (!f->bar[0].io)
		return false;
	pci_bar_probe(f);
	if (f->bar[0].addr == 0 || f->bar[0].size < VL_CONFIG)
		return false;
	/* Decoding only: no DMA before the device is claimed. */
	pci_write(f, 4, 2, pci_read(f, 4, 2) | 1);
	d->iobase = f->bar[0].addr;
	d->config_len = f->bar[0].size;
	d->ops = &legacy_ops;
	return true;
}
