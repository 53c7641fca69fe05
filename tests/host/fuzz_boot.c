/*
 * fuzz_boot.c: the parsers of platform/hw: known answers first, then mutated
 * and random input.  hw_phys() hands out copies of exactly the length asked
 * for, so that ASan sees a byte read too far.
 *
 * libFuzzer: make fuzz-fuzz_boot.  Else: fuzz_boot [iterations [seed]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../platform/hw/bootinfo.h"
#include "check.h"

#define MEM_BASE	0x1000
#define MEM_SIZE	0x3000

static uint8_t mem[MEM_SIZE];		/* "physical" memory at MEM_BASE */
static void *copies[20000];
static unsigned ncopies;
static struct hw_bootinfo bi;

const void *
hw_phys(uint64_t pa, uint64_t len)
{
	void *p;

	if (pa < MEM_BASE || pa >= MEM_BASE + MEM_SIZE ||
	    len > MEM_BASE + MEM_SIZE - pa)
		return NULL;
	CHECK(ncopies < sizeof(copies) / sizeof(copies[0]));
	p = malloc(len);
	memcpy(p, mem + (pa - MEM_BASE), len);
	return copies[ncopies++] = p;
}

static void
free_copies(void)
{

	while (ncopies > 0)
		free(copies[--ncopies]);
}

static uint64_t seed = 1;

