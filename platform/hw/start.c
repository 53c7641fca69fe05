/*
 * The course of the boot, from entry.S to kern_start().
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hw.h"
#include "../common/config.h"

_Static_assert(sizeof(hw_boot) <= HW_BOOTINFO_SIZE, "asm.h");
_Static_assert(HW_NMODULE <= CONFIG_NMODULE, "config.h");

extern struct hw_cpu hw_cpu0;
struct hw_cpu hw_cpu0;
extern char __boot_stacks[];
extern uint64_t hw_boot_tls[];

void
hw_log(const char *fmt, ...)
{
	char buf[160];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (n > (int)sizeof(buf) - 1)
		n = sizeof(buf) - 1;
	plat_console_write(buf, (size_t)n);
}

void
hw_fail(const char *what)
{

	hw_log("sirloin: cannot boot: %s\n", what);
	plat_end(PLAT_PANIC, 1);
}

static void
read_config(void)
{
	unsigned i;

	if (hw_boot.cmdline_pa != 0)
		config_words(hw_map_firmware(hw_boot.cmdline_pa,
		    hw_boot.cmdline_len + 1));
	for (i = 0; i < hw_boot.nmodule; i++)
		config_module(hw_map_firmware(hw_boot.module[i].pa,
		    hw_boot.module[i].size), hw_boot.module[i].size);
	config_join(hw_early_alloc);
}

/* ---- the boot CPU ---- */

static void
boot_cpu_init(void)
{
	static const uint32_t guard[] = HW_STACK_GUARDS;
	unsigned i;

	hw_cpus[0] = &hw_cpu0;
	hw_cpu0.deadline = UINT64_MAX;
	for (i = 0; i < 4; i++)		/* a stack ends at the next guard */
		hw_cpu0.tss.ist[i] = (uint64_t)__boot_stacks + guard[i + 1];
	hw_idt_init();
	hw_cpu_tables(&hw_cpu0);
}

static void
read_bootinfo(unsigned how, uint64_t info)
{
	bool ok = false;

	if (how == HW_BOOT_PVH)
		ok = hw_pvh_parse(info, &hw_boot);
	else if (how == HW_BOOT_MB2)
		ok = hw_mb2_parse(info, &hw_boot);
	else
		hw_boot.error = "neither a PVH nor a multiboot2 loader";
	if (!ok)
		hw_fail(hw_boot.error);
	if (hw_boot.truncated)
		hw_log("hw: the memory map is too long, some is not used\n");
}

/* From entry.S, on CPU 0's idle stack; `how' is the entry that was taken.  The
 * canary is set here, so this function has none. */
void __attribute__((noreturn, no_stack_protector))
hw_start(unsigned how, uint64_t info)
{
	uint64_t canary = rdtsc() * 0x9e3779b97f4a7c15;
	uint64_t seed = 0;

	x86_cpu_detect();
	hw_cpu_enable();
	(void)plat_hwrandom(&seed, sizeof(seed));
	hw_boot_tls[5] = (canary ^ seed) & ~0xffUL;	/* %fs:0x28 */
	hw_serial_init();
	hw_xen_init();
	boot_cpu_init();
	read_bootinfo(how, info);
	hw_mem_init();
	hw_smp_prepare();
	write_cr3((uint64_t)hw_pml4);
	hw_xen_remap();
	read_config();
	hw_acpi_init();
	hw_power_init();
	hw_pic_silence();
	hw_lapic_init(hw_have_madt ? hw_madt.lapic : 0,
	    hw_have_madt ? hw_madt.nmi_lint : 1);
	hw_cpu0.apicid = hw_lapic_id();
	hw_smp_init();
	hw_ioapic_init(&hw_madt);
	hw_irq_init();
	hw_clock_init();
	hw_smp_again();
	hw_serial_irq();
	hw_mem_seal();
	kern_start();
}
