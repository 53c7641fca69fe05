/*
 * fuzz_dsdt.c: pci/dsdt_parse.c: a table made by hand is read right, and none
 * of its damaged copies is read beyond its end (under ASan).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dsdt.h>
#include "check.h"

/*
 * Device (VR00) { Name (_HID, "LNRO0005") Name (_CRS, 0xfeb00e00+0x200, 29) }
 * Device (PCI0) { Name (_HID, EisaId ("PNP0A08")) Method (_CBA) { Return
 * (0xe0000000) } Name (_CRS, buses, 32-bit memory, ports, 64-bit memory) }
 */
static const uint8_t good[] = {
	0x08, '_', 'H', 'I', 'D', 0x0d, 'L', 'N', 'R', 'O', '0', '0', '0', '5',
	0x00,
	0x08, '_', 'C', 'R', 'S', 0x11, 0x1a, 0x0a, 0x17,
	0x86, 0x09, 0x00, 0x01, 0x00, 0x0e, 0xb0, 0xfe, 0x00, 0x02, 0x00, 0x00,
	0x89, 0x06, 0x00, 0x01, 0x01, 0x1d, 0x00, 0x00, 0x00,
	0x79, 0x00,
	0x08, '_', 'H', 'I', 'D', 0x0c, 0x41, 0xd0, 0x0a, 0x08,
	0x14, 0x0c, '_', 'C', 'B', 'A', 0x00, 0xa4, 0x0c, 0, 0, 0, 0xe0,
	0x08, '_', 'C', 'R', 'S', 0x11, 0x46, 0x06, 0x0a, 0x62,
	0x88, 0x0d, 0x00, 2, 0x0c, 0, 0, 0, 0, 0, 0xff, 0, 0, 0, 0, 1,
	0x87, 0x17, 0x00, 0, 0x0c, 1, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0xff, 0xff,
	0xff, 0xdf, 0, 0, 0, 0, 0, 0, 0, 0x20,
	0x47, 0x01, 0xf8, 0x0c, 0xf8, 0x0c, 0x01, 0x08,
	0x8a, 0x2b, 0x00, 0, 0x0c, 1, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0xc0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0,
	0x79, 0x00
};

static int calls;

static void
expect(const char *hid, const struct dsdt_res *r, int n, void *arg)
{

	calls++;
	if (calls == 1) {
		CHECK(strcmp(hid, "LNRO0005") == 0 && n == 2);
		CHECK(r[0].kind == DSDT_MEM && r[0].base == 0xfeb00e00 &&
		    r[0].size == 0x200 && !r[0].window);
		CHECK(r[1].kind == DSDT_IRQ && r[1].base == 29);
	} else {
		CHECK(strcmp(hid, "PNP0A08") == 0 && n == 4);
		CHECK(r[0].kind == DSDT_BUS && r[0].size == 256);
		CHECK(r[1].kind == DSDT_MEM && r[1].base == 0xc0000000 &&
		    r[1].size == 0x20000000 && r[1].window);
		CHECK(r[2].kind == DSDT_IO && r[2].base == 0xcf8 &&
		    r[2].size == 8 && !r[2].window);
		CHECK(r[3].kind == DSDT_MEM && r[3].base == 0xc000000000 &&
		    r[3].size == 0x4000000000);
	}
}

static void
touch(const char *hid, const struct dsdt_res *r, int n, void *arg)
{
	unsigned *sum = arg;
	int i;

	CHECK(strlen(hid) <= 8 && n >= 0 && n <= DSDT_MAXRES);
	for (i = 0; i < n; i++) {
		CHECK(r[i].size != 0);
		*sum += r[i].kind + r[i].base;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + !size);	/* ends where the table ends */
	unsigned sum = 0;
	uint64_t v;

	memcpy(copy, data, size);
	dsdt_parse(copy, size, touch, &sum);
	(void)dsdt_find_constant(copy, size, "_CBA", &v);
	free(copy);
	return sum == 0xffffffff;	/* keeps sum alive; never so */
}

#ifndef FUZZER
int
main(int argc, char **argv)
{
	unsigned long i, n = argc > 1 ? strtoul(argv[1], NULL, 0) : 100000;
	uint8_t data[sizeof(good)];
	uint64_t x = 1, v;
	size_t len;
	int k;

	dsdt_parse(good, sizeof(good), expect, NULL);
	CHECK(calls == 2);
	CHECK(dsdt_find_constant(good, sizeof(good), "_CBA", &v) &&
	    v == 0xe0000000);
	CHECK(!dsdt_find_constant(good, sizeof(good), "_ABC", &v));
	for (len = 0; len < sizeof(good); len++)
		(void)LLVMFuzzerTestOneInput(good, len);
	for (i = 0; i < n; i++) {
		memcpy(data, good, sizeof(good));
		for (k = 0; k < 4; k++) {
			x = x * 6364136223846793005ull + 1442695040888963407ull;
			data[(x >> 40) % sizeof(good)] = x >> 33;
		}
		len = sizeof(good) - (x >> 60 ? 0 : (x >> 50) % sizeof(good));
		(void)LLVMFuzzerTestOneInput(data, len);
	}
	printf("fuzz_dsdt: %lu inputs, ok\n", n);
	return 0;
}
#endif
