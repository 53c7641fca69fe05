/* t_bus.c: configuration space, owners, BARs. */
#include "pcitest.h"

static void
the_bus(void)
{
	unsigned n, bus, dev, fun, id, class, irq;

	in();
	for (n = 0; rumpcomp_pci_func(n, &bus, &dev, &fun) == 0; n++) {
		CHECK_INT(rumpcomp_pci_confread(bus, dev, fun, 0, &id), 0);
		CHECK_INT(rumpcomp_pci_confread(bus, dev, fun, 8, &class), 0);
		CHECK_INT(rumpcomp_pci_confread(bus, dev, fun, 0x3c, &irq), 0);
		CHECK((id & 0xffff) != 0 && (id & 0xffff) != 0xffff);
		test_note("pci %02x:%02x.%x %04x:%04x class %06x pin %u",
		    bus, dev, fun, id & 0xffff, id >> 16, class >> 8,
		    irq >> 8 & 0xff);
	}
	out();
	test_note("%u functions, %u edu", n, nedu);
}

/* What is no register, or no function: an error, and all ones. */
static void
config(void)
{
	static const int bad[] = { 1, 2, 3, 7, -4, 4096, 0x7ffffffc };
	const struct edu *e = &edus[0];
	unsigned v, w, i;

	if (!edu_any())
		return;
	in();
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		v = 0;
		CHECK_INT(rumpcomp_pci_confread(e->bus, e->dev, e->fun, bad[i],
		    &v), NB_EINVAL);
		CHECK_INT(v, 0xffffffffU);
		CHECK_INT(rumpcomp_pci_confwrite(e->bus, e->dev, e->fun,
		    bad[i], 0), NB_EINVAL);
	}
	for (i = 0; i < 3; i++) {
		v = 0;
		CHECK_INT(rumpcomp_pci_confread(i == 0 ? 254 : i == 1 ? 256 :
		    e->bus, i == 2 ? 32 : 31, 7, 0, &v), NB_ENXIO);
		CHECK_INT(v, 0xffffffffU);
		CHECK_INT(rumpcomp_pci_confwrite(i == 0 ? 254 : i == 1 ? 256 :
		    e->bus, i == 2 ? 32 : 31, 7, 4, 0), NB_ENXIO);
	}
	/* Sizing, as NetBSD does it to all it finds: no owner, no change. */
	CHECK_INT(rumpcomp_pci_confread(e->bus, e->dev, e->fun, 0x10, &v), 0);
	CHECK_INT(rumpcomp_pci_confwrite(e->bus, e->dev, e->fun, 0x10, ~0u), 0);
	CHECK_INT(rumpcomp_pci_confread(e->bus, e->dev, e->fun, 0x10, &w), 0);
	CHECK_INT(w, 0xfff00000U);
	CHECK_INT(rumpcomp_pci_confwrite(e->bus, e->dev, e->fun, 0x10, v), 0);
	CHECK_INT(rumpcomp_pci_confread(e->bus, e->dev, e->fun, 0x10, &w), 0);
	CHECK_INT(w, v);
	CHECK(v != 0);
	/* A register that is read only, and the end of the space. */
	CHECK_INT(rumpcomp_pci_confwrite(e->bus, e->dev, e->fun, 0, 0), 0);
	CHECK_INT(rumpcomp_pci_confread(e->bus, e->dev, e->fun, 0, &v), 0);
	CHECK_INT(v, 0x11e81234);
	CHECK_INT(rumpcomp_pci_confread(e->bus, e->dev, e->fun, 0xffc, &v), 0);
	CHECK(v == 0 || v == 0xffffffff);
	CHECK_INT(rumpcomp_pci_iospace_init(), 0);
	/* Writing made us its owner. */
	rumpcomp_pci_release(e->bus, e->dev, e->fun);
	out();
}

static void
owners(void)
{
	struct edu *e = &edus[0];
	unsigned long pa, size;
	int i;

	if (!edu_any())
		return;
	in();
	CHECK_INT(rumpcomp_pci_claim(e->bus, e->dev, e->fun, "first"), 0);
	CHECK_INT(rumpcomp_pci_claim(e->bus, e->dev, e->fun, "second"),
	    NB_EBUSY);
	rumpcomp_pci_release(e->bus, e->dev, e->fun);
	CHECK_INT(rumpcomp_pci_claim(e->bus, e->dev, e->fun, "second"), 0);
	for (i = 1; i < 6; i++)
		CHECK_INT(rumpcomp_pci_bar(e->bus, e->dev, e->fun, i, &pa,
		    &size), NB_ENXIO);
	CHECK_INT(rumpcomp_pci_bar(e->bus, e->dev, e->fun, -1, &pa, &size),
	    NB_ENXIO);
	CHECK_INT(rumpcomp_pci_bar(e->bus, e->dev, e->fun, 6, &pa, &size),
	    NB_ENXIO);
	CHECK_INT(rumpcomp_pci_bar(e->bus, e->dev, e->fun, 0, &pa, &size), 0);
	CHECK((pa & (size - 1)) == 0 && size == 1 << 20);
	rumpcomp_pci_release(e->bus, e->dev, e->fun);
	CHECK_INT(rumpcomp_pci_claim(254, 0, 0, "x"), NB_ENXIO);
	CHECK_INT(rumpcomp_pci_irq_vectors(254, 0, 0), 0);
	CHECK(rumpcomp_pci_irq_map(254, 0, 0, 0, 1) != 0);
	CHECK(rumpcomp_pci_irq_map_vector(254, 0, 0, 0, 1) != 0);
	CHECK(rumpcomp_pci_irq_establish(99999, NULL, NULL) == NULL);
	/* Not into RAM, not nothing, not around the end. */
	CHECK(rumpcomp_pci_map(0x100000, 4096) == NULL);
	CHECK(rumpcomp_pci_map(0xfee00000, 0) == NULL);
	CHECK(rumpcomp_pci_map(~0UL - 4095, 8192) == NULL);
	out();
}

static void
registers(void)
{
	struct edu *e;
	uint32_t v;
	uint64_t t;
	unsigned i;

	if (!edu_any())
		return;
	for (e = edus; e < edus + nedu; e++) {
		if (!edu_open(e))
			continue;
		CHECK_INT(edu_read(e, EDU_ID) & 0xff, 0xed);
		for (i = 0, v = 1; i < 32; i++, v = v * 69069 + 1) {
			edu_write(e, EDU_LIVE, v);
			CHECK_INT(edu_read(e, EDU_LIVE), ~v);
		}
		edu_write(e, EDU_STATUS, 0);
		edu_write(e, EDU_FACT, 10);
		t = now() + 5 * SEC;
		while ((edu_read(e, EDU_STATUS) & EDU_COMPUTING) && now() < t)
			rumpcomp_host_yield();
		CHECK_INT(edu_read(e, EDU_FACT), 3628800);
		edu_close(e);
	}
}

const struct test tests_bus[] = {
	{ "bus: what is there", the_bus },
	{ "bus: configuration space", config },
	{ "bus: owners and BARs", owners },
	{ "edu: registers", registers },
	{ NULL, NULL }
};
