/*
 * mmio.c: virtio devices in memory (virtio 1.1, 4.2), versions 1 and 2.
 *
 * They are named by words "virtio_mmio.device=SIZE@ADDR:IRQ" anywhere on the
 * command line (QEMU's microvm appends them after our configuration when it
 * runs without ACPI), and by LNRO0005 devices in the DSDT (microvm with ACPI,
 * its default).  An address is used once.
 */
#include <dsdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "virtio.h"

#define MAXMMIO		32
#define MMIO_MAGIC	0x74726976	/* "virt" */
#define MMIO_SIZE	0x200

static uint64_t seen[MAXMMIO];
static int nseen;

static uint64_t
mmio_features(struct virtio_dev *d)
{
	uint64_t f;

	virtio_put(d, VM_DEV_FEATURES_SEL, 0);
	f = virtio_get(d, VM_DEV_FEATURES);
	if (d->version == 1)
		return f;
	virtio_put(d, VM_DEV_FEATURES_SEL, 1);
	return f | (uint64_t)virtio_get(d, VM_DEV_FEATURES) << 32;
}

static void
mmio_accept(struct virtio_dev *d, uint64_t f)
{

	virtio_put(d, VM_DRV_FEATURES_SEL, 0);
	virtio_put(d, VM_DRV_FEATURES, f);
	if (d->version == 1) {
		virtio_put(d, VM_PAGE_SIZE, PAGE_SIZE);
		return;
	}
	virtio_put(d, VM_DRV_FEATURES_SEL, 1);
	virtio_put(d, VM_DRV_FEATURES, f >> 32);
}

static uint8_t
mmio_status(struct virtio_dev *d)
{

	return virtio_get(d, VM_STATUS);
}

static void
mmio_set_status(struct virtio_dev *d, uint8_t v)
{

	virtio_put(d, VM_STATUS, v);
}

static uint32_t
mmio_generation(struct virtio_dev *d)
{

	return d->version == 1 ? 0 : virtio_get(d, VM_GENERATION);
}

static uint8_t
mmio_isr(struct virtio_dev *d)
{
	uint32_t v = virtio_get(d, VM_ISR);

	if (v != 0)
		virtio_put(d, VM_ISR_ACK, v);
	return v;
}

static unsigned
mmio_queue_max(struct virtio_dev *d, unsigned n)
{

	virtio_put(d, VM_QUEUE_SEL, n);
	return virtio_get(d, VM_QUEUE_NUM_MAX);
}

static int
mmio_queue_set(struct virtio_dev *d, struct virtq *q, unsigned vec)
{

	virtio_put(d, VM_QUEUE_SEL, q->index);
	virtio_put(d, VM_QUEUE_NUM, q->ring.num);
	if (d->version == 1) {
		if (q->desc >> (32 + PAGE_SHIFT))
			return EINVAL;
		virtio_put(d, VM_QUEUE_ALIGN, PAGE_SIZE);
		virtio_put(d, VM_QUEUE_PFN, q->desc >> PAGE_SHIFT);
		return 0;
	}
	virtio_put64(d, VM_QUEUE_DESC, q->desc);
	virtio_put64(d, VM_QUEUE_DRIVER, q->avail);
	virtio_put64(d, VM_QUEUE_DEVICE, q->used);
	virtio_put(d, VM_QUEUE_READY, 1);
	return 0;
}

static void
mmio_config_vec(struct virtio_dev *d, unsigned vec)
{
}

static void
mmio_notify(struct virtq *q)
{

	virtio_put(q->dev, VM_NOTIFY, q->index);
}

static const struct virtio_ops mmio_ops = {
	.kind = "mmio",
	.features = mmio_features, .accept = mmio_accept,
	.status = mmio_status, .set_status = mmio_set_status,
	.config = virtio_config_read, .generation = mmio_generation,
	.isr = mmio_isr, .queue_max = mmio_queue_max,
	.queue_set = mmio_queue_set, .config_vec = mmio_config_vec,
	/* Version 1 wants its used ring on a page. */
	.notify = mmio_notify, .fixed_size = false, .align = PAGE_SIZE
};

