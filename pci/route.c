/*
 * route.c: which global system interrupt (GSI) a function's pin reaches.
 *
 * The right answer is in ACPI's _PRT, which needs an AML interpreter.  Without
 * one, by chip set; a pin behind bridges is first turned into a pin of the
 * device on the root bus (PCI-to-PCI Bridge 1.2, table 9-1):
 *
 *  ICH9 (QEMU q35, 00:1f.0): PIRQ A..H are GSI 16..23 (ICH9 datasheet, 5.8).
 *	Devices 25..29 and 31: INTx to PIRQ by the DxxIR registers at RCBA +
 *	0x3140; at reset, and in QEMU with RCBA off, INTA..D are PIRQ A..D.
 *	Device 30: PIRQ E..H.  All others, QEMU's own choice: PIRQ E + (device
 *	+ pin) % 4.
 *  PIIX3/PIIX4 (QEMU pc, 00:01.0): PIRQ (device - 1 + pin) % 4, which
 *	registers 0x60..0x63 of the bridge route to one of the ISA interrupts
 *	(82371SB datasheet, 2.2.4); one that firmware left off gets 10 or 11.
 *  GPEX (QEMU microvm with pcie=on, 00:00.0): (device + pin) % 4, from the GSI
 *	of the first PNP0C0F link device in the DSDT (16, or 12 with one I/O
 *	APIC).
 *  Anything else: the interrupt line register (0x3c) as firmware set it, if
 *	below 24; a real machine's drivers should get MSI.
 *
 *  Other root buses: the same register.  How QEMU wires its pxb-pcie changed
 *	with its versions: on q35 it is right for none.
 *
 * PCI interrupts are level triggered and active low; for GSIs below 16 the
 * MADT's overrides say more, and the platform applies them.
 */
#include <dsdt.h>
#include "pci_impl.h"

#define VENDOR_INTEL	0x8086
#define ICH9_RCBA	0xf0
#define ICH9_D31IR	0x3140

/* At the root: device number and pin 0..3. */
static void
to_root(struct pci_node **n, unsigned *pin)
{

	while ((*n)->parent != NULL) {
		*pin = (*pin + (*n)->f.dev) % 4;
		*n = (*n)->parent;
	}
}

static unsigned
ich9_pirq(const struct pci_func *lpc, unsigned dev, unsigned pin)
{
	static const uint16_t reg[] = {		/* devices 25..31 */
		0x10, 0x0c, 0x08, 0x06, 0x04, 0, 0x00
	};
	static volatile uint8_t *rcrb;
	uint32_t rcba;

	if (dev == 30)
		return 4 + pin;
	if (dev < 25)
		return 4 + (dev + pin) % 4;
	rcba = pci_read(lpc, ICH9_RCBA, 4);
	if ((rcba & 1) == 0)
		return pin;
	if (rcrb == NULL)
		rcrb = plat_map_io(rcba & ~0x3fffu, 0x4000);
	if (rcrb == NULL)
		return pin;
	return *(volatile uint16_t *)(rcrb + ICH9_D31IR + reg[dev - 25]) >>
	    (4 * pin) & 7;
}

static int
piix_gsi(const struct pci_func *isa, unsigned dev, unsigned pin, unsigned *gsi)
{
	unsigned pirq = (dev - 1 + pin) & 3;
	uint8_t v;

	v = pci_read(isa, 0x60 + pirq, 1);
	if ((v & 0x80) || (v & 15) < 3) {
		v = pirq & 1 ? 11 : 10;
		pci_write(isa, 0x60 + pirq, 1, v);
	}
	*gsi = v & 15;
	return 0;
}

static void
first_link(const char *hid, const struct dsdt_res *r, int n, void *arg)
{
	unsigned *gsi = arg;

	if (*gsi == 0 && n == 1 && r[0].kind == DSDT_IRQ &&
	    hid[0] == 'P' && hid[4] == 'C' && hid[6] == 'F')	/* PNP0C0F */
		*gsi = r[0].base;
}

static unsigned
gpex_base(void)
{
	static unsigned base;

	if (base == 0)
		dsdt_each_crs(first_link, &base);
	if (base == 0)
		base = 16;
	return base;
}

static bool
is(const struct pci_func *f, unsigned vendor, unsigned device)
{

	return f != NULL && f->vendor == vendor && f->device == device;
}

/* A pin of a device on bus 0; ENOENT: a chip set that we don't know. */
static int
bus0_route(const struct pci_func *f, unsigned pin, unsigned *gsi,
    unsigned *flags)
{
	struct pci_func *south;

	south = pci_find(0, 31, 0);
	if (is(south, VENDOR_INTEL, 0x2918)) {
		*gsi = 16 + ich9_pirq(south, f->dev, pin);
		return 0;
	}
	south = pci_find(0, 1, 0);
	if (is(south, VENDOR_INTEL, 0x7000) ||
	    is(south, VENDOR_INTEL, 0x7110))
		return piix_gsi(south, f->dev, pin, gsi);
	if (is(pci_find(0, 0, 0), 0x1b36, 0x0008)) {
		*gsi = gpex_base() + (f->dev + pin) % 4;
		*flags = PLAT_IRQ_LEVEL;	/* its link devices */
		return 0;
	}
	return ENOENT;
}

int
pci_route(struct pci_node *n, unsigned *gsi, unsigned *flags)
{
	struct pci_func *f = &n->f;
	unsigned pin = f->intpin - 1;

	*flags = PLAT_IRQ_LEVEL | PLAT_IRQ_LOW;
	if (f->intpin == 0)
		return ENXIO;
	to_root(&n, &pin);
	if (n->f.bus == 0 && bus0_route(&n->f, pin, gsi, flags) == 0)
		return 0;
	if (f->intline == 0 || f->intline >= 24)
		return ENXIO;
	*gsi = f->intline;
	return 0;
}
