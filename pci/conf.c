/*
 * conf.c: configuration space by ports 0xCF8/0xCFC (PCI 3.0, 3.2.2.3.2) or
 * by memory (ECAM, PCI Express 4.0, 7.2.2).
 *
 * ECAM is used when the MCFG table names it, or when a host bridge in the DSDT
 * has a _CBA method that gives a constant: QEMU's microvm has no MCFG and no
 * ports.  Each bus is mapped when the scan reaches it.  A machine without PCI
 * costs two port accesses and a look at the ACPI tables.
 */
#include <dsdt.h>
#include <pio.h>
#include <string.h>
#include "pci_impl.h"

#define CONF_ADDR	0xcf8
#define CONF_DATA	0xcfc
#define CONF_ENABLE	0x80000000u
#define ECAM_BUS	(1u << 20)

static struct kern_spin conf_lock = KERN_SPIN_INIT;
static bool have_ports;
static paddr_t ecam_base;		/* of bus 0 */
static unsigned ecam_first, ecam_last;
static volatile uint8_t *ecam[256];

static inline uint32_t
conf_word(unsigned bus, unsigned dev, unsigned fun, unsigned off)
{

	return CONF_ENABLE | bus << 16 | dev << 11 | fun << 8 | (off & 0xfc);
}

static uint32_t
port_read(unsigned bus, unsigned dev, unsigned fun, unsigned off,
    unsigned width)
{
	unsigned long s = kern_spin_lock(&conf_lock);
	uint16_t port = CONF_DATA + (off & 3);
	uint32_t v;

	pio_out32(CONF_ADDR, conf_word(bus, dev, fun, off));
	v = width == 1 ? pio_in8(port) : width == 2 ? pio_in16(port) :
	    pio_in32(port);
	kern_spin_unlock(&conf_lock, s);
	return v;
}

static void
port_write(unsigned bus, unsigned dev, unsigned fun, unsigned off,
    unsigned width, uint32_t v)
{
	unsigned long s = kern_spin_lock(&conf_lock);
	uint16_t port = CONF_DATA + (off & 3);

	pio_out32(CONF_ADDR, conf_word(bus, dev, fun, off));
	if (width == 1)
		pio_out8(port, v);
	else if (width == 2)
		pio_out16(port, v);
	else
		pio_out32(port, v);
	kern_spin_unlock(&conf_lock, s);
}

uint32_t
pci_machine_read(unsigned bus, unsigned dev, unsigned fun, unsigned off,
    unsigned width)
{
	volatile uint8_t *p;

	if ((p = ecam[bus]) != NULL) {
		p += dev << 15 | fun << 12 | off;
		return width == 1 ? *p :
		    width == 2 ? *(volatile uint16_t *)p :
		    *(volatile uint32_t *)p;
	}
	if (!have_ports || off >= 256)
		return ~0u >> (32 - 8 * width);
	return port_read(bus, dev, fun, off, width);
}

void
pci_machine_write(unsigned bus, unsigned dev, unsigned fun, unsigned off,
    unsigned width, uint32_t v)
{
	volatile uint8_t *p;

	if ((p = ecam[bus]) != NULL) {
		p += dev << 15 | fun << 12 | off;
		if (width == 1)
			*p = v;
		else if (width == 2)
			*(volatile uint16_t *)p = v;
		else
			*(volatile uint32_t *)p = v;
	} else if (have_ports && off < 256)
		port_write(bus, dev, fun, off, width, v);
}

static bool
ports_answer(void)
{
	uint32_t old, got;

	old = pio_in32(CONF_ADDR);
	pio_out32(CONF_ADDR, CONF_ENABLE);
	got = pio_in32(CONF_ADDR);
	pio_out32(CONF_ADDR, old);
	return got == CONF_ENABLE;
}

/* Segment 0 of MCFG (PCI Firmware 3.0, table 4-3). */
static bool
find_mcfg(void)
{
	struct { uint64_t base; uint16_t seg; uint8_t first, last; } e;
	const uint8_t *p;
	size_t size, off;

	if ((p = plat_acpi_table("MCFG", 0, &size)) == NULL)
		return false;
	for (off = 44; off + 16 <= size; off += 16) {
		memcpy(&e, p + off, 12);
		if (e.seg != 0 || e.first > e.last || e.base == 0 ||
		    (e.base & (ECAM_BUS - 1)) != 0)
			continue;
		ecam_base = e.base;
		ecam_first = e.first;
		ecam_last = e.last;
		return true;
	}
	return false;
}

bool
pci_conf_open_bus(unsigned bus)
{

	if (ecam_base == 0 || bus < ecam_first || bus > ecam_last)
		return have_ports;
	if (ecam[bus] == NULL)
		ecam[bus] = plat_map_io(ecam_base + (paddr_t)bus * ECAM_BUS,
		    ECAM_BUS);
	return ecam[bus] != NULL || have_ports;
}

/* Both ways must show the same functions, or firmware's MCFG is wrong. */
static bool
ecam_agrees(void)
{
	unsigned dev;

	for (dev = 0; dev < 32; dev++)
		if (pci_conf_read(0, dev, 0, PCI_ID, 4) !=
		    port_read(0, dev, 0, PCI_ID, 4))
			return false;
	return true;
}

bool
pci_conf_init(void)
{
	uint64_t cba;

	have_ports = ports_answer();
	if (!find_mcfg() && !have_ports && dsdt_constant("_CBA", &cba) &&
	    cba != 0 && (cba & (ECAM_BUS - 1)) == 0) {
		ecam_base = cba;
		ecam_last = 255;
	}
	if (ecam_base != 0 && (!pci_conf_open_bus(0) || ecam[0] == NULL))
		ecam_base = 0;
	if (ecam_base != 0 && have_ports && !ecam_agrees()) {
		kern_printf("pci: the MCFG table is wrong: not used\n");
		ecam[0] = NULL;
		ecam_base = 0;
	}
	return have_ports || ecam_base != 0;
}
