/*
 * ACPI tables in a buffer (ACPI Specification 6.4, chapter 5): pure code.
 */
#include <string.h>

#include "bootinfo.h"

static uint16_t
get16(const uint8_t *p)
{

	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t
get32(const uint8_t *p)
{

	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static uint64_t
get64(const uint8_t *p)
{

	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static bool
sum_is_zero(const uint8_t *p, size_t n)
{
	uint8_t s = 0;

	while (n-- > 0)
		s += *p++;
	return s == 0;
}

bool
hw_acpi_valid(const void *v, size_t size)
{
	const uint8_t *p = v;

	return size >= HW_ACPI_HEADER && get32(p + 4) >= HW_ACPI_HEADER &&
	    get32(p + 4) <= size && sum_is_zero(p, get32(p + 4));
}

bool
hw_acpi_root(const void *v, size_t size, uint64_t *pa)
{
	const uint8_t *p = v;

	if (size < 20 || memcmp(p, "RSD PTR ", 8) != 0 || !sum_is_zero(p, 20))
		return false;
	*pa = get32(p + 16);
	if (size >= 36 && p[15] >= 2 && sum_is_zero(p, 36) &&
	    get64(p + 24) != 0)
		*pa = get64(p + 24);
	return *pa != 0;
}

bool
hw_acpi_entry(const void *v, size_t size, unsigned n, uint64_t *pa)
{
	const uint8_t *p = v;
	size_t width;

	if (size < HW_ACPI_HEADER)
		return false;
	width = memcmp(p, "XSDT", 4) == 0 ? 8 : 4;
	if (n >= (size - HW_ACPI_HEADER) / width)
		return false;
	p += HW_ACPI_HEADER + n * width;
	*pa = width == 8 ? get64(p) : get32(p);
	return true;
}

/* ---- MADT (section 5.2.12) ---- */

static void
madt_cpu(struct hw_madt *m, uint32_t id, uint32_t flags)
{
	unsigned i;

	/* Bit 0: enabled.  (Bit 1, "online capable", is for hot plug.) */
	if ((flags & 1) == 0 || id == 0xffffffff)
		return;
	for (i = 0; i < m->ncpu; i++)
		if (m->apicid[i] == id)
			return;
	if (m->ncpu < sizeof(m->apicid) / sizeof(m->apicid[0]))
		m->apicid[m->ncpu++] = id;
}

static void
madt_entry(struct hw_madt *m, const uint8_t *p, unsigned len)
{

	switch (p[0]) {
	case 0:			/* local APIC */
		if (len >= 8 && p[3] != 0xff)
			madt_cpu(m, p[3], get32(p + 4));
		break;
	case 1:			/* IOAPIC */
		if (len >= 12 && m->nioapic < HW_NIOAPIC) {
			m->ioapic[m->nioapic].addr = get32(p + 4);
			m->ioapic[m->nioapic++].gsi = get32(p + 8);
		}
		break;
	case 2:			/* interrupt source override */
		if (len >= 10 && m->noverride < HW_NOVERRIDE) {
			m->override[m->noverride].irq = p[3];
			m->override[m->noverride].gsi = get32(p + 4);
			m->override[m->noverride++].flags = get16(p + 8);
		}
		break;
	case 4:			/* local APIC NMI */
		if (len >= 6)
			m->nmi_lint = p[5] & 1;
		break;
	case 5:			/* local APIC address override */
		if (len >= 12)
			m->lapic = get64(p + 4);
		break;
	case 9:			/* local x2APIC */
		if (len >= 16)
			madt_cpu(m, get32(p + 4), get32(p + 8));
		break;
	case 10:		/* local x2APIC NMI */
		if (len >= 12)
			m->nmi_lint = p[8] & 1;
		break;
	}
}

bool
hw_acpi_madt(const void *v, size_t size, struct hw_madt *m)
{
	const uint8_t *p = v;
	size_t off;

	memset(m, 0, sizeof(*m));
	m->nmi_lint = -1;
	if (size < 44)
		return false;
	m->lapic = get32(p + 36);
	m->pcat = get32(p + 40) & 1;
	for (off = 44; size - off >= 2; off += p[off + 1]) {
		if (p[off + 1] < 2 || p[off + 1] > size - off)
			return false;
		madt_entry(m, p + off, p[off + 1]);
	}
	return true;
}

/* ---- FADT (section 5.2.9) ---- */

static void
fadt_gas(struct hw_gas *g, const uint8_t *p, size_t size, size_t off)
{

	g->space = 0xff;
	if (size < off + 12 || get64(p + off + 4) == 0)
		return;
	g->space = p[off];
	g->width = p[off + 1];
	g->addr = get64(p + off + 4);
}

/* The extended block when there is one, else the 32-bit port at `old'. */
static void
fadt_block(struct hw_gas *g, const uint8_t *p, size_t size, size_t ext,
    size_t old, size_t oldlen)
{

	fadt_gas(g, p, size, ext);
	if (g->space != 0xff || size < old + 4 || get32(p + old) == 0)
		return;
	g->space = 1;
	g->width = (uint8_t)(oldlen < size ? p[oldlen] * 8 : 0);
	g->addr = get32(p + old);
}

bool
hw_acpi_fadt(const void *v, size_t size, struct hw_fadt *f)
{
	const uint8_t *p = v;
	uint32_t flags;
	uint16_t arch;

	memset(f, 0, sizeof(*f));
	f->pm1a.space = f->pm1b.space = f->pmtimer.space = 0xff;
	f->sleep.space = f->reset.space = 0xff;
	if (size < 116)			/* the table of ACPI 1.0 */
		return false;
	flags = get32(p + 112);
	arch = p[8] >= 2 ? get16(p + 109) : 0;	/* IA-PC boot flags */
	f->dsdt = get32(p + 40);
	if (size >= 148 && get64(p + 140) != 0)
		f->dsdt = get64(p + 140);
	f->reduced = (flags & 1U << 20) != 0;
	f->no_vga = (arch & 0x04) != 0;
	f->no_rtc = (arch & 0x20) != 0;
	f->no_8042 = p[8] >= 2 && (arch & 0x02) == 0;
	if (!f->reduced) {
		f->smi_cmd = (uint16_t)get32(p + 48);
		f->acpi_enable = p[52];
		fadt_block(&f->pm1a, p, size, 172, 64, 89);
		fadt_block(&f->pm1b, p, size, 184, 68, 89);
		fadt_block(&f->pmtimer, p, size, 208, 76, 91);
		f->pmtimer32 = (flags & 1U << 8) != 0;
		f->sci = get16(p + 46);
		f->evtlen = p[88];
		f->gpelen[0] = p[92];
		f->gpelen[1] = p[93];
		fadt_block(&f->pm1a_evt, p, size, 148, 56, 88);
		fadt_block(&f->pm1b_evt, p, size, 160, 60, 88);
		fadt_block(&f->gpe[0], p, size, 220, 80, 92);
		fadt_block(&f->gpe[1], p, size, 232, 84, 93);
		f->button = (flags & 1U << 4) == 0 && f->evtlen >= 4;
	}
	if (size >= 129) {
		f->has_reset = (flags & 1U << 10) != 0;
		fadt_gas(&f->reset, p, size, 116);
		f->reset_value = p[128];
	}
	if (f->reduced)
		fadt_gas(&f->sleep, p, size, 244);
	return true;
}

/* ---- HPET (IA-PC HPET Specification 1.0a, section 3.2.4) ---- */

bool
hw_acpi_hpet(const void *v, size_t size, uint64_t *pa)
{
	const uint8_t *p = v;

	if (size < 56 || p[40] != 0)	/* memory space only */
		return false;
	*pa = get64(p + 44);
	return *pa != 0;
}

/* ---- \_S5: a package of constants (section 7.4.2, AML 20.2) ---- */

/* One integer constant at p; its length, 0 when it is something else. */
static size_t
aml_const(const uint8_t *p, size_t n, uint8_t *v)
{

	if (n >= 1 && (p[0] == 0x00 || p[0] == 0x01)) {
		*v = p[0];
		return 1;
	}
	if (n >= 2 && p[0] == 0x0a) {
		*v = p[1];
		return 2;
	}
	if (n >= 3 && p[0] == 0x0b) {
		*v = p[1];
		return 3;
	}
	if (n >= 5 && p[0] == 0x0c) {
		*v = p[1];
		return 5;
	}
	return 0;
}

/* p: after the name "_S5_". */
static bool
s5_package(const uint8_t *p, size_t n, uint8_t *a, uint8_t *b)
{
	size_t off, k;

	if (n < 4 || p[0] != 0x12)		/* PackageOp */
		return false;
	off = 2 + (p[1] >> 6);			/* PkgLength */
	if (off >= n || p[off] < 1)		/* NumElements */
		return false;
	*b = 0;
	if ((k = aml_const(p + off + 1, n - off - 1, a)) == 0)
		return false;
	if (p[off] >= 2)
		(void)aml_const(p + off + 1 + k, n - off - 1 - k, b);
	*a &= 7;
	*b &= 7;
	return true;
}

bool
hw_acpi_s5(const void *v, size_t size, uint8_t *a, uint8_t *b)
{
	const uint8_t *p = v;
	size_t i;

	for (i = HW_ACPI_HEADER; i + 8 < size; i++) {
		if (memcmp(p + i, "_S5_", 4) != 0)
			continue;
		/* NameOp before it, perhaps with a root prefix. */
		if (p[i - 1] != 0x08 && !(p[i - 1] == '\\' && p[i - 2] == 0x08))
			continue;
		if (s5_package(p + i + 4, size - i - 4, a, b))
			return true;
	}
	return false;
}
