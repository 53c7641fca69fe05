/*
 * vcpus.c: `xl vcpu-set'.  The toolstack writes for each VCPU whether it is to
 * be used (docs/misc/xenstore-paths.pandoc, cpu/N/availability); that it is not
 * used any more is up to the guest.  VCPUs beyond those that were there at the
 * boot are not taken: the rump kernel has its number of CPUs from there.
 */
#include <stdio.h>
#include <string.h>
#include <xen.h>
#include "control.h"
#include "xs.h"

static uint64_t seen;		/* online, by the last look */

enum state { ABSENT, OFFLINE, ONLINE };

/* One that was there at the boot is to be used unless the store says no. */
static enum state
state(unsigned n)
{
	char node[32], word[16];

	snprintf(node, sizeof(node), "cpu/%u/availability", n);
	if (xs_read_str(0, node, NULL, word, sizeof(word)) != 0)
		return n < kern_ncpu() ? ONLINE : ABSENT;
	return strcmp(word, "offline") == 0 ? OFFLINE : ONLINE;
}

static void
leave(unsigned n)
{
	int error;

	xen_events_away(n, true);
	if ((error = kern_cpu_leave(n, xen_cpu_park)) == 0) {
		kern_printf("xen: CPU %u is not used any more\n", n);
		return;
	}
	xen_events_away(n, false);
	kern_printf("xen: CPU %u is still used: error %d\n", n, error);
}

static void
come(unsigned n)
{

	xen_cpu_wake(n);
	kern_cpu_back(n);
	xen_events_away(n, false);
}

/* Those that the store knows: from CPU 1 on, one behind the other. */
static uint64_t
look(void)
{
	uint64_t set = 0;
	enum state s;
	unsigned n;

	for (n = 1; n < MAXCPU && (s = state(n)) != ABSENT; n++)
		set |= (uint64_t)(s == ONLINE) << n;
	return set;
}

static void
changed(struct xs_watch *w, const char *path)
{
	uint64_t set = look(), was = seen;
	unsigned n;

	seen = set;
	for (n = 1; n < MAXCPU; n++) {
		if (n >= kern_ncpu()) {
			if ((set & ~was) >> n & 1)
				kern_printf("xen: CPU %u is not used: there "
				    "were %u at the boot\n", n, kern_ncpu());
		} else if ((set >> n & 1) == 0 && !kern_cpu_is_away(n))
			leave(n);
		else if ((set >> n & 1) != 0 && kern_cpu_is_away(n)) {
			come(n);
			kern_printf("xen: CPU %u is used again\n", n);
		}
	}
}

/* All CPUs take part in a suspend; after it, what the store says then. */
static void
before(void *arg)
{
	unsigned n;

	for (n = 1; n < kern_ncpu(); n++)
		if (kern_cpu_is_away(n))
			come(n);
}

static struct xs_watch watch = { .path = "cpu", .fn = changed };

static void
after(void *arg, bool cancelled)
{

	changed(&watch, watch.path);
}

static struct xen_suspender suspender = { .before = before, .after = after };

static void
vcpus_init(void)
{

	if (!xs_ready())
		return;
	seen = look();
	xen_on_suspend(&suspender);
	(void)xs_watch(&watch);
}
KERN_INIT(KERN_INIT_LATE, vcpus_init);
