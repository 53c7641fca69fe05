platform_hw_SRCS := \
	platform/hw/entry.S platform/hw/trampoline.S platform/hw/vectors.S \
	platform/hw/start.c platform/hw/bootinfo.c platform/hw/bootinfo_pvh.c \
	platform/hw/bootinfo_mb2.c platform/hw/ranges.c platform/hw/mem.c \
	platform/hw/pagetable.c platform/hw/emulated.c platform/hw/cpu.c platform/hw/traps.c \
	platform/hw/smp.c platform/hw/lapic.c \
	platform/hw/ioapic.c platform/hw/irq.c platform/hw/acpi.c \
	platform/hw/acpi_tables.c platform/hw/acpi_power.c platform/hw/acpi_button.c \
	platform/hw/clock.c platform/hw/timer.c platform/hw/tsc.c \
	platform/hw/pvclock.c platform/hw/hpet.c platform/hw/pit.c \
	platform/hw/rtc.c platform/hw/serial.c platform/hw/exit.c \
	platform/hw/xenpvh.c platform/hw/xenguest.c platform/hw/xenguest_mem.c \
	platform/hw/xenguest_suspend.c \
	platform/common/xencons.c platform/common/xenop.c \
	platform/common/xenevent.c
platform_hw_HOT := platform/hw/clock.c
platform_hw_trace_SRCS := platform/hw/trace.c
