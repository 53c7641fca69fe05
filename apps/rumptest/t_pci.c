/* t_pci.c: PCI hypercalls, as far as they need no device. */
#include <stdio.h>
#include "test.h"
#include <rump/pci.h>

#pragma weak rumpcomp_pci_confread
#pragma weak rumpcomp_pci_confwrite
#pragma weak rumpcomp_pci_irq_map
#pragma weak rumpcomp_pci_irq_establish
#pragma weak rumpcomp_pci_dmalloc
#pragma weak rumpcomp_pci_dmafree
#pragma weak rumpcomp_pci_dmamem_map
#pragma weak rumpcomp_pci_virt_to_mach
#pragma weak rumpcomp_pci_iospace_init
#pragma weak rumpcomp_pci_func

static bool
have_pci(void)
{

	if (rumpcomp_pci_confread != NULL)
		return true;
	test_skip("not in hostline");
	return false;
}

/* A member of the object that begins at p, in which no string has a quote. */
static void
member(const char *p, const char *name, char out[32])
{
	const char *end = strchr(p, '}'), *v;
	size_t n = 0;
	char key[24];

	out[0] = '\0';
	(void)snprintf(key, sizeof(key), "\"%s\":", name);
	v = strstr(p, key);
	if (v == NULL || end == NULL || v > end)
		return;
	v += strlen(key);
	if (*v == '"')
		v++;
	while (n < 31 && v[n] != '"' && v[n] != ',' && v[n] != '}')
		n++;
	memcpy(out, v, n);
	out[n] = '\0';
}

/*
 * A function as "sirloin:status" tells it.  True: it is not the platform's, and
 * then configuration space must say the same.
 */
static bool
show(const char *p)
{
	char addr[32], vendor[32], device[32], class[32], owner[32], irq[32],
	    vectors[32], id[16];
	unsigned bus, dev, fun, n, v = 0;

	member(p, "addr", addr);
	member(p, "vendor", vendor);
	member(p, "device", device);
	member(p, "class", class);
	member(p, "owner", owner);
	member(p, "irq", irq);
	member(p, "vectors", vectors);
	test_note("pci %s %s:%s class %s owner \"%s\" interrupt %s vectors %s",
	    addr, vendor, device, class, owner, irq[0] ? irq : "none", vectors);
	for (n = 0; rumpcomp_pci_func(n, &bus, &dev, &fun) == 0; n++) {
		(void)snprintf(id, sizeof(id), "%02x:%02x.%x", bus, dev, fun);
		if (strcmp(id, addr) != 0)
			continue;
		CHECK(owner[0] == '\0' || strncmp(owner, "rump ", 5) == 0);
		CHECK_INT(rumpcomp_pci_confread(bus, dev, fun, 0, &v), 0);
		(void)snprintf(id, sizeof(id), "%04x", v & 0xffff);
		CHECK(strcmp(id, vendor) == 0);
		(void)snprintf(id, sizeof(id), "%04x", v >> 16);
		CHECK(strcmp(id, device) == 0);
		return true;
	}
	return false;
}

static void
bus(void)
{
	static char text[65536 + 1];
	struct rumpuser_iovec iov = { text, sizeof(text) - 1 };
	unsigned n = 0, ours = 0, b, d, f;
	const char *p, *end;
	size_t got = 0;
	int fd;

	if (!have_pci())
		return;
	CHECK_INT(rumpuser_open("sirloin:status", RUMPUSER_OPEN_RDONLY, &fd), 0);
	CHECK_INT(rumpuser_iovread(fd, &iov, 1, 0, &got), 0);
	CHECK_INT(rumpuser_close(fd), 0);
	text[got] = '\0';
	p = strstr(text, "\"pci\":[");
	end = p != NULL ? strchr(p, ']') : NULL;
	CHECK(end != NULL);
	if (end == NULL)
		return;
	while ((p = strchr(p, '{')) != NULL && p < end) {
		ours += show(p++);
		n++;
	}
	test_note("%u functions on the bus", n);
	for (n = 0; rumpcomp_pci_func(n, &b, &d, &f) == 0; n++)
		;
	CHECK_INT(ours, n);
}

