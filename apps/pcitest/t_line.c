/* t_line.c: lines: shared, stuck; devices that go away; what /status shows. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "pcitest.h"

#define STATUS_SIZE	65536

bool
status_find(const char *what, char *buf, size_t size)
{
	static char text[STATUS_SIZE + 1];
	const char *at, *end;
	ssize_t n;
	int fd;

	if ((fd = open("/sirloin/status", O_RDONLY)) < 0)
		return false;
	n = pread(fd, text, STATUS_SIZE, 0);
	(void)close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	if ((at = strstr(text, what)) == NULL ||
	    (end = strchr(at, '}')) == NULL || (size_t)(end - at) >= size)
		return false;
	memcpy(buf, at, end - at);
	buf[end - at] = '\0';
	return true;
}

bool
status_function(const struct edu *e, char *buf, size_t size)
{
	char what[40];

	snprintf(what, sizeof(what), "\"addr\":\"%02x:%02x.%x\"", e->bus,
	    e->dev, e->fun);
	return status_find(what, buf, size);
}

static void
shown(void)
{
	char buf[400], what[40];
	struct edu *e = &edus[0];
	uint64_t end = now() + 10 * SEC;

	if (!edu_any() || !edu_ready(e))
		return;
	CHECK(edu_raise(e, 1));
	CHECK(status_function(e, buf, sizeof(buf)));
	test_note("%s", buf);
	CHECK(strstr(buf, "\"owner\":\"rump edu\"") != NULL);
	snprintf(what, sizeof(what), "\"irq\":\"%s\"",
	    opt_kind != NULL ? opt_kind : "msi");
	CHECK(strstr(buf, what) != NULL);
	/* it is counted when the handler has come back */
	do {
		CHECK(status_find("\"name\":\"rump edu ", buf, sizeof(buf)));
	} while (strstr(buf, "\"count\":0,") != NULL && now() < end);
	CHECK(strstr(buf, "\"count\":1,") != NULL);
	edu_close(e);
	CHECK(status_function(e, buf, sizeof(buf)));
	CHECK(strstr(buf, "\"owner\":\"\"") != NULL);
	CHECK(strstr(buf, "\"irq\":\"\"") != NULL);
}

/* A function of the platform's is not on our bus. */
static void
platform(void)
{
	unsigned bus, dev, fun, v = 0;
	char buf[400];
	const char *s;

	if (!status_find("\"addr\":", buf, sizeof(buf)) ||
	    !status_find("\"vendor\":\"1af4\",\"device\":\"1005\"", buf,
	    sizeof(buf))) {
		test_skip("no virtio-rng");
		return;
	}
	if ((s = strstr(buf, "\"owner\":\"")) == NULL || s[9] == '"') {
		CHECK(!"virtio-rng has no owner");
		return;
	}
	for (bus = 0; bus < 8; bus++)
		for (dev = 0; dev < 32; dev++)
			for (fun = 0; fun < 1; fun++) {
				in();
				if (rumpcomp_pci_confread(bus, dev, fun, 0,
				    &v) == 0)
					CHECK(v != 0x10051af4);
				if (rumpcomp_pci_claim(bus, dev, fun, "x") ==
				    NB_EBUSY) {
					CHECK(rumpcomp_pci_irq_map(bus, dev,
					    fun, 0, 4321) != 0);
					v = 0;
					CHECK(rumpcomp_pci_confread(bus, dev,
					    fun, 0, &v) != 0);
					CHECK_INT(v, 0xffffffffU);
				} else
					rumpcomp_pci_release(bus, dev, fun);
				out();
			}
}

/* Two devices whose lines meet: one raises, both are asked. */
static void
shared(void)
{
	struct edu *a, *b;
	uint32_t others;
	unsigned i;

	if (opt_kind == NULL || strcmp(opt_kind, "intx") != 0 || nedu < 2) {
		test_skip("needs lines and two devices");
		return;
	}
	for (a = edus; a < edus + nedu; a++)
		for (b = a + 1; b < edus + nedu; b++)
			if (a->bus == b->bus && (b->dev - a->dev) % 4 == 0)
				goto found;
	test_skip("no two devices share a line");
	return;
found:
	if (!edu_ready(a))
		return;
	if (!edu_ready(b)) {
		edu_close(a);
		return;
	}
	for (i = 1; i <= 1000; i++)
		CHECK(edu_raise(i % 2 != 0 ? a : b, i));
	CHECK_INT(a->count, 500);
	CHECK_INT(b->count, 500);
	CHECK(a->others >= 400 && b->others >= 400);
	/* One goes: the other still works, and is asked alone. */
	others = b->others;
	edu_nointr(b);
	for (i = 1; i <= 100; i++)
		CHECK(edu_raise(a, i));
	CHECK_INT(b->others, others);
	edu_close(a);
	edu_close(b);
}

/*
 * Nobody claims it and it is never acknowledged: after a while masked for most
 * of the time, with a word on the console, and the machine goes on.  When
 * somebody sees to the device it works again by itself.
 */
