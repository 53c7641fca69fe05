/*
 * Vectors: each CPU has its own table of them.  A line of an IOAPIC takes a
 * vector of CPU 0, a message signalled interrupt one of the CPU asked for.
 */
#include <string.h>

#include "hw.h"

#define PIN_LOW		0x2000
#define PIN_LEVEL	0x8000
#define PIN_MASKED	0x10000
#define MSI_ADDR	0xfee00000UL
#define MSI_MAXID	0xff		/* without interrupt remapping */
#define NGSI		256

static uint32_t lock;
static struct plat_irq *freelist;
static uint8_t gsi_used[NGSI / 8];

static void
add_page(struct plat_irq *p)
{
	size_t i;

	for (i = 0; i < PAGE_SIZE / sizeof(*p); i++, p++) {
		p->next = freelist;
		freelist = p;
	}
}

void
hw_irq_init(void)
{

	add_page(hw_early_alloc(1));
}

/* An unused struct, on an unused vector of cpu.  The vector is not live. */
static int
take(unsigned cpu, struct plat_irq **pp)
{
	unsigned long s;
	struct plat_irq *p;
	void *page;
	unsigned v;

	if (cpu >= MAXCPU || hw_cpus[cpu] == NULL)
		return EINVAL;
	if (freelist == NULL) {
		if ((page = kern_page_alloc(1, 0, KERN_PG_ZERO)) == NULL)
			return ENOMEM;
		s = x86_lock(&lock);
		add_page(page);
		x86_unlock(&lock, s);
	}
	s = x86_lock(&lock);
	for (v = 0; v < HW_NVEC && hw_cpus[cpu]->irq[v] != NULL; v++)
		continue;
	if (v == HW_NVEC || (p = freelist) == NULL) {
		x86_unlock(&lock, s);
		return ENOSPC;
	}
	freelist = p->next;
	memset(p, 0, sizeof(*p));
	p->cpu = cpu;
	p->vector = HW_VEC_FIRST + v;
	p->gsi = -1;
	hw_cpus[cpu]->irq[v] = p;
	x86_unlock(&lock, s);
	*pp = p;
	return 0;
}

/* Interrupt context, this CPU's vector. */
void
hw_irq_dispatch(unsigned vector)
{
	struct hw_cpu *c = hw_self();
	struct plat_irq *p = c->irq[vector - HW_VEC_FIRST];
	plat_irq_fn fn;

	/* Whoever frees it waits for this mark to go (plat_irq_free). */
	__atomic_store_n(&c->running, p, __ATOMIC_SEQ_CST);
	if (p != NULL &&
	    (fn = __atomic_load_n(&p->fn, __ATOMIC_SEQ_CST)) != NULL)
		fn(p->arg);
	__atomic_store_n(&c->running, NULL, __ATOMIC_RELEASE);
}

int
plat_irq_msi(unsigned cpu, plat_irq_fn fn, void *arg, struct plat_irq **pp,
    uint64_t *addr, uint32_t *data)
{
	struct plat_irq *p;
	int error;

	if (cpu < MAXCPU && hw_cpus[cpu] != NULL &&
	    hw_cpus[cpu]->apicid > MSI_MAXID)
		return ENOSPC;
	if ((error = take(cpu, &p)) != 0)
		return error;
	p->arg = arg;
	__atomic_store_n(&p->fn, fn, __ATOMIC_RELEASE);
	*addr = MSI_ADDR | (uint64_t)hw_cpus[cpu]->apicid << 12;
	*data = p->vector;
	*pp = p;
	return 0;
}

static bool
gsi_claim(unsigned gsi, bool on)
{
	unsigned long s = x86_lock(&lock);
	bool was = gsi_used[gsi / 8] >> gsi % 8 & 1;

	if (on)
		gsi_used[gsi / 8] |= (uint8_t)(1 << gsi % 8);
	else
		gsi_used[gsi / 8] &= (uint8_t)~(1 << gsi % 8);
	x86_unlock(&lock, s);
	return was;
}

int
plat_irq_line(unsigned gsi, unsigned flags, plat_irq_fn fn, void *arg,
    struct plat_irq **pp)
{
	struct plat_irq *p;
	int error;

	if (gsi < 16)
		gsi = hw_ioapic_isa(gsi, &flags);
	if (gsi >= NGSI || !hw_ioapic_has(gsi))
		return ENXIO;
	if (gsi_claim(gsi, true))
		return EBUSY;
	if ((error = take(0, &p)) != 0) {
		(void)gsi_claim(gsi, false);
		return error;
	}
	p->arg = arg;
	p->gsi = (int)gsi;
	*pp = p;		/* fn may need it at once */
	__atomic_store_n(&p->fn, fn, __ATOMIC_RELEASE);
	hw_ioapic_write(gsi, hw_cpus[0]->apicid, p->vector | PIN_MASKED |
	    (flags & PLAT_IRQ_LEVEL ? PIN_LEVEL : 0) |
	    (flags & PLAT_IRQ_LOW ? PIN_LOW : 0));
	return 0;
}

void
plat_irq_mask(struct plat_irq *p)
{

	if (p->event != NULL)
		p->event(p, HW_IRQ_MASK);
	else if (p->gsi >= 0)
		hw_ioapic_mask((unsigned)p->gsi, true);
}

void
plat_irq_unmask(struct plat_irq *p)
{

	if (p->event != NULL)
		p->event(p, HW_IRQ_UNMASK);
	else if (p->gsi >= 0)
		hw_ioapic_mask((unsigned)p->gsi, false);
}

void
plat_irq_free(struct plat_irq *p)
{
	unsigned long s;

	if (p->event != NULL) {
		p->event(p, HW_IRQ_FREE);
		return;
	}
	if (p->gsi >= 0) {
		hw_ioapic_write((unsigned)p->gsi, 0, PIN_MASKED);
		(void)gsi_claim((unsigned)p->gsi, false);
	}
	__atomic_store_n(&p->fn, NULL, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&hw_cpus[p->cpu]->running,
	    __ATOMIC_SEQ_CST) == p)
		plat_pause();
	s = x86_lock(&lock);
	hw_cpus[p->cpu]->irq[p->vector - HW_VEC_FIRST] = NULL;
	p->next = freelist;
	freelist = p;
	x86_unlock(&lock, s);
}