static void
config(void)
{
	unsigned v, w, dev, found = 0;

	if (!have_pci())
		return;
	CHECK_INT(rumpcomp_pci_iospace_init(), 0);
	for (dev = 0; dev < 32; dev++) {
		v = 0;
		if (rumpcomp_pci_confread(0, dev, 0, 0, &v) != 0)
			CHECK_INT(v, 0xffffffffU);
		if (v == 0xffffffffU)
			continue;
		found++;
		CHECK((v & 0xffff) != 0);
		CHECK_INT(rumpcomp_pci_confread(0, dev, 0, 8, &w), 0);
	}
	test_note("%u functions to be had", found);
	v = 0;
	CHECK(rumpcomp_pci_confread(255, 31, 7, 0, &v) != 0);
	CHECK_INT(v, 0xffffffffU);
	CHECK(rumpcomp_pci_confwrite(255, 31, 7, 4, 0) != 0);
	CHECK(rumpcomp_pci_confread(0, 0, 0, 3, &v) != 0);
	CHECK(rumpcomp_pci_confread(0, 0, 0, -4, &v) != 0);
	CHECK(rumpcomp_pci_confread(0, 0, 0, 4096, &v) != 0);
	CHECK(rumpcomp_pci_irq_map(255, 31, 7, 11, 1) != 0);
	CHECK(rumpcomp_pci_irq_establish(12345, NULL, NULL) == NULL);
}

static void
dma(void)
{
	static const size_t size[] = { 1, 100, 4096, 5000, 65536 };
	static uint8_t image[8192];
	struct rumpcomp_pci_dmaseg seg;
	unsigned long pa, va;
	uint8_t stack[64];
	size_t i, k, align;
	void *p;

	if (!have_pci())
		return;
	for (i = 0; i < sizeof(size) / sizeof(*size); i++)
		for (align = 1; align <= 65536; align *= 16) {
			pa = va = 0;
			CHECK_INT(rumpcomp_pci_dmalloc(size[i], align, &pa,
			    &va), 0);
			CHECK(pa != 0 && (pa & (align - 1)) == 0);
			CHECK(pa + size[i] <= 1UL << 32);
			for (k = 0; k < size[i]; k++)
				if (((uint8_t *)va)[k] != 0)
					break;
			CHECK_INT(k, size[i]);
			for (k = 0; k < size[i]; k += 4096)
				CHECK_INT(rumpcomp_pci_virt_to_mach(
				    (void *)(va + k)), pa + k);
			seg.ds_pa = pa;
			seg.ds_len = size[i];
			seg.ds_vacookie = va;
			CHECK_INT(rumpcomp_pci_dmamem_map(&seg, 1, size[i],
			    &p), 0);
			memset(p, 0xee, size[i]);
			rumpcomp_pci_dmafree(va, size[i]);
		}
	CHECK(rumpcomp_pci_dmalloc((size_t)1 << 40, 0, &pa, &va) != 0);
	CHECK(rumpcomp_pci_dmalloc(4096, 48, &pa, &va) != 0);
	CHECK(rumpcomp_pci_virt_to_mach(image) != ~0UL);
	CHECK(rumpcomp_pci_virt_to_mach(stack) != ~0UL);
	CHECK_INT(rumpcomp_pci_virt_to_mach(image + 4096) & 4095,
	    (unsigned long)image & 4095);
	CHECK_INT(rumpcomp_pci_virt_to_mach((void *)0x7f1234567000), ~0UL);
}

const struct test tests_pci[] = {
	{ "pci: the bus", bus },
	{ "pci: configuration space", config },
	{ "pci: memory for devices", dma },
	{ NULL, NULL }
};
