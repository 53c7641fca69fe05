/*
 * control.c: what the tool stack asks of the domain as a whole (docs/misc/
 * xenstore-paths.pandoc, "control"): control/shutdown is a word, which is
 * acknowledged by writing nothing there.
 */
#include <stdlib.h>
#include <string.h>
#include <xen.h>
#include "control.h"
#include "xs.h"

static const char *const words[] = { "poweroff", "reboot", "halt", "suspend",
    "crash" };
enum { POWEROFF, REBOOT, HALT, SUSPEND, CRASH, NWORD };

/* The word that is there, taken away; ENOENT when there is none. */
static int
take(char *word, size_t size)
{
	xs_txn t;
	int error;

	do {
		if ((error = xs_begin(&t)) != 0)
			return error;
		error = xs_read_str(t, "control", "shutdown", word, size);
		if (error == 0 && word[0] == '\0')
			error = ENOENT;
		if (error == 0)
			error = xs_write(t, "control", "shutdown", "");
		if (error != 0) {
			(void)xs_end(t, true);
			return error;
		}
		error = xs_end(t, false);
	} while (error == EAGAIN);
	return error;
}

static void
asked(struct xs_watch *w, const char *path)
{
	char word[32];
	unsigned i;
	int error;

	if ((error = take(word, sizeof(word))) != 0) {
		if (error != ENOENT)
			kern_printf("xen: %s: error %d\n", w->path, error);
		return;
	}
	for (i = 0; i < NWORD && strcmp(word, words[i]) != 0; i++)
		continue;
	if (i == NWORD) {
		kern_printf("xen: asked to \"%s\": not known\n", word);
		return;
	}
	kern_printf("xen: asked to %s\n", word);
	switch (i) {
	case POWEROFF:
	case HALT:
		kern_stop(PLAT_EXIT);
		break;
	case REBOOT:
		kern_stop(PLAT_REBOOT);
		break;
	case SUSPEND:
		xen_do_suspend();
		break;
	case CRASH:
		kern_panic("the tool stack asked for a crash");
	}
}

/* `xl sysrq': a letter, of which those that end things mean something here. */
static void
sysrq(struct xs_watch *w, const char *path)
{
	char key[8];

	if (xs_read_str(0, "control", "sysrq", key, sizeof(key)) != 0 ||
	    key[0] == '\0')
		return;
	(void)xs_write(0, "control", "sysrq", "");
	kern_printf("xen: sysrq %.1s\n", key);
	if (key[0] == 'o')
		kern_stop(PLAT_EXIT);
	else if (key[0] == 'b')
		kern_stop(PLAT_REBOOT);
	else if (key[0] == 'c')
		kern_panic("the tool stack asked for a crash");
	else
		kern_printf("xen: o, b and c are known\n");
}

static struct xs_watch sysrq_watch = { .path = "control/sysrq", .fn = sysrq };
static struct xs_watch shutdown = { .path = "control/shutdown", .fn = asked };

/*
 * Xen tells a new PVH guest no time of day until dom0 sets its clock again; the
 * toolstack wrote down when it began to build the domain.
 */
static void
time_of_day(void)
{
	char vm[64], text[32], *end;
	uint64_t s;

	if (xs_read_str(0, "vm", NULL, vm, sizeof(vm)) != 0 ||
	    xs_read_str(0, vm, "start_time", text, sizeof(text)) != 0)
		return;
	s = strtoull(text, &end, 10);
	if (end != text && s < UINT64_MAX / 1000000000)
		xen_set_epoch(s * 1000000000);
}

static void
control_init(void)
{
	static const char *const can[] = { "feature-poweroff",
	    "feature-reboot", "feature-suspend", "feature-sysrq" };
	unsigned i;
	int error;

	if (!xs_ready())
		return;
	time_of_day();
	/* Not everywhere may a guest write these. */
	for (i = 0; i < sizeof(can) / sizeof(can[0]); i++)
		(void)xs_write(0, "control", can[i], "1");
	(void)xs_watch(&sysrq_watch);
	if ((error = xs_watch(&shutdown)) != 0)
		kern_printf("xen: control/shutdown: not watched: error %d\n",
		    error);
}
KERN_INIT(KERN_INIT_LATE, control_init);