static void
attach(uint64_t addr, uint64_t size, unsigned gsi)
{
	struct virtio_dev *d;
	volatile uint8_t *regs;
	int i;

	for (i = 0; i < nseen; i++)
		if (seen[i] == addr)
			return;
	if (addr == 0 || (addr & 3) != 0 || size < VM_CONFIG + 4 ||
	    size > 1 << 20 || nseen == MAXMMIO) {
		kern_printf("virtio mmio 0x%lx+0x%lx: not used: %s\n",
		    (unsigned long)addr, (unsigned long)size,
		    nseen == MAXMMIO ? "too many" : "makes no sense");
		return;
	}
	seen[nseen++] = addr;
	regs = plat_map_io(addr & ~(PAGE_SIZE - 1), ((addr & (PAGE_SIZE - 1)) +
	    size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1));
	if (regs == NULL || (d = kern_zalloc(sizeof(*d))) == NULL) {
		kern_printf("virtio mmio 0x%lx: can't be mapped\n",
		    (unsigned long)addr);
		return;
	}
	d->ops = &mmio_ops;
	d->common = regs + (addr & (PAGE_SIZE - 1));
	d->config = d->common + VM_CONFIG;
	d->config_len = size - VM_CONFIG;
	d->gsi = gsi;
	d->gsi_flags = PLAT_IRQ_LEVEL;
	d->version = virtio_get(d, VM_VERSION);
	d->type = virtio_get(d, VM_DEVICE);
	snprintf(d->name, sizeof(d->name), "virtio-%s mmio %lx",
	    d->type == VIRTIO_NET ? "net" : d->type == VIRTIO_BLK ? "blk" :
	    d->type == VIRTIO_RNG ? "rng" : d->type == VIRTIO_9P ? "9p" : "?", (unsigned long)addr);
	if (virtio_get(d, VM_MAGIC) == MMIO_MAGIC && d->type != 0 &&
	    (d->version == 1 || d->version == 2)) {
		virtio_found(d);
		return;
	}
	if (virtio_get(d, VM_MAGIC) != MMIO_MAGIC || d->type != 0)
		kern_printf("%s: no device of a known version\n", d->name);
	kern_free(d);
}

/* SIZE@ADDR:IRQ[:ID], SIZE with K or M; false: it is something else. */
static bool
word(const char *p)
{
	unsigned long size, addr, irq;
	char *end;

	size = strtoul(p, &end, 0);
	if (end == p)
		return false;
	if (*end == 'K' || *end == 'k')
		size <<= 10, end++;
	else if (*end == 'M' || *end == 'm')
		size <<= 20, end++;
	if (*end != '@')
		return false;
	p = end + 1;
	addr = strtoul(p, &end, 0);
	if (end == p || *end != ':')
		return false;
	p = end + 1;
	irq = strtoul(p, &end, 0);
	if (end == p || (*end != '\0' && *end != ' ' && *end != ':'))
		return false;
	attach(addr, size, irq);
	return true;
}

static void
dsdt_device(const char *hid, const struct dsdt_res *r, int n, void *arg)
{
	int i, mem = -1, irq = -1;

	if (strcmp(hid, "LNRO0005") != 0)
		return;
	for (i = 0; i < n; i++) {
		if (r[i].kind == DSDT_MEM && mem < 0)
			mem = i;
		if (r[i].kind == DSDT_IRQ && irq < 0)
			irq = i;
	}
	if (mem >= 0 && irq >= 0)
		attach(r[mem].base, r[mem].size, r[irq].base);
}

static void
virtio_mmio_init(void)
{
	static const char name[] = "virtio_mmio.device=";
	const char *p = plat_cmdline();

	while ((p = strstr(p, name)) != NULL) {
		p += sizeof(name) - 1;
		if (!word(p))
			kern_printf("virtio mmio: not SIZE@ADDR:IRQ: %.20s\n",
			    p);
	}
	dsdt_each_crs(dsdt_device, NULL);
}
KERN_INIT(KERN_INIT_DEVICE, virtio_mmio_init);
