/* edu.c: a driver for "edu", and the context that it needs. */
#include "pcitest.h"

struct edu edus[MAXEDU];
unsigned nedu;
bool on_tk;

void
in(void)
{

	if (on_tk)
		tk_enter();
	else
		rumpuser_component_schedule(NULL);
}

void
out(void)
{

	if (on_tk) {
		TK_CHECK();
		tk_leave();
	} else
		(void)rumpuser_component_unschedule();
}

void
edu_find(void)
{
	unsigned n, bus, dev, fun, id;

	nedu = 0;
	in();
	for (n = 0; rumpcomp_pci_func(n, &bus, &dev, &fun) == 0; n++) {
		if (rumpcomp_pci_confread(bus, dev, fun, 0, &id) != 0 ||
		    id != 0x11e81234 || nedu == MAXEDU)
			continue;
		memset(&edus[nedu], 0, sizeof(edus[nedu]));
		edus[nedu].bus = bus;
		edus[nedu].dev = dev;
		edus[nedu].fun = fun;
		edus[nedu].cookie = 1000 + nedu;
		nedu++;
	}
	out();
}

bool
edu_any(void)
{

	if (nedu == 0)
		test_skip("no edu device");
	return nedu != 0;
}

bool
edu_open(struct edu *e)
{
	unsigned long pa, size;
	unsigned v;
	int error;

	in();
	e->reg = NULL;
	error = rumpcomp_pci_claim(e->bus, e->dev, e->fun, "edu");
	CHECK_INT(error, 0);
	if (error == 0) {
		CHECK_INT(rumpcomp_pci_bar(e->bus, e->dev, e->fun, 0, &pa,
		    &size), 0);
		CHECK_INT(size, 1 << 20);
		e->reg = rumpcomp_pci_map(pa, size);
		CHECK(e->reg != NULL);
		CHECK_INT(rumpcomp_pci_confread(e->bus, e->dev, e->fun, 4,
		    &v), 0);
		CHECK_INT(rumpcomp_pci_confwrite(e->bus, e->dev, e->fun, 4,
		    (v & 0xffff) | 6), 0);
	}
	if (error == 0 && e->reg == NULL)
		rumpcomp_pci_release(e->bus, e->dev, e->fun);
	out();
	if (error != 0 || e->reg == NULL)
		return false;
	edu_write(e, EDU_ACK, ~0u);
	return true;
}

void
edu_close(struct edu *e)
{

	edu_nointr(e);
	in();
	rumpcomp_pci_release(e->bus, e->dev, e->fun);
	out();
	e->reg = NULL;
}

static int
edu_handle(void *arg)
{
	struct edu *e = arg;
	uint32_t bits;

	if (rumpuser_curlwp() == NULL || (on_tk && tk_self()->big != 1))
		e->nocontext = true;
	bits = edu_read(e, EDU_IRQ);
	if (bits == 0 || bits == ~0u || e->deaf) {
		__atomic_add_fetch(&e->others, 1, __ATOMIC_RELAXED);
		return 0;
	}
	edu_write(e, EDU_ACK, bits);
	e->last = bits;
	__atomic_add_fetch(&e->count, 1, __ATOMIC_RELEASE);
	(void)rumpcomp_host_futex_wake((uint32_t *)&e->count, 1);
	return 1;
}

bool
edu_intr(struct edu *e, int vector)
{
	int error;

	e->count = e->others = e->last = 0;
	e->deaf = false;
	in();
	error = vector < 0 ?
	    rumpcomp_pci_irq_map(e->bus, e->dev, e->fun, 0, e->cookie) :
	    rumpcomp_pci_irq_map_vector(e->bus, e->dev, e->fun, vector,
	    e->cookie);
	CHECK_INT(error, 0);
	if (error == 0) {
		e->handle = rumpcomp_pci_irq_establish(e->cookie, edu_handle,
		    e);
		CHECK(e->handle != NULL);
	}
	out();
	return e->handle != NULL;
}

void
edu_nointr(struct edu *e)
{

	if (e->handle == NULL)
		return;
	in();
	rumpcomp_pci_irq_disestablish(e->handle);
	out();
	e->handle = NULL;
	CHECK(!e->nocontext);
}

bool
edu_ready(struct edu *e)
{

	if (!edu_open(e))
		return false;
	if (edu_intr(e, -1))
		return true;
	edu_close(e);
	return false;
}

bool
edu_wait(const struct edu *e, uint32_t count, uint64_t ns)
{
	uint64_t deadline = now() + ns;
	uint32_t c;

	while ((int32_t)((c = e->count) - count) < 0) {
		if (now() >= deadline)
			return false;
		(void)rumpcomp_host_futex_wait((uint32_t *)(uintptr_t)&e->count,
		    c, deadline);
	}
	return true;
}

bool
edu_raise(struct edu *e, uint32_t bits)
{
	uint32_t want = e->count + 1;

	edu_write(e, EDU_RAISE, bits);
	return edu_wait(e, want, 10 * SEC) && e->last == bits;
}
