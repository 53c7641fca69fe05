/*
 * The course of the boot, from entry.S to kern_start(); the console; the end.
 */
#include <stdio.h>

#include "pv.h"
#include "../common/config.h"
#include "../common/xencons.h"

const struct start_info *xen_si;

void
xen_fail(const char *what)
{
	char line[100];

	plat_console_write(line, (size_t)snprintf(line, sizeof(line),
	    "sirloin: cannot boot: %.64s\n", what));
	plat_end(PLAT_PANIC, 1);
}

/* ---- xen.h ---- */

enum xen_kind
xen_kind(void)
{

	return XEN_PV;
}

long
xen_hypercall(unsigned op, unsigned long a, unsigned long b, unsigned long c,
    unsigned long d, unsigned long e)
{

	return hypercall(op, a, b, c, d, e);
}

/* ---- the course of the boot ---- */

void
xen_console_init(void)
{
	evtchn_port_t port;
	void *ring;

	if (xen_start_page(XEN_PAGE_CONSOLE, &ring, &port) == 0)
		xencons_set(ring, port);
}

/* On CPU 0's idle stack.  The canary is set here, so this function has none. */
void	xen_start(struct start_info *) __attribute__((noreturn));
void __attribute__((no_stack_protector))
xen_start(struct start_info *si)
{
	uint64_t canary = rdtsc() * 0x9e3779b97f4a7c15, seed = 0;

	xen_si = si;
	xen_p2m = (xen_pfn_t *)si->mfn_list;
	xen_npfn = si->nr_pages;
	xen_shared_map();
	xen_clock_init();
	xen_console_init();
	x86_cpu_detect();
	xen_cpu_enable();
	(void)plat_hwrandom(&seed, sizeof(seed));
	xen_boot_tls[5] = (canary ^ seed) & ~0xffUL;	/* %fs:0x28 */
	xen_traps_init();
	xen_mem_init();
	si->cmd_line[sizeof(si->cmd_line) - 1] = '\0';
	config_words((const char *)si->cmd_line);
	if (si->mod_len != 0)
		config_module((const void *)si->mod_start, si->mod_len);
	config_join(xen_early_alloc);
	xen_smp_init();
	xen_event_init();
	xen_pt_seal();
	kern_start();
}

/* ---- console ---- */

void
plat_console_write(const char *p, size_t n)
{

	xencons_write(p, n);
}

size_t
plat_console_read(char *p, size_t n)
{

	return xencons_read(p, n);
}

/* ---- the end (docs/exit.md, Under Xen) ---- */

void
xen_shutdown(unsigned reason)
{
	struct sched_shutdown s = { .reason = reason };

	for (;;)
		(void)hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown,
		    (unsigned long)&s, 0, 0, 0);
}

static void (*at_end)(void);

void
xen_at_end(void (*fn)(void))
{

	at_end = fn;
}

/* Once: a panic in it does not come back to it. */
void
xen_end_devices(void)
{
	void (*fn)(void) = __atomic_exchange_n(&at_end, NULL, __ATOMIC_SEQ_CST);

	if (fn != NULL)
		fn();
	xen_lines_end();
}

void
plat_end(enum plat_end how, int status)
{

	plat_irq_off();
	xen_end_devices();
	xencons_end(how, status);
	xen_shutdown(how == PLAT_EXIT ? SHUTDOWN_poweroff :
	    how == PLAT_REBOOT ? SHUTDOWN_reboot : SHUTDOWN_crash);
}

const void *
plat_acpi_table(const char sig[4], int n, size_t *size)
{

	return NULL;
}