static uint64_t
rnd(void)
{

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* A number that is likely to hurt. */
static uint64_t
nasty(void)
{
	static const uint64_t v[] = { 0, 1, 7, 8, 0xff, 0x1000, 0x3fff, 0x4000,
	    0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 1ULL << 46,
	    ~0ULL, ~0ULL - 7, ~0ULL - 0xfff };

	return rnd() & 1 ? v[rnd() % 16] : rnd() >> rnd() % 64;
}

static size_t
put(size_t at, uint64_t v, size_t n)
{

	memcpy(mem + at, &v, n);
	return at + n;
}

static void
check_ranges(const struct hw_ranges *t)
{
	unsigned i;

	CHECK(t->n <= HW_NRANGE);
	for (i = 0; i < t->n; i++) {
		CHECK(t->r[i].base < t->r[i].end);
		CHECK(i == 0 || t->r[i - 1].end < t->r[i].base);
	}
}

/* ---- ranges against a bitmap ---- */

#define CELLS	600

static void
fuzz_ranges(void)
{
	static struct hw_ranges t;
	static bool map[CELLS];
	unsigned i, step;

	memset(&t, 0, sizeof(t));
	memset(map, 0, sizeof(map));
	for (step = 0; step < 60; step++) {
		unsigned a = rnd() % CELLS, b = rnd() % CELLS;
		bool add = rnd() & 1;

		if (rnd() & 1 && (b = a + rnd() % 8) > CELLS)
			b = CELLS;
		CHECK(add ? hw_ranges_add(&t, a, b) : hw_ranges_sub(&t, a, b));
		for (i = a; i < b; i++)
			map[i] = add;
		check_ranges(&t);
		for (i = 0; i < CELLS; i++) {
			unsigned k = 0;

			while (k < t.n && t.r[k].end <= i)
				k++;
			CHECK(map[i] == (k < t.n && t.r[k].base <= i));
		}
	}
}

static void
full_ranges(void)
{
	static struct hw_ranges t;
	unsigned i;

	for (i = 0; i < HW_NRANGE; i++)
		CHECK(hw_ranges_add(&t, 0x10000 * i + 1, 0x10000 * i + 0x3001));
	CHECK(!hw_ranges_add(&t, 0x90000000, 0x90001000));
	CHECK(!hw_ranges_sub(&t, 0x1001, 0x2001));
	check_ranges(&t);
	CHECK(t.n == HW_NRANGE && t.r[0].end == 0x1001);
	hw_ranges_pages(&t);
	CHECK(t.n == HW_NRANGE - 1 && t.r[0].base == 0x11000 &&
	    t.r[0].end == 0x13000);
}

/* ---- PVH ---- */

static void
make_pvh(uint32_t version)
{
	size_t at;

	memset(mem, 0, sizeof(mem));
	at = put(0, 0x336ec578, 4);
	at = put(at, version, 4);
	at = put(at, 0, 4);
	at = put(at, 1, 4);			/* a module */
	at = put(at, MEM_BASE + 0x200, 8);
	at = put(at, MEM_BASE + 0x300, 8);	/* command line */
	at = put(at, 0xe0000, 8);
	at = put(at, MEM_BASE + 0x400, 8);
	(void)put(at, 4, 4);			/* memory map */
	at = put(0x200, 0x800000, 8);
	(void)put(at, 12345, 8);
	strcpy((char *)mem + 0x300, "clock=pit {}");
	at = put(0x400, 0, 8);
	at = put(at, 0x9fc00, 8);
	at = put(at, 1, 8);
	at = put(at, 0x100000, 8);
	at = put(at, 0x7f00000, 8);
	at = put(at, 1, 8);
	at = put(at, 0x7000800, 8);		/* reserved inside of it */
	at = put(at, 0x1000, 8);
	at = put(at, 2, 8);
	at = put(at, 1ULL << 32, 8);
	at = put(at, 1ULL << 32, 8);
	(void)put(at, 1, 8);
}

static void
test_pvh(void)
{

	make_pvh(1);
	CHECK(hw_pvh_parse(MEM_BASE, &bi) && bi.error == NULL);
	CHECK(bi.nmodule == 1 && bi.module[0].pa == 0x800000 &&
	    bi.module[0].size == 12345);
	CHECK(bi.cmdline_pa == MEM_BASE + 0x300 && bi.cmdline_len == 12);
	CHECK(bi.rsdp_pa == 0xe0000 && !bi.truncated);
	CHECK(bi.ram.n == 4 && bi.ram.r[0].end == 0x9f000);
	CHECK(bi.ram.r[1].end == 0x7000000 && bi.ram.r[2].base == 0x7002000);
	CHECK(bi.ram.r[3].base == 1ULL << 32 && bi.ram.r[3].end == 2ULL << 32);
	make_pvh(0);
	CHECK(!hw_pvh_parse(MEM_BASE, &bi) && strstr(bi.error, "version 0"));
	CHECK(!hw_pvh_parse(MEM_BASE + 1, &bi) && bi.error != NULL);
	make_pvh(1);
	(void)put(48, 0, 4);
	CHECK(!hw_pvh_parse(MEM_BASE, &bi) && strstr(bi.error, "memory"));
	free_copies();
}

/* ---- multiboot2 ---- */

static size_t
tag(size_t at, uint32_t type, uint32_t size)
{

	put(put(at, type, 4), size, 4);
	return at + ((size + 7) & ~7U);
}

static void
make_mb2(bool efi)
{
	size_t at = 8, p, next;

	memset(mem, 0, sizeof(mem));
	next = tag(at, 1, 8 + 6);
	strcpy((char *)mem + at + 8, "x={}!");
	at = next;
	next = tag(at, 3, 8 + 8 + 4);
	p = put(at + 8, 0x200000, 4);
	p = put(p, 0x200010, 4);
	strcpy((char *)mem + p, "cfg");
	at = next;
	if (!efi) {
		next = tag(at, 6, 8 + 8 + 2 * 24);
		p = put(at + 8, 24, 8);
		p = put(p, 0x1000, 8);
		p = put(p, 0x9e000, 8);
		p = put(p, 1, 8);
		p = put(p, 0x100000, 8);
		p = put(p, 0x300000, 8);
		(void)put(p, 1, 8);
		at = next;
	}
	next = tag(at, 17, 8 + 8 + 2 * 48);
	p = put(at + 8, 48, 8);
	put(put(put(put(p, 7, 8), 0x100000, 8), 0, 8), 0x700, 8);
	p += 48;
	put(put(put(put(p, 10, 8), 0x300000, 8), 0, 8), 1, 8);
	at = next;
	next = tag(at, 14, 8 + 20);
	memcpy(mem + at + 8, "RSD PTR old", 12);
	at = next;
	next = tag(at, 15, 8 + 36);
	memcpy(mem + at + 8, "RSD PTR new", 12);
	at = tag(next, 0, 8);
	put(put(0, at, 4), 0, 4);
}

static void
test_mb2(void)
{

	make_mb2(false);
	CHECK(hw_mb2_parse(MEM_BASE, &bi) && bi.error == NULL);
	CHECK(bi.cmdline_len == 5 && bi.nmodule == 1);
	CHECK(bi.module[0].pa == 0x200000 && bi.module[0].size == 16);
	CHECK(bi.ram.n == 2 && bi.ram.r[1].end == 0x400000);
	CHECK(bi.rsdp_len == 36 && memcmp(bi.rsdp, "RSD PTR new", 11) == 0);
	make_mb2(true);
	CHECK(hw_mb2_parse(MEM_BASE, &bi));
	CHECK(bi.ram.n == 2 && bi.ram.r[0].end == 0x300000);
	CHECK(bi.ram.r[1].base == 0x301000 && bi.ram.r[1].end == 0x800000);
	CHECK(!hw_mb2_parse(MEM_BASE + 4, &bi));
	make_mb2(false);
	put(8, 18, 4);			/* boot services not left */
	CHECK(!hw_mb2_parse(MEM_BASE, &bi) && strstr(bi.error, "EFI"));
	free_copies();
}

/* ---- ACPI ---- */

static void
checksum(uint8_t *p, size_t n, size_t at)
{
	uint8_t s = 0;
	size_t i;

	p[at] = 0;
	for (i = 0; i < n; i++)
		s += p[i];
	p[at] = (uint8_t)-s;
}

static size_t
make_madt(void)
{
	size_t at;

	memset(mem, 0, sizeof(mem));
	memcpy(mem, "APIC", 4);
	at = put(36, 0xfee00000, 4);
	at = put(at, 1, 4);
	at = put(at, 0x0000000100000800, 8);	/* CPU 0 */
	at = put(at, 0x0000000001010800, 8);	/* disabled */
	at = put(at, 0x00001009, 4);		/* x2APIC 0x1234 */
	at = put(at, 0x1234, 4);
	at = put(at, 1, 8);
	at = put(at, 0x02000c01, 4);		/* IOAPIC */
	at = put(at, 0xfec00000, 4);
	at = put(at, 24, 4);
	at = put(at, 0x09000a02, 4);		/* override of 9 */
	at = put(at, 20, 4);
	at = put(at, 0xd, 2);
	at = put(at, 0x00ff0604, 4);		/* NMI at LINT1 */
	at = put(at, 0x0100, 2);
	put(4, at, 4);
	checksum(mem, at, 9);
	return at;
}

static size_t
make_dsdt(void)
{
	static const uint8_t s5[] = { 0x08, '_', 'S', '5', '_', 0x12, 0x07,
	    0x04, 0x0a, 0x05, 0x01, 0x00, 0x00 };

	memset(mem, 0, sizeof(mem));
	memcpy(mem, "DSDT", 4);
	memcpy(mem + 60, s5, sizeof(s5));
	put(4, 80, 4);
	checksum(mem, 80, 9);
	return 80;
}

static void
test_acpi(void)
{
	struct hw_madt m;
	struct hw_fadt f;
	uint8_t a, b;
	uint64_t pa;
	size_t n = make_madt();

	CHECK(hw_acpi_valid(mem, n) && !hw_acpi_valid(mem, n - 1));
	CHECK(hw_acpi_madt(mem, n, &m));
	CHECK(m.ncpu == 2 && m.apicid[0] == 0 && m.apicid[1] == 0x1234);
	CHECK(m.pcat && m.nioapic == 1 && m.ioapic[0].gsi == 24);
	CHECK(m.noverride == 1 && m.override[0].irq == 9 &&
	    m.override[0].gsi == 20 && m.override[0].flags == 0xd);
	CHECK(m.nmi_lint == 1);
	mem[n - 1]++;
	CHECK(!hw_acpi_valid(mem, n));

	n = make_dsdt();
	CHECK(hw_acpi_s5(mem, n, &a, &b) && a == 5 && b == 1);
	mem[60] = 0x14;				/* not a name */
	CHECK(!hw_acpi_s5(mem, n, &a, &b));

	memset(mem, 0, sizeof(mem));		/* an old and a new FADT */
	put(40, 0x1000, 4);
	put(64, 0x604, 4);
	mem[89] = 2;
	CHECK(hw_acpi_fadt(mem, 116, &f) && f.pm1a.space == 1 &&
	    f.pm1a.addr == 0x604 && f.dsdt == 0x1000 && !f.has_reset &&
	    f.sleep.space == 0xff && !f.no_8042);
	CHECK(!hw_acpi_fadt(mem, 115, &f));
	mem[8] = 5;
	put(112, 1 << 20 | 1 << 10, 4);
	put(140, 0x2000, 8);
	put(248, 0xfe900000, 8);
	CHECK(hw_acpi_fadt(mem, 268, &f) && f.reduced && f.has_reset &&
	    f.dsdt == 0x2000 && f.sleep.space == 0 &&
	    f.sleep.addr == 0xfe900000 && f.pm1a.space == 0xff && f.no_8042);

	memset(mem, 0, sizeof(mem));
	memcpy(mem, "RSD PTR ", 8);
	put(16, 0x7000, 4);
	checksum(mem, 20, 8);
	CHECK(hw_acpi_root(mem, 20, &pa) && pa == 0x7000);
	mem[15] = 2;
	put(24, 0x8000, 8);
	checksum(mem, 20, 8);
	checksum(mem, 36, 32);
	CHECK(hw_acpi_root(mem, 36, &pa) && pa == 0x8000);
	memcpy(mem, "XSDT", 4);
	put(36, 0x123456789, 8);
	CHECK(hw_acpi_entry(mem, 44, 0, &pa) && pa == 0x123456789);
	CHECK(!hw_acpi_entry(mem, 44, 1, &pa));
	CHECK(!hw_acpi_entry(mem, 43, 0, &pa));
}

/* ---- the rest is luck ---- */

static void
mutate(size_t n)
{
	unsigned k = rnd() % 6;

	while (k-- > 0) {
		size_t at = rnd() % n;

		if (rnd() & 1)
			mem[at] = (uint8_t)rnd();
		else if (at + 8 < n)
			put(at & ~3UL, nasty(), rnd() & 1 ? 8 : 4);
	}
}

/* The parsers of boot information on mem[], and what must hold then. */
static void
parse_boot(bool pvh)
{
	bool ok = pvh ? hw_pvh_parse(MEM_BASE, &bi) :
	    hw_mb2_parse(MEM_BASE, &bi);
	unsigned i;

	CHECK(ok == (bi.error == NULL));
	check_ranges(&bi.ram);
	for (i = 0; ok && i < bi.ram.n; i++)
		CHECK(((bi.ram.r[i].base | bi.ram.r[i].end) & 0xfff) == 0);
	CHECK(bi.nmodule <= HW_NMODULE);
	free_copies();
}

/* Every parser of tables on the first n bytes of mem[]. */
static void
parse_tables(size_t n)
{
	struct hw_madt m;
	struct hw_fadt f;
	uint8_t a, b, *p = malloc(n);		/* exact: ASan */
	uint64_t pa;
	unsigned i;

	memcpy(p, mem, n);
	(void)hw_acpi_valid(p, n);
	if (hw_acpi_madt(p, n, &m))
		CHECK(m.ncpu <= 64 && m.nioapic <= HW_NIOAPIC &&
		    m.noverride <= HW_NOVERRIDE);
	(void)hw_acpi_fadt(p, n, &f);
	(void)hw_acpi_s5(p, n, &a, &b);
	(void)hw_acpi_hpet(p, n, &pa);
	(void)hw_acpi_root(p, n, &pa);
	for (i = 0; hw_acpi_entry(p, n, i, &pa); i++)
		continue;
	free(p);
}

#ifdef FUZZER
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{

	if (size > MEM_SIZE)
		size = MEM_SIZE;
	memset(mem, 0, sizeof(mem));
	memcpy(mem, data, size);
	parse_boot(true);
	parse_boot(false);
	parse_tables(size);
	return 0;
}
#else
static void
fuzz_once(void)
{
	bool pvh = rnd() & 1;
	size_t n, i;

	if (pvh)
		make_pvh(1);
	else
		make_mb2(rnd() & 1);
	mutate(pvh ? 0x480 : 0x180);
	parse_boot(pvh);

	n = rnd() & 1 ? make_madt() : make_dsdt();
	if (rnd() % 4 == 0)
		for (i = 0; i < 300; i++)
			mem[i] = (uint8_t)rnd();
	mutate(n);
	parse_tables(rnd() & 1 ? n : rnd() % 300);
}

int
main(int argc, char **argv)
{
	unsigned long i, n = argc > 1 ? strtoul(argv[1], NULL, 0) : 20000;

	if (argc > 2)
		seed = strtoull(argv[2], NULL, 0) | 1;
	test_pvh();
	test_mb2();
	test_acpi();
	full_ranges();
	for (i = 0; i < n / 50; i++)
		fuzz_ranges();
	for (i = 0; i < n; i++)
		fuzz_once();
	printf("%lu inputs\n", n);
	return 0;
}
#endif