static void
stuck(void)
{
	struct edu *e = &edus[0];
	uint64_t t;
	uint32_t others;
	char buf[300], *s;
	unsigned i;

	if (opt_kind == NULL || strcmp(opt_kind, "intx") != 0) {
		test_skip("needs lines");
		return;
	}
	if (!edu_any() || !edu_ready(e))
		return;
	e->deaf = true;
	t = now();
	edu_write(e, EDU_RAISE, 1);
	rumpcomp_host_sleep_until(t + SEC / 2);
	others = e->others;
	CHECK(others >= 100 && others < 100 + (now() - t) / MS);
	test_note("asked %u times", others);
	t = now();
	rumpcomp_host_sleep_until(t + 100 * MS);
	CHECK(now() - t < 5 * SEC);
	CHECK(e->others - others < (now() - t) / MS);	/* 2 ms masked for each */
	CHECK(status_find("\"name\":\"rump edu ", buf, sizeof(buf)));
	s = strstr(buf, "\"spurious\":");
	CHECK(s != NULL && strtoul(s + 11, NULL, 10) + 1 >= others);
	e->deaf = false;
	CHECK(edu_wait(e, 1, 10 * SEC));
	for (i = 1; i <= 10; i++)
		CHECK(edu_raise(e, i));
	/* Stuck once more: a new handler is tried at once. */
	e->deaf = true;
	others = e->others;
	edu_write(e, EDU_RAISE, 1);
	while (e->others - others < 100 && now() - t < 10 * SEC)
		rumpcomp_host_sleep_until(now() + MS);
	edu_write(e, EDU_ACK, ~0u);
	edu_nointr(e);
	if (edu_intr(e, -1))
		for (i = 1; i <= 10; i++)
			CHECK(edu_raise(e, i));
	edu_close(e);
}

/* The register of a PCI Express capability, or 0. */
static unsigned
express(unsigned bus, unsigned dev, unsigned fun)
{
	unsigned v, off, n;

	if (rumpcomp_pci_confread(bus, dev, fun, 0x34, &v) != 0)
		return 0;
	for (off = v & 0xfc, n = 0; off != 0 && n < 48; n++) {
		if (rumpcomp_pci_confread(bus, dev, fun, off, &v) != 0)
			return 0;
		if ((v & 0xff) == 0x10)
			return off;
		off = v >> 8 & 0xfc;
	}
	return 0;
}

/* Switch off the slot above the last device: QEMU takes the device out. */
static bool
unplug(const struct edu *e)
{
	unsigned n, bus, dev, fun, v, off, class;
	bool done = false;

	in();
	for (n = 0; rumpcomp_pci_func(n, &bus, &dev, &fun) == 0; n++) {
		(void)rumpcomp_pci_confread(bus, dev, fun, 8, &class);
		if (class >> 16 != 0x0604)
			continue;
		(void)rumpcomp_pci_confread(bus, dev, fun, 0x18, &v);
		if ((v >> 8 & 0xff) != e->bus ||
		    (off = express(bus, dev, fun)) == 0)
			continue;
		/* Slot control: power off (bit 10), indicator off (8, 9). */
		(void)rumpcomp_pci_confread(bus, dev, fun, off + 0x18, &v);
		CHECK_INT(rumpcomp_pci_confwrite(bus, dev, fun, off + 0x18,
		    (v & 0xffff) | 0x0700), 0);
		done = true;
	}
	out();
	return done;
}

static void
gone(void)
{
	struct edu *e = &edus[nedu - 1];
	unsigned v = 0;

	if (!opt_unplug || nedu < 2) {
		test_skip("not asked for");
		return;
	}
	if (!edu_ready(e))
		return;
	CHECK(edu_raise(e, 1));
	CHECK(unplug(e));
	rumpcomp_host_sleep_until(now() + SEC / 10);
	/* All ones on a real bus; QEMU reads nothing as zero. */
	v = edu_read(e, EDU_ID);
	CHECK(v == 0xffffffffU || v == 0);
	in();
	(void)rumpcomp_pci_confread(e->bus, e->dev, e->fun, 0, &v);
	CHECK_INT(v, 0xffffffffU);
	out();
	/* Letting go of it harms nobody; nor does asking for it again. */
	edu_close(e);
	in();
	(void)rumpcomp_pci_claim(e->bus, e->dev, e->fun, "again");
	CHECK_INT(rumpcomp_pci_irq_vectors(e->bus, e->dev, e->fun), 0);
	rumpcomp_pci_release(e->bus, e->dev, e->fun);
	out();
	/* The others are as they were. */
	e = &edus[0];
	if (edu_ready(e)) {
		CHECK(edu_raise(e, 9));
		edu_close(e);
	}
}

const struct test tests_line[] = {
	{ "status: owner and interrupt", shown },
	{ "bus: the platform's functions", platform },
	{ "irq: a shared line", shared },
	{ "irq: a stuck line", stuck },
	{ "bus: a device that is taken out", gone },
	{ NULL, NULL }
};
