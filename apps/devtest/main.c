/* main.c: options, results, the list of the bus. */
#include <stdio.h>
#include <stdlib.h>
#include "devtest.h"

static unsigned ntest, nbad;

bool
option_is(const char *name, const char *value)
{
	const char *p;
	size_t len;

	p = kern_option(name, &len);
	return p != NULL && len == strlen(value) && memcmp(p, value, len) == 0;
}

unsigned
option_number(const char *name, unsigned otherwise)
{
	const char *p;
	size_t len;

	p = kern_option(name, &len);
	return p != NULL ? strtoul(p, NULL, 0) : otherwise;
}

void
ok(bool good, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	nbad += !good;
	kern_printf("%sok %u - %s\n", good ? "" : "not ", ++ntest, text);
}

uint32_t
random32(uint32_t *seed)
{

	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

void
event_init(struct event *e)
{

	kern_mutex_init(&e->lock, "event");
	kern_cv_init(&e->cv, "event");
	e->n = 0;
}

void
event_post(struct event *e)
{

	kern_mutex_lock(&e->lock);
	e->n++;
	kern_cv_broadcast(&e->cv);
	kern_mutex_unlock(&e->lock);
}

bool
event_wait(struct event *e, unsigned n, uint64_t ns)
{
	uint64_t limit = kern_clock() + ns;
	bool good;

	kern_mutex_lock(&e->lock);
	while (e->n < n &&
	    kern_cv_wait(&e->cv, &e->lock, limit) != ETIMEDOUT)
		continue;
	good = e->n >= n;
	kern_mutex_unlock(&e->lock);
	return good;
}

static void
list_pci(void)
{
	struct pci_func *f;
	int i;

	for (f = pci_first(); f != NULL; f = pci_next(f)) {
		pci_bar_probe(f);
		kern_printf("# pci %x:%x.%x %04x:%04x class %02x%02x%s%s",
		    f->bus, f->dev, f->fun, f->vendor, f->device, f->class,
		    f->subclass, f->cap_msix ? " msix" : "",
		    f->cap_msi ? " msi" : "");
		for (i = 0; i < 6; i++)
			if (f->bar[i].size != 0)
				kern_printf(" %d:%s%lx+%lx", i,
				    f->bar[i].io ? "io" : f->bar[i].mem64 ?
				    "m64 " : "m32 ",
				    (unsigned long)f->bar[i].addr,
				    (unsigned long)f->bar[i].size);
		kern_printf("\n");
	}
}

static void
list_irq(const struct kern_irq_info *ii, void *arg)
{

	if (strncmp(ii->name, arg, strlen(arg)) == 0)
		kern_printf("# irq %s cpu %d count %lu spurious %lu\n",
		    ii->name, ii->cpu, (unsigned long)ii->count,
		    (unsigned long)ii->spurious);
}

void
show_irqs(const char *device)
{

	kern_irq_each(list_irq, (void *)(uintptr_t)device);
}

static void
count_blk(struct blkdev *b, void *arg)
{

	++*(unsigned *)arg;
}

static void
count_net(struct netdev *n, void *arg)
{

	++*(unsigned *)arg;
}

int
sirloin_main(void)
{
	unsigned nblk = 0, nnet = 0;

	kern_printf("# main at %lu us, %u cpus\n", (unsigned long)((plat_clock() -
	    plat_boot_entry()) / 1000), kern_ncpu());
	blkdev_each(count_blk, &nblk);
	netdev_each(count_net, &nnet);
	list_pci();
	ok(nblk == option_number("blks", nblk), "%u disks", nblk);
	ok(nnet == option_number("nets", nnet), "%u networks", nnet);
	if (!option_is("disk", "none"))
		blkdev_each(test_disk, NULL);
	if (!option_is("net", "none"))
		netdev_each(test_net, NULL);
	show_irqs("rng");
	kern_printf("# entropy: %s\n", kern_random_source());
	kern_printf("1..%u\n", ntest);
	return nbad != 0;
}
