/*
 * Finding the ACPI tables (ACPI 6.4, 5.2.5) and keeping them mapped.
 */
#include <string.h>

#include "hw.h"

#define TABLE_MAX	(16 * 1024 * 1024)
#define NTABLE		64

struct hw_madt hw_madt;
struct hw_fadt hw_fadt;
bool hw_have_madt, hw_have_fadt;

static struct { const uint8_t *p; uint32_t size; } tables[NTABLE];
static unsigned ntable;

/* A table by address: mapped whole, checksum right; NULL. */
static const uint8_t *
table_map(uint64_t pa, uint32_t *size)
{
	const uint8_t *p = hw_map_firmware(pa, HW_ACPI_HEADER);

	if (p == NULL)
		return NULL;
	memcpy(size, p + 4, sizeof(*size));
	if (*size < HW_ACPI_HEADER || *size > TABLE_MAX ||
	    (p = hw_map_firmware(pa, *size)) == NULL ||
	    !hw_acpi_valid(p, *size))
		return NULL;
	return p;
}

static void
table_add(uint64_t pa)
{
	uint32_t size;
	const uint8_t *p = table_map(pa, &size);

	if (p == NULL || ntable == NTABLE)
		return;
	tables[ntable].p = p;
	tables[ntable++].size = size;
}

/* Where a BIOS leaves it: the first KB of the EBDA, and 0xe0000 to 1 MB. */
static bool
scan(uint64_t pa, uint64_t size, uint64_t *root)
{
	const uint8_t *p = hw_map_firmware(pa, size);
	uint64_t off;

	for (off = 0; p != NULL && off + 36 <= size; off += 16)
		if (hw_acpi_root(p + off, 36, root))
			return true;
	return false;
}

static bool
find_root(uint64_t *root)
{
	const void *p;
	uint64_t ebda;

	if (hw_boot.rsdp_len != 0 &&
	    hw_acpi_root(hw_boot.rsdp, hw_boot.rsdp_len, root))
		return true;
	if (hw_boot.rsdp_pa != 0) {
		p = hw_map_firmware(hw_boot.rsdp_pa, 36);
		return p != NULL && hw_acpi_root(p, 36, root);
	}
	/* The word at 0x40e; page 0 is seen through the window only. */
	if ((p = hw_map_firmware(0x400, 16)) == NULL)
		return false;
	ebda = (uint64_t)*(const volatile uint16_t *)
	    ((const uint8_t *)p + 0xe) << 4;
	return (ebda >= 0x80000 && ebda < 0xa0000 &&
	    scan(ebda, 1024, root)) || scan(0xe0000, 0x20000, root);
}

void
hw_acpi_init(void)
{
	const uint8_t *root;
	uint64_t pa;
	uint32_t size32;
	size_t size;
	const void *p;
	unsigned n;

	if (!find_root(&pa) || (root = table_map(pa, &size32)) == NULL)
		return;
	for (n = 0; hw_acpi_entry(root, size32, n, &pa); n++)
		table_add(pa);
	p = plat_acpi_table("APIC", 0, &size);
	hw_have_madt = p != NULL && hw_acpi_madt(p, size, &hw_madt);
	p = plat_acpi_table("FACP", 0, &size);
	hw_have_fadt = p != NULL && hw_acpi_fadt(p, size, &hw_fadt);
	if (hw_have_fadt)
		table_add(hw_fadt.dsdt);
}

/* Whole table, header included. */
const void *
plat_acpi_table(const char sig[4], int n, size_t *size)
{
	unsigned i;

	for (i = 0; i < ntable; i++)
		if (memcmp(tables[i].p, sig, 4) == 0 && n-- == 0) {
			*size = tables[i].size;
			return tables[i].p;
		}
	return NULL;
}
