/* t_irq.c: interrupts, one device at a time and all together. */
#include "pcitest.h"

static void
each(void)
{
	struct edu *e;
	unsigned i;
	int n;

	if (!edu_any())
		return;
	for (e = edus; e < edus + nedu; e++) {
		if (!edu_open(e))
			continue;
		in();
		n = rumpcomp_pci_irq_vectors(e->bus, e->dev, e->fun);
		out();
		if (opt_kind != NULL)
			CHECK_INT(n, strcmp(opt_kind, "msi") == 0);
		if (edu_intr(e, -1)) {
			for (i = 1; i <= 100; i++)
				CHECK(edu_raise(e, i));
			CHECK_INT(e->count, 100);
			/* The device's own reason. */
			edu_write(e, EDU_STATUS, EDU_FACTIRQ);
			edu_write(e, EDU_FACT, 5);
			CHECK(edu_wait(e, 101, 5 * SEC));
			CHECK_INT(e->last, EDU_IRQ_FACT);
			CHECK_INT(edu_read(e, EDU_FACT), 120);
			edu_write(e, EDU_STATUS, 0);
		}
		edu_nointr(e);
		/* By vector, twice: it was given back in order. */
		for (i = 0; i < 2 && n > 0 && edu_intr(e, 0); i++) {
			CHECK(edu_raise(e, 0x40));
			edu_nointr(e);
		}
		edu_close(e);
	}
}

/* What must not be had, and that nothing is lost by asking. */
static void
refusals(void)
{
	struct edu *e = &edus[0];
	int n;

	if (!edu_any() || !edu_open(e))
		return;
	in();
	n = rumpcomp_pci_irq_vectors(e->bus, e->dev, e->fun);
	CHECK_INT(rumpcomp_pci_irq_map_vector(e->bus, e->dev, e->fun, n,
	    e->cookie), NB_EINVAL);
	CHECK_INT(rumpcomp_pci_irq_map_vector(e->bus, e->dev, e->fun, -1,
	    e->cookie), NB_EINVAL);
	out();
	if (edu_intr(e, -1)) {
		in();
		/* The cookie is in use. */
		CHECK_INT(rumpcomp_pci_irq_map(e->bus, e->dev, e->fun, 0,
		    e->cookie), NB_EBUSY);
		CHECK(rumpcomp_pci_irq_establish(e->cookie, NULL, NULL) ==
		    NULL);
		/* A second message of one. */
		if (n > 0) {
			CHECK_INT(rumpcomp_pci_irq_map(e->bus, e->dev, e->fun,
			    0, 7777), 0);
			CHECK(rumpcomp_pci_irq_establish(7777, NULL, NULL) ==
			    NULL);
		}
		out();
		CHECK(edu_raise(e, 3));
	}
	edu_close(e);
}

static void *
storm(void *arg)
{
	struct edu *e = arg;
	uint32_t i, lost = 0;

	for (i = 1; i <= 500; i++)
		if (!edu_raise(e, i) && ++lost > 3)
			break;
	return (void *)(uintptr_t)lost;
}

static void
together(void)
{
	struct host_thread *t[MAXEDU];
	struct edu *e;
	unsigned i, n;
	void *lost;

	if (nedu < 2) {
		test_skip("needs two edu devices");
		return;
	}
	for (e = edus, n = 0; e < edus + nedu; e++)
		if (edu_open(e) && edu_intr(e, -1))
			CHECK_INT(rumpcomp_host_thread_create(&t[n++], "storm",
			    storm, e, 1, 0), 0);
	CHECK_INT(n, nedu);
	for (i = 0; i < n; i++) {
		CHECK_INT(rumpcomp_host_thread_join(t[i], &lost), 0);
		CHECK_INT((uintptr_t)lost, 0);
	}
	for (e = edus; e < edus + nedu; e++)
		edu_close(e);
}

/* One after the other, each waited for: none is lost. */
static void
many(void)
{
	struct edu *e = &edus[0];
	uint64_t t;
	uint32_t i;

	if (opt_count == 0 || on_tk) {
		test_skip(on_tk ? "on the real kernel" : "not asked for");
		return;
	}
	if (!edu_any() || !edu_ready(e))
		return;
	t = now();
	for (i = 1; i <= opt_count; i++)
		if (!edu_raise(e, i)) {
			test_note("interrupt %u: count %u, last %x", i,
			    e->count, e->last);
			CHECK(!"lost");
			break;
		}
	t = now() - t;
	CHECK_INT(e->count, opt_count);
	test_note("%u interrupts, %u us each, %u calls more", e->count,
	    (unsigned)(t / 1000 / opt_count), e->others);
	edu_close(e);
}

const struct test tests_irq[] = {
	{ "irq: each device", each },
	{ "irq: refusals", refusals },
	{ "irq: all devices at once", together },
	{ "irq: none is lost", many },
	{ NULL, NULL }
};
