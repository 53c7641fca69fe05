/*
 * IOAPICs (Intel 82093AA data sheet), and the 8259 pair, which is only put to
 * silence.  Global system interrupts (GSI) are ACPI's numbering of all pins.
 */
#include "hw.h"

#define REG_VERSION	0x01
#define REG_PIN(n)	(0x10 + 2 * (n))
#define PIN_MASKED	0x10000
#define DEFAULT_ADDR	0xfec00000

static struct ioapic {
	volatile uint8_t *regs;
	unsigned	gsi, npin;
} ioapics[HW_NIOAPIC];
static unsigned nioapic;
static uint32_t lock;
static const struct hw_madt *madt;

static uint32_t
ioapic_read(struct ioapic *a, unsigned reg)
{

	mmio_write(a->regs, reg);
	return mmio_read(a->regs + 0x10);
}

static void
ioapic_write(struct ioapic *a, unsigned reg, uint32_t v)
{

	mmio_write(a->regs, reg);
	mmio_write(a->regs + 0x10, v);
}

static void
add(uint64_t pa, unsigned gsi)
{
	struct ioapic *a = &ioapics[nioapic];
	unsigned pin;

	if ((a->regs = plat_map_io(pa, PAGE_SIZE)) == NULL)
		return;
	if (ioapic_read(a, REG_VERSION) == 0xffffffff)
		return;			/* nothing there */
	a->gsi = gsi;
	a->npin = (ioapic_read(a, REG_VERSION) >> 16 & 0xff) + 1;
	for (pin = 0; pin < a->npin; pin++)
		ioapic_write(a, REG_PIN(pin), PIN_MASKED);
	nioapic++;
}

/*
 * ICW1..4 move its vectors off the exceptions; then all lines are masked
 * (8259A data sheet).  A spurious one may still come: it is ignored.  To be
 * done while the local APIC still listens to it: an interrupt that a BIOS
 * left pending must be taken back first, or QEMU delivers vector -1.
 */
void
hw_pic_silence(void)
{

	if (hw_have_madt && !hw_madt.pcat)
		return;			/* there is none */

	pio_out8(0x20, 0x11);
	pio_out8(0xa0, 0x11);
	pio_out8(0x21, 0x20);
	pio_out8(0xa1, 0x28);
	pio_out8(0x21, 0x04);
	pio_out8(0xa1, 0x02);
	pio_out8(0x21, 0x01);
	pio_out8(0xa1, 0x01);
	pio_out8(0x21, 0xff);
	pio_out8(0xa1, 0xff);
}

void
hw_ioapic_init(const struct hw_madt *m)
{
	unsigned i;

	madt = m;
	for (i = 0; i < m->nioapic; i++)
		add(m->ioapic[i].addr, m->ioapic[i].gsi);
	if (!hw_have_madt)
		add(DEFAULT_ADDR, 0);
}

static struct ioapic *
find(unsigned gsi)
{
	unsigned i;

	for (i = 0; i < nioapic; i++)
		if (gsi - ioapics[i].gsi < ioapics[i].npin)
			return &ioapics[i];
	return NULL;
}

bool
hw_ioapic_has(unsigned gsi)
{

	return find(gsi) != NULL;
}

void
hw_ioapic_write(unsigned gsi, uint32_t apicid, uint32_t low)
{
	struct ioapic *a = find(gsi);
	unsigned long s = x86_lock(&lock);

	ioapic_write(a, REG_PIN(gsi - a->gsi), PIN_MASKED);
	ioapic_write(a, REG_PIN(gsi - a->gsi) + 1, apicid << 24);
	ioapic_write(a, REG_PIN(gsi - a->gsi), low);
	x86_unlock(&lock, s);
}

void
hw_ioapic_mask(unsigned gsi, bool mask)
{
	struct ioapic *a = find(gsi);
	unsigned long s = x86_lock(&lock);
	uint32_t v = ioapic_read(a, REG_PIN(gsi - a->gsi));

	v = mask ? v | PIN_MASKED : v & ~(uint32_t)PIN_MASKED;
	ioapic_write(a, REG_PIN(gsi - a->gsi), v);
	x86_unlock(&lock, s);
}

/* Flags of an override (ACPI 5.2.12.5): 0 conforms to the bus. */
unsigned
hw_ioapic_isa(unsigned irq, unsigned *flags)
{
	unsigned i, f;

	for (i = 0; i < madt->noverride; i++) {
		if (madt->override[i].irq != irq)
			continue;
		f = madt->override[i].flags;
		if ((f & 3) == 3)
			*flags |= PLAT_IRQ_LOW;
		else if ((f & 3) == 1)
			*flags &= ~PLAT_IRQ_LOW;
		if ((f >> 2 & 3) == 3)
			*flags |= PLAT_IRQ_LEVEL;
		else if ((f >> 2 & 3) == 1)
			*flags &= ~PLAT_IRQ_LEVEL;
		return madt->override[i].gsi;
	}
	return irq;
}
